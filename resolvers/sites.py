"""Sites that carry the visitor script."""

import contextlib
import ipaddress
import re
import secrets
from collections.abc import Sequence
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from models.engine import Database
from models.ids import encode_id, new_id
from models.visits import Site
from resolvers import access
from resolvers.errors import (
    Conflict,
    ConflictReason,
    LimitReached,
    NotFound,
    ProblemCode,
    invalid,
)
from resolvers.policy import Permission
from resolvers.text import clean, required
from resolvers.unit_of_work import UnitOfWork

MAX_SITES, MAX_ORIGINS = 50, 20
HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")
SITE_KEY = re.compile(r"[\w-]{1,64}", re.ASCII)


async def save_site(
    work: UnitOfWork,
    site_id: UUID | None,
    name: str,
    origins: Sequence[str],
    greeting: str,
    *,
    renews_secret: bool = False,
    expected: int | None = None,
) -> tuple[Site, str | None]:
    """Makes or changes a site; answers its identity secret when that is new."""
    access.require(work.actor, Permission.ADMINISTER)
    name = required("name", name, 80)
    checked = check_origins(origins)
    greeting = clean("greeting", greeting, 300)
    site = await _site(work, site_id)
    if expected is not None and site.version > expected:
        raise Conflict(
            ConflictReason.STALE_VERSION,
            "The site was changed in the meantime.",
            owner=site.id,
            version=site.version,
        )
    is_new = site_id is None
    before = (site.name, site.origins, site.greeting)
    if not is_new and not renews_secret and before == (name, checked, greeting):
        return site, None
    site.name, site.origins, site.greeting = name, checked, greeting
    if is_new or renews_secret:
        site.identity_secret = secrets.token_urlsafe(32)
    if not is_new:
        site.version += 1
    await work.session.flush()
    work.record_workspace("site_saved", {"site": site.id.hex, "name": name, "origins": checked})
    return site, site.identity_secret if is_new or renews_secret else None


async def _site(work: UnitOfWork, site_id: UUID | None) -> Site:
    if site_id is not None:
        site = await work.session.get(Site, site_id, with_for_update=True)
        if site is None:
            raise NotFound("site", encode_id("site", site_id))
        return site
    count = await work.session.scalar(select(func.count()).select_from(Site)) or 0
    if count >= MAX_SITES:
        raise LimitReached(f"There can be at most {MAX_SITES} sites.", MAX_SITES)
    site = Site(
        id=new_id(),
        name="",
        origins=[],
        site_key=secrets.token_urlsafe(16),
        identity_secret="",  # nosec B106  # set below
    )
    work.session.add(site)
    return site


def check_origins(origins: Sequence[str]) -> list[str]:
    """Origins in their one form, `https://shop.example:8443`."""
    if not origins:
        raise invalid("origins", ProblemCode.REQUIRED, "Name at least one origin.")
    if len(origins) > MAX_ORIGINS:
        raise invalid("origins", ProblemCode.TOO_LARGE, f"At most {MAX_ORIGINS} origins.")
    checked = []
    for index, origin in enumerate(origins):
        found = origin_of(origin)
        if found is None:
            raise invalid(
                f"origins.{index}", ProblemCode.MALFORMED, "An origin such as https://shop.example."
            )
        checked.append(found)
    return list(dict.fromkeys(checked))


def origin_of(url: str) -> str | None:
    """Scheme, host and port of an address; None for anything but http and https."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host = _host(parts.hostname or "")
    if parts.scheme not in ("http", "https") or host is None:
        return None
    default = {"http": 80, "https": 443}[parts.scheme]
    suffix = f":{port}" if port and port != default else ""
    return f"{parts.scheme}://{host}{suffix}"


def _host(name: str) -> str | None:
    """As browsers send it: lower case, punycode, IPv6 in brackets; None for anything odd."""
    with contextlib.suppress(ValueError):
        return f"[{ipaddress.IPv6Address(name)}]"
    with contextlib.suppress(UnicodeError):
        name = name.encode("idna").decode().lower()
        return name if HOST.fullmatch(name) else None
    return None


async def site_for_key(work: UnitOfWork, site_key: str) -> Site | None:
    """The site that a public key belongs to."""
    if not SITE_KEY.fullmatch(site_key):
        return None
    found: Site | None = await work.session.scalar(
        select(Site).where(col(Site.site_key) == site_key)
    )
    return found


async def first_site_key(database: Database) -> str | None:
    """The public key of the oldest site; None while there is none."""
    async with database.read_session() as session:
        found: str | None = await session.scalar(
            select(col(Site.site_key)).order_by(col(Site.id)).limit(1)
        )
    return found

"""The demo data: believable, whole, loaded once, and taken up again after a load was cut off."""

import stat
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from demo import ensure_demo_site_origins, load, load_demo, read_demo_access
from demo.lives import CYRILLIC, JOINED, LONG, SHARING, WITHOUT_AT
from models.changes import Change, LeadFeed
from models.contact_points import EmailAddress, LeadEmailAddress, LeadPhoneNumber
from models.enums import ChangeKind, FieldType, InvalidEmailReason, NoteVisibility, StaffRole
from models.fields import FieldDefinition, Property
from models.leads import Lead, LeadAlias
from models.notes import Note, NoteText
from models.staff import Staff
from models.visits import Site
from models.workspace import WorkerPosition, Workspace, WorkspaceChange
from resolvers import log, sites, staff
from resolvers.actors import SYSTEM
from resolvers.card_state import CardState
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from settings import Settings
from tests.conftest import make_settings
from tests.factories import make_lead
from tests.resolvers.verify import assert_folds, card_of, changes_of

LEADS = 25
RESERVED = (".example.com", ".example.org", ".example.net")


class CutOff(Exception):
    """The process is gone."""


async def rows(services: Services, *what: Any) -> Sequence[Any]:
    async with services.database.read_session() as session:
        return (await session.execute(select(*what))).all()


async def values(services: Services, what: Any) -> list[Any]:
    return [row[0] for row in await rows(services, what)]


async def count(services: Services, table: Any) -> int:
    return int((await values(services, select(func.count()).select_from(table).subquery()))[0])


async def fingerprint(services: Services) -> list[tuple[UUID, int, bytes]]:
    """Where every log stands."""
    found = await rows(services, col(LeadFeed.lead_id), col(LeadFeed.revision), col(LeadFeed.head))
    return sorted((row[0], row[1], row[2]) for row in found)


async def assert_whole(services: Services) -> None:
    """Every log folds to its card, in an order of time, and verifies."""
    for lead_id in await values(services, col(Lead.id)):
        changes = await changes_of(services, lead_id)
        assert changes[0].kind is ChangeKind.LEAD_CREATED
        assert all(one.at <= next_.at for one, next_ in pairwise(changes))
        assert_folds(CardState(), changes, await card_of(services, lead_id))
        async with services.database.read_session() as session:
            assert (await log.verify(session, lead_id)).problem is None


async def assert_addresses_are_invented(services: Services) -> None:
    """Only reserved domains; some are shared, some are none."""
    addresses = await values(services, EmailAddress)
    for address in addresses:
        assert f".{address.key.replace('@', '.')}".endswith(RESERVED)
    reasons = [each.invalid_reason for each in addresses if each.invalid_reason]
    expected = [InvalidEmailReason.NO_AT for number in WITHOUT_AT if number < LEADS]
    expected += [InvalidEmailReason.CYRILLIC for number in CYRILLIC if number < LEADS]
    assert sorted(reasons) == sorted(expected)
    used = await values(services, col(LeadEmailAddress.email_address_id))
    assert len(used) - len(set(used)) == len([number for number in SHARING if number < LEADS])
    colleagues = await values(services, col(Staff.email_address))
    assert all(each.endswith("@oriel.example") for each in colleagues)


async def test_a_demo_is_whole_loaded_once_and_can_be_entered(
    services: Services, settings: Settings
) -> None:
    access = await load_demo(services, settings, leads=LEADS)
    assert access is not None
    assert read_demo_access(settings) == access
    file = settings.data_dir / "demo-access.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [login.role for login in access.logins] == list(StaffRole)
    assert [login.name for login in access.logins] == ["Ada Ames", "Milo Marsh", "Ines Imani"]

    (site,) = await values(services, Site)
    assert (site.site_key, site.identity_secret) == (access.site_key, access.identity_secret)
    for login in access.logins:
        signed_in = await staff.sign_in(
            services, login.email_address, login.password, device="test", client="test"
        )
        assert signed_in.actor.role is login.role

    await assert_whole(services)
    leads = [each for each in await values(services, Lead) if each.merged_at is None]
    assert len(leads) == LEADS
    assert all(each.created_at < services.clock.now() for each in leads)

    before = await fingerprint(services)
    assert await load_demo(services, settings, leads=LEADS) == access
    assert await fingerprint(services) == before
    assert await values(services, col(WorkerPosition.name)) == []


UNDOING = {
    ChangeKind.LEAD_ERASED, ChangeKind.LEAD_UNMERGED, ChangeKind.LEAD_RESTORED,
    ChangeKind.LEAD_VISIBILITY_CHANGED,
}  # fmt: skip
"""Left to who tries the demo: they take away what there is to see."""


async def test_a_demo_shows_what_a_card_can_hold(services: Services, settings: Settings) -> None:
    await load_demo(services, settings, leads=LEADS)
    kinds = set(await values(services, col(Change.kind)))
    assert kinds == set(ChangeKind) - UNDOING
    feeds = await rows(services, col(LeadFeed.lead_id), col(LeadFeed.revision))
    assert sum(row.revision > 150 for row in feeds) == len([n for n in LONG if n < LEADS])
    definitions = await values(services, FieldDefinition)
    assert {each.type for each in definitions} == set(FieldType)
    assert {each.visibility for each in definitions} == {"ALL", "MANAGERS"}
    filled = set(await values(services, col(Property.field_id)))
    assert {each.key for each in definitions if each.id in filled} >= {
        "value", "budget", "glass_area", "newsletter", "delivery_day", "website", "interest",
        "glass_kind", "uses", "plan",
    }  # fmt: skip
    assert set(await values(services, col(Note.visibility))) == set(NoteVisibility)
    assert "<strong>" in "".join(await values(services, col(NoteText.html)))
    assert await values(services, LeadPhoneNumber)
    merged = await values(services, LeadAlias)
    assert len(merged) == len([number for number in JOINED if number < LEADS])
    await assert_addresses_are_invented(services)


@pytest.mark.parametrize("acts", [1, 30])
async def test_a_load_that_was_cut_off_is_taken_up(
    services: Services, settings: Settings, monkeypatch: pytest.MonkeyPatch, acts: int
) -> None:
    done = 0
    advance = load._advance

    async def advance_or_die(*given: Any) -> bool:
        nonlocal done
        done += 1
        if done > acts:
            raise CutOff
        return await advance(*given)

    monkeypatch.setattr(load, "_advance", advance_or_die)
    with pytest.raises(CutOff):
        await load_demo(services, settings, leads=LEADS)
    (workspace,) = await values(services, Workspace)
    assert not workspace.has_demo_data
    monkeypatch.undo()

    access = await load_demo(services, settings, leads=LEADS)
    assert access is not None
    leads = [each for each in await values(services, Lead) if each.merged_at is None]
    assert len(leads) == LEADS
    assert len(await values(services, Site)) == 1
    await assert_whole(services)
    (workspace,) = await values(services, Workspace)
    assert workspace.has_demo_data


async def test_a_workspace_in_use_gets_no_demo(services: Services, settings: Settings) -> None:
    await make_lead(services)
    assert await load_demo(services, settings, leads=LEADS) is None
    await ensure_demo_site_origins(services, settings)
    assert await values(services, Site) == []
    assert read_demo_access(settings) is None


async def test_the_shop_opens_under_every_port_that_was_used(
    services: Services, settings: Settings, tmp_path: Path
) -> None:
    await load_demo(services, settings, leads=0)
    for port in (8000, 9000, 9000, 8100):
        other = make_settings(settings.database_url, tmp_path, port=port)
        await ensure_demo_site_origins(services, other)
    (site,) = await values(services, Site)
    assert site.origins == [
        f"http://{host}:{port}"
        for port in (8000, 9000, 8100)
        for host in ("127.0.0.1", "localhost")
    ]
    saved = [each for each in await values(services, WorkspaceChange) if each.kind == "site_saved"]
    assert len(saved) == 3

    async with unit_of_work(services, SYSTEM) as work:
        full = [f"https://shop{number}.example" for number in range(sites.MAX_ORIGINS)]
        await sites.save_site(work, site.id, site.name, full, site.greeting)
    await ensure_demo_site_origins(services, settings)
    (site,) = await values(services, Site)
    assert site.origins == full

"""Pictures of leads: uploaded ones, and those of profiles, which a worker fetches once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlmodel import col

from models.enums import AvatarSource, ChangeKind, StaffRole
from models.files import File
from models.jobs import Job
from models.leads import Lead
from resolvers import avatars, files, leads
from resolvers.actors import StaffActor
from resolvers.errors import Precondition, PreconditionReason, ProblemCode
from resolvers.leads import NewLead
from resolvers.outbound import Outbound
from resolvers.services import Services
from resolvers.worker import run_due_jobs
from tests.factories import make_lead, make_staff
from tests.importing import received_upload
from tests.live.following import merge
from tests.pictures import SECRET, bomb, picture, talkative_picture
from tests.resolvers.problems import problem_of
from tests.resolvers.verify import act, changes_of, verify_change


class Desk:
    def __init__(self, services: Services, admin: StaffActor, lead_id: UUID) -> None:
        self.services, self.admin, self.lead_id = services, admin, lead_id

    async def set(self, upload_id: UUID | None) -> None:
        await act(self.services, self.admin, avatars.set_avatar, self.lead_id, upload_id)

    async def upload(self, data: bytes | None = None, name: str = "lena.png") -> UUID:
        data = picture() if data is None else data
        return await received_upload(self.services, self.admin, data, name)

    async def lead(self, lead_id: UUID | None = None) -> Lead:
        async with self.services.database.read_session() as session:
            return await session.get_one(Lead, lead_id or self.lead_id)

    async def stored(self) -> list[str]:
        await files.forget_removed(self.services)
        return sorted(path.name for path in self.services.files.folder.glob("files/*"))

    async def came_with(self, url: str) -> Lead:
        """A lead whose profile has its picture there, once the worker is done."""
        new = NewLead(person={"first_name": "Lena"}, picture_url=url)
        lead_id = await act(self.services, self.admin, leads.create_lead, new, uuid4().hex)
        await run_due_jobs(self.services)
        async with self.services.database.read_session() as session:
            assert (await session.scalars(select(Job))).all() == []
        return await self.lead(lead_id)


@pytest.fixture
async def desk(services: Services) -> Desk:
    services = replace(services, outbound=Outbound(allows_loopback=True))
    return Desk(services, await make_staff(services), await make_lead(services))


@pytest.mark.behaviour("B5")
async def test_a_picture_is_uploaded_replaced_and_taken_away(desk: Desk) -> None:
    first, second = await desk.upload(), await desk.upload(name="lena2.png")
    for wanted in (first, second, None):
        (change,) = await verify_change(desk.services, desk.lead_id, partial(desk.set, wanted))
        assert change.kind is ChangeKind.PROPERTIES_CHANGED
        lead = await desk.lead()
        assert lead.avatar_id == wanted
        assert lead.avatar_source is (AvatarSource.UPLOAD if wanted else None)
        kept = [wanted.hex, f"{wanted.hex}.preview", f"{wanted.hex}.square"] if wanted else []
        assert await desk.stored() == sorted(
            kept + ([second.hex, f"{second.hex}.preview", f"{second.hex}.square"]
                    if wanted == first else [])
        )  # fmt: skip
    before = await changes_of(desk.services, desk.lead_id)
    await desk.set(None)
    assert len(await changes_of(desk.services, desk.lead_id)) == len(before)


async def test_a_merged_lead_leaves_its_picture_to_a_survivor_without_one(desk: Desk) -> None:
    survivor, third = await make_lead(desk.services), await make_lead(desk.services)
    face = await desk.upload()
    await desk.set(face)
    await verify_change(
        desk.services, survivor, partial(merge, desk.services, survivor, desk.lead_id)
    )
    lead = await desk.lead(survivor)
    assert (lead.avatar_id, lead.avatar_source) == (face, AvatarSource.UPLOAD)
    link = files.link_to(desk.services, desk.admin, face).rpartition("/")[2]
    assert (await files.open_link(desk.services, link)).name == "lena.png"
    other = await desk.upload(name="other.png")
    await act(desk.services, desk.admin, avatars.set_avatar, third, other)
    await merge(desk.services, survivor, third)
    assert (await desk.lead(survivor)).avatar_id == face


async def test_only_a_picture_is_a_picture(desk: Desk) -> None:
    for data, name in (
        (b"%PDF-1", "lena.pdf"),
        (b"<svg/>", "lena.png"),
        (bomb(8_000, 6_000), "b.png"),
    ):
        upload_id = await desk.upload(data, name)
        with pytest.raises(Precondition) as refused:
            await desk.set(upload_id)
        assert refused.value.reason is PreconditionReason.UPLOAD_TYPE
    assert (await desk.lead()).avatar_id is None


# --- pictures of profiles ------------------------------------------------------------------------


@asynccontextmanager
async def profile(body: bytes, head: str = "200 OK") -> AsyncIterator[str]:
    """The address of a picture that answers so."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        length = f"\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(b"HTTP/1.1 " + head.encode() + length.encode() + body)
        try:
            await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/me"


@pytest.mark.behaviour("B5")
async def test_the_picture_of_a_profile_is_fetched_and_kept_by_us(desk: Desk) -> None:
    async with profile(talkative_picture("JPEG")) as url:
        lead = await desk.came_with(url)
    assert lead.avatar_source is AvatarSource.SOCIAL
    assert lead.avatar_id is not None
    agent = await make_staff(desk.services, StaffRole.ADMIN)
    found = await files.open_link(
        desk.services, files.link_to(desk.services, agent, lead.avatar_id).rpartition("/")[2]
    )
    kept = b"".join([part async for part in found.parts])
    assert found.content_type == "image/jpeg"
    assert SECRET.encode() not in kept
    kinds = [change.kind for change in await changes_of(desk.services, lead.id)]
    assert kinds == [ChangeKind.LEAD_CREATED, ChangeKind.PROPERTIES_CHANGED]


@pytest.mark.behaviour("B5")
@pytest.mark.parametrize(
    ("body", "head"),
    [
        (b"<html>", "200 OK\r\nContent-Type: image/png"),
        (b"<svg/>", "200 OK\r\nContent-Type: image/svg+xml"),
        (picture()[:300], "200 OK"),
        (bomb(8_000, 6_000), "200 OK"),
        (b"", "302 Found\r\nLocation: http://169.254.169.254/"),
        (picture(), "404 Not Found"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * (avatars.MOST_BYTES + 1), "200 OK"),
    ],
)
async def test_what_is_no_picture_leaves_the_initials(desk: Desk, body: bytes, head: str) -> None:
    async with profile(body, head) as url:
        lead = await desk.came_with(url)
    assert (lead.avatar_id, lead.avatar_source) == (None, None)
    assert await desk.stored() == []


@pytest.mark.parametrize("host", ["10.0.0.1", "[fe80::1]", "169.254.169.254"])
async def test_an_address_of_a_network_of_ours_leaves_the_initials(desk: Desk, host: str) -> None:
    assert (await desk.came_with(f"https://{host}/me.png")).avatar_id is None


@pytest.mark.parametrize("url", ["http://a.example/me.png", "https://a:b@c.example/", "me.png", ""])
async def test_an_address_that_is_not_asked_makes_no_lead(services: Services, url: str) -> None:
    admin = await make_staff(services)
    new = NewLead(person={"first_name": "Lena"}, picture_url=url)
    run = act(services, admin, leads.create_lead, new, uuid4().hex)
    assert await problem_of(run) == ("pictureUrl", ProblemCode.MALFORMED)


async def test_a_picture_that_staff_set_meanwhile_stays(desk: Desk) -> None:
    async with profile(picture()) as url:
        new = NewLead(person={"first_name": "Lena"}, picture_url=url)
        desk.lead_id = await act(desk.services, desk.admin, leads.create_lead, new, uuid4().hex)
        upload_id = await desk.upload()
        await desk.set(upload_id)
        await run_due_jobs(desk.services)
    assert (await desk.lead()).avatar_id == upload_id
    assert len(await desk.stored()) == 3
    async with desk.services.database.read_session() as session:
        assert (await session.scalars(select(col(File.id)))).all() == [upload_id]

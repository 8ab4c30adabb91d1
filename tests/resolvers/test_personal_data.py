"""All that is held about one person leaves as one file: whole, without keys, without others."""

import io
import zipfile
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from sqlalchemy import select
from sqlmodel import col

from models.clock import ManualClock
from models.enums import ChangeKind, NoteVisibility, StaffRole
from models.notes import Note
from models.tables import metadata
from models.tasks import Task
from models.webhooks import Webhook, WebhookDelivery
from models.workspace import WorkspaceChange
from resolvers import erasing, leads, merging, notes, tasks
from resolvers.actors import SYSTEM, StaffActor
from resolvers.erasing.rows import UNTOUCHED
from resolvers.errors import Forbidden, Gone, NotFound
from resolvers.exports import note_personal_export, open_personal_data, personal_rows, zipping
from resolvers.exports.personal_rows import LEFT_OUT, Person, tables_about
from resolvers.exports.rights import Sending, Withdrawn
from resolvers.services import Services
from resolvers.tasks import NewTask
from resolvers.tickets import LASTS, Ticket
from resolvers.unit_of_work import unit_of_work
from resolvers.workspace_history import summary_of
from tests.factories import make_lead, make_site, make_staff, make_visit
from tests.live.following import merge
from tests.live.test_erasure import in_tables
from tests.resolvers.full_life import FullLife
from tests.resolvers.verify import act

pytestmark = pytest.mark.behaviour("B1")
WORD = "Zanzibrand"


def test_every_table_is_told_or_there_is_a_reason_why_not() -> None:
    told = [table.name for table, _ in tables_about(Person([], with_notes=True))]
    assert sorted([*told, *LEFT_OUT, *UNTOUCHED]) == sorted(metadata.tables)


async def asked(
    services: Services, actor: StaffActor, lead_id: UUID, *, with_notes: bool = True
) -> Ticket:
    given: Ticket = await act(services, actor, note_personal_export, lead_id, with_notes=with_notes)
    return given


async def read(sending: Sending) -> bytes:
    return b"".join([part async for part in sending.parts])


async def opened(
    services: Services, actor: StaffActor, ticket: Ticket, name: str = f"{WORD} Lorenz"
) -> tuple[zipfile.ZipFile, dict[str, Any]]:
    """The file, sound to the last bit and on record, and what its document says."""
    sending = await open_personal_data(services, actor, ticket.text)
    assert sending.name == f"Personal data of {name}.zip"
    file = await read(sending)
    archive = zipfile.ZipFile(io.BytesIO(file))
    assert archive.testzip() is None
    async with services.database.read_session() as session:
        order = col(WorkspaceChange.revision).desc()
        last = await session.scalar(select(WorkspaceChange).order_by(order).limit(1))
    assert last
    assert (last.kind, last.data["sent"]) == ("personal_data_read", len(file))
    assert summary_of(last) == f"Was sent {len(file):,} bytes of what is known of a lead."
    return archive, orjson.loads(archive.read("data.json"))


async def test_everything_about_a_person_is_in_the_file_and_nothing_that_could_be_a_key(
    services: Services, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(personal_rows, "AT_ONCE", 2)
    admin = await make_staff(services)
    agent = await make_staff(services, StaffRole.AGENT, "Bo Brandt")
    site, _ = await make_site(services)
    stranger = await make_lead(services, admin, first_name="Somebody", last_name="Else")
    life = await FullLife(services, admin, site, WORD).live(agent)
    alias = (await make_visit(services, site)).actor.lead_id
    await merge(services, life.lead_id, alias)
    hook = Webhook(url="https://hook.example/secret-path", types=[], secret=b"x")
    async with unit_of_work(services, SYSTEM) as work:
        work.session.add(hook)
        await work.session.flush()
        sent = WebhookDelivery(
            webhook_id=hook.id, lead_id=life.lead_id, revision=1, created_at=clock.now()
        )
        work.session.add(sent)

    archive, data = await opened(services, admin, await asked(services, admin, life.lead_id))
    theirs = dict(tables_about(Person([life.lead_id, alias], with_notes=True)))
    async with services.database.read_session() as session:
        for table, where in theirs.items():
            rows = (await session.execute(select(table).where(where))).all()
            assert len(data[table.name]) == len(rows), table.name
    named = {name for name, rows in await in_tables(services.database) if WORD.encode() in rows}
    told = {table.name for table in theirs}
    lower = {name: orjson.dumps(rows).lower() for name, rows in data.items()}
    assert {name for name in told & named if WORD.lower().encode() not in lower[name]} == set()
    assert {"note_text", "event_text", "task_text", "wording", "message", "change"} <= named & told
    # SQLite keeps the index of its words in tables that no model knows.
    assert {name for name in named - told if name in metadata.tables} <= {*LEFT_OUT, *UNTOUCHED}

    whole = archive.read("data.json")
    others = [each.id.hex for each in (admin, agent)] + [stranger.hex]
    for word in ("hash", "digest", "secret", "salt", "token", *others):
        assert word.encode() not in whole, word
    assert b"Somebody" not in whole
    assert data["webhook_delivery"][0]["webhook"] == "hook.example"
    assert data["lead"][0]["assignee"] == "Bo Brandt"
    assert {each["id"] for each in data["lead"]} == {life.lead_id.hex, alias.hex}
    assert data["lead_tag"][0]["tag"] == "VIP"
    files = sorted(archive.namelist()[1:], key=lambda each: each.rsplit("/", 1)[1])
    assert [each.split("/")[2] for each in files] == [f"{WORD}.png", f"{WORD}.txt"]
    assert archive.read(files[1]) == f"{WORD} in words".encode()

    archive, data = await opened(
        services, admin, await asked(services, admin, life.lead_id, with_notes=False)
    )
    assert not {"note", "note_text"} & data.keys()
    assert "note" not in {each["subject_kind"] for each in data["change"]}
    assert [each.rsplit("/", 1)[1] for each in archive.namelist()[1:]] == [f"{WORD}.png"]

    async with services.database.read_session() as session:
        kind = col(WorkspaceChange.kind) == "personal_data_exported"
        noted = (await session.scalars(select(WorkspaceChange).where(kind))).all()
    assert [(each.actor_id, each.data["lead"]) for each in noted] == [
        (admin.id, life.lead_id.hex)
    ] * 2
    assert sorted(map(summary_of, noted)) == [
        "Took all that is known of a lead away, with notes.",
        "Took all that is known of a lead away.",
    ]

    manager = await make_staff(services, StaffRole.MANAGER)
    with pytest.raises(Forbidden):
        await asked(services, manager, life.lead_id)
    ticket = await asked(services, admin, life.lead_id)
    with pytest.raises(NotFound):
        await open_personal_data(services, manager, ticket.text)
    clock.advance(LASTS.total_seconds())
    with pytest.raises(NotFound):
        await open_personal_data(services, admin, ticket.text)
    ticket = await asked(services, admin, life.lead_id)
    await act(services, admin, erasing.erase_lead, life.lead_id, life.lead_id)
    with pytest.raises(NotFound):
        await open_personal_data(services, admin, ticket.text)
    with pytest.raises(Gone):
        await asked(services, admin, life.lead_id)


async def test_nobody_else_is_in_the_file_and_it_breaks_off_when_the_person_is_another(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await make_staff(services)
    ann, cara, dora = [
        await make_lead(services, admin, first_name=each, last_name="Ames")
        for each in ("Ann", "Cara", "Dora")
    ]
    bob = await make_lead(
        services, admin, first_name="Bob", last_name=WORD, email_addresses=[f"{WORD}@mail.example"]
    )
    by = lambda *given: act(services, admin, *given)  # noqa: E731  # shorter than a function here
    for each in (cara, bob):
        await by(notes.add_note, each, "<p>n</p>", NoteVisibility.PRIVATE, False, uuid4().hex)
    await by(leads.change_person, bob, {"company": WORD}, {}, None)
    await by(tasks.create_task, bob, NewTask(title=WORD), uuid4().hex)
    async with services.database.read_session() as session:
        noted = {each.lead_id: each.id.hex for each in await session.scalars(select(Note))}
        task = (await session.scalars(select(Task))).one()

    await by(merging.merge_leads, ann, cara)
    await by(merging.merge_leads, ann, bob)
    await by(tasks.complete_task, ann, task.id, f"Done with {WORD}")
    await by(merging.unmerge_lead, bob)
    for lead_id, name, with_notes in (
        (ann, "Ann Ames", True), (ann, "Ann Ames", False),
        (bob, f"Bob {WORD}", True), (bob, f"Bob {WORD}", False),
    ):  # fmt: skip
        ticket = await asked(services, admin, lead_id, with_notes=with_notes)
        archive, data = await opened(services, admin, ticket, name)
        whole = archive.read("data.json")
        assert (WORD.encode() in whole) == (lead_id == bob)
        own, other = (noted[cara], noted[bob]) if lead_id == ann else (noted[bob], noted[cara])
        assert (own.encode() in whole) == with_notes
        assert other.encode() not in whole
        kinds = {each["kind"] for each in data["change"]}
        undone = ChangeKind.LEAD_UNMERGED if lead_id == ann else ChangeKind.LEAD_RESTORED
        assert {undone, ChangeKind.LEAD_CREATED} <= kinds
        assert (ChangeKind.LEAD_ABSORBED in kinds) == (lead_id == ann)
        assert [each["title"] for each in data["task"]] == [WORD] * (lead_id == bob)

    monkeypatch.setattr(zipping, "AT_ONCE", 1)
    ticket = await asked(services, admin, ann)
    for change in (
        (merging.unmerge_lead, cara), (merging.merge_leads, dora, ann),
    ):  # fmt: skip
        sending = await open_personal_data(services, admin, ticket.text)
        await anext(sending.parts)
        await by(*change)
        with pytest.raises(Withdrawn):
            await read(sending)

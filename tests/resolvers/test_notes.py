"""Notes: sanitised, private unless said otherwise, versions of their own."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from models.clock import ManualClock
from models.enums import NoteVisibility
from models.notes import Note, NoteText
from models.workspace import Workspace
from resolvers import notes
from resolvers.actors import SYSTEM, StaffActor
from resolvers.errors import Forbidden, NotFound, ProblemCode
from resolvers.notes import NoteEdit
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from tests.factories import make_lead, make_staff, make_visit
from tests.resolvers.problems import problem_of
from tests.resolvers.verify import act, changes_of


class Desk:
    def __init__(self, services: Services, admin: StaffActor, lead_id: UUID) -> None:
        self.services, self.admin, self.lead_id = services, admin, lead_id

    async def add(self, html: str, visibility: NoteVisibility | None = None) -> UUID:
        note_id: UUID = await act(
            self.services, self.admin, notes.add_note, self.lead_id, html, visibility, False,
            uuid4().hex,
        )  # fmt: skip
        return note_id

    async def edit(self, note_id: UUID, **edit: Any) -> None:
        await act(
            self.services, self.admin, notes.edit_note, self.lead_id, note_id, NoteEdit(**edit)
        )

    async def note(self, note_id: UUID) -> Note:
        async with self.services.database.read_session() as session:
            return await session.get_one(Note, note_id)

    async def texts(self, note_id: UUID) -> list[NoteText]:
        async with self.services.database.read_session() as session:
            statement = select(NoteText).where(col(NoteText.note_id) == note_id)
            return list(await session.scalars(statement.order_by(col(NoteText.version))))


@pytest.fixture
async def desk(services: Services) -> Desk:
    return Desk(services, await make_staff(services), await make_lead(services))


@pytest.mark.behaviour("A19")
async def test_a_note_is_private_unless_the_workspace_says_otherwise(desk: Desk) -> None:
    assert (await desk.note(await desk.add("a"))).visibility is NoteVisibility.PRIVATE
    async with unit_of_work(desk.services, SYSTEM) as work:
        await work.session.execute(
            update(Workspace).values(default_note_visibility=NoteVisibility.TEAM)
        )
    assert (await desk.note(await desk.add("a"))).visibility is NoteVisibility.TEAM
    chosen = await desk.add("a", NoteVisibility.PRIVATE)
    assert (await desk.note(chosen)).visibility is NoteVisibility.PRIVATE


async def test_a_note_keeps_only_harmless_html(desk: Desk) -> None:
    for html, kept, text in (
        ("<p>Likes <b>brass</b> &amp; <strong>steel</strong></p>",
         "<p>Likes brass &amp; <strong>steel</strong></p>", "Likes brass & steel"),
        ("<p onclick=x>a</p><script>alert(1)</script><style>p{}</style>", "<p>a</p>", "a"),
        ('<img src=x onerror="x">a', "a", "a"),
        ('<a href="javascript:x">a</a>',
         '<a rel="noopener noreferrer nofollow ugc">a</a>', "a"),
        ("<ul><li>one</li><li>two</li></ul>", "<ul><li>one</li><li>two</li></ul>", "one\ntwo"),
        ("1 &lt; 2", "1 &lt; 2", "1 < 2"),
    ):  # fmt: skip
        (row,) = await desk.texts(await desk.add(html))
        assert (row.html, row.text) == (kept, text)


async def test_odd_notes_are_refused(desk: Desk) -> None:
    note_id = await desk.add("a")
    for html, code in (
        ("", ProblemCode.REQUIRED),
        ("<p> </p><br>", ProblemCode.REQUIRED),
        ("<script>x</script>", ProblemCode.REQUIRED),
        ("x" * 100_001, ProblemCode.TOO_LARGE),
        ("<p>a\x07b</p>", ProblemCode.MALFORMED),
    ):
        assert await problem_of(desk.add(html)) == ("html", code)
        assert await problem_of(desk.edit(note_id, html=html)) == ("html", code)
    assert len(await changes_of(desk.services, desk.lead_id)) == 2


async def test_an_edit_keeps_every_text(desk: Desk, clock: ManualClock) -> None:
    note_id = await desk.add("one")
    clock.advance(5)
    await desk.edit(note_id, is_pinned=True)
    assert (await desk.note(note_id)).edited_at is None
    await desk.edit(note_id, html="three", visibility=NoteVisibility.TEAM)
    note = await desk.note(note_id)
    assert (note.version, note.edited_at, note.is_pinned) == (3, clock.now(), True)
    assert [(row.version, row.text) for row in await desk.texts(note_id)] == [
        (1, "one"),
        (3, "three"),
    ]
    assert all(
        "three" not in str(change.data) for change in await changes_of(desk.services, desk.lead_id)
    )


async def test_a_removed_note_is_gone_from_the_card_only(desk: Desk) -> None:
    note_id = await desk.add("one")
    await act(desk.services, desk.admin, notes.remove_note, desk.lead_id, note_id)
    for run in (
        desk.edit(note_id, html="two"),
        act(desk.services, desk.admin, notes.remove_note, desk.lead_id, note_id),
    ):
        with pytest.raises(NotFound):
            await run
    assert [row.text for row in await desk.texts(note_id)] == ["one"]


async def test_notes_are_written_by_people(desk: Desk) -> None:
    visitor = (await make_visit(desk.services)).actor
    for actor in (SYSTEM, visitor):
        with pytest.raises(Forbidden):
            await act(
                desk.services, actor, notes.add_note, desk.lead_id, "a", None, False, uuid4().hex
            )

"""Notes: sanitised, private unless said otherwise, versions of their own."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from models.clock import ManualClock
from models.enums import NoteVisibility
from models.ids import encode_id, new_id
from models.notes import Note, NoteText
from models.workspace import Workspace
from resolvers import notes
from resolvers.actors import SYSTEM, StaffActor
from resolvers.errors import Conflict, Forbidden, NotFound, Precondition, ProblemCode
from resolvers.files import forget_removed
from resolvers.notes import NoteEdit
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from tests.factories import make_lead, make_staff, make_visit
from tests.importing import received_upload
from tests.pictures import picture
from tests.resolvers.problems import problem_of
from tests.resolvers.verify import act, changes_of


class Desk:
    def __init__(
        self, services: Services, clock: ManualClock, admin: StaffActor, lead_id: UUID
    ) -> None:
        self.services, self.clock, self.admin, self.lead_id = services, clock, admin, lead_id

    async def add(
        self,
        html: str,
        visibility: NoteVisibility | None = None,
        uploads: Sequence[UUID] = (),
    ) -> UUID:
        note_id: UUID = await act(
            self.services, self.admin, notes.add_note, self.lead_id, html, visibility, False,
            uuid4().hex, uploads,
        )  # fmt: skip
        return note_id

    async def upload(self, data: bytes, name: str = "cat.png") -> UUID:
        return await received_upload(self.services, self.admin, data, name)

    async def files(self, note_id: UUID) -> list[tuple[str, str]]:
        """Names and types of a note's files."""
        async with self.services.database.read_session() as session:
            found = await notes.attachments(session, note_id)
        return [(file.name, file.content_type) for file in found]

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
async def desk(services: Services, clock: ManualClock) -> Desk:
    return Desk(services, clock, await make_staff(services), await make_lead(services))


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


@pytest.mark.behaviour("C39")
async def test_a_note_is_kept_as_a_tree_with_the_html_and_text_made_of_it(desk: Desk) -> None:
    (row,) = await desk.texts(await desk.add("<h1>Lamps</h1>likes <b>brass</b><script>x</script>"))
    assert (row.html, row.text) == (
        "<h1>Lamps</h1><p>likes <strong>brass</strong></p>",
        "Lamps\nlikes brass",
    )
    assert row.document == [
        {"type": "heading", "level": 1, "content": [{"type": "text", "text": "Lamps"}]},
        {
            "type": "paragraph",
            "content": [
                {"type": "text", "text": "likes "},
                {"type": "text", "text": "brass", "marks": ["strong"]},
            ],
        },
    ]


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


# --- files ---------------------------------------------------------------------------------------


def shown(file_id: UUID) -> str:
    return f'<img data-attachment="{encode_id("file", file_id)}">'


async def test_a_note_has_the_files_of_its_uploads(desk: Desk) -> None:
    cat, plan = await desk.upload(picture()), await desk.upload(b"%PDF-1", "plan.pdf")
    html = f"<p>See {shown(cat)}{shown(plan)}</p>"
    note_id = await desk.add(html, uploads=[plan, cat, plan])
    assert await desk.files(note_id) == [("cat.png", "image/png"), ("plan.pdf", "application/pdf")]
    (row,) = await desk.texts(note_id)
    assert row.html == f"<p>See {shown(cat)}</p>"  # the other is no picture


@pytest.mark.behaviour("C40")
async def test_an_upload_of_somebody_else_is_no_attachment(desk: Desk) -> None:
    other = await make_staff(desk.services, name="Bo Brandt")
    theirs = await received_upload(desk.services, other, picture(), "cat.png")
    note_id = await desk.add("a")
    for upload_id in (theirs, new_id()):
        for run in (
            desk.add("a", uploads=[upload_id]),
            desk.edit(note_id, add_uploads=[upload_id]),
        ):
            with pytest.raises(NotFound):
                await run
    assert await desk.files(note_id) == []


async def test_an_upload_stands_on_one_note_only(desk: Desk) -> None:
    cat = await desk.upload(picture())
    await desk.add("a", uploads=[cat])
    with pytest.raises(Precondition):
        await desk.add("b", uploads=[cat])


async def test_a_note_has_twenty_files_at_most(desk: Desk) -> None:
    uploads = [await desk.upload(b"x", f"{number}.txt") for number in range(20)]
    note_id = await desk.add("a", uploads=uploads)
    desk.clock.advance(61)
    more = await desk.upload(b"x", "20.txt")
    path = "addUploadIds"
    assert await problem_of(desk.edit(note_id, add_uploads=[more])) == (path, ProblemCode.TOO_LARGE)
    await desk.edit(note_id, add_uploads=[more], remove_files=uploads[:1])
    assert [name for name, _ in await desk.files(note_id)][-1] == "20.txt"
    assert len(await desk.files(note_id)) == 20


@pytest.mark.behaviour("C40")
async def test_files_that_go_take_their_bytes_and_their_place_in_the_text(desk: Desk) -> None:
    cat, dog = await desk.upload(picture()), await desk.upload(picture(), "dog.png")
    html = f"<p>A cat {shown(cat)} and a dog {shown(dog)}</p>"
    note_id = await desk.add(html, uploads=[cat, dog])
    await desk.edit(note_id, remove_files=[cat])
    (_, row) = await desk.texts(note_id)
    assert row.html == f"<p>A cat and a dog {shown(dog)}</p>"
    assert await desk.files(note_id) == [("dog.png", "image/png")]
    assert (await desk.note(note_id)).edited_at == desk.clock.now()
    with pytest.raises(NotFound):
        await desk.edit(note_id, remove_files=[cat])
    await act(desk.services, desk.admin, notes.remove_note, desk.lead_id, note_id)
    assert await desk.files(note_id) == []
    await forget_removed(desk.services)
    assert list(desk.services.files.folder.glob("files/*")) == []


async def test_only_files_of_the_note_itself_are_removed(desk: Desk) -> None:
    cat = await desk.upload(picture())
    first, second = await desk.add("a", uploads=[cat]), await desk.add("b")
    with pytest.raises(NotFound):
        await desk.edit(second, remove_files=[cat])
    assert len(await desk.files(first)) == 1


async def test_a_file_added_beside_an_edit_of_the_words_overwrites_nothing(desk: Desk) -> None:
    note_id = await desk.add("one")
    await desk.edit(note_id, html="two")
    await desk.edit(note_id, add_uploads=[await desk.upload(picture())], expected=1)
    assert [row.text for row in await desk.texts(note_id)] == ["one", "two"]
    assert len(await desk.files(note_id)) == 1
    with pytest.raises(Conflict):
        await desk.edit(note_id, html="three", expected=1)


async def test_a_repeated_key_adds_no_files_again(desk: Desk) -> None:
    cat = await desk.upload(picture())
    given = (desk.lead_id, "a", None, False, "one key", [cat])
    first = await act(desk.services, desk.admin, notes.add_note, *given)
    assert await act(desk.services, desk.admin, notes.add_note, *given) == first
    with pytest.raises(Conflict):
        await act(desk.services, desk.admin, notes.add_note, *given[:-1])
    assert len(await desk.files(first)) == 1


@pytest.mark.behaviour("C41")
async def test_a_note_keeps_its_place_whatever_becomes_of_it(desk: Desk) -> None:
    first = await desk.add("one")
    desk.clock.advance(5)
    await desk.add("two")
    desk.clock.advance(5)
    created_at = (await desk.note(first)).created_at
    await desk.edit(first, html="three", add_uploads=[await desk.upload(picture())])
    note = await desk.note(first)
    assert (note.created_at, note.edited_at) == (created_at, desk.clock.now())

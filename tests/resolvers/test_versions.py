"""Edits of one thing by two people: what fits together merges, what clashes is told (G4)."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from models.clock import ManualClock
from models.enums import NoteVisibility, Priority, StaffRole
from models.pipelines import PipelineState
from resolvers import leads, notes, sites
from resolvers.actors import StaffActor
from resolvers.errors import Clash, Conflict, ConflictReason
from resolvers.leads import PropertyEdit
from resolvers.notes import NoteEdit
from resolvers.services import Services
from tests.factories import ORIGIN, make_lead, make_site, make_staff
from tests.resolvers.verify import act, changes_of, head_of


class Pair:
    """Two people at one lead."""

    def __init__(self, services: Services, ada: StaffActor, bo: StaffActor, lead_id: UUID) -> None:
        self.services, self.ada, self.bo, self.lead_id = services, ada, bo, lead_id

    async def set(self, actor: StaffActor, *edits: PropertyEdit) -> None:
        await act(self.services, actor, leads.set_properties, self.lead_id, edits)

    async def state(self, name: str) -> UUID:
        async with self.services.database.read_session() as session:
            statement = select(col(PipelineState.id)).where(col(PipelineState.name) == name)
            return (await session.scalars(statement)).one()


@pytest.fixture
async def pair(services: Services, clock: ManualClock) -> Pair:
    ada = await make_staff(services)
    bo = await make_staff(services, name="Bo Berg")
    lead_id = await make_lead(services, ada)
    clock.advance(60)
    return Pair(services, ada, bo, lead_id)


async def refusal(run: Any) -> Conflict:
    with pytest.raises(Conflict) as caught:
        await run
    assert caught.value.reason is ConflictReason.STALE_VERSION
    return caught.value


def text(value: str) -> dict[str, str]:
    return {"type": "TEXT", "text": value}


@pytest.mark.behaviour("B9")
async def test_a_stale_edit_is_told_base_current_and_attempted(
    pair: Pair, clock: ManualClock
) -> None:
    await pair.set(pair.ada, PropertyEdit("remark", {"text": "first"}))
    seen = await head_of(pair.services, pair.lead_id)
    await pair.set(pair.bo, PropertyEdit("remark", {"text": "second"}, seen))
    changed_at = clock.now()
    clock.advance(60)
    late = PropertyEdit("remark", {"text": "third"}, seen)
    conflict = await refusal(pair.set(pair.ada, late))
    (clash,) = conflict.clashes
    assert clash == Clash(
        "property:remark", clash.field_id, text("first"), text("second"), text("third"),
        "Bo Berg", changed_at,
    )  # fmt: skip
    assert (conflict.owner, conflict.version) == (pair.lead_id, seen + 1)
    await pair.set(pair.ada, replace(late, expected=conflict.version))
    assert await head_of(pair.services, pair.lead_id) == seen + 2


async def test_a_refused_edit_leaves_its_other_values_unwritten(pair: Pair) -> None:
    await pair.set(pair.ada, PropertyEdit("remark", {"text": "first"}))
    seen = await head_of(pair.services, pair.lead_id) - 1
    edits = PropertyEdit("rooms", {"number": "1"}, seen), PropertyEdit("remark", None, seen)
    conflict = await refusal(pair.set(pair.bo, *edits))
    assert [clash.path for clash in conflict.clashes] == ["property:remark"]
    assert await head_of(pair.services, pair.lead_id) == seen + 1


async def test_all_clashes_of_an_edit_are_told_together(pair: Pair) -> None:
    seen = await head_of(pair.services, pair.lead_id)
    await act(
        pair.services, pair.bo, leads.change_person, pair.lead_id,
        {"first_name": "Bea", "company": "Lo"}, {"title": "T"}, seen,
    )  # fmt: skip
    conflict = await refusal(
        act(
            pair.services, pair.ada, leads.change_person, pair.lead_id,
            {"first_name": "Cleo", "last_name": "New", "company": "Other"}, {"title": None}, seen,
        )
    )  # fmt: skip
    told = {clash.path: (clash.base, clash.current, clash.attempted) for clash in conflict.clashes}
    assert told == {
        "person.firstName": (text("Lena"), text("Bea"), text("Cleo")),
        "person.company": (None, text("Lo"), text("Other")),
        "title": (None, text("T"), None),
    }


async def test_edits_of_different_fields_on_one_version_merge(pair: Pair) -> None:
    seen = await head_of(pair.services, pair.lead_id)
    await pair.set(pair.ada, PropertyEdit("remark", {"text": "a"}, seen))
    await pair.set(pair.bo, PropertyEdit("rooms", {"number": "2"}, seen))
    await act(pair.services, pair.ada, leads.change_priority, pair.lead_id, Priority.HIGH, seen)
    assert await head_of(pair.services, pair.lead_id) == seen + 3


async def test_the_value_that_is_there_never_clashes(pair: Pair) -> None:
    seen = await head_of(pair.services, pair.lead_id)
    await pair.set(pair.ada, PropertyEdit("remark", {"text": "same"}, seen))
    await pair.set(pair.bo, PropertyEdit("remark", {"text": "same"}, seen))
    for actor in (pair.ada, pair.bo):
        await act(pair.services, actor, leads.change_priority, pair.lead_id, Priority.URGENT, seen)
    assert await head_of(pair.services, pair.lead_id) == seen + 2


async def test_an_edit_without_a_version_is_the_last_word(pair: Pair) -> None:
    await pair.set(pair.ada, PropertyEdit("remark", {"text": "a"}))
    await pair.set(pair.bo, PropertyEdit("remark", {"text": "b"}))
    changes = await changes_of(pair.services, pair.lead_id, 1)
    assert [change.data and change.data["diffs"][0]["after"] for change in changes] == [
        text("a"),
        text("b"),
    ]


async def test_a_property_cleared_and_set_again_keeps_its_version(pair: Pair) -> None:
    await pair.set(pair.ada, PropertyEdit("remark", {"text": "a"}))
    seen = await head_of(pair.services, pair.lead_id)
    await pair.set(pair.ada, PropertyEdit("remark", None, seen))
    conflict = await refusal(pair.set(pair.bo, PropertyEdit("remark", {"text": "b"}, seen)))
    assert (conflict.clashes[0].base, conflict.clashes[0].current) == (text("a"), None)
    await pair.set(pair.ada, PropertyEdit("remark", {"text": "c"}, seen + 1))
    conflict = await refusal(pair.set(pair.bo, PropertyEdit("remark", None, seen)))
    assert (conflict.version, conflict.clashes[0].attempted) == (seen + 2, None)


@pytest.mark.behaviour("A55")
async def test_a_priority_clash_names_the_first_one(pair: Pair) -> None:
    seen = await head_of(pair.services, pair.lead_id)
    await act(pair.services, pair.bo, leads.change_priority, pair.lead_id, Priority.HIGH, seen)
    conflict = await refusal(
        act(pair.services, pair.ada, leads.change_priority, pair.lead_id, Priority.LOW, seen)
    )
    (clash,) = conflict.clashes
    assert (clash.base, clash.current, clash.attempted) == (
        text("NORMAL"),
        text("HIGH"),
        text("LOW"),
    )


async def test_a_state_clash_speaks_of_names(pair: Pair) -> None:
    seen = await head_of(pair.services, pair.lead_id)
    lost, won = await pair.state("Lost"), await pair.state("Converted")
    await act(pair.services, pair.bo, leads.change_state, pair.lead_id, lost, seen)
    conflict = await refusal(
        act(pair.services, pair.ada, leads.change_state, pair.lead_id, won, seen)
    )
    (clash,) = conflict.clashes
    assert (clash.path, clash.changed_by) == ("state", "Bo Berg")
    assert [each["name"] for each in (clash.base, clash.current, clash.attempted)] == [
        "New",
        "Lost",
        "Converted",
    ]


async def test_an_assignee_clash_speaks_of_names(pair: Pair) -> None:
    seen = await head_of(pair.services, pair.lead_id)
    cleo = await make_staff(pair.services, StaffRole.AGENT, "Cleo Cox")
    await act(pair.services, pair.bo, leads.assign, pair.lead_id, cleo.id, seen)
    conflict = await refusal(
        act(pair.services, pair.ada, leads.assign, pair.lead_id, pair.bo.id, seen)
    )
    (clash,) = conflict.clashes
    assert clash.base is None
    assert [each["name"] for each in (clash.current, clash.attempted)] == ["Cleo Cox", "Bo Berg"]
    conflict = await refusal(act(pair.services, pair.ada, leads.assign, pair.lead_id, None, seen))
    assert conflict.clashes[0].attempted is None


async def test_a_stale_edit_of_a_note_is_told_all_three_versions(pair: Pair) -> None:
    note_id = await act(
        pair.services, pair.ada, notes.add_note, pair.lead_id, "<p>one</p>",
        NoteVisibility.TEAM, False, "k",
    )  # fmt: skip
    second = NoteEdit(html="<p>two</p>", is_pinned=True, expected=1)
    await act(pair.services, pair.bo, notes.edit_note, pair.lead_id, note_id, second)
    late = NoteEdit(html="<p><b>three</b></p>", expected=1)
    conflict = await refusal(
        act(pair.services, pair.ada, notes.edit_note, pair.lead_id, note_id, late)
    )
    assert (conflict.owner, conflict.version) == (note_id, 2)
    (clash,) = conflict.clashes
    assert (clash.path, clash.changed_by) == ("html", "Bo Berg")
    assert (clash.base, clash.current, clash.attempted) == (
        text("one"),
        text("two"),
        text("three"),
    )
    unpin = NoteEdit(is_pinned=False, expected=1)
    conflict = await refusal(
        act(pair.services, pair.ada, notes.edit_note, pair.lead_id, note_id, unpin)
    )
    (clash,) = conflict.clashes
    assert (clash.path, clash.base, clash.current) == ("isPinned", text("false"), text("true"))
    again = NoteEdit(html="<p>two</p>", expected=1)
    await act(pair.services, pair.ada, notes.edit_note, pair.lead_id, note_id, again)
    await act(
        pair.services, pair.ada, notes.edit_note, pair.lead_id, note_id, replace(late, expected=2)
    )


async def test_a_site_changed_meanwhile_is_refused(pair: Pair) -> None:
    site, _ = await make_site(pair.services)
    await act(pair.services, pair.ada, sites.save_site, site.id, "A", [ORIGIN], "", expected=1)
    conflict = await refusal(
        act(pair.services, pair.bo, sites.save_site, site.id, "B", [ORIGIN], "", expected=1)
    )
    assert (conflict.owner, conflict.version) == (site.id, 2)


async def test_of_two_edits_at_once_on_one_version_one_is_refused(pair: Pair) -> None:
    await pair.set(pair.ada, PropertyEdit("remark", {"text": "a"}))
    seen = await head_of(pair.services, pair.lead_id)
    outcomes = await asyncio.gather(
        *(
            pair.set(pair.ada, PropertyEdit("remark", {"text": str(number)}, seen))
            for number in range(8)
        ),
        return_exceptions=True,
    )
    assert sum(outcome is None for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 7

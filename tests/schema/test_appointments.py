"""Appointments: planned, changed, called off, and what came of them."""

from datetime import date
from typing import Any

import pytest

from models.clock import ManualClock
from models.enums import StaffRole
from models.ids import encode_id
from resolvers.agenda import appointments_of_day
from resolvers.services import Services
from tests.client import Client, key, lead, nothing_written, staff_client
from tests.factories import make_lead

PARTS = """id kind title startsAt endsAt isAllDay timeZone assignee { name } place body
  reminderMinutes isLogged wasStartInPast cancelledAt outcome outcomeNote createdBy { name }
  lead { id } version overlaps { id }"""
LISTED = f"""query($id: ID!, $when: AppointmentPeriod!, $first: Int!, $after: Cursor,
  $range: DateTimeRangeInput, $asOf: AsOfInput) {{ lead(id: $id, asOf: $asOf) {{
    appointments(when: $when, first: $first, after: $after, range: $range) {{
      totalCount nodes {{ {PARTS} }} pageInfo {{ hasNextPage endCursor }} }} }} }}"""


class Diary:
    """ADMIN plans with one lead; the clock stands at 09:00 UTC on Monday, the 2nd of March."""

    def __init__(self, services: Services, clock: ManualClock, admin: Client) -> None:
        self.services, self.clock, self.admin = services, clock, admin

    async def open(self) -> "Diary":
        self.lead_id = await make_lead(self.services)
        self.id = lead(self.lead_id)
        return self

    async def plan(self, title: str, start: str, end: str, **more: Any) -> dict[str, Any]:
        given = {
            "leadId": self.id,
            "idempotencyKey": key(),
            "kind": "MEETING",
            "title": title,
            "startsAt": start,
            "endsAt": end,
            **more,
        }
        made = await self.admin.done("scheduleAppointment", f"appointment {{ {PARTS} }}", **given)
        appointment: dict[str, Any] = made["appointment"]
        return appointment

    async def act(self, mutation: str, row: dict[str, Any], **given: Any) -> dict[str, Any]:
        self.clock.advance(1)
        on = {"leadId": self.id, "appointmentId": row["id"], **given}
        made = await self.admin.done(mutation, f"appointment {{ {PARTS} }}", **on)
        return made

    async def listed(self, when: str, first: int = 100, **more: Any) -> dict[str, Any]:
        given = {"id": self.id, "when": when, "first": first, **more}
        found = (await self.admin.read(LISTED, **given))["lead"]["appointments"]
        assert isinstance(found, dict)
        return found

    async def titles(self, when: str, **more: Any) -> list[str]:
        found = await self.listed(when, **more)
        assert found["totalCount"] == len(found["nodes"])
        return [node["title"] for node in found["nodes"]]

    async def history(self) -> list[str]:
        data = await self.admin.read(
            """query($id: ID!) { lead(id: $id) {
                 history(first: 50, types: [APPOINTMENT]) { nodes { summary } } } }""",
            id=self.id,
        )
        return [node["summary"] for node in data["lead"]["history"]["nodes"]]


@pytest.fixture
async def diary(services: Services, clock: ManualClock) -> Diary:
    return await Diary(services, clock, await staff_client(services)).open()


@pytest.mark.behaviour("A46")
async def test_an_appointment_is_what_was_planned(diary: Diary) -> None:
    bo = await staff_client(diary.services, StaffRole.AGENT, "Bo Brandt")
    assert bo.actor
    made = await diary.plan(
        "Flat tour",
        "2026-03-03T10:00:00+01:00",
        "2026-03-03T11:30:00+01:00",
        kind="SHOWING",
        assigneeId=encode_id("staff", bo.actor.id),
        timeZone="Europe/Berlin",
        place="Elm Street 5",
        body="Ring twice.\nThird floor.",
        reminderMinutes=None,
    )
    identity, version = made.pop("id"), made.pop("version")
    assert identity.startswith("appointment_")
    assert version
    assert made == {
        "kind": "SHOWING",
        "title": "Flat tour",
        "startsAt": "2026-03-03T09:00:00.000000Z",
        "endsAt": "2026-03-03T10:30:00.000000Z",
        "isAllDay": False,
        "timeZone": "Europe/Berlin",
        "assignee": {"name": "Bo Brandt"},
        "place": "Elm Street 5",
        "body": "Ring twice.\nThird floor.",
        "reminderMinutes": None,
        "isLogged": False,
        "wasStartInPast": False,
        "cancelledAt": None,
        "outcome": None,
        "outcomeNote": None,
        "createdBy": {"name": "Ada Ames"},
        "lead": {"id": diary.id},
        "overlaps": [],
    }
    plain = await diary.plan(" ", "2026-03-03T10:00:00Z", "2026-03-03T11:00:00Z", kind="CALL")
    told = (plain["title"], plain["assignee"], plain["timeZone"], plain["reminderMinutes"])
    assert told == ("Call", {"name": "Ada Ames"}, "UTC", 30)
    assert await diary.history() == ["Planned a call.", "Planned a showing: Flat tour."]


@pytest.mark.behaviour("A41")
async def test_the_end_by_the_servers_clock_parts_upcoming_from_past(diary: Diary) -> None:
    await diary.plan("Soon", "2026-03-02T09:30:00Z", "2026-03-02T10:00:00Z")
    await diary.plan("Now", "2026-03-02T08:30:00Z", "2026-03-02T09:30:00Z")
    await diary.plan("Over", "2026-03-02T07:00:00Z", "2026-03-02T08:00:00Z")
    await diary.plan("Just over", "2026-03-02T08:00:00Z", "2026-03-02T09:00:00Z")
    off = await diary.plan("Off", "2026-03-05T09:30:00Z", "2026-03-05T10:00:00Z")
    assert await diary.titles("UPCOMING") == ["Now", "Soon", "Off"]
    await diary.act("cancelAppointment", off)
    assert await diary.titles("UPCOMING") == ["Now", "Soon"]
    assert await diary.titles("PAST") == ["Off", "Just over", "Over"]
    assert await diary.titles("ALL") == ["Off", "Soon", "Now", "Just over", "Over"]
    diary.clock.advance(1798.999)
    assert await diary.titles("UPCOMING") == ["Now", "Soon"]
    diary.clock.advance(0.001)
    assert await diary.titles("UPCOMING") == ["Soon"]
    assert await diary.titles("PAST") == ["Off", "Now", "Just over", "Over"]
    within = {"range": {"from": "2026-03-02T08:00:00Z", "to": "2026-03-02T08:30:00Z"}}
    assert await diary.titles("PAST", **within) == ["Just over"]


@pytest.mark.behaviour("A41")
@pytest.mark.parametrize("when", ["UPCOMING", "ALL"])
async def test_pages_reach_each_appointment_once_also_at_equal_starts(
    diary: Diary, when: str
) -> None:
    for number in range(5):
        await diary.plan(f"No {number}", "2026-03-03T10:00:00Z", "2026-03-03T11:00:00Z")
    whole = (await diary.listed(when))["nodes"]
    assert len({row["id"] for row in whole}) == 5
    found, after = [], None
    while True:
        diary.clock.advance(1)  # another moment makes no other list
        page = await diary.listed(when, 2, after=after)
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert found == whole


@pytest.mark.behaviour("A46")
async def test_a_start_in_the_past_is_allowed_and_marked(diary: Diary) -> None:
    made = await diary.plan("Late", "2026-03-02T08:59:59Z", "2026-03-02T10:00:00Z")
    assert made["wasStartInPast"] is True
    moved = await diary.act("updateAppointment", made, startsAt="2026-03-02T09:30:00Z")
    assert moved["appointment"]["wasStartInPast"] is False
    renamed = await diary.act("updateAppointment", made, title="On time")
    assert renamed["appointment"]["wasStartInPast"] is False
    today = await diary.plan("Fair", "2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z", isAllDay=True)
    assert today["wasStartInPast"] is False


@pytest.mark.behaviour("A46")
@pytest.mark.parametrize(
    ("zone", "given", "kept"),
    [
        ("UTC", ("2026-03-05T00:00Z", "2026-03-06T00:00Z"), ("2026-03-05T00", "2026-03-06T00")),
        ("UTC", ("2026-03-05T10:00Z", "2026-03-05T10:01Z"), ("2026-03-05T00", "2026-03-06T00")),
        (  # the clocks go forward: the two days have 47 hours
            "Europe/Berlin",
            ("2026-03-28T12:00+01:00", "2026-03-29T23:59+02:00"),
            ("2026-03-27T23", "2026-03-29T22"),
        ),
        (  # the day begins at 01:00, for midnight is jumped over
            "Africa/Cairo",
            ("2026-04-24T05:00+03:00", "2026-04-24T06:00+03:00"),
            ("2026-04-23T22", "2026-04-24T21"),
        ),
        (
            "Pacific/Kiritimati",
            ("2026-03-05T10:00Z", "2026-03-06T09:00Z"),
            ("2026-03-05T10", "2026-03-06T10"),
        ),
    ],
)
async def test_whole_days_reach_from_midnight_to_midnight_in_the_zone(
    diary: Diary, zone: str, given: tuple[str, str], kept: tuple[str, str]
) -> None:
    start, end = (f"{each[:16]}:00{each[16:]}" for each in given)
    made = await diary.plan("Fair", start, end, isAllDay=True, timeZone=zone)
    assert (made["startsAt"][:13], made["endsAt"][:13]) == kept
    assert made["timeZone"] == zone
    again = await diary.act("updateAppointment", made, startsAt=start, endsAt=end)
    assert again["changes"] == []


@pytest.mark.behaviour("A46")
async def test_days_may_be_31_however_long_their_hours(diary: Diary) -> None:
    autumn = {"isAllDay": True, "timeZone": "Europe/Berlin"}
    made = await diary.plan("Build", "2026-10-01T00:00:00+02:00", "2026-11-01T00:00:00+01:00",
                            **autumn)  # fmt: skip
    assert made["isAllDay"] is True
    refused = await diary.admin.write(
        "updateAppointment", leadId=diary.id, appointmentId=made["id"],
        endsAt="2026-11-01T00:00:01+01:00",
    )  # fmt: skip
    assert refused["problems"][0] == {
        "path": ["endsAt"], "code": "TOO_LARGE", "message": "At most 31 days.",
    }  # fmt: skip


@pytest.mark.behaviour("A44")
async def test_parts_change_alone_and_the_same_changes_nothing(diary: Diary) -> None:
    row = await diary.plan(
        "Tour", "2026-03-03T10:00:00Z", "2026-03-03T11:00:00Z", place="Elm Street 5", body="a"
    )
    first = await diary.act("updateAppointment", row, body="b" * 600, reminderMinutes=5)
    (change,) = first["changes"]
    assert change["entry"]["summary"] == "Changed reminder, text of a meeting: Tour."
    (minutes, body) = change["entry"]["diffs"]
    assert (minutes["before"]["display"], minutes["after"]["display"]) == ("30", "5")
    assert body["after"]["display"] == "b" * 499 + "…"
    assert first["appointment"]["body"] == "b" * 600
    assert first["appointment"]["place"] == "Elm Street 5"
    async with nothing_written(diary.services):
        again = await diary.act("updateAppointment", row, body="b" * 600, title="Tour")
    assert again["changes"] == []
    cleared = await diary.act("updateAppointment", row, place=None, body=None, assigneeId=None)
    made = cleared["appointment"]
    assert (made["place"], made["body"], made["assignee"]) == (None, None, None)
    data = await diary.admin.read(
        f"query($id: ID!) {{ appointment(id: $id) {{ {PARTS} }} }}", id=row["id"]
    )
    assert data["appointment"] == made


@pytest.mark.behaviour("A44")
async def test_edits_of_other_parts_merge(diary: Diary) -> None:
    row = await diary.plan("Tour", "2026-03-03T10:00:00Z", "2026-03-03T11:00:00Z")
    await diary.act("updateAppointment", row, title="Second tour")
    later = await diary.act(
        "updateAppointment", row, place="Elm Street 5", expectedVersion=row["version"]
    )
    made = later["appointment"]
    assert (made["title"], made["place"]) == ("Second tour", "Elm Street 5")


@pytest.mark.behaviour("A47")
async def test_outcome_and_note_are_kept_with_their_history(diary: Diary) -> None:
    row = await diary.plan("Tour", "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z", kind="SHOWING")
    held = await diary.act("recordAppointmentOutcome", row, outcome="HELD", note="Liked it")
    assert held["appointment"]["outcomeNote"] == "Liked it"
    other = await diary.act("recordAppointmentOutcome", row, outcome="NO_SHOW")
    made = other["appointment"]
    assert (made["outcome"], made["outcomeNote"]) == ("NO_SHOW", "Liked it")
    last = await diary.act("recordAppointmentOutcome", row, outcome="NO_SHOW", note="Snow")
    (diff,) = last["changes"][0]["entry"]["diffs"]
    assert (diff["path"], diff["before"]["display"], diff["after"]["display"]) == (
        "note", "Liked it", "Snow",
    )  # fmt: skip
    assert await diary.history() == [
        "The lead did not come, a showing: Tour.",
        "The lead did not come, a showing: Tour.",
        "It took place, a showing: Tour.",
        "Planned a showing: Tour.",
    ]


@pytest.mark.behaviour("A46")
async def test_what_was_called_off_stays_and_tells_why_in_the_history(diary: Diary) -> None:
    row = await diary.plan("Tour", "2026-03-03T10:00:00Z", "2026-03-03T11:00:00Z")
    off = await diary.act("cancelAppointment", row, reason="Ill")
    assert off["appointment"]["cancelledAt"] == "2026-03-02T09:00:01.000000Z"
    assert [diff["path"] for diff in off["changes"][0]["entry"]["diffs"]] == [
        "cancelledAt", "reason",
    ]  # fmt: skip
    assert (await diary.act("cancelAppointment", row, reason="Well"))["changes"] == []
    assert (await diary.history())[0] == "Called off a meeting: Tour."


@pytest.mark.behaviour("A46")
async def test_overlaps_are_others_of_the_same_person_and_only_a_warning(diary: Diary) -> None:
    first = await diary.plan("A", "2026-03-03T10:00:00Z", "2026-03-03T11:00:00Z")
    await diary.plan("Right after", "2026-03-03T11:00:00Z", "2026-03-03T12:00:00Z")
    nobodys = await diary.plan("B", "2026-03-03T10:00:00Z", "2026-03-03T11:00:00Z")
    await diary.act("updateAppointment", nobodys, assigneeId=None)
    other = await Diary(diary.services, diary.clock, diary.admin).open()
    across = await other.plan("C", "2026-03-03T10:59:00Z", "2026-03-03T11:01:00Z")
    assert [each["id"] for each in across["overlaps"]][:1] == [first["id"]]
    assert len(across["overlaps"]) == 2
    found = {row["title"]: row["overlaps"] for row in (await diary.listed("ALL"))["nodes"]}
    assert found == {
        "A": [{"id": across["id"]}], "B": [], "Right after": [{"id": across["id"]}],
    }  # fmt: skip
    await other.act("cancelAppointment", across)
    rows = (await diary.listed("ALL"))["nodes"]
    assert [row["overlaps"] for row in rows] == [[], [], []]


@pytest.mark.behaviour("A43", "G2")
async def test_the_list_is_the_leads_and_not_one_persons(diary: Diary) -> None:
    bo = await staff_client(diary.services, StaffRole.AGENT, "Bo Brandt")
    cy = await staff_client(diary.services, StaffRole.AGENT, "Cy Cole")
    assert bo.actor
    assert cy.actor
    await diary.admin.done("assignLead", leadId=diary.id, staffId=encode_id("staff", bo.actor.id))
    row = await diary.plan("Tour", "2026-03-03T10:00:00Z", "2026-03-03T11:00:00Z",
                           assigneeId=encode_id("staff", cy.actor.id))  # fmt: skip
    ask = "query($id: ID!) { appointment(id: $id) { title assignee { name } overlaps { id } } }"
    seen = await bo.read(ask, id=row["id"])
    assert seen["appointment"]["assignee"] == {"name": "Cy Cole"}
    assert (await cy.read(ask, id=row["id"]))["appointment"]["assignee"] == {"name": "Cy Cole"}
    mine = await Diary(diary.services, diary.clock, diary.admin).open()
    over = await mine.plan("Other", "2026-03-03T10:00:00Z", "2026-03-03T11:00:00Z",
                           assigneeId=encode_id("staff", cy.actor.id))  # fmt: skip
    assert over["overlaps"] == [{"id": row["id"]}]
    assert (await bo.read(ask, id=row["id"]))["appointment"]["overlaps"] == []


async def day_of(diary: Diary, client: Client, day: date) -> list[str]:
    assert client.actor
    async with diary.services.database.read_session() as session:
        rows = await appointments_of_day(session, client.actor, day)
    return [row.title for row in rows]


@pytest.mark.behaviour("A41")
async def test_the_day_of_a_person_has_what_touches_it_in_their_zone(diary: Diary) -> None:
    await diary.admin.done("changePreferences", timeZone="America/New_York")
    await diary.plan("Late", "2026-03-06T02:00:00Z", "2026-03-06T03:00:00Z")
    await diary.plan("To midnight", "2026-03-05T22:00:00Z", "2026-03-06T05:00:00Z")
    await diary.plan("Fair in Berlin", "2026-03-05T00:00:00+01:00", "2026-03-07T00:00:00+01:00",
                     isAllDay=True, timeZone="Europe/Berlin")  # fmt: skip
    off = await diary.plan("Off", "2026-03-05T20:00:00Z", "2026-03-05T21:00:00Z")
    await diary.act("cancelAppointment", off)
    nobodys = await diary.plan("Nobody's", "2026-03-05T20:00:00Z", "2026-03-05T21:00:00Z")
    await diary.act("updateAppointment", nobodys, assigneeId=None)
    days = {day: await day_of(diary, diary.admin, date(2026, 3, day)) for day in range(3, 9)}
    assert days == {
        3: [],
        4: [],
        5: ["Fair in Berlin", "To midnight", "Late"],
        6: ["Fair in Berlin"],
        7: [],
        8: [],
    }


@pytest.mark.behaviour("A41", "C43")
async def test_a_past_card_has_the_appointments_as_they_stood(diary: Diary) -> None:
    row = await diary.plan("Tour", "2026-03-03T10:00:00Z", "2026-03-03T11:00:00Z", body="old")
    await diary.plan("Call", "2026-03-02T09:00:10Z", "2026-03-02T09:00:20Z", kind="CALL")
    diary.clock.advance(30)
    then = diary.clock.now()
    before = {when: await diary.listed(when) for when in ("UPCOMING", "PAST", "ALL")}
    diary.clock.advance(1)
    await diary.act("updateAppointment", row, title="New", body="new", isAllDay=True)
    await diary.act("recordAppointmentOutcome", row, outcome="MOVED", note="Rain")
    await diary.act("cancelAppointment", row)
    moment: dict[str, Any] = {"asOf": {"at": then.isoformat()}}
    for when, expected in before.items():
        found = await diary.listed(when, **moment)
        assert [without_place(node) for node in found["nodes"]] == [
            without_place(node) for node in expected["nodes"]
        ]
        assert found["totalCount"] == expected["totalCount"]
    first = await diary.listed("ALL", 1, **moment)
    rest = await diary.listed("ALL", 1, after=first["pageInfo"]["endCursor"], **moment)
    assert [node["title"] for node in first["nodes"] + rest["nodes"]] == ["Tour", "Call"]
    assert await diary.titles("UPCOMING") == []


def without_place(node: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if key != "overlaps"}


@pytest.mark.behaviour("A46", "A47", "C34")
async def test_an_open_card_is_told_each_step_with_the_item_of_the_first(diary: Diary) -> None:
    stream = diary.admin.stream(
        """subscription($id: ID!) { leadCard(id: $id) { __typename
             ... on AppointmentChanged { action appointment { title outcome } diffs { path }
               timelineItem { kind subject { ... on Appointment { title } } } } } }""",
        id=diary.id,
    )
    heard: list[dict[str, Any]] = []
    try:
        async for answer in stream:
            assert answer.data is not None
            item = answer.data["leadCard"]
            if item["__typename"] == "LeadCardSnapshot":
                row = await diary.plan("Tour", "2026-03-03T10:00:00Z", "2026-03-03T11:00:00Z")
                await diary.act("recordAppointmentOutcome", row, outcome="HELD")
            elif item["__typename"] == "AppointmentChanged":
                heard.append(item)
                if len(heard) == 2:
                    break
    finally:
        await stream.aclose()
    assert [each["action"] for each in heard] == ["ADDED", "EDITED"]
    assert heard[0]["timelineItem"] == {"kind": "MEETING", "subject": {"title": "Tour"}}
    assert heard[1]["timelineItem"] is None
    assert heard[1]["appointment"]["outcome"] == "HELD"
    assert heard[1]["diffs"] == [{"path": "outcome"}]


@pytest.mark.behaviour("A45", "A46")
async def test_who_goes_sees_the_appointment_and_no_more_of_a_foreign_lead(diary: Diary) -> None:
    bo = await staff_client(diary.services, StaffRole.AGENT, "Bo Brandt")
    cy = await staff_client(diary.services, StaffRole.AGENT, "Cy Cole")
    assert bo.actor
    made = await diary.plan(
        "Flat tour", "2026-03-03T10:00:00Z", "2026-03-03T11:00:00Z",
        assigneeId=encode_id("staff", bo.actor.id),
    )  # fmt: skip
    ask = """query($id: ID!, $day: Date!) {
      appointment(id: $id) { title leadName lead { id } }
      dashboard(date: $day) { appointments { title leadName lead { id } } } }"""
    given = {"id": made["id"], "day": "2026-03-03"}
    shown = {"title": "Flat tour", "leadName": "Lena Lorenz", "lead": None}
    data = await bo.read(ask, **given)
    assert (data["appointment"], data["dashboard"]["appointments"]) == (shown, [shown])
    data = await cy.read(ask, **given)
    assert (data["appointment"], data["dashboard"]["appointments"]) == (None, [])
    told = await bo.write("cancelAppointment", leadId=diary.id, appointmentId=made["id"])
    assert told["__typename"] == "NotFoundError"


@pytest.mark.behaviour("A46")
async def test_who_goes_hears_of_what_others_plan_move_call_off_and_hand_over(
    diary: Diary,
) -> None:
    people = [
        await staff_client(diary.services, StaffRole.AGENT, name) for name in ("Bo Bo", "Cy Cy")
    ]
    bo, cy = (encode_id("staff", each.actor.id) for each in people if each.actor)
    at = {"start": "2026-03-03T10:00:00Z", "end": "2026-03-03T11:00:00Z"}
    tour = await diary.plan("Flat tour", **at, assigneeId=bo)
    await diary.plan("My own", **at)
    over = await diary.plan(
        "Long ago", "2026-02-03T10:00:00Z", "2026-02-03T11:00:00Z", assigneeId=bo
    )
    await diary.act("updateAppointment", tour, place="Oak Street 1")
    moved = {"startsAt": "2026-03-04T10:00:00Z", "endsAt": "2026-03-04T11:00:00Z"}
    await diary.act("updateAppointment", tour, **moved)
    later = {"startsAt": "2026-03-05T10:00:00Z", "endsAt": "2026-03-05T11:00:00Z"}
    await diary.act("updateAppointment", tour, assigneeId=cy, title="House tour", **later)
    await diary.act("updateAppointment", over, assigneeId=cy, **later)
    await diary.act("cancelAppointment", tour)
    ask = "{ notifications(first: 9) { nodes { kind text } } }"
    told = []
    for each in (*people, diary.admin):
        nodes = (await each.read(ask))["notifications"]["nodes"]
        told.append([(node["kind"], node["text"]) for node in nodes])
    assert told == [
        [
            ("APPOINTMENT_CHANGED", "No longer yours on Wed 4 March, 10:00: Flat tour"),
            ("APPOINTMENT_CHANGED", "Moved to Wed 4 March, 10:00: Flat tour"),
            ("APPOINTMENT_ASSIGNED", "For you on Tue 3 March, 10:00: Flat tour"),
        ],
        [
            ("APPOINTMENT_CHANGED", "Called off on Thu 5 March, 10:00: House tour"),
            ("APPOINTMENT_ASSIGNED", "For you on Thu 5 March, 10:00: Long ago"),
            ("APPOINTMENT_ASSIGNED", "For you on Thu 5 March, 10:00: House tour"),
        ],
        [],
    ], "nobody hears of own acts, of another place, of what is over, of what is another's"

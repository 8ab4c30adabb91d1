"""Every refusal that a mutation's result can be: told as data, with nothing written.

Each case makes its own reason for the refusal and runs the same act without that reason where that
is possible, so that it can't be refused for something else. A test finds members without a case.
"""

from collections.abc import Awaitable, Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update
from sqlmodel import col

from models.automations import Automation, AutomationRun
from models.clock import ManualClock
from models.enums import ActorKind, FieldType, JobKind, RunOutcome, StaffRole, TriggerKind
from models.events import EventKind
from models.fields import FieldDefinition, FieldGroup
from models.ids import decode_id, encode_id, new_id
from models.important_dates import ImportantDateKind
from models.jobs import Job
from models.segments import Segment
from models.staff import ApiToken
from models.tasks import Task
from models.teams import Team
from models.visits import Site
from models.webhooks import Webhook, WebhookDelivery
from resolvers import canned_replies, policy, saved_views
from resolvers.actors import SYSTEM
from resolvers.limits import EDITING, EXPORT, RESET_LEAD_PASSWORD, TEST_WEBHOOK, spend
from resolvers.policy import Permission
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from resolvers.uploads import MOST_UNUSED
from tests.authenticator import code_of
from tests.client import (
    Client,
    key,
    lead,
    member_types,
    nothing_written,
    root_fields,
    staff_client,
    visitor_client,
)
from tests.conftest import START
from tests.databases import copy_template, drop, make_template
from tests.factories import PASSWORD, make_lead, make_site
from tests.importing import received_upload
from tests.pictures import picture

NOBODYS = "0" * 32
LEAD_ACTS: dict[str, dict[str, Any]] = {
    "changePersonInfo": {"title": "Dr. Lorenz"},
    "changeSalesInfo": {"remarks": "Wants a garden"},
    "addEmailAddress": {"address": "lena@home.example"},
    "correctEmailAddress": {"address": "lena@home.example"},
    "makeEmailAddressPrimary": {},
    "removeEmailAddress": {},
    "savePhoneNumber": {"number": "+49 30 901820"},
    "removePhoneNumber": {},
    "changeLeadValue": {"value": {"amount": "12400", "currency": "EUR"}},
    "changePriority": {"priority": "HIGH"},
    "setAvatar": {},
    "setProperties": {"properties": [{"fieldKey": "rooms", "value": {"number": "3"}}]},
    "changeLeadState": {},
    "winLead": {},
    "reopenLead": {},
    "assignLead": {"staffId": None},
    "createLeadAccount": {},
    "resetLeadPassword": {},
    "addTags": {"tags": ["VIP"]},
    "removeTags": {"tags": ["VIP"]},
    "addNote": {"html": "<p>Hello</p>"},
    "editNote": {"html": "<p>Changed</p>"},
    "removeNote": {},
    "createTask": {"title": "Call back"},
    "updateTask": {"title": "Visit"},
    "completeTask": {},
    "reopenTask": {},
    "snoozeTask": {"until": "2026-03-05T09:00:00Z"},
    "removeTask": {},
    "saveImportantDate": {"date": "2026-05-01"},
    "removeImportantDate": {},
    "addEvent": {"name": "Called"},
    "logQuickEvent": {},
    "annotateEvent": {"body": "Call back"},
    "sendMessage": {"channel": "CHAT", "text": "Hello"},
    "scheduleAppointment": {
        "kind": "SHOWING",
        "startsAt": "2026-03-03T10:00:00Z",
        "endsAt": "2026-03-03T11:00:00Z",
    },
    "updateAppointment": {"title": "Second tour"},
    "recordAppointmentOutcome": {"outcome": "HELD", "note": "Liked it"},
    "cancelAppointment": {"reason": "Ill"},
    "logMeeting": {"startsAt": "2026-03-01T10:00:00Z", "endsAt": "2026-03-01T11:00:00Z"},
    "logCall": {"direction": "TO_LEAD", "outcome": "ANSWERED"},
    "updateCall": {"outcome": "BUSY"},
    "logMessage": {"channel": "EMAIL", "direction": "FROM_LEAD", "text": "Hello"},
    "changeConversationState": {"state": "CLOSED"},
    "eraseLead": {},
    "hideLead": {},
    "assignConversation": {},
}
KEYED = (
    "addNote", "createTask", "addEvent", "logQuickEvent", "sendMessage", "scheduleAppointment",
    "logMeeting", "logCall", "logMessage",
)  # fmt: skip
OTHERWISE: dict[str, dict[str, Any]] = {
    "addNote": {"html": "<p>Other</p>"},
    "createTask": {"title": "Other"},
    "logQuickEvent": {},
    "sendMessage": {"text": "Other"},
    "scheduleAppointment": {"title": "Other"},
    "logMeeting": {"title": "Other"},
    "logCall": {"durationSeconds": 5},
    "logMessage": {"text": "Other"},
}
"""What makes another body of it."""
ON_APPOINTMENTS = ("updateAppointment", "recordAppointmentOutcome", "cancelAppointment")
PERMISSIONS = {
    "changeLeadState": Permission.CHANGE_STATE,
    "createLeadAccount": Permission.RESET_LEAD_PASSWORD,
    "resetLeadPassword": Permission.RESET_LEAD_PASSWORD,
    "winLead": Permission.CHANGE_STATE,
    "reopenLead": Permission.REOPEN_LEAD,
    "assignLead": Permission.ASSIGN_LEAD,
    "addNote": Permission.WRITE_NOTES,
    "sendMessage": Permission.SEND_MESSAGE,
    "changeConversationState": Permission.SEND_MESSAGE,
    "eraseLead": Permission.ERASE_LEAD,
    "hideLead": Permission.HIDE_LEAD,
    "assignConversation": Permission.SEND_MESSAGE,
}


class Desk:
    """A lead that came by visit and has a note and a conversation; ADMIN looks at it."""

    def __init__(
        self, services: Services, clock: ManualClock, patch: pytest.MonkeyPatch, made: "Furniture"
    ) -> None:
        self.services, self.clock, self.patch = services, clock, patch
        self.numbers = count()
        self.site_key, self.lead_id = made.site_key, made.lead_id
        self.admin = Client(services, made.admin.token, actor=made.admin.actor)
        self.visitor = Client(services, made.visitor)

    async def note(self) -> dict[str, Any]:
        made = await self.admin.done(
            "addNote",
            "note { id version }",
            **self.on(),
            html="<p>a</p>",
            visibility="TEAM",
            idempotencyKey=key(),
        )
        note: dict[str, Any] = made["note"]
        return note

    async def task(self) -> dict[str, Any]:
        given = {**self.on(), "title": "Call back", "idempotencyKey": key()}
        made = await self.admin.done("createTask", "task { id version }", **given)
        task: dict[str, Any] = made["task"]
        return task

    async def date_kind(self, name: str = "Closing") -> str:
        data = await self.admin.read("{ importantDateKinds { id name } }")
        (found,) = [kind["id"] for kind in data["importantDateKinds"] if kind["name"] == name]
        return str(found)

    async def date(self) -> dict[str, Any]:
        given = {**self.on(), "kindId": await self.date_kind(), "date": "2026-04-01"}
        parts = "importantDate { id version }"
        made = await self.admin.done("saveImportantDate", parts, **given)
        date: dict[str, Any] = made["importantDate"]
        return date

    async def addresses(self) -> list[str]:
        """Entries of two addresses on the lead, the primary one first."""
        for number in (1, 2):
            made = await self.admin.done(
                "addEmailAddress",
                "lead { emailAddresses { id } }",
                **self.on(),
                address=f"lena{number}-{key()}@mail.example",
            )
        return [each["id"] for each in made["lead"]["emailAddresses"]]

    async def phone(self) -> str:
        made = await self.admin.done(
            "savePhoneNumber",
            "lead { phoneNumbers { id } }",
            **self.on(),
            number=f"+49 40 {669690 + next(self.numbers)}",
        )
        identity: str = made["lead"]["phoneNumbers"][-1]["id"]
        return identity

    async def conversation(self) -> str:
        made = await self.admin.done(
            "sendMessage",
            "sentMessage { conversation { id } }",
            **self.on(),
            channel="CHAT",
            text="Hi",
            idempotencyKey=key(),
        )
        identity: str = made["sentMessage"]["conversation"]["id"]
        return identity

    async def kind(self, name: str = "Phone call") -> str:
        data = await self.admin.read("{ eventKinds { id name } }")
        (found,) = [kind["id"] for kind in data["eventKinds"] if kind["name"] == name]
        return str(found)

    async def event(self) -> dict[str, Any]:
        given = {**self.on(), "name": "Called", "idempotencyKey": key()}
        event: dict[str, Any] = (
            await self.admin.done("addEvent", "event { id version }", **given)
        )["event"]
        return event

    async def appointment(self) -> dict[str, Any]:
        given = {**LEAD_ACTS["scheduleAppointment"], **self.on(), "idempotencyKey": key()}
        made = await self.admin.done("scheduleAppointment", "appointment { id version }", **given)
        appointment: dict[str, Any] = made["appointment"]
        return appointment

    async def call(self) -> dict[str, Any]:
        given = {**LEAD_ACTS["logCall"], **self.on(), "idempotencyKey": key()}
        call: dict[str, Any] = (await self.admin.done("logCall", "call { id version }", **given))[
            "call"
        ]
        return call

    async def state(self, name: str = "Contacted") -> str:
        data = await self.admin.read("{ pipelines { states { id name } } }")
        (found,) = [s["id"] for s in data["pipelines"][0]["states"] if s["name"] == name]
        return str(found)

    async def pipeline(self, **changes: Any) -> dict[str, Any]:
        """Changes the only pipeline; its input, to save it again."""
        data = await self.admin.read(
            "{ pipelines { id name wonState { name } states { id name kind color } } }"
        )
        (found,) = data["pipelines"]
        given = {
            "pipelineId": found["id"],
            "name": found["name"],
            "wonStateName": found["wonState"]["name"],
            "states": [{"stateId": each.pop("id"), **each} for each in found["states"]],
            **changes,
        }
        await self.admin.done("savePipeline", **given)
        return given

    async def act(self, mutation: str) -> dict[str, Any]:
        """Input of an act on the lead that would succeed."""
        given: dict[str, Any] = {**deepcopy(LEAD_ACTS[mutation]), **self.on()}
        if mutation in KEYED:
            given["idempotencyKey"] = key()
        if mutation in ("editNote", "removeNote"):
            given["noteId"] = (await self.note())["id"]
        if mutation.endswith("Task") and mutation != "createTask":
            given["taskId"] = (await self.task())["id"]
        if mutation == "reopenTask":
            await self.admin.done("completeTask", **given)
        if mutation == "saveImportantDate":
            given["kindId"] = await self.date_kind()
        if mutation == "removeImportantDate":
            given["importantDateId"] = (await self.date())["id"]
        if mutation == "logQuickEvent":
            given["kindId"] = await self.kind()
        if mutation in ON_APPOINTMENTS:
            given["appointmentId"] = (await self.appointment())["id"]
        if mutation == "updateCall":
            given["callId"] = (await self.call())["id"]
        if mutation == "annotateEvent":
            given["eventId"] = (await self.event())["id"]
        if mutation in (
            "correctEmailAddress",
            "makeEmailAddressPrimary",
            "removeEmailAddress",
        ):
            given["emailAddressId"] = (await self.addresses())[-1]
        if mutation == "setAvatar":
            given["uploadId"] = await self.upload(self.admin, picture(), "lena.png")
        if mutation == "createLeadAccount":
            given |= {"emailAddressId": (await self.addresses())[-1], "idempotencyKey": key()}
        if mutation == "resetLeadPassword":
            await self.account()
            given["idempotencyKey"] = key()
        if mutation == "removePhoneNumber":
            given["phoneNumberId"] = await self.phone()
        if mutation == "changeLeadState":
            given["stateId"] = await self.state()
        if mutation == "reopenLead":
            await self.admin.done("winLead", **self.on())
        if mutation == "eraseLead":
            given["confirmLeadId"] = given["leadId"]
        if mutation in ("changeConversationState", "assignConversation"):
            given["conversationId"] = await self.conversation()
        if mutation == "assignConversation":
            assert self.admin.actor
            given["staffId"] = encode_id("staff", self.admin.actor.id)
        return given

    async def upload(self, client: Client, data: bytes, name: str) -> str:
        assert client.actor
        given = (self.services, client.actor, data, name)
        return encode_id("upload", await received_upload(*given))

    async def account(self) -> None:
        """The lead's portal account, made where there is none."""
        entry = (await self.addresses())[-1]
        given = {**self.on(), "emailAddressId": entry, "idempotencyKey": key()}
        made = await self.admin.write("createLeadAccount", **given)
        assert made["__typename"] == "CreateLeadAccountSuccess" or made["existingId"]

    def on(self) -> dict[str, str]:
        return {"leadId": lead(self.lead_id)}

    async def other(self, role: StaffRole = StaffRole.AGENT) -> Client:
        return await staff_client(self.services, role, "Bo Brandt")

    async def sql(self, statement: Any) -> None:
        async with unit_of_work(self.services, SYSTEM) as work:
            await work.session.execute(statement)

    async def add(self, *rows: Any) -> None:
        async with unit_of_work(self.services, SYSTEM) as work:
            work.session.add_all(rows)


@dataclass
class Case:
    """Who asks for what, and what more must be true of the refusal."""

    client: Client
    given: dict[str, Any]
    expected: dict[str, Any]


Arrange = Callable[[Desk], Awaitable[Case]]
CASES: dict[tuple[str, str, str], Arrange] = {}

# A mutation that takes no input can't be given a wrong one, and a visit begins whatever else its
# page says of itself.
UNREACHABLE = {
    ("signOut", "InvalidInputError"),
    ("setVisitorTyping", "InvalidInputError"),
    ("renewCalendarFeed", "InvalidInputError"),
}


def case(mutation: str, member: str, name: str = "") -> Callable[[Arrange], Arrange]:
    def keep(arrange: Arrange) -> Arrange:
        CASES[(mutation, f"{member}Error", name)] = arrange
        return arrange

    return keep


def problem(path: str, code: str) -> dict[str, Any]:
    return {"problems": [{"path": path.split("."), "code": code}]}


@dataclass(frozen=True)
class Furniture:
    """What a database with a desk has."""

    address: str
    site_key: str
    admin: Client
    visitor: str
    """Token."""
    lead_id: UUID


@pytest.fixture(scope="session")
def furnished() -> dict[str, Furniture]:
    """Databases with a desk by dialect: to make one takes longer than what a test does at it."""
    return {}


@pytest.fixture
def furniture(
    dialect: str,
    furnished: dict[str, Furniture],
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Furniture:
    if dialect not in furnished:
        admin = request.getfixturevalue("postgres_server").url if dialect == "postgresql" else None
        parts: dict[str, Any] = {}

        async def fill(services: Services) -> None:
            site, _ = await make_site(services)
            visitor, lead_id = await visitor_client(services, site)
            admin = await staff_client(services)
            parts.update(
                site_key=site.site_key, admin=admin, visitor=visitor.token, lead_id=lead_id
            )

        folder = tmp_path_factory.mktemp("desk")
        address = make_template(dialect, folder, admin, fill, ManualClock(START))
        furnished[dialect] = Furniture(address, **parts)
    return furnished[dialect]


@pytest.fixture
def database_url(
    dialect: str, furniture: Furniture, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[str]:
    admin = request.getfixturevalue("postgres_server").url if dialect == "postgresql" else None
    url = copy_template(dialect, furniture.address, tmp_path, admin)
    yield url
    drop(url, admin)


@pytest.fixture
def desk(
    services: Services, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, furniture: Furniture
) -> Desk:
    return Desk(services, clock, monkeypatch, furniture)


def holds(found: Any, expected: Any) -> bool:
    """Whether all that is expected is there; an ellipsis stands for a positive number."""
    if expected is ...:
        return isinstance(found, int) and found > 0
    if isinstance(expected, dict):
        return all(name in found and holds(found[name], each) for name, each in expected.items())
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(holds, found, expected))
    return bool(found == expected)


async def assert_refused(desk: Desk, mutation: str, member: str, arranged: Case) -> None:
    async with nothing_written(desk.services):
        told = await arranged.client.write(mutation, **arranged.given)
    assert told["__typename"] == member, told
    assert told["message"]
    assert holds(told, arranged.expected), told


# --- what holds for every act on a lead --------------------------------------------------------


async def malformed(desk: Desk, mutation: str) -> Case:
    given = {**await desk.act(mutation), "leadId": f"note_{NOBODYS}"}
    return Case(desk.admin, given, problem("leadId", "MALFORMED"))


async def unknown(desk: Desk, mutation: str) -> Case:
    given = {**await desk.act(mutation), "leadId": f"lead_{NOBODYS}"}
    return Case(desk.admin, given, {"id": f"lead_{NOBODYS}"})


async def foreign(desk: Desk, mutation: str) -> Case:
    given = await desk.act(mutation)
    return Case(await desk.other(), given, {"id": lead(desk.lead_id)})


async def forbidden(desk: Desk, mutation: str) -> Case:
    given = await desk.act(mutation)
    permission = PERMISSIONS.get(mutation, Permission.EDIT_LEAD)
    if mutation in ("editNote", "removeNote"):
        # the note is the team's to read and its author's to change
        manager = await desk.other(StaffRole.MANAGER)
        return Case(manager, given, {"permission": "READ_ALL_NOTES"})
    desk.patch.setitem(policy.GRANTS, permission, frozenset({StaffRole.AGENT}))
    return Case(desk.admin, given, {"permission": permission.value})


EVERY_ACT = {
    malformed: "InvalidInputError",
    unknown: "NotFoundError",
    foreign: "NotFoundError",
    forbidden: "ForbiddenError",
}


@pytest.mark.behaviour("G2", "G10")
@pytest.mark.parametrize("mutation", LEAD_ACTS)
async def test_an_act_on_a_lead_is_refused_for_each_common_reason_and_succeeds_without(
    desk: Desk, mutation: str
) -> None:
    for arrange, member in EVERY_ACT.items():
        await assert_refused(desk, mutation, member, await arrange(desk, mutation))
    desk.patch.undo()
    if mutation == "eraseLead":
        assert await desk.admin.done(mutation, "leadId", **await desk.act(mutation))
        return
    made = await desk.admin.done(mutation, **await desk.act(mutation))
    assert made["lead"]["id"] == lead(desk.lead_id)
    nothing_to_do = mutation in ("removeTags", "assignLead")
    assert len(made["changes"]) == (0 if nothing_to_do else 1)


def for_acts_with_a_key(mutation: str) -> None:
    changed = dict(OTHERWISE.get(mutation, {"name": "Other"}))

    @case(mutation, "Conflict", "a key that was used with another body")
    async def reused(desk: Desk) -> Case:
        given = await desk.act(mutation)
        await desk.admin.done(mutation, **given)
        if mutation == "logQuickEvent":
            changed["kindId"] = await desk.kind("Meeting")
        return Case(desk.admin, {**given, **changed}, {"conflictReason": "KEY_REUSED"})


for each in KEYED:
    for_acts_with_a_key(each)


def for_acts_with_a_version(mutation: str, first: dict[str, Any], path: str) -> None:
    @case(mutation, "Conflict", "a version from before somebody else's change")
    async def stale(desk: Desk) -> Case:
        data = await desk.admin.read(
            "query($id: ID!) { lead(id: $id) { version } }", id=lead(desk.lead_id)
        )
        seen = data["lead"]["version"]
        given = await desk.act(mutation)
        theirs = dict(first)
        if mutation == "changeLeadState":
            theirs["stateId"] = await desk.state("Qualified")
        if mutation == "assignLead":
            assert desk.admin.actor
            theirs["staffId"] = encode_id("staff", desk.admin.actor.id)
        await desk.admin.done(mutation, **{**given, **theirs})
        if mutation == "setProperties":
            given["properties"][0]["expectedVersion"] = seen
        else:
            given["expectedVersion"] = seen
        return Case(
            desk.admin,
            given,
            {"conflictReason": "STALE_VERSION", "conflicts": [{"path": path}]},
        )


for_acts_with_a_version("changePersonInfo", {"title": "Prof. Lorenz"}, "title")
for_acts_with_a_version("changeSalesInfo", {"remarks": "Wants a lift"}, "sales.remarks")
for_acts_with_a_version("changePriority", {"priority": "URGENT"}, "priority")
for_acts_with_a_version(
    "changeLeadValue", {"value": {"amount": "9000", "currency": "EUR"}}, "value"
)
for_acts_with_a_version(
    "setProperties",
    {"properties": [{"fieldKey": "rooms", "value": {"number": "4"}}]},
    "property:rooms",
)
for_acts_with_a_version("changeLeadState", {}, "state")
for_acts_with_a_version("assignLead", {}, "assignee")


def for_moves(mutation: str, first: str) -> None:
    @case(mutation, "Conflict", "a version from before somebody else's move")
    async def stale(desk: Desk) -> Case:
        document = "query($id: ID!) { lead(id: $id) { version } }"
        seen = (await desk.admin.read(document, id=lead(desk.lead_id)))["lead"]["version"]
        given = {**desk.on(), "stateId": await desk.state(first)}
        await desk.admin.done("changeLeadState", **given)
        told = {"conflictReason": "STALE_VERSION", "conflicts": [{"path": "state"}]}
        return Case(desk.admin, {**desk.on(), "expectedVersion": seen}, told)


for_moves("winLead", "Contacted")
for_moves("reopenLead", "Converted")


def for_ways_to_win(mutation: str) -> None:
    async def given(desk: Desk) -> dict[str, Any]:
        state = {"stateId": await desk.state("Converted")}
        return {**desk.on(), **(state if mutation == "changeLeadState" else {})}

    @case(mutation, "TransitionRefused")
    async def forbidden_by_a_rule(desk: Desk) -> Case:
        rule = {"from": "New", "to": "Converted", "reason": "Talk to them first."}
        await desk.pipeline(transitionRules=[rule])
        told = {"from": {"name": "New"}, "to": {"name": "Converted"}}
        expected = {"message": rule["reason"], "rule": {**told, "reason": rule["reason"]}}
        return Case(desk.admin, await given(desk), expected)

    @case(mutation, "MissingRequiredFields")
    async def required_field_empty(desk: Desk) -> Case:
        await desk.admin.done("updateProject", wonNeedsRequiredFields=True)
        await desk.sql(
            update(FieldDefinition)
            .where(col(FieldDefinition.key) == "company")
            .values(is_required=True)
        )
        return Case(desk.admin, await given(desk), {"labels": ["Company"]})


for_ways_to_win("changeLeadState")
for_ways_to_win("winLead")


@dataclass
class Pair:
    """Input of a merge of the desk's lead into another."""

    given: dict[str, Any]
    merge_id: str


async def pair(desk: Desk) -> Pair:
    other = lead(await make_lead(desk.services, first_name="Bo"))
    given = {"leadId": other, "mergedLeadId": lead(desk.lead_id)}
    return Pair(given, encode_id("merge", desk.lead_id))


async def merged(desk: Desk) -> Pair:
    made = await pair(desk)
    await desk.admin.done("mergeLeads", **made.given)
    return made


@case("mergeLeads", "InvalidInput", "one lead")
async def with_itself(desk: Desk) -> Case:
    given = {**(await pair(desk)).given, "leadId": lead(desk.lead_id)}
    return Case(desk.admin, given, problem("mergedLeadId", "CONTRADICTION"))


@case("mergeLeads", "InvalidInput", "a field that can't be taken")
async def unknown_field_taken(desk: Desk) -> Case:
    given = {**(await pair(desk)).given, "takeFields": ["company", "state"]}
    return Case(desk.admin, given, problem("takeFields.1", "UNKNOWN"))


@case("mergeLeads", "NotFound")
async def unseen_merged(desk: Desk) -> Case:
    agent = await desk.other()
    assert agent.actor
    own = lead(await make_lead(desk.services, assignee_id=agent.actor.id))
    given = {"leadId": own, "mergedLeadId": lead(desk.lead_id)}
    return Case(agent, given, {"id": lead(desk.lead_id)})


@case("mergeLeads", "Forbidden")
async def merged_by_an_agent(desk: Desk) -> Case:
    agent = await desk.other()
    assert agent.actor
    given = [lead(await make_lead(desk.services, assignee_id=agent.actor.id)) for _ in range(2)]
    both = {"leadId": given[0], "mergedLeadId": given[1]}
    return Case(agent, both, {"permission": "MERGE_LEADS"})


@case("mergeLeads", "Gone")
async def merged_with_an_erased_one(desk: Desk) -> Case:
    made = await pair(desk)
    await desk.admin.done("eraseLead", **await desk.act("eraseLead"))
    return Case(desk.admin, made.given, {"erasedAt": "2026-03-02T09:00:00.000000Z"})


@case("unmergeLead", "InvalidInput")
async def malformed_merge(desk: Desk) -> Case:
    return Case(desk.admin, {"mergeId": lead(desk.lead_id)}, problem("mergeId", "MALFORMED"))


@case("unmergeLead", "NotFound")
async def no_merge(desk: Desk) -> Case:
    given = {"mergeId": encode_id("merge", desk.lead_id)}
    return Case(desk.admin, given, {"id": given["mergeId"]})


@case("unmergeLead", "Forbidden")
async def unmerged_without_leave(desk: Desk) -> Case:
    made = await merged(desk)
    desk.patch.setitem(policy.GRANTS, Permission.MERGE_LEADS, frozenset({StaffRole.AGENT}))
    return Case(desk.admin, {"mergeId": made.merge_id}, {"permission": "MERGE_LEADS"})


@case("unmergeLead", "Gone")
async def unmerged_after_erasure(desk: Desk) -> Case:
    made = await merged(desk)
    into = made.given["leadId"]
    await desk.admin.done("eraseLead", leadId=into, confirmLeadId=into)
    given = {"mergeId": made.merge_id}
    return Case(desk.admin, given, {"erasedAt": "2026-03-02T09:00:00.000000Z"})


@case("unmergeLead", "Precondition")
async def unmerged_twice(desk: Desk) -> Case:
    made = await merged(desk)
    await desk.admin.done("unmergeLead", mergeId=made.merge_id)
    return Case(desk.admin, {"mergeId": made.merge_id}, {"reason": "ALREADY_UNMERGED"})


@case("eraseLead", "InvalidInput", "unconfirmed")
async def unconfirmed(desk: Desk) -> Case:
    other = lead(await make_lead(desk.services, first_name="Bo"))
    given = {**desk.on(), "confirmLeadId": other}
    return Case(desk.admin, given, problem("confirmLeadId", "CONTRADICTION"))


@case("eraseLead", "Gone")
async def erased_before(desk: Desk) -> Case:
    given = await desk.act("eraseLead")
    await desk.admin.done("eraseLead", **given)
    return Case(desk.admin, given, {"erasedAt": "2026-03-02T09:00:00.000000Z"})


@case("hideLead", "Gone")
async def hidden_after_erasure(desk: Desk) -> Case:
    await desk.admin.done("eraseLead", **await desk.act("eraseLead"))
    return Case(desk.admin, desk.on(), {"erasedAt": "2026-03-02T09:00:00.000000Z"})


@case("changeLeadState", "InvalidInput", "a lost lead without the reason that is demanded")
async def _lost_without_a_reason(desk: Desk) -> Case:
    await desk.pipeline(needsLossReason=True)
    given = {**desk.on(), "stateId": await desk.state("Lost"), "lossReason": " "}
    return Case(desk.admin, given, problem("lossReason", "REQUIRED"))


@case("changeLeadState", "InvalidInput", "a reason for a lead that is not lost")
async def _reason_without_a_loss(desk: Desk) -> Case:
    given = {**desk.on(), "stateId": await desk.state("Contacted"), "lossReason": "Too dear"}
    return Case(desk.admin, given, problem("lossReason", "CONTRADICTION"))


@case("changeLeadState", "InvalidInput", "a reason that is too long")
async def _long_reason(desk: Desk) -> Case:
    given = {**desk.on(), "stateId": await desk.state("Lost"), "lossReason": "x" * 501}
    return Case(desk.admin, given, problem("lossReason", "TOO_LARGE"))


@case("winLead", "Precondition", "a pipeline without a won state")
async def _nowhere_to_win(desk: Desk) -> Case:
    await desk.pipeline(wonStateName=None)
    return Case(desk.admin, desk.on(), {"reason": "NO_WON_STATE"})


@case("reopenLead", "Precondition", "a lead that is not won")
async def _not_won(desk: Desk) -> Case:
    return Case(desk.admin, desk.on(), {"reason": "NOT_WON"})


@case("reopenLead", "Precondition", "reopening switched off")
async def _no_reopening(desk: Desk) -> Case:
    await desk.admin.done("winLead", **desk.on())
    await desk.admin.done("changeHeaderSettings", isReopenAllowed=False)
    return Case(desk.admin, desk.on(), {"reason": "REOPEN_OFF"})


@case("editNote", "Conflict", "a version from before somebody else's change")
async def _stale_note(desk: Desk) -> Case:
    note = await desk.note()
    given = {**desk.on(), "noteId": note["id"], "html": "<p>mine</p>"}
    await desk.admin.done("editNote", **{**given, "html": "<p>theirs</p>"})
    given["expectedVersion"] = note["version"]
    words = {
        "path": "html",
        "base": {"__typename": "TextValue", "display": "a"},
        "current": {"__typename": "TextValue", "display": "theirs"},
        "attempted": {"__typename": "TextValue", "display": "mine"},
        "changedByName": "Ada Ames",
    }
    return Case(desk.admin, given, {"conflictReason": "STALE_VERSION", "conflicts": [words]})


@case("updateAppointment", "Conflict", "a version from before somebody else's change")
async def _stale_appointment(desk: Desk) -> Case:
    seen = await desk.appointment()
    given = {**desk.on(), "appointmentId": seen["id"]}
    await desk.admin.done("updateAppointment", **given, title="Theirs", place="Elm Street 5")
    given |= {"title": "Mine", "body": "Ring twice", "expectedVersion": seen["version"]}
    title = {
        "path": "title",
        "base": {"__typename": "TextValue", "display": "Showing"},
        "current": {"__typename": "TextValue", "display": "Theirs"},
        "attempted": {"__typename": "TextValue", "display": "Mine"},
        "changedByName": "Ada Ames",
    }
    return Case(desk.admin, given, {"conflictReason": "STALE_VERSION", "conflicts": [title]})


@case("recordAppointmentOutcome", "Conflict", "a version from before somebody else's change")
async def _stale_outcome(desk: Desk) -> Case:
    seen = await desk.appointment()
    given = {**desk.on(), "appointmentId": seen["id"], "outcome": "NO_SHOW"}
    await desk.admin.done("recordAppointmentOutcome", **{**given, "outcome": "HELD", "note": "a"})
    given |= {"note": "b", "expectedVersion": seen["version"]}
    clashes = [{"path": "outcome", "base": None}, {"path": "note", "base": None}]
    return Case(desk.admin, given, {"conflictReason": "STALE_VERSION", "conflicts": clashes})


@case("updateCall", "Conflict", "a version from before somebody else's change")
async def _stale_call(desk: Desk) -> Case:
    seen = await desk.call()
    given = {**desk.on(), "callId": seen["id"], "outcome": "BUSY"}
    await desk.admin.done("updateCall", **{**given, "outcome": "VOICEMAIL"})
    outcome = {
        "path": "outcome",
        "base": {"__typename": "TextValue", "display": "ANSWERED"},
        "current": {"__typename": "TextValue", "display": "VOICEMAIL"},
    }
    given["expectedVersion"] = seen["version"]
    return Case(desk.admin, given, {"conflictReason": "STALE_VERSION", "conflicts": [outcome]})


def for_wrong_inputs(mutation: str, wrong: dict[str, Any], path: str, code: str) -> None:
    @case(mutation, "InvalidInput", f"{path} {code} {str(wrong)[:60]}")
    async def refused(desk: Desk) -> Case:
        return Case(desk.admin, {**await desk.act(mutation), **wrong}, problem(path, code))


FAR = "2999-01-01T00:00:00Z"
for each, its_wrong, its_path, its_code in (
    ("scheduleAppointment", {"endsAt": "2026-03-03T10:00:00Z"}, "endsAt", "TOO_SMALL"),
    ("scheduleAppointment", {"endsAt": "2026-03-03T09:00:00Z"}, "endsAt", "TOO_SMALL"),
    ("scheduleAppointment", {"endsAt": "2026-04-03T10:00:01Z"}, "endsAt", "TOO_LARGE"),
    ("scheduleAppointment", {"startsAt": "0001-01-01T00:00:00Z"}, "startsAt", "TOO_SMALL"),
    ("scheduleAppointment", {"startsAt": FAR, "endsAt": FAR}, "startsAt", "TOO_LARGE"),
    ("scheduleAppointment", {"title": "x" * 201}, "title", "TOO_LARGE"),
    ("scheduleAppointment", {"title": "a\r\nATTENDEE:b"}, "title", "MALFORMED"),
    ("scheduleAppointment", {"place": "x" * 301}, "place", "TOO_LARGE"),
    ("scheduleAppointment", {"body": "x" * 10_001}, "body", "TOO_LARGE"),
    ("scheduleAppointment", {"timeZone": "Mars/Olympus"}, "timeZone", "UNKNOWN"),
    ("scheduleAppointment", {"reminderMinutes": -1}, "reminderMinutes", "TOO_SMALL"),
    ("scheduleAppointment", {"reminderMinutes": 10_081}, "reminderMinutes", "TOO_LARGE"),
    ("scheduleAppointment", {"assigneeId": f"staff_{NOBODYS}"}, "assigneeId", "UNKNOWN"),
    ("scheduleAppointment", {"assigneeId": "me"}, "assigneeId", "MALFORMED"),
    ("updateAppointment", {"title": " "}, "title", "REQUIRED"),
    ("updateAppointment", {"endsAt": "2026-03-03T09:00:00Z"}, "endsAt", "TOO_SMALL"),
    ("updateAppointment", {"reminderMinutes": 99_999}, "reminderMinutes", "TOO_LARGE"),
    ("updateAppointment", {"assigneeId": f"staff_{NOBODYS}"}, "assigneeId", "UNKNOWN"),
    ("updateAppointment", {"expectedVersion": "x"}, "expectedVersion", "MALFORMED"),
    ("recordAppointmentOutcome", {"note": "x" * 20_001}, "note", "TOO_LARGE"),
    ("cancelAppointment", {"reason": "x" * 501}, "reason", "TOO_LARGE"),
    ("logMeeting", {"kind": "CALL"}, "kind", "CONTRADICTION"),
    ("logMeeting", {"endsAt": "2026-03-01T10:00:00Z"}, "endsAt", "TOO_SMALL"),
    ("logMeeting", {"startsAt": FAR, "endsAt": FAR}, "startsAt", "TOO_LARGE"),
    ("logCall", {"direction": "TAKEN"}, "direction", "CONTRADICTION"),
    ("logCall", {"durationSeconds": -1}, "durationSeconds", "TOO_SMALL"),
    ("logCall", {"durationSeconds": 86_401}, "durationSeconds", "TOO_LARGE"),
    ("logCall", {"occurredAt": FAR}, "occurredAt", "TOO_LARGE"),
    ("logCall", {"phoneNumber": "12"}, "phoneNumber", "MALFORMED"),
    ("logCall", {"note": "x" * 20_001}, "note", "TOO_LARGE"),
    ("updateCall", {"note": "x" * 20_001}, "note", "TOO_LARGE"),
    ("logMessage", {"channel": "CHAT"}, "channel", "CONTRADICTION"),
    ("logMessage", {"text": " "}, "text", "REQUIRED"),
    ("logMessage", {"direction": "TAKEN"}, "takenFrom", "REQUIRED"),
    ("logMessage", {"takenFrom": "Bo"}, "takenFrom", "CONTRADICTION"),
    ("logMessage", {"at": FAR}, "at", "TOO_LARGE"),
):  # fmt: skip
    for_wrong_inputs(each, its_wrong, its_path, its_code)


def for_acts_on_an_appointment(mutation: str) -> None:
    @case(mutation, "NotFound", "an appointment of another lead")
    async def elsewhere(desk: Desk) -> Case:
        given = await desk.act(mutation)
        other = await make_lead(desk.services, SYSTEM)
        return Case(desk.admin, {**given, "leadId": lead(other)}, {"id": given["appointmentId"]})

    if mutation == "cancelAppointment":
        return

    @case(mutation, "InvalidInput", "an appointment that was called off")
    async def called_off(desk: Desk) -> Case:
        given = await desk.act(mutation)
        on = {**desk.on(), "appointmentId": given["appointmentId"]}
        await desk.admin.done("cancelAppointment", **on)
        return Case(desk.admin, given, problem("appointmentId", "CONTRADICTION"))


for each in ON_APPOINTMENTS:
    for_acts_on_an_appointment(each)


@case("updateCall", "NotFound", "a call of another lead")
async def _call_of_another(desk: Desk) -> Case:
    given = await desk.act("updateCall")
    other = await make_lead(desk.services, SYSTEM)
    return Case(desk.admin, {**given, "leadId": lead(other)}, {"id": given["callId"]})


@case("sendMessage", "ChannelUnavailable", "a channel that this program does not carry")
async def _not_carried(desk: Desk) -> Case:
    given = {**await desk.act("sendMessage"), "channel": "WHATSAPP"}
    alternatives = {"channel": "WHATSAPP", "alternatives": ["CHAT", "POPUP"]}
    return Case(desk.admin, given, alternatives)


@case("addNote", "Precondition", "an upload of which no bytes came")
async def _note_with_a_missing_upload(desk: Desk) -> Case:
    made = await desk.admin.done("createUpload", "ticket { id }", name="a.txt", sizeBytes=1)
    given = {**await desk.act("addNote"), "attachmentUploadIds": [made["ticket"]["id"]]}
    return Case(desk.admin, given, {"reason": "UPLOAD_MISSING"})


@case("addNote", "NotFound", "an upload of somebody else's")
async def _note_with_a_foreign_upload(desk: Desk) -> Case:
    upload_id = await desk.upload(await desk.other(), b"a", "a.txt")
    given = {**await desk.act("addNote"), "attachmentUploadIds": [upload_id]}
    return Case(desk.admin, given, {"id": upload_id})


@case("addNote", "InvalidInput", "an id that is none of an upload")
async def _note_with_an_odd_upload(desk: Desk) -> Case:
    given = {**await desk.act("addNote"), "attachmentUploadIds": [f"file_{NOBODYS}"]}
    return Case(desk.admin, given, problem("attachmentUploadIds.0", "MALFORMED"))


@case("editNote", "Precondition", "content that is not what its name says")
async def _note_with_a_wrong_upload(desk: Desk) -> Case:
    upload_id = await desk.upload(desk.admin, b"<svg/>", "cat.png")
    given = {**await desk.act("editNote"), "addUploadIds": [upload_id]}
    return Case(desk.admin, given, {"reason": "UPLOAD_TYPE"})


@case("setAvatar", "Precondition", "an upload that is no picture")
async def _avatar_that_is_no_picture(desk: Desk) -> Case:
    upload_id = await desk.upload(desk.admin, b"words", "lena.txt")
    given = {**desk.on(), "uploadId": upload_id}
    return Case(desk.admin, given, {"reason": "UPLOAD_TYPE"})


@case("setMyAvatar", "Precondition")
async def _picture_that_is_none(desk: Desk) -> Case:
    upload_id = await desk.upload(desk.admin, b"words", "ada.txt")
    return Case(desk.admin, {"uploadId": upload_id}, {"reason": "UPLOAD_TYPE"})


@case("setMyAvatar", "NotFound")
async def _picture_uploaded_by_another(desk: Desk) -> Case:
    upload_id = await desk.upload(await desk.other(), picture(), "bo.png")
    return Case(desk.admin, {"uploadId": upload_id}, {"id": upload_id})


@case("setMyAvatar", "InvalidInput")
async def _picture_of_an_odd_upload(desk: Desk) -> Case:
    return Case(desk.admin, {"uploadId": f"file_{NOBODYS}"}, problem("uploadId", "MALFORMED"))


@case("editNote", "NotFound", "a file to remove that is not the note's")
async def _note_without_that_file(desk: Desk) -> Case:
    given = {**await desk.act("editNote"), "removeFileIds": [f"file_{NOBODYS}"]}
    return Case(desk.admin, given, {"id": f"file_{NOBODYS}"})


# --- leads ---------------------------------------------------------------------------------------


def _new_lead() -> dict[str, Any]:
    return {"idempotencyKey": key(), "person": {"firstName": "Nora"}}


@case("createLead", "InvalidInput")
async def _bad_new_lead(desk: Desk) -> Case:
    given = {**_new_lead(), "phoneNumbers": ["+4930123456", "12"]}
    return Case(desk.admin, given, problem("phoneNumbers.1", "MALFORMED"))


@case("createLead", "Conflict")
async def _new_lead_with_a_used_key(desk: Desk) -> Case:
    given = _new_lead()
    await desk.admin.done("createLead", **given)
    other = {**given, "person": {"firstName": "Nina"}}
    return Case(desk.admin, other, {"conflictReason": "KEY_REUSED"})


@case("createLead", "NotFound", "a repeat after the lead was given away")
async def _new_lead_given_away(desk: Desk) -> Case:
    agent, given = await desk.other(), _new_lead()
    made = await agent.done("createLead", **given)
    await desk.admin.done("assignLead", leadId=made["lead"]["id"], staffId=None)
    return Case(agent, given, {"id": made["lead"]["id"]})


@case("createLead", "Forbidden", "an agent's lead for somebody else")
async def _new_lead_for_another(desk: Desk) -> Case:
    agent = await desk.other()
    assert desk.admin.actor
    given = {**_new_lead(), "assigneeId": encode_id("staff", desk.admin.actor.id)}
    return Case(agent, given, {"permission": "ASSIGN_LEAD"})


@case("createLead", "Precondition")
async def _new_lead_with_a_part_of_the_card(desk: Desk) -> Case:
    given = {**_new_lead(), "properties": [{"fieldKey": "state", "value": {"text": "Won"}}]}
    return Case(desk.admin, given, {"reason": "READ_ONLY"})


@case("createLead", "MissingRequiredFields")
async def _new_lead_without_a_required_field(desk: Desk) -> Case:
    await desk.sql(
        update(FieldDefinition)
        .where(col(FieldDefinition.key) == "company")
        .values(is_required=True)
    )
    return Case(desk.admin, _new_lead(), {"labels": ["Company"]})


for _mutation in ("changePersonInfo", "changeSalesInfo", "changeLeadValue", "setProperties"):

    @case(_mutation, "MissingRequiredFields")
    async def _edit_with_a_gap(desk: Desk, mutation: str = _mutation) -> Case:
        given = await desk.act(mutation)
        await desk.sql(
            update(FieldDefinition)
            .where(col(FieldDefinition.key) == "company")
            .values(is_required=True)
        )
        return Case(desk.admin, given, {"labels": ["Company"], "fields": [{"key": "company"}]})


async def _fill_fields(desk: Desk) -> None:
    data = await desk.admin.read("{ fieldGroups { id fields { id } } }")
    group = UUID(hex=data["fieldGroups"][0]["id"].partition("_")[2])
    await desk.add(
        *(
            FieldDefinition(
                key=f"field_{number}",
                label="x",
                type=FieldType.TEXT,
                group_id=group,
                position=number,
            )
            for number in range(500)
        )
    )


@case("createLead", "Limit")
async def _new_lead_with_one_field_too_many(desk: Desk) -> Case:
    await _fill_fields(desk)
    given = {**_new_lead(), "properties": [{"fieldKey": "rooms", "value": {"number": "3"}}]}
    return Case(desk.admin, given, {"limit": 500, "retryAfter": None})


@case("setProperties", "Limit")
async def _one_field_too_many(desk: Desk) -> Case:
    await _fill_fields(desk)
    return Case(desk.admin, await desk.act("setProperties"), {"limit": 500, "retryAfter": None})


@case("setProperties", "Precondition")
async def _part_of_the_card(desk: Desk) -> Case:
    given = {**desk.on(), "properties": [{"fieldKey": "email subscription", "value": None}]}
    return Case(desk.admin, given, {"reason": "READ_ONLY"})


@case("addTags", "Limit")
async def _one_tag_too_many(desk: Desk) -> Case:
    for start in range(0, 100, 20):
        names = [f"tag {number}" for number in range(start, start + 20)]
        await desk.admin.done("addTags", **desk.on(), tags=names)
    return Case(desk.admin, {**desk.on(), "tags": ["VIP"]}, {"limit": 100, "retryAfter": None})


@case("annotateEvent", "Conflict", "a version from before somebody else's text")
async def _stale_event(desk: Desk) -> Case:
    event = await desk.event()
    given = {**desk.on(), "eventId": event["id"], "expectedVersion": event["version"]}
    await desk.admin.done("annotateEvent", **given, body="theirs")
    words = {
        "path": "body",
        "base": None,
        "current": {"__typename": "TextValue", "display": "theirs"},
        "attempted": {"__typename": "TextValue", "display": "mine"},
        "changedByName": "Ada Ames",
    }
    return Case(
        desk.admin,
        {**given, "body": "mine"},
        {"conflictReason": "STALE_VERSION", "conflicts": [words]},
    )


@case("annotateEvent", "InvalidInput", "a text that is too long")
async def _long_text(desk: Desk) -> Case:
    given = {**await desk.act("annotateEvent"), "body": "x" * 20_001}
    return Case(desk.admin, given, problem("body", "TOO_LARGE"))


@case("annotateEvent", "NotFound", "an event that is not there")
async def _unknown_event(desk: Desk) -> Case:
    given = {**await desk.act("annotateEvent"), "eventId": f"event_{NOBODYS}"}
    return Case(desk.admin, given, {"id": f"event_{NOBODYS}"})


@case("logQuickEvent", "InvalidInput", "a kind without a button")
async def _no_button(desk: Desk) -> Case:
    given = {**await desk.act("logQuickEvent"), "kindId": await desk.kind("Page view")}
    return Case(desk.admin, given, problem("kindId", "UNKNOWN"))


def for_acts_with_a_kind(mutation: str) -> None:
    async def act(desk: Desk) -> dict[str, Any]:
        given = await desk.act(mutation)
        given.pop("name", None)
        return {**given, "kindId": await desk.kind()}

    @case(mutation, "Precondition", "an archived kind")
    async def archived(desk: Desk) -> Case:
        given = await act(desk)
        await desk.sql(
            update(EventKind)
            .where(col(EventKind.name) == "Phone call")
            .values(archived_at=desk.clock.now())
        )
        return Case(desk.admin, given, {"reason": "ARCHIVED"})

    @case(mutation, "NotFound", "a kind that is not there")
    async def unknown(desk: Desk) -> Case:
        given = {**await act(desk), "kindId": f"eventkind_{NOBODYS}"}
        return Case(desk.admin, given, {"id": f"eventkind_{NOBODYS}"})


for each in ("addEvent", "logQuickEvent"):
    for_acts_with_a_kind(each)


@case("addNote", "NotFound", "a repeat after the note was removed")
async def _removed_note(desk: Desk) -> Case:
    given = await desk.act("addNote")
    made = await desk.admin.done("addNote", "note { id }", **given)
    await desk.admin.done("removeNote", **desk.on(), noteId=made["note"]["id"])
    return Case(desk.admin, given, {"id": made["note"]["id"]})


@case("sendMessage", "ChannelUnavailable")
async def _nobody_to_chat_with(desk: Desk) -> Case:
    lead_id = await make_lead(desk.services)
    given = {**await desk.act("sendMessage"), "leadId": lead(lead_id)}
    return Case(desk.admin, given, {"channel": "CHAT", "alternatives": []})


@case("sendMessage", "Precondition")
async def _pop_up_for_nobody(desk: Desk) -> Case:
    given = {**await desk.act("sendMessage"), "channel": "POPUP", "subject": "Look"}
    return Case(desk.admin, given, {"reason": "LEAD_OFFLINE"})


# --- tasks and dates -----------------------------------------------------------------------------


@case("createTask", "Limit")
async def _one_task_too_many(desk: Desk) -> Case:
    given = await desk.act("createTask")
    await desk.admin.done("createTask", **given)
    await desk.add(
        *(
            Task(
                lead_id=desk.lead_id,
                title="x",
                created_at=desk.clock.now(),
                created_by_kind=ActorKind.STAFF,
                created_by_name="x",
                place=0,
            )
            for _ in range(499)
        )
    )
    again = {**given, "idempotencyKey": key()}
    return Case(desk.admin, again, {"limit": 500, "retryAfter": None})


@case("createTask", "InvalidInput", "an instant and a day")
async def _task_due_twice(desk: Desk) -> Case:
    due = {"dueAt": "2026-03-05T09:00:00Z", "dueOn": "2026-03-05"}
    given = {**await desk.act("createTask"), **due}
    return Case(desk.admin, given, problem("dueOn", "CONTRADICTION"))


@case("createTask", "InvalidInput", "a day that is a slip of the keyboard")
async def _task_of_another_age(desk: Desk) -> Case:
    given = {**await desk.act("createTask"), "dueOn": "0206-03-05"}
    return Case(desk.admin, given, problem("dueOn", "TOO_SMALL"))


@case("createTask", "InvalidInput", "no title")
async def _task_without_title(desk: Desk) -> Case:
    given = {**await desk.act("createTask"), "title": " "}
    return Case(desk.admin, given, problem("title", "REQUIRED"))


@case("createTask", "InvalidInput", "somebody who does not work here")
async def _task_for_nobody(desk: Desk) -> Case:
    given = {**await desk.act("createTask"), "assigneeId": f"staff_{NOBODYS}"}
    return Case(desk.admin, given, problem("assigneeId", "UNKNOWN"))


@case("createTask", "NotFound", "a repeat after the task was removed")
async def _removed_task(desk: Desk) -> Case:
    given = await desk.act("createTask")
    made = await desk.admin.done("createTask", "task { id }", **given)
    await desk.admin.done("removeTask", **desk.on(), taskId=made["task"]["id"])
    return Case(desk.admin, given, {"id": made["task"]["id"]})


@case("updateTask", "Conflict", "a version from before somebody else's change of the same part")
async def _stale_task(desk: Desk) -> Case:
    task = await desk.task()
    given = {**desk.on(), "taskId": task["id"]}
    await desk.admin.done("updateTask", **given, title="theirs", dueOn="2026-03-05")
    words = {
        "path": "title",
        "base": {"__typename": "TextValue", "display": "Call back"},
        "current": {"__typename": "TextValue", "display": "theirs"},
        "attempted": {"__typename": "TextValue", "display": "mine"},
        "changedByName": "Ada Ames",
    }
    given |= {"expectedVersion": task["version"], "title": "mine", "body": "merges"}
    return Case(desk.admin, given, {"conflictReason": "STALE_VERSION", "conflicts": [words]})


@case("snoozeTask", "InvalidInput", "an instant that is past")
async def _put_off_until_yesterday(desk: Desk) -> Case:
    given = {**await desk.act("snoozeTask"), "until": "2026-03-01T09:00:00Z"}
    return Case(desk.admin, given, problem("until", "TOO_SMALL"))


@case("snoozeTask", "InvalidInput", "a task that is done")
async def _put_off_what_is_done(desk: Desk) -> Case:
    given = await desk.act("snoozeTask")
    await desk.admin.done("completeTask", **desk.on(), taskId=given["taskId"])
    return Case(desk.admin, given, problem("until", "CONTRADICTION"))


def for_tasks(mutation: str) -> None:
    @case(mutation, "NotFound", "a task that is not there")
    async def missing(desk: Desk) -> Case:
        given = {**await desk.act(mutation), "taskId": f"task_{NOBODYS}"}
        return Case(desk.admin, given, {"id": f"task_{NOBODYS}"})

    @case(mutation, "NotFound", "a task of another lead")
    async def foreign(desk: Desk) -> Case:
        given = await desk.act(mutation)
        other = await make_lead(desk.services)
        return Case(desk.admin, {**given, "leadId": lead(other)}, {"id": given["taskId"]})


for each in ("updateTask", "completeTask", "reopenTask", "snoozeTask", "removeTask"):
    for_tasks(each)


@case("updateTask", "Forbidden", "handing on the task of a lead that is not yours")
async def _hand_on(desk: Desk) -> Case:
    agent, given = await _foreign_task(desk)
    return Case(agent, {**given, "assigneeId": None}, {"permission": "EDIT_LEAD"})


@case("removeTask", "Forbidden", "the task of a lead that is not yours")
async def _remove_foreign(desk: Desk) -> Case:
    agent, given = await _foreign_task(desk)
    return Case(agent, given, {"permission": "EDIT_LEAD"})


async def _foreign_task(desk: Desk) -> tuple[Client, dict[str, Any]]:
    """An agent with a task on a lead that the agent does not see."""
    agent = await desk.other()
    assert agent.actor
    task = await desk.admin.done(
        "createTask",
        "task { id }",
        **{**await desk.act("createTask"), "assigneeId": encode_id("staff", agent.actor.id)},
    )
    return agent, {**desk.on(), "taskId": task["task"]["id"]}


@case("saveImportantDate", "InvalidInput", "a day that is a slip of the keyboard")
async def _date_of_another_age(desk: Desk) -> Case:
    given = {**await desk.act("saveImportantDate"), "date": "2260-05-01"}
    return Case(desk.admin, given, problem("date", "TOO_LARGE"))


@case("saveImportantDate", "NotFound", "a kind that is not there")
async def _date_of_no_kind(desk: Desk) -> Case:
    given = {**await desk.act("saveImportantDate"), "kindId": f"datekind_{NOBODYS}"}
    return Case(desk.admin, given, {"id": f"datekind_{NOBODYS}"})


@case("saveImportantDate", "Precondition")
async def _date_of_an_archived_kind(desk: Desk) -> Case:
    given = await desk.act("saveImportantDate")
    await desk.admin.done(
        "saveImportantDateKind", kindId=given["kindId"], name="Closing", isArchived=True
    )
    return Case(desk.admin, given, {"reason": "ARCHIVED"})


@case("saveImportantDate", "Limit")
async def _one_date_too_many(desk: Desk) -> Case:
    given = await desk.act("saveImportantDate")
    for _ in range(50):
        await desk.admin.done("saveImportantDate", **given)
    return Case(desk.admin, given, {"limit": 50, "retryAfter": None})


@case("saveImportantDate", "Conflict", "a key that was used with another body")
async def _date_with_a_used_key(desk: Desk) -> Case:
    given = {**await desk.act("saveImportantDate"), "idempotencyKey": key()}
    await desk.admin.done("saveImportantDate", **given)
    return Case(desk.admin, {**given, "note": "x"}, {"conflictReason": "KEY_REUSED"})


@case("saveImportantDate", "Conflict", "a version from before somebody else's change")
async def _stale_date(desk: Desk) -> Case:
    date = await desk.date()
    given = {**await desk.act("saveImportantDate"), "importantDateId": date["id"]}
    await desk.admin.done("saveImportantDate", **{**given, "date": "2026-06-01"})
    day = {
        "path": "date",
        "base": {"__typename": "DateValue", "display": "2026-04-01"},
        "current": {"__typename": "DateValue", "display": "2026-06-01"},
        "attempted": {"__typename": "DateValue", "display": "2026-05-01"},
        "changedByName": "Ada Ames",
    }
    given["expectedVersion"] = date["version"]
    return Case(desk.admin, given, {"conflictReason": "STALE_VERSION", "conflicts": [day]})


@case("removeImportantDate", "NotFound", "a date that was removed")
async def _removed_date(desk: Desk) -> Case:
    given = await desk.act("removeImportantDate")
    await desk.admin.done("removeImportantDate", **given)
    return Case(desk.admin, given, {"id": given["importantDateId"]})


@case("saveImportantDateKind", "InvalidInput")
async def _date_kind_with_a_taken_name(desk: Desk) -> Case:
    return Case(desk.admin, {"name": "CLOSING"}, problem("name", "TAKEN"))


@case("saveImportantDateKind", "Forbidden")
async def _date_kind_by_an_agent(desk: Desk) -> Case:
    return Case(await desk.other(), {"name": "Inspection"}, {"permission": "CONFIGURE_CARD"})


@case("saveImportantDateKind", "NotFound")
async def _date_kind_that_is_not_there(desk: Desk) -> Case:
    given = {"name": "Inspection", "kindId": f"datekind_{NOBODYS}"}
    return Case(desk.admin, given, {"id": f"datekind_{NOBODYS}"})


@case("saveImportantDateKind", "Limit")
async def _one_date_kind_too_many(desk: Desk) -> Case:
    await desk.add(
        *(ImportantDateKind(name=f"x{n}", name_key=f"x{n}", position=n) for n in range(48))
    )
    return Case(desk.admin, {"name": "Inspection"}, {"limit": 50, "retryAfter": None})


# --- addresses and numbers -----------------------------------------------------------------------


@case("addEmailAddress", "Conflict")
async def _known_address(desk: Desk) -> Case:
    made = await desk.admin.done(
        "addEmailAddress", "lead { emailAddresses { id } }", **await desk.act("addEmailAddress")
    )
    (entry,) = made["lead"]["emailAddresses"]
    given = {**desk.on(), "address": "Lena@HOME.example"}
    expected = {"conflictReason": "DUPLICATE", "existingId": entry["id"], "conflicts": []}
    return Case(desk.admin, given, expected)


@case("addEmailAddress", "Limit")
async def _one_address_too_many(desk: Desk) -> Case:
    for number in range(20):
        await desk.admin.done("addEmailAddress", **desk.on(), address=f"a{number}@mail.example")
    given = await desk.act("addEmailAddress")
    return Case(desk.admin, given, {"limit": 20, "retryAfter": None})


@case("addEmailAddress", "InvalidInput", "no address at all")
async def _empty_address(desk: Desk) -> Case:
    return Case(desk.admin, {**desk.on(), "address": " "}, problem("address", "REQUIRED"))


@case("addEmailAddress", "InvalidInput", "an address of 255 characters")
async def _long_address(desk: Desk) -> Case:
    given = {**desk.on(), "address": "a" * 255}
    return Case(desk.admin, given, problem("address", "TOO_LARGE"))


@case("correctEmailAddress", "Conflict")
async def _corrected_to_a_known_one(desk: Desk) -> Case:
    await desk.admin.done("addEmailAddress", **await desk.act("addEmailAddress"))
    given = await desk.act("correctEmailAddress")
    return Case(desk.admin, given, {"conflictReason": "DUPLICATE"})


def for_entries(mutation: str, argument: str, noun: str) -> None:
    @case(mutation, "NotFound", "an entry of nobody")
    async def missing(desk: Desk) -> Case:
        given = {**await desk.act(mutation), argument: f"{noun}_{NOBODYS}"}
        return Case(desk.admin, given, {"id": f"{noun}_{NOBODYS}"})

    @case(mutation, "NotFound", "an entry of another lead")
    async def foreign(desk: Desk) -> Case:
        given = await desk.act(mutation)
        if argument not in given:
            given[argument] = await desk.phone()
        other = await make_lead(desk.services)
        return Case(desk.admin, {**given, "leadId": lead(other)}, {"id": given[argument]})


for_entries("correctEmailAddress", "emailAddressId", "address")
for_entries("makeEmailAddressPrimary", "emailAddressId", "address")
for_entries("removeEmailAddress", "emailAddressId", "address")
for_entries("savePhoneNumber", "phoneNumberId", "phone")
for_entries("removePhoneNumber", "phoneNumberId", "phone")


@case("removeEmailAddress", "Precondition")
async def _primary_without_an_heir(desk: Desk) -> Case:
    primary, _ = await desk.addresses()
    given = {**desk.on(), "emailAddressId": primary}
    return Case(desk.admin, given, {"reason": "PRIMARY_NEEDED"})


@case("removeEmailAddress", "InvalidInput", "the one that goes as the new primary")
async def _its_own_heir(desk: Desk) -> Case:
    primary, _ = await desk.addresses()
    given = {**desk.on(), "emailAddressId": primary, "newPrimaryId": primary}
    return Case(desk.admin, given, problem("newPrimaryId", "UNKNOWN"))


@case("savePhoneNumber", "Conflict")
async def _known_number(desk: Desk) -> Case:
    entry = await desk.phone()
    given = {**desk.on(), "number": "040 66 96 90"}
    return Case(desk.admin, given, {"conflictReason": "DUPLICATE", "existingId": entry})


@case("savePhoneNumber", "Limit")
async def _one_number_too_many(desk: Desk) -> Case:
    for number in range(20):
        await desk.admin.done("savePhoneNumber", **desk.on(), number=f"+49309018{number:02}")
    given = {**desk.on(), "number": "+49 40 669690"}
    return Case(desk.admin, given, {"limit": 20, "retryAfter": None})


@case("savePhoneNumber", "InvalidInput", "a number that can't be dialled")
async def _no_number(desk: Desk) -> Case:
    given = {**desk.on(), "number": "call me"}
    return Case(desk.admin, given, problem("number", "MALFORMED"))


# --- the workspace -------------------------------------------------------------------------------

FIELD = {"key": "budget", "label": "Budget", "type": "MONEY"}
SITE = {"name": "Shop", "origins": ["https://shop.example"]}


@case("createField", "InvalidInput")
async def _reserved_key(desk: Desk) -> Case:
    return Case(desk.admin, {**FIELD, "key": "email"}, problem("key", "TAKEN"))


@case("createField", "Forbidden")
async def _field_by_an_agent(desk: Desk) -> Case:
    return Case(await desk.other(), FIELD, {"permission": "CONFIGURE_CARD"})


@case("createField", "Limit")
async def _a_field_too_many(desk: Desk) -> Case:
    await _fill_fields(desk)
    return Case(desk.admin, FIELD, {"limit": 500, "retryAfter": None})


PIPELINE = {
    "name": "Rentals",
    "states": [{"name": "Asked", "kind": "OPEN", "color": "#1F6FEB"}],
}


@case("savePipeline", "Forbidden")
async def _pipeline_by_an_agent(desk: Desk) -> Case:
    return Case(await desk.other(), PIPELINE, {"permission": "CONFIGURE_CARD"})


@case("savePipeline", "InvalidInput")
async def _pipeline_without_states(desk: Desk) -> Case:
    return Case(desk.admin, {**PIPELINE, "states": []}, problem("states", "REQUIRED"))


@case("savePipeline", "NotFound")
async def _pipeline_of_nobody(desk: Desk) -> Case:
    given = {**PIPELINE, "pipelineId": f"pipeline_{NOBODYS}"}
    return Case(desk.admin, given, {"id": f"pipeline_{NOBODYS}"})


@case("savePipeline", "Precondition")
async def _no_default_pipeline(desk: Desk) -> Case:
    given = await desk.pipeline()
    return Case(desk.admin, {**given, "isDefault": False}, {"reason": "IN_USE"})


@case("savePipeline", "Limit")
async def _one_pipeline_too_many(desk: Desk) -> Case:
    for number in range(19):
        await desk.admin.done("savePipeline", **{**PIPELINE, "name": f"No {number}"})
    return Case(desk.admin, PIPELINE, {"limit": 20, "retryAfter": None})


@case("savePipeline", "Conflict")
async def _stale_pipeline(desk: Desk) -> Case:
    data = await desk.admin.read("{ pipelines { version } }")
    given = await desk.pipeline(name="Flats")
    stale = {**given, "name": "Houses", "expectedVersion": data["pipelines"][0]["version"]}
    return Case(desk.admin, stale, {"conflictReason": "STALE_VERSION"})


@case("changeHeaderSettings", "Forbidden")
async def _header_by_an_agent(desk: Desk) -> Case:
    given = {"isWonButtonShown": False}
    return Case(await desk.other(), given, {"permission": "CONFIGURE_CARD"})


@case("changeHeaderSettings", "InvalidInput")
async def _markup_on_a_button(desk: Desk) -> Case:
    return Case(desk.admin, {"wonText": "<b>Won</b>"}, problem("wonText", "MALFORMED"))


@case("changeHeaderSettings", "Conflict")
async def _stale_header(desk: Desk) -> Case:
    seen = (await desk.admin.read("{ project { card { version } } }"))["project"]["card"]
    await desk.admin.done("changeHeaderSettings", wonText="Done")
    given = {"wonText": "Sold", "expectedVersion": seen["version"]}
    return Case(desk.admin, given, {"conflictReason": "STALE_VERSION"})


@case("updateProject", "InvalidInput")
async def _no_setting(desk: Desk) -> Case:
    path = "wonNeedsRequiredFields"
    return Case(desk.admin, {path: None}, problem(path, "REQUIRED"))


@case("updateProject", "InvalidInput", "a region that is none")
async def _no_region(desk: Desk) -> Case:
    return Case(desk.admin, {"defaultRegion": "XX"}, problem("defaultRegion", "MALFORMED"))


@case("updateProject", "Forbidden")
async def _settings_by_a_manager(desk: Desk) -> Case:
    manager = await desk.other(StaffRole.MANAGER)
    return Case(manager, {"wonNeedsRequiredFields": True}, {"permission": "ADMINISTER"})


@case("updateProject", "Conflict")
async def _stale_settings(desk: Desk) -> Case:
    seen = (await desk.admin.read("{ project { version } }"))["project"]["version"]
    await desk.admin.done("updateProject", name="Hillside")
    given = {"name": "Lakeside", "expectedVersion": seen}
    return Case(desk.admin, given, {"conflictReason": "STALE_VERSION", "conflicts": []})


@case("createField", "NotFound")
async def _field_of_no_group(desk: Desk) -> Case:
    given = {**FIELD, "groupId": f"group_{NOBODYS}"}
    return Case(desk.admin, given, {"id": f"group_{NOBODYS}"})


async def _field(desk: Desk, **more: Any) -> dict[str, Any]:
    """A field that was defined."""
    made = await desk.admin.done(
        "createField", "field { id version group { id } }", **FIELD, **more
    )
    field: dict[str, Any] = made["field"]
    return field


@case("updateField", "InvalidInput")
async def _field_without_a_label(desk: Desk) -> Case:
    given = {"fieldId": (await _field(desk))["id"], "label": " "}
    return Case(desk.admin, given, problem("label", "REQUIRED"))


@case("updateField", "Forbidden")
async def _change_of_a_field_by_an_agent(desk: Desk) -> Case:
    given = {"fieldId": (await _field(desk))["id"], "label": "Purse"}
    return Case(await desk.other(), given, {"permission": "CONFIGURE_CARD"})


@case("updateField", "NotFound")
async def _change_of_a_field_that_is_hidden(desk: Desk) -> Case:
    field = await _field(desk, visibility="ADMINS")
    given = {"fieldId": field["id"], "label": "Purse"}
    return Case(await desk.other(StaffRole.MANAGER), given, {"id": field["id"]})


@case("updateField", "Precondition")
async def _another_type_for_a_part_of_the_product(desk: Desk) -> Case:
    data = await desk.admin.read("{ fieldGroups { fields { id key } } }")
    fields = [field for group in data["fieldGroups"] for field in group["fields"]]
    (company,) = [field["id"] for field in fields if field["key"] == "company"]
    return Case(desk.admin, {"fieldId": company, "type": "NUMBER"}, {"reason": "READ_ONLY"})


@case("updateField", "Conflict")
async def _stale_field(desk: Desk) -> Case:
    field = await _field(desk)
    await desk.admin.done("updateField", fieldId=field["id"], label="Purse")
    given = {"fieldId": field["id"], "hint": "All of it", "expectedVersion": field["version"]}
    return Case(desk.admin, given, {"conflictReason": "STALE_VERSION", "conflicts": []})


@case("moveField", "InvalidInput")
async def _field_into_a_lead(desk: Desk) -> Case:
    field = await _field(desk)
    given = {"fieldId": field["id"], "groupId": f"lead_{NOBODYS}", "position": 0}
    return Case(desk.admin, given, problem("groupId", "MALFORMED"))


@case("moveField", "Forbidden")
async def _field_moved_by_an_agent(desk: Desk) -> Case:
    field = await _field(desk)
    given = {"fieldId": field["id"], "groupId": field["group"]["id"], "position": 0}
    return Case(await desk.other(), given, {"permission": "CONFIGURE_CARD"})


@case("moveField", "NotFound")
async def _field_into_no_group(desk: Desk) -> Case:
    field = await _field(desk)
    given = {"fieldId": field["id"], "groupId": f"group_{NOBODYS}", "position": 0}
    return Case(desk.admin, given, {"id": f"group_{NOBODYS}"})


@case("saveFieldGroup", "InvalidInput")
async def _group_with_a_taken_name(desk: Desk) -> Case:
    return Case(desk.admin, {"name": "contact INFO"}, problem("name", "TAKEN"))


@case("saveFieldGroup", "Forbidden")
async def _group_by_an_agent(desk: Desk) -> Case:
    return Case(await desk.other(), {"name": "House"}, {"permission": "CONFIGURE_CARD"})


@case("saveFieldGroup", "NotFound")
async def _group_that_is_not_there(desk: Desk) -> Case:
    given = {"groupId": f"group_{NOBODYS}", "name": "House"}
    return Case(desk.admin, given, {"id": f"group_{NOBODYS}"})


@case("saveFieldGroup", "Limit")
async def _a_group_too_many(desk: Desk) -> Case:
    await desk.add(*(FieldGroup(name=f"x{n}", position=n) for n in range(50)))
    return Case(desk.admin, {"name": "House"}, {"limit": 50, "retryAfter": None})


@case("saveFieldGroup", "Conflict")
async def _stale_group(desk: Desk) -> Case:
    group = (await desk.admin.done("saveFieldGroup", "group { id version }", name="House"))["group"]
    await desk.admin.done("saveFieldGroup", groupId=group["id"], name="Home")
    given = {"groupId": group["id"], "name": "Hut", "expectedVersion": group["version"]}
    return Case(desk.admin, given, {"conflictReason": "STALE_VERSION", "conflicts": []})


@case("removeFieldGroup", "InvalidInput")
async def _malformed_group(desk: Desk) -> Case:
    return Case(desk.admin, {"groupId": "group_1"}, problem("groupId", "MALFORMED"))


@case("removeFieldGroup", "Forbidden")
async def _group_removed_by_an_agent(desk: Desk) -> Case:
    given = {"groupId": (await _field(desk))["group"]["id"]}
    return Case(await desk.other(), given, {"permission": "CONFIGURE_CARD"})


@case("removeFieldGroup", "NotFound")
async def _removed_group_that_is_not_there(desk: Desk) -> Case:
    given = {"groupId": f"group_{NOBODYS}"}
    return Case(desk.admin, given, {"id": f"group_{NOBODYS}"})


@case("removeFieldGroup", "Precondition")
async def _group_with_a_field(desk: Desk) -> Case:
    given = {"groupId": (await _field(desk))["group"]["id"]}
    return Case(desk.admin, given, {"reason": "IN_USE"})


@case("changeMyLayout", "InvalidInput")
async def _layout_with_a_field_from_elsewhere(desk: Desk) -> Case:
    given = {"groupId": (await _field(desk))["group"]["id"], "shownFieldKeys": ["company"]}
    return Case(desk.admin, given, problem("shownFieldKeys.0", "UNKNOWN"))


@case("changeMyLayout", "NotFound")
async def _layout_of_no_group(desk: Desk) -> Case:
    given = {"groupId": f"group_{NOBODYS}", "isCollapsed": True}
    return Case(desk.admin, given, {"id": f"group_{NOBODYS}"})


@case("changeSummaryFields", "InvalidInput")
async def _line_of_no_field(desk: Desk) -> Case:
    given = {"fieldKeys": ["contact", "state"]}
    return Case(desk.admin, given, problem("fieldKeys.1", "UNKNOWN"))


@case("changeSummaryFields", "InvalidInput", "a line twice")
async def _line_twice(desk: Desk) -> Case:
    given = {"fieldKeys": ["contact", "contact"]}
    return Case(desk.admin, given, problem("fieldKeys", "CONTRADICTION"))


@case("changeSummaryFields", "InvalidInput", "a line too many")
async def _too_many_lines(desk: Desk) -> Case:
    await _fill_fields(desk)
    given = {"fieldKeys": [f"field_{number}" for number in range(20)]}
    return Case(desk.admin, given, problem("fieldKeys", "TOO_LARGE"))


@case("changeSummaryFields", "Forbidden")
async def _summary_by_a_manager(desk: Desk) -> Case:
    given = {"fieldKeys": ["contact"]}
    return Case(await desk.other(StaffRole.MANAGER), given, {"permission": "ADMINISTER"})


@case("changeSummaryFields", "Conflict")
async def _stale_summary(desk: Desk) -> Case:
    data = await desk.admin.read("{ project { card { version } } }")
    await desk.admin.done("changeSummaryFields", fieldKeys=["contact"])
    given = {"fieldKeys": ["source"], "expectedVersion": data["project"]["card"]["version"]}
    return Case(desk.admin, given, {"conflictReason": "STALE_VERSION", "conflicts": []})


@case("setEditing", "InvalidInput")
async def _mark_on_no_field(desk: Desk) -> Case:
    return Case(desk.admin, {**desk.on(), "path": "property:nothing"}, problem("path", "UNKNOWN"))


@case("setEditing", "InvalidInput", "a field that is hidden")
async def _mark_on_a_hidden_field(desk: Desk) -> Case:
    await _field(desk, visibility="ADMINS")
    given = {**desk.on(), "path": "property:budget"}
    return Case(await desk.other(StaffRole.MANAGER), given, problem("path", "UNKNOWN"))


@case("setEditing", "NotFound")
async def _mark_on_a_foreign_card(desk: Desk) -> Case:
    return Case(await desk.other(), {**desk.on(), "path": "title"}, {"id": lead(desk.lead_id)})


@case("setEditing", "Forbidden")
async def _mark_by_who_may_not_edit(desk: Desk) -> Case:
    desk.patch.setitem(policy.GRANTS, Permission.EDIT_LEAD, frozenset())
    return Case(desk.admin, {**desk.on(), "path": "title"}, {"permission": "EDIT_LEAD"})


@case("setEditing", "Limit")
async def _too_many_marks(desk: Desk) -> Case:
    assert desk.admin.actor is not None
    for _ in range(EDITING.amount):
        await spend(desk.services.limiter, EDITING, desk.admin.actor.caller)
    return Case(desk.admin, desk.on(), {"limit": 240, "retryAfter": ...})


@case("setEditing", "NotFound", "a conversation of another lead")
async def _typing_elsewhere(desk: Desk) -> Case:
    given = {"leadId": lead(await make_lead(desk.services))}
    typed = await desk.conversation()
    return Case(desk.admin, {**given, "typingInConversationId": typed}, {"id": typed})


@case("setEditing", "InvalidInput", "a field and a conversation")
async def _mark_on_two_things(desk: Desk) -> Case:
    given = {"path": "title", "typingInConversationId": await desk.conversation()}
    problems = problem("typingInConversationId", "CONTRADICTION")
    return Case(desk.admin, {**desk.on(), **given}, problems)


@case("assignConversation", "Conflict")
async def _somebody_has_it(desk: Desk) -> Case:
    given = await desk.act("assignConversation")
    bo = await desk.other(StaffRole.ADMIN)
    await desk.admin.done("assignConversation", **given)
    assert bo.actor
    wanted = {**given, "staffId": encode_id("staff", bo.actor.id)}
    clash = {
        "path": "assignee",
        "current": {"display": "Ada Ames"},
        "attempted": {"display": "Bo Brandt"},
        "changedByName": "Ada Ames",
    }
    expected = {"conflictReason": "STALE_VERSION", "conflicts": [clash]}
    return Case(bo, wanted, {**expected, "message": "Ada Ames has this conversation."})


@case("assignConversation", "InvalidInput", "somebody who does not see the lead")
async def _answered_by_a_stranger(desk: Desk) -> Case:
    agent = await desk.other()
    assert agent.actor
    given = {
        **await desk.act("assignConversation"),
        "staffId": encode_id("staff", agent.actor.id),
    }
    return Case(desk.admin, given, problem("staffId", "CONTRADICTION"))


@case("changeConversationState", "InvalidInput", "a snooze without end")
async def _put_off_for_ever(desk: Desk) -> Case:
    given = {**await desk.act("changeConversationState"), "state": "SNOOZED"}
    return Case(desk.admin, given, problem("snoozedUntil", "REQUIRED"))


@case("markConversationRead", "InvalidInput")
async def _read_a_note(desk: Desk) -> Case:
    given = {"conversationId": await desk.conversation(), "messageId": f"note_{NOBODYS}"}
    return Case(desk.admin, given, problem("messageId", "MALFORMED"))


@case("markConversationRead", "NotFound")
async def _read_a_foreign_conversation(desk: Desk) -> Case:
    talk = await desk.conversation()
    data = await desk.admin.read(
        "query ($id: ID!) { conversation(id: $id) { lastMessage { id } } }", id=talk
    )
    given = {"conversationId": talk, "messageId": data["conversation"]["lastMessage"]["id"]}
    return Case(await desk.other(), given, {"id": talk})


@case("markConversationRead", "NotFound", "a message of another conversation")
async def _read_another_message(desk: Desk) -> Case:
    given = {"conversationId": await desk.conversation(), "messageId": f"message_{NOBODYS}"}
    return Case(desk.admin, given, {"id": f"message_{NOBODYS}"})


REPLY = {"name": "Hours", "body": "Hello {{lead.firstName}}, we open at nine."}


async def _reply(client: Client, **changes: Any) -> dict[str, Any]:
    made = await client.done("saveCannedReply", "cannedReply { id version }", **REPLY, **changes)
    reply: dict[str, Any] = made["cannedReply"]
    return reply


@case("saveCannedReply", "InvalidInput")
async def _reply_with_an_unknown_variable(desk: Desk) -> Case:
    given = {"name": "Hours", "body": "Hello {{lead.password}}"}
    return Case(desk.admin, given, problem("body", "UNKNOWN"))


@case("saveCannedReply", "InvalidInput", "no words")
async def _reply_without_words(desk: Desk) -> Case:
    return Case(desk.admin, {"name": "Hours", "body": " "}, problem("body", "REQUIRED"))


@case("saveCannedReply", "NotFound")
async def _reply_of_somebody_else(desk: Desk) -> Case:
    reply = await _reply(desk.admin)
    given = {**REPLY, "cannedReplyId": reply["id"]}
    return Case(await desk.other(StaffRole.ADMIN), given, {"id": reply["id"]})


@case("saveCannedReply", "Forbidden")
async def _reply_for_the_team_by_an_agent(desk: Desk) -> Case:
    given = {**REPLY, "isShared": True}
    return Case(await desk.other(), given, {"permission": "CONFIGURE_CARD"})


@case("saveCannedReply", "Forbidden", "one of the team made one's own")
async def _reply_of_the_team_by_an_agent(desk: Desk) -> Case:
    reply = await _reply(desk.admin, isShared=True)
    given = {**REPLY, "cannedReplyId": reply["id"]}
    return Case(await desk.other(), given, {"permission": "CONFIGURE_CARD"})


@case("saveCannedReply", "Conflict")
async def _reply_of_a_name_that_is_taken(desk: Desk) -> Case:
    reply = await _reply(desk.admin, isShared=True)
    expected = {"conflictReason": "DUPLICATE", "existingId": reply["id"]}
    return Case(await desk.other(), {**REPLY, "name": "HOURS"}, expected)


@case("saveCannedReply", "Conflict", "an older version")
async def _reply_that_was_changed(desk: Desk) -> Case:
    reply = await _reply(desk.admin)
    given = {**REPLY, "cannedReplyId": reply["id"], "expectedVersion": reply["version"]}
    await desk.admin.done("saveCannedReply", **{**given, "body": "Closed."})
    return Case(desk.admin, given, {"conflictReason": "STALE_VERSION", "conflicts": []})


@case("saveCannedReply", "Limit")
async def _reply_too_many(desk: Desk) -> Case:
    desk.patch.setattr(canned_replies, "MOST", 1)
    await _reply(desk.admin)
    return Case(desk.admin, {**REPLY, "name": "Other"}, {"limit": 1, "retryAfter": None})


@case("removeCannedReply", "InvalidInput")
async def _remove_no_reply(desk: Desk) -> Case:
    given = {"cannedReplyId": f"note_{NOBODYS}"}
    return Case(desk.admin, given, problem("cannedReplyId", "MALFORMED"))


@case("removeCannedReply", "NotFound")
async def _remove_a_reply_of_somebody_else(desk: Desk) -> Case:
    reply = await _reply(desk.admin)
    given = {"cannedReplyId": reply["id"]}
    return Case(await desk.other(StaffRole.ADMIN), given, {"id": reply["id"]})


@case("removeCannedReply", "Forbidden")
async def _remove_a_reply_of_the_team(desk: Desk) -> Case:
    reply = await _reply(desk.admin, isShared=True)
    given = {"cannedReplyId": reply["id"]}
    return Case(await desk.other(), given, {"permission": "CONFIGURE_CARD"})


VIEW: dict[str, Any] = {"name": "Hot", "columns": ["name", "state"]}


async def _saved_view(client: Client, **changes: Any) -> dict[str, Any]:
    made = await client.done("saveView", "savedView { id version }", **VIEW, **changes)
    view: dict[str, Any] = made["savedView"]
    return view


@case("saveView", "InvalidInput")
async def _view_with_an_unknown_column(desk: Desk) -> Case:
    given = {"name": "Hot", "columns": ["name", "property:shoe_size"]}
    return Case(desk.admin, given, problem("columns.1", "UNKNOWN"))


@case("saveView", "InvalidInput", "a filter over a field that there is not")
async def _view_of_an_unknown_field(desk: Desk) -> Case:
    clause = {"property": {"fieldKey": "shoe_size", "is": {"isEmpty": True}}}
    given = {**VIEW, "filter": {"and": [{"isHidden": True}, {"not": clause}]}}
    return Case(desk.admin, given, problem("filter.and.1.not.property", "UNKNOWN"))


@case("saveView", "InvalidInput", "an order by a field that there is not")
async def _view_in_an_unknown_order(desk: Desk) -> Case:
    given = {**VIEW, "sort": {"by": "PROPERTY", "fieldKey": "shoe_size"}}
    return Case(desk.admin, given, problem("sort", "UNKNOWN"))


@case("saveView", "NotFound")
async def _view_of_somebody_else(desk: Desk) -> Case:
    view = await _saved_view(desk.admin)
    given = {**VIEW, "savedViewId": view["id"]}
    return Case(await desk.other(StaffRole.ADMIN), given, {"id": view["id"]})


@case("saveView", "Forbidden")
async def _view_for_the_team_by_an_agent(desk: Desk) -> Case:
    given = {**VIEW, "isShared": True}
    return Case(await desk.other(), given, {"permission": "CONFIGURE_SEGMENTS"})


@case("saveView", "Forbidden", "one of the team made one's own")
async def _view_of_the_team_by_an_agent(desk: Desk) -> Case:
    view = await _saved_view(desk.admin, isShared=True)
    given = {**VIEW, "savedViewId": view["id"]}
    return Case(await desk.other(), given, {"permission": "CONFIGURE_SEGMENTS"})


@case("saveView", "Conflict")
async def _view_of_a_name_that_is_taken(desk: Desk) -> Case:
    view = await _saved_view(desk.admin, isShared=True)
    expected = {"conflictReason": "DUPLICATE", "existingId": view["id"]}
    return Case(await desk.other(), {**VIEW, "name": "HOT"}, expected)


@case("saveView", "Conflict", "an older version")
async def _view_that_was_changed(desk: Desk) -> Case:
    view = await _saved_view(desk.admin)
    given = {**VIEW, "savedViewId": view["id"], "expectedVersion": view["version"]}
    await desk.admin.done("saveView", **{**given, "columns": ["name"]})
    return Case(desk.admin, given, {"conflictReason": "STALE_VERSION", "conflicts": []})


@case("saveView", "Limit")
async def _view_too_many(desk: Desk) -> Case:
    desk.patch.setattr(saved_views, "MOST", 1)
    await _saved_view(desk.admin)
    return Case(desk.admin, {**VIEW, "name": "Other"}, {"limit": 1, "retryAfter": None})


@case("removeView", "InvalidInput")
async def _remove_no_view(desk: Desk) -> Case:
    return Case(desk.admin, {"savedViewId": f"note_{NOBODYS}"}, problem("savedViewId", "MALFORMED"))


@case("removeView", "NotFound")
async def _remove_a_view_of_somebody_else(desk: Desk) -> Case:
    view = await _saved_view(desk.admin)
    given = {"savedViewId": view["id"]}
    return Case(await desk.other(StaffRole.ADMIN), given, {"id": view["id"]})


@case("removeView", "Forbidden")
async def _remove_a_view_of_the_team(desk: Desk) -> Case:
    view = await _saved_view(desk.admin, isShared=True)
    given = {"savedViewId": view["id"]}
    return Case(await desk.other(), given, {"permission": "CONFIGURE_SEGMENTS"})


@case("exportHistory", "InvalidInput")
async def _history_of_a_note(desk: Desk) -> Case:
    given = {"leadId": f"note_{NOBODYS}"}
    return Case(desk.admin, given, problem("leadId", "MALFORMED"))


@case("exportHistory", "NotFound")
async def _history_of_nobody(desk: Desk) -> Case:
    given = {"leadId": f"lead_{NOBODYS}"}
    return Case(desk.admin, given, {"id": f"lead_{NOBODYS}"})


@case("exportHistory", "Forbidden")
async def _history_by_a_manager(desk: Desk) -> Case:
    manager = await desk.other(StaffRole.MANAGER)
    return Case(manager, desk.on(), {"permission": "VERIFY_HISTORY"})


@case("exportHistory", "Limit")
async def _one_history_too_many(desk: Desk) -> Case:
    for _ in range(EXPORT.amount):
        await desk.admin.done("exportHistory", **desk.on())
    return Case(desk.admin, desk.on(), {"limit": EXPORT.amount, "retryAfter": ...})


@case("exportLeads", "InvalidInput")
async def _column_that_is_none(desk: Desk) -> Case:
    return Case(desk.admin, {"columns": ["name", "nothing"]}, problem("columns.1", "UNKNOWN"))


@case("exportLeads", "InvalidInput", "a filter that can't be")
async def _export_by_a_field_that_is_none(desk: Desk) -> Case:
    test = {"fieldKey": "nothing", "is": {"isEmpty": True}}
    given = {"columns": ["name"], "filter": {"not": {"property": test}}}
    return Case(desk.admin, given, problem("filter.not.property", "UNKNOWN"))


@case("exportLeads", "Forbidden")
async def _leads_taken_away_by_a_manager(desk: Desk) -> Case:
    manager = await desk.other(StaffRole.MANAGER)
    return Case(manager, {"columns": ["name"]}, {"permission": "EXPORT_LEADS"})


@case("exportLeads", "Limit")
async def _one_export_too_many(desk: Desk) -> Case:
    for _ in range(EXPORT.amount):
        await desk.admin.done("exportLeads", columns=["name"])
    return Case(desk.admin, {"columns": ["name"]}, {"limit": EXPORT.amount, "retryAfter": ...})


@case("exportPersonalData", "InvalidInput")
async def _data_of_a_note(desk: Desk) -> Case:
    given = {"leadId": f"note_{NOBODYS}"}
    return Case(desk.admin, given, problem("leadId", "MALFORMED"))


@case("exportPersonalData", "NotFound")
async def _data_of_nobody(desk: Desk) -> Case:
    given = {"leadId": f"lead_{NOBODYS}"}
    return Case(desk.admin, given, {"id": f"lead_{NOBODYS}"})


@case("exportPersonalData", "Gone")
async def _data_of_who_was_erased(desk: Desk) -> Case:
    await desk.admin.done("eraseLead", **desk.on(), confirmLeadId=desk.on()["leadId"])
    return Case(desk.admin, desk.on(), {"erasedAt": "2026-03-02T09:00:00.000000Z"})


@case("exportPersonalData", "Forbidden")
async def _data_by_a_manager(desk: Desk) -> Case:
    manager = await desk.other(StaffRole.MANAGER)
    return Case(manager, desk.on(), {"permission": "EXPORT_PERSONAL_DATA"})


@case("exportPersonalData", "Limit")
async def _one_persons_data_too_often(desk: Desk) -> Case:
    for _ in range(EXPORT.amount):
        await desk.admin.done("exportPersonalData", **desk.on())
    return Case(desk.admin, desk.on(), {"limit": EXPORT.amount, "retryAfter": ...})


@case("pinProperty", "NotFound")
async def _pin_of_nothing(desk: Desk) -> Case:
    return Case(desk.admin, {"fieldKey": "nothing"}, {"id": "nothing"})


@case("pinProperty", "Limit")
async def _thirteenth_pin(desk: Desk) -> Case:
    data = await desk.admin.read("{ fieldGroups { fields { key } } }")
    keys = [field["key"] for group in data["fieldGroups"] for field in group["fields"]]
    for each in keys[:12]:
        await desk.admin.done("pinProperty", fieldKey=each)
    return Case(desk.admin, {"fieldKey": keys[12]}, {"limit": 12, "retryAfter": None})


@case("pinProperty", "InvalidInput")
async def _place_before_the_first(desk: Desk) -> Case:
    given = {"fieldKey": "company", "position": -1}
    return Case(desk.admin, given, problem("position", "TOO_SMALL"))


@case("unpinProperty", "InvalidInput")
async def _key_that_is_none(desk: Desk) -> Case:
    return Case(desk.admin, {"fieldKey": "x" * 65}, problem("fieldKey", "TOO_LARGE"))


@case("createUpload", "InvalidInput", "a name with a folder")
async def _upload_into_a_folder(desk: Desk) -> Case:
    given = {"name": "../contacts.csv", "sizeBytes": 1}
    return Case(desk.admin, given, problem("name", "MALFORMED"))


@case("createUpload", "InvalidInput", "nothing")
async def _upload_of_nothing(desk: Desk) -> Case:
    given = {"name": "contacts.csv", "sizeBytes": 0}
    return Case(desk.admin, given, problem("sizeBytes", "TOO_SMALL"))


@case("createUpload", "InvalidInput", "more than the server takes")
async def _upload_of_too_much(desk: Desk) -> Case:
    given = {"name": "contacts.csv", "sizeBytes": desk.services.files.most_bytes + 1}
    return Case(desk.admin, given, problem("sizeBytes", "TOO_LARGE"))


@case("createUpload", "Limit")
async def _one_upload_too_many(desk: Desk) -> Case:
    given = {"name": "contacts.csv", "sizeBytes": 1}
    for _ in range(MOST_UNUSED):
        await desk.admin.done("createUpload", **given)
    return Case(desk.admin, given, {"limit": MOST_UNUSED, "retryAfter": None})


async def _import(desk: Desk, data: bytes = b"Name\nLena\n") -> dict[str, Any]:
    """Input of an import that would succeed."""
    assert desk.admin.actor
    upload_id = await received_upload(desk.services, desk.admin.actor, data)
    return {
        "idempotencyKey": key(),
        "uploadId": encode_id("upload", upload_id),
        "columns": [{"column": "Name", "target": "name"}],
    }


@case("importLeads", "Forbidden")
async def _import_by_an_agent(desk: Desk) -> Case:
    return Case(await desk.other(), await _import(desk), {"permission": "IMPORT_LEADS"})


@case("importLeads", "NotFound")
async def _import_of_the_file_of_another(desk: Desk) -> Case:
    given = await _import(desk)
    return Case(await desk.other(StaffRole.MANAGER), given, {"id": given["uploadId"]})


@case("importLeads", "Precondition", "a file that did not come")
async def _import_of_an_unfinished_upload(desk: Desk) -> Case:
    made = await desk.admin.done("createUpload", "ticket { id }", name="a.csv", sizeBytes=1)
    given = {**await _import(desk), "uploadId": made["ticket"]["id"]}
    return Case(desk.admin, given, {"reason": "UPLOAD_MISSING"})


@case("importLeads", "Precondition", "a file that was used")
async def _import_of_a_used_upload(desk: Desk) -> Case:
    given = await _import(desk)
    await desk.admin.done("importLeads", **given)
    return Case(desk.admin, {**given, "idempotencyKey": key()}, {"reason": "UPLOAD_MISSING"})


@case("importLeads", "Conflict")
async def _import_with_a_used_key(desk: Desk) -> Case:
    given = await _import(desk)
    await desk.admin.done("importLeads", **given)
    return Case(desk.admin, {**given, "columns": []}, {"conflictReason": "KEY_REUSED"})


@case("importLeads", "Limit")
async def _import_of_too_many_fields(desk: Desk) -> Case:
    names = [f"c{number}" for number in range(500)]
    given = await _import(desk, f"{','.join(names)}\n{','.join(names)}\n".encode())
    columns = [{"column": name, "target": f"property:{name}"} for name in names]
    return Case(desk.admin, {**given, "columns": columns}, {"limit": 500, "retryAfter": None})


@case("importLeads", "InvalidInput", "a column that is not there")
async def _import_of_an_unknown_column(desk: Desk) -> Case:
    given = {**await _import(desk), "columns": [{"column": "Nose", "target": "name"}]}
    return Case(desk.admin, given, problem("columns", "UNKNOWN"))


@case("importLeads", "InvalidInput", "a file that is empty")
async def _import_of_an_empty_file(desk: Desk) -> Case:
    given = await _import(desk, b"\n\n")
    return Case(desk.admin, given, problem("uploadId", "MALFORMED"))


@case("importLeads", "InvalidInput", "an id of something else")
async def _import_of_a_note(desk: Desk) -> Case:
    given = {**await _import(desk), "uploadId": f"note_{NOBODYS}"}
    return Case(desk.admin, given, problem("uploadId", "MALFORMED"))


@case("saveSite", "InvalidInput")
async def _site_without_origin(desk: Desk) -> Case:
    given = {**SITE, "origins": ["https://shop.example", "ftp://shop.example"]}
    return Case(desk.admin, given, problem("origins.1", "MALFORMED"))


@case("saveSite", "Forbidden")
async def _site_by_a_manager(desk: Desk) -> Case:
    return Case(await desk.other(StaffRole.MANAGER), SITE, {"permission": "ADMINISTER"})


@case("saveSite", "NotFound")
async def _unknown_site(desk: Desk) -> Case:
    given = {**SITE, "siteId": f"site_{NOBODYS}"}
    return Case(desk.admin, given, {"id": f"site_{NOBODYS}"})


@case("saveSite", "Conflict")
async def _stale_site(desk: Desk) -> Case:
    made = await desk.admin.done("saveSite", "site { id version }", **SITE)
    given = {**SITE, "siteId": made["site"]["id"], "expectedVersion": made["site"]["version"]}
    await desk.admin.done("saveSite", **{**given, "name": "Other shop"})
    return Case(desk.admin, given, {"conflictReason": "STALE_VERSION", "conflicts": []})


@case("saveSite", "Limit")
async def _a_site_too_many(desk: Desk) -> Case:
    await desk.add(
        *(
            Site(id=new_id(), name="x", origins=[], site_key=uuid4().hex, identity_secret="x")
            for _ in range(50)
        )
    )
    return Case(desk.admin, SITE, {"limit": 50, "retryAfter": None})


async def _job(desk: Desk) -> dict[str, Any]:
    row = Job(
        queue="general",
        kind=JobKind.DELIVER_WEBHOOK,
        data={},
        created_at=desk.clock.now(),
        due_at=desk.clock.now(),
        failed_at=desk.clock.now(),
    )
    await desk.add(row)
    return {"jobId": encode_id("job", row.id)}


@case("retryJob", "InvalidInput")
async def _retry_of_something_else(desk: Desk) -> Case:
    return Case(desk.admin, {"jobId": f"note_{NOBODYS}"}, problem("jobId", "MALFORMED"))


@case("retryJob", "NotFound")
async def _retry_of_a_job_that_is_done(desk: Desk) -> Case:
    return Case(desk.admin, {"jobId": f"job_{NOBODYS}"}, {"id": f"job_{NOBODYS}"})


@case("retryJob", "Forbidden")
async def _retry_by_a_manager(desk: Desk) -> Case:
    manager = await desk.other(StaffRole.MANAGER)
    return Case(manager, await _job(desk), {"permission": "ADMINISTER"})


RULE = {
    "name": "Greet",
    "trigger": {"leadCreated": True},
    "actions": [{"addTags": ["New here"]}],
}


def _rule_row(desk: Desk, number: int) -> Automation:
    return Automation(
        name=f"Rule {number}", name_key=f"rule {number}", trigger={}, actions=[],
        trigger_kind=TriggerKind.LEAD_CREATED, position=number, updated_at=desk.clock.now(),
        updated_by_kind=ActorKind.SYSTEM, updated_by_name="Leadlight",
    )  # fmt: skip


SEGMENT = {"name": "VIPs", "filter": {"tags": {"any": ["VIP"]}}}
SAVED = "segment { id version }"


@case("saveSegment", "Forbidden")
async def _segment_by_an_agent(desk: Desk) -> Case:
    return Case(await desk.other(), SEGMENT, {"permission": "CONFIGURE_SEGMENTS"})


@case("saveSegment", "NotFound")
async def _unknown_segment(desk: Desk) -> Case:
    segment_id = f"segment_{NOBODYS}"
    return Case(desk.admin, {"segmentId": segment_id, "name": "Other"}, {"id": segment_id})


@case("saveSegment", "Limit")
async def _a_segment_too_many(desk: Desk) -> Case:
    rule = {"version": 1, "filter": SEGMENT["filter"]}
    rows = [Segment(name=f"S{number}", name_key=f"s{number}", rule=rule) for number in range(200)]
    await desk.add(*rows)
    return Case(desk.admin, SEGMENT, {"limit": 200, "retryAfter": None})


@case("saveSegment", "Precondition")
async def _segment_in_use(desk: Desk) -> Case:
    used = (await desk.admin.done("saveSegment", SAVED, **SEGMENT))["segment"]
    rule = {"not": {"segmentId": used["id"]}}
    await desk.admin.done("saveSegment", name="Others", filter=rule)
    given = {"segmentId": used["id"], "isArchived": True}
    return Case(desk.admin, given, {"reason": "IN_USE"})


@case("saveSegment", "Conflict")
async def _stale_segment(desk: Desk) -> Case:
    made = (await desk.admin.done("saveSegment", SAVED, **SEGMENT))["segment"]
    given = {"segmentId": made["id"], "expectedVersion": made["version"], "name": "V"}
    await desk.admin.done("saveSegment", **given)
    return Case(desk.admin, {**given, "name": "W"}, {"conflictReason": "STALE_VERSION"})


ODD_SEGMENTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a new segment without a name": ({"name": None}, problem("name", "REQUIRED")),
    "a new segment without a rule": ({"filter": None}, problem("filter", "REQUIRED")),
    "presence in a segment": (
        {"filter": {"not": {"presence": ["ONLINE"]}}},
        problem("filter.not.presence", "CONTRADICTION"),
    ),
    "whoever looks in a segment": (
        {"filter": {"assignee": {"isMe": True}}}, problem("filter", "CONTRADICTION"),
    ),
    "a field that there is not": (
        {"filter": {"property": {"fieldKey": "nope", "is": {"isEmpty": True}}}},
        problem("filter.property", "UNKNOWN"),
    ),
    "a segment that there is not": (
        {"filter": {"segmentId": f"segment_{NOBODYS}"}}, problem("filter.segmentId", "UNKNOWN"),
    ),
}  # fmt: skip


def _odd_segment(given: dict[str, Any], shown: dict[str, Any]) -> Arrange:
    async def arrange(desk: Desk) -> Case:
        return Case(desk.admin, {**SEGMENT, **given}, shown)

    return arrange


for _name, (_given, _shown) in ODD_SEGMENTS.items():
    case("saveSegment", "InvalidInput", _name)(_odd_segment(_given, _shown))


@case("saveSegment", "InvalidInput", "a circle of segments")
async def _circle(desk: Desk) -> Case:
    first = (await desk.admin.done("saveSegment", SAVED, **SEGMENT))["segment"]
    rule = {"or": [{"isHidden": True}, {"segmentId": first["id"]}]}
    second = (await desk.admin.done("saveSegment", SAVED, name="More", filter=rule))["segment"]
    back = {"and": [{"isHidden": False}, {"segmentId": second["id"]}]}
    given = {"segmentId": first["id"], "filter": back}
    return Case(desk.admin, given, problem("filter.and.1.segmentId", "CYCLE"))


@case("saveAutomation", "Forbidden")
async def _rule_by_an_agent(desk: Desk) -> Case:
    return Case(await desk.other(), RULE, {"permission": "CONFIGURE_AUTOMATIONS"})


@case("saveAutomation", "NotFound")
async def _unknown_rule(desk: Desk) -> Case:
    rule_id = f"automation_{NOBODYS}"
    return Case(desk.admin, {**RULE, "automationId": rule_id}, {"id": rule_id})


@case("saveAutomation", "Limit")
async def _a_rule_too_many(desk: Desk) -> Case:
    await desk.add(*(_rule_row(desk, number) for number in range(200)))
    return Case(desk.admin, RULE, {"limit": 200, "retryAfter": None})


@case("saveAutomation", "Conflict")
async def _stale_rule(desk: Desk) -> Case:
    made = (await desk.admin.done("saveAutomation", "automation { id version }", **RULE))[
        "automation"
    ]
    given = {"automationId": made["id"], "expectedVersion": made["version"], "isEnabled": False}
    await desk.admin.done("saveAutomation", **given)
    return Case(desk.admin, {**given, "isEnabled": True}, {"conflictReason": "STALE_VERSION"})


ODD_RULES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a new rule without a name": ({"name": None}, problem("name", "REQUIRED")),
    "a new rule without a trigger": ({"trigger": None}, problem("trigger", "REQUIRED")),
    "no action": ({"actions": []}, problem("actions", "REQUIRED")),
    "too many actions": (
        {"actions": [{"addTags": ["a"]}] * 11}, problem("actions", "TOO_LARGE"),
    ),
    "a trigger that is false": (
        {"trigger": {"assigned": False}}, problem("trigger.assigned", "CONTRADICTION"),
    ),
    "a state that is not there": (
        {"trigger": {"stateEntered": {"toStateId": f"state_{NOBODYS}"}}},
        problem("trigger.stateEntered.toStateId", "UNKNOWN"),
    ),
    "a kind of event that is not there": (
        {"trigger": {"eventKindId": f"eventkind_{NOBODYS}"}},
        problem("trigger.eventKindId", "UNKNOWN"),
    ),
    "a path that is not there": (
        {"trigger": {"fieldChanged": "property:nose"}}, problem("trigger.fieldChanged", "UNKNOWN"),
    ),
    "a person that is not there": (
        {"actions": [{"assignToId": f"staff_{NOBODYS}"}]},
        problem("actions.0.assignToId", "UNKNOWN"),
    ),
    "one person in turn": (
        {"actions": [{"assignInTurnToIds": [f"staff_{NOBODYS}"]}]},
        problem("actions.0.assignInTurnToIds", "MALFORMED"),
    ),
    "a field that is not there": (
        {"actions": [{"setProperty": {"fieldKey": "nose", "value": {"text": "x"}}}]},
        problem("actions.0.setProperty.fieldKey", "UNKNOWN"),
    ),
    "a value of another type": (
        {"actions": [{"setProperty": {"fieldKey": "birthday", "value": {"text": "x"}}}]},
        problem("actions.0.setProperty.value", "WRONG_TYPE"),
    ),
    "a task after no time": (
        {"actions": [{"addTask": {"title": "x", "dueAfter": {"amount": 0, "unit": "DAY"}}}]},
        problem("actions.0.addTask.dueAfter.amount", "TOO_SMALL"),
    ),
    "an unknown variable": (
        {"actions": [{"notify": {"text": "{{lead.password}}"}}]},
        problem("actions.0.notify.text", "UNKNOWN"),
    ),
    "a channel that rules can't use": (
        {"actions": [{"sendMessage": {"channel": "POPUP", "text": "Hello"}}]},
        problem("actions.0.sendMessage.channel", "UNKNOWN"),
    ),
    "a webhook that is not there": (
        {"actions": [{"callWebhookId": f"webhook_{NOBODYS}"}]},
        problem("actions.0.callWebhookId", "UNKNOWN"),
    ),
    "a place before the first": ({"position": -1}, problem("position", "TOO_SMALL")),
    "a condition about who asks": (
        {"condition": {"assignee": {"isMe": True}}}, problem("condition", "CONTRADICTION"),
    ),
    "a condition that is too large": (
        {"condition": {"and": [{"isAnonymous": True}] * 101}},
        problem("condition.and", "TOO_LARGE"),
    ),
}  # fmt: skip


def _odd_rule(change: dict[str, Any], told: dict[str, Any]) -> Arrange:
    async def build(desk: Desk) -> Case:
        return Case(desk.admin, {**RULE, **change}, told)

    return build


for _name, (_change, _told) in ODD_RULES.items():
    case("saveAutomation", "InvalidInput", _name)(_odd_rule(_change, _told))


@case("saveAutomation", "InvalidInput", "a name that is taken")
async def _rule_with_a_taken_name(desk: Desk) -> Case:
    await desk.admin.done("saveAutomation", **RULE)
    return Case(desk.admin, {**RULE, "name": "GREET"}, problem("name", "TAKEN"))


@case("removeAutomation", "InvalidInput")
async def _removal_of_no_rule(desk: Desk) -> Case:
    given = {"automationId": f"note_{NOBODYS}"}
    return Case(desk.admin, given, problem("automationId", "MALFORMED"))


@case("removeAutomation", "NotFound")
async def _removal_of_a_removed_rule(desk: Desk) -> Case:
    row = _rule_row(desk, 1)
    row.removed_at = desk.clock.now()
    await desk.add(row)
    rule_id = encode_id("automation", row.id)
    return Case(desk.admin, {"automationId": rule_id}, {"id": rule_id})


@case("removeAutomation", "Forbidden")
async def _removal_of_a_rule_by_an_agent(desk: Desk) -> Case:
    row = _rule_row(desk, 1)
    await desk.add(row)
    given = {"automationId": encode_id("automation", row.id)}
    return Case(await desk.other(), given, {"permission": "CONFIGURE_AUTOMATIONS"})


@case("retryAutomationRun", "InvalidInput")
async def _retry_of_no_run(desk: Desk) -> Case:
    return Case(desk.admin, {"runId": f"note_{NOBODYS}"}, problem("runId", "MALFORMED"))


@case("retryAutomationRun", "NotFound")
async def _retry_of_an_unknown_run(desk: Desk) -> Case:
    run_id = f"automation_run_{NOBODYS}"
    return Case(desk.admin, {"runId": run_id}, {"id": run_id})


@case("retryAutomationRun", "Forbidden")
async def _retry_of_a_run_by_an_agent(desk: Desk) -> Case:
    rule = _rule_row(desk, 1)
    await desk.add(rule)
    run = AutomationRun(
        automation_id=rule.id, lead_id=desk.lead_id, revision=1, change_id=new_id(), position=1,
        depth=1, at=desk.clock.now(), outcome=RunOutcome.FAILED,
    )  # fmt: skip
    await desk.add(run)
    given = {"runId": encode_id("automation_run", run.id)}
    return Case(await desk.other(), given, {"permission": "CONFIGURE_AUTOMATIONS"})


WEBHOOK: dict[str, Any] = {"url": "https://hooks.example/in", "types": ["STATE"]}


async def _webhook(desk: Desk) -> dict[str, Any]:
    made = await desk.admin.done("saveWebhook", "webhook { id version }", **WEBHOOK)
    webhook: dict[str, Any] = made["webhook"]
    return webhook


@case("saveWebhook", "Forbidden")
async def _webhook_by_a_manager(desk: Desk) -> Case:
    return Case(await desk.other(StaffRole.MANAGER), WEBHOOK, {"permission": "ADMINISTER"})


@case("saveWebhook", "NotFound")
async def _removed_webhook(desk: Desk) -> Case:
    webhook_id = (await _webhook(desk))["id"]
    await desk.admin.done("removeWebhook", webhookId=webhook_id)
    return Case(desk.admin, {**WEBHOOK, "webhookId": webhook_id}, {"id": webhook_id})


@case("saveWebhook", "Limit")
async def _a_webhook_too_many(desk: Desk) -> Case:
    await desk.add(*(Webhook(url=WEBHOOK["url"], types=[], secret=b"x") for _ in range(50)))
    return Case(desk.admin, WEBHOOK, {"limit": 50, "retryAfter": None})


@case("saveWebhook", "Conflict")
async def _stale_webhook(desk: Desk) -> Case:
    made = await _webhook(desk)
    given = {**WEBHOOK, "webhookId": made["id"], "expectedVersion": made["version"]}
    await desk.admin.done("saveWebhook", **{**given, "types": []})
    return Case(desk.admin, given, {"conflictReason": "STALE_VERSION"})


@case("saveWebhook", "Conflict", "a key that was used for another one")
async def _webhook_with_a_used_key(desk: Desk) -> Case:
    given = {**WEBHOOK, "idempotencyKey": "first"}
    await desk.admin.done("saveWebhook", **{**given, "types": []})
    return Case(desk.admin, given, {"conflictReason": "KEY_REUSED"})


BAD_URLS = {
    "plain http": "http://hooks.example/in",
    "another port": "https://hooks.example:22/in",
    "credentials": "https://ada:secret@hooks.example/in",
    "no address": "hooks.example",
}


def _bad_url(url: str) -> Arrange:
    async def build(desk: Desk) -> Case:
        return Case(desk.admin, {**WEBHOOK, "url": url}, problem("url", "MALFORMED"))

    return build


for _name, _url in BAD_URLS.items():
    case("saveWebhook", "InvalidInput", _name)(_bad_url(_url))


@case("removeWebhook", "InvalidInput")
async def _removal_of_no_webhook(desk: Desk) -> Case:
    given = {"webhookId": f"note_{NOBODYS}"}
    return Case(desk.admin, given, problem("webhookId", "MALFORMED"))


@case("removeWebhook", "NotFound")
async def _removal_of_an_unknown_webhook(desk: Desk) -> Case:
    given = {"webhookId": f"webhook_{NOBODYS}"}
    return Case(desk.admin, given, {"id": f"webhook_{NOBODYS}"})


@case("removeWebhook", "Forbidden")
async def _removal_of_a_webhook_by_a_manager(desk: Desk) -> Case:
    given = {"webhookId": (await _webhook(desk))["id"]}
    return Case(await desk.other(StaffRole.MANAGER), given, {"permission": "ADMINISTER"})


@case("testWebhook", "InvalidInput")
async def _test_of_something_else(desk: Desk) -> Case:
    given = {"webhookId": f"note_{NOBODYS}"}
    return Case(desk.admin, given, problem("webhookId", "MALFORMED"))


@case("testWebhook", "NotFound")
async def _test_of_an_unknown_webhook(desk: Desk) -> Case:
    given = {"webhookId": f"webhook_{NOBODYS}"}
    return Case(desk.admin, given, {"id": f"webhook_{NOBODYS}"})


@case("testWebhook", "Forbidden")
async def _test_by_a_manager(desk: Desk) -> Case:
    given = {"webhookId": (await _webhook(desk))["id"]}
    return Case(await desk.other(StaffRole.MANAGER), given, {"permission": "ADMINISTER"})


@case("testWebhook", "Limit")
async def _a_test_too_many(desk: Desk) -> Case:
    given = {"webhookId": (await _webhook(desk))["id"]}
    for _ in range(TEST_WEBHOOK.amount):
        await desk.admin.done("testWebhook", **given)
    return Case(desk.admin, given, {"limit": TEST_WEBHOOK.amount})


@case("resendWebhookDelivery", "InvalidInput")
async def _delivery_of_another_kind(desk: Desk) -> Case:
    given = {"deliveryId": f"note_{NOBODYS}"}
    return Case(desk.admin, given, problem("deliveryId", "MALFORMED"))


@case("resendWebhookDelivery", "NotFound")
async def _unknown_delivery(desk: Desk) -> Case:
    given = {"deliveryId": f"webhook_delivery_{NOBODYS}"}
    return Case(desk.admin, given, {"id": f"webhook_delivery_{NOBODYS}"})


@case("resendWebhookDelivery", "Forbidden")
async def _delivery_by_a_manager(desk: Desk) -> Case:
    webhook_id = decode_id("webhook", (await _webhook(desk))["id"])
    row = WebhookDelivery(
        webhook_id=webhook_id, lead_id=desk.lead_id, revision=1, created_at=desk.clock.now()
    )
    await desk.add(row)
    given = {"deliveryId": encode_id("webhook_delivery", row.id)}
    return Case(await desk.other(StaffRole.MANAGER), given, {"permission": "ADMINISTER"})


KIND = {"name": "Showing held", "icon": "home", "isQuick": True}


@case("saveEventKind", "InvalidInput")
async def _kind_with_a_taken_name(desk: Desk) -> Case:
    return Case(desk.admin, {**KIND, "name": "phone CALL"}, problem("name", "TAKEN"))


@case("saveEventKind", "Forbidden")
async def _kind_by_a_manager(desk: Desk) -> Case:
    return Case(await desk.other(StaffRole.MANAGER), KIND, {"permission": "ADMINISTER"})


@case("saveEventKind", "NotFound")
async def _kind_that_is_not_there(desk: Desk) -> Case:
    given = {**KIND, "kindId": f"eventkind_{NOBODYS}"}
    return Case(desk.admin, given, {"id": f"eventkind_{NOBODYS}"})


@case("saveEventKind", "Conflict")
async def _stale_kind(desk: Desk) -> Case:
    kind = (await desk.admin.done("saveEventKind", "kind { id version }", **KIND))["kind"]
    given = {**KIND, "kindId": kind["id"], "expectedVersion": kind["version"]}
    await desk.admin.done("saveEventKind", **{**given, "name": "Tour"})
    return Case(desk.admin, given, {"conflictReason": "STALE_VERSION", "conflicts": []})


@case("saveEventKind", "Limit")
async def _a_button_too_many(desk: Desk) -> Case:
    await desk.add(
        *(
            EventKind(name=f"x{n}", name_key=f"x{n}", icon="star", is_quick=True, position=n)
            for n in range(12)
        )
    )
    return Case(desk.admin, KIND, {"limit": 12, "retryAfter": None})


# --- signing in ----------------------------------------------------------------------------------


@case("signIn", "Precondition")
async def _unknown_account(desk: Desk) -> Case:
    given = {"emailAddress": "nobody@team.example", "password": "whatever it is"}
    return Case(Client(desk.services), given, {"reason": "SIGN_IN_REFUSED"})


@case("signIn", "InvalidInput")
async def _no_password(desk: Desk) -> Case:
    given = {"emailAddress": "nobody@team.example", "password": ""}
    return Case(Client(desk.services), given, problem("password", "MALFORMED"))


@case("signIn", "Limit")
async def _too_many_guesses(desk: Desk) -> Case:
    client = Client(desk.services)
    given = {"emailAddress": "nobody@team.example", "password": ""}
    for _ in range(10):
        await client.write("signIn", **given)
    return Case(client, given, {"limit": 10, "retryAfter": ...})


# --- the team ------------------------------------------------------------------------------------

BO = {"name": "Bo Berg", "emailAddress": "bo@team.example", "role": "AGENT"}
OLD, NEW = PASSWORD, "another long password"


def _staff_id(client: Client) -> str:
    assert client.actor
    return encode_id("staff", client.actor.id)


@case("acceptInvitation", "InvalidInput")
async def _short_password(desk: Desk) -> Case:
    given = {"token": "invitation_x", "password": "too short"}
    return Case(Client(desk.services), given, problem("password", "TOO_SMALL"))


@case("acceptInvitation", "Precondition")
async def _no_invitation(desk: Desk) -> Case:
    given = {"token": "invitation_x", "password": NEW}
    return Case(Client(desk.services), given, {"reason": "TOKEN_INVALID"})


@case("acceptInvitation", "Limit")
async def _too_many_links(desk: Desk) -> Case:
    given = {"token": "invitation_x", "password": NEW}
    client = _SameAddress(desk.services)
    for _ in range(30):
        await client.write("acceptInvitation", **given)
    return Case(client, given, {"limit": 30, "retryAfter": ...})


@case("changePassword", "InvalidInput")
async def _long_password(desk: Desk) -> Case:
    given = {"currentPassword": OLD, "newPassword": "x" * 257}
    return Case(desk.admin, given, problem("newPassword", "TOO_LARGE"))


@case("changePassword", "Precondition")
async def _not_the_password(desk: Desk) -> Case:
    given = {"currentPassword": NEW, "newPassword": NEW}
    return Case(desk.admin, given, {"reason": "SIGN_IN_REFUSED"})


@case("changePassword", "Limit")
async def _too_many_passwords(desk: Desk) -> Case:
    given = {"currentPassword": NEW, "newPassword": NEW}
    for _ in range(10):
        await desk.admin.write("changePassword", **given)
    return Case(desk.admin, {**given, "currentPassword": OLD}, {"limit": 10, "retryAfter": ...})


@case("endSession", "InvalidInput")
async def _no_session_id(desk: Desk) -> Case:
    return Case(desk.admin, {"sessionId": "session_x"}, problem("sessionId", "MALFORMED"))


@case("endSession", "NotFound")
async def _unknown_session(desk: Desk) -> Case:
    given = {"sessionId": f"session_{NOBODYS}"}
    return Case(desk.admin, given, {"id": f"session_{NOBODYS}"})


@case("changePreferences", "InvalidInput", "a zone that is none")
async def _odd_zone(desk: Desk) -> Case:
    given = {"language": "de", "timeZone": "Europe/Nowhere"}
    return Case(desk.admin, given, problem("timeZone", "UNKNOWN"))


@case("changePreferences", "InvalidInput", "a language that is none")
async def _odd_language(desk: Desk) -> Case:
    return Case(desk.admin, {"language": "de_AT"}, problem("language", "MALFORMED"))


@case("changePreferences", "Conflict")
async def _stale_preferences(desk: Desk) -> Case:
    data = await desk.admin.read("{ me { preferences { version } } }")
    await desk.admin.done("changePreferences", language="de")
    given = {"language": "fr", "expectedVersion": data["me"]["preferences"]["version"]}
    return Case(desk.admin, given, {"conflictReason": "STALE_VERSION", "conflicts": []})


@case("inviteStaff", "InvalidInput")
async def _invited_nowhere(desk: Desk) -> Case:
    return Case(desk.admin, {**BO, "emailAddress": "bo"}, problem("emailAddress", "MALFORMED"))


@case("inviteStaff", "Forbidden")
async def _invited_by_a_manager(desk: Desk) -> Case:
    return Case(await desk.other(StaffRole.MANAGER), BO, {"permission": "ADMINISTER"})


@case("inviteStaff", "NotFound")
async def _invited_into_an_unknown_team(desk: Desk) -> Case:
    given = {**BO, "teamId": f"team_{NOBODYS}"}
    return Case(desk.admin, given, {"id": f"team_{NOBODYS}"})


@case("inviteStaff", "Conflict")
async def _invited_twice(desk: Desk) -> Case:
    address = (await desk.admin.read("{ me { staff { emailAddress } } }"))["me"]["staff"]
    return Case(desk.admin, {**BO, **address}, {"conflictReason": "DUPLICATE"})


@case("updateStaff", "InvalidInput")
async def _nameless(desk: Desk) -> Case:
    given = {"staffId": _staff_id(desk.admin), "name": " "}
    return Case(desk.admin, given, problem("name", "REQUIRED"))


@case("updateStaff", "Forbidden")
async def _promoted_by_oneself(desk: Desk) -> Case:
    agent = await desk.other()
    given = {"staffId": _staff_id(agent), "role": "ADMIN"}
    return Case(agent, given, {"permission": "ADMINISTER"})


@case("updateStaff", "InvalidInput", "an address that is none")
async def _odd_sign_in_address(desk: Desk) -> Case:
    given = {"staffId": _staff_id(desk.admin), "emailAddress": "ada"}
    return Case(desk.admin, given, problem("emailAddress", "MALFORMED"))


@case("updateStaff", "Forbidden", "one's own address")
async def _readdressed_by_oneself(desk: Desk) -> Case:
    agent = await desk.other()
    given = {"staffId": _staff_id(agent), "emailAddress": "new@team.example"}
    return Case(agent, given, {"permission": "ADMINISTER"})


@case("updateStaff", "Conflict", "an address of somebody else")
async def _address_of_a_colleague(desk: Desk) -> Case:
    address = (await desk.admin.read("{ me { staff { emailAddress } } }"))["me"]["staff"]
    given = {"staffId": _staff_id(await desk.other()), **address}
    return Case(desk.admin, given, {"conflictReason": "DUPLICATE"})


@case("updateStaff", "NotFound")
async def _unknown_person(desk: Desk) -> Case:
    given = {"staffId": f"staff_{NOBODYS}", "role": "ADMIN"}
    return Case(desk.admin, given, {"id": f"staff_{NOBODYS}"})


@case("updateStaff", "Precondition")
async def _last_admin(desk: Desk) -> Case:
    given = {"staffId": _staff_id(desk.admin), "role": "AGENT"}
    return Case(desk.admin, given, {"reason": "LAST_ADMIN"})


@case("updateStaff", "Conflict")
async def _stale_person(desk: Desk) -> Case:
    person = {"staffId": _staff_id(await desk.other())}
    made = await desk.admin.done("updateStaff", "staff { version }", **person, role="MANAGER")
    await desk.admin.done("updateStaff", **person, name="Bea Brandt")
    given = {**person, "role": "AGENT", "expectedVersion": made["staff"]["version"]}
    return Case(desk.admin, given, {"conflictReason": "STALE_VERSION", "conflicts": []})


# --- portal accounts -----------------------------------------------------------------------------


@case("createLeadAccount", "InvalidInput", "an address of another lead")
async def _account_elsewhere(desk: Desk) -> Case:
    given = {**desk.on(), "emailAddressId": f"address_{NOBODYS}", "idempotencyKey": key()}
    return Case(desk.admin, given, problem("emailAddressId", "UNKNOWN"))


@case("createLeadAccount", "InvalidInput", "an address that is none")
async def _account_without_mail(desk: Desk) -> Case:
    made = await desk.admin.done(
        "addEmailAddress", "lead { emailAddresses { id } }", **desk.on(), address="lena at home"
    )
    entry = made["lead"]["emailAddresses"][-1]["id"]
    given = {**desk.on(), "emailAddressId": entry, "idempotencyKey": key()}
    return Case(desk.admin, given, problem("emailAddressId", "UNKNOWN"))


@case("createLeadAccount", "Conflict", "a second account")
async def _second_account(desk: Desk) -> Case:
    given = await desk.act("createLeadAccount")
    await desk.admin.done("createLeadAccount", **given)
    expected = {"conflictReason": "DUPLICATE", "existingId": lead(desk.lead_id)}
    return Case(desk.admin, {**given, "idempotencyKey": key()}, expected)


@case("createLeadAccount", "Conflict", "a key that was used with another body")
async def _account_by_an_old_key(desk: Desk) -> Case:
    given = await desk.act("createLeadAccount")
    await desk.admin.done("createLeadAccount", **given)
    given["emailAddressId"] = f"address_{NOBODYS}"
    return Case(desk.admin, given, {"conflictReason": "KEY_REUSED"})


@case("resetLeadPassword", "Precondition", "no account")
async def _no_account(desk: Desk) -> Case:
    given = {**desk.on(), "idempotencyKey": key()}
    return Case(desk.admin, given, {"reason": "NO_ACCOUNT"})


@case("resetLeadPassword", "Precondition", "a password that was shown")
async def _shown_before(desk: Desk) -> Case:
    given = await desk.act("resetLeadPassword")
    await desk.admin.done("resetLeadPassword", **given)
    return Case(desk.admin, given, {"reason": "SECRET_SHOWN"})


@case("resetLeadPassword", "Conflict", "a key that was used with another body")
async def _reset_by_an_old_key(desk: Desk) -> Case:
    used = {**await desk.act("createLeadAccount")}
    await desk.admin.done("createLeadAccount", **used)
    given = {**desk.on(), "idempotencyKey": used["idempotencyKey"]}
    return Case(desk.admin, given, {"conflictReason": "KEY_REUSED"})


@case("resetLeadPassword", "Limit")
async def _one_reset_too_many(desk: Desk) -> Case:
    await desk.account()
    for _ in range(RESET_LEAD_PASSWORD.amount):
        await desk.admin.done("resetLeadPassword", **desk.on(), idempotencyKey=key())
    given = {**desk.on(), "idempotencyKey": key()}
    return Case(desk.admin, given, {"limit": RESET_LEAD_PASSWORD.amount, "retryAfter": ...})


# --- teams ---------------------------------------------------------------------------------------

WEST: dict[str, Any] = {"name": "West", "managerIds": [], "memberIds": []}


@case("saveTeam", "Forbidden")
async def _team_of_a_manager(desk: Desk) -> Case:
    return Case(await desk.other(StaffRole.MANAGER), WEST, {"permission": "ADMINISTER"})


@case("saveTeam", "NotFound")
async def _unknown_team(desk: Desk) -> Case:
    given = {**WEST, "teamId": f"team_{NOBODYS}"}
    return Case(desk.admin, given, {"id": f"team_{NOBODYS}"})


@case("saveTeam", "InvalidInput", "a member who is not there")
async def _unknown_member(desk: Desk) -> Case:
    given = {**WEST, "memberIds": [_staff_id(desk.admin), f"staff_{NOBODYS}"]}
    return Case(desk.admin, given, problem("memberIds.1", "UNKNOWN"))


@case("saveTeam", "InvalidInput", "no name")
async def _nameless_team(desk: Desk) -> Case:
    return Case(desk.admin, {**WEST, "name": " "}, problem("name", "REQUIRED"))


@case("saveTeam", "InvalidInput", "too many managers")
async def _too_many_managers(desk: Desk) -> Case:
    given = {**WEST, "managerIds": [f"staff_{NOBODYS}"] * 201}
    return Case(desk.admin, given, problem("managerIds", "TOO_LARGE"))


@case("saveTeam", "Conflict", "the name of another")
async def _team_twice(desk: Desk) -> Case:
    made = await desk.admin.done("saveTeam", "team { id }", **WEST)
    expected = {"conflictReason": "DUPLICATE", "existingId": made["team"]["id"]}
    return Case(desk.admin, {**WEST, "name": "WEST"}, expected)


@case("saveTeam", "Conflict", "an older version")
async def _stale_team(desk: Desk) -> Case:
    made = (await desk.admin.done("saveTeam", "team { id version }", **WEST))["team"]
    whole = {**WEST, "teamId": made["id"], "name": "East"}
    await desk.admin.done("saveTeam", **whole)
    given = {**whole, "name": "North", "expectedVersion": made["version"]}
    return Case(desk.admin, given, {"conflictReason": "STALE_VERSION", "conflicts": []})


@case("saveTeam", "Limit")
async def _team_too_many(desk: Desk) -> Case:
    await desk.add(*(Team(name=f"T{n}", name_key=f"t{n}") for n in range(200)))
    return Case(desk.admin, WEST, {"limit": 200, "retryAfter": None})


@case("updateStaff", "NotFound", "a team that is not there")
async def _into_an_unknown_team(desk: Desk) -> Case:
    given = {"staffId": _staff_id(desk.admin), "teamId": f"team_{NOBODYS}"}
    return Case(desk.admin, given, {"id": f"team_{NOBODYS}"})


# --- notifications -------------------------------------------------------------------------------


@case("markNotificationsRead", "InvalidInput", "an id of something else")
async def _read_a_lead(desk: Desk) -> Case:
    given = {"notificationIds": [lead(desk.lead_id)]}
    return Case(desk.admin, given, problem("notificationIds.0", "MALFORMED"))


@case("markNotificationsRead", "InvalidInput", "too many at once")
async def _read_too_many(desk: Desk) -> Case:
    given = {"notificationIds": [f"notification_{NOBODYS}"] * 101}
    return Case(desk.admin, given, problem("notificationIds", "TOO_LARGE"))


# --- authenticators ------------------------------------------------------------------------------


async def _with_totp(desk: Desk, client: Client) -> str:
    """Turns an authenticator on; the code that did it."""
    made = await client.done("startTotp", "otpauthUrl", currentPassword=PASSWORD)
    code = code_of(made["otpauthUrl"], desk.clock)
    await client.done("confirmTotp", totpCode=code)
    return code


@case("startTotp", "InvalidInput")
async def _start_without_password(desk: Desk) -> Case:
    return Case(desk.admin, {"currentPassword": ""}, problem("currentPassword", "MALFORMED"))


@case("startTotp", "Precondition", "a wrong password")
async def _start_with_wrong_password(desk: Desk) -> Case:
    return Case(desk.admin, {"currentPassword": NEW}, {"reason": "SIGN_IN_REFUSED"})


@case("startTotp", "Precondition", "one that is on")
async def _start_again(desk: Desk) -> Case:
    await _with_totp(desk, desk.admin)
    return Case(desk.admin, {"currentPassword": OLD}, {"reason": "TOTP_ON"})


@case("startTotp", "Limit")
async def _too_many_starts(desk: Desk) -> Case:
    for _ in range(10):
        await desk.admin.write("startTotp", currentPassword=NEW)
    return Case(desk.admin, {"currentPassword": OLD}, {"limit": 10, "retryAfter": ...})


@case("confirmTotp", "InvalidInput")
async def _no_code(desk: Desk) -> Case:
    return Case(desk.admin, {"totpCode": "12 34"}, problem("totpCode", "MALFORMED"))


@case("confirmTotp", "Precondition", "without a start")
async def _confirm_nothing(desk: Desk) -> Case:
    return Case(desk.admin, {"totpCode": "123456"}, {"reason": "TOTP_OFF"})


@case("confirmTotp", "Precondition", "a wrong code")
async def _confirm_wrongly(desk: Desk) -> Case:
    made = await desk.admin.done("startTotp", "otpauthUrl", currentPassword=PASSWORD)
    right = int(code_of(made["otpauthUrl"], desk.clock))
    wrong = f"{(right + 1) % 1_000_000:06}"
    return Case(desk.admin, {"totpCode": wrong}, {"reason": "TOTP_NEEDED"})


@case("confirmTotp", "Precondition", "one that is on")
async def _confirm_again(desk: Desk) -> Case:
    await _with_totp(desk, desk.admin)
    return Case(desk.admin, {"totpCode": "123456"}, {"reason": "TOTP_ON"})


@case("confirmTotp", "Limit")
async def _too_many_codes(desk: Desk) -> Case:
    for _ in range(10):
        await desk.admin.write("confirmTotp", totpCode="123456")
    return Case(desk.admin, {"totpCode": "123456"}, {"limit": 10, "retryAfter": ...})


@case("removeTotp", "InvalidInput")
async def _remove_without_password(desk: Desk) -> Case:
    given = {"currentPassword": "x" * 257}
    return Case(desk.admin, given, problem("currentPassword", "MALFORMED"))


@case("removeTotp", "Precondition", "a wrong password")
async def _remove_with_wrong_password(desk: Desk) -> Case:
    await _with_totp(desk, desk.admin)
    return Case(desk.admin, {"currentPassword": NEW}, {"reason": "SIGN_IN_REFUSED"})


@case("removeTotp", "Precondition", "one that is off")
async def _remove_nothing(desk: Desk) -> Case:
    return Case(desk.admin, {"currentPassword": OLD}, {"reason": "TOTP_OFF"})


@case("removeTotp", "Limit")
async def _too_many_removals(desk: Desk) -> Case:
    for _ in range(10):
        await desk.admin.write("removeTotp", currentPassword=NEW)
    return Case(desk.admin, {"currentPassword": OLD}, {"limit": 10, "retryAfter": ...})


@case("removeStaffTotp", "InvalidInput")
async def _remove_the_own(desk: Desk) -> Case:
    given = {"staffId": _staff_id(desk.admin)}
    return Case(desk.admin, given, problem("staffId", "CONTRADICTION"))


@case("removeStaffTotp", "Forbidden")
async def _remove_as_manager(desk: Desk) -> Case:
    given = {"staffId": _staff_id(desk.admin)}
    return Case(await desk.other(StaffRole.MANAGER), given, {"permission": "ADMINISTER"})


@case("removeStaffTotp", "NotFound")
async def _remove_from_nobody(desk: Desk) -> Case:
    given = {"staffId": f"staff_{NOBODYS}"}
    return Case(desk.admin, given, {"id": f"staff_{NOBODYS}"})


@case("removeStaffTotp", "Precondition")
async def _remove_what_is_not_there(desk: Desk) -> Case:
    given = {"staffId": _staff_id(await desk.other())}
    return Case(desk.admin, given, {"reason": "TOTP_OFF"})


# --- API tokens ----------------------------------------------------------------------------------

TOKEN = {"name": "Importer", "scopes": ["READ_LEADS", "WRITE_LEADS"]}


@case("createApiToken", "InvalidInput", "that is for nothing")
async def _token_for_nothing(desk: Desk) -> Case:
    return Case(desk.admin, {**TOKEN, "scopes": []}, problem("scopes", "REQUIRED"))


@case("createApiToken", "InvalidInput", "that writes to leads that it can't see")
async def _blind_token(desk: Desk) -> Case:
    given = {**TOKEN, "scopes": ["WRITE_LEADS", "CONFIGURE"]}
    return Case(desk.admin, given, problem("scopes", "CONTRADICTION"))


@case("createApiToken", "InvalidInput", "that has ended already")
async def _old_token(desk: Desk) -> Case:
    given = {**TOKEN, "expiresAt": desk.clock.now().isoformat()}
    return Case(desk.admin, given, problem("expiresAt", "TOO_SMALL"))


@case("createApiToken", "Forbidden", "beyond the owner's role")
async def _token_above_its_owner(desk: Desk) -> Case:
    given = {**TOKEN, "scopes": ["READ_LEADS", "CONFIGURE"]}
    return Case(await desk.other(), given, {"permission": "CONFIGURE_CARD"})


@case("createApiToken", "Forbidden", "an integration of a manager")
async def _integration_of_a_manager(desk: Desk) -> Case:
    manager = await desk.other(StaffRole.MANAGER)
    return Case(manager, {**TOKEN, "isPersonal": False}, {"permission": "ADMINISTER"})


@case("createApiToken", "Conflict")
async def _two_tokens_of_one_name(desk: Desk) -> Case:
    await desk.admin.done("createApiToken", **TOKEN)
    return Case(desk.admin, TOKEN, {"conflictReason": "DUPLICATE"})


@case("createApiToken", "Limit")
async def _a_token_too_many(desk: Desk) -> Case:
    assert desk.admin.actor
    rows = [
        ApiToken(
            owner_id=desk.admin.actor.id,
            name=str(number),
            is_personal=True,
            scopes=["READ_LEADS"],
            token_hash=uuid4().bytes,
            created_at=desk.clock.now(),
        )
        for number in range(100)
    ]
    await desk.add(*rows)
    return Case(desk.admin, TOKEN, {"limit": 100, "retryAfter": None})


@case("revokeApiToken", "InvalidInput")
async def _no_token_id(desk: Desk) -> Case:
    return Case(desk.admin, {"apiTokenId": "token_x"}, problem("apiTokenId", "MALFORMED"))


@case("revokeApiToken", "NotFound")
async def _unknown_token(desk: Desk) -> Case:
    given = {"apiTokenId": f"api_token_{NOBODYS}"}
    return Case(desk.admin, given, {"id": f"api_token_{NOBODYS}"})


# --- the visitor's side --------------------------------------------------------------------------

BEAT = {"pageKey": "page-0001", "isVisible": True}


@case("startVisit", "NotFound", "an unknown site")
async def _visit_of_nothing(desk: Desk) -> Case:
    given = {"siteKey": "nothing", "page": {"url": "https://shop.example"}}
    return Case(Client(desk.services), given, {"id": "nothing"})


@case("startVisit", "NotFound", "a page of another origin")
async def _visit_from_elsewhere(desk: Desk) -> Case:
    given = {"siteKey": desk.site_key, "page": {"url": "https://shop.example"}}
    return Case(Client(desk.services, origin="https://evil.example"), given, {})


@case("startVisit", "InvalidInput")
async def _visit_of_a_strange_page(desk: Desk) -> Case:
    given = {"siteKey": desk.site_key, "page": {"url": "https://elsewhere.example/"}}
    return Case(Client(desk.services), given, problem("page.url", "UNKNOWN"))


@case("startVisit", "Limit")
async def _too_many_visits(desk: Desk) -> Case:
    given = {"siteKey": "nothing", "page": {"url": "https://shop.example"}}
    client = _SameAddress(desk.services)
    for _ in range(30):
        await client.write("startVisit", **given)
    return Case(client, given, {"limit": 30, "retryAfter": ...})


class _SameAddress(Client):
    def context(self) -> Any:
        context = super().context()
        context.client = "192.0.2.7"
        return context


@case("heartbeat", "InvalidInput")
async def _odd_page_key(desk: Desk) -> Case:
    return Case(desk.visitor, {**BEAT, "pageKey": "short"}, problem("pageKey", "MALFORMED"))


@case("heartbeat", "InvalidInput")
async def _page_of_elsewhere(desk: Desk) -> Case:
    given = {**BEAT, "page": {"url": "https://elsewhere.example/lamps"}}
    return Case(desk.visitor, given, problem("page.url", "UNKNOWN"))


@case("heartbeat", "Limit")
async def _too_many_pages(desk: Desk) -> Case:
    for number in range(32):
        await desk.visitor.done("heartbeat", **{**BEAT, "pageKey": f"page-{number:04}"})
    return Case(desk.visitor, {**BEAT, "pageKey": "page-more"}, {"limit": 32, "retryAfter": None})


@case("recordEvent", "InvalidInput")
async def _event_before_the_first(desk: Desk) -> Case:
    given = {"name": "Looked", "pageKey": "page-0001", "sequence": -1}
    return Case(desk.visitor, given, problem("sequence", "TOO_SMALL"))


@case("recordEvent", "Limit")
async def _too_many_events(desk: Desk) -> Case:
    given = {"name": "Looked", "pageKey": "short", "sequence": 0}
    for _ in range(60):
        await desk.visitor.write("recordEvent", **given)
    return Case(desk.visitor, given, {"limit": 60, "retryAfter": ...})


@case("identify", "InvalidInput", "a signature that does not hold")
async def _forged(desk: Desk) -> Case:
    given = {
        "externalId": "customer-1",
        "expiresAt": "2026-03-02T10:00:00Z",
        "signature": "0" * 64,
    }
    return Case(desk.visitor, given, problem("signature", "MALFORMED"))


@case("identify", "InvalidInput", "an instant that is none")
async def _no_instant(desk: Desk) -> Case:
    given = {"externalId": "customer-1", "expiresAt": "soon", "signature": "0" * 64}
    return Case(desk.visitor, given, problem("expiresAt", "MALFORMED"))


@case("identify", "Limit")
async def _too_many_claims(desk: Desk) -> Case:
    given = {"externalId": "customer-1", "signature": "0"}
    for _ in range(5):
        await desk.visitor.write("identify", **given)
    return Case(desk.visitor, given, {"limit": 5, "retryAfter": ...})


@case("sendVisitorMessage", "InvalidInput")
async def _nothing_said(desk: Desk) -> Case:
    given = {"idempotencyKey": key(), "text": " \n "}
    return Case(desk.visitor, given, problem("text", "REQUIRED"))


@case("sendVisitorMessage", "Conflict")
async def _said_otherwise(desk: Desk) -> Case:
    given = {"idempotencyKey": key(), "text": "Hello"}
    await desk.visitor.done("sendVisitorMessage", **given)
    return Case(desk.visitor, {**given, "text": "Bye"}, {"conflictReason": "KEY_REUSED"})


@case("sendVisitorMessage", "Limit")
async def _too_talkative(desk: Desk) -> Case:
    given = {"idempotencyKey": key(), "text": ""}
    for _ in range(20):
        await desk.visitor.write("sendVisitorMessage", **given)
    return Case(desk.visitor, given, {"limit": 20, "retryAfter": ...})


@case("markVisitorMessagesRead", "NotFound")
async def _message_of_nobody(desk: Desk) -> Case:
    return Case(desk.visitor, {"messageId": f"message_{NOBODYS}"}, {"id": f"message_{NOBODYS}"})


@case("markVisitorMessagesRead", "InvalidInput")
async def _malformed_message(desk: Desk) -> Case:
    return Case(desk.visitor, {"messageId": "message_1"}, problem("messageId", "MALFORMED"))


@case("markVisitorMessagesRead", "Limit")
async def _too_many_receipts(desk: Desk) -> Case:
    given = {"messageId": f"message_{NOBODYS}", "isSeen": False, "isClicked": True}
    for _ in range(120):
        await desk.visitor.write("markVisitorMessagesRead", **given)
    return Case(desk.visitor, given, {"limit": 120, "retryAfter": ...})


@case("setVisitorTyping", "Limit")
async def _typing_without_end(desk: Desk) -> Case:
    for _ in range(60):
        await desk.visitor.write("setVisitorTyping", isTyping=True)
    return Case(desk.visitor, {"isTyping": True}, {"limit": 60, "retryAfter": ...})


# --- the tests -----------------------------------------------------------------------------------


@pytest.mark.behaviour("G2", "G10")
@pytest.mark.parametrize(
    ("mutation", "member", "name"), CASES, ids=[" ".join(case).strip() for case in CASES]
)
async def test_a_refusal_is_told_as_data_and_writes_nothing(
    desk: Desk, mutation: str, member: str, name: str
) -> None:
    await assert_refused(desk, mutation, member, await CASES[(mutation, member, name)](desk))


def test_every_member_of_every_result_has_a_case():
    members = {
        (name, member.name)
        for root, name, _ in root_fields()
        if root == "Mutation"
        for member in member_types(name)
        if not member.name.endswith("Success")
    }
    proven = {(mutation, member) for mutation, member, _ in CASES}
    proven |= {(mutation, member) for mutation in LEAD_ACTS for member in EVERY_ACT.values()}
    assert members - proven == UNREACHABLE
    assert proven <= members

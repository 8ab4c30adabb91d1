"""Leads: how they are made, listed, changed and told apart."""

from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from models.clock import ManualClock
from models.enums import StaffRole
from models.ids import encode_id
from models.staff import Staff
from resolvers.actors import SYSTEM
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from tests.client import Client, key, lead, nothing_written, staff_client, visitor_client
from tests.factories import make_lead

CARD = "query($id: ID!) { lead(id: $id) { %s } }"


async def card(client: Client, lead_id: str, parts: str) -> dict[str, Any]:
    data = await client.read(CARD % parts, id=lead_id)
    found: dict[str, Any] = data["lead"]
    return found


# --- making --------------------------------------------------------------------------------------


@pytest.mark.behaviour("A13", "A54", "A55")
async def test_a_new_lead_begins_in_the_first_state_with_its_history(admin: Client) -> None:
    made = await admin.done(
        "createLead",
        """lead { state { name kind } stateSince createdAt priority source { channel detail }
          person { firstName } emailAddresses { address isPrimary } phoneNumbers { number }
          tags { name } properties { key value { display } }
          history(first: 5) { nodes { type summary actor { name kind } via } } }""",
        idempotencyKey=key(),
        person={"firstName": "Nora", "lastName": "Nilsson"},
        emailAddresses=["Nora@Example.com"],
        phoneNumbers=["030 123456"],
        properties=[{"fieldKey": "rooms", "value": {"number": "3"}}],
        tags=["VIP"],
        sourceDetail="Fair",
    )
    found = made["lead"]
    assert found["displayName"] == "Nora Nilsson"
    assert found["state"] == {"name": "New", "kind": "OPEN"}
    assert found["stateSince"] == found["createdAt"]
    assert found["priority"] == "NORMAL"
    assert found["source"] == {"channel": "STAFF", "detail": "Fair"}
    assert found["emailAddresses"] == [{"address": "nora@example.com", "isPrimary": True}]
    assert found["phoneNumbers"] == [{"number": "+4930123456"}]
    assert found["tags"] == [{"name": "VIP"}]
    assert {"key": "rooms", "value": {"display": "3"}} in found["properties"]
    assert [change["__typename"] for change in made["changes"]] == ["LeadCreated"]
    assert found["history"]["nodes"] == [
        {
            "type": "LIFECYCLE",
            "summary": "Created the lead.",
            "actor": {"name": "Ada Ames", "kind": "STAFF"},
            "via": "APP",
        }
    ]


@pytest.mark.behaviour("G3")
async def test_a_repeated_key_answers_the_first_lead_and_writes_nothing(
    admin: Client, services: Services
) -> None:
    given = {"idempotencyKey": key(), "person": {"firstName": "Nora"}}
    first = await admin.done("createLead", **given)
    async with nothing_written(services):
        again = await admin.done("createLead", **given)
    assert again["lead"] == first["lead"]
    assert again["changes"] == []


async def test_an_agents_new_lead_is_the_agents_own(services: Services) -> None:
    agent = await staff_client(services, StaffRole.AGENT)
    made = await agent.done(
        "createLead", "lead { assignment { current { name } since past { to } } }",
        idempotencyKey=key(), person={},
    )  # fmt: skip
    assert made["lead"]["assignment"]["current"] == {"name": "Ada Ames"}
    assert made["lead"]["assignment"]["past"] == []


ODD_STATES: list[dict[str, Any]] = [{"stateId": None}, {"stateId": ""}, {}]


@pytest.mark.behaviour("A13")
async def test_a_state_is_never_left_to_a_default(admin: Client) -> None:
    for given in ODD_STATES:
        made = await admin.done("createLead", idempotencyKey=key(), person={})
        answer = await admin.run(
            "mutation($input: ChangeLeadStateInput!) { changeLeadState(input: $input) {"
            " __typename ... on InvalidInputError { problems { path code } } } }",
            input={"leadId": made["lead"]["id"], **given},
        )
        if given.get("stateId") == "":
            assert answer.data == {
                "changeLeadState": {
                    "__typename": "InvalidInputError",
                    "problems": [{"path": ["stateId"], "code": "MALFORMED"}],
                }
            }
        else:
            assert answer.codes == ["BAD_USER_INPUT"]


@pytest.mark.behaviour("A1")
async def test_a_lead_is_called_by_name_else_address_else_phone_else_visitor(
    admin: Client,
) -> None:
    async def name(**given: Any) -> str:
        made = await admin.done("createLead", idempotencyKey=key(), **given)
        return str(made["lead"]["displayName"])

    address, phone = ["kim@example.com"], ["+4930123456"]
    person = {"firstName": " Kim ", "lastName": None}
    assert await name(person=person, emailAddresses=address, phoneNumbers=phone) == "Kim"
    assert await name(person={"company": "Kim & Co"}, emailAddresses=address) == "Kim & Co"
    assert await name(emailAddresses=address, phoneNumbers=phone) == "kim@example.com"
    assert await name(phoneNumbers=phone) == "+4930123456"
    kind, _, rest = (await name()).partition(" ")
    assert (kind, len(rest)) == ("Visitor", 4)


@pytest.mark.behaviour("B44")
async def test_a_visitor_without_address_has_no_subscription(
    admin: Client, visitor: tuple[Client, Any]
) -> None:
    found = await card(
        admin,
        lead(visitor[1]),
        "isAnonymous primaryEmailAddress { address } emailSubscription { since } "
        "emailAddresses { id }",
    )
    assert found == {
        "isAnonymous": True,
        "primaryEmailAddress": None,
        "emailSubscription": None,
        "emailAddresses": [],
    }


# --- one card ------------------------------------------------------------------------------------


@pytest.mark.behaviour("A2", "G10")
async def test_a_card_says_what_one_may_do_and_an_unknown_one_is_null(
    admin: Client, services: Services
) -> None:
    lead_id = lead(await make_lead(services))
    found = await card(
        admin, lead_id, "id viewerCan { edit changeState assign sendMessage channels } url"
    )
    assert found["viewerCan"]["assign"] is True
    assert found["url"].endswith(lead_id)
    assert await card(admin, f"lead_{'0' * 32}", "id") is None
    for malformed in ("", "1", "lead_1", f"note_{'0' * 32}", f"lead_{'0' * 33}", "lead_\u0000"):
        assert await admin.refused(CARD % "id", id=malformed) == "BAD_USER_INPUT"


@pytest.mark.behaviour("B1", "B4")
async def test_one_type_of_card_answers_queries_snapshots_changes_and_conversations(
    admin: Client, visitor: tuple[Client, Any]
) -> None:
    parts = (
        "id displayName version presence { state } state { name } assignee { name } tags { name }"
    )
    made = await admin.done(
        "sendMessage",
        f"sentMessage {{ conversation {{ id }} }} lead {{ {parts} }}",
        leadId=lead(visitor[1]),
        channel="CHAT",
        text="Hi",
        idempotencyKey=key(),
    )
    queried = await card(admin, lead(visitor[1]), parts)
    data = await admin.read(
        f"query($id: ID!) {{ conversation(id: $id) {{ lead {{ {parts} }} }} "
        f"leads(first: 1) {{ nodes {{ {parts} }} }} }}",
        id=made["sentMessage"]["conversation"]["id"],
    )
    stream = admin.stream(
        "subscription($id: ID!) { leadCard(id: $id) { ... on LeadCardSnapshot { "
        f"lead {{ {parts} }} }} }} }}",
        id=lead(visitor[1]),
    )
    snapshot = await anext(stream)
    await stream.aclose()
    assert snapshot.data is not None
    assert queried == data["conversation"]["lead"] == data["leads"]["nodes"][0]
    assert queried == snapshot.data["leadCard"]["lead"]
    assert queried == {name: each for name, each in made["lead"].items() if name in queried}


TOO_MUCH: list[tuple[str, str]] = [
    ("{ " + "".join(f"a{n}: me {{ __typename }} " for n in range(11)) + "}", "rootFields"),
    ("{ me { staff { " + "".join(f"a{n}: name " for n in range(16)) + "} } }", "aliases"),
    ("{ leads(first: 100) { nodes { history(first: 100) { nodes { id } } } } }", "cost"),
    (
        "{ leads(first: 1) { nodes { "
        + "conversations(first: 1) { nodes { lead { " * 3
        + "id"
        + " } } }" * 3
        + " } } }",
        "depth",
    ),
]


@pytest.mark.behaviour("G9")
async def test_a_document_that_asks_for_too_much_is_refused_before_anything_runs(
    admin: Client, services: Services
) -> None:
    for document, limit in TOO_MUCH:
        async with nothing_written(services):
            answer = await admin.run(document)
        assert answer.codes == ["QUERY_TOO_COMPLEX"]
        assert answer.errors[0]["extensions"]["limit"] == limit
        assert answer.data is None


# --- changing ------------------------------------------------------------------------------------


@pytest.mark.behaviour("G1", "A55")
async def test_one_edit_of_many_fields_is_one_change_and_the_same_again_is_none(
    admin: Client, services: Services
) -> None:
    lead_id = lead(await make_lead(services))
    given = {
        "leadId": lead_id,
        "person": {"firstName": "Mia", "company": "Mia & Co", "birthday": "1990-02-28"},
        "title": "Dr. Lorenz",
        "timeZone": "Europe/Berlin",
    }
    made = await admin.done("changePersonInfo", **given)
    (change,) = made["changes"]
    assert change["__typename"] == "PropertiesChanged"
    before_after = {
        diff["path"]: (diff["before"], diff["after"]["display"])
        for diff in change["entry"]["diffs"]
    }
    old = {"__typename": "TextValue", "display": "Lena"}
    assert before_after == {
        "person.firstName": (old, "Mia"),
        "person.company": (None, "Mia & Co"),
        "person.birthday": (None, "1990-02-28"),
        "title": (None, "Dr. Lorenz"),
        "timeZone": (None, "Europe/Berlin"),
    }
    async with nothing_written(services):
        again = await admin.done("changePersonInfo", **given)
    assert again["changes"] == []
    cleared = await admin.done(
        "changePersonInfo", "lead { person { company } title isTitleDerived }",
        leadId=lead_id, person={"company": None}, title=" ",
    )  # fmt: skip
    assert cleared["lead"]["person"]["company"] is None
    assert cleared["lead"]["title"] == "Mia Lorenz"
    assert cleared["lead"]["isTitleDerived"]


ODD_PERSONS: list[tuple[dict[str, Any], str]] = [
    ({"firstName": "a\u0000b"}, "MALFORMED"),
    ({"firstName": "a\nb"}, "MALFORMED"),
    ({"firstName": "a\u202eb"}, "MALFORMED"),
    ({"lastName": "x" * 101}, "TOO_LARGE"),
]


@pytest.mark.behaviour("G6")
async def test_text_that_can_not_be_kept_is_refused_at_its_path(
    admin: Client, services: Services
) -> None:
    for person, code in ODD_PERSONS:
        lead_id = lead(await make_lead(services))
        async with nothing_written(services):
            made = await admin.write("changePersonInfo", leadId=lead_id, person=person)
        (problem,) = made["problems"]
        assert (problem["path"], problem["code"]) == (["person", next(iter(person))], code)


@pytest.mark.behaviour("G6")
async def test_text_is_trimmed_and_brought_into_one_form(admin: Client, services: Services) -> None:
    lead_id = lead(await make_lead(services))
    made = await admin.done(
        "changePersonInfo", leadId=lead_id, person={"firstName": "  Ame\u0301lie ", "lastName": ""}
    )
    assert made["lead"]["displayName"] == "Am\u00e9lie"


@pytest.mark.behaviour("G4")
async def test_edits_of_other_fields_merge_and_the_same_value_never_clashes(
    admin: Client, services: Services
) -> None:
    lead_id = lead(await make_lead(services))
    seen = (await card(admin, lead_id, "version"))["version"]
    await admin.done("changePersonInfo", leadId=lead_id, person={"company": "Theirs"})
    merged = await admin.done(
        "changePersonInfo", "lead { person { company jobTitle } }",
        leadId=lead_id, person={"jobTitle": "Mine"}, expectedVersion=seen,
    )  # fmt: skip
    assert merged["lead"]["person"] == {"company": "Theirs", "jobTitle": "Mine"}
    same = await admin.done(
        "changePersonInfo", leadId=lead_id, person={"company": "Theirs"}, expectedVersion=seen
    )
    assert same["changes"] == []
    clash = await admin.write(
        "changePersonInfo", leadId=lead_id, person={"company": "Mine"}, expectedVersion=seen
    )
    assert clash["conflictReason"] == "STALE_VERSION"
    (only,) = clash["conflicts"]
    assert only["path"] == "person.company"
    assert only["base"] is None
    assert only["current"]["display"] == "Theirs"
    assert only["attempted"]["display"] == "Mine"
    assert only["changedByName"] == "Ada Ames"
    retried = await admin.done(
        "changePersonInfo", leadId=lead_id, person={"company": "Mine"},
        expectedVersion=clash["currentVersion"],
    )  # fmt: skip
    assert len(retried["changes"]) == 1


ODD_VERSIONS: list[str] = ["", "garbage", "x" * 600, "\u0000"]


@pytest.mark.behaviour("G4")
async def test_a_version_of_something_else_is_no_version(admin: Client, services: Services) -> None:
    for version in ODD_VERSIONS:
        lead_id = lead(await make_lead(services))
        made = await admin.write(
            "changePriority", leadId=lead_id, priority="LOW", expectedVersion=version
        )
        assert made["problems"][0]["path"] == ["expectedVersion"]


@pytest.mark.behaviour("A55")
async def test_priority_is_tracked_with_old_and_new(admin: Client, services: Services) -> None:
    lead_id = lead(await make_lead(services))
    made = await admin.done("changePriority", leadId=lead_id, priority="URGENT")
    (diff,) = made["changes"][0]["entry"]["diffs"]
    assert (diff["before"]["display"], diff["after"]["display"]) == ("NORMAL", "URGENT")
    async with nothing_written(services):
        again = await admin.done("changePriority", leadId=lead_id, priority="URGENT")
    assert again["changes"] == []


@pytest.mark.behaviour("A55", "C7")
async def test_states_move_both_ways_and_tell_how_long_they_lasted(
    admin: Client, services: Services, clock: ManualClock
) -> None:
    lead_id = lead(await make_lead(services))
    data = await admin.read("{ pipelines { isDefault states { id name position kind } } }")
    states = {state["name"]: state for state in data["pipelines"][0]["states"]}
    assert states["New"]["position"] == 0
    clock.advance(90)
    made = await admin.done(
        "changeLeadState",
        """changes { ... on LeadStateChanged { fromState { name } toState { name } secondsInFrom } }
           lead { stateBar { state { name } isCurrent isPassed } }""",
        leadId=lead_id, stateId=states["Converted"]["id"],
    )  # fmt: skip
    assert made["changes"][0]["secondsInFrom"] == 90
    assert made["changes"][0]["toState"] == {"name": "Converted"}
    (current,) = [step for step in made["lead"]["stateBar"] if step["isCurrent"]]
    assert current["state"] == {"name": "Converted"}
    async with nothing_written(services):
        same = await admin.done(
            "changeLeadState", leadId=lead_id, stateId=states["Converted"]["id"]
        )
    assert same["changes"] == []
    back = await admin.done("changeLeadState", leadId=lead_id, stateId=states["New"]["id"])
    assert back["changes"][0]["entry"]["type"] == "STATE"


@pytest.mark.behaviour("C5", "C7", "A56")
async def test_a_lead_changes_hands_and_remembers_whose_it_was(
    admin: Client, services: Services, clock: ManualClock
) -> None:
    lead_id = lead(await make_lead(services))
    first = await staff_client(services, StaffRole.AGENT, "Flo Falk")
    second = await staff_client(services, StaffRole.AGENT, "Gus Graf")
    ids = {
        name: encode_id("staff", c.actor.id) for name, c in (("a", first), ("b", second)) if c.actor
    }
    await admin.done("assignLead", leadId=lead_id, staffId=ids["a"])
    clock.advance(60)
    made = await admin.done(
        "assignLead",
        """changes { ... on LeadAssigneeChanged { fromAssignee { name } toAssignee { name } } }
           lead { assignee { name } assignment {
             current { name } past { staff { name isActive } from to } } }""",
        leadId=lead_id, staffId=ids["b"],
    )  # fmt: skip
    (change,) = made["changes"]
    assert change["fromAssignee"] == {"name": "Flo Falk"}
    assert change["toAssignee"] == {"name": "Gus Graf"}
    assert change["entry"]["summary"] == "Assigned the lead to Gus Graf."
    assert change["entry"]["type"] == "ASSIGNMENT"
    async with nothing_written(services):
        same = await admin.done("assignLead", leadId=lead_id, staffId=ids["b"])
    assert same["changes"] == []
    async with unit_of_work(services, SYSTEM) as work:
        await work.session.execute(
            update(Staff).where(col(Staff.name) == "Flo Falk").values(is_active=False)
        )
    (past,) = (await card(admin, lead_id, "assignment { past { staff { name isActive } to } }"))[
        "assignment"
    ]["past"]
    assert past["staff"] == {"name": "Flo Falk", "isActive": False}
    for staff_id, code in (
        (ids["a"], "UNKNOWN"),
        (f"staff_{'0' * 32}", "UNKNOWN"),
        ("x", "MALFORMED"),
    ):
        async with nothing_written(services):
            refused = await admin.write("assignLead", leadId=lead_id, staffId=staff_id)
        assert refused["problems"][0]["path"] == ["staffId"]
        assert refused["problems"][0]["code"] == code
    gone = await admin.done("assignLead", "lead { assignee { id } }", leadId=lead_id, staffId=None)
    assert gone["lead"]["assignee"] is None


# --- the database of leads -----------------------------------------------------------------------

LEADS = """query($first: Int!, $after: Cursor, $filter: LeadFilter, $sort: LeadSort) {
  leads(first: $first, after: $after, filter: $filter, sort: $sort) {
    nodes { id displayName url } pageInfo { hasNextPage hasPreviousPage endCursor startCursor }
    totalCount { value isExact } } }"""


@pytest.mark.behaviour("A1", "G7")
async def test_pages_bring_each_lead_once_in_order(
    admin: Client, services: Services, clock: ManualClock
) -> None:
    names = ["Éva", "anna", "Bob", "ábel", "Zoë"]
    for name in names:
        await make_lead(services, first_name=name, last_name="")
        clock.advance(1)
    for sort, expected in (
        ({"by": "NAME", "direction": "ASCENDING"}, ["ábel", "anna", "Bob", "Éva", "Zoë"]),
        ({"by": "CREATED_AT"}, names[::-1]),
        *(({"by": by}, None) for by in ("LAST_ACTIVITY_AT", "STATE_SINCE", "STATE")),
        *(({"by": by, "direction": "ASCENDING"}, None) for by in ("PRIORITY", "ASSIGNEE")),
        (None, None),
    ):
        found, after = [], None
        for page in range(3):
            data = (await admin.read(LEADS, first=2, after=after, sort=sort))["leads"]
            found += [row["displayName"] for row in data["nodes"]]
            after = data["pageInfo"]["endCursor"]
            assert data["pageInfo"]["hasNextPage"] == (page < 2)
            assert data["pageInfo"]["hasPreviousPage"] == (page > 0)
            assert data["totalCount"] == {"value": 5, "isExact": True}
        assert sorted(found) == sorted(names)
        assert expected is None or found == expected


@pytest.mark.behaviour("G7", "A1")
async def test_a_page_that_can_not_be_is_refused(admin: Client, services: Services) -> None:
    lead_id = lead(await make_lead(services))
    for number in (0, -1, 101, 2**31 - 1):
        assert await admin.refused(LEADS, first=number) == "BAD_USER_INPUT"
    cursor = (await admin.read(LEADS, first=1))["leads"]["pageInfo"]["endCursor"]
    by_name = {"by": "NAME"}
    assert await admin.refused(LEADS, first=1, after=cursor, sort=by_name) == "BAD_USER_INPUT"
    for foreign in ("", "garbage", "é", "x" * 600, cursor[:-2], f"{cursor}="):
        assert await admin.refused(LEADS, first=1, after=foreign) == "BAD_USER_INPUT", foreign
    for unknown in ("SHOE_SIZE", "name", 1):
        assert await admin.refused(LEADS, first=1, sort={"by": unknown}) == "BAD_USER_INPUT"
    staff = "query($after: Cursor) { staffMembers(first: 1, after: $after) { nodes { id } } }"
    assert await admin.refused(staff, after=cursor) == "BAD_USER_INPUT"
    assert await card(admin, lead_id, "id") == {"id": lead_id}


@pytest.mark.behaviour("G7")
async def test_a_list_on_the_card_that_is_asked_for_wrongly_fails_alone(
    admin: Client, services: Services
) -> None:
    lead_id = lead(await make_lead(services))
    for bad in ("first: 0", "first: 101", "first: -1", 'first: 1, after: "garbage"'):
        answer = await admin.run(
            CARD % f"displayName notes({bad}) {{ nodes {{ id }} }} "
            "history(first: 1) { nodes { type } } events(first: 1) { nodes { id } }",
            id=lead_id,
        )
        assert answer.codes == ["BAD_USER_INPUT"]
        assert answer.errors[0]["path"] == ["lead", "notes"]
        assert answer.data is not None
        found = answer.data["lead"]
        assert found["notes"] is None
        assert found["displayName"] == "Lena Lorenz"
        assert found["history"]["nodes"] == [{"type": "LIFECYCLE"}]
        assert found["events"]["nodes"] == []


async def test_filters_hold_alone_and_together(admin: Client, services: Services) -> None:
    mine = await make_lead(services, first_name="Ärmel", last_name="", tags=["VIP", "Warm"])
    other = await make_lead(services, first_name="50%_off", last_name="", tags=["warm"])
    assert admin.actor
    staff_id = encode_id("staff", admin.actor.id)
    await admin.done("assignLead", leadId=lead(mine), staffId=staff_id)
    await admin.done("changePriority", leadId=lead(other), priority="LOW")
    data = await admin.read("{ pipelines { id states { id } } }")
    new, contacted, *_ = [state["id"] for state in data["pipelines"][0]["states"]]
    none: set[str] = set()
    both = {lead(mine), lead(other)}
    cases: list[tuple[dict[str, Any], set[str]]] = [
        ({"name": {"contains": "ARM"}}, {lead(mine)}),
        ({"name": {"contains": "%"}}, {lead(other)}),
        ({"name": {"startsWith": "50%_"}}, {lead(other)}),
        ({"name": {"is": "armel"}}, {lead(mine)}),
        ({"name": {"is": "a_mel"}}, none),
        ({"tags": {"any": ["vip"]}}, {lead(mine)}),
        ({"tags": {"all": ["VIP", "warm"]}}, {lead(mine)}),
        ({"assignee": {"isMe": True}}, {lead(mine)}),
        ({"assignee": {"isMe": False}}, {lead(other)}),
        ({"assignee": {"isNobody": True}}, {lead(other)}),
        ({"assignee": {"in": [staff_id]}}, {lead(mine)}),
        ({"priority": ["LOW", "HIGH"]}, {lead(other)}),
        ({"state": {"in": [new]}}, both),
        ({"state": {"in": [contacted]}}, none),
        ({"state": {"kindIn": ["OPEN", "LOST"]}}, both),
        ({"state": {"kindIn": ["WON"]}}, none),
        ({"state": {"pipelineId": data["pipelines"][0]["id"]}}, both),
        ({"state": {"pipelineId": f"pipeline_{'0' * 32}"}}, none),
        ({"ids": [lead(mine)]}, {lead(mine)}),
        ({"isAnonymous": True}, both),
        ({"not": {"ids": [lead(mine)]}}, {lead(other)}),
        ({"and": [{"isAnonymous": True}, {"priority": ["LOW"]}]}, {lead(other)}),
        ({"or": [{"priority": ["LOW"]}, {"assignee": {"isMe": True}}]}, both),
    ]
    for rule, expected in cases:
        data = (await admin.read(LEADS, first=10, filter=rule))["leads"]
        assert {row["id"] for row in data["nodes"]} == expected, rule
        assert data["totalCount"]["value"] == len(expected), rule


async def test_a_filter_that_can_not_be_is_refused(admin: Client, services: Services) -> None:
    await make_lead(services)
    deep: dict[str, Any] = {"isAnonymous": True}
    for _ in range(8):
        deep = {"not": deep}
    rules: list[dict[str, Any]] = [
        deep,
        {"or": [{"isAnonymous": True}] * 100},
        {"ids": ["x"]},
        {"ids": [f"lead_{'0' * 32}"] * 1_001},
        {},
        {"isAnonymous": True, "ids": [f"lead_{'0' * 32}"]},
        {"and": []},
        {"or": []},
        {"not": {"priority": []}},
        {"tags": {"all": []}},
        {"or": [{"isAnonymous": True}] * 51},
        {"property": {"fieldKey": "shoe_size", "is": {"number": {"is": "43"}}}},
        {"property": {"fieldKey": "birthday", "is": {"number": {"is": "43"}}}},
        {"property": {"fieldKey": "birthday", "is": {"number": {"is": "NaN"}}}},
        {"value": {"currency": "XXX", "amount": {"atLeast": "1"}}},
        {"value": {"currency": "EUR", "amount": {"atLeast": "Infinity"}}},
        {"value": {"currency": "EUR", "amount": {"between": {"from": "2", "to": "1"}}}},
        {"createdAt": {"withinLast": {"amount": 0, "unit": "DAY"}}},
        {"createdAt": {"on": "0001-01-01"}},
        {"createdAt": {"between": {}}},
        {"event": {"kindId": f"eventkind_{'0' * 32}", "name": "Both"}},
        {"event": {"count": {"atLeast": -1}}},
        {"location": {"timeZones": ["Mars/Olympus"]}},
        {"location": {"countries": ["Germany"]}},
        {"location": {"localTimeBetween": {"from": "24:00", "to": "01:00"}}},
        {"name": {}},
        {"state": {}},
        {"state": {"in": [], "kindIn": []}},
        {"name": {"contains": "a\u0000"}},
        {"tags": {"any": ["a\u0000"]}},
        {"shoeSize": 43},
    ]
    for rule in rules:
        assert await admin.refused(LEADS, first=1, filter=rule) == "BAD_USER_INPUT", rule


@pytest.mark.behaviour("B43")
async def test_visitors_are_who_is_or_was_on_the_site_within_a_day_present_ones_first(
    admin: Client, services: Services, clock: ManualClock
) -> None:
    document = """{ visitors(first: 10) { totalCount { value } nodes {
      id presence { state } } } }"""
    _, gone = await visitor_client(services)
    clock.advance(1)
    present, here = await visitor_client(services)
    clock.advance(1)
    _, later = await visitor_client(services)
    await make_lead(services)
    beat = {"pageKey": "page-0001", "isVisible": True, "idleMs": 0}
    await present.done("heartbeat", **beat)
    data = (await admin.read(document))["visitors"]
    order = [row["id"] for row in data["nodes"]]
    assert order == [lead(here), lead(later), lead(gone)]
    assert data["nodes"][0]["presence"] == {"state": "ONLINE"}
    assert data["totalCount"]["value"] == 3
    await present.done("heartbeat", **{**beat, "isLeaving": True})
    for _ in range(2):
        clock.advance(6)
        await services.presence.sweep()
    clock.advance(24 * 3600)
    assert (await admin.read(document))["visitors"]["nodes"] == []

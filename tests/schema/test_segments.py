"""Segments through the API: made, previewed, explained, followed, and hidden where they must be."""

from typing import Any

import pytest

from models.clock import ManualClock
from models.enums import FieldType, FieldVisibility, StaffRole
from resolvers import events, fields, leads, saved_views, tags
from resolvers.events import NewEvent
from resolvers.fields.defining import NewField
from resolvers.filters.wording import HIDDEN_CLAUSE
from resolvers.leads import PropertyEdit
from resolvers.saved_views import ViewEdit
from resolvers.segments import evaluating, listing, verifying
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from resolvers.worker import run_due_jobs
from tests.client import Client, key, lead, staff_client
from tests.factories import make_lead
from tests.resolvers.verify import act, assert_log_holds
from tests.schema.test_statements import counting

pytestmark = pytest.mark.behaviour("B12")

SEGMENTS = """query ($archived: Boolean! = false) {
  segments(first: 50, includeArchived: $archived) { totalCount nodes { id name description version
    archivedAt usedBy leadCount { value isExact } evaluation { done total }
    rule { words filter clauses { path field words isBroken } }
    leads(first: 10) { nodes { id } totalCount { value } } } } }"""
CARD = """query ($id: ID!, $at: AsOfInput, $segment: ID!) { lead(id: $id, asOf: $at) {
  segments { segment { id name } since because { path field words } }
  segmentExplanation(segmentId: $segment) { isMember flipsAt segment { name }
    verdicts { isMatching clause { path words } } }
  history(first: 30, types: [SEGMENT]) { nodes { summary actor { kind } cause { summary }
    about { ... on Segment { name } }
    change { ... on SegmentsChanged { cause entered { segment { name } because { words } }
      left { name } } } } } } }"""
PREVIEW = "query ($f: LeadFilter!) { segmentPreview(filter: $f) {"
PREVIEW += " words count { value } sample { id } } }"
LEADS = "query ($f: LeadFilter!) { leads(first: 50, filter: $f) { nodes { id } rule { words } } }"
QUIET = {"lastActivityAt": {"notWithinLast": {"amount": 7, "unit": "DAY"}}}
VIP = {"tags": {"any": ["VIP"]}}


async def save(client: Client, **given: Any) -> dict[str, Any]:
    found = await client.done("saveSegment", "segment { id version evaluation { total } }", **given)
    saved: dict[str, Any] = found["segment"]
    return saved


async def test_a_segment_is_made_explained_followed_and_archived(
    services: Services, clock: ManualClock
) -> None:
    admin = await staff_client(services)
    assert admin.actor
    ids = [await make_lead(services, admin.actor) for _ in range(3)]
    await act(services, admin.actor, tags.add_tags, ids[0], ["VIP"])
    rule = {"or": [VIP, {"event": {"name": "Quote", "count": {"atLeast": 2},
            "within": {"withinLast": {"amount": 2, "unit": "DAY"}}}}]}  # fmt: skip
    told = (await admin.read(PREVIEW, f=rule))["segmentPreview"]
    assert told["count"] == {"value": 1}
    assert told["sample"] == [{"id": lead(ids[0])}]
    made = await save(admin, name="Warm", description="Call them", filter=rule)
    assert made["evaluation"] == {"total": 3}
    outer = await save(admin, name="Not warm", filter={"not": {"segmentId": made["id"]}})
    given = {"segmentId": made["id"], "filter": {"not": {"segmentId": outer["id"]}}}
    refused = await admin.write("saveSegment", "", **given)
    (circle,) = refused["problems"]
    assert circle["message"] == "Segments would form a circle: “Warm” → “Not warm” → “Warm”."
    await run_due_jobs(services)
    found = (await admin.read(SEGMENTS))["segments"]
    assert found["totalCount"] == 2
    others, warm = found["nodes"]
    assert (warm["name"], warm["leadCount"], warm["evaluation"]) == (
        "Warm", {"value": 1, "isExact": True}, None,
    )  # fmt: skip
    assert warm["usedBy"] == ["Not warm"]
    assert warm["rule"]["words"] == told["words"]
    assert others["rule"]["words"] == "not (in the segment Warm)"
    assert others["leadCount"]["value"] == 2
    # an event lets a lead in, with the reason; the one that follows from it is left in that commit
    for _ in range(2):
        clock.advance(60)
        new = NewEvent("Quote", None)
        await act(services, admin.actor, events.add_event, ids[1], new, key())
    card = (await admin.read(CARD, id=lead(ids[1]), segment=made["id"]))["lead"]
    (standing,) = card["segments"]
    assert standing["segment"]["name"] == "Warm"
    (because,) = standing["because"]
    assert (because["path"], because["field"]) == ("or.1", "event")
    assert "“Quote” happened at least 2 times" in because["words"]
    explained = card["segmentExplanation"]
    assert explained["isMember"]
    assert [each["isMatching"] for each in explained["verdicts"]] == [False, True]
    # the first of both events goes out of the two days: two days later, and a little
    assert explained["flipsAt"].startswith("2026-03-04T09:01:00.000001")
    entered, *_ = [e for e in card["history"]["nodes"] if "Entered" in e["summary"]]
    assert entered["summary"] == "Entered the segment “Warm”."
    assert entered["cause"]["summary"] == "Event: Quote."
    assert entered["change"]["cause"] == "CHANGE"
    assert entered["actor"] == {"kind": "SYSTEM"}
    assert entered["about"] == {"name": "Warm"}
    found = await admin.read(LEADS, f={"and": [{"segmentId": made["id"]}, {"not": VIP}]})
    assert [each["id"] for each in found["leads"]["nodes"]] == [lead(ids[1])]
    assert "in the segment Warm" in found["leads"]["rule"]["words"]
    before = clock.now().isoformat()
    clock.advance(86_400 * 2)
    await evaluating.flip_due(services)
    card = (await admin.read(CARD, id=lead(ids[1]), segment=made["id"]))["lead"]
    assert [each["segment"]["name"] for each in card["segments"]] == ["Not warm"]
    assert [each["summary"] for each in card["history"]["nodes"][:2]] == [
        "Entered the segment “Not warm”, since time went by.",
        "Left the segment “Warm”, since time went by.",
    ]
    past = await admin.read(CARD, id=lead(ids[1]), at={"at": before}, segment=made["id"])
    assert past["lead"]["segments"] == [standing]
    assert past["lead"]["segmentExplanation"] is None
    # a broken clause lets nobody in, and an archived segment has no leads
    await admin.done("saveSegment", segmentId=outer["id"], filter={"not": VIP})
    await admin.done("saveSegment", segmentId=made["id"], isArchived=True)
    await run_due_jobs(services)
    assert (await admin.read(SEGMENTS))["segments"]["totalCount"] == 1
    gone = (await admin.read(SEGMENTS, archived=True))["segments"]["nodes"][1]
    assert (gone["leadCount"]["value"], gone["archivedAt"] is None) == (0, False)
    assert await admin.refused(LEADS, f={"segmentId": made["id"]}) == "BAD_USER_INPUT"
    assert (await verifying.verify(services)).differences == []
    for each in ids:
        await assert_log_holds(services, each)


async def test_rules_start_when_leads_enter_and_leave(
    services: Services, clock: ManualClock
) -> None:
    admin = await staff_client(services)
    assert admin.actor
    lead_id = await make_lead(services, admin.actor)
    made = await save(admin, name="VIPs", filter=VIP)
    for name, trigger, tag in (
        ("In", "segmentEnteredId", "seen"),
        ("Out", "segmentLeftId", "lost"),
    ):
        rule = await admin.done(
            "saveAutomation", "automation { trigger { kind words segment { name } } }",
            name=name, trigger={trigger: made["id"]}, actions=[{"addTags": [tag]}],
        )  # fmt: skip
        assert rule["automation"]["trigger"]["segment"] == {"name": "VIPs"}
    await run_due_jobs(services)
    await act(services, admin.actor, tags.add_tags, lead_id, ["VIP"])
    await run_due_jobs(services)
    await act(services, admin.actor, tags.remove_tags, lead_id, ["vip"])
    await run_due_jobs(services)
    found = await admin.read("query ($id: ID!) { lead(id: $id) { tags { name } } }",
                             id=lead(lead_id))  # fmt: skip
    assert [each["name"] for each in found["lead"]["tags"]] == ["lost", "seen"]
    users = (await admin.read(SEGMENTS))["segments"]["nodes"][0]["usedBy"]
    assert users == ["In", "Out"]


async def test_a_segment_over_a_hidden_field_is_there_for_nobody_who_may_not_see_it(
    services: Services, clock: ManualClock
) -> None:
    admin = await staff_client(services)
    agent = await staff_client(services, StaffRole.AGENT)
    manager = await staff_client(services, StaffRole.MANAGER)
    assert admin.actor
    assert agent.actor
    lead_id = await make_lead(services, admin.actor)
    await act(services, admin.actor, leads.assign, lead_id, agent.actor.id, None)
    new = NewField("margin", "Margin", FieldType.NUMBER, visibility=FieldVisibility.ADMINS)
    await act(services, admin.actor, fields.create_field, new)
    rich = {"property": {"fieldKey": "margin", "is": {"number": {"atLeast": "5"}}}}
    made = await save(admin, name="Rich", filter=rich)
    plain = await save(admin, name="Plain", filter=VIP)
    either = {"or": [{"segmentId": plain["id"]}, {"segmentId": made["id"]}]}
    around = await save(admin, name="Around", filter=either)
    secret = ViewEdit("Top margins", {"and": [rich, {"segmentId": plain["id"]}]}, is_shared=True)
    await act(services, admin.actor, saved_views.save_view, admin.actor, None, secret)
    await run_due_jobs(services)
    edit = PropertyEdit("margin", {"number": "9"})
    async with unit_of_work(services, admin.actor) as work:
        await leads.set_properties(work, lead_id, [edit])
        await tags.add_tags(work, lead_id, ["Later"])
    seen = (await admin.read(CARD, id=lead(lead_id), segment=made["id"]))["lead"]
    assert len(seen["segments"]) == len(seen["history"]["nodes"]) == 2
    # its rule looks at what the first of the two changes touched, not at tags
    assert seen["history"]["nodes"][1]["summary"] == "Entered the segment “Rich”."
    assert seen["history"]["nodes"][1]["cause"]["summary"] == "Changed Margin."
    # nobody is told names that they may not know, be it of what uses a segment
    nodes = (await admin.read(SEGMENTS))["segments"]["nodes"]
    assert nodes[1]["usedBy"] == ["Around", "Top margins"]
    (known,) = (await manager.read(SEGMENTS))["segments"]["nodes"]
    assert (known["name"], known["usedBy"]) == ("Plain", [])
    refused = await manager.write("saveSegment", "", segmentId=plain["id"], isArchived=True)
    assert refused["message"] == "The segment is used by another segment."
    for segment in (made, around):
        hidden = (await agent.read(CARD, id=lead(lead_id), segment=segment["id"]))["lead"]
        assert hidden == {"segments": [], "segmentExplanation": None, "history": {"nodes": []}}
        assert await agent.refused(LEADS, f={"segmentId": segment["id"]}) == "BAD_USER_INPUT"
        one = await agent.read("query ($i: ID!) { segment(id: $i) { id } }", i=segment["id"])
        assert one == {"segment": None}
    assert (await agent.read(SEGMENTS))["segments"]["totalCount"] == 1
    assert await agent.refused(PREVIEW, f=rich) == "BAD_USER_INPUT"
    # a rule that looks at nothing hidden any more does not tell what it looked at before
    await save(admin, segmentId=made["id"], filter={"not": VIP})
    for client, total in ((agent, []), (manager, [1]), (admin, [1])):
        nodes = (await client.read(SEGMENTS))["segments"]["nodes"]
        assert [each["evaluation"]["total"] for each in nodes if each["evaluation"]] == total
    await run_due_jobs(services)
    before = clock.now().isoformat()
    clock.advance(1)
    for client, words in ((agent, HIDDEN_CLAUSE), (admin, "Margin is at least 5")):
        shown = await client.read(CARD, id=lead(lead_id), segment=made["id"])
        told = await client.read(CARD, id=lead(lead_id), segment=made["id"], at={"at": before})
        entered = [
            one["because"][0]["words"]
            for each in shown["lead"]["history"]["nodes"]
            for one in each["change"]["entered"]
        ]
        assert entered == ["in the segment Rich", words]
        because = {e["segment"]["name"]: e["because"] for e in told["lead"]["segments"]}
        assert because["Rich"][0]["words"] == words
    old = [{"path": "", "key": "property", "words": "of before"}]  # does not say what it names
    for reads_all, words in ((False, HIDDEN_CLAUSE), (True, "of before")):
        (clause,) = listing.told_clauses(old, set(), reads_all=reads_all)
        assert clause.words == words
    await save(admin, segmentId=made["id"], filter=rich)
    await run_due_jobs(services)
    # once everybody may see the field, everybody may know of the segment
    field_id = (await admin.read("{ fieldGroups { fields { id key } } }"))["fieldGroups"]
    ids = {each["key"]: each["id"] for group in field_id for each in group["fields"]}
    await admin.done("updateField", fieldId=ids["margin"], visibility="ALL")
    await run_due_jobs(services)
    shown = (await agent.read(CARD, id=lead(lead_id), segment=made["id"]))["lead"]
    assert len(shown["segments"]) == 2
    await admin.done("updateField", fieldId=ids["margin"], isArchived=True)
    await run_due_jobs(services)
    assert (await verifying.verify(services)).differences == []
    nodes = (await admin.read(SEGMENTS))["segments"]["nodes"]
    assert [each["leadCount"]["value"] for each in nodes] == [0, 0, 0]
    assert nodes[2]["rule"]["clauses"][0]["isBroken"]


async def test_a_change_costs_as_many_statements_however_many_segments_there_are(
    services: Services, clock: ManualClock
) -> None:
    admin = await staff_client(services)
    actor = admin.actor
    assert actor
    lead_id = await make_lead(services, actor)

    async def cost(tag: str) -> int:
        await act(services, actor, tags.add_tags, lead_id, [f"{tag}?"])  # learns the rules
        with counting(services) as sent:
            await act(services, actor, tags.add_tags, lead_id, [tag])
        return sent.count

    none = await cost("A")
    costs = []
    for count, number in ((1, 1), (4, 2), (195, 3)):
        for each in range(count):
            about = {"tags": {"any": [f"T{number}", f"{each}"]}}
            other = {"or": [{"priority": ["URGENT"]}, QUIET]}
            filter = {"or": [about, other]} if number < 3 else {"not": other}
            await save(admin, name=f"S{number} {each}", filter=filter)
        await run_due_jobs(services)
        costs.append(await cost(f"T{number}"))
    # what the clauses say, where the lead stands; then the log's head, the changes, the head
    # again, and the standings
    assert costs[:2] == [none + 6, none + 6]
    # of 200 segments five look at tags, and none of them flips
    assert costs[2] == none + 2

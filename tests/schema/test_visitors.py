"""The Visitors section: who is there, where from, and who is hidden until they come back."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from models.clock import ManualClock
from resolvers import access, hiding
from resolvers.actors import SYSTEM, Actor
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from resolvers.worker import store_all
from tests.client import Client, key, lead, nothing_written, visitor_client
from tests.factories import ORIGIN, make_lead, make_site

WHO = """{ visitors(first: 10) { nodes { id } totalCount { value } } counters { visitorsPresent }
  hidden: leads(first: 10, filter: {isHidden: true}) { nodes { id } } }"""
CARD = """query ($id: ID!) { lead(id: $id) { hiddenAt viewerCan { hide }
  history(first: 1) { nodes { summary actor { kind } } } } }"""
PAGE = {"pageKey": "page-0001", "isVisible": True, "idleMs": 0}


async def hidden_at(admin: Client, lead_id: UUID) -> str | None:
    found: str | None = (await admin.read(CARD, id=lead(lead_id)))["lead"]["hiddenAt"]
    return found


@pytest.mark.behaviour("B27")
async def test_a_hidden_lead_is_off_visitors_until_it_does_something_itself(
    services: Services, admin: Client, clock: ManualClock
) -> None:
    visitor, lead_id = await visitor_client(services)
    on = {"leadId": lead(lead_id)}
    here = {"url": f"{ORIGIN}/lamps", "title": "Lamps"}
    await visitor.done("heartbeat", **PAGE, page=here)
    pop_up = {"channel": "POPUP", "subject": "Sale", "text": "Look", "idempotencyKey": key(),
              "link": {"text": "Look", "url": f"{ORIGIN}/sale"}}  # fmt: skip
    sent = await admin.done("sendMessage", "sentMessage { id }", **on, **pop_up)
    clock.advance(60)
    await visitor.done("heartbeat", **PAGE)
    assert (await admin.read(WHO))["counters"]["visitorsPresent"] == 1

    made = await admin.done("hideLead", "lead { hiddenAt viewerCan { hide } }", **on)
    (change,) = made["changes"]
    assert change["__typename"] == "LeadVisibilityChanged"
    assert change["entry"]["summary"] == "Hid the lead from Visitors."
    assert made["lead"]["viewerCan"] == {"hide": True}
    hid_at = made["lead"]["hiddenAt"]
    assert datetime.fromisoformat(hid_at) == clock.now()
    clock.advance(1)
    async with nothing_written(services):
        again = await admin.done("hideLead", "lead { hiddenAt }", **on)
    assert (again["lead"]["hiddenAt"], again["changes"]) == (hid_at, [])

    await admin.done("addNote", **on, html="<p>a</p>", visibility="TEAM", idempotencyKey=key())
    await admin.done("addEvent", **on, name="Called", idempotencyKey=key())
    await admin.done(
        "sendMessage", **on, channel="CHAT", text="Are you there?", idempotencyKey=key()
    )
    await visitor.done("heartbeat", **{**PAGE, "idleMs": 1})
    await visitor.done("heartbeat", **PAGE, page={**here, "title": "Lamps (1)"})
    await visitor.done("markVisitorMessagesRead", messageId=sent["sentMessage"]["id"])
    data = await admin.read(WHO)
    assert data["visitors"] == {"nodes": [], "totalCount": {"value": 0}}
    assert data["counters"]["visitorsPresent"] == 0
    assert data["hidden"]["nodes"] == [{"id": lead(lead_id)}]

    clicked = {"messageId": sent["sentMessage"]["id"], "isClicked": True}
    event = {"name": "View", "pageKey": "page-0001", "sequence": 0}
    own: list[tuple[str, dict[str, Any]]] = [
        ("markVisitorMessagesRead", clicked),
        ("recordEvent", event),
        ("sendVisitorMessage", {"text": "Yes", "idempotencyKey": key()}),
        ("heartbeat", {**PAGE, "page": {**here, "url": f"{ORIGIN}/chairs"}}),
        ("identify", {"name": "Lena Lorenz"}),
    ]
    for mutation, given in own:
        if (await hidden_at(admin, lead_id)) is None:
            await admin.done("hideLead", **on)
        clock.advance(1)
        if mutation == "identify":
            made = await visitor.done(mutation, "token", **given)
            visitor.token = made["token"]
        else:
            await visitor.done(mutation, **given)
        shown = (await admin.read(CARD, id=lead(lead_id)))["lead"]
        assert shown["hiddenAt"] is None, mutation
        (row,) = shown["history"]["nodes"]
        assert row["actor"]["kind"] == "LEAD", mutation
    assert (await admin.read(WHO))["visitors"]["nodes"] == [{"id": lead(lead_id)}]

    document = """query ($id: ID!, $at: DateTime!) { lead(id: $id, asOf: {at: $at}) { hiddenAt }
      leadDiff(id: $id, from: {at: $at}) { diffs { path label before { display } } } }"""
    then = (datetime.fromisoformat(hid_at) + timedelta(seconds=1)).isoformat()
    past = await admin.read(document, id=lead(lead_id), at=then)
    assert past["lead"] == {"hiddenAt": hid_at}
    assert "hiddenAt" in [each["path"] for each in past["leadDiff"]["diffs"]]


@pytest.mark.behaviour("B27")
async def test_of_hiding_and_activity_the_later_instant_wins_whichever_commits_first(
    services: Services, admin: Client, clock: ManualClock
) -> None:
    visitor, lead_id = await visitor_client(services)
    assert admin.actor

    async def turn(path: str) -> None:
        await visitor.done("heartbeat", **PAGE, page={"url": f"{ORIGIN}/{path}"})

    async def at(seconds: int, actor: Actor, *, is_activity: bool) -> None:
        async with unit_of_work(services, actor) as work:
            work.at = clock.now() + timedelta(seconds=seconds)
            if is_activity:
                hiding.note_activity(work, await access.lead_for(work.session, SYSTEM, lead_id))
            else:
                await hiding.hide_lead(work, lead_id)

    await at(10, SYSTEM, is_activity=True)
    async with nothing_written(services):
        await at(9, admin.actor, is_activity=False)
    assert await hidden_at(admin, lead_id) is None
    await at(20, admin.actor, is_activity=False)
    await at(19, SYSTEM, is_activity=True)
    assert await hidden_at(admin, lead_id) is not None
    await at(20, SYSTEM, is_activity=True)
    assert await hidden_at(admin, lead_id) is None

    clock.advance(30)
    await turn("lamps")
    async with nothing_written(services):
        await at(-1, admin.actor, is_activity=False)
    assert await hidden_at(admin, lead_id) is None, "hiding was later only in its commit"
    async with unit_of_work(services, admin.actor) as work:
        await hiding.hide_lead(work, lead_id)
        clock.advance(1)
        turning = asyncio.create_task(turn("chairs"))
        await asyncio.wait([turning], timeout=0.3)  # it waits for the lead
    await turning
    assert await hidden_at(admin, lead_id) is None, "the page was turned after the hiding"
    history = (await admin.read(CARD, id=lead(lead_id)))["lead"]["history"]["nodes"]
    assert history[0]["actor"]["kind"] == "LEAD"


ROWS = """query ($filter: LeadFilter) { visitors(first: 10, filter: $filter) {
  totalCount { value } rule { words }
  nodes { id presence { state since sessions { pageUrl pageTitle referrer device } }
    location { country timeZone }
    lastVisit { site { name } startedAt pageUrl pageTitle referrer device isReturning } } } }"""


@pytest.mark.behaviour("B43", "B44")
async def test_rows_of_visitors_say_where_they_are_and_whence_they_came(
    services: Services, admin: Client, clock: ManualClock
) -> None:
    site, _ = await make_site(services)
    nobody = Client(services, origin=ORIGIN)
    page = {"url": f"{ORIGIN}/lamps", "title": "Lamps"}
    given = {"siteKey": site.site_key, "page": page, "referrer": "https://search.example/?q=x"}
    made = await nobody.done("startVisit", "token", **given, timeZone="Asia/Tokyo")
    visitor = Client(services, made["token"])
    begun = clock.now()
    await visitor.done("heartbeat", **PAGE, page=page)
    clock.advance(3)
    await visitor.done("heartbeat", **PAGE, page={"url": f"{ORIGIN}/chairs", "title": "Chairs"})
    await services.presence.sweep()
    await store_all(services)

    async def row(rule: dict[str, Any] | None = None) -> dict[str, Any]:
        found: dict[str, Any] = (await admin.read(ROWS, filter=rule))["visitors"]["nodes"][0]
        return found

    first = await row()
    (session,) = first["presence"]["sessions"]
    shown = {"pageUrl": f"{ORIGIN}/chairs", "pageTitle": "Chairs", "device": "Unknown device",
             "referrer": "https://search.example/"}  # fmt: skip
    assert session == shown
    assert first["location"] == {"country": None, "timeZone": "Asia/Tokyo"}
    assert datetime.fromisoformat(first["lastVisit"].pop("startedAt")) == begun
    assert first["lastVisit"] == {**shown, "site": {"name": "Shop"}, "isReturning": False}

    async def leave() -> None:
        await visitor.done("heartbeat", **{**PAGE, "isLeaving": True})
        for _ in range(4):  # a longer silence would count as an outage
            clock.advance(3)
            await services.presence.sweep()
        await store_all(services)

    await leave()
    gone = await row()
    assert gone["presence"]["sessions"] == []
    assert (gone["lastVisit"]["pageUrl"], gone["lastVisit"]["isReturning"]) == (
        f"{ORIGIN}/chairs", False
    )  # fmt: skip
    clock.advance(3)
    await visitor.done("heartbeat", **PAGE)
    assert (await row())["lastVisit"]["isReturning"] is True
    await leave()
    assert (await row())["lastVisit"]["isReturning"] is True

    _, other = await visitor_client(services)
    await make_lead(services)
    rule = {"not": {"location": {"timeZones": ["Asia/Tokyo"]}}}
    narrowed = (await admin.read(ROWS, filter=rule))["visitors"]
    assert [each["id"] for each in narrowed["nodes"]] == [lead(other)]
    assert narrowed["totalCount"] == {"value": 1}
    assert narrowed["rule"]["words"] == "not (time zone is Asia/Tokyo)"
    assert narrowed["nodes"][0]["lastVisit"]["pageUrl"] is None
    unknown = {"property": {"fieldKey": "shoe_size", "is": {"isEmpty": True}}}
    assert await admin.refused(ROWS, filter=unknown) == "BAD_USER_INPUT"
    live = """subscription ($filter: LeadFilter, $search: String) { leadList(
      collection: VISITORS, first: 5, filter: $filter, search: $search) {
      ... on LeadListSnapshot { totalCount { value } rows { lead { id } } } } }"""
    stream = admin.stream(live, filter=rule)
    answer = await anext(stream)
    assert answer.data is not None
    assert answer.data["leadList"]["rows"] == [{"lead": {"id": lead(other)}}]
    await stream.aclose()
    stream = admin.stream(live, search="x")
    assert (await anext(stream)).codes == ["BAD_USER_INPUT"]
    await stream.aclose()

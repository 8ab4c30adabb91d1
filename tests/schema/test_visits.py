"""The visitor's side, and the sites that carry the script."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from models.clock import ManualClock
from models.visits import PresenceInterval, Site
from resolvers.actors import SYSTEM
from resolvers.secrets import sign
from resolvers.services import Services
from resolvers.unit_of_work import unit_of_work
from tests.client import Client, key, lead, nothing_written
from tests.factories import ORIGIN, make_lead, make_site

VISIT = "visit { id isIdentified messages(first: 5) { nodes { text } } } token"
CARD = "query($id: ID!) { lead(id: $id) { %s } }"


@pytest.fixture
async def site(services: Services) -> tuple[Site, str]:
    return await make_site(services)


async def begin(client: Client, site: Site, **more: Any) -> dict[str, Any]:
    return await client.done(
        "startVisit",
        f"{VISIT} cursor nextBeatSeconds activitySeconds",
        siteKey=site.site_key,
        page={"url": f"{ORIGIN}/lamps?secret=1#top", "title": "Lamps"},
        **more,
    )


async def newest_lead(admin: Client, parts: str) -> dict[str, Any]:
    data = await admin.read(
        f"{{ leads(first: 1, sort: {{ by: CREATED_AT }}) {{ nodes {{ id {parts} }} }} }}"
    )
    found: dict[str, Any] = data["leads"]["nodes"][0]
    return found


@pytest.mark.behaviour("A16", "B44", "B4")
async def test_a_visit_makes_a_lead_and_a_token_takes_it_up_again(
    admin: Client, nobody: Client, services: Services, site: tuple[Site, str], clock: ManualClock
) -> None:
    nobody.origin = ORIGIN
    made = await begin(
        nobody, site[0], timeZone="Europe/Vienna", referrer="https://search.example/?q=x"
    )
    assert made["token"].startswith("visit_")
    assert (made["nextBeatSeconds"], made["activitySeconds"]) == (30, 10)
    assert made["visit"]["isIdentified"] is False
    found = await newest_lead(
        admin, "displayName isAnonymous source { channel detail referrer } timeZone lastActivityAt"
    )
    assert found["displayName"].startswith("Visitor ")
    assert found["source"] == {
        "channel": "SITE", "detail": "Shop", "referrer": "https://search.example/"
    }  # fmt: skip
    assert found["timeZone"] == "Europe/Vienna"
    assert found["lastActivityAt"] is not None
    async with nothing_written(services):
        again = await begin(nobody, site[0], token=made["token"])
    assert again["token"] == made["token"]
    assert again["visit"]["id"] == made["visit"]["id"]
    clock.advance(1)
    odd = await begin(nobody, site[0], token="staff_x", timeZone="Mars", referrer="javascript:1")
    assert odd["visit"]["id"] != made["visit"]["id"]
    found = await newest_lead(admin, "timeZone source { referrer }")
    assert (found["timeZone"], found["source"]["referrer"]) == (None, None)


@pytest.mark.behaviour("B6")
async def test_a_heartbeat_with_input_turns_the_lamp_on(
    admin: Client, visitor: tuple[Client, UUID], clock: ManualClock
) -> None:
    speaker, lead_id = visitor
    presence = "presence { state since activeUntil leaseUntil isProvisional lastSeenAt }"

    async def state() -> dict[str, Any]:
        data = await admin.read(CARD % presence, id=lead(lead_id))
        found: dict[str, Any] = data["lead"]["presence"]
        return found

    assert (await state())["state"] == "OFFLINE"
    beat = {"pageKey": "page-0001", "isVisible": True, "idleMs": 0}
    made = await speaker.done("heartbeat", "nextBeatSeconds", **beat)
    assert made["nextBeatSeconds"] == 30
    now = await state()
    assert now["state"] == "ONLINE"
    assert now["activeUntil"] == "2026-03-02T09:02:00.000000Z"
    hidden = await speaker.done("heartbeat", "nextBeatSeconds", **{**beat, "isVisible": False})
    assert hidden["nextBeatSeconds"] == 60
    await speaker.done("heartbeat", **{**beat, "isLeaving": True})
    assert (await state())["leaseUntil"] == "2026-03-02T09:00:10.000000Z"


@pytest.mark.behaviour("B6")
async def test_staff_see_which_pages_are_open_and_where_the_visit_came_from(
    admin: Client, nobody: Client, services: Services, site: tuple[Site, str], clock: ManualClock
) -> None:
    nobody.origin = ORIGIN
    made = await begin(nobody, site[0], referrer="https://search.example/?q=x")
    speaker = Client(services, made["token"])
    beat = {"pageKey": "page-0001", "isVisible": True, "idleMs": 0}
    shown = {"url": f"{ORIGIN}/lamps/fern?secret=1#top", "title": "Fern lamp"}
    await speaker.done("heartbeat", **beat, page=shown)
    clock.advance(2)
    await speaker.done("heartbeat", **{**beat, "pageKey": "page-0002", "isVisible": False})
    found = await newest_lead(
        admin,
        """presence { sessions { id site { name siteKey } pageUrl pageTitle referrer startedAt
        lastActiveAt isVisible device } }""",
    )
    fern, other = found["presence"]["sessions"]
    assert fern.pop("id").startswith("page_")
    assert fern == {
        "site": {"name": "Shop", "siteKey": site[0].site_key},
        "pageUrl": f"{ORIGIN}/lamps/fern",
        "pageTitle": "Fern lamp",
        "referrer": "https://search.example/",
        "startedAt": "2026-03-02T09:00:00.000000Z",
        "lastActiveAt": "2026-03-02T09:00:00.000000Z",
        "isVisible": True,
        "device": "Unknown device",
    }
    assert (other["pageUrl"], other["isVisible"]) == (None, False)
    assert other["startedAt"] == "2026-03-02T09:00:02.000000Z"


@pytest.mark.behaviour("B17")
async def test_what_a_visitor_does_stands_on_the_card_once(
    admin: Client, visitor: tuple[Client, UUID], services: Services
) -> None:
    speaker, lead_id = visitor
    told = {
        "name": "Looked", "pageKey": "page-0001", "sequence": 3, "agoMs": 2_000,
        "page": {"url": f"{ORIGIN}/lamps?secret=1#top"},
        "parameters": [{"name": "price", "value": {"money": {"amount": "9.5", "currency": "EUR"}}}],
    }  # fmt: skip
    first = await speaker.done("recordEvent", "eventId", **told)
    async with nothing_written(services):
        again = await speaker.done("recordEvent", "eventId", **told)
    assert again == first
    data = await admin.read(
        CARD
        % """lastActivityAt events(first: 5) { nodes { id name origin actor { kind } pageUrl
          occurredAt receivedAt parameters { name value { display } } } }""",
        id=lead(lead_id),
    )
    (event,) = data["lead"]["events"]["nodes"]
    assert event["id"] == first["eventId"]
    assert event["pageUrl"] == f"{ORIGIN}/lamps"
    assert (event["origin"], event["actor"]["kind"]) == ("SITE", "LEAD")
    assert event["occurredAt"] == "2026-03-02T08:59:58.000000Z"
    assert event["receivedAt"] == data["lead"]["lastActivityAt"]
    assert event["parameters"] == [{"name": "price", "value": {"display": "9.50 EUR"}}]


ODD_EVENTS: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "name"),
    ({"name": "a\u0000"}, "name"),
    ({"name": "x" * 101}, "name"),
    ({"page": {"url": "javascript:alert(1)"}}, "page"),
    ({"page": {"url": "https://[oops"}}, "page"),
    ({"parameters": [{"name": "a", "value": {"text": "x" * 5_000}}]}, "parameters"),
    ({"pageKey": "a b"}, "pageKey"),
]


async def test_an_odd_event_of_a_visitor_is_refused(
    visitor: tuple[Client, UUID], services: Services
) -> None:
    for odd, path in ODD_EVENTS:
        told = {"name": "Looked", "pageKey": "page-0001", "sequence": 0}
        async with nothing_written(services):
            made = await visitor[0].write("recordEvent", **{**told, **odd})
        assert made["problems"][0]["path"][0] == path


@pytest.mark.behaviour("B21", "G3")
async def test_a_visitors_message_stands_in_the_chat_once(
    admin: Client, visitor: tuple[Client, UUID], services: Services
) -> None:
    speaker, lead_id = visitor
    given = {"text": "Hello\n", "idempotencyKey": key()}
    parts = "sentMessage { id isMine text at staffMember { name } }"
    first = await speaker.done("sendVisitorMessage", parts, **given)
    async with nothing_written(services):
        again = await speaker.done("sendVisitorMessage", parts, **given)
    assert again == first
    assert first["sentMessage"]["isMine"]
    assert first["sentMessage"]["staffMember"] is None
    await admin.done(
        "sendMessage", leadId=lead(lead_id), channel="CHAT", text="Hi", idempotencyKey=key()
    )
    data = await speaker.read(
        """{ visit { messages(first: 5) { nodes { text isMine staffMember { name } }
          pageInfo { hasNextPage } } } }"""
    )
    staffs = {"text": "Hi", "isMine": False, "staffMember": {"name": "Ada"}}
    assert staffs in data["visit"]["messages"]["nodes"]
    for number in (0, 101):
        document = f"{{ visit {{ messages(first: {number}) {{ nodes {{ id }} }} }} }}"
        assert await speaker.refused(document) == "BAD_USER_INPUT"
    stream = speaker.stream('subscription { visitorFeed(after: "garbage") { __typename } }')
    kinds = [(await anext(stream)).data for _ in range(2)]
    await stream.aclose()
    assert kinds == [
        {"visitorFeed": {"__typename": kind}} for kind in ("VisitFeedReset", "VisitFeedSnapshot")
    ]


@pytest.mark.behaviour("A16")
async def test_what_a_visitor_types_is_kept_unproven_and_matches_nobody(
    admin: Client, visitor: tuple[Client, UUID]
) -> None:
    known = await admin.done(
        "createLead", idempotencyKey=key(), person={"firstName": "Kim"},
        emailAddresses=["kim@example.com"],
    )  # fmt: skip
    speaker, lead_id = visitor
    made = await speaker.done(
        "identify", VISIT, emailAddress="Kim@example.com", phoneNumber="030 123456", name="Kim Kahn"
    )
    assert made["visit"]["isIdentified"] is False
    assert await speaker.read("{ visit { id } }") == {"visit": None}, "the old token ended"
    speaker.token = made["token"]
    data = await admin.read(
        CARD % "id displayName emailAddresses { address isVerified } phoneNumbers { number }",
        id=lead(lead_id),
    )
    found = data["lead"]
    assert found["id"] != known["lead"]["id"]
    assert found["displayName"] == "Kim Kahn"
    assert found["emailAddresses"] == [{"address": "kim@example.com", "isVerified": False}]
    assert found["phoneNumbers"] == [{"number": "+4930123456"}]
    odd = await speaker.write("identify", phoneNumber="12")
    assert odd["problems"][0]["code"] == "MALFORMED"


async def test_a_signed_claim_moves_the_visit_to_the_known_lead(
    admin: Client, services: Services, nobody: Client, site: tuple[Site, str], clock: ManualClock
) -> None:
    until = (clock.now() + timedelta(hours=1)).isoformat()
    signature = sign(site[1], "customer-1", "kim@example.com", until)
    claim = {
        "externalId": "customer-1", "emailAddress": "kim@example.com",
        "expiresAt": until, "signature": signature,
    }  # fmt: skip
    ids = []
    for _ in range(2):
        client = Client(services, (await begin(nobody, site[0]))["token"])
        made = await client.done("identify", VISIT, **claim)
        assert made["visit"]["isIdentified"] is True
        found = await newest_lead(admin, "emailAddresses { isVerified }")
        ids.append(found["id"])
        clock.advance(1)
    assert ids[0] == ids[1], "the second visit's own card went into the first"
    for change in (
        {"externalId": "customer-2"},
        {"emailAddress": "eve@example.com"},
        {"expiresAt": None},
    ):
        client = Client(services, (await begin(nobody, site[0]))["token"])
        async with nothing_written(services):
            refused = await client.write("identify", **{**claim, **change})
        assert refused["problems"][0]["path"] == ["signature"]


# --- sites ---------------------------------------------------------------------------------------


async def test_a_site_is_made_changed_and_given_a_new_secret(
    admin: Client, services: Services
) -> None:
    parts = "site { id name origins siteKey greeting version } identitySecret"
    given = {"name": " Shop ", "origins": ["https://Shop.example/", "https://shop.example:443"]}
    made = await admin.done("saveSite", parts, **given, greeting="Hello")
    assert made["identitySecret"]
    site = made["site"]
    assert site["name"] == "Shop"
    assert site["origins"] == ["https://shop.example"]
    listed = await admin.read("{ sites { id siteKey } }")
    assert listed["sites"] == [{"id": site["id"], "siteKey": site["siteKey"]}]
    same = {"siteId": site["id"], **given, "greeting": "Hello"}
    async with nothing_written(services):
        unchanged = await admin.done("saveSite", parts, **same, expectedVersion=site["version"])
    assert unchanged == {**made, "identitySecret": None}
    renewed = await admin.done("saveSite", parts, **same, renewSecret=True)
    assert renewed["identitySecret"] not in (None, made["identitySecret"])
    assert renewed["site"]["version"] != site["version"]


ODD_SITES: list[tuple[dict[str, Any], list[str]]] = [
    ({"name": ""}, ["name"]),
    ({"name": "x" * 81}, ["name"]),
    ({"origins": []}, ["origins"]),
    ({"origins": ["https://a.example"] * 21}, ["origins"]),
    ({"origins": ["shop.example"]}, ["origins", "0"]),
    ({"origins": ["https://a.example:99999"]}, ["origins", "0"]),
    ({"greeting": "x" * 301}, ["greeting"]),
    ({"siteId": "site_1"}, ["siteId"]),
]


async def test_an_odd_site_is_refused(admin: Client, services: Services) -> None:
    for odd, path in ODD_SITES:
        given = {"name": "Shop", "origins": ["https://shop.example"]}
        async with nothing_written(services):
            made = await admin.write("saveSite", **{**given, **odd})
        assert made["problems"][0]["path"] == path


async def test_whether_the_lead_was_online_then_is_asked_by_a_range(
    services: Services, clock: ManualClock, admin: Client
) -> None:
    lead_id = await make_lead(services)
    start = clock.now()
    async with unit_of_work(services, SYSTEM) as work:
        for version, (begin, end) in enumerate([(0, 10), (60, 70), (120, None)]):
            work.session.add(
                PresenceInterval(
                    lead_id=lead_id,
                    version=version,
                    last_version=version,
                    epoch="e",
                    from_at=start + timedelta(minutes=begin),
                    to_at=start + timedelta(minutes=end) if end else None,
                )
            )
    clock.advance(3 * 3600)

    async def began(since: int, until: int) -> list[int]:
        read = await admin.read(
            """query($id: ID!, $range: DateTimeRangeInput!) { lead(id: $id) {
              presenceIntervals(first: 10, range: $range) { nodes { from } } } }""",
            id=lead(lead_id),
            range={"from": instant(since), "to": instant(until)},
        )
        rows = read["lead"]["presenceIntervals"]["nodes"]
        told = [datetime.fromisoformat(row["from"]) - start for row in rows]
        return [round(each.total_seconds() / 60) for each in told]

    def instant(minutes: int) -> str:
        return (start + timedelta(minutes=minutes)).isoformat()

    assert await began(5, 6) == [0]
    assert await began(10, 60) == []
    assert await began(9, 61) == [60, 0]
    assert await began(170, 171) == [120]

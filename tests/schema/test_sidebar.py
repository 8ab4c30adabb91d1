"""What stands beside every page: who of the team is here, and the numbers of the sidebar."""

import asyncio
from typing import Any

import pytest

from models.clock import ManualClock
from models.enums import StaffRole
from models.ids import encode_id
from resolvers import counters
from resolvers.actors import SYSTEM
from resolvers.services import Services
from resolvers.staff import keep_awake
from resolvers.staff.online import RENEW
from tests.client import Answer, Client, key, lead, nothing_written, staff_client, visitor_client
from tests.factories import make_lead
from tests.schema.test_statements import counting

TEAM = "subscription { teamPresence { online { name isOnline } } }"
PEOPLE = "{ staffMembers(first: 9) { nodes { name isOnline lastSeenAt } } }"
NUMBERS = "{ notificationsUnread inboxUnread tasksOverdue tasksDueToday visitorsPresent }"


def _here(answer: Answer) -> list[str]:
    assert answer.data, answer.errors
    people = answer.data["teamPresence"]["online"]
    assert all(each["isOnline"] for each in people)
    return [each["name"] for each in people]


async def _people(client: Client) -> dict[str, tuple[bool, str | None]]:
    nodes = (await client.read(PEOPLE))["staffMembers"]["nodes"]
    return {each["name"]: (each["isOnline"], each["lastSeenAt"]) for each in nodes}


@pytest.mark.behaviour("C5")
async def test_who_is_here_is_told_as_people_come_stay_and_go(
    services: Services, admin: Client, clock: ManualClock
) -> None:
    given = {"name": "Ivo Invited", "emailAddress": "ivo@team.example", "role": "AGENT"}
    await admin.done("inviteStaff", **given)
    begun = clock.now()
    stream = admin.stream(TEAM)
    assert _here(await anext(stream)) == ["Ada Ames"]
    bo = await staff_client(services, StaffRole.AGENT, "Bo Brandt")
    assert _here(await anext(stream)) == ["Ada Ames", "Bo Brandt"]
    await bo.write("signOut")
    assert _here(await anext(stream)) == ["Ada Ames"], "signing out is told at once"
    await stream.aclose()
    cy = await staff_client(services, StaffRole.AGENT, "Cy Cole")
    assert admin.actor
    assert cy.actor
    for _ in range(6):  # Cy has a socket open, Ada does nothing
        clock.advance(RENEW.total_seconds())
        await keep_awake(services, [cy.actor.session_id])
    then = begun.isoformat(timespec="microseconds").replace("+00:00", "Z")
    now = clock.now().isoformat(timespec="microseconds").replace("+00:00", "Z")
    seen = await _people(Client(services, cy.token))
    assert seen["Cy Cole"] == (True, now)
    assert seen["Ada Ames"] == (False, then)
    assert seen["Bo Brandt"] == (False, then)
    assert seen["Ivo Invited"] == (False, None)
    async with nothing_written(services):
        await keep_awake(services, [cy.actor.session_id])
    assert (await _people(admin))["Ada Ames"] == (True, now), "a request is being here, too"


async def test_the_numbers_are_told_again_when_one_differs(
    services: Services,
    admin: Client,
    client_for: Any,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(counters, "APART_SECONDS", 0.2)
    agent = await client_for(StaffRole.AGENT, "Bo Brandt")
    lead_id = await make_lead(services, admin.actor or SYSTEM)
    assert agent.actor
    stream = agent.stream(f"subscription {{ counters {NUMBERS} }}")
    first = await anext(stream)
    assert first.data
    assert set(first.data["counters"].values()) == {0}
    today = clock.now().date().isoformat()
    given = {"leadId": lead(lead_id), "assigneeId": encode_id("staff", agent.actor.id)}
    await admin.done("createTask", **given, title="Call", dueOn=today, idempotencyKey=key())
    told = await anext(stream)
    await stream.aclose()
    assert told.data
    expected = {**first.data["counters"], "notificationsUnread": 1, "tasksDueToday": 1}
    assert told.data["counters"] == expected
    clock.advance(86_400)
    later = (await agent.read(f"{{ counters {NUMBERS} }}"))["counters"]
    assert (later["tasksDueToday"], later["tasksOverdue"]) == (0, 1)
    other = (await admin.read(f"{{ counters {NUMBERS} }}"))["counters"]
    assert (other["notificationsUnread"], other["tasksOverdue"]) == (0, 0), "each has their own"

    streams = [admin.stream(f"subscription {{ counters {NUMBERS} }}") for _ in range(9)]
    for each in streams:
        await anext(each)
    visitor, _ = await visitor_client(services)
    with counting(services) as statements:
        await visitor.done("heartbeat", pageKey="page-0001", isVisible=True, idleMs=0)
        for answer in await asyncio.gather(*(anext(each) for each in streams)):
            assert answer.data
            assert answer.data["counters"]["visitorsPresent"] == 1
    counts = [each for each in statements.sent if "count(" in each and "hidden_at IS NULL" in each]
    assert 1 <= len(counts) <= 3, len(counts)
    for each in streams:
        await each.aclose()

"""People of the team: how they come, what changes about them, and how they go."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from models.clock import ManualClock
from models.enums import StaffRole
from models.ids import encode_id
from resolvers.services import Services
from resolvers.staff import INVITED_FOR, sign_in
from tests.client import Client, key, lead, nothing_written, staff_client
from tests.factories import PASSWORD, make_lead

PATIENCE = 10.0
ANOTHER = "another long password"
ME = """{ me { staff { id name emailAddress role isActive isInvited version }
  preferences { language timeZone version }
  sessions { id device createdAt lastUsedAt isCurrent } } }"""
STAFF = "staff { id name role isActive isInvited version }"


def staff_id(client: Client) -> str:
    assert client.actor
    return encode_id("staff", client.actor.id)


async def me_of(client: Client) -> dict[str, Any]:
    me: dict[str, Any] = (await client.read(ME))["me"]
    return me


async def is_signed_in(client: Client) -> bool:
    return (await client.read("{ me { staff { id } } }"))["me"] is not None


async def invite(admin: Client, **given: Any) -> tuple[dict[str, Any], str]:
    """The invited person and the token of the link."""
    whole = {"name": "Bo Berg", "emailAddress": "bo@team.example", "role": "AGENT", **given}
    made = await admin.done("inviteStaff", f"{STAFF} invitationUrl", **whole)
    page, _, token = made["invitationUrl"].partition("#")
    assert page.endswith("/live")
    return made["staff"], token


async def accept(nobody: Client, token: str, **given: Any) -> dict[str, Any]:
    whole = {"token": token, "password": ANOTHER, "wantsToken": True, **given}
    return await nobody.write("acceptInvitation", f"token me {{ {STAFF} }}", **whole)


async def enter(services: Services, address: str, password: str) -> Client:
    opened = await sign_in(services, address, password, device="phone", client=key())
    return Client(services, opened.token, actor=opened.actor)


async def is_refused(nobody: Client, address: str, password: str) -> bool:
    made = await nobody.write("signIn", emailAddress=address, password=password)
    return bool(made.get("reason") == "SIGN_IN_REFUSED")


# --- coming --------------------------------------------------------------------------------------


async def test_an_invited_person_comes_by_the_link_once_and_chooses_a_password(
    admin: Client, nobody: Client, services: Services
) -> None:
    invited, token = await invite(admin, emailAddress="Bo@Team.example", role="MANAGER")
    assert (invited["isActive"], invited["isInvited"]) == (False, True)
    came = await accept(nobody, token)
    assert came["me"]["staff"]["id"] == invited["id"]
    assert (came["me"]["staff"]["isActive"], came["me"]["staff"]["isInvited"]) == (True, False)
    assert (await me_of(Client(services, came["token"])))["staff"]["role"] == "MANAGER"
    assert await is_signed_in(await enter(services, "bo@team.example", ANOTHER))
    assert (await accept(nobody, token))["reason"] == "TOKEN_INVALID"


async def test_two_who_use_one_link_at_once_give_one_account(
    admin: Client, nobody: Client, services: Services
) -> None:
    _, token = await invite(admin)
    passwords = [ANOTHER, PASSWORD]
    made = await asyncio.gather(*(accept(nobody, token, password=each) for each in passwords))
    assert sorted(each["__typename"] for each in made) == [
        "AcceptInvitationSuccess",
        "PreconditionError",
    ]
    winner = passwords[[each["__typename"] for each in made].index("AcceptInvitationSuccess")]
    assert await is_signed_in(await enter(services, "bo@team.example", winner))


async def test_a_link_ends_after_a_week_by_a_newer_one_and_by_taking_it_back(
    admin: Client, nobody: Client, clock: ManualClock
) -> None:
    invited, first = await invite(admin)
    _, second = await invite(admin, name="Bo Bergmann", role="ADMIN")
    assert (await accept(nobody, first))["reason"] == "TOKEN_INVALID"
    clock.advance(INVITED_FOR.total_seconds() - 1)
    renewed, third = await invite(admin)
    assert (renewed["id"], renewed["role"]) == (invited["id"], "AGENT")
    clock.advance(INVITED_FOR.total_seconds())
    for token in (second, third, "", "invitation_unknown"):
        assert (await accept(nobody, token))["reason"] == "TOKEN_INVALID"
    _, last = await invite(admin)
    made = await admin.done("updateStaff", STAFF, staffId=invited["id"], isActive=False)
    assert made["staff"]["isInvited"] is False
    assert (await accept(nobody, last))["reason"] == "TOKEN_INVALID"
    _, again = await invite(admin)
    assert (await accept(nobody, again))["me"]["staff"]["isActive"] is True


@pytest.mark.behaviour("C5")
async def test_an_invited_person_can_not_sign_in_get_leads_or_be_made_active(
    admin: Client, nobody: Client, services: Services
) -> None:
    invited, _ = await invite(admin)
    assert await is_refused(nobody, "bo@team.example", PASSWORD)
    lead_id = await make_lead(services)
    made = await admin.write("assignLead", leadId=lead(lead_id), staffId=invited["id"])
    assert made["problems"][0]["path"] == ["staffId"]
    made = await admin.write("updateStaff", staffId=invited["id"], isActive=True)
    assert made["reason"] == "INVITED"


async def test_the_secret_of_a_link_is_not_in_the_database(
    admin: Client, services: Services
) -> None:
    _, token = await invite(admin)
    async with services.database.read_session() as session:
        for table in ("staff", "staff_invitation", "workspace_change"):
            rows = (await session.execute(text(f"SELECT * FROM {table}"))).all()
            assert rows
            assert token.partition("_")[2] not in str(rows)


async def test_who_is_new_has_the_projects_zone_until_they_choose_one(
    admin: Client, nobody: Client, services: Services
) -> None:
    await admin.done("updateProject", timeZone="Asia/Tokyo")
    _, token = await invite(admin)
    bo = Client(services, (await accept(nobody, token))["token"])
    zone = "{ me { preferences { timeZone isTimeZoneChosen } } }"
    told = (await bo.read(zone))["me"]["preferences"]
    assert told == {"timeZone": "Asia/Tokyo", "isTimeZoneChosen": False}
    await bo.done("changePreferences", timeZone="Asia/Tokyo")
    told = (await bo.read(zone))["me"]["preferences"]
    assert told == {"timeZone": "Asia/Tokyo", "isTimeZoneChosen": True}
    async with nothing_written(services):
        await bo.done("changePreferences", timeZone="Asia/Tokyo")


async def test_another_sign_in_address_counts_at_once_and_is_in_the_audit(
    admin: Client, services: Services, nobody: Client
) -> None:
    invited, token = await invite(admin)
    before = Client(services, (await accept(nobody, token))["token"])
    person = {"staffId": invited["id"]}
    made = await admin.done(
        "updateStaff", "staff { emailAddress }", **person, emailAddress="Bo.Berg@team.example"
    )
    assert made["staff"] == {"emailAddress": "bo.berg@team.example"}
    changed = (await audit_once(admin, "Changed Bo Berg."))[0]
    assert changed["diffs"][0]["after"] == {"display": "bo.berg@team.example"}
    assert not await is_signed_in(before), "who came by the old address has to know the new one"
    assert await is_refused(nobody, "bo@team.example", ANOTHER)
    assert await is_signed_in(await enter(services, "bo.berg@team.example", ANOTHER))
    async with nothing_written(services):
        await admin.done("updateStaff", **person, emailAddress="bo.berg@team.example")
    mistyped, link = await invite(admin, emailAddress="cy@taem.example")
    right = {"emailAddress": "cy@team.example"}
    await admin.done("updateStaff", staffId=mistyped["id"], **right)
    assert (await accept(nobody, link))["reason"] == "TOKEN_INVALID", "it went to a stranger"
    renewed, link = await invite(admin, **right)
    assert renewed["id"] == mistyped["id"]
    assert (await accept(nobody, link))["me"]["staff"]["isActive"] is True
    own = {"staffId": staff_id(admin), "emailAddress": "ada.new@team.example"}
    await admin.done("updateStaff", **own)
    assert await is_signed_in(admin), "who changes their own stays where they do it"


# --- changing ------------------------------------------------------------------------------------


async def test_an_admin_changes_name_and_role_and_others_only_their_own_name(
    admin: Client, services: Services
) -> None:
    agent = await staff_client(services, StaffRole.AGENT, "Cy Coe")
    made = await agent.done("updateStaff", STAFF, staffId=staff_id(agent), name="  Cyd Coe ")
    assert made["staff"]["name"] == "Cyd Coe"
    for given in (
        {"staffId": staff_id(agent), "role": "ADMIN"},
        {"staffId": staff_id(agent), "name": "Cy", "isActive": True},
        {"staffId": staff_id(admin), "name": "Cy"},
    ):
        async with nothing_written(services):
            assert (await agent.write("updateStaff", **given))["permission"] == "ADMINISTER"
    made = await admin.done("updateStaff", STAFF, staffId=staff_id(agent), role="MANAGER")
    assert made["staff"]["role"] == "MANAGER"
    assert (await me_of(agent))["staff"]["role"] == "MANAGER"
    async with nothing_written(services):
        again = await admin.done(
            "updateStaff", STAFF, staffId=staff_id(agent), role="MANAGER", name="Cyd Coe"
        )
    assert again["staff"]["version"] == made["staff"]["version"]


async def test_the_last_active_admin_can_be_neither_demoted_nor_let_go(
    admin: Client, services: Services
) -> None:
    gone = await staff_client(services, StaffRole.ADMIN, "Gil Gone")
    await admin.done("updateStaff", staffId=staff_id(gone), isActive=False)
    await staff_client(services, StaffRole.MANAGER)
    for given in ({"role": "AGENT"}, {"isActive": False}, {"role": "MANAGER", "isActive": True}):
        async with nothing_written(services):
            made = await admin.write("updateStaff", staffId=staff_id(admin), **given)
        assert made["reason"] == "LAST_ADMIN"
    other = await staff_client(services)
    await admin.done("updateStaff", staffId=staff_id(admin), role="AGENT")
    made = await other.write("updateStaff", staffId=staff_id(other), isActive=False)
    assert made["reason"] == "LAST_ADMIN"


async def test_of_two_admins_who_demote_each_other_at_once_one_remains(
    admin: Client, services: Services
) -> None:
    other = await staff_client(services, StaffRole.ADMIN, "Bea Bohl")
    pairs = ((admin, other), (other, admin))
    made = await asyncio.gather(
        *(one.write("updateStaff", staffId=staff_id(two), role="AGENT") for one, two in pairs)
    )
    assert sum(each["__typename"] == "UpdateStaffSuccess" for each in made) == 1
    roles = [(await me_of(each))["staff"]["role"] for each in (admin, other)]
    assert sorted(roles) == ["ADMIN", "AGENT"]


async def test_preferences_are_ones_own(admin: Client, services: Services) -> None:
    made = await admin.done(
        "changePreferences",
        "me { preferences { language timeZone version } staff { timeZone } }",
        language="de-AT",
        timeZone="Europe/Vienna",
    )
    told = made["me"]["preferences"]
    assert (told["language"], told["timeZone"]) == ("de-AT", "Europe/Vienna")
    assert made["me"]["staff"]["timeZone"] == "Europe/Vienna"
    async with nothing_written(services):
        await admin.done("changePreferences", language="de-AT", expectedVersion=told["version"])
    await admin.done("changePreferences", timeZone="UTC")
    assert (await me_of(admin))["preferences"]["language"] == "de-AT"


# --- going ---------------------------------------------------------------------------------------


async def test_who_is_let_go_is_signed_out_everywhere_and_their_streams_end(
    admin: Client, nobody: Client, services: Services
) -> None:
    agent = await staff_client(services, StaffRole.AGENT, "Cy Coe")
    assert agent.actor
    lead_id = await make_lead(services, assignee_id=agent.actor.id)
    address = (await me_of(agent))["staff"]["emailAddress"]
    phone = await enter(services, address, PASSWORD)
    stream = agent.stream(
        "subscription($id: ID!) { leadCard(id: $id) { __typename "
        "... on AccessEnded { endReason } } }",
        id=lead(lead_id),
    )
    async with asyncio.timeout(PATIENCE):
        await anext(stream)
    made = await admin.done("updateStaff", STAFF, staffId=staff_id(agent), isActive=False)
    assert made["staff"]["isActive"] is False
    async with asyncio.timeout(1):
        seen = [answer.data["leadCard"] async for answer in stream if answer.data]
    assert seen[-1] == {"__typename": "AccessEnded", "endReason": "SIGNED_OUT"}
    assert not await is_signed_in(agent)
    assert not await is_signed_in(phone)
    assert await is_refused(nobody, address, PASSWORD)
    await admin.done("updateStaff", staffId=staff_id(agent), isActive=True)
    assert not await is_signed_in(agent), "a session that ended stays ended"
    assert await is_signed_in(await enter(services, address, PASSWORD))


async def test_a_new_password_ends_all_other_sessions_and_the_old_password(
    admin: Client, nobody: Client, services: Services
) -> None:
    address = (await me_of(admin))["staff"]["emailAddress"]
    others = [await enter(services, address, PASSWORD) for _ in range(2)]
    made = await admin.done(
        "changePassword", "endedSessionCount", currentPassword=PASSWORD, newPassword=ANOTHER
    )
    assert made["endedSessionCount"] == 2
    assert [await is_signed_in(each) for each in (admin, *others)] == [True, False, False]
    assert await is_refused(nobody, address, PASSWORD)
    assert await is_signed_in(await enter(services, address, ANOTHER))


async def test_sessions_are_listed_and_ended_one_by_one(
    admin: Client, services: Services, clock: ManualClock
) -> None:
    address = (await me_of(admin))["staff"]["emailAddress"]
    clock.advance(60)
    phone = await enter(services, address, PASSWORD)
    newest, oldest = (await me_of(admin))["sessions"]
    assert (newest["device"], newest["isCurrent"]) == ("phone", False)
    assert (oldest["device"], oldest["isCurrent"]) == ("test", True)
    assert newest["createdAt"] > oldest["createdAt"]
    stranger = await staff_client(services)
    for session_id in (newest["id"], f"session_{'0' * 32}"):
        async with nothing_written(services):
            made = await stranger.write("endSession", sessionId=session_id)
        assert made["__typename"] == "NotFoundError"
    await admin.done("endSession", sessionId=newest["id"])
    assert not await is_signed_in(phone)
    assert (await admin.write("endSession", sessionId=newest["id"]))["id"] == newest["id"]
    assert [each["isCurrent"] for each in (await me_of(admin))["sessions"]] == [True]
    await admin.done("endSession", sessionId=oldest["id"])
    assert not await is_signed_in(admin)


# --- the audit -----------------------------------------------------------------------------------

AUDIT = """query($first: Int!, $after: Cursor) { workspaceHistory(first: $first, after: $after) {
  nodes { id at via summary actor { kind name staff { name } }
    diffs { path label before { display } after { display } } }
  pageInfo { hasNextPage endCursor } } }"""


async def audit_once(admin: Client, last: str) -> list[dict[str, Any]]:
    """The five last rows, once that is the last: a refusal is noted after it was answered."""
    async with asyncio.timeout(PATIENCE):
        while True:
            rows = (await admin.read(AUDIT, first=5))["workspaceHistory"]["nodes"]
            if rows[0]["summary"] == last:
                return list(rows)
            await asyncio.sleep(0.01)


async def test_the_audit_tells_admins_who_changed_whom(
    admin: Client, nobody: Client, services: Services
) -> None:
    _, token = await invite(admin)
    bo = (await accept(nobody, token))["me"]["staff"]
    await admin.done("updateStaff", staffId=bo["id"], role="MANAGER", name="Bo Beck")
    await nobody.write("signIn", emailAddress="bo@team.example", password="wrong")
    rows = await audit_once(admin, "Refused a sign-in of Bo Beck.")
    assert [row["summary"] for row in rows] == [
        "Refused a sign-in of Bo Beck.",
        "Changed Bo Beck.",
        "Signed in.",
        "Accepted the invitation.",
        "Invited Bo Berg as AGENT.",
    ]
    assert [row["actor"]["kind"] for row in rows] == ["SYSTEM", *["STAFF"] * 4]
    assert rows[1]["actor"]["staff"] == {"name": "Ada Ames"}
    assert [
        (each["path"], each["before"]["display"], each["after"]["display"])
        for each in rows[1]["diffs"]
    ] == [("name", "Bo Berg", "Bo Beck"), ("role", "AGENT", "MANAGER")]
    assert ANOTHER not in str(rows)
    first = (await admin.read(AUDIT, first=2))["workspaceHistory"]
    second = (await admin.read(AUDIT, first=3, after=first["pageInfo"]["endCursor"]))[
        "workspaceHistory"
    ]
    assert [*first["nodes"], *second["nodes"]] == rows


async def test_the_audit_is_null_for_others(services: Services) -> None:
    for role in (StaffRole.MANAGER, StaffRole.AGENT):
        client = await staff_client(services, role)
        assert await client.read(AUDIT, first=1) == {"workspaceHistory": None}

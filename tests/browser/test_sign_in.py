"""The ways in, as people walk them."""

from typing import Any

import httpx2
import pytest
from playwright.async_api import expect

from tests.browser.conftest import PASSWORD, STAFF, SetUp, Watched, ask

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.parametrize("set_up", ["embedded"], indirect=True),
]
SIGN_IN = "mutation($i: SignInInput!) { signIn(input: $i) { ... on SignInSuccess { token } } }"
INVITE = """mutation($i: InviteStaffInput!) { inviteStaff(input: $i) {
  ... on InviteStaffSuccess { invitationUrl } } }"""


def ask_as_admin(url: str, document: str, given: dict[str, Any]) -> Any:
    address = next(iter(STAFF))
    proof = {"emailAddress": address, "password": PASSWORD, "wantsToken": True}
    with httpx2.Client(base_url=url) as client:
        token = ask(client, SIGN_IN, proof)["signIn"]["token"]
        client.headers["authorization"] = f"Bearer {token}"
        return ask(client, document, given)


async def test_an_invited_person_chooses_a_password_and_is_in(
    set_up: SetUp, watched: Watched
) -> None:
    given = {"name": "Cy Coe", "emailAddress": "cy@team.example", "role": "AGENT"}
    link = ask_as_admin(set_up.first, INVITE, given)["inviteStaff"]["invitationUrl"]
    page = await watched.open(link)
    await page.get_by_test_id("join-password").fill("another long password")
    await page.get_by_test_id("join-submit").click()
    await expect(page.locator("#person-name")).to_have_text("Cy Coe")
    await expect(page.get_by_test_id("connection")).to_have_text("live")
    assert "invitation" not in page.url
    again = await watched.open(link)
    await again.get_by_test_id("join-password").fill("another long password")
    await again.get_by_test_id("join-submit").click()
    await expect(again.locator("#join-refusal")).to_contain_text("no longer good")

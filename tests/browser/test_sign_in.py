"""The ways in, as people walk them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.async_api import expect

from models.clock import SystemClock
from tests.authenticator import code_of
from tests.browser.conftest import PASSWORD, STAFF, SetUp, Watched, ask
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, running_provider
from tests.processes import Process, free_port

pytestmark = pytest.mark.browser
SIGN_IN = "mutation($i: SignInInput!) { signIn(input: $i) { ... on SignInSuccess { token } } }"
INVITE = """mutation($i: InviteStaffInput!) { inviteStaff(input: $i) {
  ... on InviteStaffSuccess { invitationUrl } } }"""
START_TOTP = """mutation($i: StartTotpInput!) { startTotp(input: $i) {
  ... on StartTotpSuccess { otpauthUrl } } }"""
CONFIRM_TOTP = """mutation($i: ConfirmTotpInput!) { confirmTotp(input: $i) {
  ... on ConfirmTotpSuccess { recoveryCodes } } }"""


def ask_as(address: str, url: str, *asked: tuple[str, Callable[[Any], dict[str, Any]]]) -> Any:
    """One act after another, each made of the answer to the one before; the last answer."""
    proof = {"emailAddress": address, "password": PASSWORD, "wantsToken": True}
    with httpx2.Client(base_url=url) as client:
        token = ask(client, SIGN_IN, proof)["signIn"]["token"]
        client.headers["authorization"] = f"Bearer {token}"
        answer: Any = None
        for document, given in asked:
            (answer,) = ask(client, document, given(answer)).values()
        return answer


async def test_an_invited_person_chooses_a_password_and_is_in(
    set_up: SetUp, watched: Watched
) -> None:
    given = {"name": "Cy Coe", "emailAddress": "cy@team.example", "role": "AGENT"}
    made = ask_as(next(iter(STAFF)), set_up.first, (INVITE, lambda _: given))
    link = made["invitationUrl"]
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


async def test_the_page_asks_for_the_code_of_an_authenticator_where_there_is_one(
    set_up: SetUp, watched: Watched
) -> None:
    address = next(iter(STAFF))
    codes = ask_as(
        address,
        set_up.first,
        (START_TOTP, lambda _: {"currentPassword": PASSWORD}),
        (CONFIRM_TOTP, lambda made: {"totpCode": code_of(made["otpauthUrl"], SystemClock())}),
    )["recoveryCodes"]
    page = await watched.open(f"{set_up.first}/live")
    await expect(page.get_by_test_id("sign-in-totp")).to_be_hidden()
    await page.get_by_test_id("sign-in-email").fill(address)
    await page.get_by_test_id("sign-in-password").fill(PASSWORD)
    await page.get_by_test_id("sign-in-submit").click()
    code = page.get_by_test_id("sign-in-totp")
    await expect(code).to_be_focused()
    await code.fill("000000")
    await page.get_by_test_id("sign-in-submit").click()
    await expect(page.locator("#sign-in-refusal")).to_contain_text("wrong")
    await code.fill(codes[0])
    await page.get_by_test_id("sign-in-submit").click()
    await expect(page.locator("#person-name")).to_have_text("Ada Ames")


async def test_a_button_leads_to_the_provider_and_back(tmp_path: Path, watched: Watched) -> None:
    async with running_provider(SystemClock()) as provider:
        port = free_port()
        given = {
            "OIDC_ISSUER": provider.issuer,
            "OIDC_CLIENT_ID": CLIENT_ID,
            "OIDC_CLIENT_SECRET": CLIENT_SECRET,
        }
        person = ("--name", "Cy Coe", "--email", "cy@team.example", "--password", PASSWORD)
        Process(tmp_path, "create-staff", *person, **given).run()
        server = Process(tmp_path, "serve", PORT=port, **given)
        server.start()
        try:
            page = await watched.open(f"{server.url}/live")
            provider.email = "stranger@team.example"
            await page.get_by_test_id("sign-in-provider").click()
            await expect(page.locator("#sign-in-refusal")).to_contain_text("Nobody of the team")
            provider.email = "cy@team.example"
            await page.get_by_test_id("sign-in-provider").click()
            await expect(page.locator("#person-name")).to_have_text("Cy Coe")
            assert page.url == f"{server.url}/live"
        finally:
            server.kill()

"""Two cards of one person made one on the page, and taken apart again."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import STAFF, SetUp, Watched
from tests.browser.test_card_by_link import sign_in

pytestmark = pytest.mark.browser
CREATE = """async ([person, key]) => {
  const query = `mutation ($input: CreateLeadInput!) { createLead(input: $input) {
    ... on CreateLeadSuccess { lead { id } } ... on Error { message } } }`;
  const input = { idempotencyKey: key, emailAddresses: ["lena@mail.example"], person };
  const answer = await fetch("/graphql", { method: "POST", credentials: "same-origin",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify({ query, variables: { input } }) });
  return (await answer.json()).data.createLead.lead.id;
}"""


async def create(page: Page, key: str, **person: str) -> str:
    identity: Any = await page.evaluate(CREATE, [person, key])
    return str(identity)


async def test_two_cards_are_compared_made_one_and_taken_apart(
    set_up: SetUp, watched: Watched
) -> None:
    ada_at, ben_at = STAFF
    ada = await watched.open(f"{set_up.first}/live")
    await sign_in(ada, ada_at)
    await expect(ada.locator("#desk")).to_be_visible(timeout=30_000)
    one = await create(ada, "one", firstName="Lena", lastName="Lorenz")
    two = await create(ada, "two", firstName="Lena", lastName="Lorentz", company="Brass & Co")
    ben = await watched.open(f"{set_up.last}/live#{two}")
    await sign_in(ben, ben_at)
    await expect(ben.get_by_test_id("card-name")).to_have_text("Lena Lorentz", timeout=30_000)

    await ada.goto(f"{set_up.first}/live#{one}")
    alike = ada.get_by_test_id("duplicates")
    await expect(alike).to_contain_text("Has the same address, lena@mail.example.", timeout=30_000)
    await ada.get_by_test_id("compare").click()
    await ada.locator("input[name=last_name][value=other]").check()
    await ada.get_by_test_id("merge-sure").click()
    for page in (ada, ben):  # the other card leads here
        await expect(page.get_by_test_id("card-name")).to_have_text("Lena Lorentz", timeout=30_000)
        await expect(page).to_have_url(f"{page.url.partition('#')[0]}#{one}", timeout=30_000)
        await expect(page.locator(".fields")).to_contain_text("Brass & Co")

    await ada.get_by_test_id("unmerge").click()
    for page in (ada, ben):
        await expect(page.get_by_test_id("card-name")).to_have_text("Lena Lorenz", timeout=30_000)
    await ben.goto(f"{set_up.last}/live#{two}")
    await expect(ben.get_by_test_id("card-name")).to_have_text("Lena Lorentz", timeout=30_000)

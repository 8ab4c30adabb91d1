"""Rules and webhooks made, tried, watched and switched off in the settings, in a real browser."""

import os

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import STAFF, SetUp, Watched, sign_in

pytestmark = pytest.mark.browser
PATIENCE = 40_000


async def pictured(page: Page, name: str) -> None:
    """For a look at it: kept where SCREENSHOTS says."""
    if folder := os.environ.get("SCREENSHOTS"):
        await page.set_viewport_size({"width": 1280, "height": 1500})
        await page.screenshot(path=f"{folder}/{name}.png")


async def settings(watched: Watched, set_up: SetUp, section: str) -> Page:
    page = await watched.open(f"{set_up.first}/live#settings/{section}")
    await sign_in(page, next(iter(STAFF)))
    await expect(page.get_by_test_id(f"section-{section}")).to_be_visible(timeout=PATIENCE)
    return page


@pytest.mark.behaviour("C21")
async def test_a_rule_is_made_in_plain_words_tried_on_the_past_and_watched(
    set_up: SetUp, watched: Watched
) -> None:
    await watched.open(f"{set_up.last}/demo-site")
    page = await settings(watched, set_up, "rules")
    await page.get_by_role("button", name="New rule").click()
    await page.get_by_label("When").select_option("LEAD_CREATED")
    await page.get_by_label("Title of the task").fill("Greet {{lead.name}}")
    await page.get_by_label("Due after").fill("2")
    await page.get_by_role("button", name="Add an action").click()
    await page.get_by_label("Action", exact=True).last.select_option("ADD_TAGS")
    await page.get_by_role("button", name="Make the rule").click()
    await expect(page.get_by_text("This can't be empty").first).to_be_visible(timeout=PATIENCE)
    await pictured(page, "rule-refused")
    await page.get_by_label("Name").fill("Greet")
    await page.get_by_label("Tags", exact=True).fill("New here, Web")
    await page.get_by_role("button", name="Make the rule").click()
    line = page.get_by_role("button", name="Greet When")
    await expect(line).to_contain_text(
        "When a lead comes to be then add the task “Greet {{lead.name}}” for the assignee, due 2 "
        "days later; add the tags New here, Web",
        timeout=PATIENCE,
    )
    await line.click()
    await page.get_by_role("button", name="Try it on the past").click()
    await expect(page.get_by_text("It would have acted once.")).to_be_visible(timeout=PATIENCE)
    await expect(page.get_by_text("It has not run yet.")).to_be_visible()
    await watched.open(f"{set_up.last}/demo-site")  # somebody else comes by
    runs = page.get_by_role("list", name="Runs, newest first").get_by_role("listitem")
    await expect(runs.first).to_contain_text("Done", timeout=PATIENCE)
    await expect(runs).to_have_count(1)
    await expect(runs.first).to_contain_text("Added New here, Web.")
    await pictured(page, "rule-open")
    condition = page.get_by_role("group", name="Filter")
    await condition.get_by_role("button", name="Add a clause").click()
    await page.get_by_role("button", name="Save").click()
    await expect(condition.get_by_text("Please fill this in")).to_be_visible(timeout=PATIENCE)
    await condition.get_by_label("What is looked at").select_option("tags")
    await condition.get_by_role("button", name="not", exact=True).click()
    await condition.get_by_label("Tags").fill("Test")
    await expect(condition.get_by_text("has the tag “Test”")).to_be_visible(timeout=PATIENCE)
    await page.get_by_role("button", name="Save").click()
    await expect(line).to_contain_text("Test", timeout=PATIENCE)
    await page.get_by_label("Greet is on").click()
    await expect(page.locator(".switch")).to_have_text("off", timeout=PATIENCE)
    await page.reload()
    await expect(page.locator(".switch")).to_have_text("off", timeout=PATIENCE)
    await page.get_by_role("button", name="Greet When").click()
    await expect(condition.get_by_label("How", exact=True)).to_have_value("any")
    await expect(condition.get_by_label("Tags")).to_have_value("Test")
    await pictured(page, "rule-condition")
    await page.get_by_role("button", name="Remove the rule").click()
    await page.get_by_role("button", name="Yes").click()
    await expect(page.get_by_text("There are no rules yet.")).to_be_visible(timeout=PATIENCE)


@pytest.mark.behaviour("C21")
async def test_a_webhook_is_made_its_secret_shown_once_and_its_deliveries_seen(
    set_up: SetUp, watched: Watched
) -> None:
    page = await settings(watched, set_up, "webhooks")
    await page.get_by_role("button", name="New webhook").click()
    address = page.get_by_label("Address")
    await address.fill("http://127.0.0.1/hook")
    await page.get_by_role("button", name="Make the webhook").click()
    refused = page.get_by_text("Only https on port 443 or 8443 is asked.")
    await expect(refused).to_be_visible(timeout=PATIENCE)
    await address.fill("https://127.0.0.1/hook")
    await page.get_by_label("Kinds of changes").select_option("CHAT")
    await page.get_by_role("button", name="Make the webhook").click()
    told = page.get_by_test_id("signing-secret")
    await expect(told).to_contain_text(
        "The signing secret of 127.0.0.1. Shown this once", timeout=PATIENCE
    )
    secret = await told.locator("code").inner_text()
    await pictured(page, "webhook-secret")
    await told.get_by_role("button", name="I have it").click()
    assert secret not in await page.content()
    await page.get_by_role("button", name="127.0.0.1 /hook").click()
    await page.get_by_role("button", name="Send a test").click()
    sent = page.get_by_role("list", name="Deliveries, newest first").get_by_role("listitem")
    await expect(sent).to_contain_text("A test", timeout=PATIENCE)
    await expect(sent).to_contain_text("does not lead to the public internet", timeout=PATIENCE)
    await expect(sent).to_contain_text("Failed")
    await sent.get_by_role("button", name="Send again").click()
    await expect(sent).to_contain_text("Failed", timeout=PATIENCE)
    await pictured(page, "webhook-open")
    await page.get_by_label("127.0.0.1 is on").click()
    await expect(page.locator(".switch")).to_have_text("off", timeout=PATIENCE)
    await page.get_by_role("button", name="Remove the webhook").click()
    await page.get_by_role("button", name="Yes").click()
    await expect(page.get_by_text("No address is told of anything yet.")).to_be_visible()

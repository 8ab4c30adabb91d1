"""The Visitors section in a browser: who is there, hiding and coming back, and who types."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import STAFF, SetUp, Watched, sign_in
from tests.browser.test_people import pictured

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


# What a visitor's browser tells is not always an address to another browser.
ODD_REFERRER = """Object.defineProperty(Document.prototype, "referrer",
  { get: () => "https://1.2.3.4.5/" })"""


@pytest.mark.behaviour("B13", "B27", "B29", "B43")
async def test_a_visitor_is_seen_hidden_and_back_and_both_sides_see_who_types(
    set_up: SetUp, watched: Watched
) -> None:
    visitor = await watched.open("about:blank")
    await visitor.add_init_script(ODD_REFERRER)
    await visitor.goto(f"{set_up.last}/demo-site")
    ada = await watched.open(f"{set_up.first}/live#visitors")
    await sign_in(ada, next(iter(STAFF)))
    row = ada.get_by_test_id("visitor-row")
    await expect(row).to_have_count(1)
    await expect(row).to_contain_text(re.compile(r"Visitor .*(Online|Sleeping).*first visit", re.S))
    await expect(row).to_contain_text(re.compile(r"from an odd address.*Chrome on Linux", re.S))
    await expect(row).to_contain_text(re.compile(r"Place unknown.*\d\d:\d\d in \w+", re.S))
    await expect(ada.get_by_test_id("visitor-count")).to_have_text("1 within a day")
    await pictured(ada, "visitors")
    await ada.locator("[data-tab=known]").click()
    await expect(row).to_have_count(0)
    await ada.locator("[data-tab=here]").click()
    await expect(row).to_have_count(1)

    await ada.get_by_test_id("visitor-hide").click()
    await expect(row).to_have_count(0)
    await visitor.get_by_test_id("leadlight-launcher").click()
    written = visitor.get_by_test_id("leadlight-input")
    await written.fill("Hello")
    await visitor.get_by_test_id("leadlight-send").click()
    await expect(row).to_have_count(1)

    await row.click()
    await expect(ada.get_by_test_id("card-name")).to_contain_text("Visitor")
    await written.type("Is there")
    await expect(ada.get_by_test_id("lead-types")).to_have_text(
        re.compile("^Visitor .* is typing …")
    )
    await written.fill("")
    await expect(ada.get_by_test_id("lead-types")).to_have_text("")
    await ada.get_by_test_id("hide").click()
    await expect(ada.get_by_test_id("hidden")).to_contain_text("Hidden from Visitors since")

    await ada.goto(f"{set_up.first}/live#inbox")
    await ada.locator("[data-tab=open]").click()
    talk = ada.get_by_test_id("conversation-row")
    await written.type("Is there one")
    await expect(talk).to_contain_text("is typing …")
    await talk.click()
    await expect(ada.get_by_test_id("talk")).to_contain_text("Hello")
    await ada.get_by_test_id("talk-answer").type("Let me look")
    await expect(visitor.get_by_test_id("leadlight-typing")).to_have_text("Ada is typing …")
    await ada.get_by_test_id("talk-send").click()
    await expect(visitor.get_by_test_id("leadlight-typing")).to_have_text("")
    await expect(visitor.get_by_test_id("leadlight-messages")).to_contain_text("Let me look")

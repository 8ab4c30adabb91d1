"""The inbox in two browsers: who waits, who takes it, who types, and what comes back."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import STAFF, SetUp, Watched, sign_in

pytestmark = pytest.mark.browser


@pytest.mark.behaviour("B2", "B29", "B30")
async def test_a_conversation_is_taken_answered_and_put_off_while_another_looks(
    set_up: SetUp, watched: Watched
) -> None:
    visitor = await watched.open(f"{set_up.last}/demo-site")
    ada_at, ben_at = STAFF
    ada = await watched.open(f"{set_up.first}/live#inbox")
    await sign_in(ada, ada_at)
    ben = await watched.open(f"{set_up.last}/live#inbox")
    await sign_in(ben, ben_at)
    await expect(ada.locator("[data-tab=open]")).to_have_text("All open0", timeout=30_000)

    await visitor.get_by_test_id("leadlight-launcher").click()
    await visitor.get_by_test_id("leadlight-input").fill("Is it in stock?")
    await visitor.get_by_test_id("leadlight-send").click()
    for page in (ada, ben):
        await page.locator("[data-tab=open]").click()
        row = page.get_by_test_id("conversation-row")
        await expect(row).to_contain_text(re.compile(r"1.*Is it in stock\?.*waits", re.S))
        await row.click()
        await expect(page.get_by_test_id("talk")).to_contain_text("Is it in stock?")
        # the very card stands beside it
        await expect(page.get_by_test_id("card-name")).to_have_text(
            await page.get_by_test_id("talk-name").inner_text()
        )
    await expect(ada.get_by_test_id("company")).to_have_text("Ben Boyd looks at this too")
    await ben.get_by_test_id("talk-answer").type("Let me")
    await expect(ada.get_by_test_id("company")).to_have_text("Ben Boyd is typing …")

    await ada.get_by_test_id("talk-take").click()
    await expect(ben.get_by_test_id("talk-answerer")).to_have_value(re.compile("^staff_"))
    await expect(ben.get_by_test_id("talk-take")).to_have_text("Take over")
    await expect(ada.locator("[data-tab=mine]")).to_have_text("Mine1")

    await ada.get_by_test_id("talk-replies").click()
    await ada.get_by_test_id("new-reply").click()
    await ada.get_by_test_id("reply-name").fill("Stock")
    await ada.get_by_test_id("reply-body").fill("It is, {{lead.company}}. {{me.name}}")
    await ada.get_by_test_id("reply-save").click()
    await ada.get_by_test_id("reply").click()
    await expect(ada.get_by_test_id("talk-answer")).to_have_value("It is, . Ada Ames")
    await expect(ada.get_by_test_id("talk-missing")).to_contain_text("lead.company")
    await ada.get_by_test_id("talk-answer").fill("It is. Ada")
    await ada.get_by_test_id("talk-send").click()
    for page in (ada, ben):
        await expect(page.get_by_test_id("talk")).to_contain_text("It is. Ada")

    await ada.get_by_test_id("talk-snooze").select_option(index=1)
    await expect(ada.get_by_test_id("talk-state")).to_contain_text("put off")
    await expect(ben.get_by_test_id("conversation-row")).to_have_count(0)
    await visitor.get_by_test_id("leadlight-input").fill("Thanks!")
    await visitor.get_by_test_id("leadlight-send").click()
    await expect(ben.get_by_test_id("talk-state")).to_contain_text("waits since")
    await expect(ben.get_by_test_id("talk")).to_contain_text("Thanks!")
    await ben.get_by_test_id("talk-turn").click()
    await expect(ada.locator("[data-tab=closed]")).to_have_text("Closed1")
    await expect(ada.get_by_test_id("talk-turn")).to_have_text("Open again")

"""A page of somebody else, in the browser of somebody who is signed in."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import STAFF, SetUp, Watched, sign_in

pytestmark = pytest.mark.browser

ME = '{"query": "{ me { staff { name } } }"}'
SIGN_OUT = '{"query": "mutation { signOut { __typename } }"}'

ASK = """async ([url, type, mode, body]) => {
  try {
    const headers = type ? { "content-type": type } : {};
    const credentials = "include";
    const answer = await fetch(url, { method: "POST", credentials, mode, headers, body });
    return answer.type === "opaque" ? "opaque" : `${answer.status} ${await answer.text()}`;
  } catch (error) {
    return "failed";
  }
}"""
OPEN_SOCKET = """(url) => new Promise((done) => {
  const socket = new WebSocket(url, "graphql-transport-ws");
  socket.onopen = () => done("open");
  socket.onclose = (event) => done(`closed ${event.code}`);
})"""
SUBMIT = """([url, body]) => {
  const form = document.createElement("form");
  Object.assign(form, { method: "post", action: url, enctype: "text/plain", target: "_blank" });
  const field = document.createElement("input");
  const at = body.indexOf(":");
  // text/plain sends name=value: the body is split so that it is JSON again
  Object.assign(field, { name: body.slice(0, at) + ': "', value: '", ' + body.slice(1) });
  form.append(field);
  document.body.append(form);
  form.submit();
}"""
SAVE_SITE = """async (origin) => {
  const query = `mutation($input: SaveSiteInput!) { saveSite(input: $input) {
    ... on SaveSiteSuccess { site { siteKey } } ... on Error { message }
  } }`;
  const variables = { input: { name: "Elsewhere", origins: [origin] } };
  const body = JSON.stringify({ query, variables });
  const headers = { "content-type": "application/json" };
  const { data } = await (await fetch("/graphql", { method: "POST", headers, body })).json();
  return data.saveSite.site.siteKey;
}"""
FRAME = """(url) => new Promise((done) => {
  const frame = document.createElement("iframe");
  frame.onload = () => {
    try { done(frame.contentDocument ? "blocked" : "foreign"); } catch { done("foreign"); }
  };
  frame.src = url;
  document.body.append(frame);
})"""


@dataclass
class ForeignSite:
    """A server of somebody else; `page` is what it answers everything with."""

    url: str
    page: str = "<body>hello"


@asynccontextmanager
async def foreign_site() -> AsyncIterator[ForeignSite]:
    """Another origin on the same machine. To a browser it is the same site, for which it sends
    cookies that are SameSite=Lax: nothing but the server's own checks stand between."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n"
            + site.page.encode()
        )
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    site = ForeignSite(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    try:
        yield site
    finally:
        server.close()


async def test_a_foreign_page_can_neither_act_nor_read_for_who_is_signed_in(
    set_up: SetUp, browser: Browser
) -> None:
    url = f"{set_up.first}/graphql"
    context = await browser.new_context()
    ours = await context.new_page()
    await ours.goto(f"{set_up.first}/live")
    await sign_in(ours, next(iter(STAFF)))
    await expect(ours.get_by_test_id("sign-in-email")).to_be_hidden()
    cookies = {cookie["name"] for cookie in await context.cookies()}
    assert any(name.endswith("leadlight") for name in cookies)

    async with foreign_site() as site:
        evil = await context.new_page()
        await evil.goto(site.url)
        seen = await watch_cookies(evil, url)
        for type, mode in (
            ("text/plain", "no-cors"),
            ("application/x-www-form-urlencoded", "no-cors"),
            ("", "no-cors"),
            ("application/json", "cors"),
            ("application/json", "no-cors"),
            ("text/plain", "cors"),
        ):
            told = await evil.evaluate(ASK, [url, type, mode, SIGN_OUT])
            assert told in ("opaque", "failed"), (type, mode)
        assert any(seen), "the browser has sent the cookie along"
        assert await evil.evaluate(OPEN_SOCKET, url.replace("http", "ws")) == "closed 1006"
        async with context.expect_page() as opened:
            await evil.evaluate(SUBMIT, [url, SIGN_OUT])
        shown = await (await opened.value).text_content("body")
        assert "content type" in (shown or "")
        assert await evil.evaluate(FRAME, f"{set_up.first}/live") == "foreign"
        frame = next(each for each in evil.frames if each is not evil.main_frame)
        assert await frame.get_by_test_id("sign-in-email").count() == 0

    told = await ours.evaluate(ASK, [url, "application/json", "cors", ME])
    assert "Ada Ames" in told
    await context.close()


async def test_a_site_elsewhere_carries_the_visitor_script(set_up: SetUp, watched: Watched) -> None:
    ada = await watched.open(f"{set_up.first}/live")
    await sign_in(ada, next(iter(STAFF)))
    await expect(ada.get_by_test_id("sign-in-email")).to_be_hidden()
    async with foreign_site() as shop:
        key = await ada.evaluate(SAVE_SITE, shop.url)
        script = f'src="{set_up.first}/site/leadlight.js" data-site-key="{key}"'
        shop.page = f"<title>Lamps</title><body><script {script}></script>"
        visitor = await watched.open(shop.url)
        await ada.get_by_test_id("lead-row").first.click(timeout=30_000)
        await visitor.get_by_test_id("leadlight-launcher").click()
        await visitor.get_by_test_id("leadlight-input").fill("Do you ship abroad?")
        await visitor.get_by_test_id("leadlight-send").click()
        lamp = ada.get_by_test_id("presence")
        await expect(lamp).to_have_attribute("data-state", re.compile("ONLINE|SLEEPING"))
        await expect(ada.get_by_test_id("messages")).to_contain_text("Do you ship abroad?")
        await ada.get_by_test_id("chat-input").fill("We do.")
        await ada.get_by_test_id("chat-send").click()
        await expect(visitor.get_by_test_id("leadlight-messages")).to_contain_text("We do.")


async def watch_cookies(page: Page, url: str) -> list[bool]:
    """Whether each request of the page to this address carries a cookie."""
    seen: list[bool] = []
    session: Any = await page.context.new_cdp_session(page)
    await session.send("Network.enable")
    session.on(
        "Network.requestWillBeSentExtraInfo",
        lambda event: seen.append("cookie" in {name.lower() for name in event["headers"]}),
    )
    return seen

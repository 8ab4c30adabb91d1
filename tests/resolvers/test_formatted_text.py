"""Formatted text: of what comes in, only what there is a word for goes out."""

import re
import time
from typing import Any

import nh3
import pytest

from models.ids import encode_id, new_id
from resolvers.errors import ProblemCode
from resolvers.formatted_text import INLINE, MAX_DEPTH, MAX_HTML, Formatted, read_formatted
from tests.resolvers.problems import problem_of

REL = 'rel="noopener noreferrer nofollow ugc"'
BLOCKS = {"paragraph", "heading", "bullets", "numbers", "quote", "code"}


def read(html: str, *pictures: Any) -> Formatted:
    return read_formatted("html", html, pictures)


@pytest.mark.behaviour("C39")
@pytest.mark.parametrize(
    ("html", "kept", "text"),
    [
        ("plain", "<p>plain</p>", "plain"),
        ("<b>a</b><i>b</i><u>c</u><del>d</del><code>e</code>",
         "<p><strong>a</strong><em>b</em><u>c</u><s>d</s><code>e</code></p>", "abcde"),
        ("<em>a<strong>b</strong></em>", "<p><em>a</em><strong><em>b</em></strong></p>", "ab"),
        ("<h1>a</h1><h2>b</h2><h6>c</h6>", "<h1>a</h1><h2>b</h2><h3>c</h3>", "a\nb\nc"),
        ("<ul><li>a</li><li>b<ol><li>c</li></ol></li></ul>",
         "<ul><li>a</li><li>b<ol><li>c</li></ol></li></ul>", "a\nb\nc"),
        ("<ul>a<li></li><ol><li>b</ol></ul>", "<ul><li>a</li><li><ol><li>b</li></ol></li></ul>",
         "a\nb"),
        ("<li>a<li>b", "<p>a</p><p>b</p>", "a\nb"),
        ("<blockquote>a<p>b</p></blockquote>", "<blockquote><p>a</p><p>b</p></blockquote>", "a\nb"),
        ("<pre>a\n  <b>b</b>&lt;</pre>", "<pre>a\n  b&lt;</pre>", "a\n  b<"),
        ("<div>a</div><div><br></div><div>b<br>c<br></div>", "<p>a</p><p>b<br>c</p>", "a\nb\nc"),
        ("<p>  a \n <b> b</b> </p>", "<p>a <strong>b</strong></p>", "a b"),
        ("<strong><p>a</p><p>b</p></strong>",
         "<p><strong>a</strong></p><p><strong>b</strong></p>", "a\nb"),
        ('<a href="https://a.example/?b=1&c=2">d <b>e</b></a>',
         f'<p><a href="https://a.example/?b=1&amp;c=2" {REL}>d <strong>e</strong></a></p>', "d e"),
        ('<a href="mailto:a@b.example" target=_blank onclick=x>m</a>',
         f'<p><a href="mailto:a@b.example" {REL}>m</a></p>', "m"),
        ("<table><tr><td>a</td></tr></table><span style=color:red>b</span>", "<p>ab</p>", "ab"),
        ("a\u00a0b", "<p>a\u00a0b</p>", "a b"),
        ("Z\u0065\u0301", "<p>Zé</p>", "Zé"),
    ],
)  # fmt: skip
def test_formats_that_there_are_words_for_are_kept_in_one_form(
    html: str, kept: str, text: str
) -> None:
    found = read(html)
    assert (found.html, found.text) == (kept, text)


PAYLOADS = [
    "<script>alert(1)</script>", "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<style>*{background:url(//evil.example)}</style>", "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>", "<svg><script>alert(1)</script></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>", "<object data=x></object>",
    "<embed src=x>", "<form action=//evil.example><input name=a><button>b</button></form>",
    "<a href=javascript:alert(1)>a</a>", "<a href='java\tscript:alert(1)'>a</a>",
    "<a href='&#106;avascript:alert(1)'>a</a>", "<a href=' javascript:alert(1)'>a</a>",
    "<a href='JaVaScRiPt&colon;alert(1)'>a</a>", "<a href='vbscript:x'>a</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>a</a>", "<a href='//evil.example'>a</a>",
    "<a href='/logout'>a</a>", "<a href='file:///etc/passwd'>a</a>", "<a href='blob:x'>a</a>",
    "<a href='https://x.example' style='position:fixed;inset:0'>a</a>",
    "<a href='https://x.example/\"onmouseover=alert(1) b=\"'>a</a>",
    "<p style=background:url(javascript:alert(1))>a</p>", "<p onclick=alert(1)>a</p>",
    "<p class=x id=y data-z=1>a</p>", "<base href=//evil.example>", "<meta http-equiv=refresh>",
    "<link rel=stylesheet href=//evil.example>", "<video><source onerror=alert(1)></video>",
    "<details open ontoggle=alert(1)>", "<marquee onstart=alert(1)>", "<template><p>a</template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>", "<!--<img src=--!><img src=x>",
    "<![CDATA[<img src=x onerror=alert(1)>]]>", "<xss>a</xss>", "<plaintext>a", "<xmp><p></xmp>",
    "<textarea></textarea><script>a</script>", "<title></title><img src=x onerror=a>",
    "&lt;script&gt;alert(1)&lt;/script&gt;", "<p>&amp;lt;b&amp;gt;</p>", "<<p>b", "<p", "</p></p>a",
    "<img data-attachment='file_00' src=//evil.example/x.png>", "<pre><script>x</script>y</pre>",
]  # fmt: skip


@pytest.mark.behaviour("C39")
@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_that_a_browser_would_run_or_load_is_kept(payload: str) -> None:
    found = read(f"before {payload} after")
    tags = "p|br|strong|em|u|s|code|h[123]|ul|ol|li|blockquote|pre"
    link = rf'a href="(https?|mailto|tel):[^"<>]*" {REL}'
    assert re.sub(rf"</?({tags})>|<{link}>|</a>", "", found.html).count("<") == 0
    assert "before" in found.text
    as_cleaned = nh3.clean(found.html, link_rel=None, attributes={"a": {"href", "rel"}})
    assert as_cleaned == found.html
    again = read(found.html)
    assert (again.html, again.document) == (found.html, found.document)
    assert_restricted(found.document)


def assert_restricted(blocks: list[Any]) -> None:
    """Fails for a node that the tree has no word for."""
    for block in blocks:
        assert block["type"] in BLOCKS
        for item in block.get("items", ()):
            assert_restricted(item)
        if block["type"] == "quote":
            assert_restricted(block["content"])
        elif "content" in block:
            for node in block["content"]:
                assert node["type"] in INLINE
                assert set(node) <= {"type", "text", "marks", "href", "file", "alt"}
                assert node.get("href", "https:").split(":")[0] in ("http", "https", "mailto")


def test_a_link_that_is_too_long_is_only_words() -> None:
    assert read(f"<a href='https://{'a' * 2048}.example'>b</a>").html == "<p>b</p>"


@pytest.mark.behaviour("C40")
def test_a_picture_stands_only_for_a_file_at_hand() -> None:
    ours, other = new_id(), new_id()
    for noun in ("file", "upload"):
        tag = f'<img data-attachment="{encode_id(noun, ours)}" alt="  a  &quot;cat&quot; " src=x>'
        kept = f'<img data-attachment="{encode_id("file", ours)}" alt="a &quot;cat&quot;">'
        assert read(f"<p>See {tag}</p>", ours).html == f"<p>See {kept}</p>"
        assert read(tag, ours).text == ""
    for wrong in (encode_id("file", other), encode_id("note", ours), ours.hex, "", "x"):
        assert read(f'a<img data-attachment="{wrong}">', ours).html == "<p>a</p>"


@pytest.mark.parametrize(
    ("html", "code"),
    [
        ("", ProblemCode.REQUIRED),
        ("<p> </p><br><ul><li></li></ul><blockquote></blockquote>", ProblemCode.REQUIRED),
        ("<script>x</script>", ProblemCode.REQUIRED),
        ('<img data-attachment="file_0123456789abcdef0123456789abcdef">', ProblemCode.REQUIRED),
        ("x" * (MAX_HTML + 1), ProblemCode.TOO_LARGE),
        ("&amp;" * 19_000 + "<" * 4_000, ProblemCode.TOO_LARGE),
        ("<p>a\x07b</p>", ProblemCode.MALFORMED),
        ("a\u202eb", ProblemCode.MALFORMED),
        ("<ul><li>" * 1_001, ProblemCode.MALFORMED),
    ],
)
async def test_a_text_that_is_empty_too_long_or_odd_is_refused(
    html: str, code: ProblemCode
) -> None:
    async def run() -> None:
        read(html)

    assert await problem_of(run()) == ("html", code)


@pytest.mark.parametrize(
    "html",
    ["<blockquote>" * 900 + "x", "<ul><li>" * 900 + "x", "<p>a</p>" * 12_000, "<b>" * 900 + "x",
     "<p>" * 33_000 + "x", "<li>" * 24_000 + "x", "<br>" * 24_000 + "x", " " * 90_000 + "x"],
)  # fmt: skip
def test_a_text_made_to_be_slow_is_not(html: str) -> None:
    started = time.process_time()
    found = read(html)
    assert time.process_time() - started < 2
    assert found.html.count("<blockquote>") <= MAX_DEPTH
    assert found.html.count("<ul>") <= MAX_DEPTH

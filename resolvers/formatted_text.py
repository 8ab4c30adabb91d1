"""Formatted text: a small tree of blocks and words, from HTML that anybody may have written.

What is kept is the tree; the HTML and the plain text are made from it, so that nothing stands in
them that the tree has no word for. As JSON:

    block  {"type": "paragraph", "content": [inline]}
           {"type": "heading", "level": 1 to 3, "content": [inline]}
           {"type": "bullets" | "numbers", "items": [[block]]}
           {"type": "quote", "content": [block]}
           {"type": "code", "text": ...}
    inline {"type": "text", "text": ..., "marks"?: [in the order of MARKS], "href"?: ...}
           {"type": "break"}
           {"type": "picture", "file": 32 hexadecimal digits, "alt"?: ...}
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from html.parser import HTMLParser
from itertools import groupby
from typing import Any
from uuid import UUID

import nh3

from models.ids import decode_id, encode_id
from resolvers.errors import ProblemCode, invalid
from resolvers.text import clean

Node = dict[str, Any]

MAX_HTML = 100_000
MAX_HREF = 2_048
MAX_ALT = 200
MAX_DEPTH = 8
"""Lists and quotes inside each other; what is deeper stands at this depth."""
MAX_TAGS = 100
"""Tags inside each other; what is deeper belongs to the last."""
MAX_OPEN = 1_000
TAG = re.compile(r"<(/?)(?!/|p\b|li\b|br\b|img\b|hr\b)[a-z]", re.IGNORECASE)
"""Beginning or end of an element that stays open until it is ended."""
MARKS = ("strong", "em", "u", "s", "code")
SAME = {"b": "strong", "i": "em", "ins": "u", "del": "s", "strike": "s"}
HEADINGS = {f"h{level}": min(level, 3) for level in range(1, 7)}
LISTS = {"ul": "bullets", "ol": "numbers"}
READ = {*MARKS, *SAME, *HEADINGS, *LISTS, "a", "blockquote", "br", "div", "img", "li", "p", "pre"}
SCHEMES = {"http", "https", "mailto", "tel"}
ABSOLUTE = re.compile(r"(https?://|mailto:|tel:)[^\s]", re.IGNORECASE)
"""Cleaning lets relative addresses through, and such that only lack their scheme."""
REL = "noopener noreferrer nofollow ugc"
SPACE = re.compile(r"[ \t\r\n\f]+")
INLINE = frozenset({"text", "break", "picture"})


@dataclass(frozen=True)
class Formatted:
    """A text as it is stored: the tree, and what was made of it."""

    document: list[Node]
    html: str
    text: str


def read_formatted(path: str, html: str, pictures: Collection[UUID] = ()) -> Formatted:
    """The text reduced to what there is a word for, with pictures of those files only.

    InvalidInput at `path` for one that is too long, or of which nothing is left.
    """
    if len(html) > MAX_HTML:
        raise invalid(path, ProblemCode.TOO_LARGE, f"At most {MAX_HTML:,} characters.")
    if _is_too_deep(html):
        raise invalid(path, ProblemCode.MALFORMED, "Too many tags inside each other.")
    kept = nh3.clean(
        unicodedata.normalize("NFC", html),
        tags=READ,
        attributes={"a": {"href"}, "img": {"data-attachment", "alt"}},
        url_schemes=SCHEMES,
        link_rel=None,
    )
    document = _grouped(_flow(_parsed(kept), _Style(frozenset(pictures))))
    text = clean(path, _plain(document), MAX_HTML, lines=True)
    made = _html(document)
    if not text and "<img " not in made:
        raise invalid(path, ProblemCode.REQUIRED, "This can't be empty.")
    if len(made) > MAX_HTML:
        raise invalid(path, ProblemCode.TOO_LARGE, f"At most {MAX_HTML:,} characters.")
    return Formatted(document, made, text)


def _is_too_deep(html: str) -> bool:
    """Whether the parser would take long: its work grows with the square of what is open."""
    depth = 0
    for end in TAG.findall(html):
        depth += -1 if end else 1
        if depth > MAX_OPEN:
            return True
    return False


# --- reading -------------------------------------------------------------------------------------


@dataclass
class _Element:
    tag: str
    attributes: dict[str, str | None]
    children: list["_Element | str"] = field(default_factory=list)


class _Parser(HTMLParser):
    """Elements of HTML whose tags are balanced already."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [_Element("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = _Element(tag, dict(attrs))
        self.open[-1].children.append(made)
        if tag not in ("br", "img"):
            self.open.append(made if len(self.open) < MAX_TAGS else self.open[-1])

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("br", "img") and len(self.open) > 1:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def _parsed(html: str) -> list["_Element | str"]:
    parser = _Parser()
    parser.feed(html)
    parser.close()
    return parser.open[0].children


@dataclass(frozen=True)
class _Style:
    """What holds where words stand."""

    pictures: frozenset[UUID]
    marks: frozenset[str] = frozenset()
    href: str | None = None
    depth: int = 0


def _flow(children: Sequence["_Element | str"], style: _Style) -> Iterator[Node | None]:
    """Words and blocks in their order; None parts words that belong to different blocks."""
    for child in children:
        if isinstance(child, str):
            yield from _words(SPACE.sub(" ", child), style)
        else:
            yield from _element(child, style)


def _words(text: str, style: _Style) -> Iterator[Node]:
    if text:
        marks = [mark for mark in MARKS if mark in style.marks]
        node: Node = {"type": "text", "text": text}
        if marks:
            node["marks"] = marks
        if style.href:
            node["href"] = style.href
        yield node


def _element(element: _Element, style: _Style) -> Iterator[Node | None]:
    tag, children = element.tag, element.children
    if tag == "br":
        yield {"type": "break"}
    elif tag == "img":
        yield from _picture(element, style)
    elif tag == "a":
        href = element.attributes.get("href") or ""
        has_target = len(href) <= MAX_HREF and ABSOLUTE.match(href)
        yield from _flow(children, replace(style, href=href if has_target else None))
    elif (mark := SAME.get(tag, tag)) in MARKS:
        yield from _flow(children, replace(style, marks=style.marks | {mark}))
    else:
        yield None
        yield from _block(element, style)
        yield None


def _picture(element: _Element, style: _Style) -> Iterator[Node]:
    named = element.attributes.get("data-attachment") or ""
    for noun in ("file", "upload"):
        try:
            file_id = decode_id(noun, named)
        except ValueError:
            continue
        if file_id in style.pictures:
            alt = SPACE.sub(" ", element.attributes.get("alt") or "").strip()[:MAX_ALT]
            yield {"type": "picture", "file": file_id.hex, **({"alt": alt} if alt else {})}


def _block(element: _Element, style: _Style) -> Iterator[Node | None]:
    tag, children = element.tag, element.children
    deeper = replace(style, depth=style.depth + 1)
    is_too_deep = style.depth >= MAX_DEPTH
    if tag in HEADINGS:
        yield from _grouped(_flow(children, style), HEADINGS[tag])
    elif tag == "pre":
        text = _bare(element).strip("\n")
        if text.strip():
            yield {"type": "code", "text": text}
    elif tag in LISTS and not is_too_deep:
        items = [_item(child, deeper) for child in children]
        if any(items):
            yield {"type": LISTS[tag], "items": [item for item in items if item]}
    elif tag == "blockquote" and not is_too_deep:
        content = _grouped(_flow(children, deeper))
        if content:
            yield {"type": "quote", "content": content}
    else:
        yield from _flow(children, style)


def _item(child: "_Element | str", style: _Style) -> list[Node]:
    is_item = isinstance(child, _Element) and child.tag == "li"
    return _grouped(_flow(child.children if is_item else [child], style))  # type: ignore[union-attr]  # an element


def _bare(element: _Element) -> str:
    """The characters of an element as they are."""
    return "".join(
        child if isinstance(child, str) else "\n" if child.tag == "br" else _bare(child)
        for child in element.children
    )


def _grouped(flow: Iterable[Node | None], level: int | None = None) -> list[Node]:
    """Blocks: words that stand together become a paragraph, or a heading of that level."""
    blocks: list[Node] = []
    words: list[Node] = []
    for node in (*flow, None):
        if node is not None and node["type"] in INLINE:
            words.append(node)
            continue
        if content := _tidy(words):
            kind: Node = {"type": "heading", "level": level} if level else {"type": "paragraph"}
            blocks.append({**kind, "content": content})
        words = []
        if node is not None:
            blocks.append(node)
    return blocks


def _tidy(words: Sequence[Node]) -> list[Node]:
    """One space where there were several, none at the ends, no break at the end."""
    tidy: list[Node] = []
    for node in words:
        last = tidy[-1] if tidy else {"type": "break"}
        if node["type"] != "text":
            tidy.append(node)
            continue
        after_space = last["type"] == "break" or last.get("text", "").endswith(" ")
        text = node["text"].removeprefix(" ") if after_space else node["text"]
        if not text:
            continue
        if last["type"] == "text" and _look(last) == _look(node):
            tidy[-1] = {**last, "text": last["text"] + text}
        else:
            tidy.append({**node, "text": text})
    while tidy and (tidy[-1]["type"] == "break" or tidy[-1].get("text") == " "):
        tidy.pop()
    if tidy and tidy[-1]["type"] == "text":
        tidy[-1] = {**tidy[-1], "text": tidy[-1]["text"].removesuffix(" ")}
    return tidy


def _look(node: Node) -> tuple[list[str], str | None]:
    return node.get("marks", []), node.get("href")


# --- writing -------------------------------------------------------------------------------------


def _html(blocks: Sequence[Node]) -> str:
    return "".join(map(_block_html, blocks))


def _block_html(block: Node) -> str:
    match block["type"]:
        case "heading":
            return f"<h{block['level']}>{_inline_html(block['content'])}</h{block['level']}>"
        case "bullets" | "numbers":
            tag = "ul" if block["type"] == "bullets" else "ol"
            return f"<{tag}>{''.join(map(_item_html, block['items']))}</{tag}>"
        case "quote":
            return f"<blockquote>{_html(block['content'])}</blockquote>"
        case "code":
            return f"<pre>{escape(block['text'], quote=False)}</pre>"
    return f"<p>{_inline_html(block['content'])}</p>"


def _item_html(blocks: Sequence[Node]) -> str:
    """An item; its words stand bare where it begins with them."""
    if blocks[0]["type"] != "paragraph":
        return f"<li>{_html(blocks)}</li>"
    return f"<li>{_inline_html(blocks[0]['content'])}{_html(blocks[1:])}</li>"


def _inline_html(content: Sequence[Node]) -> str:
    made = []
    for href, nodes in groupby(content, lambda node: node.get("href")):
        inside = "".join(map(_word_html, nodes))
        made.append(f'<a href="{escape(href)}" rel="{REL}">{inside}</a>' if href else inside)
    return "".join(made)


def _word_html(node: Node) -> str:
    if node["type"] == "break":
        return "<br>"
    if node["type"] == "picture":
        alt = f' alt="{escape(node["alt"])}"' if "alt" in node else ""
        return f'<img data-attachment="{encode_id("file", UUID(hex=node["file"]))}"{alt}>'
    made = escape(node["text"], quote=False)
    for mark in reversed(node.get("marks", [])):
        made = f"<{mark}>{made}</{mark}>"
    return made


def _plain(blocks: Sequence[Node]) -> str:
    """The words, a line for each block."""
    return "\n".join(line for block in blocks for line in _lines(block)).strip()


def _lines(block: Node) -> Iterator[str]:
    match block["type"]:
        case "bullets" | "numbers":
            for item in block["items"]:
                yield _plain(item)
        case "quote":
            yield _plain(block["content"])
        case "code":
            yield block["text"].replace("\xa0", " ")
        case _:
            words = ("\n" if each["type"] == "break" else each.get("text", "")
                     for each in block["content"])  # fmt: skip
            yield "".join(words).replace("\xa0", " ")

"""HTML to what is kept of it: plain text, and the piece of a page that holds one post."""

from __future__ import annotations

import re
from contextlib import suppress
from copy import deepcopy

from lxml import etree
from parsel import Selector
from scrapy.http import Response, TextResponse

from crawlers.reading.selectors import find

_UNREAD = frozenset({"script", "style", "noscript", "template", "head", "svg", "select", "button", "textarea"})
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "br",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "td",
        "th",
        "tr",
        "ul",
    ]
)
_NOT_TEXT = [
    "img",
    "picture",
    "source",
    "video",
    "audio",
    "track",
    "canvas",
    "svg",
    "script",
    "style",
    "link",
    "iframe",
    "frame",
    "object",
    "embed",
    "noscript",
    "template",
    "input",
    "button",
    "select",
    "textarea",
    "base",
    "meta",
]
_TAKEN_OUT = "taken-out"
_EMOJI = re.compile(r"(?:^|[\s-])(?:emoji|emoticon|smilies|smiley)(?:$|[\s-])")
_KEPT_ATTRIBUTES = frozenset({"id", "class", "href", "datetime", "lang", "dir", "title", "itemprop", "data-id"})


def readable(response: Response) -> Response:
    """Return an answer whose text can be read; one that declares an encoding that no page can have is read as UTF-8."""
    try:
        read = response.text
    except (ValueError, LookupError, DeprecationWarning):
        read = ""
    except AttributeError:
        return TextResponse(response.url, response.status, response.headers, response.body, encoding="utf-8")
    return response if read.strip() or not response.body.strip() else response.replace(encoding="utf-8")


def page_of(response: Response) -> Selector:
    """Return an HTML page's tree."""
    return Selector(text=readable(response).text, type="html")


def text_of(node: Selector) -> str:
    """Return the text a reader sees in a node: block elements begin lines, white space is folded."""
    root = node.root
    return tidy(_words(root) if isinstance(root, etree._Element) else str(root))


def html_text(fragment: str) -> str:
    """Return the text a reader sees in a fragment of HTML."""
    return text_of(_parsed(fragment)) if fragment.strip() else ""


def html_piece(fragment: str, without: str = "") -> str:
    """Return a fragment of HTML without what `cut` leaves out, and without what the selector `without` finds."""
    piece = cut(trimmed(_parsed(fragment), without)).decode("utf-8", "replace") if fragment.strip() else ""
    return piece.removeprefix("<body><div>").removesuffix("</div></body>").strip()


def trimmed(node: Selector, without: str) -> Selector:
    """Return a copy of a node without what a selector finds in it; the node itself when there is no selector."""
    if not without or not isinstance(node.root, etree._Element):
        return node
    copied = deepcopy(node.root)
    copied.tail = None
    piece = Selector(root=copied, type="html")
    for found in find(piece, without):
        if isinstance(found.root, etree._Element) and found.root is not copied:
            found.root.tag = _TAKEN_OUT
    etree.strip_elements(copied, _TAKEN_OUT, with_tail=False)
    return piece


def _parsed(fragment: str) -> Selector:
    page = Selector(text=f"<div>{fragment}</div>", type="html")
    return next(iter(page.xpath("//body")), page)


def tidy(text: str) -> str:
    """Fold runs of white space, keeping line ends and at most one empty line."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _words(root: etree._Element) -> str:
    # In HTML a line end in the source is a space; only block elements begin lines.
    parts: list[str] = []
    walk = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
    for event, element in walk:
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            if tag in _UNREAD:
                walk.skip_subtree()
            else:
                parts += ["\n" * (tag in _BLOCKS), _emoji(element), _one_line(element.text)]
        if event != "start":
            parts += ["\n" * (tag in _BLOCKS and tag != "br"), _one_line(element.tail) if element is not root else ""]
    return "".join(parts)


def _emoji(element: etree._Element) -> str:
    # Forums draw emoji as images: their name is part of what was written.
    drawn = element.tag == "img" and _EMOJI.search(element.get("class") or "")
    return "".join(filter(str.isprintable, (element.get("alt") or "")[:50])) if drawn else ""


def _one_line(text: str | None) -> str:
    return re.sub(r"[\s\x1c-\x1f\x85\u2028\u2029]+", " ", text) if text else ""


def cut(node: Selector) -> bytes:
    """Return the UTF-8 HTML of one node without what is not text: images, media, scripts, styles, forms' fields."""
    if not isinstance(node.root, etree._Element):
        return str(node.root).encode("utf-8", "replace")
    piece = deepcopy(node.root)
    piece.tail = None
    for image in list(piece.iter("img")):
        if _emoji(image):
            image.tag, image.text = "span", _emoji(image)
    etree.strip_elements(piece, *_NOT_TEXT, etree.Comment, etree.ProcessingInstruction, with_tail=False)
    for element in piece.iter(etree.Element):
        kept = [(name, value) for name, value in element.attrib.items() if name in _KEPT_ATTRIBUTES]
        element.attrib.clear()
        for name, value in kept:
            with suppress(ValueError):  # a value that the parser let in and that cannot be set again
                element.set(name, value)
    return bytes(etree.tostring(piece, encoding="utf-8", method="html"))

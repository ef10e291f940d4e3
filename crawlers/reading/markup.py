"""HTML to what is kept of it: plain text, and the piece of a page that holds one post."""

from __future__ import annotations

import re
from contextlib import suppress
from copy import deepcopy

from lxml import etree
from parsel import Selector

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
_KEPT_ATTRIBUTES = frozenset({"id", "class", "href", "datetime", "lang", "dir", "title", "itemprop", "data-id"})


def text_of(node: Selector) -> str:
    """Return the text a reader sees in a node: block elements begin lines, white space is folded."""
    root = node.root
    return tidy(_words(root) if isinstance(root, etree._Element) else str(root))


def html_text(fragment: str) -> str:
    """Return the text a reader sees in a fragment of HTML."""
    if not fragment.strip():
        return ""
    return text_of(Selector(text=f"<div>{fragment}</div>", type="html"))


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
                parts += ["\n" * (tag in _BLOCKS), _one_line(element.text)]
        if event != "start":
            parts += ["\n" * (tag in _BLOCKS and tag != "br"), _one_line(element.tail) if element is not root else ""]
    return "".join(parts)


def _one_line(text: str | None) -> str:
    return re.sub(r"[\s\x1c-\x1f\x85\u2028\u2029]+", " ", text) if text else ""


def cut(node: Selector) -> bytes:
    """Return the UTF-8 HTML of one node without what is not text: images, media, scripts, styles, forms' fields."""
    if not isinstance(node.root, etree._Element):
        return str(node.root).encode("utf-8", "replace")
    piece = deepcopy(node.root)
    piece.tail = None
    etree.strip_elements(piece, *_NOT_TEXT, etree.Comment, etree.ProcessingInstruction, with_tail=False)
    for element in piece.iter(etree.Element):
        kept = [(name, value) for name, value in element.attrib.items() if name in _KEPT_ATTRIBUTES]
        element.attrib.clear()
        for name, value in kept:
            with suppress(ValueError):  # a value that the parser let in and that cannot be set again
                element.set(name, value)
    return bytes(etree.tostring(piece, encoding="utf-8", method="html"))

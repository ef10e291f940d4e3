"""Selectors of a declaration: CSS or XPath, checked when declared, applied without ever raising."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from cssselect import SelectorError
from lxml import etree
from parsel import Selector, SelectorList
from parsel.csstranslator import HTMLTranslator

_XPATH = ("/", "./", "(")


@lru_cache(maxsize=512)
def as_xpath(selector: str) -> str:
    """Return the XPath of a selector (CSS, or XPath when it begins with ``/``, ``./`` or ``(``)."""
    return selector if selector.startswith(_XPATH) else HTMLTranslator().css_to_xpath(selector)


def checked_selector(selector: str) -> str:
    """Return the selector; `ValueError` if it is neither CSS nor XPath."""
    if not selector:
        return selector
    try:
        etree.XPath(as_xpath(selector))
    except (SelectorError, etree.XPathError, ValueError) as error:
        raise ValueError(f"{selector!r} is no CSS or XPath selector ({' '.join(str(error).split())})") from None
    return selector


def find(node: Selector, selector: str) -> SelectorList[Selector]:
    """Return what a selector finds under a node, in document order; nothing for an empty selector."""
    if not selector:
        return SelectorList()
    try:
        return node.xpath(as_xpath(selector))
    except ValueError:  # an XPath that compiles and still cannot be run on this page
        return SelectorList()


def first(node: Selector, selector: str, read: Callable[[Selector], str]) -> str:
    """Return the first non-empty reading of what a selector finds, or an empty string."""
    return next((value for value in map(read, find(node, selector)) if value), "")

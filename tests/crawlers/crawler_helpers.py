"""Saved pages, declarations and approvals for the collectors' tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib.resources import files

from scrapy.http import HtmlResponse, Response, TextResponse, XmlResponse

from crawlers.collector import Collector
from crawlers.kinds import COLLECTORS
from crawlers.sources.approvals import approve
from crawlers.sources.declaration import SourceDeclaration, load_source
from crawlers.sources.register import declare
from store.store import Store

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def saved_page(name: str) -> bytes:
    return (files("fixtures.pages") / name).read_bytes()


def page(name: str, url: str = "http://bourg.example/") -> Response:
    kind = XmlResponse if name.endswith(".xml") else TextResponse if name.endswith(".json") else HtmlResponse
    return kind(url, body=saved_page(name))


def town_declaration(site: str) -> SourceDeclaration:
    text = (files("fixtures.town") / "sources" / f"{site}.yaml").read_text(encoding="utf-8")
    return load_source(text.replace("{base}", "http://bourg.example").replace("{host}", "bourg.example"))


def leave(store: Store, declaration: SourceDeclaration, **until: float) -> str:
    """Declare and approve a source from now until then; return its id."""
    declare(store, declaration)
    end = store.clock() + timedelta(**(until or {"days": 1}))
    approve(
        store,
        declaration.id,
        assessment="EFVP-1",
        mandate="M-1",
        ground="LPJ",
        approvers=["A. B.", "C. D."],
        expires_at=end,
    )
    return declaration.id


def collector(site: str) -> Collector:
    declaration = town_declaration(site)
    return COLLECTORS[declaration.kind](declaration, clock=lambda: NOW)

"""What the tests of requests share: what a partner asks, an answer that acts, searches made for a request."""

from __future__ import annotations

from typing import Any

from desk_people import Browser
from sqlalchemy import select

from store.store import Store
from triage_api.grounds.catalogue import GROUNDS

ASKED = {
    "who": "Mme Tremblay, TS, école Test",
    "why": "Léa ne vient plus depuis mardi, elle parle d'un « chum » que personne ne connaît.",
    "youth": "Léa, 15 ans",
    "handles": ["@lea.b"],
    "phones": ["(514) 555-0142"],
    "emails": ["Lea@Courriel.example"],
    "places": ["Laval"],
}
TOLD = ("Tremblay", "Léa", "lea.b", "555-0142", "5550142", "courriel.example", "Laval")
URGENT = "loi_acces_59_1"
FACTS = dict.fromkeys(GROUNDS[URGENT].needs, "Elle a écrit hier vouloir en finir ce soir.")
ACT: dict[str, Any] = {"kind": "act", "text": "Restez avec elle.", "ground": URGENT, "facts": FACTS}
CALL = ASKED | {"number": "514 555-0199", "number_from": "public", "called_back": True}


def file(browser: Browser, **change: Any) -> dict[str, Any]:
    answer = browser.api("POST", "/requests", json=ASKED | change)
    assert answer.status_code == 201, answer.text
    return answer.json()


def phoned(browser: Browser, **change: Any) -> str:
    answer = browser.api("POST", "/requests/call", json=CALL | change)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def search(browser: Browser, request: str, **more: Any) -> dict[str, Any]:
    asked = {"query": "introuvable", "purpose": "request", "ground": "LPJ 39", "request": request}
    answer = browser.api("POST", "/searches", json=asked | more)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def rows(store: Store, table: Any) -> list[Any]:
    with store.database.reading() as session:
        return list(session.scalars(select(table)))

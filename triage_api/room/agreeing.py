"""How far those who coded the same texts of a room agree beyond chance, code by code."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.tables import RoomCode
from triage_api.agreement.alpha import alpha
from triage_api.room.models import CodeAgreement

LEAST_SHARED = 10
"""Texts coded by two under which nothing is told: the figures would say what another person saw in one of them."""


def agreement_in(session: Session, study: str, codebook: Iterable[str], texts: Collection[str]) -> list[CodeAgreement]:
    """Return the agreement on each code of a study over those of some texts that two people or more coded.

    Whoever gave a text other codes said no to this one; whoever gave it none has not said anything. Empty while too few
    texts are coded by two.
    """
    given: dict[str, dict[str, set[str]]] = {}
    rows = session.execute(select(RoomCode.token, RoomCode.user_id, RoomCode.code).where(RoomCode.study_id == study))
    for token, user, code in rows:
        given.setdefault(token, {}).setdefault(user, set()).add(code)
    shared = [list(by.values()) for token, by in sorted(given.items()) if len(by) > 1 and token in texts]
    return [_of_code(code, shared) for code in codebook] if len(shared) >= LEAST_SHARED else []


def _of_code(code: str, shared: list[list[set[str]]]) -> CodeAgreement:
    counts = [(sum(code in codes for codes in by), len(by)) for by in shared]
    found = alpha([(of - yes, yes) for yes, of in counts])
    given = sum(yes > 0 for yes, _ in counts)
    return CodeAgreement(code=code, texts=len(counts), given=given, alpha=found.value, low=found.low, high=found.high)

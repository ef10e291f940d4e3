"""From what a person asks to what the index is asked and what the register keeps of it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from nlp.fold import fold
from nlp.query import BadQuery, Query, parse
from nlp.searches import NormalScope, SearchScope, fingerprint, normalise
from nlp.types import ACTIONABLE
from store.errors import BadInput
from store.index import IndexQuery
from store.store import Store
from store.tables import Request, Source, SubjectHash
from triage_api.desk import Desk
from triage_api.searches.models import SearchIn

_LANGUAGES = frozenset({"fr", "en", "mixed", "other"})
_LEAST_DIGITS = 7
"""So many digits among the words of a search are a phone number, however it is written."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A search that can be made: its scope with sources by id, its normal form, its tree and its fingerprint."""

    given: SearchIn
    scope: SearchScope
    normal: NormalScope
    query: Query
    fingerprint: str
    """Keyed hash of the normal form: equal for searches that are the same, and says nothing of what was searched."""
    only_flagged: bool
    """Whether flagged posts alone may be found."""

    def index_query(self, limit: int, after_seq: int | None = None) -> IndexQuery:
        """Return what the index is asked."""
        return IndexQuery(
            query=self.query,
            identifiers=self.scope.identifiers,
            cities=self.scope.cities,
            languages=sorted(self.normal.languages),
            sources=self.scope.sources,
            since=self.scope.since,
            until=self.scope.until,
            signals_any=sorted(ACTIONABLE) if self.only_flagged else [],
            after_seq=after_seq,
            limit=limit,
        )


def must_be_flagged(store: Store, session: Session, normal: NormalScope, request: str | None) -> bool:
    """Tell whether a search may find flagged posts alone: one for a contact that no open request of a partner names."""
    if sum(char.isdigit() for word in normal.words for char in word) >= _LEAST_DIGITS:
        return True
    return any(
        not _is_named(session, request, store.keys.blind(contact.kind, contact.value)) for contact in normal.contacts
    )


def _is_named(session: Session, request: str | None, hashed: str) -> bool:
    """Tell whether a request that waits for its answer names a contact."""
    named = exists().where(SubjectHash.subject_id == Request.subject_id, SubjectHash.hash == hashed)
    query = select(Request.id).where(Request.id == request, Request.status != "answered", named)
    return session.scalar(query) is not None


def read_asked(desk: Desk, session: Session, given: SearchIn) -> Asked:
    """Return a search ready to be made; `BadInput` names the field that cannot be used."""
    if not (given.query.strip() or given.identifiers or given.cities):
        raise BadInput("Give words, a contact or a city to search for.", code="search_empty", field="query")
    if given.since and given.until and given.since > given.until:
        raise BadInput("The last day is before the first one.", code="dates_reversed", field="until")
    scope = given.scope.model_copy(update={"sources": _source_ids(session, given.sources)})
    try:
        normal, query = normalise(scope), parse(scope.query)
    except BadQuery as error:
        raise BadInput(f"{error}.", code=f"query_{error.code}", field="query") from None
    if unknown := normal.languages - _LANGUAGES:
        names = ", ".join(sorted(unknown))[:80]
        raise BadInput(
            f"The languages are fr, en, mixed, other; not {names}.", code="unknown_language", field="languages"
        )
    hashed = desk.store.keys.blind("search", fingerprint(scope))
    flagged = must_be_flagged(desk.store, session, normal, given.request)
    return Asked(given, scope, normal, query, hashed, flagged)


def same_words(value: str) -> str:
    """Return what a purpose or a ground is compared by."""
    return " ".join(fold(value).text.split())


def _source_ids(session: Session, named: list[str]) -> list[str]:
    """Return the ids of sources that a person names by id or title."""
    wanted = [same_words(name) for name in named if name.strip()]
    if not wanted:
        return []
    rows = session.execute(select(Source.id, Source.title)).all()
    by_name = {same_words(title): identity for identity, title in rows} | {same_words(row[0]): row[0] for row in rows}
    if unknown := [name for name in wanted if name not in by_name]:
        raise BadInput(f"No such source: {', '.join(unknown)[:200]}.", code="unknown_source", field="sources")
    return sorted({by_name[name] for name in wanted})

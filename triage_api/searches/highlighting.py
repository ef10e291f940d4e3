"""Which words of a post a search found it by: shown once it is opened, from the same tokens that engines index."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from nlp.contacts import read_identifier
from nlp.query import BadQuery, highlights, parse
from store.tables import Search
from triage_api.access.models import Person
from triage_api.desk import Desk
from triage_api.searches.sealing import open_search


def found_words(
    desk: Desk, session: Session, person: Person, search: str, post: str, text: str
) -> list[tuple[int, int]]:
    """Return the spans of a post's text that a search of this person's asked for; none if it is not in its result."""
    row = session.scalar(select(Search).where(Search.id == search, Search.user_id == person.id))
    told = open_search(desk.store, session, row) if row is not None and post in row.results else None
    if told is None:
        return []
    try:
        query = parse(told.query)
    except BadQuery:  # an older version of the query language could read it
        return []
    listed = [contact for entry in told.identifiers for contact in read_identifier(entry)]
    return highlights(text, replace(query, contacts=(*query.contacts, *listed)))

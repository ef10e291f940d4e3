"""Reading the look-ups of a period for the reasons that they deserve a look; nothing of what was searched is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import combinations

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from nlp.cities import canonical_city
from nlp.contacts import Contact
from nlp.frequencies import small_words
from nlp.query import BadQuery
from nlp.searches import normalise
from store.batches import batches
from store.store import Store
from store.tables import Search, SubjectHash
from triage_api.oversight import reasons
from triage_api.oversight.behind import Behind, names_somebody, requests_behind
from triage_api.oversight.looks import Account, House, Look, Period
from triage_api.oversight.names import Sought, sought_in
from triage_api.searches.sealing import Told, open_searches

_BATCH = 500
_PAIRED = 8
"""Of a search with more words than this, pairs of names are not looked at: it is no search for one person."""
_SEEMS_CONTACT = re.compile(r"@|(?:\d[\s().-]{0,3}){7}")


def searches_of(store: Store, session: Session, house: House, period: Period) -> list[Look]:
    """Return every search of a period with its reasons, oldest first; scopes are opened a few hundred at a time."""
    within = Search.opened_at >= period.since, Search.opened_at < period.until
    ids = list(session.scalars(select(Search.id).where(*within).order_by(Search.opened_at, Search.id)))
    looks = [look for some in batches(ids, _BATCH) for look in _some(store, session, house, some)]
    reasons.mark_bursts(looks)
    reasons.mark_again(looks)
    reasons.mark_repeats(looks)
    return looks


def _some(store: Store, session: Session, house: House, ids: Sequence[str]) -> Iterator[Look]:
    query = select(Search).where(Search.id.in_(ids)).order_by(Search.opened_at, Search.id)
    rows = list(session.scalars(query.options(defer(Search.results))))
    requests = requests_behind(store, session, rows)
    told = open_searches(store, session, rows)
    contacts = {identity: _contacts_of(one) for identity, one in told.items()}
    unknown = _unknown_contacts(store, session, rows, contacts)
    for row in rows:
        request = requests.get(row.request_id or "")
        look = _look(house, row, told.get(row.id), contacts.get(row.id, frozenset()), request)
        if row.id in unknown:
            look.how.add("unknown_contact")
        yield look


def _contacts_of(told: Told) -> frozenset[Contact]:
    """Return the contacts that a search asks for, in its list or in its query."""
    with suppress(BadQuery):  # an older version of the query language could read it
        return normalise(told).contacts
    return frozenset()


def _look(house: House, row: Search, told: Told | None, contacts: frozenset[Contact], request: Behind | None) -> Look:
    account = house.accounts[row.user_id]
    texts = [told.query, *told.identifiers] if told else []
    sought = sought_in(texts)
    served = request is not None and reasons.is_served(request.answered_at, row.opened_at)
    served = served and _is_behind(request, sought, contacts)
    look = Look(row.user_id, row.opened_at, search=row.id, again=row.again_reason is not None, served=served)
    look.asked = frozenset(house.names.in_full(sought)) | house.names.surnames_in(sought)
    look.things = tuple({hash(thing) for thing in _things(row, sought, contacts)})
    _mark_who(look, account, house, sought)
    if look.who and request is not None:
        _excuse(house, look, request.named)
    seeks_person = bool(look.who or contacts) or any(map(_SEEMS_CONTACT.search, texts))
    _mark_how(look, account, row, seeks_person=seeks_person)
    return look


def _is_behind(request: Behind | None, sought: Sought, contacts: frozenset[Contact]) -> bool:
    """Tell whether a request that is cited stands behind a search: to look for somebody else any would do."""
    seeks_somebody = bool(contacts) or names_somebody(sought)
    return request is not None and (not seeks_somebody or request.is_about(sought, contacts))


def _mark_who(look: Look, account: Account, house: House, sought: Sought) -> None:
    if reasons.own_name(account, house, sought):
        look.who["own_name"] = account.id
    elif surname := reasons.same_surname(account, house, sought):
        look.who["same_surname"] = surname
    if other := reasons.colleague(account, house, sought):
        look.who["colleague"] = other
    if reasons.well_known(house, sought):
        look.who["well_known"] = ""


def _mark_how(look: Look, account: Account, row: Search, *, seeks_person: bool) -> None:
    if reasons.off_shift(account, row.opened_at):
        look.how.add("off_shift")
    if reasons.no_request(row.purpose, served=look.served, seeks_person=seeks_person):
        look.how.add("no_request")
    if reasons.other_words(row.purpose, row.ground):
        look.how.add("other_words")


def _excuse(house: House, look: Look, named: Sought) -> None:
    """Take back a name that the request behind the search names itself; one's own stays."""
    if look.who.get("same_surname") in house.names.meant(named):
        del look.who["same_surname"]
    if look.who.get("colleague") in house.names.in_full(named):
        del look.who["colleague"]
    if reasons.well_known(house, named):
        look.who.pop("well_known", None)


def _things(row: Search, sought: Sought, contacts: frozenset[Contact]) -> Iterator[tuple[str, ...]]:
    """Yield what a search looks up, each equal for the same thing: the search itself, contacts, pairs of names."""
    if row.fingerprint:  # else its person was erased, and nothing says what it was
        yield "search", row.fingerprint
    yield from (("contact", str(contact)) for contact in contacts)
    if len(sought.words) <= _PAIRED:
        names = sorted(word for word in sought.words if _seems_name(word))
        yield from (("names", *pair) for pair in combinations(names, 2))


def _seems_name(word: str) -> bool:
    return len(word) > 2 and word.isalpha() and word not in small_words() and canonical_city(word) is None


def _unknown_contacts(
    store: Store, session: Session, rows: Sequence[Search], contacts: Mapping[str, frozenset[Contact]]
) -> frozenset[str]:
    """Return the searches that asked for a contact which no post held and no request names."""
    asked = {
        row.id: {store.keys.blind(contact.kind, contact.value) for contact in contacts.get(row.id, ())}
        for row in rows
        if not row.total and row.closed_at and not row.error
    }
    query = select(SubjectHash.hash).where(SubjectHash.hash.in_(set().union(*asked.values())))
    named = set(session.scalars(query))
    return frozenset(identity for identity, hashes in asked.items() if hashes and not hashes & named)

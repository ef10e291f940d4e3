"""Where cases meet: what the desk is told, and nobody else ever.

Two requests meet by a contact that both name; by a post that was found for one and names a contact of the other; or
over a campaign, at most two steps away: posts found for both belong to it, or one of its posts names a contact of the
other. What lies further back than ninety days ties nothing over a campaign. A youth who was found is matched no more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations
from typing import Literal, get_args

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session, aliased

from nlp.cities import region_of
from nlp.contacts import Contact, ContactKind, normal_contact
from nlp.link import Seen, movement
from store.batches import batches
from store.posts import current_assessments, requests_of
from store.store import Store
from store.tables import LinkContact, LinkedPost, Post, Request, Search, Subject, SubjectHash

Way = Literal["contact", "post", "campaign"]
WAYS: tuple[Way, ...] = get_args(Way)
WINDOW = timedelta(days=90)
"""So far back a search, and a post of a campaign, ties cases."""
_STEPS: Mapping[Way, int] = {"contact": 1, "post": 1, "campaign": 2}
_MOST_POSTS = 5000
"""Posts of campaigns, the newest, that are looked through."""
_KINDS: tuple[tuple[str, ContactKind], ...] = (("phones", "phone"), ("emails", "email"), ("handles", "handle"))
_BATCH = 500

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Crossing:
    """Two requests that meet, by which ways, and the fewest steps between them."""

    requests: Pair
    ways: tuple[Way, ...]

    @property
    def steps(self) -> int:
        """Return how many steps the shortest way has."""
        return min(_STEPS[way] for way in self.ways)


@dataclass(frozen=True, slots=True)
class Moved:
    """A case whose campaign was seen in several regions, in the order in which they were first seen."""

    request: str
    regions: tuple[str, ...]


class Cases:
    """The cases as they are now, with what was found for each; read once, in the caller's transaction."""

    def __init__(self, session: Session, store: Store) -> None:
        self._session, self._store = session, store
        self._since = store.clock() - WINDOW
        rows = session.execute(_live().order_by(Request.id)).all()
        self.subjects: dict[str, str] = {row.id: row.subject_id for row in rows}
        self._request_of = {subject: request for request, subject in self.subjects.items()}
        self._found = self._posts_found()
        self._campaigns = self._campaigns_of(set().union(*self._found.values()))

    def crossings(self) -> list[Crossing]:
        """Return all pairs of requests that meet, those with the fewest steps first."""
        ways: dict[Pair, set[Way]] = defaultdict(set)
        by_way: dict[Way, set[Pair]] = {
            "contact": self._by_contact(),
            "post": self._by_post(),
            "campaign": self._by_campaign(),
        }
        for way, pairs in by_way.items():
            for pair in pairs:
                ways[pair].add(way)
        found = [Crossing(pair, tuple(way for way in WAYS if way in by)) for pair, by in ways.items()]
        return sorted(found, key=lambda one: (one.steps, one.requests))

    def moved(self) -> list[Moved]:
        """Return the cases whose campaign was seen in two regions or more, in the window."""
        seen = self._seen()
        found = []
        for request, posts in sorted(self._found.items()):
            campaigns = {self._campaigns[post] for post in posts if post in self._campaigns}
            stays = movement([one for campaign in sorted(campaigns) for one in seen.get(campaign, [])])
            regions = tuple(dict.fromkeys(region for stay in stays if (region := region_of(stay.city))))
            if len(regions) > 1:
                found.append(Moved(request, regions))
        return found

    def _posts_found(self) -> dict[str, set[str]]:
        """Return the posts that were found or pasted for each request; what was brought back was found for it too."""
        found: dict[str, set[str]] = defaultdict(set)
        root = aliased(Search)
        query = select(Search.request_id, Search.results, root.results.label("before"))
        query = query.outerjoin(root, root.id == Search.reused_from).where(Search.closed_at >= self._since)
        for some in batches(self.subjects, _BATCH):
            for row in self._session.execute(query.where(Search.request_id.in_(some))):
                found[row.request_id or ""].update(row.results, row.before or [])
        pasted = Post.origin == "paste", Post.status == "live", Post.ingested_at >= self._since
        for post, provenance in self._session.execute(select(Post.id, Post.provenance).where(*pasted)):
            for request in requests_of(provenance) & self.subjects.keys():
                found[request].add(post)
        return found

    def _campaigns_of(self, posts: Collection[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        query = select(LinkedPost.post_id, LinkedPost.campaign).where(*self._recent())
        for some in batches(sorted(posts), _BATCH):
            rows = self._session.execute(query.where(LinkedPost.post_id.in_(some)))
            found |= {post: campaign for post, campaign in rows if campaign}
        return found

    def _by_contact(self) -> set[Pair]:
        by_hash: dict[str, set[str]] = defaultdict(set)
        for some in batches(self._request_of, _BATCH):
            query = select(SubjectHash.hash, SubjectHash.subject_id).where(SubjectHash.subject_id.in_(some))
            for value, subject in self._session.execute(query):
                by_hash[value].add(self._request_of[subject])
        return {pair for requests in by_hash.values() for pair in combinations(sorted(requests), 2)}

    def _by_post(self) -> set[Pair]:
        contacts: dict[str, set[Contact]] = {}
        for some in batches(sorted(set().union(*self._found.values())), _BATCH):
            said = current_assessments(self._session, some)
            contacts |= {post: set(_contacts(row.body["entities"])) for post, row in said.items()}
        return {
            pair
            for request, posts in self._found.items()
            for pair in self._named(request, {one for post in posts for one in contacts.get(post, ())})
        }

    def _by_campaign(self) -> set[Pair]:
        holders: dict[str, set[str]] = defaultdict(set)
        for request, posts in self._found.items():
            for post in posts:
                if post in self._campaigns:
                    holders[self._campaigns[post]].add(request)
        pairs = {pair for requests in holders.values() for pair in combinations(sorted(requests), 2)}
        for campaign, contacts in self._contacts_of(holders).items():
            pairs |= {pair for request in holders[campaign] for pair in self._named(request, contacts)}
        return pairs

    def _contacts_of(self, campaigns: Collection[str]) -> dict[str, set[Contact]]:
        found: dict[str, set[Contact]] = defaultdict(set)
        query = select(LinkedPost.campaign, LinkContact.contact).join(
            LinkContact, LinkContact.post_id == LinkedPost.post_id
        )
        query = query.where(LinkedPost.campaign.in_(campaigns), *self._recent()).order_by(LinkedPost.at.desc())
        for campaign, contact in self._session.execute(query.limit(_MOST_POSTS)) if campaigns else ():
            kind, _, value = contact.partition(":")
            found[campaign or ""] |= {normal_contact(one, value) for _, one in _KINDS if one == kind}
        return found

    def _named(self, request: str, contacts: Collection[Contact]) -> Iterable[Pair]:
        """Yield a request with each other one of which a contact is among some."""
        hashes = {self._store.keys.blind(one.kind, one.value) for one in contacts}
        for some in batches(sorted(hashes), _BATCH):
            query = select(SubjectHash.subject_id).where(SubjectHash.hash.in_(some)).distinct()
            for subject in self._session.scalars(query):
                other = self._request_of.get(subject)
                if other is not None and other != request:
                    yield (min(request, other), max(request, other))

    def _seen(self) -> dict[str, list[Seen]]:
        found: dict[str, list[Seen]] = defaultdict(list)
        wanted = set(self._campaigns.values())
        query = select(LinkedPost.campaign, LinkedPost.city, LinkedPost.at)
        query = query.where(LinkedPost.campaign.in_(wanted), LinkedPost.city != "", *self._recent())
        for row in self._session.execute(query.order_by(LinkedPost.at.desc()).limit(_MOST_POSTS)) if wanted else ():
            found[row.campaign or ""].append(Seen(row.city, row.at))
        return found

    def _recent(self) -> tuple[ColumnElement[bool], ...]:
        return (LinkedPost.version > 0, LinkedPost.campaign.is_not(None), LinkedPost.at >= self._since)


def connected(crossings: Iterable[Crossing], requests: Collection[str]) -> bool:
    """Tell whether some requests hang together by what ties them, one to the next in two steps at most."""
    wanted = set(requests)
    reached, left = set(list(wanted)[:1]), [one.requests for one in crossings if wanted.issuperset(one.requests)]
    while near := [pair for pair in left if len(reached.intersection(pair)) == 1]:
        reached.update(*near)
    return reached == wanted


def _live() -> Select[str, str]:
    kept = select(Request.id, Request.subject_id).join(Subject, Subject.id == Request.subject_id)
    return kept.where(Subject.erased_at.is_(None), Request.found_at.is_(None))


def _contacts(entities: Mapping[str, Iterable[Mapping[str, object]]]) -> Iterable[Contact]:
    for plural, kind in _KINDS:
        for one in entities.get(plural, ()):
            yield normal_contact(kind, str(one["value"]))

"""Campaigns as they are kept: which posts may be linked, what they are found by, and where each stands.

Who changes places holds `LINKS`; rows of links come last of all that a transaction locks but the register. Whoever
erases or edits a post only empties its rows and asks for it to be let go: the linker does the rest a moment later.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias, cast

from sqlalchemy import Select, Table, and_, bindparam, delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from nlp.contacts import Contact, ContactKind
from nlp.link import BANDS, Because, Changes, KeptPost, Place, Seen, Signature, added, removed
from nlp.types import ACTIONABLE
from store.tables import LinkBand, LinkContact, LinkedPost, Post
from store.work import add_work, finish_work

LINK = "link"
"""The kind of work that a post waits for after it was read, if it may be linked, or was linked and may be no more."""
LINKS = "links"
"""Held while places are changed: two that change them at once would not see each other."""

_COLUMNS = (
    *(LinkedPost.post_id, LinkedPost.stems, LinkedPost.component, LinkedPost.text_group),
    *(LinkedPost.campaign, LinkedPost.because),
)
_MOST_SEEN = 1000
"""Posts of a campaign, the newest, from which its movement is told."""


_Query: TypeAlias = "Select[str, str, int, int, str | None, list[str]]"
_UNDER_A_BAND = "SELECT * FROM (SELECT post_id FROM link_bands WHERE band = :band{0} ORDER BY rank LIMIT :most) AS s{0}"
_NEAR = text(" UNION ".join(_UNDER_A_BAND.format(number) for number in range(BANDS)))
"""Neither engine reads more of a band than is asked for. In SQLAlchemy's terms it takes longer to build than to run."""
_TABLE = cast("Table", LinkedPost.__table__)
_MOVE = (
    update(_TABLE)
    .where(_TABLE.c.post_id == bindparam("key"))
    .values({name: bindparam(name) for name in ("component", "text_group", "campaign", "because")})
)


@dataclass(frozen=True, slots=True)
class Linkable:
    """A post that may be linked, as it is now."""

    signature: Signature
    version: int
    city: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign as one of its posts sees it: its id, how many posts it has, what ties this one, and where it was."""

    id: str
    posts: int
    because: list[str]
    seen: list[Seen]


def may_link(flagged: Collection[str]) -> bool:
    """Tell whether a post with these flags may be linked to others: an adult's advertisement is no sign of danger.

    `third_party` or movement alone links nothing.
    """
    return not ACTIONABLE.isdisjoint(flagged)


class LinkTables:
    """`nlp.link.Kept`, answered from indexed tables: no answer takes longer because more is kept."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def near(self, bands: Collection[int], most: int) -> Sequence[KeptPost]:
        """Return the first `most` posts under each of the band keys, each post once."""
        if not bands:
            return []
        given = {f"band{number}": band for number, band in enumerate(bands)}
        found = self._session.scalars(_NEAR, {**given, "most": most})
        return self._posts(select(*_COLUMNS).where(LinkedPost.post_id.in_(set(found))))

    def holding(self, contacts: Collection[Contact], most: int) -> Mapping[Contact, Sequence[KeptPost]]:
        """Return the first `most` holders of each contact."""
        by_contact = {contact: self.holders(contact, most) for contact in contacts}
        wanted = {identity for holders in by_contact.values() for identity in holders}
        if not wanted:
            return {}
        posts = {one.signature.key: one for one in self._posts(select(*_COLUMNS).where(LinkedPost.post_id.in_(wanted)))}
        return {
            contact: [posts[identity] for identity in holders if identity in posts]
            for contact, holders in by_contact.items()
        }

    def components(self, names: Collection[int], most: int) -> Sequence[KeptPost]:
        """Return the first `most` posts of some components together."""
        return self._posts(select(*_COLUMNS).where(LinkedPost.component.in_(names)), most)

    def group(self, name: int, most: int) -> Sequence[KeptPost]:
        """Return the first `most` posts of a group."""
        return self._posts(select(*_COLUMNS).where(LinkedPost.text_group == name), most)

    def post(self, identity: str) -> KeptPost | None:
        """Return a post that is kept or waits to be let go."""
        row = self._session.execute(select(*_COLUMNS).where(LinkedPost.post_id == identity)).first()
        return None if row is None else _kept(row, self.contacts(identity))

    def contacts(self, identity: str) -> Collection[Contact]:
        """Return the contacts of a post that may tie it to others."""
        return self._contacts([identity])[identity]

    def holders(self, contact: Contact, most: int) -> list[str]:
        """Return the first `most` ids of posts that hold a contact."""
        holders = select(LinkContact.post_id).where(LinkContact.contact == str(contact))
        return list(self._session.scalars(holders.order_by(LinkContact.rank).limit(most)))

    def _posts(self, query: _Query, most: int | None = None) -> list[KeptPost]:
        kept = query.where(LinkedPost.version > 0).order_by(LinkedPost.rank).limit(most)
        rows = self._session.execute(kept).all()
        contacts = self._contacts([row.post_id for row in rows])
        return [_kept(row, contacts[row.post_id]) for row in rows]

    def _contacts(self, ids: Collection[str]) -> Mapping[str, list[Contact]]:
        found: dict[str, list[Contact]] = defaultdict(list)
        query = select(LinkContact.post_id, LinkContact.contact).where(LinkContact.post_id.in_(ids))
        for identity, contact in self._session.execute(query) if ids else ():
            kind, _, value = contact.partition(":")
            found[identity].append(Contact(cast("ContactKind", kind), value))
        return found


def _kept(row: Any, contacts: Iterable[Contact]) -> KeptPost:
    because = cast("tuple[Because, ...]", tuple(row.because))
    place = Place(row.component, row.text_group, row.campaign, because)
    return KeptPost(Signature(row.post_id, tuple(row.stems.split()), frozenset(contacts)), place)


def relink(session: Session, identity: str, now: Linkable | None) -> None:
    """Bring the links of a post in line with what it says now; None: it may be linked no more. `LINKS` is held."""
    tables = LinkTables(session)
    before = tables.post(identity)
    if before is not None:
        _empty(session, identity)
        session.execute(delete(LinkedPost).where(LinkedPost.post_id == identity))
        _write(session, removed(before, tables))
    if now is not None:
        changes = added(now.signature, tables)
        _insert(session, now, changes.places.pop(identity))
        _write(session, changes)


def _insert(session: Session, new: Linkable, place: Place) -> None:
    post = new.signature
    own = {"post_id": post.key, "rank": post.rank}
    described = {"version": new.version, "stems": " ".join(post.stems), "city": new.city, "at": new.at}
    session.execute(insert(LinkedPost), [{**own, **described, **_columns(place)}])
    if post.bands:
        session.execute(insert(LinkBand), [{**own, "band": band} for band in set(post.bands)])
    if post.contacts:
        session.execute(insert(LinkContact), [{**own, "contact": str(contact)} for contact in post.contacts])


def _columns(place: Place) -> dict[str, object]:
    named = {"component": place.component, "text_group": place.group, "campaign": place.campaign}
    return {**named, "because": list(place.because)}


def _write(session: Session, changes: Changes) -> None:
    if changes.places:
        session.execute(_MOVE, [{"key": key, **_columns(place)} for key, place in sorted(changes.places.items())])
    for column, renamed in (
        (LinkedPost.component, changes.components),
        (LinkedPost.text_group, changes.groups),
        (LinkedPost.campaign, changes.campaigns),
    ):
        for old, new in renamed.items():
            session.execute(update(LinkedPost).where(column == old).values({column: new}))


def _empty(session: Session, identity: str) -> None:
    session.execute(delete(LinkBand).where(LinkBand.post_id == identity))
    session.execute(delete(LinkContact).where(LinkContact.post_id == identity))


def forget_links(session: Session, identity: str, now: datetime) -> None:
    """Take what a post is linked by out of the database, and ask for it to be let go; its row is held.

    One other holder of each of its contacts is asked for too: without this post, the contact may join what it parted.
    """
    if not linked_among(session, [identity]):
        finish_work(session, LINK, [identity])  # there is nothing to let go: a dead letter would outlast its post
        return
    tables = LinkTables(session)
    again = [other for contact in tables.contacts(identity) for other in tables.holders(contact, 2)]
    add_work(session, LINK, [identity, *again], now)
    _empty(session, identity)
    emptied = {"version": 0, "stems": "", "city": "", "campaign": None, "because": []}
    session.execute(update(LinkedPost).where(LinkedPost.post_id == identity).values(**emptied))


def linked_among(session: Session, ids: Collection[str]) -> set[str]:
    """Return those of the posts that are linked or wait to be let go."""
    return set(session.scalars(select(LinkedPost.post_id).where(LinkedPost.post_id.in_(ids))))


def members_of(campaign: str) -> Select[str]:
    """Return the query for the posts of a campaign that are live and say what they were linked by."""
    linked = and_(LinkedPost.post_id == Post.id, LinkedPost.version == Post.version)
    return select(Post.id).join(LinkedPost, linked).where(LinkedPost.campaign == campaign, Post.status == "live")


def campaign_of(session: Session, identity: str, version: int) -> Campaign | None:
    """Return the campaign of a post in this version, None if it has none, is not linked yet, or no other is left."""
    own = select(LinkedPost.campaign, LinkedPost.because).where(
        LinkedPost.post_id == identity, LinkedPost.version == version, LinkedPost.campaign.is_not(None)
    )
    row = session.execute(own).first()
    if row is None:
        return None
    members = LinkedPost.campaign == row.campaign, LinkedPost.version > 0
    count = session.scalar(select(func.count()).select_from(LinkedPost).where(*members)) or 0
    if count < 2:  # the others went, and the linker has not come round yet
        return None
    seen = select(LinkedPost.city, LinkedPost.at).where(*members, LinkedPost.city != "")
    newest = session.execute(seen.order_by(LinkedPost.at.desc()).limit(_MOST_SEEN)).all()
    return Campaign(row.campaign, count, list(row.because), [Seen(one.city, one.at) for one in newest])

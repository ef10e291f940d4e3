"""What is remembered of a source's pages between two collections, so that only what changed is asked for and read.

Three things, each of which holds only while nothing can have been missed below it:

- **Pages** (`PageMark`): what a page answered beside its posts (ETag, Last-Modified), to ask for it only if it changed.
  A page that leads nowhere is marked in the transaction that keeps its posts. A page that leads on is marked only when
  the whole walk has ended well, and only if it lists its newest posts first: else what it leads to could go unread for
  ever, after a kill or on a page whose older neighbour grew.
- **Ground** (`SourceMark` ``walked``): the end of the last whole walk. Posts that came in before it are known ground:
  whatever their source lists below them was read then. Posts that a killed collection kept are younger than that.
- **Since** (`SourceMark` ``since:…``): the newest id that an API has given, kept when a whole walk down to the earlier
  one has ended well, and never after a page bound: the ids between would never be asked for again.
- **Listed** (`SourceMark` ``listed:…``): what a list tells of, with the moment of its last change, was read to its end.
  A walk that ran into its page bound leaves these, so that the next one goes on with what is unread; they are
  forgotten once a walk was whole, for `since` says the same.

Once a day (`FULL_EVERY`) nothing of this is used: everything is asked for and walked in full, so that a site's wrong
ETag, an edit far down or a post put in late is missed for a day at most. Where the page bound cuts walks short, every
other one goes on instead: else none would come further. A change of the declaration, of Vigie's version or of the
policy's forgets all of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.metadata import version

from scrapy.http import Response
from sqlalchemy import ColumnElement, Select, delete, or_, select
from sqlalchemy.orm import Session

from crawlers.policy.settings import POLICY_VERSION
from crawlers.sources.declaration import SourceDeclaration
from store.locks import INTAKE, hold
from store.retention import unflagged_days
from store.store import Store
from store.tables import PageMark, SourceMark

FULL_EVERY = timedelta(days=1)
MOST_LEADING = 1000
"""Pages that lead on and are marked at the end of a walk: of a listing, the first ones are those that save a walk."""
REVISIT = "revisit:"
"""How the names begin under which it stands that a post was asked for by itself."""
_SINCE, _LISTED, _UNDER, _WALKED, _FULL = "since:", "listed:", "marks-under", "walked", "walked-in-full"
_BEGUN = "begun"
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list tells of: its address, and as of when."""

    url: str
    as_of: str


@dataclass(frozen=True, slots=True)
class PageSeen:
    """What a page answered beside its posts."""

    etag: str
    last_modified: str
    body_sha256: str


def seen_in(response: Response) -> PageSeen | None:
    """Return what is worth remembering of an answer; None if it gives nothing to ask by."""
    etag, modified = (_plain(response.headers.get(name)) for name in (b"ETag", b"Last-Modified"))
    if modified and not _is_moment(modified):
        modified = ""
    if not etag and not modified:
        return None
    return PageSeen(etag, modified, hashlib.sha256(response.body).hexdigest())


class WalkMarks:
    """The marks of one source during one collection; `full` if this one asks for everything anew."""

    def __init__(self, store: Store, declaration: SourceDeclaration) -> None:
        self._store, self._source = store, declaration.id
        self._leading: dict[str, PageSeen] = {}
        self._reached: dict[str, str] = {}
        with store.database.writing() as session:
            hold(session, [INTAKE])
            self._forget_if_changed(session, _under(declaration))
            kept = {row.name: row for row in session.scalars(self._source_marks())}
            marked = select(PageMark.page).where(PageMark.source_id == self._source).limit(1)
            self._any_page = session.scalar(marked) is not None
            cut_short = session.scalar(select(SourceMark.name).where(*self._listed()).limit(1)) is not None
        self._walked_at = kept[_WALKED].seen_at if _WALKED in kept else None
        self._goes_by_since = False
        full_at = kept[_FULL].seen_at if _FULL in kept else None
        turn = not (cut_short and self._walked_at == full_at)
        self.full = full_at is None or (store.clock() - full_at >= FULL_EVERY and turn)
        self._since = {name: row.value for name, row in kept.items() if name.startswith(_SINCE)}

    def conditions(self, url: str) -> dict[str, str]:
        """Return the headers that ask for a page only if it changed; none where it is asked for anyhow."""
        if self.full:
            return {}
        with self._store.database.reading() as session:
            mark = session.get(PageMark, (self._source, _page(url)))
        named = {"If-None-Match": mark.etag, "If-Modified-Since": mark.last_modified} if mark else {}
        return {name: value for name, value in named.items() if value}

    def write_page(self, session: Session, url: str, seen: PageSeen | None, *, leads: bool) -> None:
        """Remember a page in the transaction that keeps its posts; one that leads on, at the end of the walk."""
        if seen is not None and leads:
            if len(self._leading) < MOST_LEADING:
                self._leading[url] = seen
            seen = None  # until then an earlier mark of it must not stand either
        if seen is not None:
            self._put_page(session, url, seen)
        elif self._any_page:
            session.execute(delete(PageMark).where(PageMark.source_id == self._source, PageMark.page == _page(url)))

    def touch(self, session: Session, url: str) -> None:
        """Note that a page was found unchanged."""
        mark = session.get(PageMark, (self._source, _page(url)))
        if mark is not None:
            mark.seen_at = self._store.clock()

    @property
    def ground(self) -> datetime | None:
        """Return when the last whole walk ended; None where this one goes on whatever it meets.

        One that goes by ids does: after a page bound the ids above the mark are known, and some between are not.
        """
        return None if self.full or self._goes_by_since else self._walked_at

    def since(self, name: str, *, beside: bool = False) -> str:
        """Return how far the last whole walk came under a name; empty where everything is asked for anew.

        `beside` if this walk asks for all that it would without it too.
        """
        value = "" if self.full else self._since.get(_name(_SINCE, name), "")
        self._goes_by_since |= bool(value) and not beside
        return value

    def reach(self, name: str, value: str) -> None:
        """Remember how far this walk came under a name, once it has ended well; the first value said counts."""
        self._reached.setdefault(_name(_SINCE, name), value)

    def known_listed(self, listed: Collection[Listed]) -> dict[str, bool]:
        """Return what an earlier walk read, by address: to its end and as it is told to be now (True), or in part.

        Nothing where everything is asked for anew.
        """
        if self.full:
            return {}
        names = {_name(_LISTED, one.url): one for one in listed}
        query = select(SourceMark).where(SourceMark.source_id == self._source, SourceMark.name.in_(names))
        with self._store.database.reading() as session:
            rows = session.scalars(query).all()
        known = {names[row.name]: row.value for row in rows}
        return {one.url: value == _as_of(one) for one, value in known.items() if value in (_BEGUN, _as_of(one))}

    def write_listed(self, session: Session, listed: Listed, *, whole: bool) -> None:
        """Remember that what a list tells of was read, in the transaction that keeps its posts; `whole`: to its end."""
        name, value = _name(_LISTED, listed.url), _as_of(listed) if whole else _BEGUN
        session.merge(SourceMark(source_id=self._source, name=name, value=value, seen_at=self._store.clock()))

    def end_walk(self, *, bounded: bool) -> None:
        """Keep what only a whole walk may leave behind; `bounded` if the page budget left links out."""
        now = self._store.clock()
        with self._store.database.writing() as session:
            hold(session, [INTAKE])
            names = [_WALKED, *([_FULL] if self.full else [])]
            values = dict.fromkeys(names, now.isoformat()) | ({} if bounded else self._reached)
            for name, value in values.items():
                session.merge(SourceMark(source_id=self._source, name=name, value=value[:_LONGEST], seen_at=now))
            for url, seen in self._leading.items():
                self._put_page(session, url, seen)
            if not bounded:
                session.execute(delete(SourceMark).where(*self._listed()))
            self._forget_old(session, now)

    def _put_page(self, session: Session, url: str, seen: PageSeen) -> None:
        told = {"etag": seen.etag, "last_modified": seen.last_modified, "body_sha256": seen.body_sha256}
        row = PageMark(source_id=self._source, page=_page(url), **told)
        row.seen_at = self._store.clock()
        session.merge(row)
        self._any_page = True

    def _source_marks(self) -> Select[SourceMark]:
        few = or_(SourceMark.name.in_((_UNDER, _WALKED, _FULL)), SourceMark.name.startswith(_SINCE))
        return select(SourceMark).where(SourceMark.source_id == self._source, few)

    def _listed(self) -> tuple[ColumnElement[bool], ...]:
        return SourceMark.source_id == self._source, SourceMark.name.startswith(_LISTED)

    def _forget_if_changed(self, session: Session, under: str) -> None:
        mark = session.get(SourceMark, (self._source, _UNDER))
        if mark is not None and mark.value == under:
            return
        session.execute(delete(PageMark).where(PageMark.source_id == self._source))
        session.execute(delete(SourceMark).where(SourceMark.source_id == self._source, _OWN))
        session.merge(SourceMark(source_id=self._source, name=_UNDER, value=under, seen_at=self._store.clock()))

    def _forget_old(self, session: Session, now: datetime) -> None:
        # Not longer than the posts themselves: an address can be guessed from its digest.
        old = now - timedelta(days=max(1, unflagged_days(session, self._store.settings, self._source)))
        session.execute(delete(PageMark).where(PageMark.source_id == self._source, PageMark.seen_at < old))
        revisits = (SourceMark.source_id == self._source, SourceMark.name.startswith(REVISIT))
        for which in (revisits, self._listed()):
            session.execute(delete(SourceMark).where(*which, SourceMark.seen_at < old))


_OWN = or_(
    SourceMark.name.in_((_UNDER, _WALKED, _FULL)),
    SourceMark.name.startswith(_SINCE),
    SourceMark.name.startswith(_LISTED),
    SourceMark.name.startswith(REVISIT),
)
"""The marks that are this module's: others remember terms and robots.txt in the same table."""


def _under(declaration: SourceDeclaration) -> str:
    return f"{declaration.digest} vigie/{version('vigie')} policy/{POLICY_VERSION}"


def _page(url: str) -> str:
    return hashlib.sha256(url.partition("#")[0].encode()).hexdigest()


def _name(kind: str, name: str) -> str:
    return kind + hashlib.sha256(name.encode()).hexdigest()


def _as_of(listed: Listed) -> str:
    return f"read as of {listed.as_of}"[:_LONGEST]


def _plain(value: bytes | None) -> str:
    # A header that would not go back as it came, or that could carry a message of its own, is not remembered.
    text = (value or b"").decode("latin-1").strip()
    return text if len(text) <= _LONGEST and text.isascii() and text.isprintable() else ""


def _is_moment(text: str) -> bool:
    try:
        return bool(parsedate_to_datetime(text))
    except (ValueError, TypeError, IndexError, OverflowError):
        return False

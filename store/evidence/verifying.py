"""Evidence verified: of a post, and of everything that is kept, in memory that does not grow with it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from store.evidence.anchors import Anchor, anchors_of, first_entered, is_placed, is_signed
from store.evidence.checking import Fault, faults_of
from store.evidence.covering import Cover, released
from store.posts import get_post
from store.register.verifying import verify
from store.store import Store
from store.tables import Capture, Post

Standing = Literal["signed", "waiting", "none"]
"""Where a digest stands: in the signed register, in an entry that is about to be signed, in none (see `_unentered`)."""
_AT_ONCE = 50
_TOLD = 1000
"""Posts without a capture that are named: when there are so many, something else is wrong."""


@dataclass(frozen=True, slots=True)
class CheckedCapture:
    """One version's capture: what its row says, where it stands in the register, and all that is wrong with it."""

    version: int
    path: str
    sha256: str
    response_sha256: str
    url: str
    fetched_at: datetime
    collector: str
    standing: Standing
    entry: int | None
    """Number of the entry in the register that named its digest first."""
    faults: list[Fault]


@dataclass(frozen=True, slots=True)
class CheckedPost:
    """A post's captures in the order of its versions, and the versions whose captures are gone."""

    post: str
    captures: list[CheckedCapture]
    missing: list[int]

    @property
    def faults(self) -> list[str]:
        """Return every fault, a line each that names the version."""
        wrong = [f"version {one.version}: {fault}" for one in self.captures for fault in one.faults]
        return wrong + [f"version {version}: its capture is gone" for version in self.missing]


@dataclass(slots=True)
class Checked:
    """How many captures were verified, the faults found, and the captures older than the first entry of captures."""

    captures: int = 0
    faults: int = 0
    unentered: int = 0


def check_post(store: Store, identity: str) -> CheckedPost:
    """Verify all captures of a post against files, database and register; `NotFound` for one that was never kept."""
    with store.database.reading() as session:
        post = get_post(session, identity)
        rows = session.scalars(select(Capture).where(Capture.post_id == identity).order_by(Capture.version, Capture.id))
        anchors, since = anchors_of(session, identity), first_entered(session)
        captures = [_checked(session, store, row, post, anchors.get(row.version, []), since) for row in rows]
        excused = post.status != "live" or bool(released(session, [identity]))
    missing = [] if excused else _missing(post, {one.version for one in captures}, anchors)
    return CheckedPost(identity, captures, missing)


def check_all(store: Store, tell: Callable[[str], None], progress: Callable[[int], None] = lambda _: None) -> Checked:
    """Verify every capture and the whole register; `tell` is given each fault as one line."""
    said = Checked()

    def fault(line: str) -> None:
        said.faults += 1
        tell(line)

    for finding in verify(store).findings:
        fault(f"register: {finding}")
    cover = Cover(store, fault)
    cover.catch_up()
    for identity in _uncaptured(store):
        fault(f"{identity}: there is no capture of the version that the database holds")
    after = 0
    while page := _page(store, after):
        after = page[-1][0].id
        cover.need(row.id for row, _ in page)
        for row, post in page:
            for line in _all_faults(store, cover, row, post, said):
                fault(f"{row.post_id}: version {row.version}: {line}")
            said.captures += 1
        progress(said.captures)
    return said


def _checked(
    session: Session, store: Store, row: Capture, post: Post, anchors: Sequence[Anchor], since: datetime | None
) -> CheckedCapture:
    faults = faults_of(store.settings.captures, row, post)
    faults += [Fault("other_digest", str(one.n)) for one in anchors if one.digest != row.sha256]
    standing: Standing = "none"
    if anchors and is_signed(session, store, anchors[0].n):
        standing = "signed"
    elif anchors and not is_placed(session, anchors[0].n):
        standing = "waiting"
    elif anchors:
        faults.append(Fault("unsigned", str(anchors[0].n)))
    elif not _before(row, since):
        faults.append(Fault("unentered"))
    return CheckedCapture(
        row.version,
        row.path,
        row.sha256,
        row.response_sha256,
        row.url,
        row.fetched_at,
        row.collector,
        standing,
        anchors[0].n if anchors else None,
        faults,
    )


def _before(row: Capture, since: datetime | None) -> bool:
    """Tell whether a capture was kept before captures were entered at all: nothing can be said against it then."""
    return since is None or row.fetched_at < since


def _missing(post: Post, versions: Collection[int], named: Iterable[int]) -> list[int]:
    wanted = set(named) | ({post.version} if post.origin == "collect" else set())
    return sorted(wanted - set(versions))


def _uncaptured(store: Store) -> list[str]:
    """Return collected posts without a capture of their newest version."""
    kept = exists().where(Capture.post_id == Post.id, Capture.version == Post.version)
    with store.database.reading() as session:
        query = select(Post.id).where(Post.status == "live", Post.origin == "collect", ~kept).order_by(Post.seq)
        found = list(session.scalars(query.limit(_TOLD)))
        return [identity for identity in found if not released(session, [identity])]


def _page(store: Store, after: int) -> list[tuple[Capture, Post]]:
    query = select(Capture, Post).join(Post, Post.id == Capture.post_id).where(Capture.id > after)
    with store.database.reading() as session:
        return [(row, post) for row, post in session.execute(query.order_by(Capture.id).limit(_AT_ONCE))]


def _all_faults(store: Store, cover: Cover, row: Capture, post: Post, said: Checked) -> list[Fault]:
    faults = faults_of(store.settings.captures, row, post)
    if faults and _erased_meanwhile(store, row):
        return []
    if row.id not in cover:
        if _before(row, cover.since):
            said.unentered += 1
        else:
            faults.append(Fault("unentered"))
    return faults


def _erased_meanwhile(store: Store, row: Capture) -> bool:
    """Tell whether a capture that was read a moment ago has been let go since, or its post edited."""
    with store.database.reading() as session:
        now = session.scalar(select(Capture).where(Capture.id == row.id, Capture.sha256 == row.sha256))
        return now is None

"""Keeping what a collector finds, in one transaction a page, as soon as it is read; and what is remembered beside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crawlers.found import Found
from crawlers.marks import PageSeen, WalkMarks
from crawlers.sources.declaration import SourceDeclaration
from crawlers.unmet import Unmet
from store.intake import Intake, take_in
from store.store import Store
from store.tables import Post

Keep = Callable[[list[Found]], list[Intake]]
"""Keeps posts and says of each whether it was new, edited or known."""
_ROUGHLY = timedelta(minutes=1)
"""« il y a 3 heures » is another second for each post that says so."""
_ENOUGH = 3
"""Posts whose order says something."""


@dataclass(frozen=True, slots=True)
class Page:
    """One answer: its posts, and what is worth remembering of it."""

    posts: list[Found] = field(default_factory=list, repr=False)
    """Not told of by its name: what could not be kept is logged."""
    url: str = ""
    seen: PageSeen | None = None
    leads: bool = False
    """Whether it leads to further pages."""

    @property
    def newest_first(self) -> bool:
        """Return whether its posts' moments run from the newest to the oldest; no if one has none."""
        moments = [post.posted_at for post, _ in self.posts if post.posted_at is not None]
        if len(moments) < max(_ENOUGH, len(self.posts)):
            return False
        down = all(later <= earlier + _ROUGHLY for earlier, later in pairwise(moments))
        return down and moments[0] > moments[-1] + _ROUGHLY


class Keeper:
    """What a collector hands its pages to. This one keeps posts by a function, if at all, and remembers nothing."""

    marks: WalkMarks | None = None
    unmet: Unmet | None = None

    def __init__(self, keep: Keep = lambda _posts: []) -> None:
        self._keep = keep

    def keep(self, page: Page) -> list[Intake]:
        """Keep a page's posts in one transaction; called for every page that was answered, also an empty one."""
        return self._keep(page.posts)

    def unchanged(self, url: str) -> None:  # noqa: ARG002 - for those that remember
        """Note that a page was found unchanged."""
        self.keep(Page())

    def known_ground(self, page: Page) -> bool:  # noqa: ARG002 - for those that remember
        """Tell whether the page that was just kept lists nothing that an earlier whole walk did not meet."""
        return False


class StoreKeeper(Keeper):
    """Keeps posts in the store, and remembers pages as `crawlers.marks` says; `told` is called after each page."""

    marks: WalkMarks
    unmet: Unmet

    def __init__(self, store: Store, declaration: SourceDeclaration, told: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self._store, self._source, self._told = store, declaration.id, told
        self.marks = WalkMarks(store, declaration)
        self.unmet = Unmet(store, declaration.id)
        self._known: list[str] = []

    def keep(self, page: Page) -> list[Intake]:
        """Keep a page's posts and its mark in one transaction."""
        taken = take_in(self._store, self._source, "collect", page.posts, self._marking(page)) if page.posts else []
        self._known = [identity for identity, intake in taken if intake == "same"]
        self._told()
        return [intake for _, intake in taken]

    def unchanged(self, url: str) -> None:
        """Note that a page was found unchanged, and that the posts whose own address it is are still shown."""
        with self._store.database.writing() as session:
            self.marks.touch(session, url)
            self.unmet.shown_at(session, url)
        self._told()

    def known_ground(self, page: Page) -> bool:
        """Tell whether the page that was just kept lists nothing that an earlier whole walk did not meet.

        Its posts must be known and unchanged, have come in before that walk ended, and run from the newest to the
        oldest: else something new may stand further down.
        """
        walked = self.marks.ground
        if walked is None or len(self._known) < len(page.posts) or not page.newest_first:
            return False
        with self._store.database.reading() as session:
            youngest = session.scalar(select(func.max(Post.ingested_at)).where(Post.id.in_(self._known)))
        return youngest is not None and youngest <= walked

    def _marking(self, page: Page) -> Callable[[Session], None]:
        # Where the newest does not stand first, what changed may stand behind a page that did not.
        seen = page.seen if page.newest_first or not page.leads else None
        return lambda session: self.marks.write_page(session, page.url, seen, leads=page.leads)

"""What is counted for trends: each different text that shows danger once, when it is read for the first time.

The posts are erased after days or weeks; these figures stay. They are sums by region and one more thing at a time,
never a row of what one text is in all respects: that would be a trace of the text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from nlp.cities import place_type, region_of, region_told
from nlp.grid import load_grid
from nlp.types import ACTIONABLE, Assessment
from store.counts import UNKNOWN, trend_name
from store.leaving import may_leave
from store.links import Linkable, campaign_of
from store.posts import source_kinds
from store.tables import AssessmentRow, Post


def trends(session: Session, first: Sequence[Post], read: Mapping[str, Assessment], now: datetime) -> Counter[str]:
    """Return what posts that were never read before add to the day's figures for trends.

    A copy of a text that was read before, or that comes with it in one batch, adds nothing; nor does what may stand
    in no corpus (`store.leaving`). A text that is posted again after its copies were erased counts anew: nothing of
    it was kept to know it by. The texts are held (`store.erasure.hold_texts`), so that two workers do not both count
    one.
    """
    may = may_leave(session, [post.id for post in first], now)
    different = {post.same_text: post for post in reversed(first) if post.id in may}
    known = _read_before(session, different, [post.id for post in first])
    new = [post for text, post in different.items() if text not in known]
    kinds = source_kinds(session, {post.source_id for post in new})
    return Counter(name for post in new for name in _of_text(post, read[post.id], kinds[post.source_id]))


def moves(session: Session, linked: Iterable[tuple[str, Linkable]], now: datetime) -> Counter[str]:
    """Return the moves of campaigns that posts which were linked for the first time show, by region.

    A campaign moves when one of its posts names a region in which no other of its posts was seen: from where it was
    seen last. Only what the linker may link is here; posts that may stand in no corpus show no move.
    """
    posts = dict(linked)
    may = may_leave(session, posts, now)
    found = (_move(session, identity, post) for identity, post in posts.items() if identity in may)
    return Counter(name for name in found if name)


def _move(session: Session, identity: str, post: Linkable) -> str:
    own, campaign = region_of(post.city), campaign_of(session, identity, post.version)
    if not own or campaign is None:
        return ""
    others = [(one.city, one.at) for one in campaign.seen]
    if (post.city, post.at) in others:
        others.remove((post.city, post.at))
    regions = [region for region in (region_of(city) for city, _ in others) if region]
    return trend_name("moved", regions[0], own) if regions and own not in regions else ""


def _of_text(post: Post, assessment: Assessment, source_kind: str) -> Iterator[str]:
    cities = [post.city, *(str(city.value) for city in assessment.entities["cities"])]
    region = region_told(post.region, cities) or UNKNOWN
    yield trend_name("read", "", region)
    signals = ACTIONABLE.intersection(assessment.flagged)
    if not signals:
        return
    criteria = set(assessment.criteria).difference(assessment.suspended)
    side = "demand" if criteria & _demand() else "other"
    yield trend_name("flagged", "", region)
    yield from (trend_name("signal", signal, region) for signal in signals)
    yield from (trend_name("criterion", criterion, region) for criterion in criteria)
    one_each = {"kind": post.kind, "language": assessment.lang, "side": side, "source": source_kind}
    for figure, value in (one_each | {"place": place_type(cities)}).items():
        yield trend_name(figure, value, region)


@cache
def _demand() -> frozenset[str]:
    """Return the criteria of those who seek somebody, not of those who are offered."""
    return frozenset(one.id for one in load_grid().criteria if one.family == "demand")


def _read_before(session: Session, texts: Collection[str], batch: Collection[str]) -> set[str]:
    """Return those of some texts that another post had when it was read, the posts of the batch aside."""
    as_read = and_(AssessmentRow.post_id == Post.id, AssessmentRow.version == Post.version)
    same = Post.same_text.in_(texts), Post.id.not_in(batch)
    return set(session.scalars(select(Post.same_text).join(AssessmentRow, as_read).where(*same))) if texts else set()

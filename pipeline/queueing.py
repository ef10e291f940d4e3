"""Which assessed post an analyst must read, in which lane, and how long it may be kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from nlp.cities import region_of
from nlp.contacts import contacts_of
from nlp.types import URGENCIES, Assessment
from store.decisions import answers, verdict_end
from store.erasure import read_copies
from store.intake import decided_end
from store.judgements import forget_unpaired, was_judged
from store.parting import parted_among
from store.retention import unflagged_days
from store.sought import is_sought
from store.store import Store
from store.tables import Lane, Post, QueueItem, Skip


def must_be_read(assessment: Assessment) -> bool:
    """Tell whether a post goes to the queue: a signal of danger with an urgency; `third_party` alone never does."""
    return assessment.actionable and assessment.urgency != "none"


def lane_of(assessment: Assessment, kind: str) -> Lane:
    """Return the lane of a post that must be read."""
    if assessment.urgency == "immediate":
        return "immediate"
    if kind == "ad":
        return "ads"
    return "recruitment" if "recruitment" in assessment.flagged else "at_risk"


def territory(post: Post, assessment: Assessment) -> str:
    """Return the administrative region of a post, from what its source says, else from its text; "" if unknown."""
    cities = [post.city, *(str(city.value) for city in assessment.entities["cities"])]
    return post.region or next((region for region in map(region_of, cities) if region), "")


def place(session: Session, store: Store, post: Post, assessment: Assessment) -> None:
    """Bring the queue and the post's end in line with its newest assessment, in the caller's transaction.

    An undecided item of a post that no longer says anything is withdrawn; a decided one opens again only for an edit.
    A copy of a text that already waits adds no item: it is shown as one more copy. When that item leaves the text
    undecided, the other copies are assessed again, so that one of them takes its place. Nor does a copy of a text on
    which a decision answers for it: it is kept as long as that one (`store.decisions.answers`). What a person took out
    of its campaign waits by itself, whatever its copies do.
    """
    now = store.clock()
    item = session.scalar(select(QueueItem).where(QueueItem.post_id == post.id))
    if item is not None and item.version == post.version and _is_peoples(session, item):
        # A person has read these very words: a new model neither asks again nor moves their end, it only hastens.
        if item.status == "open" and must_be_read(assessment) and URGENCIES.index(assessment.urgency) > item.rank:
            _describe(session, store, item, post, assessment)
        return
    if item is not None and _is_drawn(item, post) and not must_be_read(assessment):
        return  # it waits because nothing was seen in it
    if item is not None and item.version != post.version:
        forget_unpaired(session, item.id)
    flagged = must_be_read(assessment)
    post.expires_at = _end(session, store, post, now, flagged=flagged)
    waited = item is not None and item.status == "open"
    if item is not None and waited and not (flagged and item.same_text == post.same_text):
        item.status = "withdrawn"
        read_copies(session, post.id, item.same_text, now)
    if not flagged:
        return
    if item is None or item.status != "open":
        given_back = item is not None and not item.same_text  # by the quarantine officer: it has its own item again
        if not given_back and _is_answered(session, store, post, assessment, now):
            return
        item = _coming(session, store, post, item, now, waited=waited)
    _describe(session, store, item, post, assessment)


def _is_peoples(session: Session, item: QueueItem) -> bool:
    """Tell whether people have decided on an item, or one has judged it blind and it is open still or again."""
    return item.status == "decided" or (item.status == "open" and was_judged(session, item))


def _is_drawn(item: QueueItem, post: Post) -> bool:
    """Tell whether a post waits, as it is, because it was drawn at random (`pipeline.feedback.sample`)."""
    return item.lane == "sample" and item.status == "open" and item.version == post.version


def drawn_double(store: Store, item: str) -> bool:
    """Tell whether two people judge an item: the same whenever it is asked, and nobody without the key can foretell."""
    share = int(store.keys.blind("double", item)[:8], 16) / 2**32
    return share * 100 < store.settings.double_coding_percent


def _end(session: Session, store: Store, post: Post, now: datetime, *, flagged: bool) -> datetime | None:
    settings = store.settings
    days = settings.retain_watched_days if flagged else unflagged_days(session, settings, post.source_id)
    return decided_end(session, settings, post, now + timedelta(days=days))


def _is_answered(session: Session, store: Store, post: Post, assessment: Assessment, now: datetime) -> bool:
    """Tell whether a post need not wait by itself, because its text waits or was decided; give it that one's end."""
    if parted_among(session, [post.id]):
        return False
    if _waits_elsewhere(session, post):
        return True
    made = answers(session, store.settings, post, assessment.urgency, now)
    if made is not None:
        post.expires_at = verdict_end(store.settings, made.verdict, made.created_at)
    return made is not None


def _waits_elsewhere(session: Session, post: Post) -> bool:
    query = select(QueueItem.id).where(
        QueueItem.same_text == post.same_text, QueueItem.status == "open", QueueItem.post_id != post.id
    )
    return session.scalar(query.limit(1)) is not None


def _coming(
    session: Session, store: Store, post: Post, item: QueueItem | None, now: datetime, *, waited: bool
) -> QueueItem:
    """Return the item of a post that comes into the queue, or comes back to it: then it has waited since now.

    An edit of what waits does not make its author wait anew.
    """
    if item is None:
        item = QueueItem(id=f"q-{post.id[2:]}", post_id=post.id, created_at=now)
        item.double = drawn_double(store, item.id)
        session.add(item)
    elif not waited:
        item.created_at, item.hour = now, int(now.timestamp()) // 3600
        item.taken_at = item.claimed_by = item.claimed_until = item.handed_to = None
        session.execute(delete(Skip).where(Skip.item_id == item.id))  # these words nobody has passed over
    return item


def _describe(session: Session, store: Store, item: QueueItem, post: Post, assessment: Assessment) -> None:
    item.lane, item.urgency = lane_of(assessment, post.kind), assessment.urgency
    item.rank = URGENCIES.index(assessment.urgency)
    item.score = max(assessment.signals[name].score for name in assessment.flagged)
    with session.no_autoflush:  # a new item is not whole yet
        sought = is_sought(session, store, contacts_of(assessment.entities))
    item.score += sought  # above every score: first of those of its urgency that came in the same hour
    item.signals = list(assessment.flagged)
    region, was = territory(post, assessment), item.region or ""
    if (item.desk or "") == was:  # a transfer outlasts an edit
        item.desk = region
    item.region, item.same_text = region, post.same_text
    item.version, item.status = post.version, "open"  # an edit that still says something is read again

"""Decisions as they stand: what was decided last on a post or on its words, and until when they are kept for it.

One that was undone counts for nothing, wherever decisions are read.

A decision is one for all copies of a text. Those that were here before it go with it (`followers`). One that comes
later is new work but for one thing: what was dismissed is dismissed for its later copies too (`answers`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import Session

from nlp.tokens import tokens
from store.links import may_link
from store.settings import Settings
from store.tables import AssessmentRow, Decision, Parted, Post, QueueItem

STANDING = Decision.undone_at.is_(None)
"""What a decision must meet to count."""
_OWN_WORDS = 8
"""Words from which on a text is taken for one text posted again; with fewer, two people may have said the same."""


def newest_verdict(session: Session, identity: str) -> str | None:
    """Return what was decided last on a post; None: nothing that stands."""
    query = select(Decision.verdict).where(Decision.post_id == identity, STANDING)
    return session.scalar(query.order_by(Decision.id.desc()).limit(1))


def verdict_end(settings: Settings, verdict: str, at: datetime) -> datetime | None:
    """Return when a text goes on which something was decided at a moment; None while a referral is under way."""
    days = {"dismiss": settings.retain_dismissed_days, "watch": settings.retain_watched_days}.get(verdict)
    return None if days is None else at + timedelta(days=days)


def followers(session: Session, text: str, identity: str) -> list[str]:
    """Return the posts that a decision on a post's text is for too, by id, `text` being its digest of `same_text`.

    They are the live copies that the reader finds the same of, but those that a person decided on by themselves or took
    out of their campaign.
    """
    of_now = and_(AssessmentRow.post_id == Post.id, AssessmentRow.version == Post.version)
    apart = exists().where(Parted.post_id == Post.id, Parted.version == Post.version)
    own = exists().where(Decision.post_id == Post.id, STANDING)
    copies = select(Post.id, AssessmentRow.flagged, AssessmentRow.urgency).join(AssessmentRow, of_now)
    copies = copies.where(Post.same_text == text, Post.status == "live", Post.id != identity, ~own, ~apart)
    newest = {row.id: row for row in session.execute(copies.order_by(AssessmentRow.id))}
    return sorted(key for key, row in newest.items() if may_link(row.flagged) and row.urgency != "none")


def answers(session: Session, settings: Settings, post: Post, urgency: str, now: datetime) -> Decision | None:
    """Return the decision on another copy of a post's text that answers for this one too; None if it must be read.

    What was here before the decision was decided with it. What comes after a dismissal is dismissed while that lasts,
    unless it is immediate, or so short that somebody else may have written it. After any other verdict it is read: that
    a text comes again is what whoever watches it or follows it up must know.
    """
    words = select(Decision).join(QueueItem, QueueItem.id == Decision.item_id)
    words = words.where(QueueItem.same_text == post.same_text, QueueItem.post_id != post.id)
    decided = words.where(QueueItem.status == "decided", STANDING, Decision.verdict != "quarantine")
    made = session.scalar(decided.order_by(Decision.id.desc()).limit(1))
    if made is None or not _lasts(settings, made, now):
        return None
    silent = made.verdict == "dismiss" and urgency != "immediate" and len(tokens(post.text)) >= _OWN_WORDS
    return made if silent or _was_here(session, post, made.created_at) else None


def _lasts(settings: Settings, made: Decision, now: datetime) -> bool:
    end = verdict_end(settings, made.verdict, made.created_at)
    return end is None or end > now


def _was_here(session: Session, post: Post, moment: datetime) -> bool:
    """Tell whether a post said what it says by a moment: since it came in; since it was read, if it was edited."""
    if post.version == 1:
        return post.ingested_at <= moment
    read = select(func.min(AssessmentRow.created_at))
    first = session.scalar(read.where(AssessmentRow.post_id == post.id, AssessmentRow.version == post.version))
    return first is not None and first <= moment

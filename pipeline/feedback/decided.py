"""Posts that people have decided on, as rows to learn from: reviewed, kept still, and labelled by what people saw."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from nlp.features import prepare
from nlp.grid import load_grid
from nlp.types import URGENCIES, Kind, Signal, Urgency
from store.decisions import STANDING
from store.missed import SAMPLE
from store.posts import reading_text
from store.tables import Decision, Judgement, LinkedPost, Post, QueueItem, User

SETTLED_DAYS = 14
"""Days after which a decision that nobody contradicted counts as reviewed; texts are kept twice as long by default."""
_LEAST: dict[str, Urgency] = {"dismiss": "none", "watch": "routine", "refer": "soon", "escalate": "immediate"}
"""How soon a text was to be read, at the least, on which this was decided. What is quarantined is never learnt from."""
_UNDENIED: frozenset[Signal] = frozenset({"minor", "third_party"})
"""Signals that a dismissal does not deny: a plain age under 18 without risk, and an ad run by others, are dismissed."""


@dataclass(frozen=True, slots=True)
class DecidedRow:
    """One post and what people saw in it; `ties` name what it shares with other posts of the same voice."""

    post: str
    text: str
    kind: Kind
    author: str
    ties: tuple[str, ...]
    signals: frozenset[Signal]
    urgency: Urgency
    at: datetime
    unsaid: frozenset[Signal] = frozenset()
    """Signals that the grid finds in the text and the decision neither names nor denies."""


def decided_rows(session: Session, now: datetime) -> list[DecidedRow]:
    """Return what may be learnt from, the oldest decision first, each text once.

    Left out: what was undone, quarantined, withdrawn, edited since or deleted at its source; whatever was pasted, since
    a partner's youth may be erased and a model does not forget; what is at its end; and what is not `reviewed`.
    """
    of_now = and_(Post.id == QueueItem.post_id, Post.version == QueueItem.version)
    kept = (Post.status == "live", Post.gone_at.is_(None), Post.origin != "paste", Post.same_text != "")
    lasting = or_(Post.expires_at.is_(None), Post.expires_at > now)
    query = select(QueueItem, Post).join(Post, of_now).where(QueueItem.status == "decided", *kept, lasting)
    found = session.execute(query.order_by(QueueItem.id)).all()
    by_text: dict[str, DecidedRow] = {}
    facts = _Facts(session)
    for item, post in found:
        decision = facts.reviewed(post.same_text, now)
        label = decision and label_of(decision.verdict, decision.criteria, post.kind)
        if decision is not None and label and (decision.item_id == item.id or post.same_text not in by_text):
            by_text[post.same_text] = _row(post, facts.campaigns.get(post.id), label, decision.created_at)
    return sorted(map(_with_unsaid, by_text.values()), key=lambda row: (row.at, row.post))


def label_of(verdict: str, criteria: Collection[str], kind: str) -> tuple[frozenset[Signal], Urgency] | None:
    """Return the signals and the urgency that a decision says a text shows; None where it does not say.

    The grid tells which signals a criterion raises and how soon it is to be read. A dismissal with criteria that raise
    a signal, and any other verdict without one, say two things at once: nothing is learnt from them.
    """
    if verdict not in _LEAST:
        return None
    met = [one for one in load_grid().criteria if one.id in criteria]
    signals = frozenset(name for one in met for name in one.signals if name != "third_party" or kind == "ad")
    if bool(signals) == (verdict == "dismiss"):
        return None
    steps = [_LEAST[verdict], *(one.reading for one in met if one.signals)]
    return signals, max(steps, key=URGENCIES.index)


class _Made(NamedTuple):
    """A decision, and the lane of the item that it was made on."""

    decision: Decision
    lane: str


class _Facts:
    """What was decided and judged on every text and its copies, and the campaigns of posts, read at once."""

    def __init__(self, session: Session) -> None:
        self.decisions: dict[str, list[_Made]] = {}
        made = select(QueueItem.same_text, QueueItem.lane, Decision).join(Decision, Decision.item_id == QueueItem.id)
        for text, lane, decision in session.execute(made.where(STANDING).order_by(Decision.id)):
            self.decisions.setdefault(text, []).append(_Made(decision, lane))
        self.judgements: dict[str, list[Judgement]] = {}
        judged = select(QueueItem.same_text, Judgement).join(Judgement, Judgement.item_id == QueueItem.id)
        of_now = Judgement.at >= QueueItem.created_at  # what was judged before an edit brought it back was other words
        for text, judgement in session.execute(judged.where(of_now)):
            self.judgements.setdefault(text, []).append(judgement)
        supervising = ((user, roles) for user, roles in session.execute(select(User.id, User.roles)))
        self.supervisors = {user for user, roles in supervising if "supervisor" in roles}
        linked = select(LinkedPost.post_id, LinkedPost.campaign).where(LinkedPost.campaign.is_not(None))
        self.campaigns: dict[str, str] = {post: campaign for post, campaign in session.execute(linked) if campaign}

    def reviewed(self, text: str, now: datetime) -> Decision | None:
        """Return the last decision on a text if more than one hurried person stands behind it; None otherwise.

        A supervisor's is; one that two blind judgements bear out; one of some age that nobody contradicted; and what
        was drawn at random, unless somebody contradicted it. Whoever decides otherwise on a copy contradicts.
        """
        made = self.decisions.get(text, [])
        if not made:
            return None
        (last, lane), judged = made[-1], self.judgements.get(text, [])
        if last.user_id in self.supervisors:
            return last
        said = {*(one.decision.verdict for one in made), *(one.verdict for one in judged)}
        if said != {last.verdict}:
            return None
        old = last.created_at <= now - timedelta(days=SETTLED_DAYS)
        return last if _agree(judged, last) or old or lane == SAMPLE else None


def _agree(judged: Sequence[Judgement], last: Decision) -> bool:
    """Tell whether two people saw in a text, each blind, what was decided: the verdict and the signals."""
    said = {label_of(one.verdict, one.criteria, "ad") for one in judged}
    return len({one.user_id for one in judged}) > 1 and said == {label_of(last.verdict, last.criteria, "ad")}


def _with_unsaid(row: DecidedRow) -> DecidedRow:
    """Return a row with the signals that its words show by the grid and its decision leaves open.

    Whoever decides ticks the criteria that decide, not all: what is not ticked is not denied. A dismissal does deny
    recruitment and distress.
    """
    met = {one.criterion for one in prepare(row.text, row.kind).findings if "negated" not in one.context}
    shown = {name for one in load_grid().criteria if one.id in met for name in one.signals}
    if row.kind != "ad":
        shown.discard("third_party")
    left_open = shown - row.signals
    return replace(row, unsaid=frozenset(left_open if row.signals else left_open & _UNDENIED))


def _row(post: Post, campaign: str | None, label: tuple[frozenset[Signal], Urgency], at: datetime) -> DecidedRow:
    return DecidedRow(
        post.id,
        reading_text(post),
        "ad" if post.kind == "ad" else "post",
        post.author,
        tuple(_ties(post, campaign)),
        *label,
        at,
    )


def _ties(post: Post, campaign: str | None) -> Iterator[str]:
    if post.author:
        yield f"author:{post.source_id}:{post.author}"
    if campaign:
        yield f"campaign:{campaign}"
    yield f"text:{post.same_text}"

"""Who may not see yet what the reader and colleagues said of a post: items that two people judge are judged blind."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.decisions import STANDING
from store.errors import Conflict
from store.tables import Decision, Judgement, Post, QueueItem
from triage_api.access.models import Person
from triage_api.queue.models import VERDICTS

VERDICTS_AT_ONCE = frozenset({"quarantine"})
"""Verdicts for which nobody waits for a judgement."""


def needs_judgement(session: Session, person: Person, post_id: str) -> bool:
    """Tell whether a person must judge a post before they are shown scores, criteria, evidence and decisions."""
    return bool(blind_among(session, person, [post_id]))


def blind_among(session: Session, person: Person, posts: Collection[str]) -> set[str]:
    """Return those of some posts that are shown to a person without what the reader and colleagues said.

    Until somebody's second judgement, that is whoever could still give it: everybody but who judged or decided. It is
    so for every copy of the text: what is said of one is said of all.
    """
    return set(blinding(session, person, posts))


def blinding(session: Session, person: Person, posts: Collection[str]) -> dict[str, QueueItem]:
    """Return the items that a person is still to judge, by the posts that say what they say: a post's own first."""
    if not posts:
        return {}
    texts = dict(session.execute(select(Post.id, Post.same_text).where(Post.id.in_(posts))).all())
    items = _double_items(session, posts, set(texts.values()) - {""})
    if not items:
        return {}
    judged = judges_of(session, [item.id for item in items])
    decided = deciders_of(session, [item.id for item in items if item.status == "decided"])
    waits = [
        item
        for item in items
        if person.id not in judged.get(item.id, ())
        and person.id not in decided.get(item.id, ())
        and wants_judgement(item, len(judged.get(item.id, ())))
    ]
    found = {post: item for post, text in texts.items() for item in reversed(waits) if text and item.same_text == text}
    return found | {item.post_id: item for item in waits if item.post_id in texts}


def _double_items(session: Session, posts: Collection[str], texts: Collection[str]) -> list[QueueItem]:
    """Return the double-coded items of posts, and those that carry the same texts."""
    # By the post or the text alone: asked for a status too, SQLite goes through all that has it.
    found = {item.id: item for item in session.scalars(select(QueueItem).where(QueueItem.post_id.in_(posts)))}
    if texts:
        found |= {item.id: item for item in session.scalars(select(QueueItem).where(QueueItem.same_text.in_(texts)))}
    return [found[key] for key in sorted(found) if found[key].double and found[key].status in {"open", "decided"}]


def wants_judgement(item: QueueItem, judged: int) -> bool:
    """Tell whether an item that so many people judged waits for one more: a first reading, or a second one.

    What was decided without a judgement (with its whole campaign, or put in quarantine at once) is read by one person.
    """
    if not item.double:
        return False
    return judged < 2 if item.status == "open" else item.status == "decided" and judged == 1


def judges_of(session: Session, items: Collection[str]) -> dict[str, set[str]]:
    """Return who judged each of some items, by their ids."""
    return _people(session, items, Judgement)


def deciders_of(session: Session, items: Collection[str]) -> dict[str, set[str]]:
    """Return whose decisions on each of some items stand, by their ids."""
    return _people(session, items, Decision)


def differing(session: Session, items: Collection[str]) -> set[str]:
    """Return those of some open, double-coded items on which two readings differ.

    One judged since the decision is graver than it, or two people judged before any and gave two verdicts: whoever
    decides then must know, as the first of them may have seen what the second did not.
    """
    if not items:
        return set()
    judged: dict[str, list[Judgement]] = {}
    for row in session.scalars(select(Judgement).where(Judgement.item_id.in_(items))):
        judged.setdefault(row.item_id, []).append(row)
    if not judged:
        return set()
    made = select(Decision).where(Decision.item_id.in_(judged), STANDING).order_by(Decision.id)
    decided = {row.item_id: row for row in session.scalars(made)}
    return {item for item, own in judged.items() if _differ(own, decided.get(item))}


def _differ(judged: Collection[Judgement], made: Decision | None) -> bool:
    if made is None:
        return len({one.verdict for one in judged}) > 1
    return any(one.at > made.created_at and graver(one.verdict, made.verdict) for one in judged)


def graver(one: str, other: str) -> bool:
    """Tell whether a verdict asks for more than another one: from dismissed to quarantined, as they stand in a form."""
    order: tuple[str, ...] = VERDICTS
    return order.index(one) > order.index(other)


def require_judged(session: Session, person: Person, item: QueueItem, verdict: str) -> None:
    """Raise `Conflict` (`judge_first`) if a person would decide an item that they are still to judge blind.

    Quarantine is never kept waiting.
    """
    if verdict in VERDICTS_AT_ONCE or not item.double:
        return
    judged = judges_of(session, [item.id]).get(item.id, set())
    if person.id not in judged and wants_judgement(item, len(judged)):
        raise Conflict("Two people judge this item: say first what you see in it.", code="judge_first")


def _people(session: Session, items: Collection[str], table: type[Judgement] | type[Decision]) -> dict[str, set[str]]:
    query = select(table.item_id, table.user_id).where(table.item_id.in_(items))
    if table is Decision:
        query = query.where(STANDING)
    people: dict[str, set[str]] = {}
    for item, person in session.execute(query):
        people.setdefault(item, set()).add(person)
    return people

"""A campaign at once: its posts as labels, a claim on all that wait, one decision for all of them.

Only posts that the design lets link are in a campaign. What another person holds, or decided meanwhile, is left out and
told. A quarantine is never for several texts: whoever seals one has read it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from store.errors import BadInput, Conflict, NotFound
from store.links import campaign_of, may_link, members_of
from store.tables import Post, QueueItem
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.agreement.blind import require_judged
from triage_api.desk import Desk
from triage_api.exposure.service import require_going_on
from triage_api.queue.claims import hold, require_free
from triage_api.queue.deciding import (
    Decided,
    check_criteria,
    enter_decision,
    erase_files,
    hold_words,
    new_act,
    record,
)
from triage_api.queue.listing import holder
from triage_api.queue.ordering import ORDER, next_item
from triage_api.queue.working_models import LeftOut, TakenOut, TogetherIn, TogetherOut
from triage_api.shell.recording import recording

MOST = 200
"""Items that are claimed or decided at once."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits of a campaign, in the order of the queue: no more than `MOST` items, and how many more there are."""

    campaign: str
    items: list[str]
    more: int


def claim_campaign(desk: Desk, person: Person, identity: str) -> TakenOut:
    """Hold all open items of the campaign of an item's post that nobody else holds.

    `Conflict` (`exposure_limit`) as for an item alone: `triage_api.queue.claims.claim`.
    """
    require(person, Action.QUEUE_WORK)
    with desk.store.database.writing() as session:
        found = waiting_of(session, _post_of(session, identity))
        items, left_out = _free(desk, session, person, found.items)
        if any(item.lane != "immediate" for item in items):
            require_going_on(session, desk.store.settings, person, desk.store.clock())
        for item in items:
            hold(session, item, person, desk)
        taken = [item.id for item in items]
        return TakenOut(campaign=found.campaign, items=taken, left_out=left_out, more=found.more)


def decide_campaign(desk: Desk, person: Person, identity: str, given: TogetherIn) -> TogetherOut:
    """Decide on all open items of the campaign of an item's post, or on those that are named, in one transaction.

    The item itself must be free, as for a decision on it alone. Each has a decision and an entry of its own; they share
    the name of the act, and are undone together.
    """
    require(person, Action.QUEUE_WORK)
    check_criteria(desk, given.criteria)
    act = new_act()
    with recording(desk.store) as session:
        own = _post_of(session, identity)
        found = waiting_of(session, own)
        named = found.items if given.items is None else list(dict.fromkeys([identity, *given.items]))
        posts = hold_words(session, _posts_of(session, named))
        members = set(session.scalars(members_of(found.campaign).where(Post.id.in_(posts))))
        items, left_out = _free(desk, session, person, [one for one in named if one in found.items], members)
        left_out += _gone(session, set(named) - set(found.items), members)
        _require_own(session, person, desk, identity, items)
        if len(items) == 1:  # a campaign of one is decided as an item is; in others a second reading would tell little
            require_judged(session, person, items[0], given.verdict)
        if given.verdict == "quarantine":
            _require_one_text(posts, items)
            items = [item for item in items if item.id == identity]  # its copies are sealed with it
        done = [record(desk, session, person, item, posts[item.post_id or ""], given, act) for item in items]
        following = _entered(desk, session, person, done)
        told = [each.item.id for each in done]
    erase_files(desk, done)
    shown = {"act": act, "campaign": found.campaign, "verdict": given.verdict, "items": told}
    return TogetherOut.model_validate({**shown, "left_out": left_out, "more": found.more, "next": following})


def waiting_of(session: Session, post: Post) -> Waiting:
    """Return what waits of a post's campaign; `Conflict` (`no_campaign`) if it has none, or may have none."""
    known = campaign_of(session, post.id, post.version)
    if known is None:
        raise Conflict("This post is linked to no other.", code="no_campaign")
    members = QueueItem.post_id.in_(members_of(known.id))
    rows = session.execute(
        select(QueueItem.id, QueueItem.signals).where(members, QueueItem.status == "open").order_by(*ORDER).limit(MOST)
    )
    items = [row.id for row in rows if may_link(row.signals)]
    return Waiting(known.id, items, max(open_among(session, known.id) - MOST, 0))


def open_among(session: Session, campaign: str) -> int:
    """Return how many items of a campaign wait."""
    members = QueueItem.post_id.in_(members_of(campaign))
    return session.scalar(select(func.count()).select_from(QueueItem).where(members, QueueItem.status == "open")) or 0


def _post_of(session: Session, identity: str) -> Post:
    """Return an item's live post; `NotFound` if there is no such item, `Conflict` (`no_campaign`) for a request."""
    item = session.get(QueueItem, identity)
    if item is None:
        raise NotFound("No such item.")
    post = session.scalar(select(Post).where(Post.id == item.post_id, Post.status == "live"))
    if post is None:
        raise Conflict("This post is linked to no other.", code="no_campaign")
    return post


def _posts_of(session: Session, items: Collection[str]) -> list[str]:
    found = select(QueueItem.post_id).where(QueueItem.id.in_(items), QueueItem.post_id.is_not(None))
    return [post for post in session.scalars(found) if post]


def _free(
    desk: Desk, session: Session, person: Person, wanted: Sequence[str], members: Collection[str] | None = None
) -> tuple[list[QueueItem], list[LeftOut]]:
    """Return the items that are open and free for a person, their rows held, and why the others are not.

    With `members`, only items of these posts: what left the campaign meanwhile is not decided with it.
    """
    rows = select(QueueItem).where(QueueItem.id.in_(wanted)).order_by(QueueItem.id).with_for_update()
    anew = rows.execution_options(populate_existing=True)
    by_id = {item.id: item for item in session.scalars(anew)}
    items: list[QueueItem] = []
    left_out: list[LeftOut] = []
    for item in (by_id[one] for one in wanted if one in by_id):
        if members is not None and item.post_id not in members:
            continue
        if item.status != "open":
            left_out.append(LeftOut(item=item.id, why="decided"))
        elif holder(item, desk.store.clock()) not in (None, person.id):
            left_out.append(LeftOut(item=item.id, why="claimed"))
        else:
            items.append(item)
    return items, left_out


def _gone(session: Session, wanted: Collection[str], members: Collection[str]) -> list[LeftOut]:
    """Tell of those items of the campaign that somebody decided before one asked."""
    decided = select(QueueItem.id).where(QueueItem.id.in_(wanted), QueueItem.post_id.in_(members))
    rows = session.scalars(decided.where(QueueItem.status != "open").order_by(QueueItem.id))
    return [LeftOut(item=one, why="decided") for one in rows]


def _require_own(session: Session, person: Person, desk: Desk, identity: str, items: Collection[QueueItem]) -> None:
    if identity not in {item.id for item in items}:
        item = session.get_one(QueueItem, identity)
        require_free(item, person, desk)
        raise Conflict("This item is no longer in the queue.", code="decided")


def _require_one_text(posts: dict[str, Post], items: Collection[QueueItem]) -> None:
    if len({posts[item.post_id or ""].same_text for item in items}) > 1:
        raise BadInput(
            "Each text is sealed by somebody who has read it: seal it from its own page.",
            code="quarantine_together",
            field="verdict",
        )


def _entered(desk: Desk, session: Session, person: Person, done: Sequence[Decided]) -> str | None:
    """Write the entries, last of all that the transaction locks; return what the person is offered next."""
    for each in done:
        enter_decision(desk, session, person, each)
    return next_item(desk, session, person)

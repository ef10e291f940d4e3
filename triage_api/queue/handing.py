"""Handing an item over to a colleague, and transferring it to the desk of another region."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from nlp.cities import regions
from store.errors import BadInput, Conflict, NotFound
from store.register import Event
from store.tables import QueueItem, Skip, User
from triage_api.access.models import Person
from triage_api.access.people import person_of
from triage_api.access.policy import Action, may, require
from triage_api.desk import Desk
from triage_api.duty.alerts import hush, tell_again
from triage_api.queue.claims import HANDED, give_back, lease_end, open_item, pass_over, require_free
from triage_api.queue.listing import describe
from triage_api.queue.models import ItemOut, NextOut
from triage_api.queue.ordering import next_item
from triage_api.queue.working_models import HandIn, OthersOut, TransferIn
from triage_api.shell.recording import enter, recording


def others(desk: Desk, person: Person, identity: str) -> OthersOut:
    """Return to whom and where an item may go; `NotFound` if there is none."""
    require(person, Action.QUEUE_WORK)
    with desk.store.database.reading() as session:
        if session.get(QueueItem, identity) is None:
            raise NotFound("No such item.")
        people = sorted(each.pseudonym for each in _colleagues(desk, session, person))
    return OthersOut(colleagues=people, desks=list(regions()))


def hand_over(desk: Desk, person: Person, identity: str, given: HandIn) -> ItemOut:
    """Pass the claim on an item to a colleague, who is told of it; one that nobody holds is handed over too.

    `Conflict` (`unknown_colleague`) for anybody who may not work at the queue now. That they passed it over once does
    not count: somebody now asks them by name.
    """
    require(person, Action.QUEUE_WORK)
    with recording(desk.store) as session:
        item = open_item(session, identity)
        require_free(item, person, desk)
        to = next((each for each in _colleagues(desk, session, person) if each.pseudonym == given.to), None)
        if to is None:
            raise Conflict("Nobody who is at the queue now has this name.", code="unknown_colleague", field="to")
        now = desk.store.clock()
        item.claimed_by, item.claimed_until, item.handed_to = to.id, lease_end(desk), to.id
        session.execute(delete(Skip).where(Skip.item_id == item.id, Skip.user_id == to.id))
        hush(session, HANDED, [item.id], now)  # whoever had it before is told no more
        tell_again(session, HANDED, to.id, item.id, now)
        enter(session, desk.store, person, Event.ITEM_HANDED, {"item": item.id, "to": to.pseudonym})
        return describe(desk, session, [item], person)[0]


def refuse(desk: Desk, person: Person, identity: str) -> NextOut:
    """Give back what one was handed: it waits at its place for anybody else; `Conflict` (`not_handed`) if one was not.

    Nobody notes who had it before, so it goes to the queue and not to them.
    """
    require(person, Action.QUEUE_WORK)
    with recording(desk.store) as session:
        item = open_item(session, identity)
        if item.handed_to != person.id:
            raise Conflict("This item was not handed to you.", code="not_handed")
        require_free(item, person, desk)
        give_back(session, item, person, desk)
        pass_over(session, item, person, desk)
        enter(session, desk.store, person, Event.ITEM_HANDED, {"item": item.id, "refused": True})
        return NextOut(next=next_item(desk, session, person))


def transfer(desk: Desk, person: Person, identity: str, given: TransferIn) -> ItemOut:
    """Have the desk of another region read an item, which nobody holds then; its own region stays what it is.

    `BadInput` (`unknown_desk`) for what is no region.
    """
    require(person, Action.QUEUE_WORK)
    if given.desk and given.desk not in regions():
        raise BadInput("This is no administrative region.", code="unknown_desk", field="desk")
    with recording(desk.store) as session:
        item = open_item(session, identity)
        require_free(item, person, desk)
        public = {"item": item.id, "from": item.desk, "to": given.desk}
        item.desk = given.desk
        item.claimed_by = item.claimed_until = item.handed_to = None
        hush(session, HANDED, [item.id], desk.store.clock())
        enter(session, desk.store, person, Event.ITEM_TRANSFERRED, public)
        return describe(desk, session, [item], person)[0]


def _colleagues(desk: Desk, session: Session, person: Person) -> Iterator[Person]:
    """Yield everybody else who may work at the queue today: active, trained, and of a role that does."""
    users = session.scalars(select(User).where(User.active, User.id != person.id).order_by(User.pseudonym)).all()
    for user in users:
        found = person_of(desk.store, session, user)
        if may(found, Action.QUEUE_WORK):
            yield found

"""Drawing look-ups for review: read, weighed, drawn; then reviews and the entry that says so are one transaction."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.errors import BadInput
from store.locks import hold
from store.register import Event
from store.store import Store
from store.tables import Review
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.oversight.gathering import searches_of
from triage_api.oversight.house import house_of
from triage_api.oversight.looks import Look, Period
from triage_api.oversight.openings import openings_of
from triage_api.oversight.ranking import Drawn, draw, scored
from triage_api.oversight.review_models import DrawIn, DrawOut
from triage_api.oversight.who import reviewed_by
from triage_api.shell.recording import enter, recording

_DRAWING = "reviews"
"""Held while reviews are written: nothing is drawn twice."""


def draw_reviews(store: Store, person: Person, given: DrawIn) -> DrawOut:
    """Draw look-ups of a period that deserve a look and some by chance; those drawn before stay out.

    Reasons are weighed over the whole house; drawn are only look-ups that the person may review. Raises `BadInput`,
    `RegisterUnavailable`.
    """
    require(person, Action.REVIEW_WORK)
    if given.since >= given.until:
        raise BadInput("The period ends before it begins.", code="dates_reversed", field="until")
    period, seed = Period(given.since, given.until), secrets.token_hex(16)
    with store.database.reading() as session:
        house = house_of(store, session)
        searches = searches_of(store, session, house, period)
        openings = openings_of(session, house, period)
        mine = _left(session, person, (*searches, *openings))
    scores = scored((*searches, *openings))
    with recording(store) as session:
        hold(session, [_DRAWING])
        drawn = draw(_left(session, person, mine), scores, given.size, seed)
        samples = Counter(one.sample for one in drawn)
        public = {
            "since": given.since.isoformat(),
            "until": given.until.isoformat(),
            "searches": len(searches),
            "openings": len(openings),
            "targeted": samples["targeted"],
            "random": samples["random"],
            "seed": seed,
        }
        session.add_all(_reviews(store, person, drawn))
        enter(session, store, person, Event.REVIEW_DRAWN, public)
    return DrawOut(**public, well_known=house.well_known is not None)


def _left(session: Session, person: Person, looks: Iterable[Look]) -> list[Look]:
    """Return what the person may review and nobody drew; openings come again once there is a newer one."""
    mine = reviewed_by(session, person)
    drawn = session.execute(select(Review.search_id, Review.entry)).all()
    before: Collection[str | int | None] = {one for row in drawn for one in row}
    return [look for look in looks if look.user in mine and (look.search or look.entry) not in before]


def _reviews(store: Store, person: Person, drawn: Sequence[Drawn]) -> list[Review]:
    """Return the rows of what was drawn; their ids keep its order."""
    together, now = secrets.token_hex(8), store.clock()
    return [
        Review(
            id=f"v-{together}-{place:03}",
            search_id=one.look.search,
            entry=one.look.entry,
            sample=one.sample,
            reasons=list(_written(one.look)),
            drawn_at=now,
            drawn_by=person.id,
        )
        for place, one in enumerate(drawn, 1)
    ]


def _written(look: Look) -> Iterable[str]:
    """Yield the reasons as they are kept: their names, a repeated look-up with how often. No name of anybody."""
    for reason in look.reasons:
        yield f"{reason}:{look.times}" if reason == "repeated" else reason

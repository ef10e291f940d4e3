"""The checklist for a post that is to be passed on when nobody knows who the person is: whom to reach, with what.

It names no number that may change: those come from the house's own directory of organisations.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import select
from sqlalchemy.orm import Session

from nlp.cities import canonical_city, region_of
from nlp.fold import fold
from store.errors import NotFound
from store.notes import NoteBody, notes_of
from store.tables import Organisation, Post
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.agreement.blind import needs_judgement
from triage_api.desk import Desk
from triage_api.directory.finding import serving
from triage_api.directory.kinds import Kind
from triage_api.directory.opening import open_now
from triage_api.posts.around_models import NoteOut, TickedIn
from triage_api.posts.models import What
from triage_api.posts.noting import MOST_NOTES, keep_note
from triage_api.posts.revealing import identifiers_of, masked_address

PoliceKind = Literal["city", "whole", "municipal", "provincial", "own", "outside", "unknown"]
STEPS = ("danger", "police", "platform", "address", "suicide", "dpj", "facts", "report")
"""What there is to do, in this order; each is ticked once it is done or does not apply."""
_Short = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]


class Contact(BaseModel):
    """Whom all of Québec reaches: never a link."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: _Short
    phone: _Short = ""
    note: _Short = ""


class HouseContact(BaseModel):
    """Whom the house's directory names: never a link."""

    name: str
    phone: str
    hours: str
    note: str
    """What it offers, as the directory says it."""
    open_now: bool | None


class Place(BaseModel):
    """Who polices a region."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    police: PoliceKind
    name: str = ""


class Known(BaseModel):
    """What holds for all of Québec: the data file beside this module."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    danger: dict[str, str]
    suicide: dict[str, str]
    provincial: Contact
    cities: dict[str, str]
    regions: dict[str, Place]
    platforms: dict[str, str]


class PoliceOut(BaseModel):
    """Which police is to be reached: the kind says how sure that is."""

    kind: PoliceKind
    name: str
    """Of the force; empty where nothing says which."""
    provincial: Contact


class ChecklistOut(BaseModel):
    """Whom to reach for a post whose person nobody knows, and what was done."""

    post: str
    city: str
    region: str
    danger: str
    """Number to call if somebody is in danger now."""
    suicide: str
    police: PoliceOut
    police_house: list[HouseContact]
    """Whom the house's directory names for the region."""
    platform: str
    """Empty for a source that is no platform."""
    owner: str
    """Who runs the platform, empty if that is not known."""
    source: str
    address: str
    """Masked: `POST /api/posts/{id}/reveal` tells it."""
    revealable: list[What]
    dpj: list[HouseContact]
    directory: bool
    """Whether the house's directory names anybody at all."""
    ticked: list[str]


def checklist(desk: Desk, person: Person, identity: str) -> ChecklistOut:
    """Return whom to reach for a post; `NotFound` for one that is erased or sealed away."""
    require(person, Action.POST_READ)
    with desk.store.database.reading() as session:
        post = session.scalar(select(Post).where(Post.id == identity, Post.status == "live"))
        if post is None:
            raise NotFound("No such post.")
        return _checklist(session, desk, person, post)


def tick(desk: Desk, person: Person, identity: str, given: TickedIn) -> NoteOut:
    """Keep what is done by now, as a note beside the post."""
    require(person, Action.QUEUE_WORK)
    ticked = [step for step in STEPS if step in given.ticked]
    return keep_note(desk, person, identity, NoteBody(text=given.words, ticked=ticked))


@cache
def known() -> Known:
    """Return what holds for all of Québec."""
    text = files("triage_api").joinpath("posts", "unknown.yaml").read_text(encoding="utf-8")
    return Known.model_validate(yaml.safe_load(text))


def _checklist(session: Session, desk: Desk, person: Person, post: Post) -> ChecklistOut:
    facts, region = known(), _apparent(post.city, post.region)
    platform = _platform(post)
    addresses = identifiers_of(session, post)
    return ChecklistOut(
        post=post.id,
        city=post.city,
        region=post.region,
        danger=facts.danger["phone"],
        suicide=facts.suicide["phone"],
        police=police_of(post.city, post.region),
        police_house=_house(session, desk, region, "police"),
        platform=platform,
        owner=_owner(platform),
        source=post.source_id,
        address=next(map(masked_address, addresses["address"]), ""),
        revealable=[what for what, values in addresses.items() if values],
        dpj=_house(session, desk, region, "dpj"),
        directory=bool(session.scalar(select(Organisation.id).where(Organisation.ended_at.is_(None)).limit(1))),
        ticked=_ticked(session, desk, person, post.id),
    )


def police_of(city: str, region: str) -> PoliceOut:
    """Return which police a city, in any spelling, or a region has, as far as the data file knows."""
    facts, city, region = known(), canonical_city(city) or city, _apparent(city, region)
    place = facts.regions.get(region) or Place(police="unknown")
    named = facts.cities.get(city)
    if named and place.police != "whole":
        place = Place(police="city", name=named)
    return PoliceOut(kind=place.police, name=place.name, provincial=facts.provincial)


def _house(session: Session, desk: Desk, region: str, kind: Kind) -> list[HouseContact]:
    """Return whom the directory names for a region; for one that nobody knows, who serves all of Québec."""
    now = desk.store.clock()
    return [
        HouseContact(
            name=row.name, phone=row.phone, hours=row.hours, note=row.services, open_now=open_now(row.hours, now)
        )
        for row in serving(session, [region], kind)
    ]


def _apparent(city: str, region: str) -> str:
    """Return the region of a city; the given one, which a source may give to all its posts, where that is not known."""
    return region_of(canonical_city(city) or city) or region


def _platform(post: Post) -> str:
    said = str(post.provenance.get("platform", "")) if post.origin == "paste" else ""
    return next((name for name in known().platforms if _same(name, said)), said)


def _owner(platform: str) -> str:
    return known().platforms.get(platform, "")


def _same(one: str, two: str) -> bool:
    return fold(one).text.strip() == fold(two).text.strip()


def _ticked(session: Session, desk: Desk, person: Person, identity: str) -> list[str]:
    """Return what the newest note of this kind says is done; one's own for whoever is to judge the post blind."""
    blind = needs_judgement(session, person, identity)
    found = notes_of(session, desk.store, identity, MOST_NOTES)
    told = (body.ticked for row, body in found if row.user_id == person.id or not blind)
    return next((ticked for ticked in told if ticked is not None), [])

"""Who wrote a post and where it stands: masked until a person says why they must see it, which is an entry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.errors import Conflict, NotFound
from store.register import Event
from store.tables import Capture, Post
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.desk import Desk
from triage_api.posts.models import RevealIn, RevealOut, What
from triage_api.shell.inert import inert
from triage_api.shell.recording import enter, recording

_HIDDEN = "…"
_WHERE = "where"
"""What a pasted text's provenance calls the place where it was seen; further sightings add their number."""


def reveal(desk: Desk, person: Person, identity: str, given: RevealIn) -> RevealOut:
    """Return what was masked, defanged, once the register has who saw it; why stands there sealed.

    Raises `NotFound` for a post that is erased or sealed away, `Conflict` (`nothing_to_reveal`) if it has none.
    """
    require(person, Action.IDENTIFIER_REVEAL)
    with recording(desk.store) as session:
        post = session.scalar(select(Post).where(Post.id == identity, Post.status == "live"))
        if post is None:
            raise NotFound("No such post.")
        values = identifiers_of(session, post)[given.what]
        if not values:
            raise Conflict("This post has none.", code="nothing_to_reveal", field="what")
        public = {"post": post.id, "version": post.version, "what": given.what}
        why = desk.store.keys.sealed(given.why, f"reveal:{post.id}")
        enter(session, desk.store, person, Event.IDENTIFIER_REVEALED, public, why)
    return RevealOut(post=identity, what=given.what, value="\n".join(map(inert, values)))


def identifiers_of(session: Session, post: Post) -> dict[What, list[str]]:
    """Return what can be revealed of a post, each value once."""
    captured = session.scalars(select(Capture.url).where(Capture.post_id == post.id).order_by(Capture.id.desc()))
    places = (value for name, value in post.provenance.items() if _is_place(name))
    return {"address": _told(chain([post.url], captured, places)), "author": _told([post.author])}


def masked_address(address: str) -> str:
    """Return how an address begins, and nothing that leads there or names anybody: ``hxxps://f…``."""
    try:
        parts = urlsplit(address)
    except ValueError:  # what a source calls an address may be anything
        return masked(address)
    scheme = f"{parts.scheme}://" if parts.scheme and parts.netloc else ""
    return inert(scheme + masked(parts.netloc or address)) if scheme else masked(address)


def masked(name: str) -> str:
    """Return the first letter of a name."""
    return inert(name[:1]) + _HIDDEN if name else ""


def masked_provenance(provenance: Mapping[str, str]) -> dict[str, str]:
    """Return how a pasted text came in, without where it was seen."""
    return {name: masked(value) if _is_place(name) else value for name, value in provenance.items()}


def _is_place(name: str) -> bool:
    return name.partition(" ")[0] == _WHERE


def _told(values: Iterable[str]) -> list[str]:
    return [value for value in dict.fromkeys(values) if value]

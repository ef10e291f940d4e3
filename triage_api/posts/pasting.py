"""Taking in a public text that a person pastes or transcribes."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from crawlers.sources.register import source_name
from nlp.clean import clean
from nlp.fold import fold
from store.door import enter_sealed, hold_caught
from store.errors import BadInput, NotFound
from store.intake import Intake, keep_post
from store.locks import INTAKE, hold
from store.quarantine import is_given_back
from store.records import PostIn
from store.register import Event
from store.tables import Post, Source
from triage_api.access.models import Person
from triage_api.access.policy import Action, Reach, reach, require
from triage_api.desk import Desk
from triage_api.posts.models import PasteIn, PasteOut
from triage_api.requests.sealing import require_looked_for
from triage_api.shell.recording import enter, recording

PASTE = "paste-"
"""Sources of pasted texts begin so, one for each platform."""
_CLOCKS_DIFFER = timedelta(minutes=10)


def paste(desk: Desk, person: Person, given: PasteIn) -> PasteOut:
    """Take in a public text that a person saw; the same text of the same platform is one post.

    Post and entry are one transaction: none is there without the other.
    """
    require(person, Action.POST_PASTE)
    _check_paste(desk, given)
    post = _as_post(person, given)
    platform = " ".join(given.platform.split())
    source = PASTE + _slug(platform)
    with recording(desk.store) as session:
        hold(session, [INTAKE, source_name(source)])
        if given.request:
            _require_readable(session, person, given.request)
        _declare(session, desk, source, platform)
        identity, intake = _keep(session, desk, source, post)
        enter_sealed(session, desk.store)
        public = {"post": identity, "source": source, "request": given.request}
        enter(session, desk.store, person, Event.POST_PASTED, public)
    return PasteOut(id=identity, intake=intake, source=source)


def _check_paste(desk: Desk, given: PasteIn) -> None:
    most = desk.store.settings.max_text
    if len(given.text) > most:
        raise BadInput(f"At most {most} characters are kept of a post.", code="text_too_long", field="text")
    if given.seen_at > desk.store.clock() + _CLOCKS_DIFFER:
        raise BadInput("It was not seen in the future.", code="in_future", field="seen_at")
    if not _slug(given.platform):
        raise BadInput("Name the platform in letters.", code="no_letters", field="platform")


def _require_readable(session: Session, person: Person, request: str) -> None:
    """Raise `NotFound` for a request that the person may not read, the same as for one that is not there."""
    if reach(person, Action.REQUEST_READ) is not Reach.ANY:
        raise NotFound("No such request.")
    require_looked_for(session, request)


def _as_post(person: Person, given: PasteIn) -> PostIn:
    provenance = {
        "platform": clean(given.platform),
        "where": given.where,
        "seen_at": given.seen_at.isoformat(),
        "seen_by": given.seen_by or person.pseudonym,
        "pasted_by": person.pseudonym,
    }
    if given.request:
        provenance["request"] = given.request
    # A random key: one made of the text would stand in the register, where a short text could be found out from it.
    return PostIn(text=given.text, external_id=secrets.token_hex(16), kind=given.kind, provenance=provenance)


def _keep(session: Session, desk: Desk, source: str, post: PostIn) -> tuple[str, Intake]:
    """Keep a pasted text, or one more sighting of it; `INTAKE` is held, so nobody else keeps the same one now.

    What the quarantine lexicon catches is no sighting: it is sealed, with the post that says the same, unless the
    quarantine officer gave that one back.
    """
    caught = hold_caught(session, desk.store, source, [(post, None)])
    known = _known(session, source, post.digest)
    if known is None or (caught and not is_given_back(session, desk.store, known)):
        return keep_post(session, desk.store, source, "paste", post, None)
    known.provenance = _seen_again(known.provenance, post.provenance)
    return known.id, "same"


def _known(session: Session, source: str, digest: str) -> Post | None:
    """Return the live post that a pasted text is already kept as."""
    query = select(Post).where(Post.source_id == source, Post.digest == digest, Post.status == "live")
    return session.scalar(query.order_by(Post.seq).limit(1).with_for_update())


def _seen_again(before: dict[str, str], seen: dict[str, str]) -> dict[str, str]:
    """Return where a text was seen with one more sighting, whose names end in its number."""
    number = sum(name.partition(" ")[0] == "where" for name in before) + 1
    return before | {f"{name} {number}": value for name, value in seen.items()}


def _slug(platform: str) -> str:
    """Return what tells a platform's source from others; empty for a name without a letter or digit."""
    folded = fold(platform).text
    plain = re.sub(r"[^a-z0-9]+", "-", folded).strip("-")[:40]
    if all(letter.isascii() for letter in folded if letter.isalnum()):
        return plain
    # A name in another script has few of these letters or none: its digest tells it from the rest.
    return f"{plain[:27]}-{hashlib.sha256(' '.join(folded.split()).encode()).hexdigest()[:12]}".strip("-")


def _declare(session: Session, desk: Desk, source: str, platform: str) -> None:
    """Declare the source of a platform's pasted texts; it holds no address and nothing is ever collected from it."""
    if session.get(Source, source) is None:
        digest = hashlib.sha256(source.encode()).hexdigest()
        row = Source(id=source, title=clean(platform), kind="paste", declaration={}, digest=digest)
        row.created_at = desk.store.clock()
        session.add(row)

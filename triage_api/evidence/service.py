"""Opening the evidence of a post, and making its fact sheet: each an entry in the register before it is shown."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.errors import Conflict, DatabaseUnavailable, NotFound, RegisterUnavailable
from store.evidence.verifying import CheckedPost, check_post
from store.posts import current_assessments
from store.register import Event, canonical
from store.register.sequencing import sequence
from store.store import Store
from store.tables import Approval, Post, Source
from triage_api.access.models import Person
from triage_api.access.policy import Action, Reach, may, reach, require
from triage_api.agreement.blind import needs_judgement
from triage_api.evidence.facts import criteria_met, entities_found
from triage_api.evidence.models import ApprovalFact, CaptureFact, Evidence, Sheet
from triage_api.posts.revealing import masked, masked_address, masked_provenance
from triage_api.shell.inert import inert
from triage_api.shell.recording import enter, recording

log = logging.getLogger(__name__)


def open_evidence(store: Store, person: Person, identity: str) -> Evidence:
    """Verify what is kept of a post and tell it; `NotFound` for one that is erased or sealed away.

    Its address is told as in a sheet.
    """
    require(person, Action.POST_READ)
    checked = _verified(store, identity)
    tells = may(person, Action.IDENTIFIER_REVEAL)
    with store.database.reading() as session:
        post = _live(session, identity)
        found = Evidence.model_validate(_evidence(session, store, post, checked, tells=tells))
    with recording(store) as session:
        _enter(session, store, person, found, {"told": ["address"] if tells else []})
    return found


def make_sheet(store: Store, person: Person, identity: str) -> Sheet:
    """Make a fact sheet of a post as it stands verified now; `NotFound` for one that is erased or sealed away.

    Address and author are told to whoever may reveal them, and the entry says so; else they are masked.
    """
    require(person, Action.POST_READ)
    tells = may(person, Action.IDENTIFIER_REVEAL)
    made = unentered_sheet(store, person, identity, tells=tells)
    with recording(store) as session:
        enter_sheet(session, store, person, made, tells=tells)
    return made


def unentered_sheet(store: Store, person: Person, identity: str, *, tells: bool) -> Sheet:
    """Make a fact sheet that nobody may see before `enter_sheet`; the caller knows that the person may have it.

    `tells`: whether with address and author.
    """
    checked = _verified(store, identity)
    with store.database.reading() as session:
        post = _live(session, identity)
        facts = _evidence(session, store, post, checked, tells=tells)
        made = Sheet.model_validate(facts | _sheet(session, store, person, post, tells=tells))
    made.digest = digest_of(made)
    return made


def enter_sheet(session: Session, store: Store, person: Person, made: Sheet, *, tells: bool) -> None:
    """Enter that a person sees a fact sheet, in the caller's transaction.

    `NotFound` if its post is gone by now, `Conflict` (``edited``) if it was edited.
    """
    told = ["address", "author"] if tells else []
    _enter(session, store, person, made, {"sheet": made.number, "digest": made.digest, "told": told})


def digest_of(sheet: Sheet) -> str:
    """Return the SHA-256 of a sheet's facts, as canonical JSON without the digest itself."""
    return hashlib.sha256(canonical(sheet.model_dump(mode="json", exclude={"digest"})).encode()).hexdigest()


def _verified(store: Store, identity: str) -> CheckedPost:
    """Verify a post's evidence, what was kept a moment ago too: so what waits is signed first.

    One that may not be seen is looked for no longer than one that never was: its time tells nothing either.
    """
    with store.database.reading() as session:
        _live(session, identity)
    try:
        sequence(store)
    except (RegisterUnavailable, DatabaseUnavailable) as error:
        log.warning("Nothing is signed: %s", error.message)
    return check_post(store, identity)


def _live(session: Session, identity: str) -> Post:
    post = session.scalar(select(Post).where(Post.id == identity, Post.status == "live"))
    if post is None:
        raise NotFound("No such post.")
    return post


def _enter(session: Session, store: Store, person: Person, found: Evidence, more: Mapping[str, Any]) -> None:
    post = _live(session, found.post)
    if post.version != found.version:
        raise Conflict("The post was edited this very moment: ask again.", code="edited")
    said = {"post": post.id, "version": post.version, "stands": found.stands, **more}
    enter(session, store, person, Event.EVIDENCE_OPENED, said)


def _evidence(session: Session, store: Store, post: Post, checked: CheckedPost, *, tells: bool) -> dict[str, Any]:
    source = session.get(Source, post.source_id)
    shown = inert if tells else masked_address
    return {
        "post": post.id,
        "version": post.version,
        "kind": post.kind,
        "origin": post.origin,
        "source": post.source_id,
        "source_title": inert(source.title) if source else post.source_id,
        "posted_at": post.posted_at,
        "ingested_at": post.ingested_at,
        "seen_at": post.seen_at,
        "gone_at": post.gone_at,
        "checked_at": store.clock(),
        "captures": [CaptureFact.of(each, shown(each.url)) for each in checked.captures],
        "missing": checked.missing,
    }


def _sheet(session: Session, store: Store, person: Person, post: Post, *, tells: bool) -> dict[str, Any]:
    current = current_assessments(session, [post.id]).get(post.id)
    blind = needs_judgement(session, person, post.id)
    where = post.provenance if tells else masked_provenance(post.provenance)
    if reach(person, Action.REQUEST_READ) is not Reach.ANY:  # for which request it was pasted is not theirs to know
        where = {name: value for name, value in where.items() if name.partition(" ")[0] != "request"}
    return {
        "number": secrets.token_hex(16),
        "house": store.settings.house_name.strip() or person.organisation,
        "made_by": person.pseudonym,
        "title": inert(post.title),
        "text": inert(post.text),
        "address": inert(post.url) if tells else masked_address(post.url),
        "author": inert(post.author) if tells else masked(post.author),
        "city": inert(post.city),
        "region": inert(post.region),
        "provenance": {name: inert(value) for name, value in where.items()},
        "approval": _approval(session, post),
        "grid": current.grid if current else "",
        "blind": blind,
        "criteria": criteria_met(current.body) if current and not blind else [],
        "entities": entities_found(current.body) if current else [],
    }


def _approval(session: Session, post: Post) -> ApprovalFact | None:
    """Return the leave in force when the post was taken in; None for what is not collected."""
    in_force = (Approval.granted_at <= post.ingested_at, Approval.expires_at > post.ingested_at)
    query = select(Approval).where(Approval.source_id == post.source_id, *in_force).order_by(Approval.granted_at.desc())
    for row in session.scalars(query):
        if row.suspended_at is None or row.suspended_at > post.ingested_at:
            return ApprovalFact.model_validate(row, from_attributes=True)
    return None

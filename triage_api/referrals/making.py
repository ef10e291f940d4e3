"""Making a referral at the desk, for a request or for a post that was decided to be referred."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.decisions import newest_verdict
from store.errors import BadInput, Conflict, NotFound
from store.register import Event
from store.store import Store
from store.tables import Post, Referral, Request, Subject
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.directory.finding import organisation_named
from triage_api.referrals.approving import approve_in
from triage_api.referrals.checking import Content, cleared
from triage_api.referrals.held import said_of
from triage_api.referrals.models import ReferralIn, ReferralLine
from triage_api.referrals.sealing import Told, sealed
from triage_api.referrals.sending import send_in
from triage_api.referrals.showing import line
from triage_api.shell.recording import after_key_change, enter, recording


@dataclass(frozen=True, slots=True)
class About:
    """What a referral is about."""

    request: str | None
    post: str | None
    subject: str | None


def make(store: Store, person: Person, given: ReferralIn) -> ReferralLine:
    """Make a referral, a draft or, with `send`, approved and sent in the same transaction.

    `BadInput` and `Conflict` as `checking.cleared` tells them, for a request or post that it cannot be about
    (``request_or_post``, ``unknown_request``, ``unknown_post``, ``not_referred``), `request_closed`; `NotAllowed`
    (``second_person``) where one person may not send it.
    """
    require(person, Action.REFERRAL_MAKE)
    return after_key_change(lambda: _make(store, person, given))


def _make(store: Store, person: Person, given: ReferralIn) -> ReferralLine:
    with recording(store) as session:
        if given.send:
            store.keys.hold_hashing(session)
        row = _draft(session, store, person, given)
        if given.send:
            approve_in(session, store, person, row)
            send_in(session, store, person, row)
        return line(session, row, store.clock(), desk=True)


def about(session: Session, given: ReferralIn) -> About:
    """Return what a referral is about, its request held: it is not erased meanwhile, and no consent is taken back."""
    if bool(given.request) == bool(given.post):
        raise BadInput("A referral is about one request or one post.", code="request_or_post", field="request")
    return _about_request(session, given.request) if given.request else _about_post(session, given.post)


def _about_request(session: Session, identity: str) -> About:
    query = select(Request).join(Subject, Subject.id == Request.subject_id)
    kept = query.where(Request.id == identity, Subject.erased_at.is_(None))
    row = session.scalar(kept.with_for_update(of=Request))
    if row is None:
        raise BadInput("No request has this number.", code="unknown_request", field="request")
    if row.closed_at is not None:
        raise Conflict("This case is closed.", code="request_closed")
    return About(row.id, None, row.subject_id)


def _about_post(session: Session, identity: str) -> About:
    row = session.scalar(select(Post).where(Post.id == identity, Post.status == "live").with_for_update(read=True))
    if row is None:
        raise BadInput("No post has this number.", code="unknown_post", field="post")
    if newest_verdict(session, identity) != "refer":
        raise BadInput("Decide first that this post is referred.", code="not_referred", field="post")
    return About(None, row.id, None)


def _draft(session: Session, store: Store, person: Person, given: ReferralIn) -> Referral:
    of = about(session, given)
    content = Content(given.ground, given.facts, given.stage, given.told, _posts(session, given))
    clear = cleared(session, store, given.pivot, of.subject, content)
    row = Referral(
        id=f"f-{secrets.token_hex(10)}",
        request_id=of.request,
        post_id=of.post,
        subject_id=of.subject,
        organisation_id=clear.organisation.id,
        pivot_id=clear.pivot.id,
        lead_id=_lead(session, given.lead),
        ground=clear.ground.code,
        consent_id=clear.consent.id if clear.consent else None,
        stage=given.stage,
        fields=content.fields,
        posts=list(content.posts),
        created_by=person.id,
        created_at=store.clock(),
    )
    row.sealed = sealed(store, row, Told(told=given.told, facts=given.facts).model_dump_json(), "told")
    row.state, row.alone = "draft", False
    session.add(row)
    session.flush()
    enter(session, store, person, Event.REFERRAL_MADE, said_of(row))
    return row


def _posts(session: Session, given: ReferralIn) -> list[str]:
    """Return the posts whose sheets go with it, each once, all there."""
    wanted = list(dict.fromkeys(identity for identity in given.posts if identity))
    there = set(session.scalars(select(Post.id).where(Post.id.in_(wanted), Post.status == "live")))
    if missing := [identity for identity in wanted if identity not in there]:
        raise BadInput(f"No post has this number: {missing[0][:40]}.", code="unknown_post", field="posts")
    return wanted


def _lead(session: Session, identity: str) -> str | None:
    if not identity:
        return None
    try:
        return organisation_named(session, identity).id
    except NotFound:
        raise BadInput("No organisation has this number.", code="unknown_organisation", field="lead") from None

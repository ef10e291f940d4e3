"""Reading a post: its label is open to whoever reads posts, its text is an entry in the register before it is shown."""

from __future__ import annotations

from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from nlp.types import Signal, Urgency
from store.errors import NotFound
from store.notes import tags_of
from store.posts import current_assessments, reading_text
from store.register import Event
from store.tables import AssessmentRow, Capture, Post, QueueItem, Source
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.agreement.blind import needs_judgement
from triage_api.desk import Desk
from triage_api.exposure.ticking import read as count_reading
from triage_api.posts.around_models import LabelOut, SourceOut
from triage_api.posts.blinding import blinded, is_double
from triage_api.posts.campaigns import campaign_shown, similar_shown
from triage_api.posts.history import history_of
from triage_api.posts.models import CaptureOut, CounterOut, CriterionOut, PostOut
from triage_api.posts.noting import notes_shown
from triage_api.posts.revealing import identifiers_of, masked, masked_address, masked_provenance
from triage_api.queue.listing import copies_of
from triage_api.searches.highlighting import found_words
from triage_api.shell.recording import enter, recording
from triage_api.standing.unseen import mark_seen


def label_of(desk: Desk, person: Person, identity: str) -> LabelOut:
    """Return what is told of a post before it is opened; `NotFound` for one that is erased or sealed away."""
    require(person, Action.POST_READ)
    with desk.store.database.reading() as session:
        return _label(session, desk, _live(session, identity))


def open_post(desk: Desk, person: Person, identity: str, search: str = "") -> PostOut:
    """Return a post, once the register has the entry; `NotFound` for one that is erased or sealed away.

    With one of the person's own searches, the words that it was found by are told.
    """
    require(person, Action.POST_READ)
    with recording(desk.store) as session:
        read = _opened(session, desk, person, _live(session, identity), search)
    count_reading(desk, person)
    return read


def _opened(session: Session, desk: Desk, person: Person, post: Post, search: str) -> PostOut:
    mark_seen(session, person, post.id, desk.store.clock())
    read = _read(session, desk, person, post)
    read.found = found_words(desk, session, person, search, post.id, read.text) if search else []
    blind = needs_judgement(session, person, post.id)
    # Last: while an entry is being written, the sequencer waits. Nothing is shown unless it commits.
    enter(session, desk.store, person, Event.POST_OPENED, {"post": post.id, "version": post.version})
    return blinded(read) if blind else read


def _live(session: Session, identity: str) -> Post:
    post = session.scalar(select(Post).where(Post.id == identity, Post.status == "live"))
    if post is None:
        raise NotFound("No such post.")
    return post


def _label(session: Session, desk: Desk, post: Post) -> LabelOut:
    current = current_assessments(session, [post.id]).get(post.id)
    return LabelOut(
        id=post.id,
        kind=post.kind,
        source=_source(session, post),
        urgency=cast("Urgency", current.urgency) if current else None,
        signals=cast("list[Signal]", current.flagged) if current else [],
        posted_at=post.posted_at,
        ingested_at=post.ingested_at,
        age_s=_age(desk, post),
        length=len(reading_text(post)),
        lang=current.lang if current else None,
        region=post.region,
        copies=_copies(session, post),
        item=_open_item(session, post),
    )


def _read(session: Session, desk: Desk, person: Person, post: Post) -> PostOut:
    current = current_assessments(session, [post.id]).get(post.id)
    text = reading_text(post)
    return PostOut(
        id=post.id,
        kind=post.kind,
        title=post.title,
        text=text,
        author=masked(post.author),
        city=post.city,
        region=post.region,
        url=masked_address(post.url),
        source=_source(session, post),
        posted_at=post.posted_at,
        ingested_at=post.ingested_at,
        age_s=_age(desk, post),
        version=post.version,
        origin=post.origin,
        provenance=masked_provenance(post.provenance),
        assessment=current.body if current else None,
        criteria=_criteria(desk, current),
        counters=_counters(desk, current),
        capture=_capture(session, post),
        campaign=campaign_shown(session, post, current),
        copies=_copies(session, post),
        item=_open_item(session, post),
        expires_at=post.expires_at,
        revealable=[what for what, values in identifiers_of(session, post).items() if values],
        double=is_double(session, post),
        length=len(text),
        lang=current.lang if current else None,
        similar=similar_shown(session, post, current),
        history=history_of(session, desk.store, person, post),
        notes=notes_shown(session, desk.store, person, post.id),
        tags=tags_of(session, post.id),
    )


def _source(session: Session, post: Post) -> SourceOut:
    source = session.get(Source, post.source_id)
    return SourceOut(id=post.source_id, title=source.title if source else post.source_id)


def _age(desk: Desk, post: Post) -> int:
    since = post.posted_at or post.ingested_at
    return max(int((desk.store.clock() - since).total_seconds()), 0)


def _copies(session: Session, post: Post) -> int:
    return copies_of(session, [post.same_text]).get(post.same_text, 1)


def _open_item(session: Session, post: Post) -> str | None:
    return session.scalar(select(QueueItem.id).where(QueueItem.post_id == post.id, QueueItem.status == "open"))


def _criteria(desk: Desk, row: AssessmentRow | None) -> list[CriterionOut]:
    met = set(row.criteria) if row else set()
    if row:
        met |= {span["criterion"] for signal in row.body["signals"].values() for span in signal["evidence"]}
    return [
        CriterionOut.model_validate(criterion, from_attributes=True)
        for criterion in desk.grid.criteria
        if criterion.id in met
    ]


def _counters(desk: Desk, row: AssessmentRow | None) -> list[CounterOut]:
    met = {span["criterion"] for span in row.body["counter"]} if row else set()
    counters = desk.grid.counters
    return [CounterOut.model_validate(each, from_attributes=True) for each in counters if each.id in met]


def _capture(session: Session, post: Post) -> CaptureOut | None:
    query = select(Capture).where(Capture.post_id == post.id).order_by(Capture.version.desc(), Capture.id.desc())
    row = session.scalar(query.limit(1))
    if row is None:
        return None
    return CaptureOut(
        sha256=row.sha256, response_sha256=row.response_sha256, url=masked_address(row.url), fetched_at=row.fetched_at
    )

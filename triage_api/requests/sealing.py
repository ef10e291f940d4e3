"""What partners tell of a youth: sealed under a key per subject, matched by keyed hashes that can be deleted."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from nlp.contacts import Contact, read_identifier
from store.errors import Conflict, NotFound
from store.keyring import Keyring
from store.keys import seal, unseal
from store.store import Store
from store.tables import Request, Subject, SubjectHash
from triage_api.requests.models import Details, Told


def new_subject(session: Session, store: Store, details: Told) -> tuple[Subject, bytes]:
    """Make a subject with a key of its own and the keyed hashes of the contacts told; return it with the open key."""
    identity = f"j-{secrets.token_hex(10)}"
    key = store.keys.new(key_name(identity))
    store.keys.hold_hashing(session)
    subject = Subject(id=identity, created_at=store.clock())
    session.add(subject)
    session.flush()
    write_hashes(session, store.keys, identity, details)
    return subject, key


def write_hashes(session: Session, keys: Keyring, subject: str, details: Told) -> None:
    """Write the keyed hashes of the contacts told of a subject, by which later searches and requests are matched."""
    hashes = {(one.kind, keys.blind(one.kind, one.value)) for one in contacts_in(details)}
    session.add_all(SubjectHash(subject_id=subject, kind=kind, hash=value) for kind, value in sorted(hashes))


def contacts_in(details: Told) -> Iterator[Contact]:
    """Yield the contacts told, in the normal form that searches know them by."""
    for value in (*details.handles, *details.phones, *details.emails):
        yield from read_identifier(value)


def forget_hashes(session: Session, subject: str) -> None:
    """Delete the keyed hashes of a subject's contacts: no search, request or post is matched with it any more."""
    session.execute(delete(SubjectHash).where(SubjectHash.subject_id == subject))


def sealed(key: bytes, plain: str, context: str) -> bytes:
    """Seal one text of a request under its subject's key."""
    return seal(key, plain.encode(), context)


def opened(key: bytes, data: bytes, context: str) -> str:
    """Open one text of a request."""
    return unseal(key, data, context).decode()


def details_of(session: Session, store: Store, row: Request) -> Details:
    """Return what was told for a request; `NotFound` once its subject is erased."""
    return Details.model_validate_json(opened(key_of(session, store, row), row.sealed, f"request:{row.id}"))


def key_name(subject: str) -> str:
    """Return what a subject's data key is called in the keyring."""
    return f"subject:{subject}"


def require_kept(session: Session, request: str) -> None:
    """Raise `NotFound` for a request that never was, or whose subject is erased."""
    kept = select(Request.id).join(Subject, Subject.id == Request.subject_id)
    if session.scalar(kept.where(Request.id == request, Subject.erased_at.is_(None))) is None:
        raise NotFound("No such request.")


def require_looked_for(session: Session, request: str) -> None:
    """Raise as `require_kept` does, and `Conflict`: its youth is found (`found`), its case closed (`request_closed`).

    The request is held: nobody says either before the caller's transaction ends.
    """
    require_kept(session, request)
    row = session.scalars(select(Request).where(Request.id == request).with_for_update(read=True)).one()
    if row.found_at is not None:
        raise Conflict("She or he is found: nothing is looked for or kept for this request.", code="found")
    if row.closed_at is not None:
        raise Conflict("This case is closed: file a new request.", code="request_closed")


def key_of(session: Session, store: Store, row: Request) -> bytes:
    """Return the open key of a request's subject; `NotFound` once the subject is erased."""
    require_kept(session, row.id)
    try:
        return store.keys.key(key_name(row.subject_id))
    except NotFound:
        raise NotFound("No such request.") from None


def beside(session: Session, row: Request) -> list[str]:
    """Return the other requests that name a contact of this one."""
    mine = select(SubjectHash.hash).where(SubjectHash.subject_id == row.subject_id)
    query = select(Request.id).join(SubjectHash, SubjectHash.subject_id == Request.subject_id)
    return list(session.scalars(query.where(SubjectHash.hash.in_(mine), Request.id != row.id).distinct()))

"""What may be told to whom: pivot, ground, stage, fields, agreement and consent, looked at anew before each step."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from nlp.entities import entities
from nlp.types import EntityKind
from store.errors import BadInput, Conflict, NotFound
from store.store import Store
from store.tables import Consent, Organisation, Pivot
from triage_api.consents.covering import consent_for
from triage_api.directory.finding import agreement_fields, organisation_named, pivot_to_tell
from triage_api.grounds.catalogue import FIELDS, IDENTIFYING, Ground, check_ground, fields_for
from triage_api.referrals.models import Stage

SHEETS = "facts"
"""The field that fact sheets belong to."""
_CONTACTS: tuple[EntityKind, ...] = ("phones", "emails", "handles")


@dataclass(frozen=True, slots=True)
class Content:
    """What a referral is to tell, and on what."""

    ground: str
    facts: Mapping[str, str]
    stage: Stage
    told: Mapping[str, str]
    posts: Collection[str]

    @property
    def fields(self) -> list[str]:
        """Return the names of all that is told, in their order."""
        names = {*self.told, *([SHEETS] if self.posts else [])}
        return [name for name in FIELDS if name in names] + sorted(names.difference(FIELDS))


@dataclass(frozen=True, slots=True)
class Cleared:
    """Whom it goes to, on what ground and consent, as all stands now."""

    pivot: Pivot
    organisation: Organisation
    ground: Ground
    consent: Consent | None


def cleared(session: Session, store: Store, pivot_id: str, subject: str | None, content: Content) -> Cleared:
    """Return whom a referral may go to now and on what.

    `BadInput` names the field: an unknown pivot, a ground or what it needs, a field that this organisation is not told
    (``told.school``), something that identifies in a plain one. `Conflict`: nobody can be told now (``no_pivot``), no
    consent in force covers it (``no_consent``).
    """
    pivot = _pivot(session, store, pivot_id)
    organisation = organisation_named(session, pivot.organisation_id)
    ground = check_ground(content.ground, content.facts, organisation.kind)
    _check_fields(content, tellable(session, store, organisation, ground))
    _check_stage(content)
    return Cleared(pivot, organisation, ground, _consent(session, store, subject, organisation, ground, content))


def tellable(session: Session, store: Store, organisation: Organisation, ground: Ground) -> frozenset[str]:
    """Return the fields that an organisation may be told: the least for its kind, narrowed by what was agreed.

    Agreements do not bind what is urgent: help does not wait for one to be changed.
    """
    least, agreed = fields_for(organisation.kind), agreement_fields(session, store, organisation.id)
    return least if agreed is None or ground.urgent else least & agreed


def _pivot(session: Session, store: Store, pivot_id: str) -> Pivot:
    try:
        return pivot_to_tell(session, store, pivot_id)
    except NotFound:
        raise BadInput(
            "No pivot of this number stands in the directory.", code="unknown_pivot", field="pivot"
        ) from None


def _check_fields(content: Content, allowed: frozenset[str]) -> None:
    if not content.fields:
        raise BadInput("Say what is told.", code="needed", field="told")
    _refuse_extra((name for name in content.told if name not in allowed), "told.{}")
    if content.posts and SHEETS not in allowed:
        raise BadInput("This organisation is told no facts.", code="field_not_theirs", field="posts")


def _refuse_extra(names: Iterable[str], place: str) -> None:
    extra = next(iter(sorted(names)), None)
    if extra is not None:
        raise BadInput(f"This organisation is not told: {extra}.", code="field_not_theirs", field=place.format(extra))


def _check_stage(content: Content) -> None:
    """Raise `BadInput` for what identifies somebody in a plain referral; a fact sheet quotes whoever wrote."""
    if content.stage != "plain":
        return
    identifying = [name for name in content.told if name in IDENTIFYING or _has_contact(content.told[name])]
    for name in sorted(identifying):
        raise BadInput(f"A plain referral identifies nobody: {name}.", code="identifies", field=f"told.{name}")
    if content.posts:
        raise BadInput("A plain referral carries no fact sheet.", code="identifies", field="posts")


def _has_contact(text: str) -> bool:
    found = entities(text)
    return any(found[kind] for kind in _CONTACTS)


def _consent(
    session: Session, store: Store, subject: str | None, organisation: Organisation, ground: Ground, content: Content
) -> Consent | None:
    """Return the consent that it rests on, None where the ground needs none."""
    if not ground.consent:
        return None
    found = consent_for(session, store, subject, organisation.id, content.fields) if subject else None
    if found is None:
        raise Conflict("No consent in force covers this for this organisation.", code="no_consent", field="ground")
    return found

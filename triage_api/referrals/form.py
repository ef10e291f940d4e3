"""The form that makes a referral: first whom and on what ground, then only the fields that these let be told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from store.store import Store
from store.tables import Organisation
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.directory.finding import valid_pivots
from triage_api.grounds.catalogue import FIELDS, GROUNDS, IDENTIFYING, Ground
from triage_api.referrals.checking import SHEETS, tellable
from triage_api.referrals.models import STAGES, ReferralIn, Stage
from triage_api.shell.forms import one_of, validated

_LONG = frozenset({"approach", "danger", "facts", "plain_summary", "places", "handles", "phones", "emails"})


class PivotChoice(BaseModel):
    """Somebody who can be told now."""

    id: str
    name: str
    organisation: str
    kind: str


class Asked(BaseModel):
    """What the form asks for, given what was chosen so far."""

    pivots: list[PivotChoice]
    organisations: list[PivotChoice]
    """Each organisation once, by its id: one of them may lead."""
    grounds: list[str]
    """Codes of the grounds on which the chosen organisation may be told; all while none is chosen."""
    stages: tuple[Stage, ...] = STAGES
    needs: list[str] = []
    """What the chosen ground asks for."""
    fields: list[str] = []
    """What may be told, least first; empty while pivot or ground is not chosen."""
    long: frozenset[str] = _LONG
    people: int = 0
    urgent: bool = False
    consent: bool = False
    sheets: bool = False
    """Whether fact sheets may go with it."""
    identifying: frozenset[str] = IDENTIFYING


def asked(store: Store, person: Person, chosen: Mapping[str, Any]) -> Asked:
    """Return what the form asks for; `chosen` holds what was typed: ``pivot``, ``ground`` and ``stage`` decide."""
    require(person, Action.REFERRAL_MAKE)
    with store.database.reading() as session:
        there = valid_pivots(session, store)
        leading = list({one.id: one for one, _ in there}.values())
        named = next((one for one, pivot in there if pivot.id == chosen.get("pivot")), None)
        grounds = [code for code, ground in GROUNDS.items() if named is None or named.kind in ground.kinds]
        ground = GROUNDS.get(str(chosen.get("ground")))
        more = _fields(session, store, named, ground, one_of(STAGES, str(chosen.get("stage"))) or "plain")
    return Asked(
        pivots=[PivotChoice(id=p.id, name=p.name, organisation=o.name, kind=o.kind) for o, p in there],
        organisations=[PivotChoice(id=o.id, name="", organisation=o.name, kind=o.kind) for o in leading],
        grounds=grounds,
        **more,
    )


def _fields(
    session: Session, store: Store, organisation: Organisation | None, ground: Ground | None, stage: Stage
) -> dict[str, Any]:
    if organisation is None or ground is None:
        return {}
    may = tellable(session, store, organisation, ground)
    shown = [name for name in FIELDS if name in may and (stage == "named" or name not in IDENTIFYING)]
    return {
        "needs": list(ground.needs),
        "fields": shown,
        "people": ground.people,
        "urgent": ground.urgent,
        "consent": ground.consent,
        "sheets": stage == "named" and SHEETS in may,
    }


def read_referral_form(form: FormData) -> ReferralIn:
    """Return the referral that a form fills in; parts are named ``told.FIELD`` and ``facts.NAME``. `BadForm` else."""
    sent = {name: value.strip() for name, value in form.items() if isinstance(value, str) and value.strip()}
    values: dict[str, Any] = {name: sent[name] for name in ReferralIn.model_fields if name in sent}
    values["posts"] = sent.get("posts", "").split()
    for part in ("told", "facts"):
        values[part] = {name.partition(".")[2]: said for name, said in sent.items() if name.startswith(f"{part}.")}
    return validated(ReferralIn, values, parts=("told", "facts"))

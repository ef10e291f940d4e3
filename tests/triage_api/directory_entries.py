"""What the tests of partners' rooms fill the directory with, through its own services."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from triage_api.access.models import Person
from triage_api.desk import Desk
from triage_api.directory.agreements import make_agreement
from triage_api.directory.models import (
    AgreementIn,
    AgreementOut,
    OrganisationIn,
    OrganisationOut,
    PivotIn,
    PivotOut,
)
from triage_api.directory.pivots import make_pivot
from triage_api.directory.service import make_organisation

YEAR_END = datetime(2027, 1, 1, 5, tzinfo=UTC)


def organisation(desk: Desk, keeper: Person, name: str = "École Fictive", **more: Any) -> OrganisationOut:
    return make_organisation(desk, keeper, OrganisationIn(**{"name": name, "kind": "school", **more}))


def pivot(desk: Desk, keeper: Person, of: str, name: str = "Camille Fictive", **more: Any) -> PivotOut:
    given = {"organisation": of, "name": name, "email": "pivot@ecole.example", "valid_until": YEAR_END, **more}
    return make_pivot(desk, keeper, PivotIn(**given))


def agreement(desk: Desk, keeper: Person, of: str, fields: list[str], **more: Any) -> AgreementOut:
    given = {"organisation": of, "title": "Entente fictive", "fields": fields}
    given |= {"signed_on": date(2026, 1, 15), "ends_on": date(2026, 12, 31), **more}
    return make_agreement(desk, keeper, AgreementIn(**given))

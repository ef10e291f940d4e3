"""Pseudonyms: names of birds of Québec, so that people can say them, and a number."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.tables import User

_BIRDS = (
    "alouette",
    "bec-scie",
    "bernache",
    "bihoreau",
    "bruant",
    "busard",
    "cardinal",
    "chardonneret",
    "chouette",
    "colibri",
    "cormoran",
    "corneille",
    "courlis",
    "durbec",
    "effraie",
    "eider",
    "engoulevent",
    "faucon",
    "fou",
    "fuligule",
    "geai",
    "goeland",
    "grand-duc",
    "grebe",
    "grive",
    "gros-bec",
    "guillemot",
    "harfang",
    "harle",
    "heron",
    "hirondelle",
    "huard",
    "jaseur",
    "junco",
    "macareux",
    "martinet",
    "martin-pecheur",
    "merle",
    "mesange",
    "moqueur",
    "moucherolle",
    "oriole",
    "paruline",
    "petrel",
    "pic",
    "pinson",
    "plongeon",
    "pluvier",
    "quiscale",
    "roitelet",
    "sitelle",
    "sterne",
    "tarin",
    "tangara",
    "tohi",
    "troglodyte",
    "urubu",
    "vireo",
)


def new_pseudonym(taken: set[str]) -> str:
    """Return a pseudonym that nobody has."""
    digits = 2
    while True:
        chosen = f"{secrets.choice(_BIRDS)}-{secrets.randbelow(10**digits):0{digits}}"
        if chosen not in taken:
            return chosen
        digits = 4


def pseudonyms(session: Session, ids: Iterable[str | None]) -> dict[str, str]:
    """Return the pseudonyms of accounts by their ids; None among these is nobody."""
    wanted = {one for one in ids if one}
    return dict(session.execute(select(User.id, User.pseudonym).where(User.id.in_(wanted))).all())

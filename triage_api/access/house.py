"""The profile of the house: which roles one person may combine, which a partner organisation holds, who is the second.

A house with few people declares the ``small`` profile, or one of its own in YAML. No profile joins what `policy.APART`
keeps apart.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from store.errors import NotSetUp
from store.settings import Settings
from triage_api.access.models import Role
from triage_api.access.policy import APART


class Profile(BaseModel):
    """What a house declares of its people."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    together: tuple[frozenset[Role], ...]
    """Sets of roles; one account holds one role, or several that stand together in one of these sets."""
    elsewhere: frozenset[Role] = frozenset()
    """Roles that only people of another organisation than the house's own (`house_name`) hold."""
    alone_after_hours: Annotated[int, Field(ge=1, le=24 * 14)] | None = None
    """Hours without a second person after which one who began goes on alone, with a reason that somebody else
    reviews; empty: never."""


PROFILES: Mapping[str, Profile] = {
    "standard": Profile(
        together=(frozenset({Role.ANALYST, Role.SUPERVISOR}), frozenset({Role.PARTNER, Role.RESEARCHER}))
    ),
    "small": Profile(
        together=(
            frozenset({Role.ANALYST, Role.SUPERVISOR, Role.QUARANTINE_OFFICER}),
            frozenset({Role.PARTNER, Role.RESEARCHER}),
        ),
        elsewhere=frozenset({Role.AUDITOR}),
        alone_after_hours=24,
    ),
}
"""The profiles that need no file."""


def profile_of(settings: Settings) -> Profile:
    """Return the profile in force; `NotSetUp` if its file cannot be used or the house it needs has no name."""
    profile = PROFILES.get(settings.house_profile) or _read(settings.house_profile)
    if profile.elsewhere and not settings.house_name.strip():
        raise NotSetUp("VIGIE_HOUSE_PROFILE gives roles to another organisation: name your own in VIGIE_HOUSE_NAME.")
    return profile


def refusal(settings: Settings, roles: Collection[Role], organisation: str) -> str:
    """Return the code of why no account of these roles may be; empty if it may."""
    chosen, profile = frozenset(roles), profile_of(settings)
    if any(APART[role] & chosen for role in chosen & APART.keys()):
        return "roles_apart"
    if len(chosen) > 1 and not any(chosen <= joined for joined in profile.together):
        return "house_roles"
    if chosen & profile.elsewhere and not is_elsewhere(settings, organisation):
        return "house_organisation"
    return ""


def is_elsewhere(settings: Settings, organisation: str) -> bool:
    """Tell whether an organisation is named and is not the house's own."""
    named = organisation.strip().casefold()
    return named not in ("", settings.house_name.strip().casefold())


@cache
def _read(path: str) -> Profile:
    try:
        return Profile.model_validate(yaml.safe_load(Path(path).read_text("utf-8")))
    except (OSError, UnicodeError, yaml.YAMLError):
        raise NotSetUp(f"VIGIE_HOUSE_PROFILE is standard, small or a YAML file: {path} cannot be read.") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise NotSetUp(f"VIGIE_HOUSE_PROFILE {path}: {place}: {first['msg']}.") from None

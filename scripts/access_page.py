"""Write docs/access.md from the policy table itself: `python -m scripts.access_page`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from store.settings import Settings
from triage_api.access.actions import RULES, Action
from triage_api.access.factors.codes import RECOVERY_CODES
from triage_api.access.glass.alerts import REVIEW_WITHIN
from triage_api.access.house import PROFILES, Profile
from triage_api.access.models import Role
from triage_api.access.policy import APART, EVERYBODY, GLASS_ROLES, POLICY, TRAINED
from triage_api.access.tokens.models import MAX_DAYS

PAGE = Path(__file__).parent.parent / "docs" / "access.md"

_HEAD = """# Access

Who may do what. This page is written by `python -m scripts.access_page` from the tables that the program enforces:
`triage_api/access/actions.py`, `policy.py` and `house.py`; the test matrix is made from them too. What no table says is
denied.

## Actions and roles

`any`: every item; `own`: one's own items alone.
*content*: {trained} need a training that is not older than `VIGIE_TRAINING_MONTHS`.
*emergency*: an emergency access gives it. *program*: a token may be given it.

"""
_TAIL = """
Every account, whatever its roles: {everybody}.
One account never holds together: {apart}.
Investigators are given nothing: whoever investigates enters no help case. Administrators keep accounts and read no
content and no register.

## Conditions

- **Second factor.** Codes of an authenticator (RFC 6238), each taken once, and {codes} recovery codes, each for one
  log-in. A person enrols on `/account/totp`; who has lost both asks for `vigie users totp NAME --reset`. With
  `VIGIE_REQUIRE_TOTP=true` an account without one may do nothing but enrol, nor may its tokens: set it for every real
  deployment. Of an account that is linked to an identity provider, what counts is how it came in.
- **Training.** `vigie users train NAME --on DAY`, or the accounts page. Without it, actions on content are refused with
  `training_needed` to {trained}; partners, researchers and auditors need none. Who passes the lessons (`/lessons`,
  fictional cases, open to whoever's training lapsed too) renews it by that, unless
  `VIGIE_LESSONS_RENEW_TRAINING=false`; a first training is always entered by whoever keeps the accounts.
- **Model.** `model.switch` has no page: `vigie train --switch VERSION --as NAME` and `--back` ask for it.
- **Purpose.** A search names its purpose and its legal ground, or it is not run.
- **Every change** of an account, a token or an emergency access is an entry of the register, under pseudonyms.

## Tokens for programs

Made on `/account/tokens`, `POST /api/tokens` or by `vigie tokens add NAME --label … --scope … --days 90`; shown once,
kept as a hash, beginning with `vig_`. A token gives its scopes as far as its owner's roles, training and house still
do, for {days} days at most, in the header `Authorization: Bearer …`, under `/api` alone. It never makes tokens and
never touches accounts, sessions or emergencies. An account's tokens end with its sessions when its password is renewed,
its second factor is taken away, or it is linked to another subject at the identity provider.

## Emergency access

Who may take it ({glass}) does so on `/glass` or by `POST /api/glass`, with a reason, for `VIGIE_GLASS_MINUTES`. It
gives the actions marked *emergency* as far as a supervisor has them, trained or not; never accounts, the register,
erasure, quarantine or exports. It is an entry at once, and every entry made meanwhile names it. Supervisors and
auditors see an alert on every page until somebody else than the person has seen it, which is an entry, and one of them
records a finding (`proper`, `unclear`, `improper`): after {late} days `vigie doctor` and `vigie_glass_late` say that
it is late. Nobody reviews their own.

## Profiles of a house

`VIGIE_HOUSE_PROFILE` is `standard`, `small`, or a YAML file. It is enforced when an account is made and at every use:
an account that the profile does not take is refused with `house_roles` or `house_organisation`. One account holds one
role, or roles that stand together in one set; no profile joins roles that are named above as never together.

"""
_FILE = """
A file holds these fields and no other:

{fields}

```yaml
together:
  - [analyst, supervisor]
elsewhere: [auditor]
alone_after_hours: 48
```
"""


def page() -> str:
    """Return the page: the table of actions and roles, its conditions, and the profiles of a house."""
    words = {
        "trained": _roles(TRAINED),
        "everybody": ", ".join(action.value for action in EVERYBODY),
        "apart": "; ".join(f"{role.value} and any other" for role in APART),
        "codes": RECOVERY_CODES,
        "days": MAX_DAYS,
        "glass": _roles(GLASS_ROLES),
        "late": REVIEW_WITHIN.days,
    }
    fields = "".join(
        f"- `{name}`: {' '.join((field.description or '').split())}\n" for name, field in Profile.model_fields.items()
    )
    profiles = "\n".join(_profile(name, profile) for name, profile in PROFILES.items())
    table = "\n".join(_table())
    tail = _TAIL.format(**words) + profiles + "\n" + _FILE.format(fields=fields.rstrip())
    return _HEAD.format(**words) + table + "\n" + tail


def _table() -> Iterator[str]:
    roles = [role for role in Role if POLICY[role]]
    yield f"| action | what | holds | {' | '.join(role.value for role in roles)} |"
    yield f"|---|---|---|{'---|' * len(roles)}"
    for action in Action:
        given = [POLICY[role].get(action) for role in roles]
        reaches = " | ".join(reach.value if reach else "" for reach in given)
        yield f"| `{action.value}` | {RULES[action].en} · {RULES[action].fr} | {_holds(action)} | {reaches} |"


def _holds(action: Action) -> str:
    rule = RULES[action]
    marks = {"content": rule.content, "emergency": rule.emergency, "program": rule.program}
    return ", ".join(name for name, holds in marks.items() if holds)


def _profile(name: str, profile: Profile) -> str:
    default = " (default)" if name == Settings.model_fields["house_profile"].default else ""
    told = [f"together: {'; '.join(_roles(roles) for roles in profile.together)}."]
    if profile.elsewhere:
        told.append(f"Another organisation than `VIGIE_HOUSE_NAME` holds: {_roles(profile.elsewhere)}.")
    if profile.alone_after_hours is None:
        told.append("An act that needs two people waits for the second.")
    else:
        told.append(
            f"An act that needs two people goes on with one after {profile.alone_after_hours} h, with a reason."
        )
    if profile.alone_after_hours is not None and Role.AUDITOR in profile.elsewhere:
        told.append("The other organisation's auditor reviews it.")
    return f"- **{name}**{default}: {' '.join(told)}"


def _roles(roles: Iterable[Role]) -> str:
    return ", ".join(role.value for role in Role if role in set(roles))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

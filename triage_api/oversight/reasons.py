"""Why a look-up deserves a look: each reason is one small function. None of them says that something is wrong."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from math import sqrt

from triage_api.oversight.looks import Account, House, Look
from triage_api.oversight.names import Sought, is_handle_of
from triage_api.searches.grounds import OTHER

_NEEDS_NO_REQUEST = frozenset({"watch", "training"})
_LEAST_BURST = 8
"""So many searches in an hour are a burst at the least."""
_OFTEN = 3
"""So many times is often."""
_OPENED_OFTEN = 5
"""So many openings of one item are: reading, deciding and answering take some."""
_MOST_PEOPLE = 2 / 3
"""Something that one person looks up is theirs if so large a share of its look-ups are; else it is the house's work."""


def own_name(account: Account, house: House, sought: Sought) -> bool:
    """Tell whether somebody looked for themself: first name and surname, a handle made of them, or the log-in name."""
    if account.handles & sought.handles:
        return True
    if account.name is None:
        return False
    return account.id in house.names.in_full(sought) or is_handle_of(sought.handles, account.name.compact)


def same_surname(account: Account, house: House, sought: Sought) -> str:
    """Return the searcher's surname, or the part of it, that was looked for; empty if none was."""
    return house.names.surname_of(account.id, sought)


def colleague(account: Account, house: House, sought: Sought) -> str:
    """Return the id of another account that was looked for by its full name; empty if none was."""
    return min(house.names.in_full(sought) - {account.id}, default="")


def well_known(house: House, sought: Sought) -> bool:
    """Tell whether somebody of the deployment's list of well-known names was looked for."""
    return house.well_known is not None and bool(house.well_known.in_full(sought))


def off_shift(account: Account, moment: datetime) -> bool:
    """Tell whether a moment lies outside somebody's working hours; never where they are not known."""
    return account.shift is not None and not account.shift.holds(moment)


def is_served(answered: datetime | None, moment: datetime) -> bool:
    """Tell whether a request stood behind a look-up: one that had no answer yet."""
    return answered is None or moment <= answered


def no_request(purpose: str, *, served: bool, seeks_person: bool) -> bool:
    """Tell whether a look-up that should serve a request serves none.

    A watch and training need none, unless one person is sought: by a contact, or by a name that is a reason itself.
    """
    return not served and (purpose not in _NEEDS_NO_REQUEST or seeks_person)


def other_words(purpose: str, ground: str) -> bool:
    """Tell whether the purpose or the ground was stated in the searcher's own words instead of a known one."""
    return OTHER in (purpose, ground)


def mark_bursts(looks: Sequence[Look]) -> None:
    """Mark searches of an hour in which somebody made many more than they usually do in an hour with any."""
    hours = Counter((look.user, _hour(look)) for look in looks)
    of_user: dict[str, list[int]] = defaultdict(list)
    for (user, _), count in hours.items():
        of_user[user].append(count)
    for look in looks:
        if _is_burst(hours[look.user, _hour(look)], of_user[look.user]):
            look.how.add("burst")


def _is_burst(count: int, counts: Sequence[int]) -> bool:
    others = len(counts) - 1
    usual = (sum(counts) - count) / others if others else 0.0
    return others > 0 and count >= max(_LEAST_BURST, usual + 4 * sqrt(usual))


def _hour(look: Look) -> int:
    return int(look.at.timestamp()) // 3600


def mark_again(looks: Iterable[Look]) -> None:
    """Mark searches run again for a reason by somebody who does so often, and more than most here."""
    again = [look for look in looks if look.again]
    by_user = Counter(look.user for look in again)
    usual = sum(by_user.values()) / len(by_user) if by_user else 0.0
    for look in again:
        if by_user[look.user] >= max(_OFTEN, usual):
            look.how.add("again_often")


def mark_repeats(looks: Sequence[Look]) -> None:
    """Count, for each look-up that serves no open request, how often the same person looked the same thing up.

    What others look up as well is the house's routine and counts for nobody.
    """
    mine = Counter((look.user, thing) for look in looks if not look.served for thing in look.things)
    all_of = Counter(thing for look in looks for thing in look.things)
    for look in looks:
        if look.served:
            continue
        for thing in look.things:
            times = mine[look.user, thing]
            if times > look.times and times >= max(_OFTEN, _MOST_PEOPLE * all_of[thing]):
                look.times, look.thing = times, thing


def counted(look: Look) -> Look:
    """Return openings of one item; fewer than often are work, and say nothing."""
    if look.times < _OPENED_OFTEN:
        look.times = 1
    return look

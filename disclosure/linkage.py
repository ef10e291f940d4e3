"""Simulated intruders who know some things of some people and look for them in a release.

The models of El Emam & Dankar 2008 (JAMIA 15:5) and Dankar & El Emam 2010: the *prosecutor* knows that somebody is in
the release, the *journalist* knows only that they are in the population, the *marketer* wants as many as possible. They
differ in whom they look for; how they look is the same. Unlike k, which holds the quasi-identifiers fixed, an intruder
here knows any columns, drawn by chance: one that was not taken for identifying is caught.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from disclosure.classes import Classes, Row, cell, size


@dataclass(frozen=True, slots=True)
class Target:
    """Somebody who is looked for, and what is true of them, in the values that the release uses.

    Whose row it is (`identity`) is known to the simulation only; it must be in no file.
    """

    identity: str
    row: Row


@dataclass(frozen=True, slots=True)
class Attempt:
    """One search: what the intruder knew, how many rows of the release fit, and what came of it.

    `confirmed`: only the right person's rows fitted. `inferred`: others fitted too, the right person among them, and
    all of them tell the same in these sensitive columns.
    """

    target: int
    knew: tuple[str, ...]
    candidates: int
    confirmed: bool
    chance: float
    """How likely a guess among those that fit is right."""
    inferred: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of all searches: how many there were, and how many ended in a confirmed match or an inference.

    `best` is the highest chance of a right guess in any search, `expected` how many guesses would be right in all.
    """

    searches: int
    confirmed: int
    inferred: int
    best: float
    expected: float


@dataclass(frozen=True, slots=True)
class Risks:
    """The probability of a right match, 0 to 1, by model: the worst case, and the mean over the release."""

    prosecutor: float
    journalist: float
    marketer: float


def link(
    release: Iterable[tuple[str, Row]],
    targets: Sequence[Target],
    columns: Sequence[str],
    *,
    known: int,
    chance: Random,
    sensitive: Sequence[str] = (),
) -> list[Attempt]:
    """Return how each target was looked for by `known` of the columns, drawn by chance, in one pass over a release.

    The release comes with whose row each is. Memory grows with the targets alone. Raises `ValueError` if there are
    fewer columns than `known`, or a row lacks one.
    """
    if not 0 < known <= len(columns):
        raise ValueError(f"An intruder can know 1 to {len(columns)} of {len(columns)} columns.")
    searches = [_search(target, tuple(sorted(chance.sample(list(columns), known)))) for target in targets]
    wanted: dict[tuple[str, ...], dict[tuple[str, ...], list[_Search]]] = {}
    for search in searches:
        wanted.setdefault(search.knew, {}).setdefault(search.values, []).append(search)
    for number, (identity, row) in enumerate(release, 1):
        for search in _met(wanted, row, number):
            search.meet(identity, row, sensitive)
    return [search.outcome(at) for at, search in enumerate(searches)]


def outcome(attempts: Sequence[Attempt]) -> Outcome:
    """Return what searches came to; an export leaves only if nothing is confirmed."""
    return Outcome(
        searches=len(attempts),
        confirmed=sum(one.confirmed for one in attempts),
        inferred=sum(bool(one.inferred) for one in attempts),
        best=max((one.chance for one in attempts), default=0.0),
        expected=sum(one.chance for one in attempts),
    )


def risks(release: Classes, population: Classes | None = None) -> Risks:
    """Return the risks that class sizes give, all 0 for an empty release.

    `population` counts everybody whom the release could be about, with the same values; without it the release is all
    that is known of them, and the journalist's risk is the prosecutor's. Units of the release must be in it.
    """
    sizes = {seen: size(members) for seen, members in release.counts.items()}
    everybody = population.counts if population else release.counts
    fits = {seen: max(count, size(everybody.get(seen, {}))) for seen, count in sizes.items()}
    total = sum(sizes.values())
    return Risks(
        prosecutor=max((1 / count for count in sizes.values()), default=0.0),
        journalist=max((1 / count for count in fits.values()), default=0.0),
        marketer=sum(sizes[seen] / fits[seen] for seen in sizes) / total if total else 0.0,
    )


@dataclass(slots=True)
class _Search:
    identity: str
    knew: tuple[str, ...]
    values: tuple[str, ...]
    candidates: int = 0
    own: int = 0
    told: dict[str, set[str]] = field(default_factory=dict)

    def meet(self, identity: str, row: Row, sensitive: Sequence[str]) -> None:
        """Note a row that fits; of what it tells, two different answers are remembered at most."""
        self.candidates += 1
        self.own += identity == self.identity
        for column in sensitive:
            answers = self.told.setdefault(column, set())
            if len(answers) < 2:
                answers.add(str(row.get(column, "")))

    def outcome(self, at: int) -> Attempt:
        alike = tuple(column for column, answers in self.told.items() if len(answers) == 1 and column not in self.knew)
        return Attempt(
            target=at,
            knew=self.knew,
            candidates=self.candidates,
            confirmed=0 < self.own == self.candidates,
            chance=self.own / self.candidates if self.own else 0.0,
            inferred=alike if 0 < self.own < self.candidates else (),
        )


def _search(target: Target, knew: tuple[str, ...]) -> _Search:
    return _Search(target.identity, knew, tuple(cell(target.row, column, 0) for column in knew))


def _met(
    wanted: Mapping[tuple[str, ...], Mapping[tuple[str, ...], list[_Search]]], row: Row, number: int
) -> Iterator[_Search]:
    for knew, by_values in wanted.items():
        yield from by_values.get(tuple(cell(row, column, number) for column in knew), ())

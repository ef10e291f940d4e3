"""Ten digits that could be dialled, read from a run of digits and number words in every way that makes sense."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers

from nlp.entities.atoms import GLUE, Atom, Run
from nlp.entities.numbers import TIMES, UNITS, ZEROS, readings

_MOST_STEPS = 250
"""Readings tried from one atom; number words can be read in several ways, and a hostile text in very many."""
_WITH_COUNTRY = frozenset({1, 4, 7, 11})
"""Lengths of a first group that begins with the country code: "1", "1514", …; "16" is sixteen."""
_JOINTS = frozenset({"", " ", "-", "  "})
"""What may stand between the words of one number; any other mark parts two."""
_NOTHING: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """Ten digits read from atoms `first` to `last` (not included), in groups.

    `cuts` says for each group how many digits have been read at its end, `ends` which atom comes next.
    """

    first: int
    last: int
    digits: str
    cuts: tuple[int, ...]
    ends: tuple[int, ...]

    @property
    def natural(self) -> bool:
        """Tell whether area code and exchange end where an atom ends, or nothing is cut at all."""
        return {3, 6} <= set(self.cuts) or self.cuts in {(10,), (3, 10)}


@lru_cache(maxsize=8192)
def is_dialled(digits: str) -> bool:
    """Tell whether ten digits are a number that could be dialled in North America."""
    exchange_is_service = digits[4:6] == "11"
    number = phonenumbers.PhoneNumber(country_code=1, national_number=int(digits))
    return not exchange_is_service and digits[0] not in "01" and phonenumbers.is_valid_number(number)


@lru_cache(maxsize=1024)
def is_canadian(digits: str) -> bool:
    """Tell whether the area code of ten digits is one of Canada's."""
    number = phonenumbers.PhoneNumber(country_code=1, national_number=int(digits))
    return phonenumbers.region_code_for_number(number) == "CA"


def is_area(digits: str) -> bool:
    """Tell whether three digits are an area code in service."""
    return is_dialled(f"{digits}5550123")


def candidates(run: Run, first: int) -> Iterator[Candidate]:
    """Yield the ways to read ten digits from an atom on; the longest spoken numbers first."""
    stack = [(first, "", _NOTHING, _NOTHING)]
    for _ in range(_MOST_STEPS):
        if not stack:
            return
        at, digits, cuts, ends = stack.pop()
        national = digits.removeprefix("1")
        if len(national) == 10:
            yield Candidate(first, at, national, cuts, ends)
        elif at < len(run.atoms) and (len(national) < 3 or is_area(national[:3])):
            for taken, more in reversed(_read(run, at)):
                count = len((digits + more).removeprefix("1"))
                if not digits and more[:1] == "1" and len(more) not in _WITH_COUNTRY:
                    continue
                if 0 < count <= 10:
                    stack.append((at + taken, digits + more, (*cuts, count), (*ends, at + taken)))
                elif count == 0:  # the country code alone is no group
                    stack.append((at + taken, digits + more, cuts, ends))


def _read(run: Run, at: int) -> list[tuple[int, str]]:
    """Return the ways to read the atoms from one on as one spoken number: (atoms taken, digits), the longest first."""
    atom, repeated = run.atoms[at], _repeated(run, at)
    if atom.digits:
        return [*repeated, (1, atom.digits)]
    words, owners = _phrase(run, at)
    spoken = [(owners[taken - 1] - at + 1, str(value)) for taken, value in readings(tuple(words))]
    return [*repeated, *spoken, *_three_of(run, at)]


def _three_of(run: Run, at: int) -> list[tuple[int, str]]:
    """Return a digit said to stand three times without a word for it ("trois cinq", 555), or nothing."""
    if run.atoms[at].word not in {"trois", "three"} or at >= len(run.gaps) or run.gaps[at].kind != GLUE:
        return []
    return [(2, run.atoms[at + 1].word and _single_digit(run.atoms[at + 1]) * 3)]


def _repeated(run: Run, at: int) -> list[tuple[int, str]]:
    """Return one digit said to be repeated ("double five", "trois fois le 5"), or nothing."""
    if at >= len(run.gaps):
        return []
    atom, digit = run.atoms[at], _single_digit(run.atoms[at + 1])
    times = TIMES.get(atom.word, 0)
    if run.gaps[at].repeats:
        times = int(_single_digit(atom) or 0)
    return [(2, digit * times)] if digit and 0 < times < 5 else []


def _single_digit(atom: Atom) -> str:
    if atom.word:
        return "0" if atom.word in ZEROS else str(UNITS.get(atom.word, ""))
    return atom.digits if len(atom.digits) == 1 else ""


def _phrase(run: Run, at: int) -> tuple[list[str], list[int]]:
    """Return up to eight number words spoken in one breath, connectors among them, and the atom each belongs to."""
    words, owners = [run.atoms[at].word], [at]
    for index in range(at, min(at + 7, len(run.gaps))):
        gap, after = run.gaps[index], run.atoms[index + 1]
        connector = gap.text if gap.text in {"et", "and"} else ""
        if not after.word or not (connector or gap.text in _JOINTS):
            break
        if connector:
            words, owners = [*words, connector], [*owners, index]
        words, owners = [*words, after.word], [*owners, index + 1]
    return words, owners

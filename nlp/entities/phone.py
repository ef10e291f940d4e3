"""Phone numbers in every disguise: "cinq un quatre, 555, zéro un vingt-trois", "5l4-555-O123", "5️⃣1️⃣4️⃣ 🔥 555 🔥 0123".

A text is cut into atoms (digits, posing letters, number words), atoms into runs, and a run is searched for ten digits
that could be dialled: the area code must exist, the shape must be one in which people write phones, and what stands
around must not say that the number counts, dates or identifies something else. `phonenumbers` has the last word; it
accepts the fictional NXX-555-01XX range in every area code in service.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers

from nlp.entities.atoms import GLUE, PAUSE, WORDY, Atom, Run, runs
from nlp.entities.found import Found, Reading
from nlp.entities.numbers import TIMES, UNITS, ZEROS, readings
from nlp.lexicon import alternatives, word_lists

_LISTS = word_lists("phones")
_CUE = re.compile(rf"\b(?:{alternatives(_LISTS['cues'])})\b|[📞☎📱📲🤙]")
_NUMBER_WORD = rf"\b(?:{alternatives(_LISTS['number_words'])})\b"
_ORDER = re.compile(rf"(?:\b(?:{alternatives(_LISTS['orders'])})s?\b(?:[^a-z0-9\n]|{_NUMBER_WORD}){{0,12}}|[$€£] ?)\Z")
_UNIT = re.compile(rf" ?(?:[$€£%°]|(?:{alternatives(_LISTS['units'])})\b)")
_ADDRESS = re.compile(r"://|www\.|\.[a-z]{2,8}/")
_DIALLED = re.compile(r"wa\.me/|tel:|phone=")
_ABROAD = re.compile(r"(?<![0-9a-z])\+[2-9](?:[ ().-]{0,2}[0-9]){7,14}(?![0-9])")
_UNITS = frozenset(_LISTS["units"])
_CONTEXT = 60
_MOST_STEPS = 250
"""Readings tried from one atom; number words can be read in several ways, and a hostile text in very many."""
_NOTHING: tuple[int, ...] = ()
_MOST_POSING = 6
_COUNTING = ("3456789", "987654321")
"""What tells counting up or down from dialling, where the numbers stand apart."""


@dataclass(frozen=True, slots=True)
class _Candidate:
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


def find_phones(reading: Reading) -> list[Found]:
    """Return the phone numbers in E.164; North American ones in any disguise, others where they begin with "+"."""
    found = [phone for run in runs(reading) for phone in _find_in_run(reading, run)]
    return found + [phone for match in _ABROAD.finditer(reading.text) if (phone := _abroad(match)) is not None]


@lru_cache(maxsize=8192)
def is_dialled(digits: str) -> bool:
    """Tell whether ten digits are a number that could be dialled in North America."""
    exchange_is_service = digits[4:6] == "11"
    number = phonenumbers.PhoneNumber(country_code=1, national_number=int(digits))
    return not exchange_is_service and digits[0] not in "01" and phonenumbers.is_valid_number(number)


def _is_area(digits: str) -> bool:
    return is_dialled(f"{digits}5550123")


def _abroad(match: re.Match[str]) -> Found | None:
    try:
        number = phonenumbers.parse(match[0], None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return Found(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), match.start(), match.end())


def _find_in_run(reading: Reading, run: Run) -> Iterator[Found]:
    best = _best_by_start(reading, run)
    at, free = 0, True
    while at < len(run.atoms):
        candidate = best.get(at)
        if candidate and (free or _parted(run, at - 1, candidate)):
            yield _as_found(reading, run, candidate)
            at, free = candidate.last, True
        else:
            at, free = at + 1, False


def _best_by_start(reading: Reading, run: Run) -> dict[int, _Candidate]:
    """Find for each atom the phone that begins there; from right to left, since one phone may border on the next."""
    best: dict[int, _Candidate] = {}
    if sum(len(atom.digits) or 3 for atom in run.atoms) < 10:
        return best
    for first in reversed(range(len(run.atoms))):
        for candidate in _candidates(run, first):
            bordered = candidate.last in best or _parted(run, candidate.last - 1, candidate)
            if bordered and _is_plausible(reading, run, candidate):
                best[first] = candidate
                break
    return best


def _parted(run: Run, gap: int, candidate: _Candidate) -> bool:
    """Tell whether the phone stands clear of its neighbour across a gap: "24/7 514-555-0123", not "77-514-555-0123"."""
    if not 0 <= gap < len(run.gaps) or run.gaps[gap].kind >= PAUSE:
        return True
    inner = run.gaps[candidate.first : candidate.last - 1]
    mark = run.gaps[gap].text
    groups = all(len(run.atoms[at].digits) > 1 for at in range(candidate.first, candidate.last))
    return (
        groups
        and candidate.natural
        and bool(mark)
        and (mark.isspace() or mark not in {one.text for one in inner} | set("-./"))
    )


def _is_plausible(reading: Reading, run: Run, candidate: _Candidate) -> bool:
    return (
        is_dialled(candidate.digits)
        and _has_phone_shape(reading, run, candidate)
        and _gaps_are_hiding(reading, run, candidate)
        and not _is_something_else(reading, run, candidate)
    )


def _has_phone_shape(reading: Reading, run: Run, candidate: _Candidate) -> bool:
    atoms = run.atoms[candidate.first : candidate.last]
    if sum(atom.posing for atom in atoms) > _MOST_POSING:
        return False
    if len(atoms) > 7 and any(row in candidate.digits for row in _COUNTING):
        return False
    return candidate.natural or all(atom.word for atom in atoms) or _is_announced(reading, atoms[0].start)


def _is_announced(reading: Reading, start: int) -> bool:
    return bool(_CUE.search(reading.text, max(0, start - _CONTEXT), start))


def _gaps_are_hiding(reading: Reading, run: Run, candidate: _Candidate) -> bool:
    """Tell three groups of one number, with words or commas between them, from three numbers in a sentence.

    A number that is announced as a phone is one. Else its last group must begin with 0, as no count or amount does, or
    be spoken, and words between the groups must be fillers or the same each time.
    """
    gaps = run.gaps[candidate.first : candidate.last - 1]
    wordy = [gap.text for gap in gaps if gap.kind == WORDY]
    if not _stand_between_groups(run, candidate) or any(word in _UNITS for text in wordy for word in text.split()):
        return False
    if all(gap.kind == GLUE for gap in gaps) or _is_announced(reading, run.atoms[candidate.first].start):
        return True
    return _is_no_count(candidate) and (not wordy or (len(wordy) > 1 and len(set(wordy)) == 1))


def _stand_between_groups(run: Run, candidate: _Candidate) -> bool:
    counts = dict(zip(candidate.ends, candidate.cuts, strict=True))
    return all(
        counts.get(at + 1) in {3, 6, 8}
        for at in range(candidate.first, candidate.last - 1)
        if run.gaps[at].kind == WORDY
    )


def _is_no_count(candidate: _Candidate) -> bool:
    """Tell whether the line number cannot be a quantity: it begins with 0, or is read out in parts."""
    line = next((at for at, cut in zip(candidate.ends, candidate.cuts, strict=True) if cut == 6), None)
    return line is None or candidate.digits[6] == "0" or candidate.last - line > 1


def _is_something_else(reading: Reading, run: Run, candidate: _Candidate) -> bool:
    """Tell whether an order number, an amount, a measure or a web address holds these digits."""
    text, start, end = reading.text, run.atoms[candidate.first].start, run.atoms[candidate.last - 1].end
    before = text[max(0, start - _CONTEXT) : start]
    token = before.rsplit(None, 1)[-1] if before and not before[-1].isspace() else ""
    if _ADDRESS.search(token):
        return not _DIALLED.search(token)
    if token.endswith("#") and candidate.cuts == (10,):
        return not _is_announced(reading, start)
    return bool(_ORDER.search(before) or _UNIT.match(text, end))


def _candidates(run: Run, first: int) -> Iterator[_Candidate]:
    """Yield the ways to read ten digits from an atom on; the longest spoken numbers first."""
    stack = [(first, "", _NOTHING, _NOTHING)]
    for _ in range(_MOST_STEPS):
        if not stack:
            return
        at, digits, cuts, ends = stack.pop()
        national = digits.removeprefix("1")
        if len(national) == 10:
            yield _Candidate(first, at, national, cuts, ends)
        elif at < len(run.atoms) and (len(national) < 3 or _is_area(national[:3])):
            for taken, more in reversed(_read(run, at)):
                count = len((digits + more).removeprefix("1"))
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
    return [*repeated, *((owners[taken - 1] - at + 1, str(value)) for taken, value in readings(tuple(words)))]


def _repeated(run: Run, at: int) -> list[tuple[int, str]]:
    """Return one digit said to be repeated ("double five", "trois fois le 5"), or nothing."""
    if at >= len(run.gaps):
        return []
    atom, digit = run.atoms[at], _single_digit(run.atoms[at + 1])
    times = TIMES.get(atom.word, 0)
    if run.gaps[at].repeats:
        times = int(_single_digit(atom) or 0)
    return [(2, digit * times)] if digit and times else []


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
        if not after.word or not (connector or (gap.kind == GLUE and len(gap.text) <= 3)):
            break
        if connector:
            words, owners = [*words, connector], [*owners, index]
        words, owners = [*words, after.word], [*owners, index + 1]
    return words, owners


def _as_found(reading: Reading, run: Run, candidate: _Candidate) -> Found:
    start, end = run.atoms[candidate.first].start, run.atoms[candidate.last - 1].end
    while start and reading.text[start - 1] in "(+":
        start -= 1
    return Found(f"+1{candidate.digits}", start, end)

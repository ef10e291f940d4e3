"""Phone numbers in every disguise: "cinq un quatre, 555, zéro un vingt-trois", "5l4-555-O123", "5️⃣1️⃣4️⃣ 🔥 555 🔥 0123".

A text is cut into atoms (digits, posing letters, number words), atoms into runs, and a run is searched for ten digits
that could be dialled: the area code must exist, the shape must be one in which people write phones, and what stands
around must not say that the number counts, dates or identifies something else. `phonenumbers` has the last word; it
accepts the fictional NXX-555-01XX range in every area code in service.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import phonenumbers

from nlp.entities.atoms import PAUSE, Run, runs
from nlp.entities.found import Found, Reading
from nlp.entities.phone_candidates import Candidate, candidates, is_dialled
from nlp.entities.phone_shape import is_plausible

_ABROAD = re.compile(r"(?<![0-9a-z])\+[2-9](?:[ ().-]{0,2}[0-9]){7,14}(?![0-9])")

_AREA_AFTER = re.compile(
    r"(?<![0-9a-z.-])(?P<local>[2-9][0-9]{2}[-. ]?[0-9]{4})[^0-9a-z\n]{1,4}"
    r"(?:(?:in|dans|le|avec|with) )?(?:(?:the|le) )?"
    r"(?:area code|code(?: regional)?|indicatif(?: regional)?|region(?:al)?)"
    r"[^0-9a-z\n]{1,3}(?P<area>[2-9][0-9]{2})(?![0-9])"
)
"""The area code told after the number: "555-0123, code 514"."""


def find_phones(reading: Reading) -> list[Found]:
    """Return the phone numbers in E.164; North American ones in any disguise, others where they begin with "+"."""
    found = [phone for run in runs(reading) for phone in _find_in_run(reading, run)]
    found += [phone for match in _AREA_AFTER.finditer(reading.text) if (phone := _from_parts(match)) is not None]
    return found + [phone for match in _ABROAD.finditer(reading.text) if (phone := _abroad(match)) is not None]


def _from_parts(match: re.Match[str]) -> Found | None:
    digits = match["area"] + re.sub(r"[^0-9]", "", match["local"])
    return Found(f"+1{digits}", match.start(), match.end()) if is_dialled(digits) else None


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


def _best_by_start(reading: Reading, run: Run) -> dict[int, Candidate]:
    """Find for each atom the phone that begins there; from right to left, since one phone may border on the next."""
    best: dict[int, Candidate] = {}
    if sum(len(atom.digits) or 3 for atom in run.atoms) < 10:
        return best
    for first in reversed(range(len(run.atoms))):
        for candidate in candidates(run, first):
            bordered = candidate.last in best or _parted(run, candidate.last - 1, candidate)
            if bordered and is_plausible(reading, run, candidate):
                best[first] = candidate
                break
    return best


def _parted(run: Run, gap: int, candidate: Candidate) -> bool:
    """Tell whether the phone stands clear of its neighbour across a gap: "24/7 514-555-0123", not "77-514-555-0123"."""
    if not 0 <= gap < len(run.gaps) or run.gaps[gap].kind >= PAUSE:
        return True
    inner = run.gaps[candidate.first : candidate.last - 1]
    mark = run.gaps[gap].text
    groups = all(len(run.atoms[at].digits) > 1 for at in range(candidate.first, candidate.last))
    if not candidate.natural or not mark:
        return False
    other = mark not in {one.text for one in inner} and bool(mark.strip(" -./"))
    return other or (groups and (mark.isspace() or mark not in {one.text for one in inner} | set("-./")))


def _as_found(reading: Reading, run: Run, candidate: Candidate) -> Found:
    start, end = run.atoms[candidate.first].start, run.atoms[candidate.last - 1].end
    while start and reading.text[start - 1] in "(+":
        start -= 1
    return Found(f"+1{candidate.digits}", start, end)

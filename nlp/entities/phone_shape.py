"""Whether ten digits stand as people write a phone number, not as a count, a date, a list or an order number."""

from __future__ import annotations

import re

from nlp.entities.atoms import GLUE, PAUSE, WORDY, Run
from nlp.entities.found import Reading
from nlp.entities.phone_candidates import Candidate, is_canadian, is_dialled
from nlp.lexicon import alternatives, word_lists

_LISTS = word_lists("phones")
_CUE = re.compile(rf"\b(?:{alternatives(_LISTS['cues'])})\b|[📞☎📱📲🤙]")
_NUMBER_WORD = rf"\b(?:{alternatives(_LISTS['number_words'])})\b"
_ORDER = re.compile(rf"(?:\b(?:{alternatives(_LISTS['orders'])})s?\b(?:[^a-z0-9\n]|{_NUMBER_WORD}){{0,12}}|[$€£] ?)\Z")
_UNIT = re.compile(rf" ?(?:[$€£%°]|(?:{alternatives(_LISTS['units'])})\b(?!'))")
_ADDRESS = re.compile(r"://|www\.|\.[a-z]{2,8}/")
_DECIMAL = re.compile(r"[0-9][.,]\Z")
_DIALLED = re.compile(r"wa\.me/|tel:|phone=")
_LETTER = re.compile("[a-z]")
_UNITS = frozenset(_LISTS["units"])
_CONTEXT = 60
_MOST_POSING = 7
_COUNTING = ("3456789", "987654321")
"""What tells counting up or down from dialling, where the numbers stand apart."""


def is_plausible(reading: Reading, run: Run, candidate: Candidate) -> bool:
    """Tell whether a candidate can be dialled, looks like a phone, and is not said to be something else."""
    return (
        is_dialled(candidate.digits)
        and _has_phone_shape(reading, run, candidate)
        and _gaps_are_hiding(reading, run, candidate)
        and not _is_something_else(reading, run, candidate)
    )


def _has_phone_shape(reading: Reading, run: Run, candidate: Candidate) -> bool:
    atoms = run.atoms[candidate.first : candidate.last]
    if sum(atom.posing for atom in atoms) > _MOST_POSING:
        return False
    if len(atoms) > 7 and any(row in candidate.digits for row in _COUNTING):
        return False
    if _is_announced(reading, atoms[0].start):
        return True
    if not _commas_part_groups(run, candidate):
        return False
    return candidate.natural or all(atom.word for atom in atoms) or _is_regrouped(run, candidate)


def _commas_part_groups(run: Run, candidate: Candidate) -> bool:
    """Tell a number with pauses from a list of numbers: commas stand between groups, or between all digits of one.

    A Canadian number said in a column, a word or two a line, is one too.
    """
    if _is_column(run, candidate):
        return True
    counts = dict(zip(candidate.ends, candidate.cuts, strict=True))
    commas: set[int | None] = set()
    others: set[int | None] = set()
    for at in range(candidate.first, candidate.last - 1):
        gap = run.gaps[at]
        (commas if gap.kind == PAUSE and not _LETTER.search(gap.text) else others).add(counts.get(at + 1))
    single = len(candidate.cuts) == len(candidate.digits)
    return commas <= {3, 6, 7, 8, 9} or (single and others <= {3, 6})


def _is_column(run: Run, candidate: Candidate) -> bool:
    atoms = run.atoms[candidate.first : candidate.last]
    gaps = run.gaps[candidate.first : candidate.last - 1]
    return (
        all(atom.word for atom in atoms)
        and all(gap.text.strip(" ") == "\n" for gap in gaps if gap.kind == PAUSE)
        and is_canadian(candidate.digits)
    )


def _is_regrouped(run: Run, candidate: Candidate) -> bool:
    """Tell a Canadian number in unusual groups ("51 45 55 01 86", "51455501 86") from sizes, prices or scores in a row.

    One group begins with 0, or is too long to count anything.
    """
    atoms = run.atoms[candidate.first : candidate.last]
    marks = {gap.text for gap in run.gaps[candidate.first : candidate.last - 1]}
    if marks not in ({" "}, {"-"}, {"."}) or any(len(atom.digits) < 2 or atom.posing for atom in atoms):
        return False
    counted = all(atom.digits[0] != "0" and len(atom.digits) < 7 for atom in atoms)
    return not counted and is_canadian(candidate.digits)


def _is_announced(reading: Reading, start: int) -> bool:
    return bool(_CUE.search(reading.text, max(0, start - _CONTEXT), start))


def _gaps_are_hiding(reading: Reading, run: Run, candidate: Candidate) -> bool:
    """Tell three groups of one number, with words or commas between them, from three numbers in a sentence.

    A number that is announced as a phone is one. Else its last group must begin with 0, as no count or amount does, or
    be spoken, and words between the groups must be fillers or the same each time.
    """
    gaps = run.gaps[candidate.first : candidate.last - 1]
    wordy = [gap.text for gap in gaps if gap.kind == WORDY]
    if not _stand_between_groups(run, candidate) or any(word in _UNITS for text in wordy for word in text.split()):
        return False
    if len({gap.text for gap in gaps}) > 1 and any("=" in gap.text for gap in gaps):  # a sum
        return False
    if any(gap.text == "x" for gap in gaps) and not _is_no_count(candidate):  # a measure
        return False
    if all(gap.kind == GLUE for gap in gaps) or _is_announced(reading, run.atoms[candidate.first].start):
        return True
    return _is_no_count(candidate) and (not wordy or (len(wordy) > 1 and len(set(wordy)) == 1))


def _stand_between_groups(run: Run, candidate: Candidate) -> bool:
    counts = dict(zip(candidate.ends, candidate.cuts, strict=True))
    return all(
        counts.get(at + 1) in {3, 6, 8}
        for at in range(candidate.first, candidate.last - 1)
        if run.gaps[at].kind == WORDY
    )


def _is_no_count(candidate: Candidate) -> bool:
    """Tell whether the line number cannot be a quantity: it begins with 0, or is read out in parts."""
    line = next((at for at, cut in zip(candidate.ends, candidate.cuts, strict=True) if cut == 6), None)
    return line is None or candidate.digits[6] == "0" or candidate.last - line > 1


def _is_something_else(reading: Reading, run: Run, candidate: Candidate) -> bool:
    """Tell whether an order number, an amount, a measure or a web address holds these digits."""
    text, start, end = reading.text, run.atoms[candidate.first].start, run.atoms[candidate.last - 1].end
    before = text[max(0, start - _CONTEXT) : start]
    token = before.rsplit(None, 1)[-1] if before and not before[-1].isspace() else ""
    if _ADDRESS.search(token):
        return not _DIALLED.search(token)
    if _DECIMAL.search(before) and candidate.cuts == (10,):
        return True
    if token.endswith("#") and candidate.cuts == (10,):
        return not _is_announced(reading, start)
    return bool(_ORDER.search(before) or _UNIT.match(text, end))

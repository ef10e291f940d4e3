"""Ages of persons and age limits, in digits or words, with how they are asserted.

Each number of the text is looked at once, with what stands before and after it. Three things make it an age: a unit
("15 ans", "16yo"), a way of claiming one ("chu 16", "she's 15", "Zoé, 22,"), or a form used for nothing else ("18+",
"16f", "16e anniversaire"). Years of experience, of a lease or of a dog make it none; nor do U15, times and prices.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from nlp.cities import canonical_city
from nlp.entities import age_forms as forms
from nlp.entities.found import Found, Reading
from nlp.entities.numbers import ORDINALS, Numeral
from nlp.types import Assertion

_FAR = 60
"""How many characters before and after a number are looked at."""
_NEAR = 40
"""How far before a number the words may begin that claim it as an age."""
_GROWING = range(5, 100)
"""Ages that are told without a unit; younger children's always come with one."""
_GROWN = range(12, 80)
"""Ages that a bare number in a list or beside a name can be."""


@dataclass(frozen=True, slots=True)
class _Age:
    end: int
    assertion: Assertion


class _Place:
    """One number and what surrounds it; the left side begins at the clause."""

    def __init__(self, reading: Reading, number: Numeral) -> None:
        self.reading = reading
        self.number = number
        self.right = reading.text[number.end : number.end + _FAR]

    @cached_property
    def left(self) -> str:
        before = self.reading.text[max(0, self.number.start - _FAR) : self.number.start]
        cuts = [cut.end() for cut in forms.CLAUSE.finditer(before)]
        return (before[cuts[-1] :] if cuts else before).lstrip()

    @cached_property
    def opens_line(self) -> bool:
        """Whether nothing but space stands before the number on its line."""
        start = self.number.start
        return not self.reading.text[self.reading.text.rfind("\n", max(0, start - _FAR), start) + 1 : start].strip()


def find_ages(reading: Reading) -> list[Found]:
    """Return the ages in years, 1 to 99; the extra says how each is asserted. A range gives both its ends."""
    numbers = [number for number in reading.numerals if 0 < number.value < 100]
    ages = {at: age for at, number in enumerate(numbers) if (age := _age(_Place(reading, number))) is not None}
    for at in reversed(range(len(numbers) - 1)):
        _join(reading, numbers, ages, at)
    spelled = (
        Found(
            ORDINALS[found["ordinal"].replace(" ", "-")],
            found.start(),
            found.end("ordinal"),
            (("assertion", "ordinal"),),
        )
        for found in forms.BIRTHDAY_SPELLED.finditer(reading.text)
    )
    told = (
        Found(numbers[at].value, numbers[at].start, age.end, (("assertion", age.assertion),))
        for at, age in ages.items()
    )
    return [*spelled, *told]


def _age(place: _Place) -> _Age | None:
    if (
        forms.IN_NUMBER.match(place.right)
        or forms.IN_NUMBER_LEFT.search(place.left)
        or forms.NO_AGE_LEFT.search(place.left)
    ):
        return None
    years = forms.YEARS.match(place.right)
    length = years.end() if years else 0
    after = place.right[length:]
    if forms.BIRTHDAY.match(place.right) or forms.SWEET.search(place.left):
        return _Age(place.number.end, "ordinal")
    if years and _counts_something_else(place, after):
        return None
    if not years and not _is_told_bare(place):
        return None
    return _Age(place.number.end + length, _assertion(place, after))


def _counts_something_else(place: _Place, after: str) -> bool:
    """Tell whether these years are a span of time, or those of an animal or a thing."""
    if forms.SPAN_RIGHT.match(after) or (forms.SPAN_LEFT.search(place.left) and not forms.LIMIT_RIGHT.match(after)):
        return True
    if (of := forms.YEARS_OF.match(after)) and canonical_city(of["what"]) is None:
        return True
    if forms.AGO.search(place.left) and (" il " in f" {place.left}" or place.number.value not in range(12, 20)):
        return True
    return _belongs_to_a_thing(place)


def _belongs_to_a_thing(place: _Place) -> bool:
    if (old := forms.OLD.match(place.right)) and ({old["what"], old["more"]} & forms.THINGS):
        return True
    for word in reversed(forms.WORD.findall(forms.LONG_NUMBER.split(place.left)[-1])):
        if word in forms.PERSONS or word in forms.FIRSTS:
            return False
        if word in forms.THINGS:
            return True
    return False


def _is_told_bare(place: _Place) -> bool:
    """Tell whether a number without "ans" or "years old" is an age all the same."""
    if place.number.value not in _GROWING:
        return False
    told = _is_limit(place) or _is_claimed(place) or (place.number.value in _GROWN and _is_listed(place))
    return told and not _belongs_to_a_thing(place)


def _is_limit(place: _Place) -> bool:
    if found := forms.AND_MORE.match(place.right):
        return place.number.value in _GROWN and _stands_alone(place.right[found.end() :])
    return (
        bool(forms.LIMIT_LEFT.search(place.left[-_NEAR:]))
        and place.number.value in _GROWN
        and (_stands_alone(place.right) or bool(forms.TO_DO.match(place.right)))
    )


def _is_claimed(place: _Place) -> bool:
    left, right = place.left[-_NEAR:], place.right
    if left[-2:-1].isdigit():  # "5 5 5": nobody is spoken of
        return False
    if any(form.search(left) for form in (forms.CLAIM, forms.BE, forms.OF)):
        return _counts_nothing(right)
    if forms.ASIDE.search(left) or forms.HAVE.search(left) or forms.JUST.search(left) or forms.HAD.search(left):
        return _stands_alone(right)
    return bool(forms.SEX.match(right)) and place.number.value in range(12, 46)


def _is_listed(place: _Place) -> bool:
    """Tell an age beside a name, in a bio line, at the head of a post, or in "at 17 she …"."""
    left, right = place.left, place.right
    if forms.BIO_RIGHT.match(right) and (forms.BIO_LEFT.search(left) or place.opens_line):
        return True
    if place.opens_line and place.number.start < _FAR // 4 and place.number.value < 30 and forms.OPENING.match(right):
        return True
    if forms.AT.search(left) and forms.SUBJECT_RIGHT.match(right):
        return True
    return bool(forms.CLOSED.match(right)) and _follows_a_name(place)


def _follows_a_name(place: _Place) -> bool:
    """Tell whether a capitalised word, no city, stands right before: "Zoé, 22", "Zoé (22)", "Zoé 22 + Lia 21"."""
    words = list(forms.WORD.finditer(place.left))
    if not words or place.left[words[-1].end() :] not in {" ", ", ", " (", ",", "("}:
        return False
    offset = place.number.start - len(place.left)
    typed = place.reading.as_typed(offset + words[-1].start(), offset + words[-1].end())
    if words[-1][0] == "here" and place.left.endswith(", "):
        return True
    return typed[:1].isupper() and words[-1][0] not in forms.NO_NAMES and canonical_city(typed) is None


def _next_word(right: str) -> str:
    found = forms.WORD.match(right.lstrip(" -"))
    return found[0] if found else ""


def _counts_nothing(right: str) -> bool:
    return _next_word(right) not in forms.UNITS | forms.THINGS


def _stands_alone(right: str) -> bool:
    """Tell whether the number counts nothing: the clause ends, or a word follows that is no noun."""
    word = _next_word(right)
    return not word or word in forms.FOLLOWERS


def _assertion(place: _Place, after: str) -> Assertion:
    if forms.LIMIT_RIGHT.match(after) or forms.LIMIT_LEFT.search(place.left):
        return "limit"
    if (
        forms.JUST.search(place.left)
        or (forms.SINCE.match(after) and not forms.OF.search(place.left))
        or (forms.HAD.search(place.left) and forms.RECENT.match(after))
    ):
        return "just_turned"
    return "other_person" if _is_of_another(place, after) else "claimed"


def _is_of_another(place: _Place, after: str) -> bool:
    if forms.BARE_OF.search(place.left):  # "Fille de 19 ans cherche …": who writes
        return bool(forms.NEWS.match(after))
    if forms.OWNED.search(place.left) and _is_years(place):  # "my 15 year old", "pour tes 15 ans"
        return True
    if forms.AT.search(place.left) and (at_that_age := forms.SUBJECT_RIGHT.match(place.right)):
        return bool(at_that_age["third"])
    subjects = list(forms.SUBJECT.finditer(place.left))
    if subjects:
        return bool(subjects[-1]["third"])
    old = forms.OLD.match(place.right)
    return (
        bool(place.left and old and old["what"] in forms.PERSONS)
        or bool(forms.NEWS.match(after))
        or bool(forms.ASIDE.search(place.left))
    )


def _is_years(place: _Place) -> bool:
    return bool(forms.OLD.match(place.right) or forms.YEARS.match(place.right))


def _join(reading: Reading, numbers: list[Numeral], ages: dict[int, _Age], at: int) -> None:
    """Read two neighbouring numbers as one range, or the first as an age because the second is one."""
    first, second = numbers[at], numbers[at + 1]
    joint = forms.JOINT.fullmatch(reading.text, first.end, second.start)
    if not joint:
        return
    left = _Place(reading, first).left
    after = reading.text[second.end : second.end + _FAR]
    paired = at in ages and joint["both"] and second.value in _GROWN
    alone = _stands_alone(after)
    if at + 1 not in ages and not (paired and alone) and not _is_range_of_persons(first, second, left, after):
        return
    if forms.IN_NUMBER_LEFT.search(left[-8:]) or (
        forms.SPAN_LEFT.search(left) and not (first.value in _GROWING and left.endswith(forms.TO_THE))
    ):
        return
    later = ages.get(at + 1, _Age(second.end, ages[at].assertion if paired else "range"))
    is_range = first.value < second.value and (not joint["both"] or forms.BETWEEN.search(left) is not None)
    assertion: Assertion = "range" if is_range and later.assertion != "ordinal" else later.assertion
    ages[at] = _Age(first.end, assertion)
    ages[at + 1] = _Age(later.end, assertion)


def _is_range_of_persons(first: Numeral, second: Numeral, left: str, after: str) -> bool:
    if first.value not in _GROWING or second.value not in _GROWN or first.value >= second.value:
        return False
    sought = forms.SOUGHT.search(left)
    if not sought:
        return False
    return _counts_nothing(after) if sought["aged"] else _stands_alone(after)

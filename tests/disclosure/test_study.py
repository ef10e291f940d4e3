"""Tokens and dates of a study: the same for one person, unlinkable between studies, nothing without the key."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare, kendalltau

from disclosure.study import FORM, MOST_DAYS, StudyKey, new_secret, shifted, window

SECRET = st.binary(min_size=32, max_size=32)
NAME = st.text(min_size=1, max_size=12)
PEOPLE = [f"+1514555{n:04d}" for n in range(100, 200)]


@given(SECRET, NAME, NAME, NAME)
@settings(max_examples=100, deadline=None)
def test_same_person_same_token(secret: bytes, study: str, kind: str, value: str) -> None:
    token = StudyKey(study, secret).token(kind, value)
    assert token == StudyKey(study, secret).token(kind, value)
    assert re.fullmatch(FORM, token)
    assert StudyKey(study, secret).shift(token) == StudyKey(study, secret).shift(token)


@given(SECRET, NAME, st.lists(st.tuples(NAME, NAME), unique=True, min_size=2, max_size=20))
@settings(max_examples=50, deadline=None)
def test_different_persons_different_tokens(secret: bytes, study: str, people: list[tuple[str, str]]) -> None:
    key = StudyKey(study, secret)
    assert len({key.token(*person) for person in people}) == len(people)
    assert key.token("ab", "c") != key.token("a", "bc")


@given(SECRET, SECRET, NAME, NAME)
@settings(max_examples=50, deadline=None)
def test_no_token_of_one_study_stands_in_another(one: bytes, two: bytes, first: str, second: str) -> None:
    keys = {(first, one), (first, two), (second, one), (second, two)}
    made = [{StudyKey(study, secret).token("phone", value) for value in PEOPLE[:5]} for study, secret in keys]
    assert len(set().union(*made)) == 5 * len(keys)


def test_tokens_of_two_studies_have_nothing_in_common() -> None:
    secret = bytes(range(32))
    keys = [StudyKey("a", secret), StudyKey("b", secret), StudyKey("a", bytes(32))]
    people = [f"account{n}" for n in range(600)]
    tokens = [[key.token("handle", value) for value in people] for key in keys]
    for one, two in ((0, 1), (0, 2), (1, 2)):
        assert kendalltau(tokens[one], tokens[two]).pvalue > 0.001
        same = sum(
            a == b for x, y in zip(tokens[one], tokens[two], strict=True) for a, b in zip(x[:25], y[:25], strict=True)
        )
        assert abs(same / (600 * 25) - 1 / 32) < 0.01
        shifts = [[key.shift(token).days for token in tokens[0]] for key in (keys[one], keys[two])]
        assert kendalltau(*shifts).pvalue > 0.001


def test_without_the_key_trying_every_number_finds_nobody() -> None:
    token = StudyKey("a", new_secret()).token("phone", PEOPLE[7])
    for value in PEOPLE:
        for said in (value, f"phone\0{value}", f"phone{value}"):
            for digest in (hashlib.sha256(said.encode()), hmac.new(b"a", said.encode(), "sha256")):
                assert digest.hexdigest()[:16] != token[:16]
        for guess in (bytes(32), b"a" * 32):
            assert StudyKey("a", guess).token("phone", value) != token


def test_a_key_shows_nothing_of_itself() -> None:
    secret = new_secret()
    shown = repr(StudyKey("a", secret)) + str(StudyKey("a", secret))
    assert secret.hex() not in shown
    assert repr(secret) not in shown


@given(SECRET, st.lists(st.dates(date(2020, 1, 1), date(2030, 1, 1)), min_size=2, max_size=6))
@settings(max_examples=50, deadline=None)
def test_times_between_one_persons_dates_stay(secret: bytes, days: list[date]) -> None:
    key = StudyKey("a", secret)
    by = key.shift(key.token("handle", "x"))
    assert abs(by.days) <= MOST_DAYS
    moved = [shifted(day, by, (date.min, date.max)) for day in days]
    for before, after in zip(days, moved, strict=True):
        assert after is not None
        assert moved[0] is not None
        assert after - moved[0] == before - days[0]


def test_every_shift_is_as_likely() -> None:
    key = StudyKey("a", bytes(range(32)))
    days = [key.shift(f"t{n}", most=5).days for n in range(5500)]
    assert chisquare([days.count(day) for day in range(-5, 6)]).pvalue > 0.001


def test_a_date_in_the_window_tells_nothing_of_its_shift() -> None:
    first, last = date(2026, 1, 1), date(2026, 3, 1)
    within = window(first, last, 10)
    assert within == (date(2026, 1, 11), date(2026, 2, 19))
    for shift in range(-10, 11):  # every date of the window can come from every shift
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        moved = {shifted(day, timedelta(days=shift), within) for day in days} - {None}
        assert len(moved) == (within[1] - within[0]).days + 1


def test_what_cannot_be_used() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        StudyKey("a", b"short")
    with pytest.raises(ValueError, match="has a name"):
        StudyKey("", bytes(32))
    with pytest.raises(ValueError, match="empty value"):
        StudyKey("a", bytes(32)).token("phone", "")
    with pytest.raises(ValueError, match="at least a day"):
        StudyKey("a", bytes(32)).shift("t", 0)
    with pytest.raises(ValueError, match="more than 364 days"):
        window(date(2026, 1, 1), date(2026, 6, 1))

"""Hours of Québec's clock as moments, over midnight and where clocks change; working hours as stretches."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.clock import house_zone
from triage_api.access.shifts import read_shift
from triage_api.duty.hours import at, merged, next_time, stretches


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "hour", "moment"),
    [
        (utc(2026, 3, 2, 14, 30), time(17), utc(2026, 3, 2, 22)),  # 09:30 in Québec
        (utc(2026, 3, 3, 3), time(6), utc(2026, 3, 3, 11)),  # 22:00 until 06:00: over midnight
        (utc(2026, 3, 2, 22), time(17), utc(2026, 3, 3, 22)),  # it is 17:00: tomorrow's
        (utc(2026, 3, 8, 3), time(7), utc(2026, 3, 8, 11)),  # the night that is an hour shorter
        (utc(2026, 3, 8, 3), time(2, 30), utc(2026, 3, 8, 7, 30)),  # an hour that no clock shows: 03:30
        (utc(2026, 11, 1, 2), time(7), utc(2026, 11, 1, 12)),  # the night that is an hour longer
        (utc(2026, 11, 1, 2), time(1, 30), utc(2026, 11, 1, 5, 30)),  # the first of the two
        (utc(2026, 11, 1, 5, 45), time(1, 30), utc(2026, 11, 1, 6, 30)),  # 01:45, the first time: the second 01:30
        (utc(2026, 11, 1, 6, 45), time(1, 30), utc(2026, 11, 2, 6, 30)),
    ],
)
def test_the_next_time_that_the_clock_shows_an_hour(now, hour, moment):
    assert next_time(hour, now) == moment


@given(
    st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: utc(2026, 1, 1) + timedelta(minutes=minutes)),
    st.times().map(lambda hour: hour.replace(second=0, microsecond=0)),
)
def test_it_always_comes_within_a_day_and_shows_that_hour_unless_it_is_left_out(now, hour):
    found = next_time(hour, now)
    assert now < found <= now + timedelta(hours=25)
    shown = found.astimezone(house_zone())
    left_out = shown.date() in (date(2026, 3, 8), date(2027, 3, 14)) and hour.hour == 2
    assert left_out or (shown.hour, shown.minute) == (hour.hour, hour.minute)


def test_a_shift_over_midnight_is_one_stretch():
    since, until = utc(2026, 3, 2, 12), utc(2026, 3, 9, 12)
    assert list(stretches(read_shift("ven 22:00-06:00"), since, until)) == [(utc(2026, 3, 7, 3), utc(2026, 3, 7, 11))]


def test_a_shift_from_sunday_to_monday_is_seen_on_monday_morning():
    now = utc(2026, 3, 2, 9)  # Monday, 04:00
    found = list(stretches(read_shift("dim 22:00-06:00"), now - timedelta(hours=12), now + timedelta(hours=12)))
    assert found == [(utc(2026, 3, 2, 3), utc(2026, 3, 2, 11))]


@pytest.mark.parametrize(
    ("saturday", "begins", "ends", "hours"),
    [
        (date(2026, 3, 7), utc(2026, 3, 8, 3), utc(2026, 3, 8, 10), 7),
        (date(2026, 10, 31), utc(2026, 11, 1, 2), utc(2026, 11, 1, 11), 9),
        (date(2026, 6, 6), utc(2026, 6, 7, 2), utc(2026, 6, 7, 10), 8),
    ],
)
def test_a_night_shift_has_the_hours_that_the_night_has(saturday, begins, ends, hours):
    noon = at(saturday, time(12))
    assert list(stretches(read_shift("sam 22:00-06:00"), noon, noon + timedelta(days=1))) == [(begins, ends)]
    assert ends - begins == timedelta(hours=hours)


def test_around_the_clock_is_one_stretch_whatever_the_clocks_do():
    for around in (utc(2026, 3, 8), utc(2026, 11, 1)):
        since, until = around - timedelta(days=9), around + timedelta(days=9)
        assert merged(stretches(read_shift("24/7"), since, until)) == [(since, until)]


def test_spans_that_touch_or_overlap_are_one():
    hour = [utc(2026, 3, 2, hour) for hour in range(10)]
    spans = [(hour[5], hour[6]), (hour[0], hour[2]), (hour[2], hour[3]), (hour[1], hour[2]), (hour[7], hour[9])]
    assert merged(spans) == [(hour[0], hour[3]), (hour[5], hour[6]), (hour[7], hour[9])]

"""Weights come from the house: what is common there says little, and two that go together count about once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from triage_api.oversight.looks import Look
from triage_api.oversight.ranking import RANDOM_EVERY, draw, scored

START = datetime(2026, 1, 7, tzinfo=UTC)


def some(name: str, count: int, *how: str, user: str = "a", **who: str) -> list[Look]:
    return [
        Look(user, START + timedelta(minutes=n), search=f"s-{name}-{n:04}", how=set(how), who=dict(who))
        for n in range(count)
    ]


def weight(looks: list[Look], one: Look) -> float:
    return scored(looks)[id(one)]


def test_what_is_common_in_a_house_says_little():
    rare = [*some("plain", 990), *some("night", 10, "off_shift")]
    common = [*some("plain", 200), *some("night", 800, "off_shift")]
    assert weight(rare, rare[-1]) > 3
    assert weight(common, common[-1]) < 0.1
    everybody = some("night", 1000, "no_request")
    assert weight(everybody, everybody[0]) < 0


def test_reasons_that_always_come_together_count_about_as_one():
    together = [*some("plain", 950), *some("both", 50, "off_shift", "no_request")]
    apart = [*some("plain", 905), *some("off", 47, "off_shift"), *some("none", 47, "no_request")]
    apart += some("both", 1, "off_shift", "no_request")
    assert weight(apart, apart[-1]) > weight(together, together[-1]) + 1


def test_a_name_that_many_look_for_says_less():
    looks = [*some("plain", 900), *some("own", 1, same_surname="rare"), *some("own2", 1, same_surname="common")]
    for look in looks[:60]:
        look.user, look.asked = "b", frozenset({"common"})
    rare, common = scored(looks)[id(looks[-2])], scored(looks)[id(looks[-1])]
    assert rare > common + 1


def test_the_next_look_ups_of_one_thing_say_less():
    looks = [*some("plain", 500), *some("again", 15)]
    for look in looks[500:]:
        look.times, look.thing = 15, 1
    scores = sorted((scored(looks)[id(look)] for look in looks[500:]), reverse=True)
    assert scores[0] > 3
    assert scores[0] > 1.5 * scores[1] > 2 * scores[3]


def test_every_sixth_place_is_drawn_by_chance_and_the_seed_says_which():
    looks = [*some("plain", 300), *some("night", 80, "off_shift")]
    scores = scored(looks)
    drawn = draw(looks, scores, 60, "graine")
    assert [place for place, one in enumerate(drawn, 1) if one.sample == "random"] == list(range(6, 61, RANDOM_EVERY))
    assert all(one.look.how for one in drawn if one.sample == "targeted")
    assert len({one.look.search for one in drawn}) == 60
    same, other = draw(looks[::-1], scores, 60, "graine"), draw(looks, scores, 60, "autre")
    assert [one.look for one in same] == [one.look for one in drawn]
    assert [one.look for one in other] != [one.look for one in drawn]


def test_chance_fills_up_where_little_stands_out():
    looks = [*some("plain", 30), *some("night", 3, "off_shift")]
    drawn = draw(looks, scored(looks), 60, "graine")
    assert len(drawn) == 33
    assert sum(one.sample == "targeted" for one in drawn) == 3
    assert draw([], {}, 60, "graine") == []


def test_anybody_can_be_drawn_by_chance():
    looks = some("plain", 40)
    seen = {one.look.search for seed in range(60) for one in draw(looks, scored(looks), 6, str(seed))}
    assert len(seen) == 40

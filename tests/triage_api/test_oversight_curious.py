"""Twenty planted look-ups among two thousand: at least eighteen stand in the first sixty of the review."""

from __future__ import annotations

import pytest
from curious_house import END, KNOWN, START, day_house, watch_house
from sqlalchemy import select

from store.tables import RegisterEntry, Review
from triage_api.access.models import Person, Role
from triage_api.oversight.drawing import draw_reviews
from triage_api.oversight.review_models import DrawIn

pytestmark = [pytest.mark.team_slow, pytest.mark.thorough]

HOUSES = {
    "day": day_house,
    "no requests": lambda store, seed: watch_house(store, seed, always=False),
    "round the clock": lambda store, seed: watch_house(store, seed, always=True),
}


MOST = {"day": 5, "no requests": 3, "round the clock": 3}


@pytest.mark.parametrize("twin", ["embedded"])  # what is weighed does not depend on the database
@pytest.mark.parametrize(
    ("style", "seed"), [(style, seed) for style, most in MOST.items() for seed in range(1, most + 1)]
)
def test_the_review_lists_the_curious(style, seed, make_store, tmp_path, capsys, twin):
    found, missed, told = review_of(style, seed, make_store, tmp_path)
    with capsys.disabled():
        print(f"\n{style}, seed {seed}: {found} of 20 among {told.searches}; missed {missed}")  # noqa: T201 - asked for
    assert told.targeted + told.random == 60
    assert told.random >= 10
    assert found >= 18


def test_the_review_lists_the_curious_on_both_scales(make_store, tmp_path):
    found, _, told = review_of("day", 6, make_store, tmp_path)
    assert told.well_known
    assert found >= 18


def review_of(style, seed, make_store, tmp_path):
    """Draw sixty in a made-up house; return how many planted ones are listed, the kinds of the rest, and the draw."""
    names = tmp_path / "names.txt"
    names.write_text("\n".join(KNOWN), "utf-8")
    store = make_store(well_known_names_file=names)
    house = HOUSES[style](store, seed)
    house.save()
    assert len(house.planted) == 20
    auditor = Person("u-audit", "audit", "pic-99", "", frozenset({Role.AUDITOR}), "fr")
    told = draw_reviews(store, auditor, DrawIn(since=START, until=END, size=60))
    listed = drawn_in(store)
    missed = [kind for kind, marks in house.planted if not marks & listed]
    return len(house.planted) - len(missed), missed, told


def drawn_in(store) -> set[str]:
    with store.database.reading() as session:
        rows = list(session.scalars(select(Review)))
        entries = [session.get(RegisterEntry, row.entry) for row in rows if row.entry]
        return {row.search_id for row in rows} | {f"{one.event}:{one.public[9:].split(chr(34))[0]}" for one in entries}

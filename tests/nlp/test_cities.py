"""The gazetteer."""

from __future__ import annotations

import pytest

from nlp.cities import OUTSIDE, canonical_city, gazetteer, region_of

QUEBEC_REGIONS = {
    "Bas-Saint-Laurent", "Saguenay–Lac-Saint-Jean", "Capitale-Nationale", "Mauricie", "Estrie", "Montréal",
    "Outaouais",
    "Abitibi-Témiscamingue", "Côte-Nord", "Nord-du-Québec", "Gaspésie–Îles-de-la-Madeleine",
    "Chaudière-Appalaches", "Laval",
    "Lanaudière", "Laurentides", "Montérégie", "Centre-du-Québec",
}  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "city", "region"),
    [
        ("mtl", "Montréal", "Montréal"),
        ("MONTREAL", "Montréal", "Montréal"),
        ("St-Jérome", "Saint-Jérôme", "Laurentides"),
        ("ste foy", "Sainte-Foy", "Capitale-Nationale"),
        ("Val d’Or", "Val-d'Or", "Abitibi-Témiscamingue"),
        ("3-Rivières", "Trois-Rivières", "Mauricie"),
        ("TR", "Trois-Rivières", "Mauricie"),
        ("chicoutimi", "Chicoutimi", "Saguenay–Lac-Saint-Jean"),
        ("Quebec City", "Québec", "Capitale-Nationale"),
        ("ottawa", "Ottawa", OUTSIDE),
    ],
)
def test_spellings(typed: str, city: str, region: str) -> None:
    assert canonical_city(typed) == city
    assert region_of(city) == region


@pytest.mark.parametrize("typed", ["", "Hochelaga", "Estrie", "Montréalais", "rue Verdun", "!!", "\ud800"])
def test_no_city(typed: str) -> None:
    assert canonical_city(typed) is None


def test_region_of_an_unknown_city_is_empty() -> None:
    assert region_of("Springfield") == ""


def test_every_region_is_one_of_the_seventeen_or_outside() -> None:
    assert set(gazetteer().regions.values()) == QUEBEC_REGIONS | {OUTSIDE}


def test_every_canonical_name_is_its_own_spelling() -> None:
    assert {city: canonical_city(city) for city in gazetteer().regions} == {city: city for city in gazetteer().regions}

"""Hierarchies of places: city, administrative region, group of neighbouring regions, Québec or elsewhere.

The groups are this project's own, by neighbourhood and so that each holds at least one large city or is large itself;
no office uses them, and none of them says anything about who lives there.
"""

from __future__ import annotations

from disclosure.hierarchies import Hierarchy, Step, grouped
from nlp.cities import OUTSIDE, canonical_city, region_of

_GROUPS = {
    "Montréal et couronne": ("Montréal", "Laval", "Lanaudière", "Laurentides", "Montérégie"),
    "Québec et Chaudière-Appalaches": ("Capitale-Nationale", "Chaudière-Appalaches"),
    "Centre et Sud": ("Mauricie", "Estrie", "Centre-du-Québec"),
    "Ouest et Nord": ("Outaouais", "Abitibi-Témiscamingue", "Nord-du-Québec"),
    "Est": ("Bas-Saint-Laurent", "Saguenay–Lac-Saint-Jean", "Côte-Nord", "Gaspésie–Îles-de-la-Madeleine"),
    OUTSIDE: (OUTSIDE,),
}
GROUP_OF = {region: group for group, regions in _GROUPS.items() for region in regions}
"""The group of each administrative region, as `nlp.cities` names them."""
_COUNTRY = {group: OUTSIDE if group == OUTSIDE else "Québec" for group in _GROUPS}


def regions(column: str) -> Hierarchy:
    """Return region, group, Québec; regions as `nlp.cities.region_of` names them."""
    return grouped(column, ("group", GROUP_OF), ("Québec", _COUNTRY))


def cities(column: str) -> Hierarchy:
    """Return city, region, group, Québec; cities in any spelling that the gazetteer knows."""
    return Hierarchy(column, (Step("region", _region), *regions(column).steps))


def _region(city: str) -> str:
    region = region_of(canonical_city(city) or city)
    if not region:
        raise ValueError("not a city that the gazetteer knows")
    return region

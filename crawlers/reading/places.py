"""Places that tags and categories name."""

from __future__ import annotations

from collections.abc import Iterable

from nlp.cities import canonical_city, region_of


def place(names: Iterable[str], region: str) -> dict[str, str]:
    """Return the first city among the names with its region, as fields of a post; without one, the given region."""
    city = next(filter(None, map(canonical_city, names)), "") or ""
    return {"city": city, "region": region_of(city) or region}

"""How numbers of posts are told: as bands, so that nobody can count the posts behind a term."""

from __future__ import annotations

from bisect import bisect_right

_LEAST = (5, 10, 20, 50, 100, 200, 500, 1000)


def least_of(posts: int) -> int:
    """Return the lower end of the band that a number of posts lies in; 5 is the lowest."""
    return _LEAST[max(bisect_right(_LEAST, posts) - 1, 0)]


def most_of(posts: int) -> int | None:
    """Return the upper end of the band that a number of posts lies in; None for the widest one."""
    above = bisect_right(_LEAST, posts)
    return _LEAST[max(above, 1)] - 1 if above < len(_LEAST) else None

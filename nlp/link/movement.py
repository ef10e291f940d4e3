"""Where a campaign went: its posts' cities over time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """One post of a campaign: the canonical name of its city, and when it was published or, if unknown, taken in."""

    city: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Stay:
    """A stay in one city: the moments of its first and last post."""

    city: str
    first: datetime
    last: datetime


def movement(posts: Iterable[Seen]) -> list[Stay]:
    """Return the stays of a campaign in order; posts of one city with none of another between them are one stay.

    A city that is come back to stands twice. Posts of one moment are taken in the order of their cities' names.
    """
    stays: list[Stay] = []
    for post in sorted(posts, key=lambda seen: (seen.at, seen.city)):
        if stays and stays[-1].city == post.city:
            stays[-1] = replace(stays[-1], last=post.at)
        else:
            stays.append(Stay(post.city, post.at, post.at))
    return stays

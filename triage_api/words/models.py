"""Shapes of emerging words: terms with bands, never an exact figure and nothing that leads to a post."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from nlp.emerging import WordList

State = Literal["candidate", "shared", "hidden"]


class Posts(BaseModel):
    """How many different texts hold a term, as a band; `most` is None for the widest one."""

    least: int
    most: int | None


class SharedWord(BaseModel):
    """A term as partners and researchers see it."""

    list: WordList
    term: str
    fresh: bool
    """Whether no flagged post of the weeks before held it."""
    since: datetime
    """When it was first found to rise."""


class Word(SharedWord):
    """A term as whoever decides on it sees it."""

    id: str
    posts: Posts
    rank: int
    """Its place in its list, 1 for what rose most."""
    state: State
    decided_by: str | None
    decided_at: datetime | None


class WordsPage(BaseModel):
    """The lists: words in the order of their rise, and when they were found."""

    items: list[Word] | list[SharedWord]
    found_at: datetime | None

"""Emerging words: terms that rise in flagged posts, compared with earlier flagged posts and with unflagged ones.

`odds` weighs how much a term rose, `terms` says what a term is and which list it belongs to, `private` holds back what
may name a person, `voices` tells which posts are of one hand, and `choose` puts them together.
"""

from nlp.emerging.bands import least_of, most_of
from nlp.emerging.choose import FlaggedPost, Rise, UnflaggedPost, Window, emerging
from nlp.emerging.odds import Share, rise
from nlp.emerging.terms import LISTS, MOST_READ, WordList
from nlp.emerging.voices import voices

__all__ = [
    "LISTS",
    "MOST_READ",
    "FlaggedPost",
    "Rise",
    "Share",
    "UnflaggedPost",
    "Window",
    "WordList",
    "emerging",
    "least_of",
    "most_of",
    "rise",
    "voices",
]

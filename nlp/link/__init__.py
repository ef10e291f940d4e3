"""Campaigns: posts joined by a shared contact or by near-duplicate text.

`link` links a whole set of posts; `incremental` links one more to those that are kept, at a cost that does not grow
with their number. Both rest on `arrange`, which decides on one small set of posts that may belong together.
"""

from nlp.link.arrange import Because, Place
from nlp.link.batch import LinkResult, LinkRow, link
from nlp.link.incremental import Changes, Kept, KeptPost, added, removed
from nlp.link.movement import Seen, Stay, movement
from nlp.link.signature import BANDS, Signature, signature

__all__ = [
    "BANDS",
    "Because",
    "Changes",
    "Kept",
    "KeptPost",
    "LinkResult",
    "LinkRow",
    "Place",
    "Seen",
    "Signature",
    "Stay",
    "added",
    "link",
    "movement",
    "removed",
    "signature",
]

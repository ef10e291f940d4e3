"""The second peer: scrubadub with the detectors that it has by default, in French and English.

Its detectors of names want a spaCy or NLTK model to be downloaded, so it finds contacts, numbers and addresses of the
web only; that is how `pip install scrubadub` leaves it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from importlib import import_module

SAID = "scrubadub runs its default detectors for fr_CA and en_CA; its finders of names want models that are absent."


def finder() -> Callable[[str], Iterable[tuple[int, int]]]:
    """Return a function from a text to the half-open spans that scrubadub would replace."""
    # Imported here: the peer is optional, and `python -m benchmarks` says how to install it.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scrubadub = import_module("scrubadub")
    scrubbers = [scrubadub.Scrubber(locale=locale) for locale in ("fr_CA", "en_CA")]

    def find(text: str) -> Iterable[tuple[int, int]]:
        return [(filth.beg, filth.end) for scrubber in scrubbers for filth in scrubber.iter_filth(text)]

    return find

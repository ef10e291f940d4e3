"""Words that say that nothing was found: only the answer of that kind says so, beside what was not looked at."""

from __future__ import annotations

import re

from nlp.fold import fold
from store.errors import BadInput

_FOUND = r"(?:trouve|vu|decouvert|repere|releve)\w{0,2}"
_BARE = re.compile(
    rf"\brien\b(?:\W+\w+){{0,3}}?\W+{_FOUND}\b|\b{_FOUND}\W+rien\b"
    r"|\b(?:aucun\w?|pas de)\W+(?:resultats?|traces?|signes?)\b"
    r"|\bnothing\b(?:\W+\w+){0,2}?\W+(?:found|seen|up|online)\b|\b(?:found|saw|see|find)\W+nothing\b"
    r"|\b(?:cherche|recherche|fouille|verifie)\w{0,2}\b[^.!?]{0,30}\by a(?:vait)? rien\b"
    r"|\b(?:searched|looked|checked)\b[^.!?]{0,30}\bthere (?:is|was) nothing\b"
    r"|\bno\W+(?:results?|traces?|signs?)\b|\bn\W?avons\W+rien\b"
)


def says_nothing_found(text: str) -> bool:
    """Tell whether a text says that nothing was found, in the usual words of either language."""
    return _BARE.search(fold(text).text) is not None


def refuse_bare(text: str) -> None:
    """Raise `BadInput` (`bare_nothing`, at ``text``) for a text that says that nothing was found."""
    if says_nothing_found(text):
        raise BadInput(
            'Say this with the answer "nothing found": it names what was not looked at.',
            code="bare_nothing",
            field="text",
        )

"""An answer as it is kept and as each side is shown it: the desk with what it rests on, the partner without."""

from __future__ import annotations

from store.tables import Request
from triage_api.access.policy import Reach
from triage_api.grounds.models import Words
from triage_api.requests.models import AnswerOut
from triage_api.requests.sealing import opened, sealed
from triage_api.shell.languages import LANGS, say
from triage_api.sources.coverage import without_names


def keep_answer(key: bytes, row: Request, said: AnswerOut) -> None:
    """Seal an answer into its request."""
    row.answer_sealed = sealed(key, said.model_dump_json(exclude={"guidance"}), f"answer:{row.id}")


def answer_of(key: bytes, row: Request) -> AnswerOut | None:
    """Return a request's answer, whole; None while it has none."""
    if row.answer_sealed is None:
        return None
    return AnswerOut.model_validate_json(opened(key, row.answer_sealed, f"answer:{row.id}"))


def shown_to(said: AnswerOut, granted: Reach) -> AnswerOut:
    """Return an answer as it is shown: nothing found never without what was looked at, act never without how.

    The partner is told what kinds of places were looked at, not their names, and nothing of what it rests on.
    """
    if said.kind == "nothing_found" and said.coverage is None:
        raise ValueError("nothing found is never said without its coverage")
    shown = said.model_copy(update={"guidance": approach() if said.kind == "act" else None})
    if granted is Reach.OWN:
        shown.basis = None
        shown.coverage = without_names(said.coverage) if said.coverage else None
    return shown


def approach() -> Words:
    """Return how to approach a youth, in the words of both languages."""
    return Words.model_validate({lang: say(lang, "answer_say.approach") for lang in LANGS})

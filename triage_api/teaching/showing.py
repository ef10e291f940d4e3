"""A solution, with what the reader in force makes of the text; nothing of it is kept."""

from __future__ import annotations

from collections.abc import Sequence

from nlp.reader import assessment_as_dict
from nlp.types import SIGNALS
from store.criteria import suspended
from triage_api.desk import Desk
from triage_api.queue.models import Verdict
from triage_api.teaching.cases import Case
from triage_api.teaching.marking import mark
from triage_api.teaching.models import CaseOut, SolutionOut


def case_out(case: Case) -> CaseOut:
    """Return a case without its solution."""
    return CaseOut(id=case.id, kind=case.kind, lang=case.lang, text=case.text)


def solution(desk: Desk, case: Case, verdict: Verdict, criteria: Sequence[str]) -> SolutionOut:
    """Return an answer beside the solution of its case."""
    marked = mark(case, verdict, criteria)
    with desk.store.database.reading() as session:
        without = suspended(session)
    read = desk.reader.assess(case.text, case.kind, without)
    seen = {name for name in SIGNALS if read.signals[name].flag}
    return SolutionOut(
        case=case_out(case),
        verdict=verdict,
        criteria=list(criteria),
        right=marked.right,
        verdict_right=marked.verdict,
        missing=list(marked.missing),
        beyond=list(marked.beyond),
        missed=marked.missed,
        signals=case.signals,
        urgency=case.urgency,
        verdicts=list(case.verdicts),
        expected=list(case.expected),
        also=list(case.also),
        why_fr=case.why.fr,
        why_en=case.why.en,
        assessment=assessment_as_dict(read),
        reader_differs=seen != case.signals.keys() or read.urgency != case.urgency,
    )

"""Where the reader told apart what is alike, and the figures of each group: what to mend, and for whom."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from pipeline.evaluate import excerpt
from pipeline.fairness_figures import AdultFigures, Difference, GroupFigures, Outcome, Read, by_carrier_and_sex


def group_figures(axis: str, told: Sequence[Read]) -> Iterator[GroupFigures]:
    """Yield false alarms and recall of each group; ways of speaking are told language by language."""
    groups: dict[tuple[str, str], list[Read]] = defaultdict(list)
    for one in told:
        groups[one.rendering.lang if axis == "dialect" else "all", one.rendering.group].append(one)
    for (lang, group), own in groups.items():
        negatives = [one for one in own if not one.rendering.signals]
        labelled = sum(len(one.rendering.signals) for one in own)
        found = sum(len(one.rendering.signals & one.outcome.flagged) for one in own)
        yield GroupFigures(
            axis=axis,
            group=group,
            lang=lang,
            negatives=len(negatives),
            false_alarms=sum(bool(one.outcome.flagged) for one in negatives),
            positives=labelled,
            recall=round(found / labelled, 4) if labelled else None,
        )


def adult_figures(told: Sequence[Read]) -> Iterator[AdultFigures]:
    """Yield how many adults' own ads of each kind would be queued."""
    for group in sorted({one.rendering.group for one in told}):
        own = [one for one in told if one.rendering.group == group]
        yield AdultFigures(
            group=group,
            ads=len({one.rendering.carrier for one in own}),
            renderings=len(own),
            queued=sum(one.outcome.queued for one in own),
            third_party=sum("third_party" in one.outcome.flagged for one in own),
        )


def queued_adults(told: Sequence[Read]) -> Iterator[Difference]:
    """Yield the adults' own ads that would be queued."""
    for one in told:
        if one.outcome.queued:
            yield _difference("adult", one, one.rendering.name, "not queued")


def name_differences(told: Sequence[Read]) -> Iterator[Difference]:
    """Yield, carrier by carrier, the names with which a text was read otherwise than with most names."""
    for cell in by_carrier_and_sex(told).values():
        usual = _usual(cell)
        for outcome in {one.outcome: None for one in cell}:
            own = [one for one in cell if one.outcome == outcome]
            if outcome != usual:
                names = ", ".join(sorted(one.rendering.name for one in own))
                yield _difference("name", own[0], f"{own[0].rendering.sex}, {names}", str(usual))


def sex_differences(told: Sequence[Read]) -> Iterator[Difference]:
    """Yield the carriers that are mostly read one way of girls and another way of boys."""
    cells = by_carrier_and_sex(told)
    for (carrier, sex), boys in cells.items():
        if sex == "boy" and _usual(boys) != _usual(cells[carrier, "girl"]):
            one = next(one for one in boys if one.outcome == _usual(boys))
            yield _difference("sex", one, "boys", f"{_usual(cells[carrier, 'girl'])} (girls)")


def way_differences(told: Sequence[Read]) -> Iterator[Difference]:
    """Yield the ways of speaking in which a text was read otherwise than in the standard one."""
    standard = {one.rendering.carrier: one.outcome for one in told if one.rendering.group == "standard"}
    for one in told:
        if one.outcome != standard[one.rendering.carrier]:
            yield _difference("dialect", one, one.rendering.group, f"{standard[one.rendering.carrier]} (standard)")


def _usual(cell: Sequence[Read]) -> Outcome:
    return Counter(one.outcome for one in cell).most_common(1)[0][0]


def _difference(axis: str, one: Read, where: str, instead_of: str) -> Difference:
    return Difference(
        axis=axis,
        carrier=one.rendering.carrier,
        where=where,
        got=str(one.outcome),
        instead_of=instead_of,
        text=excerpt(one.rendering.text),
    )

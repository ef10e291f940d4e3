"""The catalogue in the words of both languages."""

from __future__ import annotations

from triage_api.directory.kinds import KINDS
from triage_api.grounds.catalogue import FIELDS, IDENTIFYING, Ground, catalogue, fields_for
from triage_api.grounds.models import FieldOut, GroundOut, GroundPage, NeedOut, Words
from triage_api.shell.languages import LANGS, say


def grounds_page() -> GroundPage:
    """Return the whole catalogue."""
    known = catalogue()
    return GroundPage(
        version=known.version,
        note=Words.model_validate({lang: say(lang, "grounds.not_advice") for lang in LANGS}),
        items=[_ground(one) for one in known.grounds.values()],
        fields=[_field(name) for name in FIELDS],
    )


def _ground(one: Ground) -> GroundOut:
    return GroundOut(
        **one.model_dump(exclude={"needs", "kinds"}),
        title=Words.model_validate({lang: say(lang, f"ground.{one.code}") for lang in LANGS}),
        requires=Words.model_validate({lang: say(lang, f"ground_help.{one.code}") for lang in LANGS}),
        needs=[_need(name) for name in one.needs],
        kinds=list(one.kinds),
    )


def _need(name: str) -> NeedOut:
    asked = Words.model_validate({lang: say(lang, f"ground_need.{name}") for lang in LANGS})
    return NeedOut(name=name, question=asked)


def _field(name: str) -> FieldOut:
    return FieldOut(
        name=name,
        words=Words.model_validate({lang: say(lang, f"told_field.{name}") for lang in LANGS}),
        identifying=name in IDENTIFYING,
        kinds=[kind for kind in KINDS if name in fields_for(kind)],
    )

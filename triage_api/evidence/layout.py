"""A fact sheet laid out once for every form that it takes: sections of rows, each row opening on a capture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from triage_api.evidence.models import CaptureFact, Sheet
from triage_api.shell.languages import Lang, has, say
from triage_api.shell.times import shown


@dataclass(frozen=True, slots=True)
class Row:
    """One fact; `capture` is the version of the capture that it opens on, None where none is kept."""

    label: str
    value: str
    capture: int | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """Facts under one title; `capture`: it is what rows open on."""

    title: str
    rows: list[Row]
    capture: int | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """A fact sheet in one language."""

    lang: Lang
    title: str
    statement: list[str]
    sections: list[Section]


def lay_out(sheet: Sheet, lang: Lang) -> Layout:
    """Return a sheet's facts in the words of a language."""
    newest = max((capture.version for capture in sheet.captures), default=None)
    made = [
        Section(say(lang, "facts.what"), [Row(*row, newest) for row in _what(sheet, lang)]),
        Section(say(lang, "facts.when"), list(_when(sheet, lang))),
        Section(say(lang, "facts.leave"), list(_leave(sheet, lang))),
        Section(say(lang, "facts.words"), [Row(*row, newest) for row in _words(sheet, lang)]),
        *(
            Section(say(lang, "facts.capture", n=one.version), list(_capture(one, lang)), one.version)
            for one in sheet.captures
        ),
        Section(say(lang, "facts.sheet"), list(_about(sheet, lang))),
    ]
    verdict = _verdict(sheet, lang)
    return Layout(
        lang,
        say(lang, "facts.title"),
        [verdict, say(lang, "facts.unaltered"), say(lang, "facts.defanged")],
        [one for one in made if one.rows],
    )


def _verdict(sheet: Sheet, lang: Lang) -> str:
    when = shown(sheet.checked_at)
    return say(lang, "facts.stands", when=when) if sheet.stands else say(lang, "facts.does_not_stand", when=when)


def _what(sheet: Sheet, lang: Lang) -> Iterator[tuple[str, str]]:
    yield say(lang, "facts.kind"), say(lang, f"kind.{sheet.kind}")
    yield say(lang, "facts.source"), sheet.source_title
    yield from ((label, value) for label, value in _seen(sheet, lang) if value)
    place = " — ".join(dict.fromkeys(filter(None, (sheet.city, sheet.region))))
    if sheet.title:
        yield say(lang, "facts.title_of"), sheet.title
    if place:
        yield say(lang, "facts.place"), place
    yield say(lang, "facts.text"), sheet.text


def _seen(sheet: Sheet, lang: Lang) -> Iterator[tuple[str, str]]:
    yield say(lang, "facts.address"), sheet.address
    yield say(lang, "facts.author"), sheet.author
    for name, value in sheet.provenance.items():
        if name.split(" ")[0] in {"platform", "where", "seen_by"}:
            yield say(lang, f"paste.{name.split(' ')[0]}"), value


def _when(sheet: Sheet, lang: Lang) -> Iterator[Row]:
    versions = [capture.version for capture in sheet.captures]
    first, newest = (versions[0], versions[-1]) if versions else (None, None)
    yield Row(
        say(lang, "facts.posted_at"), shown(sheet.posted_at) if sheet.posted_at else say(lang, "facts.unknown"), newest
    )
    yield from (
        Row(say(lang, "paste.seen_at"), value)
        for name, value in sheet.provenance.items()
        if name.split(" ")[0] == "seen_at"
    )
    yield Row(say(lang, "facts.ingested_at"), shown(sheet.ingested_at), first)
    for capture in sheet.captures[1:]:
        yield Row(say(lang, "facts.edited"), shown(capture.fetched_at), capture.version)
    if sheet.seen_at:
        yield Row(say(lang, "facts.last_seen"), shown(sheet.seen_at))
    yield Row(say(lang, "facts.gone"), shown(sheet.gone_at) if sheet.gone_at else say(lang, "facts.not_gone"))


def _leave(sheet: Sheet, lang: Lang) -> Iterator[Row]:
    yield Row(say(lang, "facts.origin"), say(lang, f"facts.origin_{sheet.origin}"))
    if sheet.approval is None:
        return
    yield Row(say(lang, "facts.assessment"), sheet.approval.assessment)
    yield Row(say(lang, "facts.mandate"), sheet.approval.mandate)
    yield Row(say(lang, "facts.ground"), sheet.approval.ground)
    yield Row(say(lang, "facts.granted"), shown(sheet.approval.granted_at))
    yield Row(say(lang, "facts.expires"), shown(sheet.approval.expires_at))


def _words(sheet: Sheet, lang: Lang) -> Iterator[tuple[str, str]]:
    if sheet.blind:
        yield say(lang, "facts.blind"), say(lang, "facts.blind_why")
    for one in sheet.criteria:
        name = one.name_fr if lang == "fr" else one.name_en
        words = ", ".join(say(lang, "facts.quoted", words=word) for word in one.words)
        yield (say(lang, "facts.counter", name=name) if one.counter else f"{one.id} {name}"), words
    for found in sheet.entities:
        key = f"entity.{found.kind}"
        yield (say(lang, key) if has(lang, key) else found.kind), ", ".join(found.values)


def _capture(capture: CaptureFact, lang: Lang) -> Iterator[Row]:
    yield Row(say(lang, "facts.fetched_at"), shown(capture.fetched_at))
    yield Row(say(lang, "facts.fetched_utc"), capture.fetched_at.isoformat(timespec="microseconds"))
    yield Row(say(lang, "facts.collector"), capture.collector)
    yield Row(say(lang, "facts.address"), capture.url)
    yield Row(say(lang, "facts.sha256"), capture.sha256)
    yield Row(say(lang, "facts.response_sha256"), capture.response_sha256)
    yield Row(say(lang, "facts.register"), say(lang, f"facts.standing_{capture.standing}", n=capture.entry))
    yield Row(
        say(lang, "facts.result"),
        "; ".join(say(lang, f"facts.fault_{fault.code}", detail=fault.detail) for fault in capture.faults)
        or say(lang, "facts.capture_stands"),
    )


def _about(sheet: Sheet, lang: Lang) -> Iterator[Row]:
    yield Row(say(lang, "facts.post"), sheet.post)
    yield Row(say(lang, "facts.house"), sheet.house or say(lang, "facts.unknown"))
    yield Row(say(lang, "facts.made_at"), shown(sheet.checked_at))
    yield Row(say(lang, "facts.made_by"), sheet.made_by)
    yield Row(say(lang, "facts.number"), sheet.number)
    yield Row(say(lang, "facts.digest"), sheet.digest)
    yield from (Row(say(lang, "facts.fault"), say(lang, "facts.capture_gone", n=version)) for version in sheet.missing)

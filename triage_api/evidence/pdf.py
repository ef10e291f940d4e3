"""A fact sheet as PDF: text alone, its font embedded, nothing in it that asks for anything; same facts, same bytes."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path

from fontTools.ttLib import TTFont  # type: ignore[import-untyped] # it has no types of its own
from fpdf import FPDF, XPos, YPos
from fpdf.enums import WrapMode

from triage_api.evidence.layout import Layout, Row, Section, lay_out
from triage_api.evidence.models import Sheet
from triage_api.shell.languages import Lang, say

_FONT = "Source"
_SIZE = 10.0
_FILES = {"": "SourceSansPro-Regular.ttf", "B": "SourceSansPro-Bold.ttf"}


def _file(style: str) -> Path:
    return Path(str(files("font_source_sans_pro").joinpath("files", _FILES[style])))


class _Paper(FPDF):
    def __init__(self, layout: Layout, made_at: datetime, foot: str) -> None:
        super().__init__(format="letter")
        self.foot = foot
        self.set_creation_date(made_at)
        self.set_title(layout.title)
        self.set_lang("fr-CA" if layout.lang == "fr" else "en-CA")
        self.set_producer("Vigie")
        self.alias_nb_pages("")  # a text that says {nb} says so on paper too
        self.set_margin(18)
        self.set_auto_page_break(auto=True, margin=20)
        for style in _FILES:
            self.add_font(_FONT, style, _file(style))
        self.add_page()

    def footer(self) -> None:
        self.set_y(-15)
        self.set_font(_FONT, size=8)
        self.cell(0, 5, f"{self.foot} · {self.page_no()}", align="C")

    def write_line(self, text: str, *, bold: bool = False, size: float = _SIZE, link: int | None = None) -> None:
        self.set_font(_FONT, "B" if bold else "", size)
        self.multi_cell(
            0,
            size / 2,
            drawable(text),
            align="L",
            link=link,
            new_x=XPos.LMARGIN,
            new_y=YPos.NEXT,
            wrapmode=WrapMode.WORD,
        )


def pdf_of(sheet: Sheet, lang: Lang) -> bytes:
    """Return a sheet as PDF; the same facts give the same bytes."""
    layout = lay_out(sheet, lang)
    paper = _Paper(layout, sheet.checked_at, drawable(f"{sheet.house} · {sheet.post} · {sheet.number}"))
    links = {one.capture: paper.add_link() for one in layout.sections if one.capture is not None}
    paper.write_line(layout.title, bold=True, size=16)
    for line in layout.statement:
        paper.ln(1)
        paper.write_line(line)
    for section in layout.sections:
        _write(paper, section, links, layout)
    return bytes(paper.output())


@cache
def _glyphs() -> frozenset[int]:
    with TTFont(_file(""), lazy=True) as font:
        return frozenset(font.getBestCmap()) | {0x0A}


def drawable(text: str) -> str:
    """Return a text of letters that the font has; another one, such as an emoji, stands as its number and name."""
    known = _glyphs()
    return "".join(
        char if ord(char) in known else f"[U+{ord(char):04X}{' ' * bool(name)}{name}]"
        for char in unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\t", "    "))
        for name in [unicodedata.name(char, "")]
    )


def _write(paper: _Paper, section: Section, links: dict[int, int], layout: Layout) -> None:
    paper.ln(4)
    if section.capture is not None:
        paper.set_link(links[section.capture], y=paper.get_y(), page=paper.page_no())
    paper.write_line(section.title, bold=True, size=12)
    for row in section.rows:
        _write_row(paper, row, links, layout)


def _write_row(paper: _Paper, row: Row, links: dict[int, int], layout: Layout) -> None:
    paper.ln(1)
    paper.write_line(row.label, bold=True, size=9)
    paper.write_line(row.value or "—")
    if row.capture is not None:
        words = say(layout.lang, "facts.opens_on", n=row.capture)
        paper.write_line(words, size=8, link=links[row.capture])

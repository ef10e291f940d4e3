"""Shapes of the catalogue as programs read it, in both languages."""

from __future__ import annotations

from pydantic import BaseModel

from triage_api.directory.kinds import Kind


class Words(BaseModel):
    """The same words in French and in English."""

    fr: str
    en: str


class NeedOut(BaseModel):
    """Something that a ground needs stated, as a question."""

    name: str
    question: Words


class GroundOut(BaseModel):
    """A ground, in words."""

    code: str
    law: str
    title: Words
    requires: Words
    """What it requires, in plain words."""
    needs: list[NeedOut]
    people: int
    urgent: bool
    kinds: list[Kind]
    consent: bool


class FieldOut(BaseModel):
    """A field that can be told, and to which kinds of organisations."""

    name: str
    words: Words
    identifying: bool
    kinds: list[Kind]


class GroundPage(BaseModel):
    """The whole catalogue; `note` says that it is no legal advice."""

    version: str
    note: Words
    items: list[GroundOut]
    fields: list[FieldOut]
    next: None = None

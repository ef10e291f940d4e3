"""A sealed text, and what the tests of the quarantine officer's desk ask of it."""

from __future__ import annotations

import json

from desk_words import FUGUE
from sqlalchemy import select

from store.tables import RegisterEntry

MARKER = "zzmarqueur-un"
SECRET = "zzsecretdedans"
TEXT = f"{FUGUE} {MARKER} {SECRET} https://zzadresse.example/x"


def met(town, text):
    return town.post(text, "a", origin="collect", author="zzauteur", url="https://zzadresse.example/annonce")


def entries(store, event):
    with store.database.reading() as session:
        rows = session.scalars(select(RegisterEntry).where(RegisterEntry.event == event).order_by(RegisterEntry.n))
        return [json.loads(row.public) for row in rows]


def row_of(store, table, column, value):
    with store.database.reading() as session:
        return session.scalar(select(table).where(column == value))


def opened(officer, identity):
    return officer.api("POST", f"/quarantine/{identity}/open", json={"confirm": "yes"})

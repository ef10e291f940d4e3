"""A house with a day's work in it: fictional posts of the corpora and ten campaigns, taken in as any post is."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from nlp.types import ACTIONABLE
from scripts.demo_browser import Desks
from store.intake import take_in
from store.links import LINK
from store.outbox import INDEX
from store.posts import ASSESS
from store.records import PostIn
from store.settings import Settings
from store.store import Store, open_store
from store.tables import Source, User, Work
from triage_api.access.accounts import create_user
from triage_api.access.models import AccountIn, Role

COLLEAGUE = "collegue"
PASSWORD = "un-mot-de-passe-long"
CAMPAIGNS = 10
OF_A_CAMPAIGN = 4
_SINGLES = 190
_SOURCE = "paste-journee"
_TOWNS = ("Laval", "Gatineau", "Sherbrooke", "Saguenay")
_SECONDS = 600


@contextmanager
def opened(data: Path) -> Iterator[Store]:
    """Open the store of a running demo beside it."""
    with closing(open_store(Settings(data_dir=data, allow_loopback=True))) as store:
        yield store


def fill_day(data: Path, desks: Desks) -> Desks:
    """Put a day's work and a second analyst into a running demo; return it when its worker has read all."""
    with opened(data) as store:
        given = AccountIn(name=COLLEAGUE, roles=[Role.ANALYST], organisation="Vigie", trained_on=store.clock().date())
        create_user(store, given, password=PASSWORD)
        with store.database.writing() as session:
            made = {"declaration": {}, "digest": "d", "created_at": store.clock()}
            session.add(Source(id=_SOURCE, title="Textes de la journée", kind="paste", **made))
        take_in(store, _SOURCE, "paste", [(post, None) for post in _posts(store.clock())])
        _until_read(store)
    return Desks(desks.address, desks.passwords | {COLLEAGUE: PASSWORD})


def pseudonym(data: Path, name: str) -> str:
    """Return what somebody is called on the pages."""
    with opened(data) as store, store.database.reading() as session:
        return session.scalars(select(User).where(User.name == name)).one().pseudonym


def _posts(now: datetime) -> Iterator[PostIn]:
    rows = [json.loads(line) for path in _corpora() for line in path.read_text(encoding="utf-8").splitlines()]
    telling = [row for row in rows if row["urgency"] != "none" and not ACTIONABLE.isdisjoint(row["signals"])]
    singles = [row for row in telling if row["kind"] == "post" and len(row["text"]) > 60]
    for number, row in enumerate(singles[:: len(singles) // _SINGLES][:_SINGLES]):
        yield _post(f"un-{number}", row["text"], "post", now - timedelta(hours=number % 70))
    lures = [row for row in telling if _is_lure(row)]
    for number, row in enumerate(lures[:: len(lures) // CAMPAIGNS][:CAMPAIGNS]):
        for copy, town in enumerate(_TOWNS[:OF_A_CAMPAIGN]):
            text = f"{town}. {row['text']} Texto au 514-555-01{60 + number}"
            yield _post(f"campagne-{number}-{copy}", text, "ad", now - timedelta(hours=copy), city=town)


def _is_lure(row: dict[str, Any]) -> bool:
    """Tell whether a row is an advertisement that lures, long enough, without a contact of its own."""
    bare = not any(sign.isdigit() or sign == "@" for sign in row["text"])
    return row["kind"] == "ad" and "recruitment" in row["signals"] and bare and len(row["text"]) > 90


def _post(key: str, text: str, kind: Any, at: datetime, city: str = "") -> PostIn:
    return PostIn(text=text, external_id=key, kind=kind, posted_at=at, city=city)


def _corpora() -> list[Any]:
    folder = files("fixtures.corpora")
    return sorted((entry for entry in folder.iterdir() if entry.name.startswith("w")), key=lambda entry: entry.name)


def _until_read(store: Store) -> None:
    """Wait for the demo's own worker: everything read, linked and indexed."""
    waits = select(func.count()).select_from(Work).where(Work.kind.in_((ASSESS, LINK, INDEX)), Work.due_at.is_not(None))
    for _ in range(_SECONDS):
        with store.database.reading() as session:
            if not session.scalar(waits):
                return
        time.sleep(1)
    raise RuntimeError("the demo's worker did not read the posts of the day")

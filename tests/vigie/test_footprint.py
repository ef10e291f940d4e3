"""What sources can see of the desks' work: nothing. A real town on loopback keeps the log that says so."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from crawlers.run import collect
from crawlers.sources.approvals import approve
from crawlers.sources.declaration import load_source
from crawlers.sources.register import declare
from fixtures.town.rows import SITES, Row, load_rows
from fixtures.town.server import Hit, Town
from nlp.reader import Reader
from store.index import open_index
from store.settings import Settings
from store.store import Store, open_store, set_up
from triage_api.access.accounts import create_user
from triage_api.access.models import AccountIn, Role
from triage_api.app import create_app
from vigie.unattended import every_step

NOW = datetime.now(UTC)
PASSWORD = "un-mot-de-passe-long"
REQUESTS, SEARCHES, STANDING, PASTES, REVEALS = 50, 200, 10, 20, 40


@dataclass
class Clock:
    """The real clock, which can be put forward: collections run in a process that has no other."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@contextmanager
def opened(folder: Path, clock: Clock) -> Iterator[tuple[Town, Store]]:
    """Open a town that shows the same posts each time, and a store that may collect it."""
    settings = Settings(data_dir=folder, allow_loopback=True, request_delay=0.0)
    set_up(settings)
    store = open_store(settings, clock)
    leave = {"assessment": "EFVP-1", "mandate": "M-1", "ground": "LPJ", "approvers": ["A. B.", "C. D."]}
    with Town(now=NOW) as town, closing(store):
        for text in town.declarations().values():
            declare(store, load_source(text))
            approve(store, load_source(text).id, **leave, expires_at=NOW + timedelta(days=1))
        yield town, store


def collect_all(town: Town, store: Store) -> None:
    for site in SITES:
        assert collect(store, load_source(town.declaration(site)).id).status == "done"


def as_seen(hits: list[Hit]) -> set[tuple[str, ...]]:
    """Return what a log holds, but for when each request came and at which port."""
    return {(hit.site, hit.method, hit.path, *sorted(f"{k}: {v}" for k, v in hit.headers.items())) for hit in hits}


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> list[Hit]:
    """Return the log of a town that is collected twice while nobody works at the desks."""
    with opened(tmp_path_factory.mktemp("without") / "data", Clock()) as (town, store):
        collect_all(town, store)
        collect_all(town, store)
        return town.hits


@dataclass
class Work:
    """People at the desks, who name all that a source holds: its addresses, its authors, its very words."""

    app: TestClient
    store: Store
    bases: list[str]
    done: Counter[str] = field(default_factory=Counter)
    tokens: dict[Role, str] = field(default_factory=dict)

    def enter(self, role: Role) -> None:
        given = AccountIn(name=role.value, roles=[role], trained_on=NOW.date(), organisation="Maison Test")
        create_user(self.store, given, password=PASSWORD)
        sent = {"name": role.value, "password": PASSWORD, "bearer": True}
        self.tokens[role] = self.app.post("/api/session", json=sent).json()["token"]

    def call(self, path: str, sent: dict[str, object] | None = None, *, role: Role = Role.ANALYST) -> dict:
        headers = {"Authorization": f"Bearer {self.tokens[role]}"}
        answer = self.app.request("POST" if sent else "GET", f"/api{path}", json=sent, headers=headers)
        assert answer.status_code in {200, 201}, (path, answer.text)
        self.done[path.split("/")[1]] += bool(sent)
        return answer.json()

    def file(self, number: int) -> str:
        told = {
            "who": "TS, école Test",
            "why": f"Voir {self.bases[number % 4]}/a/{number}",
            "handles": [f"lea{number}"],
        }
        identity = self.call("/requests", told, role=Role.PARTNER)["id"]
        self.call(f"/requests/{identity}")
        return identity

    def search(self, number: int, row: Row, request: str) -> None:
        words = " ".join(re.findall(r"\b[a-zà-ÿ]{5,}\b", row["text"])[:2]) or "maison"
        query = f'"{self.bases[number % 4]}/annonces/{number}"' if number % 5 == 0 else words
        handles = [f"@{row['author']}", f"lea{number}"] if number % 7 == 0 else []
        asked = {"query": query, "identifiers": handles, "purpose": "request", "ground": "LPJ 39", "request": request}
        made = self.call("/searches", asked)
        if number < STANDING:
            self.call("/standing", {"search": made["id"]})
        for hit in (*made["items"], *made["new_since"])[:1]:
            self.read(hit["id"], made["id"])

    def read(self, post: str, search: str) -> None:
        self.done["read"] += 1
        for what in self.call(f"/posts/{post}?search={search}")["revealable"]:
            if self.done["revealed"] < REVEALS:
                self.call(f"/posts/{post}/reveal", {"what": what, "why": "Vérifier le compte."})
                self.done["revealed"] += 1

    def paste(self, number: int, row: Row) -> None:
        seen = {"platform": "Snapchat", "seen_at": (NOW - timedelta(hours=1)).isoformat(), "where": self.bases[0]}
        self.call("/posts", {"text": f"{row['text']} {self.bases[number % 4]}/{number}", **seen})
        self.done["pasted"] += 1


def work(app: TestClient, store: Store, town: Town) -> Counter[str]:
    at, rows = Work(app, store, [site.base for site in town.sites.values()]), load_rows()
    for role in (Role.ANALYST, Role.PARTNER):
        at.enter(role)
    requests = [at.file(number) for number in range(REQUESTS)]
    for number in range(SEARCHES):
        at.search(number, rows[number % len(rows)], requests[number % REQUESTS])
        if number < PASTES:
            at.paste(number, rows[number])
    return at.done


def do_all(step: Callable[[], int]) -> int:
    return sum(iter(step, 0))


@pytest.mark.slow
def test_a_sources_log_is_the_same_with_and_without_the_desks_work(without: list[Hit], tmp_path: Path):
    """With 50 requests and 200 searches: the same addresses, by the same user agent, without cookie or referrer."""
    clock, reader = Clock(), Reader.load()
    with opened(tmp_path / "data", clock) as (town, store), closing(open_index(store.settings)) as index:
        index.set_up()
        steps = every_step(store, reader, index, ("assess", "index", "standing"))
        collect_all(town, store)
        for name in ("assess", "index"):
            assert do_all(steps[name]) > 100
        before = len(town.hits)
        with TestClient(create_app(store, reader, index), base_url="http://127.0.0.1") as app:
            done = work(app, store, town)
        for name in ("assess", "index"):
            do_all(steps[name])
        clock.ahead = timedelta(minutes=11)
        repeated = do_all(steps["standing"])
        assert len(town.hits) == before, "nothing that people do at the desks asks a source for anything"
        collect_all(town, store)
        assert as_seen(town.hits) == as_seen(without)
    assert len(without) > 50
    told = {name for hit in town.hits for name in hit.headers}
    assert not told & {"Cookie", "Referer", "Authorization"}
    assert (done["requests"], done["searches"], done["standing"], done["pasted"]) == (
        REQUESTS,
        SEARCHES,
        STANDING,
        PASTES,
    )
    assert done["read"] > 50
    assert (done["revealed"], repeated) == (REVEALS, STANDING)

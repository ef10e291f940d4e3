"""kill -9 at random moments, 20 times: the campaigns are those of an undisturbed linker."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import func, select

from nlp.link import LinkRow, link
from pipeline.link import link_batch
from pipeline.loop import worker_name
from store.links import LINK
from store.settings import Settings
from store.store import open_store
from store.tables import AssessmentRow, LinkBand, LinkedPost, Post, Source
from store.work import add_work, count_work

pytestmark = pytest.mark.thorough

KILLS = 20
GOLD = Path(__file__).parents[1] / "nlp"


def texts() -> list[str]:
    lines = [line for name in "23" for line in (GOLD / f"link_gold{name}.jsonl").read_text("utf-8").splitlines()]
    return [json.loads(line)["text"] for line in lines]


@pytest.fixture
def filled(tmp_path, templates) -> Settings:
    """A store of posts that were read and wait to be linked."""
    templates.copy_folder(tmp_path / "data", database=True)
    settings = Settings(data_dir=tmp_path / "data", lease_seconds=1)
    store = open_store(settings)
    now = store.clock()
    body = {"entities": {"cities": []}}
    with store.database.writing() as session:
        session.add(Source(id="s", title="S", kind="import", declaration={}, digest="d", created_at=now))
        session.flush()
        for number, text in enumerate(texts()):
            own = {"id": f"p{number}", "external_id": str(number), "digest": str(number), "same_text": str(number)}
            session.add(Post(source_id="s", origin="import", kind="post", text=text, ingested_at=now, **own))
            session.flush()
            said = {"grid": "g", "model": "m", "lang": "fr", "urgency": "soon", "score": 1.0, "criteria": []}
            row = AssessmentRow(post_id=f"p{number}", version=1, flagged=["minor"], body=body, created_at=now, **said)
            session.add(row)
        add_work(session, LINK, [f"p{number}" for number in range(len(texts()))], now)
    store.close()
    return settings


def link_all(settings: Settings) -> None:
    store = open_store(settings)
    while True:
        while link_batch(store, worker_name(), 2):
            pass
        with store.database.reading() as session:
            if not count_work(session, LINK):
                break
        time.sleep(0.1)  # a killed linker's lease has not come back yet
    store.close()


def killed(settings: Settings, seconds: float) -> bool:
    """Kill -9 a linker after a while; tell whether it was still at work."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setsid()
            link_all(settings)
            status = 0
        finally:
            os._exit(status)
    time.sleep(seconds)
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def test_killed_at_any_moment_the_campaigns_are_as_if_undisturbed(filled: Settings) -> None:
    dice = random.Random(6)
    assert sum(killed(filled, dice.uniform(0.02, 0.25)) for _ in range(KILLS)) >= KILLS // 2
    link_all(filled)
    store = open_store(filled)
    groups: dict[str, set[str]] = defaultdict(set)
    with store.database.reading() as session:
        for row in session.scalars(select(LinkedPost)):
            groups[row.campaign or row.post_id].add(row.post_id)
        assert session.scalar(select(func.count(func.distinct(LinkBand.post_id)))) > 200
    store.close()
    wanted: dict[str, set[str]] = defaultdict(set)
    for one in link(LinkRow(f"p{number}", text) for number, text in enumerate(texts())):
        wanted[one.campaign or str(one.id)].add(str(one.id))
    assert {frozenset(group) for group in groups.values()} == {frozenset(group) for group in wanted.values()}

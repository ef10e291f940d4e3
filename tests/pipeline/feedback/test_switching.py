"""A model put in force, the way back, and what is killed or damaged on the way."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from feedback_house import FUGUE, entering, entries, made_candidate
from sqlalchemy import select

from nlp.model_file import MODEL_NAME, ModelFileError, load, load_shipped
from pipeline.assess import assess_batch
from pipeline.feedback.candidate import REPORT_NAME, report_of
from pipeline.feedback.rereading import read_again
from pipeline.feedback.switching import cut_short, go_back, listed, switch
from store.errors import BadInput, Conflict, NotSetUp
from store.models import (
    IN_FORCE,
    InForce,
    Named,
    fitted_in_force,
    in_force,
    models_of,
    name_of,
    put_in_force,
    reader_in_force,
    versions,
)
from store.tables import AssessmentRow, QueueItem


def test_a_switch_reads_the_queue_again_and_back(store, clock, take, candidate):
    reader = reader_in_force(store.settings)
    decided, waiting = take(FUGUE, "d"), take(f"{FUGUE} aidez moi", "w")
    assert assess_batch(store, reader, "one") == 2
    with store.database.writing() as session:
        session.scalars(select(QueueItem).where(QueueItem.post_id == decided)).one().status = "decided"
    shipped = load_shipped().version

    def models(post) -> list[str]:
        query = select(AssessmentRow.model).where(AssessmentRow.post_id == post).order_by(AssessmentRow.id)
        with store.database.reading() as session:
            return list(session.scalars(query))

    def settle() -> None:
        clock.forward(minutes=1)
        while read_again(store, "one") or assess_batch(store, reader, "one"):
            pass

    switch(store, candidate.version, entering(store))
    assert reader.model_version == candidate.version, "the same reader, without a restart"
    settle()
    assert models(waiting) == [shipped, candidate.version]
    assert models(decided) == [shipped]
    with pytest.raises(Conflict, match="already"):
        switch(store, candidate.version, entering(store))
    assert go_back(store, entering(store)) is None
    assert reader.model_version == shipped
    settle()
    assert models(waiting) == [candidate.version, shipped]
    with pytest.raises(Conflict, match="shipped"):
        go_back(store, entering(store))
    told = entries(store)
    assert [(one["from"], one["to"]) for one in told] == [
        (shipped, candidate.version),
        (candidate.version, shipped),
    ]
    assert told[0]["to_digest"] == candidate.digest
    assert told[0]["read_again"] == 1


def test_what_came_in_is_read_before_what_waits(store, clock, take, candidate):
    reader = reader_in_force(store.settings)
    take(FUGUE, "w")
    assess_batch(store, reader, "one")
    switch(store, candidate.version, entering(store))
    clock.forward(minutes=1)
    take("un texte qui arrive", "new")
    assert read_again(store, "one") == 0
    assert assess_batch(store, reader, "one") == 1
    assert read_again(store, "one") == 1


def test_a_broken_bar_needs_a_reason(store, small):
    fitted = made_candidate(store, small, ["w22: too few"])
    with pytest.raises(Conflict, match="too few"):
        switch(store, fitted.version, entering(store))
    assert in_force(store.settings) == InForce()
    assert entries(store) == []
    switch(store, fitted.version, entering(store), why=True)
    assert entries(store)[0]["broken"] == ["w22: too few"]
    with pytest.raises(BadInput, match="There is no model"):
        switch(store, "../../etc", entering(store))


def test_the_way_back_passes_over_what_was_deleted(store, small, candidate):
    shipped = load_shipped().version
    gone = Named(version="2026.11.0-deleted", digest="0", sha256="0")
    now = name_of(store.settings, candidate.version)
    put_in_force(store.settings, InForce(model=now, before=(None, gone)))
    assert go_back(store, entering(store)) is None
    assert reader_in_force(store.settings).model_version == shipped
    assert in_force(store.settings) == InForce()
    put_in_force(store.settings, InForce(model=gone, before=(None, now, gone)))
    assert go_back(store, entering(store)) == now
    assert in_force(store.settings).before == (None,)


def test_what_is_half_written_is_no_model(store, candidate):
    half = models_of(store.settings) / f".{candidate.version}.partial"
    shutil.copytree(models_of(store.settings) / candidate.version, half)
    assert versions(store.settings) == [candidate.version]
    with pytest.raises(BadInput, match="There is no model"):
        switch(store, half.name, entering(store))


def test_a_folder_that_cannot_be_made_is_told_in_one_line(store):
    models_of(store.settings).write_text("in the way", "utf-8")
    with pytest.raises(NotSetUp, match="cannot be made") as told:
        put_in_force(store.settings, InForce())
    assert "\n" not in told.value.message


def test_a_report_of_another_model_is_none(store, candidate):
    folder = models_of(store.settings) / candidate.version
    report = report_of(store, candidate.version)
    (folder / REPORT_NAME).write_text(report.model_copy(update={"digest": "0"}).model_dump_json(), "utf-8")
    with pytest.raises(Conflict, match="no report of its own"):
        switch(store, candidate.version, entering(store))


@pytest.mark.parametrize("harm", ["cut", "other", "gone", "nonsense"])
def test_a_damaged_model_gives_way_to_the_shipped_one(store, candidate, caplog, harm):
    switch(store, candidate.version, entering(store))
    path = models_of(store.settings) / candidate.version / MODEL_NAME
    if harm == "cut":
        path.write_bytes(path.read_bytes()[:1000])
    elif harm == "other":
        path.write_bytes(path.read_bytes() + b"\0")
    elif harm == "gone":
        path.unlink()
    else:
        (models_of(store.settings) / IN_FORCE).write_text("{", "utf-8")
    reader = reader_in_force(store.settings)
    assert reader.model_version == load_shipped().version
    assert "MODEL IN FORCE CANNOT BE USED" in caplog.text
    assert fitted_in_force(store.settings)[1]
    assert any("the shipped model reads" in line for line in listed(store))
    assert reader.assess(FUGUE).flagged
    assert caplog.text.count("CANNOT BE USED") == 1, "told once, not for every text"


def test_a_file_that_is_no_model_is_refused(tmp_path):
    (tmp_path / MODEL_NAME).write_bytes(b"nothing")
    with pytest.raises(ModelFileError, match="cannot be read"):
        load(tmp_path / MODEL_NAME)


_KILLED = """
import os, signal, sys
from pathlib import Path
from pipeline.feedback import switching
from store.register import Event, append
from store.settings import Settings
from store.store import open_store
import store.models
at = sys.argv[2]
real = os.fsync
if at == "entered":
    switching.put_in_force = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
else:
    def killing(handle):
        if "in-force" in os.readlink(f"/proc/self/fd/{handle}"):
            os.kill(os.getpid(), signal.SIGKILL)
        real(handle)
    os.fsync = killing
kept = open_store(Settings.model_validate_json(Path(sys.argv[3]).read_text()))
enter = lambda session, said: append(session, event=Event.MODEL_SWITCHED, actor="x", at=kept.clock(), public=said)
switching.go_back(kept, enter) if sys.argv[1] == "back" else switching.switch(kept, sys.argv[1], enter)
"""


def killed(store, tmp_path, what: str, at: str) -> None:
    """Switch to a version, or `back`, in a process of its own that is killed on the way."""
    given = tmp_path / "settings.json"
    given.write_text(store.settings.model_dump_json(), "utf-8")
    run = [sys.executable, "-c", _KILLED, what, at, str(given)]
    ended = subprocess.run(run, check=False, timeout=60, env={**os.environ, "PYTHONPATH": Path.cwd()})
    assert ended.returncode == -signal.SIGKILL


@pytest.mark.parametrize("at", ["entered", pytest.param("half written", marks=pytest.mark.slow)])
@pytest.mark.team_slow
def test_a_switch_that_is_killed_leaves_the_old_model_and_says_so(store, candidate, tmp_path, at):
    killed(store, tmp_path, candidate.version, at)
    assert reader_in_force(store.settings).model_version == load_shipped().version
    assert cut_short(store) == candidate.version
    assert "cut short" in list(listed(store))[-1]
    switch(store, candidate.version, entering(store))
    assert cut_short(store) == ""
    assert reader_in_force(store.settings).model_version == candidate.version
    assert go_back(store, entering(store)) is None


@pytest.mark.slow
@pytest.mark.parametrize("at", ["entered", "half written"])
@pytest.mark.parametrize("then", ["back", "stay"])
def test_a_way_back_that_is_killed_can_be_gone_again_or_left(store, candidate, tmp_path, at, then):
    switch(store, candidate.version, entering(store))
    killed(store, tmp_path, "back", at)
    assert reader_in_force(store.settings).model_version == candidate.version
    assert cut_short(store) == load_shipped().version
    if then == "back":
        assert go_back(store, entering(store)) is None
        assert in_force(store.settings) == InForce()
    else:
        switch(store, candidate.version, entering(store))
        assert in_force(store.settings).before == (None,)
    assert cut_short(store) == ""


def test_looking_at_what_is_in_force_costs_next_to_nothing(store, candidate):
    reader = reader_in_force(store.settings)
    start = time.perf_counter()
    for _ in range(1000):
        _ = reader.model_version
    assert time.perf_counter() - start < 0.5


def test_models_are_replaced_whole(store, candidate):
    chosen = InForce(model=name_of(store.settings, candidate.version), before=(None,))
    put_in_force(store.settings, chosen)
    assert in_force(store.settings) == chosen
    assert [path.name for path in models_of(store.settings).iterdir() if path.is_file()] == [IN_FORCE]
    assert (models_of(store.settings) / IN_FORCE).stat().st_mode & 0o777 == 0o600

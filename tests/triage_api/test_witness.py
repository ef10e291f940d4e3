"""The witness beside a real server: what it accepts, and how it names each tampering."""

from __future__ import annotations

import json
import threading
import time
from contextlib import closing

import pytest
import typer
import uvicorn
from desk_people import PASSWORD
from tampering import CLEVER, fill, rewrite, rows_of, tamper, unguard, write
from typer.testing import CliRunner

from store.errors import BadInput, Conflict, NotAllowed, RegisterUnavailable
from store.register.findings import kinds
from store.register.log_client import LogClient
from store.register.notes import read_note, verifier_of
from store.register.sequencing import copy_path, log_verifier, sequence
from store.register.verifying import verify
from store.register.witness import Witness
from store.register.witness_state import WitnessState
from triage_api.access.service import log_in
from triage_api.app import create_app
from vigie import registering, witnessing
from vigie.console import Console

COUNT = 12


@pytest.fixture
def token(store, make_person) -> str:
    make_person("auditor")
    return log_in(store, "auditor", PASSWORD, "127.0.0.1").token


@pytest.fixture
def address(store, index, reader):
    """The pages and the API on a port of their own."""
    config = uvicorn.Config(create_app(store, reader, index), port=0, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


class Watch:
    """A witness that comes anew for each look, as `--once` does, with its folder."""

    def __init__(self, folder, address, token, clock) -> None:
        self.folder, self.address, self.token, self.clock = folder, address, token, clock
        self.told: list[str] = []

    def look(self, expected=None):
        with (
            closing(WitnessState(self.folder, "witness.example/w")) as state,
            LogClient(self.address, self.token) as log,
        ):
            return Witness(state, log, self.clock, expected).look(told=self.told.append)

    def named(self) -> set[str]:
        return {kind.value for kind in kinds(self.look().findings)}


@pytest.fixture
def watch(tmp_path, address, token, clock) -> Watch:
    return Watch(tmp_path / "witness", address, token, clock)


@pytest.fixture
def seen(store, watch):
    """A register that a witness has seen, and whose triggers an attacker then dropped."""
    fill(store, COUNT)
    assert watch.look().findings == []
    unguard(store)
    return store


def test_a_register_that_grows_is_accepted_pinned_and_cosigned(store, watch):
    fill(store, 3)
    first = watch.look()
    assert first.findings == []
    assert watch.told == [f"pinned at first use: {log_verifier(store)}"]
    for count in (1, 8):
        fill(store, count)
        assert watch.look().findings == []
    assert len(watch.told) == 1
    note = read_note((watch.folder / "checkpoint").read_text())
    assert note.head.size == first.head.size + 9
    with closing(WitnessState(watch.folder, "witness.example/w")) as state:
        assert note.cosigned_at(state.verifier) == store.clock().replace(microsecond=0)
    assert len((watch.folder / "seen.jsonl").read_text().splitlines()) == 3
    assert verify(store, [("witness", note)]).findings == []
    assert (watch.folder / "leaves").stat().st_size == note.head.size * 48
    assert (watch.folder / "witness.key").stat().st_mode & 0o077 == 0


def test_nothing_new_is_accepted_without_a_word(store, watch):
    fill(store, 4)
    watch.look()
    assert watch.look().head == watch.look().head
    assert len((watch.folder / "seen.jsonl").read_text().splitlines()) == 1


def test_a_look_that_was_cut_off_is_made_good_by_the_next(store, watch):
    fill(store, 4)
    watch.look()
    with (watch.folder / "leaves").open("ab") as file:
        file.write(b"x" * 77)  # the power failed while leaves were added
    fill(store, 2)
    assert watch.look().findings == []


class Failing(LogClient):
    """A register that stops answering once, while all its leaves are read again."""

    failed = False

    def leaves(self, after, upto):
        if after < 0 and upto > 1 and not self.failed:
            self.failed = True
            raise RegisterUnavailable("The register does not answer.")
        return super().leaves(after, upto)


@pytest.mark.parametrize("meanwhile", [0, 2], ids=["same", "grown"])
def test_a_look_that_the_network_cut_off_accuses_nobody(store, watch, meanwhile):
    fill(store, 4)
    watch.look()
    fill(store, 2)
    with (
        closing(WitnessState(watch.folder, "witness.example/w")) as state,
        Failing(watch.address, watch.token) as log,
    ):
        witness = Witness(state, log, watch.clock)
        with pytest.raises(RegisterUnavailable):
            witness.look()
        fill(store, meanwhile)
        assert witness.look().findings == []
    assert watch.look().findings == [], "its own leaves are those of its checkpoint"


@pytest.mark.parametrize("kind", CLEVER)
def test_each_tampering_is_named_though_all_hashes_were_made_anew(seen, watch, kind):
    rewrite(seen, CLEVER[kind](rows_of(seen)))
    found = watch.look()
    assert kind in {one.value for one in kinds(found.findings)}, found.findings
    first = next(one for one in found.findings if one.kind.value == kind)
    assert first.first in (None, 9) if kind == "truncated" else first.first in (5, 8)
    assert json.loads((watch.folder / "evidence").glob("*/findings.json").__next__().read_text())
    assert watch.named() >= {kind}, "it is said again at each look"


@pytest.mark.parametrize("kind", CLEVER)
def test_each_tampering_is_named_when_it_was_signed_anew_with_the_key(seen, watch, kind):
    rewrite(seen, CLEVER[kind](rows_of(seen)), sign=True)
    write(seen, number=99)
    sequence(seen)
    named = watch.named()
    assert kind in named, named
    assert named & {"forked", "truncated"} or kind == "truncated"


def test_words_that_were_changed_and_nothing_else_are_named(seen, watch):
    tamper(seen, "UPDATE register SET public = '{}' WHERE n = 5")
    assert [(one.kind.value, one.first) for one in watch.look().findings] == [("changed", 5)]


def test_two_checkpoints_of_one_size_are_a_fork(seen, watch):
    rewrite(seen, CLEVER["changed"](rows_of(seen)), sign=True)
    assert {"forked", "changed"} <= watch.named()


def test_an_emptied_register_is_named(seen, watch):
    tamper(
        seen, *(f"DELETE FROM {t}" for t in ("register_checkpoints", "register_nodes", "register_leaves", "register"))
    )
    assert watch.named() == {"truncated"}


def test_an_entry_with_an_old_moment_is_named(store, watch):
    fill(store, 3)
    watch.look()
    store.clock.forward(hours=-1)
    write(store, number=4)
    store.clock.forward(hours=1)
    assert [(one.kind.value, one.first is not None) for one in watch.look().findings] == [("back-dated", True)]


def test_another_key_is_not_believed(store, watch):
    fill(store, 3)
    watch.look()
    other = bytes(32)
    with pytest.raises(BadInput, match="pinned"):
        watch.look(verifier_of(store.settings.register_origin, other))
    fresh = Watch(watch.folder.parent / "fresh", watch.address, watch.token, watch.clock)
    wrong = fresh.look(verifier_of(store.settings.register_origin, other))
    assert [one.kind.value for one in wrong.findings] == ["forked"]


def test_what_is_no_register_and_who_may_not_is_told(store, watch, address, make_person):
    with pytest.raises(BadInput, match="https"):
        LogClient("http://vigie.example", "x")
    with pytest.raises(NotAllowed):
        Watch(watch.folder, address, "none", watch.clock).look()
    with pytest.raises(RegisterUnavailable):
        Watch(watch.folder, "http://127.0.0.1:9", "none", watch.clock).look()


def test_two_witnesses_do_not_share_a_folder(watch):
    with closing(WitnessState(watch.folder, "w")), pytest.raises(Conflict):
        WitnessState(watch.folder, "w")


def test_a_witness_whose_own_folder_was_changed_says_so(store, watch):
    fill(store, 4)
    watch.look()
    leaves = watch.folder / "leaves"
    leaves.write_bytes(b"\0" + leaves.read_bytes()[1:])
    with pytest.raises(BadInput, match="own leaves"):
        watch.look()
    (watch.folder / "checkpoint").write_text(copy_path(store).read_text())
    with pytest.raises(BadInput, match="cosignature"):
        watch.look()


@pytest.fixture
def run(store, monkeypatch, tmp_path, token, address):
    """The verbs as they are called: `witness` with what it is given on its own machine."""
    for name in ("data_dir", "database_url", "index_url", "index_name"):
        monkeypatch.setenv(f"VIGIE_{name.upper()}", str(getattr(store.settings, name)))
    (tmp_path / "token").write_text(token + "\n")
    app = typer.Typer()
    app.callback()(lambda: None)
    registering.register(app)

    def invoke(*words: object):
        if words[0] == "witness":
            words += (
                "--url",
                address,
                "--token-file",
                tmp_path / "token",
                "--state",
                tmp_path / "w",
                "--name",
                "w.example",
            )
        return CliRunner().invoke(app, ["register", *map(str, words)], obj=Console())

    return invoke


def test_the_verbs_watch_prove_and_verify(store, run, tmp_path, clock, monkeypatch):
    monkeypatch.setattr(witnessing, "system_clock", clock)
    fill(store, 6)
    looked = run("witness", "--once")
    assert looked.exit_code == 0, looked.output
    assert "only grown" in looked.stdout
    key = looked.stderr.split("cosigns as ")[1].split()[0]
    assert str(log_verifier(store)) in looked.stderr
    saved = tmp_path / "w" / "checkpoint"
    fill(store, 2)
    proved = json.loads(run("proof", 3, "--as", "auditor").stdout)
    bare = run("checkpoint", "--as", "auditor").stdout
    assert read_note(bare).head.size == proved["size"]
    (tmp_path / "kept.txt").write_text(bare)
    verified = run("verify", "--checkpoint", saved, "--checkpoint", tmp_path / "kept.txt", "--witness-key", key)
    assert verified.exit_code == 0, verified.output
    assert verified.stdout.startswith("every entry is as it was written (")
    assert f"{saved}: cosigned by w.example on {clock():%Y-%m-%d}" in verified.stderr
    assert "not checked" in run("verify", "--checkpoint", saved).stderr


def test_the_verbs_name_what_was_done_and_end_with_status_1(seen, run, tmp_path):
    assert run("witness", "--once").exit_code == 0
    rewrite(seen, CLEVER["deleted"](rows_of(seen)))
    watched = run("witness", "--once")
    assert (watched.exit_code, "deleted" in watched.stdout) == (1, True), watched.output
    assert "evidence" in watched.stderr
    verified = run("verify")
    assert (verified.exit_code, "deleted" in verified.stdout) == (1, True)
    told = json.loads(run("verify", "--json").stdout.splitlines()[-1])
    assert "deleted" in {one["kind"] for one in told["findings"]}
    assert told["checkpoint"]["size"] < told["entries"] + 2


def test_what_cannot_be_read_is_bad_usage(run, tmp_path):
    assert isinstance(run("verify", "--checkpoint", tmp_path / "none").exception, BadInput)
    assert isinstance(run("verify", "--witness-key", "x").exception, BadInput)
    (tmp_path / "token").write_text("two words")
    assert isinstance(run("witness", "--once").exception, BadInput)

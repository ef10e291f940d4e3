"""The servers for tests, started, hurt and stopped for real; tests that start Elasticsearch nodes are slow ones."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from elasticsearch import AuthenticationException, AuthorizationException, ConflictError
from elasticsearch import ConnectionError as NoConnection
from elasticsearch import Elasticsearch as Client
from required import cannot
from typer.testing import CliRunner

from scripts.services import DEFAULT, NEXT, Elasticsearch, NotStarted, PostgreSQL, Unavailable, distribution, shared
from scripts.services import __main__ as main
from scripts.services.ground import account, free_port, in_memory, made, reachable, until
from scripts.services.process import Process

REPOSITORY = Path(__file__).parent.parent.parent


def needed(reason: str) -> None:
    if reason:
        pytest.skip(reason)


@pytest.fixture
def postgresql(tmp_path: Path) -> Iterator[PostgreSQL]:
    needed(PostgreSQL.unavailable())
    with PostgreSQL.start(tmp_path) as server:
        yield server


def connect(server: PostgreSQL) -> psycopg.Connection:
    return psycopg.connect(server.url.replace("+psycopg", ""), autocommit=True)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def pids(server: PostgreSQL) -> list[int]:
    process = Process.load(server.folder / "postgresql.pid")
    assert process is not None
    return process.members()


def test_postgresql_comes_back_with_its_rows_after_a_kill(postgresql: PostgreSQL) -> None:
    with connect(postgresql) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('vigie')")
        before = pids(postgresql)
        postgresql.kill()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    assert not postgresql.running
    assert len(before) > 3
    assert not any(map(alive, before))
    postgresql.start_again()
    with connect(postgresql) as connection:
        assert connection.execute("SELECT word FROM kept").fetchall() == [("vigie",)]


@pytest.mark.parametrize("immediate", [False, True])
def test_postgresql_is_stopped_and_started_again(postgresql: PostgreSQL, immediate: bool) -> None:
    before = pids(postgresql)
    postgresql.stop(immediate=immediate)
    assert not postgresql.running
    assert not any(map(alive, before))
    postgresql.start_again()
    found = PostgreSQL.found(postgresql.folder)
    assert found is not None
    assert found.running
    assert found.url == postgresql.url


@pytest.mark.parametrize(("durable", "fsync"), [(False, "off"), (True, "on")])
def test_postgresql_waits_for_the_disk_only_when_durable(tmp_path: Path, durable: bool, fsync: str) -> None:
    needed(PostgreSQL.unavailable())
    with PostgreSQL.start(tmp_path, durable=durable) as server, connect(server) as connection:
        asked = "SELECT current_setting('fsync'), current_setting('max_connections')::int, current_user::text"
        assert connection.execute(asked).fetchone() == (fsync, 200, "vigie")


def test_postgresql_asks_for_the_password_and_does_not_run_as_root(postgresql: PostgreSQL) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host="127.0.0.1", port=postgresql.port, user="vigie", dbname="vigie", password="guess")
    owners = set()
    for pid in pids(postgresql):
        with suppress(FileNotFoundError):  # the process that refused the guess may just have ended
            owners.add(Path(f"/proc/{pid}").stat().st_uid)
    assert owners == {account().uid}
    assert account().uid != 0
    assert stat.S_IMODE((postgresql.folder / "server.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("memory", [False, True])
def test_closing_leaves_no_process_and_nothing_outside_the_folder(tmp_path: Path, memory: bool) -> None:
    needed(PostgreSQL.unavailable())
    with PostgreSQL.start(tmp_path, memory=memory) as server:
        found = PostgreSQL.found(tmp_path)
        assert found is not None
        assert (found.running, found.home) == (True, server.home)
        assert memory is False or server.home == (in_memory(tmp_path) or reachable(tmp_path, account()))
        before = pids(server)
    assert not any(map(alive, before))
    assert server.home == tmp_path or not server.home.exists()


_STARTER = """
import os, signal, sys
from pathlib import Path
from scripts.services import PostgreSQL
server = PostgreSQL.start(Path(sys.argv[1]), memory=True)
print(*server._process.members(), server.home, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_servers_end_when_who_started_them_is_killed(tmp_path: Path) -> None:
    needed(PostgreSQL.unavailable())
    command = [sys.executable, "-c", _STARTER, str(tmp_path)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL
    *numbers, home = done.stdout.split()
    assert len(numbers) > 3
    assert until(lambda: not any(alive(int(number)) for number in numbers), 20)
    assert until(lambda: home == str(tmp_path) or not Path(home).exists(), 20)


def test_a_pid_file_that_names_somebody_elses_process_kills_nobody(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as other:
        (tmp_path / "old.pid").write_text(f"{other.pid}\n/a/folder/of/ours\n")
        known = Process.load(tmp_path / "old.pid")
        assert known is not None
        assert not known.running
        known.stop(signal.SIGTERM, 1)
        known.kill()
        assert other.poll() is None
        other.kill()


@pytest.mark.parametrize("text", ["", "12", "twelve\nmark\n", "1\n2\n3\n"])
def test_a_broken_pid_file_names_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.pid").write_text(text)
    assert Process.load(tmp_path / "x.pid") is None


@pytest.mark.parametrize(("mode", "entered"), [(0o755, True), (0o711, True), (0o700, False)])
def test_a_folder_the_user_cannot_enter_is_replaced(mode: int, entered: bool) -> None:
    if os.getuid() != 0:
        pytest.skip("not root: servers run as ourselves, who enter every folder of ours")
    with tempfile.TemporaryDirectory() as name:  # not tmp_path: pytest closes the folders above that
        folder = Path(name)
        folder.chmod(mode)
        home = made(reachable(folder / "data", account()))
        assert (home == folder / "data") is entered
        assert home == reachable(folder / "data", account())
        assert account().can_enter(home)
        home.rmdir()


def test_two_free_ports_are_not_the_same_twenty_times() -> None:
    assert len({free_port() for _ in range(20)}) > 1


@pytest.mark.parametrize("version", [DEFAULT, NEXT])
def test_what_is_neither_kept_nor_to_be_fetched_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setenv("VIGIE_SERVICES_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "apt-get install maven" in Elasticsearch.unavailable(version)
    with pytest.raises(Unavailable, match="no mvn"):
        Elasticsearch.start(tmp_path, version=version)


def test_a_java_too_old_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distribution, "_java_version", lambda home: 11)
    with pytest.raises(Unavailable, match="no Java 21 to 25 .*apt-get install"):
        distribution.java(NEXT)


def test_the_shared_elasticsearch_is_the_one_that_the_variable_names() -> None:
    url = os.environ.get("VIGIE_TEST_ELASTICSEARCH_URL", "")
    needed("" if url else "no Elasticsearch: VIGIE_TEST_ELASTICSEARCH_URL names no node")
    with Client(url.split(",")[0], request_timeout=30) as client:
        try:
            health = client.cluster.health(wait_for_status="yellow")
        except AuthenticationException:
            pytest.skip("the shared Elasticsearch asks for a key: the slow tests look at that")
    assert health["status"] in ("green", "yellow")


# From here on each test starts nodes of its own: half a minute or more.


ABSENT, BROKEN = Unavailable("no server of this kind here"), NotStarted("its log says why")


@pytest.mark.parametrize(
    ("trouble", "options", "status", "said"),
    [
        (ABSENT, [], 7, "not to be had: no server of this kind here"),
        (ABSENT, ["--required"], 1, "not to be had: no server of this kind here"),
        (BROKEN, [], 1, "did not come up: its log says why"),
        (BROKEN, ["--required"], 1, "did not come up: its log says why"),
    ],
)
def test_a_run_goes_on_without_a_server_only_where_none_can_be_had_and_none_is_required(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, trouble: Exception, options: list[str], status: int, said: str
) -> None:
    def start(*_: object, **__: object) -> None:
        raise trouble

    for kind in (PostgreSQL, Elasticsearch):
        monkeypatch.setattr(kind, "start", start)
    monkeypatch.setattr(shared, "install", lambda *_: None)
    monkeypatch.setattr(main, "Pair", lambda say: shared.Pair(say, tmp_path / "pair"))
    before = signal.getsignal(signal.SIGTERM)
    try:
        ran = CliRunner().invoke(main.app, ["run", *options, "--", "sh", "-c", f"touch {tmp_path}/ran; exit 7"])
    finally:
        signal.signal(signal.SIGTERM, before)
    assert (ran.exit_code, (tmp_path / "ran").exists()) == (status, status == 7)
    assert ran.stderr.count(said) == 2


@pytest.mark.parametrize(("options", "outcome"), [([], pytest.skip.Exception), (["--required"], pytest.fail.Exception)])
def test_a_required_run_tells_tests_to_fail_where_they_would_skip(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, options: list[str], outcome: type[BaseException]
) -> None:
    class Running(shared.Pair):
        def start(self, *_: object, **__: object) -> tuple[list[shared.Server], bool]:
            self.folder.mkdir(exist_ok=True)
            return [], True

    monkeypatch.delenv(shared.REQUIRED, raising=False)  # this very run may be a required one
    monkeypatch.setattr(main, "Pair", lambda say: Running(say, tmp_path / "pair"))
    before = signal.getsignal(signal.SIGTERM)
    try:
        command = ["sh", "-c", f'printf "$VIGIE_TEST_REQUIRED" > {tmp_path}/told']
        assert CliRunner().invoke(main.app, ["run", *options, "--", *command]).exit_code == 0
    finally:
        signal.signal(signal.SIGTERM, before)
    monkeypatch.setenv(shared.REQUIRED, (tmp_path / "told").read_text())
    with pytest.raises(outcome, match="no such server"):
        cannot("no such server")


@pytest.mark.parametrize(("words", "required"), [([], False), (["REQUIRED=1"], True), (["REQUIRED=0"], False)])
@pytest.mark.parametrize("target", ["test", "test-thorough", "test-slow"])
def test_make_hands_on_that_servers_are_required(target: str, words: list[str], required: bool) -> None:
    command = ["make", "--dry-run", target, *words]
    told = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True, env=without_make())
    runs = [line for line in told.stdout.splitlines() if "scripts.services run" in line]
    assert [("--required" in line) for line in runs] == [required]


def without_make() -> dict[str, str]:
    """Return the environment without what a `make` that runs these tests hands on."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MAKE") and name != "REQUIRED"}


@pytest.mark.slow
@pytest.mark.parametrize("version", [DEFAULT, NEXT])
def test_with_tls_only_a_key_opens_and_only_what_it_is_for(tmp_path: Path, version: str) -> None:
    needed(Elasticsearch.unavailable(version))
    with Elasticsearch.start(tmp_path, version=version, secure=True) as cluster:
        trusted = {"ca_certs": str(cluster.ca_file), "request_timeout": 30}
        bounded = {"reader": {"indices": [{"names": ["mine"], "privileges": ["all"]}]}}
        key = cluster.api_key("bounded", bounded)
        with Client(cluster.url, **trusted) as nobody, pytest.raises(AuthenticationException):
            nobody.cluster.health()
        with Client(cluster.url, api_key=key) as distrustful, pytest.raises(NoConnection, match="(?i)certificate"):
            distrustful.indices.exists(index="mine")
        with Client(cluster.url, api_key=key, **trusted) as client:
            client.index(index="mine", id="1", document={"word": "vigie"}, version=7, version_type="external")
            with pytest.raises(ConflictError):
                client.index(index="mine", id="1", document={"word": "old"}, version=6, version_type="external")
            with pytest.raises(AuthorizationException):
                client.index(index="other", document={"word": "vigie"})
        with cluster.client() as client:
            assert client.nodes.info(metric="http")["nodes"].popitem()[1]["version"] == version


@pytest.mark.slow
def test_one_of_three_nodes_is_killed_and_comes_back(tmp_path: Path) -> None:
    needed(Elasticsearch.unavailable())
    with Elasticsearch.start(tmp_path, nodes=3) as cluster, cluster.client() as client:
        client.indices.create(index="kept", settings={"number_of_shards": 2, "number_of_replicas": 1})
        client.index(index="kept", id="1", document={"word": "vigie"}, refresh=True)
        cluster.wait("green")
        cluster.kill(1)
        assert [node.running for node in cluster.nodes] == [True, False, True]
        cluster.wait("yellow", nodes=2)
        assert client.get(index="kept", id="1")["_source"] == {"word": "vigie"}
        cluster.start_node(1)
        cluster.wait("green", nodes=3)
        cluster.stop_node(0)
        cluster.wait("yellow", nodes=2)
        assert client.get(index="kept", id="1")["found"]


Say = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Say]:
    kept = {"VIGIE_SERVICES_FOLDER": str(tmp_path), "VIGIE_SERVICES_CACHE": str(REPOSITORY / "var/services/cache")}

    def say(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "scripts.services", *words]
        return subprocess.run(
            command, cwd=REPOSITORY, env=os.environ | kept, capture_output=True, text=True, check=False, timeout=400
        )

    yield say
    say("stop")


@pytest.mark.slow
def test_the_shared_pair_from_start_to_stop(services: Say, tmp_path: Path) -> None:
    needed(PostgreSQL.unavailable() or Elasticsearch.unavailable())
    assert services("status").returncode == 1
    started = services("start")
    assert started.returncode == 0, started.stderr
    processes = [Process.load(tmp_path / "postgresql/postgresql.pid"), Process.load(tmp_path / "elasticsearch/n1.pid")]
    members = [pid for one in processes if one for pid in one.members()]
    assert len(members) > 4

    again = services("start")
    assert again.stderr.count("runs already") == 2
    assert all(map(alive, [one.pid for one in processes if one]))

    inside = (
        "import os; print(os.environ['VIGIE_TEST_DATABASE_URL'], os.environ['VIGIE_TEST_ELASTICSEARCH_URL']); exit(3)"
    )
    ran = services("run", "--", sys.executable, "-c", inside)
    assert ran.returncode == 3
    assert services("env").stdout.split()[1::2] == [
        f"VIGIE_TEST_DATABASE_URL={ran.stdout.split()[0]}",
        f"VIGIE_TEST_ELASTICSEARCH_URL={ran.stdout.split()[1]}",
    ]
    assert services("status").returncode == 0

    os.kill(processes[0].pid, signal.SIGKILL)
    assert until(lambda: not processes[0].running, 20)
    status = services("status")
    assert status.returncode == 1
    assert re.search("PostgreSQL: NOT running", status.stdout)
    assert services("env").stdout.count("export") == 1

    assert services("stop").returncode == 0
    assert not any(map(alive, members))
    assert services("env").stdout.strip() == ""
    assert services("stop").returncode == 0


@pytest.mark.slow
def test_run_stops_what_it_started_when_the_command_fails(services: Say, tmp_path: Path) -> None:
    needed(PostgreSQL.unavailable())
    ran = services("run", "--", sys.executable, "-c", "raise SystemExit(5)")
    assert ran.returncode == 5
    assert "starting PostgreSQL" in ran.stderr
    assert not list(tmp_path.glob("*/*.pid"))
    assert services("status").returncode == 1

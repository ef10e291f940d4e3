"""The real sites that collectors are tested on: how they start and end, and what is said where they cannot be had."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from scripts.services import commands, npm
from scripts.services.ground import account, until
from scripts.services.process import processes
from scripts.services.sites import DataServer, Unavailable, WordPress, data_server, mariadb, wordpress

REPOSITORY = Path(__file__).parent.parent.parent
SITES = {"wordpress": WordPress, "data server": DataServer}
LOCK = REPOSITORY / "scripts" / "services" / "sites" / "atproto" / "package-lock.json"


def missing(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    if what == "wordpress":
        monkeypatch.setattr(wordpress, "_PACKAGE", Path("/nowhere"))
    elif what == "php":
        monkeypatch.setattr(wordpress, "_told", lambda *_: "[PHP Modules]\nxml\n")
    elif what == "mariadb":
        monkeypatch.setattr(mariadb, "_found", lambda _: "")
    else:
        monkeypatch.setattr(data_server.shutil, "which", lambda name: None if name == what else "/usr/bin/" + name)


@pytest.mark.parametrize(
    ("site", "what", "said"),
    [
        ("wordpress", "wordpress", "no WordPress here: apt-get install wordpress"),
        ("wordpress", "php", "no PHP with mysqli and xml here: apt-get install"),
        ("wordpress", "mariadb", "no mariadbd here: apt-get install mariadb-server-core"),
        ("data server", "g++", "no g++ here to build the data server's SQLite with: apt-get install build-essential"),
        ("data server", "npm", "with npm here, for the personal data server"),
    ],
)
def test_what_is_missing_is_said_with_how_to_have_it(site, what, said, monkeypatch, tmp_path):
    if site == "wordpress" and what != "wordpress" and WordPress.unavailable():
        pytest.skip(WordPress.unavailable())
    asked: list[str] = []
    monkeypatch.setattr(wordpress, "install", asked.append)
    monkeypatch.setattr(npm, "output", lambda _: "v20.1.0")
    missing(monkeypatch, what)
    with pytest.raises(Unavailable) as told:
        SITES[site].start(tmp_path)
    assert said in str(told.value)
    assert "\n" not in str(told.value)
    assert asked == ["wordpress"] * (site == "wordpress")
    assert not list(tmp_path.iterdir())


def test_the_lock_file_pins_everything_by_hash_and_names_no_registry():
    text = LOCK.read_text()
    assert text.count('"integrity": "sha512-') == text.count('\n    "node_modules/')
    assert "resolved" not in text
    assert commands._INSTALLER.exists()


_STARTER = """
import os, signal, sys
from pathlib import Path
from scripts.services.process import processes
from scripts.services.sites import DataServer, WordPress
folder = Path(sys.argv[2])
site = {"wordpress": WordPress, "data server": DataServer}[sys.argv[1]].start(folder)
print(site._programs.home, *(pid for one in processes(folder) for pid in one.members()), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(params=SITES)
def name(request: pytest.FixtureRequest) -> str:
    if reason := SITES[request.param].unavailable():
        pytest.skip(reason)
    return request.param


@pytest.fixture
def site(name: str, tmp_path: Path) -> Iterator[WordPress | DataServer]:
    with SITES[name].start(tmp_path) as started:
        yield started


def listening(pids: set[int]) -> set[str]:
    """Return the addresses, as the kernel writes them, at which the processes listen."""
    sockets = {link.readlink().name for pid in pids for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
    rows = [line.split() for table in ("tcp", "tcp6") for line in Path(f"/proc/net/{table}").read_text().splitlines()]
    return {row[1].partition(":")[0] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in sockets}


@pytest.mark.slow
@pytest.mark.long
def test_a_site_is_on_loopback_only_not_run_by_root_and_gone_when_closed(site: WordPress | DataServer, tmp_path):
    pids = {pid for one in processes(tmp_path) for pid in one.members()}
    assert httpx2.get(f"{site.url}/robots.txt", trust_env=False).status_code == 200
    assert listening(pids) == {"0100007F"}
    assert {Path(f"/proc/{pid}").stat().st_uid for pid in pids} == {account().uid}
    home = site._programs.home
    site.close()
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    assert home == tmp_path or not home.exists()


@pytest.mark.slow
@pytest.mark.long
def test_a_site_ends_when_who_started_it_is_killed(name: str, tmp_path: Path):
    command = [sys.executable, "-c", _STARTER, name, str(tmp_path)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    home, *pids = done.stdout.split()
    assert pids
    assert until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), 20)
    assert until(lambda: home == str(tmp_path) or not Path(home).exists(), 20)

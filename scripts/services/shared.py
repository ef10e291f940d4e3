"""The pair of servers that tests share, below ``var/services``: started once, found again, stopped by anybody."""

from __future__ import annotations

import fcntl
import os
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.services.cluster import Elasticsearch
from scripts.services.commands import install
from scripts.services.distribution import DEFAULT
from scripts.services.ground import NotStarted, Unavailable, write_secret
from scripts.services.postgresql import PostgreSQL

_REPOSITORY = Path(__file__).parent.parent.parent
FOLDER = Path(os.environ.get("VIGIE_SERVICES_FOLDER") or _REPOSITORY / "var" / "services")
DATABASE = "VIGIE_TEST_DATABASE_URL"
ENGINE = "VIGIE_TEST_ELASTICSEARCH_URL"
AUTHORITY = "VIGIE_TEST_ELASTICSEARCH_CA_FILE"
KEY = "VIGIE_TEST_ELASTICSEARCH_KEY_FILE"
REQUIRED = "VIGIE_TEST_REQUIRED"
Say = Callable[[str], None]
Server = PostgreSQL | Elasticsearch


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the Elasticsearch of the pair is to be."""

    nodes: int = 1
    version: str = DEFAULT
    secure: bool = False

    @classmethod
    def of(cls, cluster: Elasticsearch) -> Wanted:
        """Return what the cluster is."""
        return cls(len(cluster.nodes), cluster.version, cluster.secure)

    def met_by(self, cluster: Elasticsearch) -> bool:
        """Return whether the cluster runs and is what is wanted."""
        return Wanted.of(cluster) == self and all(node.running for node in cluster.nodes)

    def __str__(self) -> str:
        """Return it as a person says it."""
        count = "" if self.nodes == 1 else f", {self.nodes} nodes"
        return f"Elasticsearch {self.version}{count}{', TLS and log-in' if self.secure else ''}"


class Pair:
    """The two servers of a folder. One process at a time starts or stops them."""

    def __init__(self, say: Say, folder: Path = FOLDER) -> None:
        self.folder = folder
        self.failed = False
        """Whether a server is there and did not come up: something is broken."""
        self._say = say

    def start(self, wanted: Wanted | None, *, outlives: bool) -> tuple[list[Server], bool]:
        """Start what does not run yet; return what this call started, and whether both servers run now.

        An Elasticsearch that runs and is not what is wanted is replaced; None wants what runs, or else the default.
        """
        install("postgresql", "maven")
        with self._alone():
            tries = (self._start_postgresql(outlives=outlives), self._start_elasticsearch(wanted, outlives=outlives))
            self._write_env()
        started = [one for one in tries if one is not None]
        return started, all(server is not None and server.running for _, server in self.servers())

    def stop(self, only: list[Server] | None = None) -> None:
        """Stop the servers, or only the given ones, also those whose starter died."""
        with self._alone():
            for name, server in self.servers():
                if server is None or (only is not None and server.folder not in [one.folder for one in only]):
                    continue
                known = next((one for one in only or [] if one.folder == server.folder), server)
                if known.running:
                    self._say(f"stopping {name}")
                known.close()
            self._write_env()

    def servers(self) -> list[tuple[str, Server | None]]:
        """Return each server's name, and the server if one was started, running or not."""
        return [
            ("PostgreSQL", PostgreSQL.found(self.folder / "postgresql")),
            ("Elasticsearch", Elasticsearch.found(self.folder / "elasticsearch")),
        ]

    def status(self) -> Iterator[tuple[str, bool]]:
        """Yield one line for each server, or for each node, and whether it runs."""
        for name, server in self.servers():
            if server is None:
                yield f"{name}: not started", False
            elif isinstance(server, PostgreSQL):
                yield f"{name}: {_told(server.running)} on 127.0.0.1:{server.port}", server.running
            else:
                for node, url in zip(server.nodes, server.urls, strict=True):
                    yield f"{name} {server.version} {node.name}: {_told(node.running)} on {url}", node.running

    def env(self) -> dict[str, str]:
        """Return the variables that lead tests to the servers that run."""
        found: dict[str, str] = {}
        for _, server in self.servers():
            if server is None or not server.running:
                continue
            if isinstance(server, PostgreSQL):
                found[DATABASE] = server.url
            else:
                found[ENGINE] = ",".join(server.urls)
                if server.ca_file:
                    found |= {AUTHORITY: str(server.ca_file), KEY: str(server.folder / "api-key")}
        return found

    def _write_env(self) -> None:
        write_secret(self.folder / "env", "".join(f"{name}={value}\n" for name, value in self.env().items()))

    def _start_postgresql(self, *, outlives: bool) -> Server | None:
        found = PostgreSQL.found(self.folder / "postgresql")
        if found and found.running:
            self._say("PostgreSQL runs already")
            return None
        self._say("starting PostgreSQL, about a second")
        folder = self._emptied(found, "postgresql")
        return self._told_if_not(lambda: PostgreSQL.start(folder, memory=not outlives, outlives=outlives))

    def _start_elasticsearch(self, wanted: Wanted | None, *, outlives: bool) -> Server | None:
        found = Elasticsearch.found(self.folder / "elasticsearch")
        wanted = wanted or (Wanted.of(found) if found and found.running else Wanted())
        if found and wanted.met_by(found):
            self._say(f"{wanted} runs already")
            return None
        self._say(f"starting {wanted}, about {10 * wanted.nodes + 5 * wanted.secure} s (fetched first if need be)")
        folder = self._emptied(found, "elasticsearch")
        return self._told_if_not(lambda: _start_cluster(folder, wanted, outlives=outlives))

    def _emptied(self, found: Server | None, name: str) -> Path:
        if found:
            found.close()
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _told_if_not(self, start: Callable[[], Server]) -> Server | None:
        try:
            server = start()
        except Unavailable as error:
            self._say(f"not to be had: {error}")
            return None
        except NotStarted as error:
            self._say(f"did not come up: {error}")
            self.failed = True
            return None
        if server.home != server.folder:
            self._say(f"its data is in {server.home}, not in {server.folder}")
        return server

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def exports(variables: dict[str, str]) -> str:
    """Return the variables as lines that a shell can `eval`."""
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in variables.items())


def _start_cluster(folder: Path, wanted: Wanted, *, outlives: bool) -> Elasticsearch:
    cluster = Elasticsearch.start(
        folder, nodes=wanted.nodes, version=wanted.version, secure=wanted.secure, outlives=outlives
    )
    if wanted.secure:
        write_secret(folder / "api-key", cluster.api_key("tests"))
    return cluster


def _told(running: bool) -> str:
    return "running" if running else "NOT running"

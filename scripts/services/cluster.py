"""An Elasticsearch of one's own: one node or several, open or with TLS and passwords."""

from __future__ import annotations

import json
import secrets
import shutil
from pathlib import Path
from typing import Any, Literal, Self

from elasticsearch import ApiError, TransportError
from elasticsearch import Elasticsearch as Client

from scripts.services import distribution
from scripts.services.certificates import Authority
from scripts.services.ground import (
    NotStarted,
    Unavailable,
    account,
    free_port,
    last_line,
    made,
    reachable,
    until,
    write_secret,
)
from scripts.services.keystore import write_keystore
from scripts.services.node import Node, Ports
from scripts.services.process import Guard

Status = Literal["green", "yellow"]
_SECONDS = 180
_RECORD = "cluster.json"


class Elasticsearch:
    """A cluster on 127.0.0.1, 512 MB of heap a node. Nodes are counted from 0."""

    def __init__(self, folder: Path, ports: list[Ports], *, version: str, secure: bool, password: str) -> None:
        self.folder = folder.resolve()
        self.version = version
        self.secure = secure
        self.password = password
        """Password of the user `elastic`; empty where the cluster is open."""
        self._user = account()
        self.home = reachable(folder, self._user)
        """The folder of every file of the nodes: `folder`, or another where their user cannot enter that."""
        pid_files = [folder / f"n{number + 1}.pid" for number in range(len(ports))]
        self.nodes = [Node(number, ports, self.home, path, version) for number, path in enumerate(pid_files)]
        self._guard: Guard | None = None

    @staticmethod
    def unavailable(version: str = distribution.DEFAULT) -> str:
        """Return why a cluster cannot be had here, or nothing; what mvn will answer is not known before `start`."""
        return distribution.why_not(version)

    @classmethod
    def start(
        cls,
        folder: Path,
        *,
        nodes: int = 1,
        version: str = distribution.DEFAULT,
        secure: bool = False,
        outlives: bool = False,
    ) -> Elasticsearch:
        """Return a running cluster whose files are below the folder; it ends with this process unless `outlives`.

        `secure`: HTTPS, encrypted transport and log-in. `Unavailable` where it cannot be had, `NotStarted` when it
        does not come up within three minutes.
        """
        if reason := cls.unavailable(version):
            raise Unavailable(reason)
        folder.mkdir(parents=True, exist_ok=True)
        distribution.elasticsearch(version)
        ports = [Ports(free_port(), free_port()) for _ in range(nodes)]
        password = secrets.token_urlsafe(12) if secure else ""
        cluster = cls(folder, ports, version=version, secure=secure, password=password)
        cluster._make()
        if not outlives:
            cluster._guard = Guard(cluster.folder, cluster.home)
        try:
            for node in range(nodes):
                cluster._begin(node)
            cluster.wait("green", nodes=nodes)
        except BaseException:
            cluster.close()
            raise
        return cluster

    @classmethod
    def found(cls, folder: Path) -> Elasticsearch | None:
        """Return the cluster that was started in the folder, running or not; None if there is none."""
        try:
            record = json.loads((folder / _RECORD).read_text())
        except (OSError, ValueError):
            return None
        ports = [Ports(**one) for one in record.pop("ports")]
        return cls(folder, ports, **record)

    @property
    def urls(self) -> list[str]:
        """The address of every node, running or not."""
        scheme = "https" if self.secure else "http"
        return [f"{scheme}://127.0.0.1:{node.ports.http}" for node in self.nodes]

    @property
    def url(self) -> str:
        """The address of the first node."""
        return self.urls[0]

    @property
    def ca_file(self) -> Path | None:
        """The certificate of the authority that signed the nodes' certificates; None where the cluster is open."""
        return self.folder / "ca.crt" if self.secure else None

    @property
    def data(self) -> list[Path]:
        """The folder of each node that holds every file of its indices."""
        return [node.home / "data" for node in self.nodes]

    @property
    def snapshots(self) -> Path:
        """The folder under which repositories of snapshots may stand."""
        return self.home / "snapshots"

    @property
    def running(self) -> bool:
        """Whether any node runs."""
        return any(node.running for node in self.nodes)

    def client(self) -> Client:
        """Return a client that may do everything and tries every node; close it."""
        access: dict[str, Any] = {"basic_auth": ("elastic", self.password), "ca_certs": str(self.ca_file)}
        return Client(self.urls, request_timeout=15, **(access if self.secure else {}))

    def api_key(self, name: str, roles: dict[str, Any] | None = None) -> str:
        """Make an API key and return it encoded, as `api_key=` and VIGIE_INDEX_API_KEY_FILE take it.

        `roles`: role descriptors that bound what the key may do; without them it may do everything.
        """
        with self.client() as client:
            return str(client.security.create_api_key(name=name, role_descriptors=roles)["encoded"])

    def wait(self, status: Status = "yellow", *, nodes: int | None = None, seconds: float = _SECONDS) -> None:
        """Wait until the cluster has so many nodes (all of them unless told) and this health; else `NotStarted`."""
        wanted = len(self.nodes) if nodes is None else nodes
        with self.client().options(max_retries=len(self.nodes), request_timeout=15) as client:
            if until(lambda: self._healthy(client, status, wanted) or not self.running, seconds, 0.3) and self.running:
                return
        logs = "; ".join(last_line(node.log) for node in self.nodes)
        raise NotStarted(f"Elasticsearch {self.version} is not {status} with {wanted} nodes; {logs}")

    def kill(self, node: int = 0) -> None:
        """Kill a node at once."""
        self.nodes[node].kill()

    def stop_node(self, node: int = 0) -> None:
        """Stop a node in good order."""
        self.nodes[node].stop()

    def start_node(self, node: int = 0) -> None:
        """Start a stopped or killed node on its ports and data, and wait until it is back among the running ones."""
        self._begin(node)
        self.wait("yellow", nodes=sum(one.running for one in self.nodes))

    def close(self) -> None:
        """Stop every node for good and remove the files that had to stand outside the folder."""
        for node in self.nodes:
            node.stop()
        if self._guard:
            self._guard.dismiss()
        for node in self.nodes:
            node.forget()
        (self.folder / _RECORD).unlink(missing_ok=True)
        if self.home != self.folder:
            shutil.rmtree(self.home, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _begin(self, node: int) -> None:
        self.nodes[node].start(self._user)

    def _make(self) -> None:
        made(self.home)
        self.snapshots.mkdir(exist_ok=True)
        self._user.give(self.snapshots)
        authority = Authority() if self.secure else None
        for node in self.nodes:
            node.make(self.snapshots, authority)
        if authority and self.ca_file:
            authority.write(self.ca_file)
            write_keystore(self.nodes, self.password, self.version, self._user)
        record = {
            "ports": [node.record() for node in self.nodes],
            "version": self.version,
            "secure": self.secure,
            "password": self.password,
        }
        write_secret(self.folder / _RECORD, json.dumps(record))

    def _healthy(self, client: Client, status: Status, nodes: int) -> bool:
        try:
            health = client.cluster.health(wait_for_status=status, wait_for_nodes=str(nodes), timeout="2s")
        except (ApiError, TransportError):
            return False
        return not health["timed_out"]

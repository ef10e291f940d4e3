"""An OpenID Connect provider of one's own: npm's `oidc-provider` on Node, installed once from the lock file beside."""

from __future__ import annotations

import secrets
import shutil
import sys
from pathlib import Path
from typing import Self

from scripts.services import npm
from scripts.services.ground import Unavailable, free_port
from scripts.services.programs import Programs

_HERE = Path(__file__).parent / "oidc"


class IdentityProvider:
    """A provider on 127.0.0.1 with one client; it believes any name and password."""

    def __init__(self, folder: Path, port: int, redirect: str) -> None:
        self.folder = folder.resolve()
        self.issuer = f"http://127.0.0.1:{port}"
        self.client_id = "vigie-tests"
        self.client_secret = secrets.token_urlsafe(32)
        self._port = port
        self._redirect = redirect
        self._programs = Programs(folder)

    @staticmethod
    def unavailable() -> str:
        """Return why a provider cannot be had here, or nothing, without asking anybody outside."""
        if not sys.platform.startswith("linux"):
            return "the identity provider for tests is started on Linux only"
        reason = npm.why_not()
        return f"{reason}, for the identity provider" if reason else ""

    @classmethod
    def start(cls, folder: Path, redirect: str) -> IdentityProvider:
        """Return a running provider that sends browsers back to `redirect`; it ends with this process.

        `Unavailable` where it cannot be had, `NotStarted` when it does not come up.
        """
        if reason := cls.unavailable():
            raise Unavailable(reason)
        home = npm.installed(_HERE)
        provider = cls(folder, free_port(), redirect)
        try:
            provider._run(home)
        except BaseException:
            provider.close()
            raise
        return provider

    def close(self) -> None:
        """Stop it."""
        self._programs.close()

    def _run(self, home: Path) -> None:
        script = str(home / "provider.mjs")
        command = [shutil.which("node") or "node", script, str(self._port)]
        command += [self.client_id, self.client_secret, self._redirect]
        self._programs.start("provider", command, mark=script, port=self._port, env={"NODE_ENV": "test"})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

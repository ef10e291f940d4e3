"""Commands that fetch or make something; when one fails, its reason in one line without the names of hosts."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from scripts.services.ground import Unavailable

_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"
_SECONDS = 600
_INSTALLER = Path(__file__).parent.parent / "install-test-tools"


def copy_artifact(artifact: str, folder: Path, trouble: str) -> None:
    """Copy an artifact into the folder with Maven as it is set up here; `Unavailable` where that fails."""
    run(["mvn", "-q", "-B", _COPY, f"-Dartifact={artifact}", f"-DoutputDirectory={folder}"], folder, trouble)


def run(command: list[str], folder: Path, trouble: str) -> None:
    """Run a command in the folder; `Unavailable` with the trouble and the command's first error if it fails."""
    try:
        done = subprocess.run(  # noqa: S603 - our own command
            command, check=False, capture_output=True, text=True, timeout=_SECONDS, cwd=folder
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{trouble}: {type(error).__name__}") from None
    if done.returncode:
        raise Unavailable(f"{trouble}: {_reason(done.stdout + done.stderr)}")


def install(*names: str) -> None:
    """Install Debian's packages where we may; what is missing after that is told when a server cannot be had."""
    subprocess.run([str(_INSTALLER), *names], check=False)  # noqa: S603 - our own script


def output(command: list[str]) -> str:
    """Return what a command says, or nothing where there is no such command."""
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - our own command
    except OSError:
        return ""
    return done.stdout + done.stderr


def _reason(told: str) -> str:
    errors = [line for line in told.splitlines() if "error" in line.lower()] or ["no reason given"]
    return re.sub(r"\(?https?://\S+", "", errors[0])[:300].strip()

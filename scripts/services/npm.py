"""Servers from npm: installed once for each lock file, its hashes checked, without the packages' own scripts."""

from __future__ import annotations

import fcntl
import hashlib
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from scripts.services.commands import output, run
from scripts.services.distribution import kept_here
from scripts.services.ground import account, made, reachable

NODE = 20
_QUIET = ["--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]


def why_not() -> str:
    """Return why nothing can be had from npm here, or nothing, without asking anybody outside."""
    known = re.match(r"v(\d+)", output(["node", "--version"]))
    if known is None or int(known[1]) < NODE or not shutil.which("npm"):
        return f"no Node.js {NODE} or later with npm here"
    return ""


def installed(source: Path, build: Callable[[Path], None] = lambda _folder: None) -> Path:
    """Return the folder of what `source` (package.json, lock file, scripts of ours) names, installed in the cache.

    `build` then makes what must be compiled. `Unavailable` where npm cannot get it or it cannot be built.
    """
    parts = b"".join(path.read_bytes() for path in sorted(source.iterdir()) if path.is_file())
    kept = made(reachable(kept_here(), account()))
    home = kept / f"{source.name}-{hashlib.sha256(parts).hexdigest()[:12]}"
    with (kept / f"{source.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not home.is_dir():
            _install(source, kept / f"{source.name}-unpacked", home, build)
    return home


def _install(source: Path, folder: Path, home: Path, build: Callable[[Path], None]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source, folder)
    run(["npm", "ci", *_QUIET], folder, f"npm cannot install {source.name}")
    build(folder)
    folder.rename(home)

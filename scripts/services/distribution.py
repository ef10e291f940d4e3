"""Where Elasticsearch comes from (Maven as it is set up here, kept in a cache) and the Java that runs it."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from scripts.services.commands import copy_artifact, output
from scripts.services.ground import Unavailable, account, made, reachable
from scripts.services.plugin import add_plugin

DEFAULT = "8.19.21"
NEXT = "9.5.3"
_CACHE = Path(__file__).parent.parent.parent / "var" / "services" / "cache"
_ARTIFACT = "org.elasticsearch.distribution.integ-test-zip:elasticsearch:{version}:zip"
_JAVA_FROM = "apt-get install default-jre-headless, or name one with JAVA_HOME"
_JAVA = {8: range(17, 26), 9: range(21, 26)}
"""The Java versions that an Elasticsearch of the major version runs on."""


def kept_here() -> Path:
    """Return the folder of what was fetched; VIGIE_SERVICES_CACHE names another."""
    return reachable(Path(os.environ.get("VIGIE_SERVICES_CACHE") or _CACHE), account())


def why_not(version: str) -> str:
    """Return why this Elasticsearch cannot be had here, or nothing, without asking anybody outside."""
    if not sys.platform.startswith("linux"):
        return "Elasticsearch for tests is started on Linux only"
    if not (kept_here() / f"elasticsearch-{version}").is_dir() and not shutil.which("mvn"):
        return f"no Elasticsearch {version} in the cache and no mvn to fetch it with: apt-get install maven"
    try:
        java(version)
    except Unavailable as reason:
        return str(reason)
    return ""


def elasticsearch(version: str) -> Path:
    """Return the folder of the unpacked distribution, fetched once; `Unavailable` where it cannot be had."""
    kept = made(kept_here())
    home = kept / f"elasticsearch-{version}"
    with _locked(kept):
        if not home.is_dir():
            _fetch_elasticsearch(version, kept)
    return home


def java(version: str) -> Path:
    """Return the home of a Java of this machine that runs this Elasticsearch; `Unavailable` where there is none."""
    wanted = _JAVA[int(version.partition(".")[0])]
    for home in _homes():
        if _java_version(home) in wanted:
            return home
    raise Unavailable(f"no Java {wanted.start} to {wanted.stop - 1} for Elasticsearch {version}: {_JAVA_FROM}")


def has_module(home: Path, name: str) -> bool:
    """Return whether the Java has the module."""
    return name in output([str(home / "bin" / "java"), "--list-modules"])


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let one process fetch at a time."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch_elasticsearch(version: str, kept: Path) -> None:
    copy_artifact(_ARTIFACT.format(version=version), kept, f"Elasticsearch {version} cannot be fetched with mvn")
    unpacked = kept / "unpacked"
    shutil.rmtree(unpacked, ignore_errors=True)
    _unpack(kept / f"elasticsearch-{version}.zip", unpacked)
    add_plugin(unpacked / f"elasticsearch-{version}", version, java(version))
    (unpacked / f"elasticsearch-{version}").rename(kept / f"elasticsearch-{version}")
    unpacked.rmdir()
    (kept / f"elasticsearch-{version}.zip").unlink()


def _unpack(archive: Path, folder: Path) -> None:
    """Unpack with the modes that the archive names (zipfile alone forgets what may be run)."""
    with zipfile.ZipFile(archive) as packed:
        for one in packed.infolist():
            path = Path(packed.extract(one, folder))
            path.chmod((one.external_attr >> 16) & 0o777 | (0o755 if path.is_dir() else 0o644))


def _homes() -> Iterator[Path]:
    """Yield the homes of this machine's Javas: the chosen one, the one in PATH, Debian's."""
    if chosen := os.environ.get("JAVA_HOME"):
        yield Path(chosen)
    if found := shutil.which("java"):
        yield Path(found).resolve().parent.parent
    yield from sorted(path.parent.parent for path in Path("/usr/lib/jvm").glob("*/bin/java"))


@cache
def _java_version(home: Path) -> int:
    known = re.search(r'version "(\d+)', output([str(home / "bin" / "java"), "-version"]))
    return int(known[1]) if known else 0

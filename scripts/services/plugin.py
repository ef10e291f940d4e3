"""Compile and place the small plugin without which Elasticsearch's distribution for tests makes no API keys."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

from scripts.services.commands import copy_artifact, run

_SOURCE = Path(__file__).parent / "security_analysis" / "SecurityAnalysis.java"
# Eclipse's compiler: a Java that only runs programs has none of its own.
_COMPILER = "3.43.0"
_DESCRIPTOR = """\
description=What the index of API keys needs
version={version}
name=security-analysis
classname=vigie.test.SecurityAnalysis
java.version=17
elasticsearch.version={version}
"""


def add_plugin(home: Path, version: str, java: Path) -> None:
    """Put the plugin, compiled for this version, into the unpacked distribution; `Unavailable` if that fails."""
    work = home / "plugins" / "work"
    work.mkdir(parents=True)
    copy_artifact(f"org.eclipse.jdt:ecj:{_COMPILER}:jar", work, "no Java compiler to be had with mvn")
    libraries = ":".join(map(str, sorted((home / "lib").glob("*.jar"))))
    compiler = [str(java / "bin" / "java"), "-jar", f"ecj-{_COMPILER}.jar", "-17", "-nowarn", "-cp", libraries]
    run([*compiler, "-d", "classes", str(_SOURCE)], work, f"the plugin does not compile for Elasticsearch {version}")
    plugin = home / "plugins" / "security-analysis"
    plugin.mkdir()
    (plugin / "plugin-descriptor.properties").write_text(_DESCRIPTOR.format(version=version))
    _pack(work / "classes", plugin / "security-analysis.jar")
    shutil.rmtree(work)


def _pack(folder: Path, jar: Path) -> None:
    with zipfile.ZipFile(jar, "w") as packed:
        for path in sorted(folder.rglob("*.class")):
            packed.write(path, path.relative_to(folder))

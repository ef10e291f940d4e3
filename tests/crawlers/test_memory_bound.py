"""The collector's memory bound is about the collector, not about the process that started it."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

import pytest

from crawlers.policy.settings import MEMORY_MB

_MB = 1024 * 1024
_COLLECTOR = """
import resource
from scrapy.utils.test import get_crawler
from crawlers.policy.memory import Memory
memory = Memory(get_crawler(settings_dict={"MEMUSAGE_ENABLED": True}))
print(memory.get_virtual_size() // 1048576, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands the greatest memory down to a child")
def test_a_starter_that_once_held_more_than_the_bound_does_not_count(tmp_path):
    collector = tmp_path / "collector.py"
    collector.write_text(dedent(_COLLECTOR), "utf-8")
    starter = f"""
        import subprocess, sys
        held = b"x" * {(MEMORY_MB + 200) * _MB}
        del held
        sys.exit(subprocess.run([sys.executable, {str(collector)!r}]).returncode)
    """
    done = subprocess.run(
        [sys.executable, "-c", dedent(starter)], capture_output=True, text=True, check=True, timeout=120
    )
    now, greatest = map(int, done.stdout.split())
    assert greatest > MEMORY_MB  # the trap is there: this is what Scrapy measures by itself
    assert now < MEMORY_MB / 2

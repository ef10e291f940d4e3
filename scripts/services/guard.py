"""Wait for the end of our standard input, which is the end of who started us; then kill what the pid files name.

Arguments: the folder of the pid files; a folder to remove afterwards, where the programs' files stand elsewhere.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from scripts.services.process import processes

if __name__ == "__main__":
    sys.stdin.buffer.read()
    for one in processes(Path(sys.argv[1])):
        one.kill()
    for outside in sys.argv[2:]:
        shutil.rmtree(outside, ignore_errors=True)

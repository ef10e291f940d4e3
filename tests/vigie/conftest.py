"""The command line as a person types it, in a data folder of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from vigie.main import main


@pytest.fixture
def vigie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run one verb; return exit status, standard output and standard error."""
    monkeypatch.setenv("VIGIE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("VIGIE_ALLOW_LOOPBACK", "true")
    monkeypatch.setenv("VIGIE_REQUEST_DELAY", "0")

    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["vigie", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        code = ended.value.code
        return (0 if code is None else int(code)), out, err

    return run

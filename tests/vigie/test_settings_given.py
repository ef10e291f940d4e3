"""Settings as a person writes them: empty ones are not given, a file that is not there is said so."""

from __future__ import annotations

import pytest

from store.errors import BadInput
from vigie.opening import settings


def test_an_empty_setting_is_one_that_was_not_given(monkeypatch, tmp_path):
    for name in ("VIGIE_KEYS_DIR", "VIGIE_INDEX_API_KEY_FILE", "VIGIE_DATABASE_PASSWORD_FILE", "VIGIE_DATABASE_URL"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("VIGIE_DATA_DIR", str(tmp_path))
    chosen = settings()
    assert (chosen.keys, chosen.index_api_key_file, chosen.database_password_file) == (tmp_path / "keys", None, None)
    assert chosen.database.startswith("sqlite:")


def test_a_file_of_settings_that_is_not_there_is_said_so(monkeypatch, tmp_path):
    monkeypatch.setenv("VIGIE_ENV_FILE", str(tmp_path / "absent.env"))
    with pytest.raises(BadInput, match="VIGIE_ENV_FILE names no file"):
        settings()

"""`vigie purge`: what would go, what a hold keeps, what went in a month."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def ready(vigie):
    assert vigie("setup-db")[0] == 0
    return vigie


def test_it_says_what_would_go_by_kind_and_erases_nothing(ready, tmp_path, monkeypatch):
    file = tmp_path / "posts.jsonl"
    file.write_text("\n".join(json.dumps({"id": str(n), "text": f"texte {n}"}) for n in range(3)) + "\n", "utf-8")
    monkeypatch.setenv("VIGIE_RETAIN_UNFLAGGED_DAYS", "0")
    assert ready("import", file, "--source", "essai")[0] == 0
    status, out, _ = ready("purge", "--dry-run", "--json")
    assert status == 0
    assert json.loads(out) == {"dry_run": True, "kinds": {"post_waiting": 3}, "held": {}}
    assert "3 posts would be erased" in ready("purge", "--dry-run")[1]
    assert json.loads(ready("purge", "--json")[1])["kinds"] == {"post_waiting": 3}
    assert json.loads(ready("purge", "--json")[1])["kinds"] == {}


def test_it_tells_what_went_in_a_month(ready):
    status, out, _ = ready("purge", "--report", "2026-01", "--json")
    assert (status, json.loads(out)) == (0, {"month": "2026-01", "kinds": {}, "held": {}})
    for wrong in ("2026-13", "hier", "9999-12"):
        status, _, err = ready("purge", "--report", wrong)
        assert status != 0
        assert "2026-11" in err
    assert ready("purge", "--report", "2026-01", "--dry-run")[0] != 0

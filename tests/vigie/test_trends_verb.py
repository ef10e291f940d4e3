from __future__ import annotations

import json

HEAD = "organisation,month,figure,region,count\n"


def test_forms_are_added_up_or_each_bad_row_is_told(vigie, tmp_path):
    good, bad = tmp_path / "a.csv", tmp_path / "b.csv"
    good.write_text(f"{HEAD}Maison,2026-01,flagged,*,12\nMaison,2026-01,signal:minor,*,<10\n", "utf-8")
    bad.write_text(f"{HEAD}Clinique,2026-01,flagged,*,3\nClinique,2026-01,auteur,*,30\n", "utf-8")
    assert vigie("setup-db")[0] == 0
    assert vigie("users", "add", "lea.b", "--role", "auditor")[0] == 0
    code, out, err = vigie("trends", "add", good, bad, "--as", "lea.b")
    assert (code, out) == (1, "")
    assert [line.split(":")[1] for line in err.splitlines() if str(bad) in line] == ["2", "3"]
    code, out, _ = vigie("trends", "add", good, "--as", "lea.b")
    assert code == 0
    assert out.splitlines() == [
        "month,figure,region,count,organisations",
        "2026-01,flagged,*,12,1",
        "2026-01,signal:minor,*,<10,1",
    ]
    code, out, _ = vigie("trends", "add", good, "--as", "lea.b", "--json")
    assert [json.loads(line)["count"] for line in out.splitlines()] == [12, None]
    assert vigie("trends", "add", tmp_path / "none.csv", "--as", "lea.b")[0] == 2

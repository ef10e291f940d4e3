"""What the command line says of the quarantine: not configured, in force, refused, late."""

from __future__ import annotations


def test_doctor_and_import_tell_of_the_door(vigie, tmp_path, monkeypatch):
    vigie("setup-db")
    status, out, _ = vigie("doctor")
    assert status == 0
    assert "waiting in quarantine: 0\nquarantine lexicon: not configured\n" in out
    lexicon, file = tmp_path / "lexicon.txt", tmp_path / "apporte.jsonl"
    file.write_text('{"text": "zzmarqueur-un"}\n{"text": "Bonjour."}\n', "utf-8")
    lexicon.write_text("zzmarqueur-un\n", "utf-8")
    monkeypatch.setenv("VIGIE_QUARANTINE_LEXICON_FILE", str(lexicon))
    status, out, err = vigie("import", file, "--source", "Apporté")
    assert (status, out) == (0, "1 new, 0 edited, 0 known, 0 refused\n")
    assert "1 put in quarantine" in err
    assert "zz" not in out + err
    status, out, _ = vigie("doctor")
    assert status == 0
    assert "waiting in quarantine: 1\nquarantine lexicon: 1 terms\n" in out
    lexicon.write_text("***\n", "utf-8")
    status, out, _ = vigie("doctor")
    assert status == 1
    assert "quarantine lexicon: The quarantine lexicon" in out
    status, out, err = vigie("import", file, "--source", "Apporté")
    assert (status != 0, out, err.count("\n")) == (True, "", 1)
    assert "VIGIE_QUARANTINE_LEXICON_FILE" in err

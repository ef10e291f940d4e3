"""What the door seals is readable nowhere: a raw scan finds it in a house without a lexicon, and not in one with it.

Markers come in by each door, are assessed, indexed, linked, exported and looked for in the files of the database and
its log, in every table, the index, the captures, the exports, the register, the logs and what is answered.
"""

from __future__ import annotations

import io
import json
import logging

import pytest
from index_walk import walk
from sqlalchemy import select
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawlers.imports import import_file
from pipeline.rebuild import erase_thoroughly
from pipeline.retain import purge
from store.tables import Post, Quarantined
from store.tables.base import Base

DOORS = ("collecte", "titre", "copie", "retouche", "jsonl", "csv", "warc", "page", "api")
MARKERS = {door: f"zzmarqueur{door}" for door in DOORS}
SECRETS = {door: f"zzsecret{door}" for door in DOORS}
SEEN = {"platform": "Messagerie", "where": "profil public", "seen_at": "2026-03-02T09:00:00+00:00"}


def text_of(door):
    marker = "" if door == "titre" else MARKERS[door]
    return f"{marker} {SECRETS[door]} Chu en fugue depuis hier, j'ai 15 ans, 514-555-0133."


@pytest.fixture
def store(make_store, tmp_path, request):
    path = tmp_path / "lexicon.txt"
    path.write_text("\n".join(MARKERS.values()), "utf-8")
    return make_store(quarantine_lexicon_file=path if request.param else None)


def come_in(town, analyst, folder):
    """Bring a marker in by each door; return what each answered."""
    told = []
    town.post(text_of("copie"), "copie", origin="collect", source="babillard", settle=False)
    for door in ("collecte", "titre"):
        title = MARKERS["titre"] if door == "titre" else ""
        town.post(text_of(door), door, origin="collect", title=title, settle=False)
    town.post("Bonjour à tous.", "retouche", origin="collect")
    town.post(text_of("retouche"), "retouche", origin="collect", settle=False)
    for door, content in (("jsonl", jsonl()), ("csv", csv()), ("warc", warc())):
        path = folder / f"apporte.{door}"
        path.write_bytes(content)
        told.append(str(import_file(town.desk.store, path, f"Apporté {door}")))
        told.append((folder / f"{path.name}.rejects.jsonl").read_text("utf-8") if door == "jsonl" else "")
    told.append(analyst.send("/posts/new", text=text_of("page"), **SEEN).text)
    told.append(analyst.api("POST", "/posts", json={"text": text_of("api"), **SEEN}).text)
    town.settle()
    return "\n".join(told)


def jsonl():
    good = {"id": "1", "text": text_of("jsonl")}
    rejected = [{"id": "1", "text": f"{text_of('jsonl')} autrement"}, {"id": "2", "posted_at": text_of("jsonl")}]
    return "\n".join(json.dumps(row) for row in (good, *rejected)).encode()


def csv():
    return f'id,text\n1,"{text_of("csv")}"\n'.encode()


def warc():
    buffer, body = io.BytesIO(), f"<html><body><main><p>{text_of('warc')}</p></main></body></html>".encode()
    http = StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1")
    writer = WARCWriter(buffer, gzip=True)
    more = {"length": len(body), "http_headers": http}
    writer.write_record(writer.create_warc_record("https://a.example/1", "response", io.BytesIO(body), **more))
    return buffer.getvalue()


def in_tables(store, needles):
    """Return which of the needles stand in any row of any table."""
    with store.database.reading() as session:
        rows = [
            str([bytes(value) if isinstance(value, memoryview) else value for value in row])
            for table in Base.metadata.sorted_tables
            for row in session.execute(select(table))
        ]
    return {needle for needle in needles if any(needle in row for row in rows)}


def in_raw_files(folder, needles):
    found = set()
    for path in folder.rglob("*"):
        if path.is_file():
            held = path.read_bytes()
            found.update(needle for needle in needles if needle.encode() in held)
    return found


def captured(store, needles):
    from store.captures import read_record

    told = b"".join(read_record(path.read_bytes()).content for path in store.settings.captures.rglob("*.warc.gz"))
    return {needle for needle in needles if needle.encode() in told}


def answered(browsers):
    """Return all that the desks' lists, a search and a corpus answer."""
    analyst, supervisor, researcher = browsers
    told = [analyst.api("GET", path).text for path in ("/queue", "/words", "/sources")]
    for wanted in ("fugue", SECRETS["collecte"], MARKERS["page"]):
        asked = {"query": wanted, "purpose": "watch", "ground": "LPJ 39"}
        found = analyst.api("POST", "/searches", json=asked).json()
        told += [analyst.api("GET", f"/posts/{one['id']}").text for one in found["items"]]
    told.append(supervisor.api("GET", "/register").text)
    made = researcher.api("POST", "/corpora", json={"purpose": "Étude"}).json()
    told += [researcher.page(f"/corpora/{made['id']}").text, supervisor.page("/corpora/deciding").text]
    return "\n".join(told)


def found_in(text):
    return {needle for needle in SECRETS.values() if needle in text}


@pytest.fixture
def everybody(person_in):
    return [person_in(role) for role in ("analyst", "supervisor", "researcher")]


@pytest.mark.parametrize("store", [False], indirect=True)
def test_the_scan_finds_what_nobody_seals(store, town, desk, everybody, tmp_path):
    told = come_in(town, everybody[0], tmp_path)
    secrets = set(SECRETS.values())
    assert in_tables(store, secrets) == secrets
    assert captured(store, secrets) == {SECRETS[door] for door in ("collecte", "titre", "copie", "retouche")}
    found = walk(desk.index, SECRETS.values())
    assert found.stored == secrets
    assert found.terms == secrets
    if store.database.is_sqlite:
        assert in_raw_files(store.settings.data_dir, secrets) == secrets
    assert SECRETS["jsonl"] in told, "a refused line is kept aside"
    assert found_in(answered(everybody)) >= {SECRETS["collecte"], SECRETS["page"]}


@pytest.mark.parametrize("store", [True], indirect=True)
def test_what_is_caught_is_found_nowhere(store, town, desk, everybody, person_in, tmp_path, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    told = come_in(town, everybody[0], tmp_path)
    logged = caplog.text + "".join(capfd.readouterr())  # before we ask for the words ourselves
    with store.database.reading() as session:
        sealed = set(session.scalars(select(Quarantined.post_id)))
        assert len(sealed) == len(DOORS)
        assert set(session.scalars(select(Post.id).where(Post.status == "quarantined"))) == sealed
    needles = {*SECRETS.values(), *MARKERS.values(), "514-555-0133", "5145550133"}
    assert_nowhere(store, desk, needles)
    purge(store)
    erase_thoroughly(store, desk.index, "one", now=True)
    assert_nowhere(store, desk, needles)
    for text in (told, logged, answered(everybody)):
        assert not [needle for needle in needles if needle in text]
    held = {identity: seal(store, identity) for identity in sealed}
    officer = person_in("quarantine_officer")
    for identity in sorted(sealed)[:2]:
        sent = {"outcome": "destroyed", "reason": "Rien à remettre."}
        assert officer.api("POST", f"/quarantine/{identity}/outcome", json=sent).status_code == 201
        with store.keys.database.reading() as session:
            keys = session.connection().exec_driver_sql("SELECT id FROM data_keys").scalars().all()
        assert f"quarantine:{identity}" not in keys
        assert not in_tables(store, [str(held[identity])])
    assert_nowhere(store, desk, needles)


def seal(store, identity):
    with store.database.reading() as session:
        return session.scalar(select(Quarantined.sealed).where(Quarantined.post_id == identity))


def assert_nowhere(store, desk, needles):
    """Nothing of it stands where the house keeps things; the lexicon and what people brought are not of the house."""
    assert in_tables(store, needles) == set()
    assert captured(store, needles) == set()
    assert in_raw_files(store.settings.data_dir, needles) == set()
    assert in_raw_files(store.settings.keys, needles) == set()
    assert not walk(desk.index, SECRETS.values())

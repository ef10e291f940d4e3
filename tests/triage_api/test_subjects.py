"""Erasing a subject: found everywhere before, nowhere after, and not in a back-up; changing keys loses nothing."""

from __future__ import annotations

import json
import logging
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from index_walk import walk
from sqlalchemy import select, text

from pipeline.index import drain_batch
from pipeline.rebuild import erase_thoroughly
from pipeline.retain import purge
from store.errors import NotFound, NotSetUp
from store.keys import load_key
from store.posts import same_text
from store.register import entry_content, leaf_hash
from store.store import Store, open_store
from store.tables import Base, Message, RegisterEntry, Request, Review, Search, SearchTerm, Subject, SubjectHash
from triage_api.access.people import person_named
from triage_api.desk import Desk
from triage_api.requests.service import list_requests, read_request
from triage_api.searches.models import SearchIn
from triage_api.searches.sealing import open_searches
from triage_api.searches.service import search
from triage_api.subjects.erasing import unreadable_requests
from triage_api.subjects.rotation import rotate_hashing, rotate_wrapping

TOLD = {
    "who": "Armandine Plantepivot",
    "why": "Zoraide Plantamour ne rentre plus, plantinquiet",
    "youth": "Zoraide Plantamour, 15 ans",
    "handles": ["zoraplante.15"],
    "phones": ["514-555-0133"],
    "emails": ["zora@plantation.example"],
    "places": ["Place Plantine"],
}
PASTED = "Chu en fugue depuis hier, j'ai 15 ans, je cherche une place où dormir, plantedanslegroupe, 438-555-0177"
WORDS = {
    "message": "plantemessage de l'école",
    "reply": "plantereplique de la vigie",
    "purpose": "plantepurpose pour Zoraide Plantamour",
    "ground": "planteground, Zoraide Plantamour",
    "again_reason": "plantencore une fois",
    "query": "planterecherche OR fugue",
    "decision": "plantedecision",
    "named": "même pseudo que Zoraplante.15",
    "reveal": "plantereveal Zoraide",
    "renewal": "planteveille Zoraide",
    "answer": "plantereponse",
    "where": "plantegroupe public",
}
PERSONAL = [
    *(
        "Armandine",
        "Plantepivot",
        "Zoraide",
        "Plantamour",
        "plantinquiet",
        "zoraplante.15",
        "514-555-0133",
        "5145550133",
    ),
    *("zora@plantation.example", "Plantine", "plantemessage", "plantereplique", "plantepurpose", "planteground"),
    *(
        "plantencore",
        "plantedecision",
        "Zoraplante.15",
        "planterecherche",
        "plantereveal",
        "planteveille",
        "plantereponse",
        "planterevue",
        "planteouverture",
    ),
]
"""What only sealed places hold."""
READABLE = ["plantedanslegroupe", "438-555-0177", "plantegroupe", same_text(PASTED)]
"""What stands readable until the erasure: a public text, its digest, and where it was seen."""


@dataclass
class Youth:
    """What is kept of one youth."""

    request: str
    search: str
    alone: str
    pasted: str
    found: str
    standing: str


@pytest.fixture
def youth(person_in, town, store) -> Youth:
    """A youth asked about, searched, pasted, revealed, decided and watched, in planted words."""
    partner, analyst = person_in("partner", name="ecole"), person_in("analyst", name="lea")
    made = partner.api("POST", "/requests", json=TOLD | {"runaway": True})
    request = made.json()["id"]
    ok(partner.api("POST", f"/requests/{request}/messages", json={"text": WORDS["message"]}))
    ok(analyst.api("POST", f"/requests/{request}/messages", json={"text": WORDS["reply"]}))
    found = town.post(
        "Chu en fugue, j'ai 15 ans, où dormir? @zoraplant", "found", origin="collect", author="auteurtrouve"
    )
    asked = {"query": WORDS["query"], "identifiers": TOLD["handles"], "request": request}
    why = {name: WORDS[name] for name in ("purpose", "ground", "again_reason")}
    search = ok(analyst.api("POST", "/searches", json=asked | why))["id"]
    simple = {"query": "fugue", "request": request, "purpose": "request", "ground": "LPJ 39"}
    second = ok(analyst.api("POST", "/searches", json=simple))["id"]
    paste = {"text": PASTED, "platform": "Groupe fermé", "seen_at": "2026-03-01T10:00:00Z", "where": WORDS["where"]}
    pasted = ok(analyst.api("POST", "/posts", json=paste | {"request": request}))["id"]
    town.settle()
    for post in (found, pasted):
        ok(analyst.api("POST", f"/posts/{post}/reveal", json={"what": "address", "why": WORDS["reveal"]}))
    decide(analyst, {pasted: WORDS["decision"], found: WORDS["named"]})
    standing = ok(analyst.api("POST", "/standing", json={"search": second}))["id"]
    ok(analyst.api("POST", f"/standing/{standing}/renew", json={"why": WORDS["renewal"]}))
    alone = {"query": "colibri", "purpose": "watch", "ground": "LPJ 39"}
    apart = ok(analyst.api("POST", "/searches", json=alone))["id"]
    ok(analyst.api("GET", f"/requests/{request}"))
    with store.database.writing() as session:
        note = store.keys.sealed("planterevue de Zoraide", "review:v-1")
        review = Review(id="v-1", search_id=search, sample="random", reasons=[], drawn_by="x", note=note)
        review.drawn_at = store.clock()
        session.add(review)
        session.add(review_of_openings(store, session, request))
    return Youth(request, search, apart, pasted, found, standing)


def review_of_openings(store: Store, session, request: str) -> Review:
    """Return a review, with its note, of somebody who opened the request."""
    opened = select(RegisterEntry).where(RegisterEntry.event == "request.opened").order_by(RegisterEntry.n.desc())
    entry = next(one for one in session.scalars(opened) if request in one.public)
    note = store.keys.sealed("planteouverture de Zoraide", "review:v-2")
    review = Review(id="v-2", entry=entry.n, sample="random", reasons=[], drawn_by="x", note=note)
    review.drawn_at = store.clock()
    return review


def ok(answer):
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def decide(analyst, reasons):
    items = {item["post"]: item["id"] for item in ok(analyst.api("GET", "/queue"))["items"]}
    for post, reason in reasons.items():
        ok(analyst.api("POST", f"/queue/{items[post]}/claim"))
        said = {"verdict": "watch", "criteria": [], "reason": reason}
        ok(analyst.api("POST", f"/queue/{items[post]}/decision", json=said))


def give_answer(person_in, youth):
    analyst = person_in("analyst", name="marc")
    ok(analyst.api("POST", f"/requests/{youth.request}/answer", json={"kind": "call_us", "text": WORDS["answer"]}))


def erase(person_in, youth, name="chef"):
    supervisor = person_in("supervisor", name=name)
    return supervisor.api("POST", f"/requests/{youth.request}/erase", json={"reason": "fin de la conservation"})


def in_rows(store: Store, planted) -> set[str]:
    """Return which strings stand in any column of any row."""
    found: set[str] = set()
    with store.database.reading() as session:
        for table in Base.metadata.sorted_tables:
            for row in session.execute(select(table)):
                said = "\n".join(value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in row)
                found |= {one for one in planted if one in said}
    return found


def in_files(folder: Path, planted) -> set[str]:
    held = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    return {one for one in planted for data in held if one.encode() in data}


def sealed_texts(store: Store) -> list[bytes]:
    """Return every sealed blob of a database."""
    with store.database.reading() as session:
        columns = (
            Request.sealed,
            Request.answer_sealed,
            Message.sealed,
            Search.scope,
            RegisterEntry.sealed,
            Review.note,
        )
        return [blob for column in columns for blob in session.scalars(select(column)) if blob]


def opened_by_anything(store: Store, blobs: list[bytes], youth: Youth) -> str:
    """Return what opens under any key that is there, bound to anything that the subject's texts are bound to."""
    with store.keys.database.reading() as session:
        names = list(session.scalars(text("SELECT id FROM data_keys")))
    files = [load_key(store.keys.folder, name) for name in ("wrapping", "hashing", "signing")]
    keys = [*store.keys.keys(names).values(), *files]
    kinds = ("request", "answer", "message", "search", "standing", "reveal", "subject")
    ids = (youth.request, youth.search, youth.standing, youth.pasted, youth.found)
    contexts = ["review:v-1", "review:v-2", *(f"{kind}:{one}" for kind in kinds for one in ids)]
    return "\n".join(filter(None, (tried(key, blob, bound) for key in keys for blob in blobs for bound in contexts)))


def tried(key: bytes, blob: bytes, context: str) -> str:
    try:
        return AESGCM(key).decrypt(blob[:12], blob[12:], context.encode()).decode()
    except (InvalidTag, ValueError):
        return ""


def leaves_hold(store: Store) -> bool:
    with store.database.reading() as session:
        rows = session.scalars(select(RegisterEntry)).all()
    said = (entry_content(row.at, row.event, row.actor, row.public, row.sealed) for row in rows)
    return len(rows) > 10 and [row.leaf for row in rows] == [leaf_hash(content) for content in said]


@pytest.fixture
def backup(store: Store, tmp_path: Path):
    """Return a function that copies database, index and captures, not the keys, and opens the copy beside them."""
    opened: list[Store] = []

    def take() -> Store:
        folder = tmp_path / "backup"
        shutil.copytree(store.settings.data_dir, folder, ignore=shutil.ignore_patterns("keys"))
        changed = {"data_dir": folder, "keys_dir": store.settings.keys}
        opened.append(open_store(store.settings.model_copy(update=changed), store.clock))
        return opened[-1]

    yield take
    for one in opened:
        one.close()


def test_what_was_planted_is_read_before_the_erasure(person_in, youth, store, index):
    """Without this, that nothing is found after would show nothing."""
    give_answer(person_in, youth)
    analyst = person_in("analyst", name="anne")
    told = json.dumps(ok(analyst.api("GET", f"/requests/{youth.request}")), ensure_ascii=False)
    supervisor = person_in("supervisor", name="chef")
    told += json.dumps(ok(supervisor.api("GET", f"/searches/{youth.search}")), ensure_ascii=False)
    for planted in PERSONAL:
        assert planted in told or planted in (
            "5145550133",
            "plantencore",
            "plantedecision",
            "Zoraplante.15",
            "plantereveal",
            "planteveille",
            "planterevue",
            "planteouverture",
        ), planted
    blobs = sealed_texts(store)
    readable = opened_by_anything(store, blobs, youth)
    readable += opened_under_subject(store, blobs, youth)
    for planted in ("plantereveal", "planteveille", "plantencore", "planterevue", "planteouverture"):
        assert planted in readable
    assert in_rows(store, READABLE) == set(READABLE)
    assert in_rows(store, PERSONAL) == set()
    assert walk(index, ["plantedanslegroupe"])


def opened_under_subject(store: Store, blobs: list[bytes], youth: Youth) -> str:
    with store.database.reading() as session:
        subject = session.get_one(Request, youth.request).subject_id
    key = store.keys.key(f"subject:{subject}")
    bound = (f"standing:{youth.standing}", f"search:{youth.search}")
    return "\n".join(tried(key, blob, context) for blob in blobs for context in bound)


def test_an_erased_subject_is_nowhere_any_more(person_in, youth, store, index, caplog, clock):
    caplog.set_level(logging.INFO)
    give_answer(person_in, youth)
    blobs = sealed_texts(store)
    assert opened_by_anything(store, blobs, youth)
    files = store.settings.data_dir
    if store.database.is_sqlite:
        assert in_files(files, READABLE) == set(READABLE)
    done = ok(erase(person_in, youth))
    assert (done["request"], done["searches"], done["posts"], done["beside"]) == (youth.request, 2, 1, [])
    purge(store)
    drain_batch(store, index, "one")
    assert erase_thoroughly(store, index, "one", now=True)
    logged = caplog.text
    assert logged
    assert not any(planted in logged for planted in PERSONAL + READABLE)
    assert in_rows(store, PERSONAL + READABLE) == set()
    assert in_files(files, PERSONAL + READABLE) == set()
    assert not walk(index, ["plantedanslegroupe", "438-555-0177", "Plantamour"])
    assert opened_by_anything(store, blobs, youth) == "", "not even from copies of what was sealed"
    assert leaves_hold(store)
    with store.database.reading() as session:
        assert session.scalars(select(SubjectHash)).all() == []
        assert session.scalars(select(SearchTerm.search_id).distinct()).all() == [youth.alone]
        (entry,) = session.scalars(select(RegisterEntry).where(RegisterEntry.event == "subject.erased"))
        assert json.loads(entry.public) == {"request": youth.request}
        reason = store.keys.opened(entry.sealed, f"erasure:{youth.request}")
    assert reason == "fin de la conservation"


@pytest.mark.parametrize("twin", ["embedded"], scope="session")  # what a copy of files is; a dump is walked below
def test_a_backup_of_before_does_not_open_beside_the_keys_of_after(person_in, youth, store, backup, make_person):
    give_answer(person_in, youth)
    old = backup()
    blobs = sealed_texts(old)
    assert opened_by_anything(old, blobs, youth)
    assert opened_under_subject(old, blobs, youth)
    ok(erase(person_in, youth))
    assert in_files(old.settings.data_dir, PERSONAL) == set()
    assert opened_by_anything(old, blobs, youth) == ""
    chef = person_named(old, "lea")
    with old.database.reading() as session:
        searches = session.scalars(select(Search)).all()
        assert set(open_searches(old, session, searches)) == {youth.alone}
    with pytest.raises(NotFound):
        read_request(Desk(old, None), chef, youth.request)  # type: ignore[arg-type]
    supervisor = make_person("supervisor", name="cheffe")
    assert unreadable_requests(old, supervisor) == [youth.request]
    assert unreadable_requests(store, supervisor) == []


def test_an_erased_request_is_as_one_that_never_was(person_in, youth, store, desk):
    ok(erase(person_in, youth))
    partner, analyst = (person_in(role, name=f"autre-{role}") for role in ("partner", "analyst"))
    supervisor = person_in("supervisor", name="cheffe")
    own = person_named(store, "ecole")
    with pytest.raises(NotFound):
        read_request(desk, own, youth.request)
    assert list_requests(desk, own).items == []
    for browser in (partner, analyst, supervisor):
        gone = browser.api("GET", f"/requests/{youth.request}")
        never = browser.api("GET", "/requests/r-0000")
        assert (gone.status_code, gone.content) == (never.status_code, never.content) == (404, never.content)
        assert ok(browser.api("GET", "/requests"))["items"] == []
    for method, path, sent in (
        ("POST", f"/requests/{youth.request}/messages", {"text": "x"}),
        ("POST", f"/requests/{youth.request}/answer", {"kind": "call_us", "text": "x"}),
        ("POST", f"/requests/{youth.request}/erase", {"reason": "x"}),
        ("GET", f"/searches/{youth.search}", None),
        ("GET", f"/posts/{youth.pasted}", None),
    ):
        assert supervisor.api(method, path, json=sent).status_code == 404, path
    asked = {"query": "fugue", "purpose": "request", "ground": "LPJ 39", "request": youth.request}
    assert supervisor.api("POST", "/searches", json=asked).status_code == 404
    paste = {"text": "x y z", "platform": "Groupe", "seen_at": "2026-03-01T10:00:00Z", "where": "x"}
    assert supervisor.api("POST", "/posts", json=paste | {"request": youth.request}).status_code == 404
    assert youth.request not in supervisor.page("/queue").text
    ok(supervisor.api("GET", f"/posts/{youth.found}"))
    ok(supervisor.api("GET", f"/searches/{youth.alone}"))


def test_only_a_supervisor_erases_and_says_why(person_in, youth, store):
    for role in ("analyst", "partner", "auditor", "administrator", "researcher"):
        browser = person_in(role, name=f"n-{role}")
        assert browser.api("POST", f"/requests/{youth.request}/erase", json={"reason": "x"}).status_code == 403
        assert browser.page(f"/requests/{youth.request}/erase").status_code == 403
    supervisor = person_in("supervisor", name="chef")
    refused = supervisor.api("POST", f"/requests/{youth.request}/erase", json={"reason": " "})
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "reason")
    assert supervisor.api("POST", "/requests/r-none/erase", json={"reason": "x"}).status_code == 404
    with pytest.raises(NotFound):
        store.keys.key("erasure:r-none")


def test_the_page_asks_for_a_reason_and_tells_what_went(person_in, youth):
    supervisor = person_in("supervisor", name="chef")
    assert f"/requests/{youth.request}/erase" in supervisor.page(f"/requests/{youth.request}").text
    assert "ne peut pas être défait" in supervisor.page(f"/requests/{youth.request}/erase").text
    assert supervisor.send(f"/requests/{youth.request}/erase", reason="").status_code == 422
    done = supervisor.send(f"/requests/{youth.request}/erase", reason="fin de la conservation")
    assert done.status_code == 200
    assert "Zoraide" not in done.text
    assert supervisor.page(f"/requests/{youth.request}/erase").status_code == 404


def test_another_youths_request_stays_and_is_named_beside(person_in, youth, store):
    partner = person_in("partner", name="dpj")
    other = ok(partner.api("POST", "/requests", json=TOLD | {"who": "Mme T."}))["id"]
    assert ok(erase(person_in, youth))["beside"] == [other]
    assert ok(partner.api("GET", f"/requests/{other}"))["details"]["youth"] == TOLD["youth"]


def test_nothing_is_erased_without_its_entry(person_in, youth, store, no_register):
    supervisor = person_in("supervisor", name="chef")
    no_register()
    refused = supervisor.api("POST", f"/requests/{youth.request}/erase", json={"reason": "x"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "register_unavailable")
    with store.database.reading() as session:
        (subject,) = session.scalars(select(Subject))
        assert subject.erased_at is None
    assert store.keys.key(f"subject:{subject.id}")


def test_an_erasure_that_was_cut_short_is_finished_by_the_worker(person_in, youth, store, monkeypatch):
    with store.database.reading() as session:
        subject = session.scalars(select(Subject.id)).one()
    with monkeypatch.context() as patched:
        patched.setattr("triage_api.subjects.erasing.destroy_asked", lambda _store: 0)
        ok(erase(person_in, youth))
    assert store.keys.key(f"subject:{subject}")
    purge(store)
    with pytest.raises(NotFound):
        store.keys.key(f"subject:{subject}")


def test_after_changing_keys_all_is_read_matched_and_searched_as_before(person_in, youth, store, make_person, desk):
    administrator = make_person("administrator", name="admin")
    analyst, supervisor = person_in("analyst", name="anne"), person_in("supervisor", name="chef")
    read = [f"/requests/{youth.request}", f"/searches/{youth.search}", f"/searches/{youth.alone}"]
    before = [told(supervisor, path) for path in read]
    old = dict(hashes(store))
    assert rotate_wrapping(store, administrator) >= 3
    done = rotate_hashing(store, administrator)
    assert (done.subjects, done.searches, done.lost) == (1, 3, 0)
    assert not old.keys() & dict(hashes(store)).keys()
    assert len(old) == len(dict(hashes(store)))
    assert [told(supervisor, path) for path in read] == before
    again = {"query": "Colibri", "purpose": "watch", "ground": "LPJ 39"}
    assert ok(analyst.api("POST", "/searches", json=again))["relation"] == "same"
    narrower = {"query": "colibri montagne", "purpose": "watch", "ground": "LPJ 39"}
    assert ok(analyst.api("POST", "/searches", json=narrower))["relation"] == "covered"
    other = ok(person_in("partner", name="dpj").api("POST", "/requests", json=TOLD))["id"]
    assert ok(analyst.api("GET", f"/requests/{other}"))["beside"] == [youth.request]
    with store.database.reading() as session:
        rows = [row for row in session.scalars(select(RegisterEntry)) if row.event == "keys.rotated"]
        assert [json.loads(row.public)["key"] for row in rows] == ["wrapping", "hashing"]


def told(browser, path):
    said = ok(browser.api("GET", path))
    return {name: value for name, value in said.items() if name not in ("status", "item")}


def hashes(store):
    with store.database.reading() as session:
        yield from ((row.hash, row.kind) for row in session.scalars(select(SubjectHash)))
        yield from ((row.key, row.role) for row in session.scalars(select(SearchTerm)))
        yield from ((row.fingerprint, "fingerprint") for row in session.scalars(select(Search)))


@pytest.mark.parametrize("stage", ["before", "after"])
def test_a_change_of_the_hashing_key_that_was_cut_short_is_run_again(
    person_in, youth, store, make_person, stage, monkeypatch
):
    administrator = make_person("administrator", name="admin")

    def fall(*_: object, **__: object) -> None:
        raise RuntimeError("power cut")

    broken = "triage_api.subjects.rotation." + ("_rehash_searches" if stage == "before" else "replace")
    with monkeypatch.context() as patched:
        patched.setattr(broken, fall)
        if stage == "after":
            patched.setattr("triage_api.subjects.rotation.settle_next", lambda *_: None)
        with pytest.raises(RuntimeError, match="power cut"):
            rotate_hashing(store, administrator)
    analyst = person_in("analyst", name="anne")
    again = {"query": "Colibri", "purpose": "watch", "ground": "LPJ 39"}
    # "after": this process had read the old key, meets the new one and goes on with it
    assert ok(analyst.api("POST", "/searches", json=again))["relation"] == "same"
    rotate_hashing(store, administrator)
    assert ok(analyst.api("POST", "/searches", json=again))["relation"] == "same"
    assert not (store.settings.keys / "hashing.next").exists()


@pytest.mark.parametrize("twin", ["embedded"], scope="session")  # a copy of files
def test_an_older_copy_whose_hashing_key_is_gone_hashes_nothing_until_it_is_changed(
    youth, store, backup, make_person, reader, index
):
    administrator = make_person("administrator", name="admin")
    settings = backup().settings
    rotate_hashing(store, administrator)
    old = open_store(settings, store.clock)
    again = SearchIn(query="Colibri", purpose="watch", ground="LPJ 39")
    desk, analyst = Desk(old, index, reader), person_named(old, "lea")
    with pytest.raises(NotSetUp, match="keys rotate --hashing"):
        search(desk, analyst, again)
    assert rotate_hashing(old, administrator).lost == 0
    assert search(desk, analyst, again).reused_from == youth.alone
    old.close()


def test_a_search_that_cannot_be_read_any_more_loses_its_hashes(person_in, youth, store, make_person):
    store.keys.destroy([f"search:{youth.alone}"])
    done = rotate_hashing(store, make_person("administrator", name="admin"))
    assert (done.searches, done.lost) == (2, 1)
    with store.database.reading() as session:
        assert session.get_one(Search, youth.alone).fingerprint == ""
        assert youth.alone not in session.scalars(select(SearchTerm.search_id)).all()

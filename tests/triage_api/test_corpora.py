"""Corpora at the desk: one asks, another lets it leave; each copy is entered, and called back at any time."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta
from functools import partial

import pytest
from corpora_made import CELLS, PREVIEW, SECRET, close_study, previewed, ready, refused
from desk_people import Browser
from sqlalchemy import func, select
from test_at_once import at_once, codes
from told_house import code

from store.errors import BadInput, Conflict, NotAllowed, NotFound
from store.exports import EXPORT, STATUSES, export_folder, study_key
from store.tables import BrokenGlass, Export, ExportCopy, RegisterEntry, Study, User, Work
from triage_api.corpora import deciding, service
from triage_api.corpora.models import ApproveIn, CorpusIn, WhyIn
from triage_api.shell.languages import catalogue

ROOM = {
    "purpose": "Étude 12",
    "tier": "room",
    "agreement": "E-2026-3",
    "ethics": "CER-88",
    "codebook": {"Aide": "demande de l'aide", "lieu": "nomme un lieu"},
    "ends_on": "2026-12-31",
}
WHY = {"reason": "L'entente est rompue."}


@pytest.fixture
def researcher(person_in) -> Browser:
    return person_in("researcher", name="chercheuse")


@pytest.fixture
def supervisor(person_in) -> Browser:
    return person_in("supervisor", name="superviseure")


def asked(who: Browser, **given: object) -> dict:
    answer = who.api("POST", "/corpora", json={"purpose": "Étude 12", **given})
    assert answer.status_code == 201, answer.text
    return answer.json()


def entries_of(store, event: str) -> list[RegisterEntry]:
    with store.database.reading() as session:
        told = select(RegisterEntry).where(RegisterEntry.event.startswith(event)).order_by(RegisterEntry.n)
        return list(session.scalars(told))


def works(store) -> list[str]:
    with store.database.reading() as session:
        return list(session.scalars(select(Work.key).where(Work.kind == EXPORT)))


def do_work(store) -> None:
    with store.database.writing() as session:
        for row in session.scalars(select(Work).where(Work.kind == EXPORT)):
            session.delete(row)


def test_asking_leaves_an_entry_a_study_and_work_and_no_file(researcher, store):
    made = asked(researcher, scope={"since": "2026-01-01", "signals": ["minor"]})
    (entry,) = entries_of(store, "export.")
    said = json.loads(entry.public)
    assert (entry.event, said["export"], said["study"]) == ("export.opened", made["id"], made["study"]["id"])
    assert "Étude" not in entry.public
    assert store.keys.opened(entry.sealed, f"export:{made['id']}") == "Étude 12"
    assert (made["status"], made["tier"], made["files"], made["by_me"]) == ("asked", "open", [], True)
    assert made["scope"]["signals"] == ["minor"]
    assert made["study"]["ends_at"] == "2027-03-03T04:59:59.999999Z", "a year, to the end of the day in Québec"
    assert store.keys.key(study_key(made["study"]["id"]))
    assert works(store) == [made["id"]]
    assert not export_folder(store.settings, made["id"]).exists()
    assert researcher.api("GET", f"/corpora/{made['id']}/status").json() == made
    assert researcher.api("GET", "/corpora").json()["items"] == [made]


@pytest.mark.parametrize(
    ("scope", "field"),
    [
        ({"since": "2026-01-02"}, "scope.since"),
        ({"until": "2026-01-30"}, "scope.until"),
        ({"until": "2026-02-28"}, "scope.until"),  # on the second of March it is not closed yet
        ({"until": "2026-03-31"}, "scope.until"),
        ({"since": "2026-03-01"}, "scope.since"),  # the newest month is over before it begins
        ({"since": "2027-10-01"}, "scope.since"),
    ],
)
def test_what_anybody_may_have_is_of_whole_months_that_are_over(researcher, store, scope, field):
    answer = researcher.api("POST", "/corpora", json={"purpose": "Étude", "scope": scope})
    assert code(answer) == (422, "whole_months", field)
    assert entries_of(store, "export.") == []
    assert asked(researcher)["scope"]["until"] == "2026-01-31"
    assert asked(researcher, scope={"since": "2025-12-01", "until": "2025-12-31"})["scope"]["until"] == "2025-12-31"


def test_days_to_come_are_refused_on_every_tier_and_leave_no_row(researcher, store):
    given = {**ROOM, "tier": "tabular", "scope": {"since": "2027-10-02"}}
    answer = researcher.api("POST", "/corpora", json=given)
    assert code(answer) == (422, "to_come", "scope.since")
    form = {"purpose": "Étude", "tier": "open", "scope.since": "2026-03-01"}
    page = researcher.send("/corpora", **form)
    assert (page.status_code, "p-scope.since" in page.text) == (422, True)
    assert researcher.api("GET", "/corpora").json()["items"] == []
    assert researcher.client.get("/corpora").status_code == 200


def test_codes_are_refused_before_there_is_a_room_to_code_in(researcher, supervisor, store):
    given = {**ROOM, "tier": "codes"}
    assert code(researcher.api("POST", "/corpora", json=given)) == (422, "no_room", "study")
    later = store.clock() + timedelta(hours=1)
    assert not [name for names in store.keys.names("study", made_before=later) for name in names]
    room = asked(researcher, **ROOM)
    again = {"purpose": "Codes", "tier": "codes", "study": room["study"]["id"]}
    assert code(researcher.api("POST", "/corpora", json=again)) == (422, "no_room", "study")
    assert [name for names in store.keys.names("study", made_before=later) for name in names]
    ready(store, room["id"])
    assert asked(researcher, **again)["tier"] == "codes"


def test_nothing_is_asked_without_an_entry(researcher, store, no_register):
    no_register()
    assert researcher.api("POST", "/corpora", json={"purpose": "x"}).status_code == 503
    assert researcher.send("/corpora", purpose="x").status_code == 503
    with store.database.reading() as session:
        assert [session.scalar(select(func.count()).select_from(table)) for table in (Export, Study, Work)] == [0, 0, 0]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"purpose": " "}, "purpose"),
        ({"tier": "all"}, "tier"),
        ({"agreement": ""}, "agreement"),
        ({"ethics": " "}, "ethics"),
        ({"codebook": {}}, "codebook"),
        ({"tier": "codes", "codebook": {}}, "codebook"),
        ({"codebook": {"un code": "x"}}, "codebook"),
        ({"codebook": {"a" * 41: "x"}}, "codebook"),
        ({"codebook": {f"c{number}": "" for number in range(61)}}, "codebook"),
        ({"people": ["nulle-part"]}, "people"),
        ({"people": ["superviseure"]}, "people"),
        ({"study": "st-none"}, "study"),
        ({"ends_on": "2026-03-01"}, "ends_on"),
        ({"ends_on": "2028-03-04"}, "ends_on"),
        ({"ends_on": "demain"}, "ends_on"),
        ({"scope": {"regions": ["Nulle part"]}}, "scope.regions"),
        ({"scope": {"signals": ["third_party"]}}, "scope.signals"),
        ({"scope": {"languages": ["de"]}}, "scope.languages"),
        ({"scope": {"kinds": ["film"]}}, "scope.kinds"),
        ({"scope": {"sample": 0}}, "scope.sample"),
        ({"scope": {"since": "2026-02-02", "until": "2026-02-01"}}, "scope"),
        ({"scope": {"text": "mot"}}, "scope.text"),
    ],
)
def test_what_cannot_be_asked_is_named_by_its_field_and_leaves_nothing(researcher, supervisor, store, given, field):
    status, _, named = code(researcher.api("POST", "/corpora", json=ROOM | given))
    assert (status, named.removesuffix(".0")) == (422, field)
    assert entries_of(store, "export.") == []
    assert works(store) == []


def test_a_study_says_once_under_what_and_by_whom_it_is_done(researcher, person_in, store):
    person_in("researcher", name="collegue")
    first = asked(researcher)
    study = first["study"]["id"]
    assert first["study"]["people"] == [first["asked_by"]]
    room = asked(researcher, **ROOM | {"study": study, "ends_on": None}, people=["collegue"])
    assert room["study"]["id"] == study
    assert room["study"]["codebook"] == {"aide": "demande de l'aide", "lieu": "nomme un lieu"}
    assert len(room["study"]["people"]) == 2
    again = {"purpose": "Encore", "tier": "tabular", "study": study}
    assert asked(researcher, **again)["study"] == room["study"], "the study has its agreement and ethics"
    for other in (
        {"agreement": "E-9"},
        {"ethics": "CER-1"},
        {"codebook": {"autre": ""}},
        {"people": ["chercheuse"]},
        {"ends_on": "2026-05-05"},
    ):
        answer = researcher.api("POST", "/corpora", json=again | other)
        assert code(answer) == (422, "study_stands", next(iter(other)))


def test_nobody_asks_under_the_study_of_another_or_one_that_is_over(researcher, person_in, store, clock):
    made = asked(researcher, ends_on="2026-03-10")
    other = person_in("researcher", name="autre")
    theirs = other.api("POST", "/corpora", json={"purpose": "x", "study": made["study"]["id"]})
    none = other.api("POST", "/corpora", json={"purpose": "x", "study": "st-none"})
    assert (theirs.status_code, theirs.text) == (422, none.text)
    clock.forward(days=9)
    researcher.log_in("chercheuse")
    over = researcher.api("POST", "/corpora", json={"purpose": "x", "study": made["study"]["id"]})
    assert code(over) == (422, "study_over", "study")


def test_one_asks_another_approves_and_only_what_was_measured(researcher, supervisor, store):
    made = asked(researcher)
    do_work(store)
    early = supervisor.api("POST", f"/corpora/{made['id']}/approve", json={})
    assert code(early)[:2] == (409, "not_previewed")
    assert researcher.api("POST", f"/corpora/{made['id']}/approve", json={}).status_code == 403
    previewed(store, made["id"])
    told = supervisor.api("POST", f"/corpora/{made['id']}/approve", json={}).json()
    assert (told["status"], told["alone"], told["by_me"]) == ("approved", False, False)
    assert told["study"]["approved_at"] == told["approved_at"]
    assert works(store) == [made["id"]], "the worker is asked to write it"
    (entry,) = entries_of(store, "export.approved")
    assert json.loads(entry.public) == {"export": made["id"], "tier": "open"}
    twice = supervisor.api("POST", f"/corpora/{made['id']}/approve", json={})
    assert code(twice)[:2] == (409, "corpus_decided")


def test_the_preview_tells_figures_and_never_a_row(researcher, supervisor, store):
    made = asked(researcher)
    previewed(store, made["id"])
    told = supervisor.api("GET", f"/corpora/{made['id']}/status").json()["preview"]
    assert told == {name: PREVIEW[name] for name in PREVIEW if name != "sample_row"}
    page = supervisor.page(f"/corpora/{made['id']}").text
    assert "412" in page
    for who in (researcher, supervisor):
        for path in (f"/corpora/{made['id']}", "/corpora", "/corpora/deciding", f"/api/corpora/{made['id']}/status"):
            assert SECRET not in who.page(path).text


def by_who_decides(store, make_person):
    """Return a corpus that waits for approval and the supervisor who asked for it, as a profile may let one."""
    made, both = service.ask(store, make_person("researcher"), CorpusIn(purpose="Étude")), make_person("supervisor")
    with store.database.writing() as session:
        session.get_one(Export, made.id).user_id = both.id
    previewed(store, made.id)
    return made, both


def test_who_asked_never_approves_in_a_large_house(make_person, store):
    made, both = by_who_decides(store, make_person)
    with pytest.raises(NotAllowed) as caught:
        deciding.approve(store, both, made.id, ApproveIn(reason="Je suis seule."))
    assert caught.value.code == "second_person"
    assert entries_of(store, "export.approved") == []


def test_who_asked_approves_alone_in_a_small_house_later_with_a_reason(make_store, make_person, clock):
    store = make_store(house_profile="small", house_name="Maison Test")
    made, both = by_who_decides(store, make_person)
    line = service.export_status(store, both, made.id)
    assert line.alone_at > store.clock()
    with pytest.raises(NotAllowed):
        deciding.approve(store, both, made.id, ApproveIn(reason="Personne d'autre."))
    clock.now = line.alone_at
    with pytest.raises(BadInput):
        deciding.approve(store, both, made.id, ApproveIn())
    told = deciding.approve(store, both, made.id, ApproveIn(reason="Personne d'autre."))
    assert (told.status, told.alone, told.reason) == ("approved", True, "Personne d'autre.")
    assert json.loads(entries_of(store, "export.approved")[0].public)["alone"] is True
    with store.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(BrokenGlass)) == 1, "somebody else reviews it"


def test_a_corpus_is_denied_with_a_reason_that_the_register_seals(researcher, supervisor, store):
    made = asked(researcher)
    previewed(store, made["id"])
    assert supervisor.api("POST", f"/corpora/{made['id']}/deny", json={"reason": " "}).status_code == 422
    told = supervisor.api("POST", f"/corpora/{made['id']}/deny", json={"reason": "Trop petit."}).json()
    assert (told["status"], told["reason"]) == ("denied", "Trop petit.")
    (entry,) = entries_of(store, "export.denied")
    assert "petit" not in entry.public
    assert store.keys.opened(entry.sealed, f"export:{made['id']}") == "Trop petit."
    assert "Trop petit." in researcher.page(f"/corpora/{made['id']}").text
    for verb, sent in (("approve", {}), ("deny", WHY), ("recall", WHY)):
        answer = supervisor.api("POST", f"/corpora/{made['id']}/{verb}", json=sent)
        assert code(answer)[:2] == (409, "corpus_decided"), verb


def test_nothing_is_approved_of_a_study_that_is_over(researcher, supervisor, store):
    made = asked(researcher)
    previewed(store, made["id"])
    close_study(store, made["id"])
    answer = supervisor.api("POST", f"/corpora/{made['id']}/approve", json={})
    assert code(answer)[:2] == (409, "study_over")


def test_two_who_decide_at_once_decide_once(researcher, make_person, store):
    people = make_person("supervisor", name="une"), make_person("supervisor", name="autre")
    made = asked(researcher)["id"]
    previewed(store, made)
    calls = [partial(deciding.deny, store, who, made, WhyIn(**WHY)) for who in people]
    assert codes(at_once(calls)) == ["corpus_decided", "done"]
    assert len(entries_of(store, "export.denied")) == 1


def fetch(who: Browser, identity: str, name: str = "cells.csv"):
    return who.api("GET", f"/corpora/{identity}/files/{name}")


def test_a_file_is_handed_over_once_the_register_has_the_copy(researcher, store, no_register):
    made = asked(researcher)
    ready(store, made["id"])
    line = researcher.api("GET", f"/corpora/{made['id']}/status").json()
    assert [file["name"] for file in line["files"]] == ["cells.csv", "SHA256SUMS", "proof.json"]
    assert line["files"][0]["size"] == len(CELLS)
    got = fetch(researcher, made["id"])
    assert hashlib.sha256(got.content).digest() == hashlib.sha256(CELLS).digest()
    assert got.headers["content-disposition"] == 'attachment; filename="vigie-cells.csv"'
    assert got.headers["content-length"] == str(len(CELLS))
    assert got.headers["cache-control"] == "no-store"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert not {"etag", "last-modified", "accept-ranges"} & got.headers.keys()
    (entry,) = entries_of(store, "export.read")
    assert json.loads(entry.public) == {"export": made["id"], "file": "cells.csv"}
    (copy,) = researcher.api("GET", f"/corpora/{made['id']}/status").json()["copies"]
    assert (copy["file"], copy["by"], copy["destroyed_at"]) == ("cells.csv", line["asked_by"], None)
    no_register()
    refused_now = fetch(researcher, made["id"])
    assert refused_now.status_code == 503
    assert CELLS not in refused_now.content
    with store.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(ExportCopy)) == 1


@pytest.mark.parametrize(
    "name",
    ["stage.sqlite", "notes.txt", "gone.csv", "..%2Fstage.sqlite", "..%2f..%2fvigie.db", ".", "%00", "cells.csv.1"],
)
def test_only_what_the_checksums_list_is_handed_over(researcher, store, name):
    made = asked(researcher)
    ready(store, made["id"])
    answer = fetch(researcher, made["id"], name)
    assert answer.status_code == 404
    assert SECRET not in answer.text
    assert entries_of(store, "export.read") == []


def test_a_listed_file_that_leads_elsewhere_is_none(researcher, store):
    made = asked(researcher)
    ready(store, made["id"])
    folder = export_folder(store.settings, made["id"])
    (folder / "cells.csv").unlink()
    (folder / "cells.csv").symlink_to(folder / "stage.sqlite")
    assert fetch(researcher, made["id"]).status_code == 404


def _expire(house, identity):
    house.clock.forward(days=91)


def _recall(house, identity):
    assert house.supervisor.api("POST", f"/corpora/{identity}/recall", json=WHY).status_code == 200


def _close(house, identity):
    close_study(house.store, identity)


def _end(house, identity):
    house.clock.forward(days=31)


@pytest.fixture
def house(researcher, supervisor, store, clock):
    class House: ...

    made = House()
    made.researcher, made.supervisor, made.store, made.clock = researcher, supervisor, store, clock
    return made


@pytest.mark.parametrize(
    ("happens", "why"), [(_expire, "expired"), (_recall, "recalled"), (_close, "study_over"), (_end, "study_over")]
)
def test_no_file_of_what_expired_was_recalled_or_belongs_to_a_study_that_is_over(house, happens, why):
    made = asked(house.researcher, **({"ends_on": "2026-04-01"} if happens is _end else {}))
    ready(house.store, made["id"])
    happens(house, made["id"])
    house.researcher.log_in("chercheuse")
    for name in ("cells.csv", "SHA256SUMS", "proof.json", "stage.sqlite"):
        answer = fetch(house.researcher, made["id"], name)
        assert code(answer)[:2] == (409, why)
        assert CELLS not in answer.content
    line = house.researcher.api("GET", f"/corpora/{made['id']}/status").json()
    assert line["files"] == []
    assert "/files/" not in house.researcher.page(f"/corpora/{made['id']}").text
    assert entries_of(house.store, "export.read") == []


@pytest.mark.parametrize("status", [one for one in STATUSES if one != "ready"])
def test_no_file_leaves_in_any_other_state(researcher, store, status):
    made = asked(researcher)
    ready(store, made["id"])
    with store.database.writing() as session:
        session.get_one(Export, made["id"]).status = status
    assert fetch(researcher, made["id"]).status_code == 409


def test_a_recall_lists_who_has_copies_until_each_says_that_they_are_destroyed(researcher, supervisor, store):
    made = asked(researcher)["id"]
    ready(store, made)
    none = researcher.api("POST", f"/corpora/{made}/destroyed", json={"confirmed": True})
    assert code(none)[:2] == (409, "no_copies")
    for name in ("cells.csv", "SHA256SUMS"):
        assert fetch(researcher, made, name).status_code == 200
    assert researcher.api("POST", f"/corpora/{made}/recall", json=WHY).status_code == 403
    told = supervisor.api("POST", f"/corpora/{made}/recall", json=WHY).json()
    assert told["status"] == "recalled"
    assert [(copy["by"], copy["file"]) for copy in told["copies"]] == [
        (told["asked_by"], "cells.csv"),
        (told["asked_by"], "SHA256SUMS"),
    ]
    (entry,) = entries_of(store, "export.recalled")
    assert json.loads(entry.public) == {"export": made, "tier": "open", "copies": 2}
    assert supervisor.api("POST", f"/corpora/{made}/destroyed", json={"confirmed": True}).status_code == 409
    assert "Des copies n'ont pas" in supervisor.page("/corpora/deciding").text.replace("&#39;", "'")
    page = researcher.page(f"/corpora/{made}").text.replace("&#39;", "'")
    assert WHY["reason"] in page
    assert f'action="/corpora/{made}/destroyed"' in page
    unsaid = researcher.send(f"/corpora/{made}/destroyed")
    assert unsaid.status_code == 422
    assert researcher.api("POST", f"/corpora/{made}/destroyed", json={"confirmed": False}).status_code == 422
    assert researcher.send(f"/corpora/{made}/destroyed", confirmed="true").status_code == 303
    after = supervisor.api("GET", f"/corpora/{made}/status").json()
    assert all(copy["destroyed_at"] for copy in after["copies"])
    (entry,) = entries_of(store, "export.destroyed")
    assert json.loads(entry.public)["files"] == ["SHA256SUMS", "cells.csv"]
    assert "Des copies n'ont pas" not in supervisor.page("/corpora/deciding").text.replace("&#39;", "'")
    twice = supervisor.api("POST", f"/corpora/{made}/recall", json=WHY)
    assert code(twice)[:2] == (409, "corpus_decided")


def test_what_expired_here_is_recalled_all_the_same(researcher, supervisor, store):
    made = asked(researcher)["id"]
    ready(store, made)
    with store.database.writing() as session:
        session.get_one(Export, made).status = "expired"
    assert supervisor.api("POST", f"/corpora/{made}/recall", json=WHY).json()["status"] == "recalled"


def test_a_refused_corpus_says_which_rows_were_at_fault_in_words(researcher, store):
    made = asked(researcher)
    refused(store, made["id"])
    (fault,) = researcher.api("GET", f"/corpora/{made['id']}/status").json()["report"]
    assert fault == {"check": "classes", "file": "rows.csv", "row": 17, "why": "12 < 20"}
    page = researcher.page(f"/corpora/{made['id']}").text
    assert catalogue("fr")["corpus_check.classes"] in page
    assert re.search(r"<td>rows\.csv</td><td class=\"number\">17</td>", page)


def test_a_researcher_sees_their_own_alone_and_learns_nothing_of_others(researcher, person_in, store):
    other = person_in("researcher", name="autre")
    made = asked(researcher)["id"]
    ready(store, made)
    assert other.api("GET", "/corpora").json()["items"] == []
    for method, path, sent in (
        ("GET", "status", None),
        ("GET", "line", None),
        ("GET", "files/cells.csv", None),
        ("GET", "files/none.csv", None),
        ("POST", "destroyed", {"confirmed": True}),
    ):
        hidden = other.api(method, f"/corpora/{made}/{path}", json=sent)
        missing = other.api(method, f"/corpora/x-none/{path}", json=sent)
        assert (hidden.status_code, hidden.text) == (404, missing.text), path
    hidden, missing = other.page(f"/corpora/{made}"), other.page("/corpora/x-none")
    assert hidden.status_code == missing.status_code == 404
    assert hidden.text.replace(made, "x-none") == missing.text
    assert entries_of(store, "export.read") == []


@pytest.mark.parametrize("role", ["analyst", "partner", "administrator", "investigator", "quarantine_officer"])
def test_nobody_else_ever_sees_one(researcher, person_in, store, role):
    made = asked(researcher)["id"]
    ready(store, made)
    who = person_in(role, name="passante")
    for path in ("/corpora", f"/corpora/{made}/status", f"/corpora/{made}/files/cells.csv", "/corpora/x-none/status"):
        assert who.api("GET", path).status_code == 403
    for path in ("/corpora", "/corpora/deciding", f"/corpora/{made}"):
        assert who.page(path).status_code == 403
    for verb in ("approve", "deny", "recall", "destroyed"):
        assert who.api("POST", f"/corpora/{made}/{verb}", json={**WHY, "confirmed": True}).status_code == 403


def test_an_auditor_reads_what_is_asked_and_decides_nothing(researcher, person_in, store):
    made = asked(researcher)["id"]
    previewed(store, made)
    auditor = person_in("auditor")
    assert auditor.api("GET", f"/corpora/{made}/status").json()["preview"]["k"] == 24
    assert auditor.page(f"/corpora/{made}").status_code == 200
    assert "/approve" not in auditor.page(f"/corpora/{made}").text
    assert auditor.api("POST", f"/corpora/{made}/approve", json={}).status_code == 403


def test_the_page_asks_and_keeps_what_was_typed(researcher, store):
    fields = {
        "purpose": "Étude <12>",
        "tier": "room",
        "ethics": "CER-88",
        "codebook": "aide: demande de l'aide\nlieu : nomme un lieu",
        "scope.since": "2026-01-01",
        "scope.signals": ["minor", "distress"],
        "scope.regions": "Laval",
        "scope.sample": "200",
    }
    wrong = researcher.send("/corpora", **fields)
    assert wrong.status_code == 422
    text = wrong.text.replace("&#39;", "'")
    for kept in ("Étude &lt;12&gt;", "CER-88", "aide: demande de l'aide", 'value="2026-01-01"', 'value="200"'):
        assert kept in text, kept
    assert len(re.findall(r" checked", text)) == 4, "the tier, two signals and a region"
    assert 'id="p-agreement"' in text
    made = researcher.send("/corpora", **fields, agreement="E-1")
    assert made.status_code == 303
    told = researcher.api("GET", "/corpora").json()["items"][0]
    assert made.headers["location"] == f"/corpora/{told['id']}"
    assert told["scope"] == {
        "since": "2026-01-01",
        "until": None,
        "regions": ["Laval"],
        "languages": [],
        "kinds": [],
        "signals": ["minor", "distress"],
        "sample": 200,
    }
    assert told["study"]["codebook"] == {"aide": "demande de l'aide", "lieu": "nomme un lieu"}
    page = researcher.page(made.headers["location"]).text
    assert "Étude &lt;12&gt;" in page
    assert f'data-line="/api/corpora/{told["id"]}/line"' in page
    assert "data-line" in researcher.page("/corpora").text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("scope.since", "hier"),
        ("scope.sample", "beaucoup"),
        ("scope.kinds", "film"),
        ("scope.regions", "Atlantide"),
        ("study", "st-none"),
        ("tier", "tout"),
        ("ends_on", "\x00"),
        ("codebook", "deux mots: x"),
    ],
)
def test_a_bad_field_of_the_form_is_named_beside_it(researcher, field, value):
    answer = researcher.send("/corpora", purpose="Étude", **{field: value})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert f'id="p-{field}' in answer.text
    assert "Étude" in answer.text


def test_the_supervisor_decides_from_the_pages(researcher, supervisor, store):
    made = asked(researcher)["id"]
    previewed(store, made)
    listed = supervisor.page("/corpora/deciding").text
    assert f'href="/corpora/{made}"' in listed
    assert f'action="/corpora/{made}/approve"' in supervisor.page(f"/corpora/{made}").text
    assert supervisor.send(f"/corpora/{made}/deny", reason="").status_code == 422
    assert supervisor.send(f"/corpora/{made}/approve").status_code == 303
    again = supervisor.send(f"/corpora/{made}/approve")
    assert again.status_code == 409
    assert catalogue("fr")["problem.corpus_decided"] in again.text.replace("&#39;", "'")
    assert supervisor.send(f"/corpora/{made}/recall", reason="Trop tôt.").status_code == 303
    assert supervisor.page("/queue").status_code == 200
    assert 'href="/corpora/deciding"' in supervisor.page("/queue").text


def test_the_line_that_an_open_page_asks_again_does_not_keep_a_session_open(researcher, store, clock):
    made = asked(researcher)["id"]
    with store.database.writing() as session:
        session.get_one(Export, made).progress = {"step": "gather", "done": 3000, "of": 12000}
    line = researcher.api("GET", f"/corpora/{made}/line")
    assert "3000 / 12000" in line.text
    assert catalogue("fr")["corpus_step.gather"] in line.text
    previewed(store, made)
    assert "data-line" not in researcher.api("GET", f"/corpora/{made}/line").text
    for _ in range(40):
        clock.forward(minutes=20)
        last = researcher.api("GET", f"/corpora/{made}/line").status_code
    assert last == 401


def test_a_corpus_made_before_there_were_studies_is_shown(researcher, store):
    with store.database.writing() as session:
        user = session.scalar(select(User.id).where(User.name == "chercheuse"))
        row = Export(id="x-old", user_id=user, tier="open", purpose="Avant", scope={}, status="ready", counts={})
        row.progress = row.preview = row.report = {}
        row.created_at = store.clock()
        session.add(row)
    assert researcher.page("/corpora/x-old").status_code == 200
    assert fetch(researcher, "x-old").status_code == 409


def test_only_whom_the_policy_lets_in_asks_or_decides_by_the_service(make_person, store):
    analyst = make_person("analyst")
    with pytest.raises(NotAllowed):
        service.ask(store, analyst, CorpusIn(purpose="x"))
    made = service.ask(store, make_person("researcher"), CorpusIn(purpose="x"))
    with pytest.raises(NotAllowed):
        deciding.recall(store, analyst, made.id, WhyIn(**WHY))
    with pytest.raises(NotFound):
        deciding.recall(store, make_person("supervisor"), "x-none", WhyIn(**WHY))
    with pytest.raises(Conflict):
        deciding.recall(store, make_person("supervisor", name="autre"), made.id, WhyIn(**WHY))

from __future__ import annotations

import json
import re

import pytest
from asked_requests import ACT, ASKED, TOLD, file, rows, search
from desk_words import words_of
from sqlalchemy import select

from nlp.grid import load_grid
from store.tables import Message, QueueItem, RegisterEntry, Request, SubjectHash


@pytest.fixture
def partner(person_in):
    return person_in("partner", name="ecole")


def test_a_request_is_acknowledged_with_the_emergency_numbers_and_nothing_else(partner):
    told = file(partner)
    assert set(told) == {"id", "status", "created_at", "emergency", "helplines"}
    assert told["status"] == "received"
    assert told["emergency"]["immediate_danger"] == "911"
    assert told["emergency"]["suicide"] == "988"
    assert "DPJ" in told["emergency"]["not_a_report"]
    other = file(partner)
    assert {**told, "id": "", "created_at": ""} == {**other, "id": "", "created_at": ""}, "the same for a known contact"


def test_what_is_told_is_readable_nowhere_on_the_disk(partner, analyst, store):
    identity = file(partner)["id"]
    analyst.api("POST", f"/requests/{identity}/messages", json={"text": "Léa a été vue à Laval"})
    analyst.api("POST", f"/requests/{identity}/answer", json={"kind": "call_us", "text": "Appelez pour Léa Tremblay"})
    store.database.engine.dispose()
    for path in store.settings.data_dir.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            for words in TOLD:
                assert words.encode() not in data, (path.name, words)


def test_contacts_are_kept_as_keyed_hashes_of_their_normal_form(partner, store):
    file(partner)
    kinds = sorted((row.kind, row.hash) for row in rows(store, SubjectHash))
    values = {"email": "lea@courriel.example", "handle": "lea.b", "phone": "+15145550142"}
    assert kinds == [(kind, store.keys.blind(kind, value)) for kind, value in sorted(values.items())]


@pytest.mark.parametrize(("runaway", "urgency", "rank"), [(False, "routine", 1), (True, "soon", 2)])
def test_it_waits_in_the_queue(partner, analyst, store, runaway, urgency, rank):
    identity = file(partner, runaway=runaway)["id"]
    (item,) = analyst.api("GET", "/queue", params={"lane": "requests"}).json()["items"]
    assert (item["request"], item["post"], item["urgency"], item["signals"]) == (identity, None, urgency, [])
    assert rows(store, QueueItem)[0].rank == rank
    decision = {"verdict": "dismiss", "reason": "x"}
    refused = analyst.api("POST", f"/queue/{item['id']}/decision", json=decision)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "answer_request")


def test_a_partner_sees_their_own_and_learns_nothing_of_others(partner, person_in):
    mine = file(partner)["id"]
    other = person_in("partner", name="autre-ecole")
    theirs = file(other)["id"]
    assert [one["id"] for one in partner.api("GET", "/requests").json()["items"]] == [mine]
    told = partner.api("GET", f"/requests/{mine}").json()
    assert told["details"]["why"] == ASKED["why"]
    assert told["status"] == "received"
    assert told["beside"] is None
    assert told["organisation"] is None
    assert told["item"] is None
    for call in (("GET", ""), ("POST", "/messages")):
        body = {"json": {"text": "x"}} if call[0] == "POST" else {}
        hidden = partner.api(call[0], f"/requests/{theirs}{call[1]}", **body)
        missing = partner.api(call[0], f"/requests/r-none{call[1]}", **body)
        assert (hidden.status_code, hidden.text) == (404, missing.text)
    answer = ACT
    assert partner.api("POST", f"/requests/{mine}/answer", json=answer).status_code == 403
    assert partner.page(f"/requests/{theirs}").text == partner.page("/requests/r-none").text.replace("r-none", theirs)
    for path in ("/queue", "/searches", "/register", "/posts/new", "/corpora", "/accounts", "/sources"):
        assert partner.page(path).status_code == 403


def test_reading_by_an_analyst_is_an_entry_and_moves_it_on(partner, analyst, store):
    identity = file(partner)["id"]
    partner.api("GET", f"/requests/{identity}")
    assert rows(store, RegisterEntry) == []
    told = analyst.api("GET", f"/requests/{identity}").json()
    assert told["details"]["youth"] == "Léa, 15 ans"
    assert told["organisation"] == "Maison Test"
    (entry,) = rows(store, RegisterEntry)
    assert (entry.event, json.loads(entry.public)) == ("request.opened", {"request": identity})
    assert partner.api("GET", f"/requests/{identity}").json()["status"] == "in_progress"


def test_nothing_is_shown_to_an_analyst_without_an_entry(partner, analyst, no_register, store):
    identity = file(partner)["id"]
    no_register()
    answer = analyst.api("GET", f"/requests/{identity}")
    assert answer.status_code == 503
    assert "Léa" not in answer.text
    assert rows(store, Request)[0].status == "received"
    assert analyst.api("POST", f"/requests/{identity}/answer", json=ACT).status_code == 503
    assert rows(store, Request)[0].answer_sealed is None


def test_only_the_analyst_sees_that_two_requests_name_one_contact(partner, person_in, analyst):
    first = file(partner)["id"]
    second = file(person_in("partner", name="autre"), handles=["LEA.B"], phones=[], emails=[])["id"]
    third = file(partner, handles=["quelquun.dautre"], phones=[], emails=[])["id"]
    assert analyst.api("GET", f"/requests/{first}").json()["beside"] == [second]
    assert analyst.api("GET", f"/requests/{third}").json()["beside"] == []


@pytest.mark.parametrize("kind", ["act", "passed", "nothing_found", "call_us"])
def test_an_answer_is_seen_by_its_partner_and_closes_the_item(partner, analyst, store, town, kind):
    from desk_words import FUGUE

    town.post(FUGUE)
    identity = file(partner)["id"]
    search(analyst, identity)
    said = analyst.api("POST", f"/requests/{identity}/answer", json=ACT | {"kind": kind, "text": "Voici."})
    assert said.status_code == 201, said.text
    told = partner.api("GET", f"/requests/{identity}").json()
    assert told["status"] == "answered"
    assert told["answer"]["kind"] == kind
    assert told["answer"]["text"] == "Voici."
    coverage = told["answer"]["coverage"]
    page = words_of(partner.page(f"/requests/{identity}").text)
    if kind == "nothing_found":
        assert "Instagram" in coverage["not_covered"]
        assert coverage["sources"] == coverage["left_out"] == []
        assert [(one["kind"], one["read"], one["not_read"]) for one in coverage["kinds"]] == [("import", 1, 0)]
        assert "Le forum" not in page, "partners are told no source's name"
        assert "Fichiers importés" in page
        assert "Non vérifié" in page
        assert "Instagram" in page
        told = analyst.api("GET", f"/requests/{identity}").json()["answer"]["coverage"]
        assert [one["title"] for one in told["sources"]] == ["Le forum"]
    else:
        assert coverage is None
    assert "911" in page
    assert analyst.api("GET", "/queue", params={"lane": "requests"}).json()["items"] == []
    again = analyst.api("POST", f"/requests/{identity}/answer", json=ACT)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "answered")
    answered = [json.loads(row.public) for row in rows(store, RegisterEntry) if row.event == "request.answered"]
    grid, ground = load_grid().version, "loi_acces_59_1" if kind == "act" else "LPJ 39"
    (entry,) = answered
    assert entry.items() >= {"request": identity, "kind": kind, "grid": grid, "ground": ground}.items()


def test_nothing_found_needs_a_search_and_tells_what_that_search_covered(partner, analyst, town, store):
    from desk_words import FUGUE

    town.post(FUGUE)
    town.post(FUGUE, source="babillard")
    identity, other = file(partner)["id"], file(partner)["id"]
    search(analyst, other)
    said = {"kind": "nothing_found", "text": "Rien."}
    refused = analyst.api("POST", f"/requests/{identity}/answer", json=said)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "search_first")
    assert rows(store, Request)[0].answer_sealed is None
    page = analyst.send(f"/requests/{identity}/answer", **said)
    assert "cherchez d&#39;abord" in page.text
    search(analyst, identity, sources=["forum"])
    told = analyst.api("POST", f"/requests/{identity}/answer", json=said).json()["coverage"]
    assert [one["title"] for one in told["sources"]] == ["Le forum"]
    assert "Le babillard" in told["not_covered"]


def test_a_partners_message_after_the_answer_puts_the_request_in_the_queue_again(partner, analyst):
    identity = file(partner)["id"]
    said = ACT | {"text": "Voici."}
    analyst.api("POST", f"/requests/{identity}/answer", json=said)
    analyst.api("POST", f"/requests/{identity}/messages", json={"text": "Tenez-nous au courant"})

    def waiting():
        return analyst.api("GET", "/queue", params={"lane": "requests"}).json()["items"]

    assert waiting() == [], "the desk's own message asks nothing"
    partner.api("POST", f"/requests/{identity}/messages", json={"text": "Elle a réécrit"})
    assert [item["request"] for item in waiting()] == [identity]
    told = partner.api("GET", f"/requests/{identity}").json()
    assert (told["status"], told["answer"]["text"]) == ("in_progress", "Voici.")
    again = analyst.api("POST", f"/requests/{identity}/answer", json=said | {"text": "Merci."})
    assert again.status_code == 201
    assert waiting() == []


def test_an_item_that_another_reads_is_not_answered_over_their_head(partner, analyst, person_in):
    identity = file(partner)["id"]
    other = person_in("analyst", name="autre")
    (item,) = other.api("GET", "/queue").json()["items"]
    other.api("POST", f"/queue/{item['id']}/claim")
    refused = analyst.api("POST", f"/requests/{identity}/answer", json=ACT)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "claimed")
    assert other.api("POST", f"/requests/{identity}/answer", json=ACT).status_code == 201


def test_messages_go_both_ways_and_the_desk_speaks_with_one_voice(partner, analyst, store):
    identity = file(partner)["id"]
    assert (
        partner.api("POST", f"/requests/{identity}/messages", json={"text": "Du nouveau"}).json()["sender"] == "partner"
    )
    assert analyst.api("POST", f"/requests/{identity}/messages", json={"text": "Merci"}).json()["sender"] == "desk"
    told = partner.api("GET", f"/requests/{identity}").json()["messages"]
    assert [(one["sender"], one["text"]) for one in told] == [("partner", "Du nouveau"), ("desk", "Merci")]
    assert all(set(one) == {"sender", "text", "created_at"} for one in told)
    assert all(b"Merci" not in row.sealed for row in rows(store, Message))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"who": ""}, "who"),
        ({"why": " "}, "why"),
        ({"why": "x" * 5001}, "why"),
        ({"phones": ["1"] * 51}, "phones"),
        ({"handles": [5]}, "handles.0"),
        ({"runaway": "peut-être"}, "runaway"),
    ],
)
def test_a_form_with_a_bad_field_is_refused_by_name(partner, store, change, field):
    answer = partner.api("POST", "/requests", json=ASKED | change)
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == field
    assert rows(store, Request) == []


def test_one_phone_alone_and_odd_contacts_are_taken(partner, store):
    file(partner, phones="514 555 0142", handles=["@@@", " ", "👻"], emails=None)
    assert {row.kind for row in rows(store, SubjectHash)} >= {"phone"}


def test_the_pages_from_the_first_screen_to_the_answer(partner, analyst, person_in):
    first = words_of(partner.page("/requests").text)
    assert first.index("911") < first.index("Demander une vérification")
    form = partner.page("/requests/new").text
    assert form.index("911") < form.index('name="who"')
    wrong = partner.send("/requests", who="", why="Elle <b>disparaît</b>", handles="lea.b\nlea.c", runaway="true")
    assert wrong.status_code == 422
    assert "Elle &lt;b&gt;disparaît&lt;/b&gt;" in wrong.text
    assert "lea.b\nlea.c" in wrong.text
    assert 'name="runaway" value="true" checked' in wrong.text
    filed = partner.send(
        "/requests", who="TS", why="Elle <b>disparaît</b>", handles="lea.b\r\nlea.c", phones="", runaway="true"
    )
    assert filed.status_code == 303
    page = partner.page(filed.headers["location"]).text
    assert "La demande est reçue" in page
    assert "&lt;b&gt;" in page
    assert "lea.b, lea.c" in page
    identity = filed.headers["location"].split("/")[2].split("?")[0]
    (item,) = analyst.api("GET", "/queue").json()["items"]
    assert f'href="/queue/{item["id"]}"' in analyst.page("/requests").text
    claimed = analyst.send(f"/queue/{item['id']}/claim")
    assert claimed.headers["location"] == f"/requests/{identity}"
    assert "Rechercher pour cette demande" in analyst.page(claimed.headers["location"]).text
    linked = analyst.page(f"/searches?request={identity}").text
    assert f'value="{identity}"' in linked
    assert re.search(r'<option value="request" selected', linked)
    empty = analyst.send(f"/requests/{identity}/answer", kind="call_us", text=" ")
    assert empty.status_code == 422
    assert '<option value="call_us" selected>' in empty.text
    assert analyst.send(f"/requests/{identity}/answer", kind="call_us", text="Parlez-lui").status_code == 303
    late = analyst.send(f"/requests/{identity}/answer", kind="call_us", text="Trop tard")
    assert late.status_code == 409
    assert partner.send(f"/requests/{identity}/messages", text="Merci").status_code == 303
    assert partner.send(f"/requests/{identity}/messages", text=" ").status_code == 422
    shown = words_of(partner.page(f"/requests/{identity}").text)
    assert "Réponse : Appelez-nous" in shown
    assert "Parlez-lui" in shown
    assert "Trop tard" not in shown


def test_the_list_is_paged(partner, clock):
    filed = []
    for number in range(5):
        filed.append(file(partner)["id"])
        clock.forward(seconds=number % 2)
    seen, cursor = [], None
    while True:
        page = partner.api("GET", "/requests", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(filed)
    assert partner.page("/requests").status_code == 200


def test_an_erased_subject_is_found_no_more(partner, analyst, store):
    from store.tables import Subject

    identity = file(partner)["id"]
    with store.database.reading() as session:
        store.keys.destroy(f"subject:{one}" for one in session.scalars(select(Subject.id)))
    for browser in (partner, analyst):
        assert browser.api("GET", f"/requests/{identity}").status_code == 404


def test_what_the_desk_tells_a_partner_is_an_entry_and_what_the_partner_says_is_none(
    partner, analyst, store, no_register
):
    identity = file(partner)["id"]
    for who in (partner, analyst):
        assert who.api("POST", f"/requests/{identity}/messages", json={"text": "Du nouveau"}).status_code == 201
    with store.database.reading() as session:
        sent = select(RegisterEntry.public).where(RegisterEntry.event == "message.sent")
        assert [json.loads(public) for public in session.scalars(sent)] == [{"request": identity}]
    no_register()
    assert analyst.api("POST", f"/requests/{identity}/messages", json={"text": "Et puis"}).status_code == 503
    assert partner.api("POST", f"/requests/{identity}/messages", json={"text": "Vite"}).status_code == 201


def test_a_message_that_is_too_long_is_not_lost(partner):
    identity = file(partner)["id"]
    refused = partner.send(f"/requests/{identity}/messages", text="Elle a dit " + "x" * 20_000)
    assert refused.status_code == 422
    assert "Elle a dit" in refused.text

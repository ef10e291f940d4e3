from __future__ import annotations

import json
import re

import pytest
from desk_words import FUGUE, HARMLESS, HOSTILE
from sqlalchemy import select

from store.erasure import erase
from store.posts import post_id
from store.records import PostIn
from store.tables import Post, RegisterEntry, Source
from triage_api.posts.revealing import masked_address
from triage_api.posts.view import PART


def opened(store):
    with store.database.reading() as session:
        rows = session.scalars(select(RegisterEntry).where(RegisterEntry.event == "post.opened"))
        return [json.loads(row.public) for row in rows]


def entered(store):
    """Return the events of the register, but for those of making accounts and of keeping captures."""
    with store.database.reading() as session:
        events = session.scalars(select(RegisterEntry.event)).all()
    return [event for event in events if not event.startswith(("account.", "captures."))]


def row(store, identity):
    with store.database.reading() as session:
        return session.scalar(select(Post).where(Post.id == identity))


def reveal(browser, identity, what, why="Confirmer qu'il s'agit du même compte."):
    return browser.api("POST", f"/posts/{identity}/reveal", json={"what": what, "why": why})


PASTE = {
    "text": FUGUE,
    "platform": "Snapchat",
    "seen_at": "2026-03-01T20:00:00-05:00",
    "seen_by": "intervenante",
    "where": "profil public lea.b",
}


def test_reading_a_post_is_an_entry_and_gives_all_that_is_known(analyst, town, store, clock):
    identity = town.post(
        FUGUE,
        "a",
        title="Aide svp",
        author="lea.b",
        city="Montréal",
        url="https://forum.example/a",
        posted_at="2026-03-01T09:30:00Z",
        origin="collect",
    )
    answer = analyst.api("GET", f"/posts/{identity}")
    assert answer.status_code == 200
    told = answer.json()
    assert told["text"] == f"Aide svp\n{FUGUE}"
    for signal in told["assessment"]["signals"].values():
        for span in signal["evidence"]:
            assert told["text"][span["start"] : span["end"]] == span["text"]
    assert told["assessment"]["signals"]["minor"]["flag"]
    assert {one["id"] for one in told["criteria"]} >= {"M01", "M05"}
    assert all(one["def_fr"] and one["def_en"] for one in told["criteria"])
    assert told["age_s"] == 24 * 3600
    assert (told["url"], told["capture"]["url"], told["author"]) == ("hxxps://f…", "hxxps://f…", "l…")
    assert told["revealable"] == ["address", "author"]
    assert len(told["capture"]["sha256"]) == 64
    assert told["source"] == {"id": "forum", "title": "Le forum"}
    assert told["copies"] == 1
    assert told["item"] == "q-" + identity[2:]
    assert opened(store) == [{"post": identity, "version": 1}]


def test_nothing_is_shown_when_the_register_cannot_be_written(analyst, town, no_register):
    identity = town.post(FUGUE)
    no_register()
    for path in (f"/api/posts/{identity}", f"/posts/{identity}?open=1"):
        answer = analyst.client.get(path)
        assert answer.status_code == 503
        assert "fugue" not in answer.text
    assert "Le registre ne peut pas être écrit" in answer.text
    assert "911" in answer.text


def test_the_entry_is_on_disk_before_the_text_is_told(analyst, town, store, monkeypatch):
    identity = town.post(FUGUE)
    from triage_api.posts import service

    def lost(*_args, **_more):
        raise RuntimeError("the line is cut while the post is laid out")

    monkeypatch.setattr(service, "copies_of", lost)
    assert analyst.api("GET", f"/posts/{identity}").status_code == 500
    assert opened(store) == [], "what was not shown has no entry either: one transaction"


def test_erased_missing_and_foreign_ids_are_told_alike(analyst, town, store):
    identity = town.post(FUGUE)
    erase(store, identity)
    answers = [
        analyst.api("GET", f"/posts/{one}") for one in (identity, "p-none", "p-%00", "q-" + identity[2:], "é" * 300)
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert opened(store) == []


def test_a_post_that_waits_to_be_read_says_so(analyst, town):
    identity = town.post(FUGUE, settle=False)
    told = analyst.api("GET", f"/posts/{identity}").json()
    assert told["assessment"] is None
    page = analyst.page(f"/posts/{identity}?open=1").text
    assert "pas encore évalué" in page
    assert "<mark" not in page


def test_an_edited_post_is_not_marked_by_its_old_assessment(analyst, town):
    town.post(FUGUE, "a")
    identity = town.post("Tout va bien maintenant.", "a", settle=False)
    told = analyst.api("GET", f"/posts/{identity}").json()
    assert told["assessment"] is None
    assert told["version"] == 2


def test_hostile_text_is_inert_on_its_page(analyst, town):
    identity = town.post(
        HOSTILE,
        "h",
        title="<h1>titre</h1>",
        author='"><script>x</script>',
        city="<i>Laval</i>",
        url="javascript:alert(1)",
    )
    page = analyst.page(f"/posts/{identity}?open=1").text
    assert "<script>alert" not in page
    assert "<script>x" not in page
    assert "<h1>titre" not in page
    assert "<i>Laval" not in page
    assert "&lt;/script&gt;" in page
    assert "hxxps://pisteur[.]example" in page
    assert "javascript:" not in page, "an address is masked, whatever it is"
    assert "pisteur[.]com" in page
    assert "[U+202E]" in page
    assert "\u202e" not in page
    foreign = re.findall(
        r"""(?:src|href|action|data|poster|style|srcset)\s*=\s*["'](?!/|#|\?|tel:(?:911|988|811)["'])([^"']*)""", page
    )
    assert foreign == []
    assert re.findall(r"https?://", page) == []
    assert re.findall(r"<script[^>]*>", page) == [
        f'<script src="/static/{name}.js" defer>' for name in ("vigie", "post")
    ], "our own files only"


def test_evidence_carries_the_criterion_with_its_definition_in_the_pages_language(analyst, town):
    identity = town.post(FUGUE)
    french = analyst.page(f"/posts/{identity}?open=1").text
    assert re.search(
        r'<mark class="minor" title="[^"]*M05 Fugue ou disparition — [^"]{10,}"[^>]*aria-describedby="[^"]*c-M05',
        french,
    )
    assert re.search(r'<mark[^>]*data-criterion="[^"]*M05', french)
    assert 'id="c-M05"' in french
    analyst.send("/language", lang="en", next="/queue")
    english = analyst.page(f"/posts/{identity}?open=1").text
    assert "M05 Runaway or missing" in english


def test_a_very_long_text_is_shown_in_parts(analyst, town):
    identity = town.post("mot " * 12_000 + FUGUE)
    first = analyst.page(f"/posts/{identity}?open=1").text
    assert "Partie 1 de 3" in first
    assert "fugue depuis" not in first
    assert len(first) < PART + 25_000
    last = analyst.page(f"/posts/{identity}?open=1&part=3").text
    assert "<mark" in last
    for odd in ("0", "99", "x", "-1", "9" * 50, "²"):
        assert analyst.page(f"/posts/{identity}?open=1&part={odd}").status_code == 200


def test_a_pasted_text_becomes_a_post_with_its_provenance(analyst, town, store):
    made = analyst.api("POST", "/posts", json=PASTE)
    assert made.status_code == 201, made.text
    told = made.json()
    assert (told["source"], told["intake"]) == ("paste-snapchat", "new")
    kept = row(store, told["id"])
    assert kept.origin == "paste"
    assert kept.provenance["where"] == "profil public lea.b"
    assert kept.provenance["seen_by"] == "intervenante"
    assert kept.provenance["seen_at"].startswith("2026-03-01T20:00:00")
    with store.database.reading() as session:
        assert session.get(Source, "paste-snapchat").kind == "paste"
        entry = session.scalar(select(RegisterEntry).where(RegisterEntry.event == "post.pasted"))
    assert json.loads(entry.public) == {"post": told["id"], "source": "paste-snapchat", "request": None}
    town.settle()
    assert analyst.api("GET", "/queue").json()["items"][0]["post"] == told["id"]
    again = analyst.api("POST", "/posts", json=PASTE | {"platform": "  SnapChat "})
    assert (again.json()["id"], again.json()["intake"]) == (told["id"], "same")


def test_a_second_sighting_of_a_pasted_text_is_kept_beside_the_first(analyst, store):
    identity = analyst.api("POST", "/posts", json=PASTE).json()["id"]
    for where in ("groupe ouvert", "autre profil"):
        assert analyst.api("POST", "/posts", json=PASTE | {"where": where}).json()["id"] == identity
    kept = row(store, identity).provenance
    assert [kept[name] for name in ("where", "where 2", "where 3")] == [PASTE["where"], "groupe ouvert", "autre profil"]
    assert "groupe ouvert" not in analyst.page(f"/posts/{identity}?open=1").text
    told = reveal(analyst, identity, "address").json()["value"]
    assert told.split("\n") == [PASTE["where"], "groupe ouvert", "autre profil"]


def test_a_pasted_text_that_was_erased_is_a_new_post(analyst, store):
    first = analyst.api("POST", "/posts", json=PASTE).json()["id"]
    assert first != post_id("paste-snapchat", PostIn(text=PASTE["text"]).key), "a short text could be found out"
    erase(store, first)
    again = analyst.api("POST", "/posts", json=PASTE).json()
    assert again["intake"] == "new"
    assert analyst.api("GET", f"/posts/{again['id']}").json()["text"] == FUGUE


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"text": "  "}, "text"),
        ({"text": "x" * 100_001}, "text"),
        ({"platform": ""}, "platform"),
        ({"platform": "!!"}, "platform"),
        ({"platform": "__"}, "platform"),
        ({"seen_at": "hier"}, "seen_at"),
        ({"seen_at": "2026-03-03T00:00:00Z"}, "seen_at"),
        ({"where": " "}, "where"),
        ({"kind": "image"}, "kind"),
    ],
)
def test_a_paste_that_cannot_be_kept_is_refused_by_field(analyst, store, change, field):
    made = analyst.api("POST", "/posts", json=PASTE | change)
    assert made.status_code == 422, made.text
    assert made.json()["error"]["field"] == field
    with store.database.reading() as session:
        assert session.scalar(select(Post)) is None
    assert entered(store) == []


def test_a_paste_for_a_request_that_is_not_there_is_not_found(analyst):
    assert analyst.api("POST", "/posts", json=PASTE | {"request": "r-none"}).status_code == 404


def test_nothing_is_pasted_without_an_entry(analyst, store, no_register):
    no_register()
    assert analyst.api("POST", "/posts", json=PASTE).status_code == 503
    with store.database.reading() as session:
        assert session.scalar(select(Post)) is None


def test_the_paste_page_keeps_what_was_typed(analyst):
    wrong = analyst.send(
        "/posts/new", text="  </textarea><b>x", platform="Snapchat", where="", seen_at="2026-03-01T20:00"
    )
    assert wrong.status_code == 422
    assert "&lt;/textarea&gt;&lt;b&gt;x" in wrong.text
    assert 'value="Snapchat"' in wrong.text
    assert 'value="2026-03-01T20:00"' in wrong.text
    assert 'aria-invalid="true"' in wrong.text
    seen = {"platform": "Snapchat", "where": "x", "seen_at": "2026-03-01T20:00"}
    missing = analyst.send("/posts/new", text="Un long texte transcrit.", **seen, request="r-inconnue")
    assert missing.status_code == 404
    assert "Un long texte transcrit.</textarea>" in missing.text
    assert "Aucune demande n&#39;a ce numéro." in missing.text
    right = analyst.send(
        "/posts/new", text=HARMLESS, platform="Snapchat", where="x", seen_at="2026-03-01T20:00", kind=""
    )
    assert right.status_code == 201
    assert "Le texte est ajouté" in right.text


@pytest.fixture
def named(town):
    """A post that tells where it stands and who wrote it, neither of which its text does."""
    return town.post(FUGUE, "a", origin="collect", author="lea.b", url="https://lea-b.forum.example/zone42/lea.b?x=1")


HIDDEN = ("lea.b", "lea-b", "zone42", "forum.example", "forum[.]example")


def test_what_names_the_author_or_the_place_is_told_only_when_revealed_and_entered(analyst, named, store):
    before = analyst.api("GET", f"/posts/{named}").text + analyst.page(f"/posts/{named}?open=1").text
    assert not [words for words in HIDDEN if words in before]
    shown = reveal(analyst, named, "address")
    assert shown.status_code == 200
    lines = shown.json()["value"].split("\n")
    assert lines == ["hxxps://lea-b[.]forum[.]example/zone42/lea.b?x=1", "hxxps://forum[.]example/a"]
    assert reveal(analyst, named, "author").json() == {"post": named, "what": "author", "value": "lea.b"}
    with store.database.reading() as session:
        rows = session.scalars(select(RegisterEntry).where(RegisterEntry.event == "identifier.revealed")).all()
    assert [json.loads(row.public)["what"] for row in rows] == ["address", "author"]
    assert {json.loads(row.public)["post"] for row in rows} == {named}
    assert "même compte" not in rows[0].public
    assert "même compte" in store.keys.opened(rows[0].sealed, f"reveal:{named}")


def test_searches_queue_and_counts_do_not_tell_it_either(analyst, town, named):
    """Nor can a search ask who wrote a post or where it stands, to find out by what it finds."""
    asked = {"purpose": "watch", "ground": "LPJ 39"}
    found = analyst.api("POST", "/searches", json=asked | {"query": "fugue"})
    assert [hit["id"] for hit in found.json()["items"]] == [named]
    told = [found.text, analyst.page(f"/searches/{found.json()['id']}").text, analyst.page("/queue").text]
    told += [analyst.api("GET", path).text for path in ("/queue", f"/queue/q-{named[2:]}/claim", "/searches")]
    told.append(analyst.page(f"/queue/q-{named[2:]}").text)
    assert not [words for words in HIDDEN for page in told if words in page]
    for query in ("pseudo:lea.b", "lea.b", "zone42", '"forum example"', "lea*"):
        made = analyst.api("POST", "/searches", json=asked | {"query": query}).json()
        assert made["total"] == 0, query


@pytest.mark.parametrize(
    ("sent", "field"),
    [({"what": "author"}, "why"), ({"what": "author", "why": "  "}, "why"), ({"what": "text", "why": "x"}, "what")],
)
def test_nothing_is_revealed_without_a_reason(analyst, named, store, sent, field):
    refused = analyst.api("POST", f"/posts/{named}/reveal", json=sent)
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, field)
    assert entered(store) == []


def test_nothing_is_revealed_when_the_register_cannot_be_written(analyst, named, no_register):
    no_register()
    for answer in (reveal(analyst, named, "author"), analyst.send(f"/posts/{named}/reveal", what="author", why="x")):
        assert answer.status_code == 503
        assert "lea.b" not in answer.text


def test_what_a_post_does_not_have_or_is_erased_cannot_be_revealed(analyst, town, store):
    plain = town.post(FUGUE, "b", origin="collect")
    assert analyst.api("GET", f"/posts/{plain}").json()["revealable"] == ["address"]
    none = reveal(analyst, plain, "author")
    assert (none.status_code, none.json()["error"]["code"]) == (409, "nothing_to_reveal")
    erase(store, plain)
    gone = reveal(analyst, plain, "address")
    assert (gone.status_code, gone.text) == (404, reveal(analyst, "p-none", "address").text)


def test_the_page_reveals_with_a_form_and_keeps_what_was_typed(analyst, named):
    wrong = analyst.send(f"/posts/{named}/reveal", what="address", why=" ")
    assert wrong.status_code == 422
    assert '<option value="address" selected>' in wrong.text
    assert 'aria-invalid="true"' in wrong.text
    shown = analyst.send(f"/posts/{named}/reveal", what="address", why="Vérifier")
    assert shown.status_code == 200
    assert "hxxps://lea-b[.]forum[.]example/zone42/lea.b?x=1" in shown.text
    assert "lea-b" not in analyst.page(f"/posts/{named}?open=1").text, "not the next time"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://exemple.com/a", "hxxps://e…"),
        ("HTTP://[::1", "H…"),
        ("javascript:alert(1)", "j…"),
        ("//exemple.com/x", "/…"),
        ("\u202ehttps://x.example", "[U+202E]…"),
        ("", ""),
    ],
)
def test_a_masked_address_tells_how_it_begins_alone(address, shown):
    assert masked_address(address) == shown

"""Evidence opened through the product: who may, what is entered, and what a fact sheet says as a page, data and PDF."""

from __future__ import annotations

import io
import json
import re

import pytest
from pypdf import PdfReader
from sqlalchemy import select, update

from store.erasure import erase
from store.register.sequencing import sequence
from store.tables import Approval, Capture, Post, RegisterEntry
from triage_api.evidence.layout import lay_out
from triage_api.evidence.models import Sheet
from triage_api.evidence.pdf import drawable, pdf_of
from triage_api.evidence.service import digest_of, make_sheet
from triage_api.shell.languages import LANGS

TEXT = "Chu en fugue depuis hier, j'ai 15 ans 😭, j'attends à https://suivi.example/ici ou au 514-555-0142.\u202e"


@pytest.fixture
def post(town) -> str:
    return town.post(TEXT, "1", author="Léa", url="https://forum.example/fil/1", city="Laval", origin="collect")


def entries(store, event: str) -> list[dict]:
    with store.database.reading() as session:
        rows = session.scalars(select(RegisterEntry).where(RegisterEntry.event == event).order_by(RegisterEntry.n))
        return [json.loads(row.public) | {"actor": row.actor} for row in rows]


def words_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def test_opening_evidence_tells_digests_and_no_words_and_is_an_entry(analyst, store, post):
    told = analyst.api("GET", f"/posts/{post}/evidence").json()
    with store.database.reading() as session:
        row = session.scalars(select(Capture).where(Capture.post_id == post)).one()
    (capture,) = told["captures"]
    assert (capture["sha256"], capture["path"], capture["standing"]) == (row.sha256, row.path, "signed")
    assert (capture["faults"], told["missing"]) == ([], [])
    assert "fugue" not in json.dumps(told)
    assert capture["url"] == "hxxps://forum[.]example/1"
    (entry,) = entries(store, "evidence.opened")
    assert (entry["post"], entry["version"], entry["stands"]) == (post, 1, True)
    assert entry["told"] == ["address"]


def test_a_sheet_says_what_was_seen_and_its_digest_stands_in_the_register(analyst, store, post):
    told = Sheet.model_validate(analyst.api("GET", f"/posts/{post}/facts").json())
    assert told.digest == digest_of(told)
    (entry,) = entries(store, "evidence.opened")
    assert (entry["digest"], entry["sheet"], entry["told"]) == (told.digest, told.number, ["address", "author"])
    assert entry["actor"] == told.made_by
    assert "fugue" not in json.dumps(entry)
    assert "hxxps://suivi[.]example/ici" in told.text
    assert "[U+202E]" in told.text
    assert told.address == "hxxps://forum[.]example/fil/1"
    assert any("15 ans" in word for one in told.criteria for word in one.words)
    assert {"phones", "ages"} <= {one.kind for one in told.entities}
    again = Sheet.model_validate(analyst.api("GET", f"/posts/{post}/facts").json())
    assert again.digest != told.digest  # its number is chosen anew: a short text is not found out from the register


def test_nothing_that_a_model_scored_stands_on_a_sheet(analyst, store, post):
    page = analyst.page(f"/posts/{post}/facts").text
    told = analyst.api("GET", f"/posts/{post}/facts").json()
    assert not {"score", "scores", "signals", "urgency", "assessment"} & told.keys()
    assert not re.search(r"\b0[.,]\d\d+", page)


def test_each_fact_of_the_page_opens_on_its_capture(analyst, post):
    page = analyst.page(f"/posts/{post}/facts").text
    assert "n&#39;a pas été modifiée par Vigie; personne n&#39;a été contacté" in page
    links = set(re.findall(r'href="(#c-\d+)"', page))
    assert links == {"#c-1"}
    assert 'id="c-1"' in page
    assert "conforme : fichier, empreintes" in page
    assert "https://" not in page.replace("http-equiv", "")
    assert f'href="/posts/{post}/facts"' in analyst.page(f"/posts/{post}?open=1").text


def test_the_pdf_says_what_the_page_says_in_both_languages(desk, store, post, make_person):
    sheet = make_sheet(store, make_person("analyst"), post)
    for lang, said in zip(LANGS, ("personne n'a été contacté", "nobody was contacted"), strict=True):
        told = words_of(pdf_of(sheet, lang))
        assert said in told
        for section in lay_out(sheet, lang).sections:
            for row in section.rows:
                expected = "".join(drawable(row.value).split())
                assert expected in told.replace(" ", ""), (row.label, row.value)


def test_the_pdf_holds_its_fonts_and_nothing_that_leads_out_or_runs(desk, store, post, make_person):
    data = pdf_of(make_sheet(store, make_person("analyst"), post), "fr")
    reader = PdfReader(io.BytesIO(data))
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            (inner,) = font.get_object()["/DescendantFonts"]
            assert "/FontFile2" in inner.get_object()["/FontDescriptor"].get_object()
        assert "/XObject" not in page["/Resources"]
        actions = [note.get_object() for note in page.get("/Annots", [])]
        assert all("/Dest" in note and "/A" not in note for note in actions)
    assert not reader.attachments
    assert not {"/OpenAction", "/AA", "/Names"} & {name for name in reader.trailer["/Root"] if name != "/OpenAction"}
    for sign in (b"/URI", b"/JavaScript", b"/Launch", b"http:", b"https:"):
        assert sign not in data


def test_the_same_facts_are_the_same_bytes(desk, store, post, make_person):
    sheet = make_sheet(store, make_person("analyst"), post)
    assert pdf_of(sheet, "fr") == pdf_of(Sheet.model_validate_json(sheet.model_dump_json()), "fr")
    assert pdf_of(sheet, "fr") != pdf_of(sheet, "en")


@pytest.mark.parametrize(
    "text",
    [
        "👩‍👩‍👧 🏳️‍🌈 e\u0301té ɐqɔ 你好 مرحبا שלום",
        "x" * 3000,
        "\u202e\u2066\u200b\ufeff\U000e0041",
        "**gras** __souligné__ --barré-- [lien](https://a.example) <b>\\",
        "ligne\r\nligne\u2028ligne\tcolonne\x0b\x0c\x1b[31m",
        "\ufffd\U0010ffff\ue000",
        "sur {nb} pages",
    ],
)
def test_no_letter_breaks_the_pdf(desk, store, town, make_person, text):
    sheet = make_sheet(store, make_person("analyst"), town.post(f"Début {text} fin", "odd", origin="collect"))
    for lang in LANGS:
        told = words_of(pdf_of(sheet, lang)).replace(" ", "")
        told = re.sub(re.escape(f"MaisonTest·{sheet.post}·{sheet.number}·") + r"\d", "", told)
        assert "".join(drawable(sheet.text).split()) in told
    assert drawable("é 😭") == "é [U+1F62D LOUDLY CRYING FACE]"
    assert drawable("e\u0301") == "é"


def test_edits_deletion_and_approval_are_told(store, town, make_person, clock):
    person = make_person("analyst")
    town.declare("forum")
    with store.database.writing() as session:
        given = {"assessment": "EFVP-12", "mandate": "M-3", "ground": "LPJ 2.3", "approvers": ["A. B."], "digest": "d"}
        times = {"created_at": clock(), "granted_at": clock(), "expires_at": clock.now.replace(year=2030)}
        session.add(Approval(source_id="forum", **given, **times))
    post = town.post("Je cherche un toit.", "1", origin="collect")
    clock.forward(days=1)
    assert town.post("Je cherche un toit ce soir, j'ai 15 ans.", "1", origin="collect") == post
    with store.database.writing() as session:
        session.execute(update(Post).where(Post.id == post).values(gone_at=clock()))
    sheet = make_sheet(store, person, post)
    assert sheet.approval is not None
    assert (sheet.approval.assessment, sheet.approval.mandate) == ("EFVP-12", "M-3")
    assert [capture.version for capture in sheet.captures] == [1, 2]
    rows = {row.label: row for section in lay_out(sheet, "fr").sections for row in section.rows}
    assert rows["Modification constatée"].capture == 2
    assert rows["Reçu par Vigie"].capture == 1
    assert rows["Retrait à la source"].value == "2026-03-03 04:30"
    assert rows["Base légale"].value == "LPJ 2.3"


def test_a_changed_capture_is_told_on_the_sheet_and_in_the_entry(analyst, store, post):
    with store.database.reading() as session:
        path = store.settings.captures / session.scalars(select(Capture.path).where(Capture.post_id == post)).one()
    path.write_bytes(path.read_bytes()[:-1] + b"\1")
    page = analyst.page(f"/posts/{post}/facts").text
    assert "son fichier a été changé" in page
    assert "quelque chose ne concorde pas" in page
    (entry,) = entries(store, "evidence.opened")
    assert entry["stands"] is False


def test_a_pasted_text_has_a_sheet_without_a_capture(analyst):
    given = {
        "text": "Texte vu en public.",
        "platform": "Snapchat",
        "where": "@zone_test",
        "seen_at": "2026-03-01T10:00",
    }
    pasted = analyst.api("POST", "/posts", json=given).json()["id"]
    told = analyst.api("GET", f"/posts/{pasted}/facts").json()
    assert (told["captures"], told["missing"], told["approval"]) == ([], [], None)
    page = analyst.page(f"/posts/{pasted}/facts").text
    assert "@zone_test" in page
    assert 'href="#c-' not in page
    assert analyst.client.get(f"/posts/{pasted}/facts.pdf").content.startswith(b"%PDF")


def test_a_program_that_may_only_read_posts_is_told_neither_address_nor_author(analyst, browser, store, post):
    made = analyst.api("POST", "/tokens", json={"label": "Lecture", "scopes": ["post.read"]}).json()
    answer = browser().client.get(f"/api/posts/{post}/facts", headers={"Authorization": f"Bearer {made['token']}"})
    told = answer.json()
    assert (told["address"], told["author"]) == ("hxxps://f…", "L…")
    assert "forum[.]example" not in json.dumps(told["captures"])
    assert entries(store, "evidence.opened")[-1]["told"] == []


@pytest.mark.parametrize("role", ["partner", "researcher", "auditor", "administrator"])
def test_whoever_may_not_read_posts_opens_no_evidence(person_in, store, post, role):
    browser = person_in(role)
    for path in (f"/posts/{post}/facts", f"/posts/{post}/facts.pdf", f"/api/posts/{post}/evidence"):
        assert browser.client.get(path).status_code == 403
    assert entries(store, "evidence.opened") == []


def test_an_erased_post_has_no_sheet_and_without_an_entry_none_is_shown(analyst, store, town, post, no_register):
    kept = town.post("Autre texte, j'ai 15 ans.", "2")
    erase(store, post)
    assert analyst.client.get(f"/posts/{post}/facts").status_code == 404
    assert analyst.client.get(f"/posts/{kept}/facts").status_code == 200
    no_register()
    for path in (f"/posts/{kept}/facts", f"/posts/{kept}/facts.pdf", f"/api/posts/{kept}/evidence"):
        answer = analyst.client.get(path)
        assert answer.status_code == 503
        assert "15 ans" not in answer.text


def test_the_entry_of_a_sheet_is_signed_like_any_other(analyst, store, post):
    analyst.client.get(f"/posts/{post}/facts")
    sequence(store)
    from store.register.verifying import verify

    assert verify(store).findings == []

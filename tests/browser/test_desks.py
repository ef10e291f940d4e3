"""The main job as people do it, in a real Chromium, with JavaScript on and off."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

both = pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no-javascript"])
HOSTILE = {
    "velo": "Vélo de montagne",
    "divan": "Divan gris",
    "bulletin": "bulletin de quartier",
    "char": "char a un gars",
}


def search(page, words, *, again=""):
    page.goto("/searches")
    page.get_by_label("Mots").fill(words)
    for label in ("But", "Base légale"):
        box = page.get_by_label(re.compile(f"^{label}"))
        box.select_option(index=1)
    if again:
        page.get_by_label(re.compile("^Raison de refaire")).fill(again)
    page.get_by_role("button", name="Rechercher").click()
    page.wait_for_url(re.compile(r"/searches/"))


def register_events(page):
    page.goto("/register")
    return page.locator("tbody tr td:nth-of-type(2)").all_inner_texts()


@both
def test_the_analyst_opens_the_first_item_sees_the_evidence_and_decides(enter, javascript):
    page = enter("analyste", javascript=javascript)
    page.goto("/queue")
    first = page.locator("tbody tr").first
    expect(first).to_contain_text("Immédiat", ignore_case=True)
    identity = first.get_attribute("id")
    first.get_by_role("link").click()
    expect(page.locator(".text")).to_have_count(0)  # the label comes before the text
    page.get_by_role("button", name="Prendre et lire").click()
    expect(page.locator(".text")).to_have_count(0)
    page.get_by_role("link", name="Ouvrir le texte").click()
    evidence = page.locator(".text mark")
    expect(evidence.first).to_be_visible()
    assert evidence.first.inner_text().strip() in page.locator(".text").inner_text()
    assert evidence.first.get_attribute("title")
    page.locator("input[name=verdict][value=watch]").check()
    page.locator("textarea[name=reason]").fill("À revoir avec la superviseure.")
    page.get_by_role("button", name="Inscrire la décision").click()
    expect(page.get_by_role("status").filter(has_text="Décision inscrite")).to_contain_text("Surveiller")
    page.goto("/queue")
    expect(page.locator(f"tr[id='{identity}']")).to_have_count(0)
    page.goto("/queue?status=decided")
    expect(page.locator(f"tr[id='{identity}']")).to_have_count(1)


@both
def test_a_search_has_both_its_entries_and_its_repeat_runs_nothing(enter, javascript):
    page = enter("analyste", javascript=javascript)
    word = "chambre" if javascript else "fugue"
    search(page, word)
    found = page.locator("tbody tr").count()
    assert found > 0
    expect(page.locator("main").get_by_text(re.compile("couvert", re.I)).first).to_be_visible()
    search(page, word.upper())
    expect(page.get_by_role("status")).to_contain_text("recherche", ignore_case=True)
    auditor = enter("verificateur", javascript=javascript)
    events = register_events(auditor)
    assert any("ouverte" in event.lower() for event in events), events
    assert any("ferm" in event.lower() or "close" in event.lower() for event in events), events


@both
def test_a_partners_request_is_answered_and_seen_by_that_partner_alone(enter, javascript):
    partner = enter("pivot-ecole", javascript=javascript)
    partner.goto("/requests/new")
    expect(partner.get_by_text("911").first).to_be_visible()
    partner.get_by_label(re.compile("^Qui êtes-vous")).fill("Intervenante, école de la Démo")
    partner.get_by_label(re.compile("^Ce qui vous inquiète")).fill("Elle ne vient plus en classe depuis lundi.")
    partner.get_by_label(re.compile("^Pseudos")).fill("plume.de.geai")
    partner.get_by_role("button", name="Envoyer").click()
    partner.wait_for_url(re.compile(r"/requests/r"))
    address = urlsplit(partner.url).path
    analyst = enter("analyste", javascript=javascript)
    analyst.goto("/queue?lane=requests")
    analyst.locator("tbody tr").last.get_by_role("link").click()
    analyst.get_by_role("button", name="Prendre et lire").click()
    expect(analyst.locator("main")).to_contain_text("Elle ne vient plus en classe")
    reading = analyst.url
    analyst.get_by_role("link", name="Rechercher pour cette demande").click()
    analyst.get_by_label(re.compile("^Mots|^Contacts")).first.fill("plume.de.geai")
    for label in ("But", "Base légale"):
        analyst.get_by_label(re.compile(f"^{label}")).select_option(index=1)
    analyst.get_by_role("button", name="Rechercher").click()
    analyst.wait_for_url(re.compile(r"/searches/"))
    analyst.goto(reading)
    analyst.get_by_label(re.compile("^Réponse")).select_option("nothing_found")
    analyst.get_by_label(re.compile("^En mots")).fill("Rien dans ce qui est lu; gardez le lien avec elle.")
    analyst.get_by_role("button", name="Envoyer la réponse").click()
    expect(analyst.locator(".answer")).to_be_visible()
    partner.goto(address)
    expect(partner.locator(".answer")).to_contain_text("gardez le lien avec elle")
    expect(partner.locator(".answer")).to_contain_text("Instagram")  # what was not covered is said
    for other in ("chercheuse", "verificateur"):
        page = enter(other, javascript=javascript)
        answer = page.goto(address)
        assert answer is not None
        assert answer.status in (403, 404)
        assert "plus en classe" not in page.content()
    for place in ("/queue", "/searches", "/register"):
        answer = partner.goto(place)
        assert answer is not None
        assert answer.status == 403


@both
def test_the_researcher_asks_for_a_corpus_and_the_supervisor_reads_what_for(enter, javascript):
    page = enter("chercheuse", javascript=javascript)
    page.goto("/corpora")
    page.get_by_label(re.compile("^But")).fill("Ampleur par région")
    page.get_by_role("button", name="Demander").click()
    expect(page).to_have_url(re.compile("/corpora/x-"))
    expect(page.locator("#main")).to_contain_text("Ampleur par région")
    expect(page.get_by_role("link", name=re.compile("csv"))).to_have_count(0)
    chief = enter("superviseure", javascript=javascript)
    answer = chief.goto(page.url)
    assert answer is not None
    assert answer.status == 200
    expect(chief.locator("#main")).to_contain_text("Ampleur par région")
    assert "char a un gars" not in page.content() + chief.content()


@both
@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_post_is_shown_as_text_and_asks_nobody(enter, sink, javascript, words):
    page = enter("analyste", javascript=javascript)
    asked: set[str] = set()
    alerts: list[str] = []
    page.on("request", lambda request: asked.add(urlsplit(request.url).hostname or request.url))
    page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    before = len(sink.asked())
    search(page, words, again="vérification")
    page.locator("tbody tr a").first.click()
    page.get_by_role("link", name="Ouvrir le texte").click()
    text = page.locator("#main .pane > .text")
    expect(text).to_contain_text("<" if words != HOSTILE["bulletin"] else "suivi")
    assert text.locator("script, img, style, iframe, video, a, svg").count() == 0
    assert page.locator("main a[href*='suivi']").count() == 0
    page.wait_for_timeout(300)
    assert asked == {"127.0.0.1"}
    assert alerts == []
    assert sink.asked()[before:] == []


def test_the_sink_would_notice_a_request_that_leaves(chromium, sink):
    page = chromium.new_page()
    before = len(sink.asked())
    page.set_content("<img src='http://suivi.example/pixel.gif'>")
    page.wait_for_timeout(500)
    assert b"suivi.example" in b"".join(sink.asked()[before:])
    page.close()


def test_the_keyboard_alone_opens_an_item(enter):
    page = enter("analyste")
    page.goto("/queue")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/queue/q-"))


def test_english_and_dark_mode(enter):
    page = enter("superviseure")
    page.emulate_media(color_scheme="dark")
    page.goto("/queue")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("h1")).to_have_text("Triage queue")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    red, green, blue = map(int, re.findall(r"\d+", background)[:3])
    assert red + green + blue < 200

"""The reading room in Chromium: a text is read and coded in place, and no copy of it leaves by any way of the site."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from rooms_made import open_room, token_of
from sqlalchemy import select

from store.intake import take_in
from store.records import PostIn
from store.settings import Settings
from store.store import open_store
from store.tables import User
from triage_api.app import guarded_routes

pytestmark = pytest.mark.browser

SAID = (
    "Ma voisine cherche un endroit pour dormir, appelle Maëlle au 514 555-0142.",
    "Un gars offre un logement contre du ménage.",
)
KEPT = "cherche un endroit pour dormir"
"""Words of the text that redaction leaves: wherever they stand, the text is."""


@pytest.fixture(scope="module")
def room(demo_data, desks):
    """Open a room for the demo's researcher; return the study, and the posts and the tokens of its texts."""
    store = open_store(Settings(data_dir=demo_data))
    given = [(PostIn(text=text, external_id=f"salle-{number}"), None) for number, text in enumerate(SAID)]
    with store.database.reading() as session:
        reader = session.scalars(select(User.id).where(User.name == "chercheuse")).one()
    posts = [identity for identity, *_ in take_in(store, "bourg-annonces", "import", given)]
    study = open_room(store, reader, posts)
    tokens = [token_of(store, study, post) for post in posts]
    store.close()
    return study, posts, tokens


def test_a_researcher_reads_codes_and_paraphrases_and_a_supervisor_reviews(enter, room):
    study, _, tokens = room
    page = enter("chercheuse")
    page.goto("/room")
    page.locator(f'a[href="/room/{study}"]').click()
    page.get_by_role("link", name=re.compile("Texte suivant")).click()
    page.goto(f"/room/texts/{tokens[0]}")
    sealed = page.locator(".sealed")
    expect(sealed).to_contain_text(KEPT)
    expect(page.locator("#main")).not_to_contain_text("Maëlle")
    expect(page.locator("#main")).not_to_contain_text("555-0142")
    page.get_by_role("checkbox", name=re.compile("^aide")).check()
    page.get_by_role("button", name="Garder ces codes et continuer").click()
    page.goto(f"/room/texts/{tokens[0]}")
    expect(page.get_by_role("checkbox", name=re.compile("^aide"))).to_be_checked()
    page.get_by_text("Écrire une paraphrase").click()
    words = page.get_by_label(re.compile("Dans vos mots"))
    words.fill(f"Elle {KEPT} quelque part.")
    page.get_by_role("button", name="L'envoyer à la révision").click()
    expect(words).to_have_value(f"Elle {KEPT} quelque part.")
    expect(page.locator("#p-words")).to_contain_text("Quatre mots")
    words.fill("Une personne du voisinage manque d'un toit.")
    page.get_by_role("button", name="L'envoyer à la révision").click()
    expect(page.get_by_text("attend une révision")).to_be_visible()
    chief = enter("superviseure")
    chief.goto("/paraphrases")
    chief.locator("tbody a").last.click()
    expect(chief.locator("#main")).to_contain_text("manque d'un toit")
    chief.get_by_role("radio", name=re.compile("Elle peut sortir")).check()
    chief.get_by_role("button", name="Décider").click()
    chief.wait_for_url(re.compile("/paraphrases$"))
    page.reload()
    expect(page.get_by_text("peut sortir", exact=True)).to_be_visible()


def test_no_copy_leaves_by_a_download_the_cache_the_clipboard_or_the_printer(enter, room):
    study, _, tokens = room
    page, answers, downloads = enter("chercheuse"), [], []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - Playwright takes no builtin
    page.on("download", lambda download: downloads.append(download))  # noqa: PLW0108 - as above
    for path in (f"/room/{study}", f"/room/texts/{tokens[0]}"):
        page.goto(path)
    held = [one for one in answers if "/room" in one.url]
    assert len(held) == 2
    for answer in held:
        told = answer.all_headers()
        assert told["cache-control"] == "no-store"
        assert "content-disposition" not in told
        assert "etag" not in told
    assert page.locator("a[download]").count() == 0
    expect(page.locator(".sealed")).to_contain_text(KEPT)
    page.keyboard.press("Control+a")
    assert KEPT not in page.evaluate("getSelection().toString()")
    page.emulate_media(media="print")
    expect(page.locator(".sealed")).to_be_hidden()
    assert downloads == []


def test_once_logged_out_the_way_back_shows_nothing(enter, room):
    _, _, tokens = room
    page = enter("chercheuse")
    page.goto(f"/room/texts/{tokens[0]}")
    expect(page.locator(".sealed")).to_contain_text(KEPT)
    page.get_by_role("button", name="Quitter").click()
    page.go_back()
    expect(page.locator(".sealed")).to_have_count(0)
    assert KEPT not in page.content()


@pytest.mark.thorough
def test_no_address_that_the_researcher_may_ask_has_the_text_but_the_room_itself(enter, room):
    study, posts, tokens = room
    page = enter("chercheuse")
    page.goto("/room")
    told = {}
    for method, path, _ in guarded_routes():
        if method != "GET" or path.startswith("/oidc"):
            continue
        for asked in {re.sub(r"{\w+}", identity, path) for identity in (study, posts[0], tokens[0])}:
            told[asked] = page.request.get(asked, max_redirects=0).text()
    assert len(told) > 150
    assert [path for path, text in told.items() if KEPT in text] == [f"/room/texts/{tokens[0]}"]

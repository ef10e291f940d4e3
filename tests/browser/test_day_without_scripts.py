"""Each step of an analyst's day with JavaScript off: by links and forms alone."""

from __future__ import annotations

import re

import pytest
from day_house import COLLEAGUE, pseudonym
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

QUEUE = re.compile(r"/queue(\?.*)?$")


@pytest.fixture
def page(visit, day_desks):
    return visit(day_desks, "analyste", javascript=False)


def press(page, name, within="main"):
    page.locator(within).get_by_role("button", name=name).first.click()


def take(page, *, blind=False, lane="", number=0):
    """Claim an item from its page and open its text, one that is judged blind or one that is not."""
    for at in range(number, 40):
        page.goto(f"/queue{lane}")
        page.locator("[data-rows] tbody tr:not(:has(td:nth-child(9):not(:empty))) a[data-open]").nth(at).click()
        label_of_item = page.url
        if not page.get_by_role("button", name="Prendre et lire").count():
            continue
        press(page, "Prendre et lire")
        if "/posts/" not in page.url:
            continue
        expect(page.locator(".text")).to_have_count(0)
        page.get_by_role("link", name="Ouvrir le texte").click()
        expect(page.locator(".text")).to_be_visible()
        if bool(page.get_by_text("Deux personnes jugent").count()) == blind:
            return label_of_item
        press(page, "Rendre à la file")
    raise AssertionError("no such item")


def fill(page, verdict, reason="Lu au complet."):
    page.locator(f"input[name=verdict][value={verdict}]").first.check()
    page.get_by_text("Toute la grille").first.click()
    page.locator("input[name=criteria]:visible").last.check()
    if reason:
        page.locator("#decision [name=reason]").fill(reason)


def say_why(page):
    for label in ("But", "Base légale"):
        page.get_by_label(re.compile(f"^{label}")).select_option(index=1)


def test_queue_filter_view_item_claim_and_what_is_given_back(page):
    page.goto("/queue")
    page.locator("[data-filters] select[name=lane]").select_option("at_risk")
    press(page, "Filtrer")
    expect(page).to_have_url(re.compile("lane=at_risk"))
    page.get_by_text("Garder ces filtres").click()
    page.get_by_label("Nom de la vue").fill("Sans script")
    press(page, "Garder la vue")
    expect(page.get_by_role("link", name="Sans script")).to_be_visible()
    item = take(page)
    page.goto(item)
    press(page, "Garder plus longtemps")
    expect(page.get_by_role("button", name="Rendre à la file")).to_be_visible()
    press(page, "Rendre à la file")
    page.goto(item)
    expect(page.get_by_role("button", name="Rendre à la file")).to_have_count(0)
    press(page, "Passer, sans raison")
    assert page.url != item


def test_decide_undo_and_decide_again(page):
    item = take(page)
    fill(page, "watch")
    press(page, "Inscrire la décision")
    expect(page.get_by_text("Décision inscrite")).to_be_visible()
    press(page, "Annuler la décision")
    expect(page).to_have_url(item)
    press(page, "Prendre et lire")
    page.get_by_role("link", name="Ouvrir le texte").click()
    expect(page.get_by_text("annulée")).to_be_visible()
    press(page, "Inscrire la décision")
    expect(page.locator("#decision")).to_be_visible()  # the browser itself asks for a verdict
    fill(page, "dismiss")
    press(page, "Inscrire la décision")
    expect(page).to_have_url(re.compile("decided=dismiss"))
    page.goto(item)
    expect(page.get_by_role("button", name="Prendre et lire")).to_have_count(0)


def test_judge_blind_and_read_a_second_time(page, visit, day_desks):
    take(page, blind=True)
    fill(page, "watch", "")
    press(page, "Inscrire mon jugement")
    page.get_by_role("link", name="Ouvrir le texte").click()
    fill(page, "watch")
    press(page, "Inscrire la décision")
    expect(page).to_have_url(re.compile("decided=watch"))
    other = visit(day_desks, COLLEAGUE, javascript=False)
    other.goto("/second")
    for _ in range(8):  # what was decided a moment ago may still be undone
        if other.get_by_role("button", name="Prendre la suivante").count():
            break
        other.wait_for_timeout(10_000)
        other.reload()
    press(other, "Prendre la suivante")
    other.get_by_role("link", name="Ouvrir le texte").click()
    fill(other, "dismiss", "")
    press(other, "Inscrire mon jugement")
    expect(other).to_have_url(re.compile("/second.judged=done"))


def test_a_campaign_is_claimed_decided_and_undone_and_one_post_leaves_it(page):
    for number in range(12):
        take(page, lane="?lane=ads", number=number)
        page.get_by_role("link", name="Campagne", exact=True).click()
        if page.locator("input[name=items]:checked:not([type=hidden])").count() > 2:
            break
        page.go_back()
        press(page, "Passer, sans raison")
    press(page, "Prendre tout ce qui est libre")
    press(page, re.compile("^Retirer de la campagne"))
    own = page.url.split("/campaign")[0]
    page.goto(f"{own}/campaign")
    if page.get_by_role("button", name="La remettre dans la campagne").count():
        press(page, "La remettre dans la campagne")
    items = page.locator("input[name=items]:checked:not([type=hidden])").count()
    fill(page, "watch")
    press(page, "Inscrire pour tous")
    expect(page.get_by_text(f"Décisions inscrites : {max(items, 1)}")).to_be_visible()
    press(page, "Annuler la décision")
    expect(page.get_by_role("button", name="Prendre et lire")).to_be_visible()


def test_hand_over_refuse_and_transfer(page, visit, day_desks, day_data):
    item = take(page)
    page.get_by_role("link", name="Remettre ou transférer").click()
    other = visit(day_desks, COLLEAGUE, javascript=False)
    page.locator("#f-to").select_option(pseudonym(day_data, COLLEAGUE))
    press(page, "Remettre")
    expect(page).to_have_url(QUEUE)
    other.goto(item)
    press(other, "Refuser et rendre à la file")
    expect(other).to_have_url(re.compile("/queue"))
    page.goto(f"{item}/handover")
    page.locator("#f-desk").select_option(index=2)
    press(page, "Transférer")
    expect(page).to_have_url(item)


def test_notes_tags_checklist_and_a_revealed_address(page):
    take(page)
    page.get_by_label(re.compile("^Nouvelle note")).fill("Une note sans script.")
    press(page, "Ajouter la note")
    expect(page.get_by_text("Une note sans script.")).to_be_visible()
    press(page, "Retirer ma note")
    expect(page.get_by_text("Une note sans script.")).to_have_count(0)
    page.get_by_label(re.compile("^Nouveau mot-clé")).fill("Sans script")
    press(page, "Ajouter le mot-clé")
    press(page, "Enlever le mot-clé sans script")
    expect(page.get_by_role("button", name="Enlever le mot-clé sans script")).to_have_count(0)
    page.get_by_role("link", name=re.compile("^Personne ne sait")).first.click()
    page.locator("input[name=ticked][value=dpj]").check()
    press(page, "Garder ce qui est fait")
    expect(page.locator("input[name=ticked][value=dpj]")).to_be_checked()


def test_a_request_is_searched_for_repeated_and_stands(page, visit, day_desks):
    partner = visit(day_desks, "pivot-ecole", javascript=False)
    partner.goto("/requests/new")
    partner.get_by_label(re.compile("^Qui êtes-vous")).fill("Intervenante, école de la Démo")
    partner.get_by_label(re.compile("^Ce qui vous inquiète")).fill("Ne vient plus en classe.")
    partner.get_by_label(re.compile("^Pseudos")).fill("plume.du.soir")
    press(partner, "Envoyer")
    partner.wait_for_url(re.compile("/requests/r"))
    request = partner.url.rsplit("/", 1)[1].split("?")[0]
    for again in (False, True):
        page.goto(f"/requests/{request}")
        page.get_by_role("link", name="Rechercher pour cette demande").click()
        page.get_by_label("Mots").fill("fugue plume")
        say_why(page)
        page.get_by_role("button", name="Rechercher", exact=True).last.click()
        page.wait_for_url(re.compile("/searches/s-"))
        expect(page.locator("#coverage-title")).to_be_visible()
        assert bool(page.locator("#repeat-title").count()) == again
    press(page, re.compile("^Mettre en veille"))
    page.wait_for_url(re.compile("/standing/"))
    page.get_by_label(re.compile("^Raison de prolonger")).fill("La famille attend encore.")
    press(page, "Prolonger de 30 jours")
    press(page, "Mettre fin à la veille")
    expect(page.get_by_role("button", name="Mettre fin à la veille")).to_have_count(0)


def test_duty_dashboard_lesson_guide_and_own_reading_time(page):
    page.goto("/duty")
    page.get_by_label(re.compile("^Jusqu")).fill("23:59")
    press(page, "Prendre la garde")
    expect(page.get_by_text("(vous)")).to_be_visible()
    press(page, "Mettre fin maintenant")
    expect(page.get_by_text("(vous)")).to_have_count(0)
    page.goto("/dashboard")
    expect(page.locator("img.chart").first).to_be_visible()
    expect(page.locator("main table").first).to_be_visible()
    page.goto("/lessons")
    page.get_by_role("link", name=re.compile("parcours")).first.click()
    page.locator("input[name=verdict][value=watch]").check()
    page.locator("form.decision button.primary").click()
    page.wait_for_url(re.compile("/lessons/answers/"))
    expect(page.get_by_role("link", name=re.compile("^Cas suivant"))).to_be_visible()
    page.goto("/guide")
    expect(page.get_by_role("heading", name="Décider")).to_be_visible()
    page.goto("/account/exposure")
    expect(page.locator("main table")).to_be_visible()

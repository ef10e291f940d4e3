"""The fact sheet in a real Chromium: it asks nobody for anything, its facts open on captures, and it prints whole."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from test_no_footprint import LEADS_OUT, Watched

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("javascript", [True, False])
def test_a_sheet_asks_no_other_host_and_its_facts_open_on_their_captures(enter, house, sink, javascript):
    before = len(sink.asked())
    watched = Watched(enter("analyste", javascript=javascript, desks=house.desks))
    page = watched.page
    assert watched.visit(f"/posts/{house.items['posts'][0]}/facts") == 200
    expect(page.locator("[role=status].good")).to_contain_text("concordent")
    page.get_by_role("link", name="Capture 1").first.click()
    expect(page).to_have_url(re.compile("#c-1$"))
    expect(page.locator("#c-1")).to_be_in_viewport()
    expect(page.locator("#c-1")).to_contain_text("conforme")
    assert page.evaluate(LEADS_OUT) == []
    page.wait_for_timeout(200)
    assert watched.asked == {"127.0.0.1"}
    assert sink.asked()[before:] == []
    assert watched.violations() == []


def test_on_paper_a_sheet_is_the_facts_and_nothing_else(enter, house, tmp_path: Path):
    page = enter("analyste", desks=house.desks)
    page.goto(f"/posts/{house.items['posts'][0]}/facts")
    page.emulate_media(media="print")
    for gone in (".top", "footer", ".screen"):
        expect(page.locator(gone).first).to_be_hidden()
    expect(page.locator(".sheet")).to_be_visible()
    with page.expect_download() as told:
        page.emulate_media(media="screen")
        page.get_by_role("link", name="Télécharger en PDF").click()
    kept = tmp_path / told.value.suggested_filename
    told.value.save_as(kept)
    assert kept.suffix == ".pdf"
    assert kept.read_bytes().startswith(b"%PDF-")


def test_the_post_leads_to_its_sheet(enter, house):
    page = enter("analyste", desks=house.desks)
    page.goto(f"/posts/{house.items['posts'][0]}?open=1")
    page.get_by_role("link", name="Fiche de faits").click()
    expect(page.locator("h1")).to_have_text("Fiche de faits")

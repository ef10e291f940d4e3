"""The reading pane: the label before the text, marks, what two people judge blind, history."""

from __future__ import annotations

import re

import pytest
from desk_words import FUGUE, HARMLESS, HOSTILE, words_of
from sqlalchemy import select, update

from store.intake import take_in
from store.records import PostIn
from store.tables import Judgement, QueueItem, ReadingSpan, RegisterEntry, User


def events(store, name="post.opened"):
    with store.database.reading() as session:
        return list(session.scalars(select(RegisterEntry.actor).where(RegisterEntry.event == name)))


def double(store, post):
    with store.database.writing() as session:
        session.execute(update(QueueItem).where(QueueItem.post_id == post).values(double=True))


def judged(store, post, name):
    with store.database.writing() as session:
        item = session.scalar(select(QueueItem.id).where(QueueItem.post_id == post))
        user = session.scalar(select(User.id).where(User.name == name))
        row = Judgement(item_id=item, user_id=user, verdict="watch", criteria=["M05"], grid="0", at=store.clock())
        session.add(row)


def test_the_label_comes_first_and_opening_the_text_alone_is_an_entry_and_a_tick(analyst, town, store, clock):
    post = town.post(FUGUE, city="Montréal", posted_at="2026-03-01T09:30:00Z", title="Mot du titre", author="lea.b")
    page = analyst.page(f"/posts/{post}")
    words = words_of(page.text)
    assert page.status_code == 200
    for told in ("Prioritaire", "mineur", "Le forum", "24 h", "français", f"{len(FUGUE) + 13} caractères"):
        assert told in words, told
    for untold in ("fugue", "Mot du titre", "514", "M05", "lea.b"):
        assert untold not in words, untold
    assert events(store) == []
    with store.database.reading() as session:
        assert session.scalar(select(ReadingSpan)) is None
    (link,) = re.findall(r'data-key="o" href="([^"]+)"', page.text)
    opened = analyst.page(link.replace("&amp;", "&")).text
    assert "Chu en" in opened
    assert len(events(store)) == 1
    with store.database.reading() as session:
        assert session.scalar(select(ReadingSpan)).posts == 1


def test_the_words_of_a_search_are_carried_through_the_label(analyst, town):
    post = town.post(FUGUE)
    found = analyst.api("POST", "/searches", json={"query": "dormir", "purpose": "watch", "ground": "LPJ 39"}).json()
    label = analyst.page(f"/posts/{post}?search={found['id']}").text
    (link,) = re.findall(r'data-key="o" href="([^"]+)"', label)
    assert "Mot cherché" in analyst.page(link.replace("&amp;", "&")).text
    odd = analyst.page(f"/posts/{post}?search=%22%3E%3Cb%3E%26x").text
    assert "<b>" not in odd


def test_who_wants_it_opens_texts_at_once_in_their_browser(analyst, person_in, town, store):
    post = town.post(FUGUE)
    kept = analyst.send("/posts/opening", at_once="1", next=f"/posts/{post}")
    assert kept.headers["location"] == f"/posts/{post}"
    assert "HttpOnly" in kept.headers["set-cookie"]
    assert "Chu en" in analyst.page(f"/posts/{post}").text
    assert "Chu en" not in person_in("analyst", name="autre").page(f"/posts/{post}").text
    assert analyst.send("/posts/opening", at_once="0", next="//pisteur.example").headers["location"] == "/"
    assert "Chu en" not in analyst.page(f"/posts/{post}").text


@pytest.mark.parametrize("path", ["", "?open=1", "/unknown"])
def test_a_post_that_is_not_there_is_not_found(analyst, path):
    assert analyst.client.get(f"/posts/p-none{path}").status_code == 404


def test_marks_are_numbered_and_the_legend_leads_to_the_first_of_each(analyst, town):
    page = analyst.page(f"/posts/{town.post(FUGUE)}?open=1").text
    numbers = [int(number) for number in re.findall(r'<mark[^>]* id="m-(\d+)" tabindex="-1"', page)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 2
    legend = page[page.index('class="legend"') : page.index("</dl>", page.index('class="legend"'))]
    assert re.search(r'<a href="#m-\d+">M05 Fugue', legend)
    assert {int(number) for number in re.findall(r'href="#m-(\d+)"', legend)} <= set(numbers)


def test_the_criteria_that_the_post_meets_stand_first_in_the_picker(analyst, town):
    page = analyst.page(f"/posts/{town.post(FUGUE)}?open=1").text
    boxes = re.findall(r'name="criteria" value="(\w+)"', page)
    met = [one["id"] for one in analyst.api("GET", f"/posts/{town.post(FUGUE)}").json()["criteria"]]
    assert set(boxes[: len(met)]) == set(met)
    assert len(boxes) == len(set(boxes)) > 20
    assert "data-seek hidden" in page


def test_scores_are_never_shown_of_an_item_that_one_person_judges(analyst, town):
    post = town.post(FUGUE)
    assert analyst.api("GET", f"/posts/{post}").json()["assessment"]["signals"]["minor"]["score"] > 0
    assert "Scores du modèle" not in analyst.page(f"/posts/{post}?open=1").text


def test_what_two_people_judge_is_blind_until_one_has_on_the_page_and_in_the_api(analyst, person_in, town, store):
    post = town.post(FUGUE)
    other = person_in("analyst", name="autre")
    other.api("POST", f"/posts/{post}/notes", json={"note": "Je crois que c'est grave."})
    other.api("POST", f"/posts/{post}/tags", json={"tag": "grave"})
    double(store, post)
    told = analyst.api("GET", f"/posts/{post}").json()
    assert (told["blind"], told["text"]) == (True, FUGUE)
    assert (told["assessment"]["signals"], told["assessment"]["counter"]) == ({}, [])
    assert [told[name] for name in ("criteria", "counters", "notes", "tags")] == [[]] * 4
    assert told["history"]["decisions"] == told["history"]["versions"] == []
    assert told["assessment"]["entities"]["phones"]
    page = analyst.page(f"/posts/{post}?open=1").text
    assert "fugue depuis hier" in page
    for hidden in ("<mark", "Scores du modèle", "Je crois", "grave", "/decision", "data-criterion"):
        assert hidden not in page.replace(f"/queue/q-{post[2:]}/decision", "", 1), hidden
    judged(store, post, "analyst")
    told = analyst.api("GET", f"/posts/{post}").json()
    assert not told["blind"]
    assert told["criteria"]
    page = analyst.page(f"/posts/{post}?open=1").text
    score = told["assessment"]["signals"]["minor"]["score"]
    assert "Scores du modèle" in page
    assert f"{score:.2f}" in page
    assert "<mark" in page
    assert other.api("GET", f"/posts/{post}").json()["blind"], "the other one has not judged it yet"


def test_history_tells_decisions_openings_and_versions_and_ones_own_reasons_alone(
    analyst, person_in, town, store, desk
):
    post = town.post(FUGUE, "a")
    item = f"q-{post[2:]}"
    other = person_in("analyst", name="zoe-nom-de-compte")
    other.api("GET", f"/posts/{post}")
    other.api("GET", f"/posts/{post}")
    sent = {"verdict": "watch", "criteria": ["M05"], "reason": "<b>Raison à moi</b>"}
    assert other.api("POST", f"/queue/{item}/decision", json=sent).status_code == 201
    take_in(store, "forum", "import", [(PostIn(text=f"{FUGUE} Encore là.", external_id="a"), None)])
    town.settle()
    told = analyst.api("GET", f"/posts/{post}").json()["history"]
    (decision,) = told["decisions"]
    assert (decision["verdict"], decision["criteria"], decision["reason"]) == ("watch", ["M05"], None)
    (opening,) = told["openings"]
    assert (opening["by"], opening["times"]) == (decision["by"], 2)
    (version,) = told["versions"]
    assert (version["version"], version["signals"]) == (1, ["minor"])
    page = analyst.page(f"/posts/{post}?open=1").text
    assert "Raison à moi" not in page
    mine = other.page(f"/posts/{post}?open=1").text
    assert "&lt;b&gt;Raison à moi" in mine
    assert "zoe-nom" not in page, "pseudonyms alone"


def test_openings_of_a_post_whose_id_begins_alike_are_not_told(analyst, person_in, town):
    first, second = town.post(FUGUE, "a"), town.post(f"{FUGUE} Autre.", "b")
    person_in("analyst", name="autre").api("GET", f"/posts/{first}")
    assert analyst.api("GET", f"/posts/{second}").json()["history"]["openings"] == []


def test_everything_around_a_hostile_text_is_inert(analyst, town, store):
    post = town.post(HOSTILE, "h", title="<b>", author='"><i>', city="<u>", url="https://pisteur.example/")
    analyst.api("POST", f"/posts/{post}/notes", json={"note": HOSTILE})
    page = analyst.page(f"/posts/{post}?open=1").text
    assert not [tag for tag in ("<script>alert", '<img src="http', "<style>", "<u>", "\u202e") if tag in page]
    assert re.findall(r"https?://", page) == []
    assert "<u>" not in analyst.page(f"/posts/{post}").text


def test_after_a_mistake_all_that_was_typed_stands_there_opened(analyst, town):
    post = town.post(FUGUE)
    wrong = analyst.send(f"/queue/q-{post[2:]}/decision", verdict="watch", criteria=["M05"], reason=" ")
    assert wrong.status_code == 422
    assert "Chu en" in words_of(wrong.text)
    assert 'value="M05" checked' in wrong.text


def test_a_post_that_waits_to_be_read_has_its_label_and_page(analyst, town):
    post = town.post(HARMLESS, settle=False)
    assert "pas encore évalué" in analyst.page(f"/posts/{post}").text
    assert "pas encore évalué" in analyst.page(f"/posts/{post}?open=1").text


def test_the_last_decision_can_be_taken_back_from_the_label_and_from_the_text_of_the_next_post(analyst, town):
    done, following = town.post(FUGUE, "a"), town.post(f"{FUGUE} Autre.", "b")
    for path in ("", "?open=1"):
        assert "/undo" not in analyst.page(f"/posts/{following}{path}").text
    sent = {"verdict": "watch", "criteria": ["M05"], "reason": "x"}
    assert analyst.api("POST", f"/queue/q-{done[2:]}/decision", json=sent).status_code == 201
    for path in ("", "?open=1"):
        assert f'action="/queue/q-{done[2:]}/undo"' in analyst.page(f"/posts/{following}{path}").text

"""The reading pane: the label before the text, marks, what two people judge blind, history, posts like it, drawings."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pytest
from desk_words import FUGUE, HARMLESS, HOSTILE, words_of
from sqlalchemy import select, update

from pipeline.link import link_batch
from store.intake import take_in
from store.records import PostIn
from store.tables import Judgement, QueueItem, ReadingSpan, RegisterEntry, User
from triage_api.posts.around_models import StayOut, WeekOut
from triage_api.posts.campaigns import by_week
from triage_api.posts.drawing import MOST_CITIES, WIDTH, drawn_movement, drawn_weeks

CAMPAIGN = (
    "chu en fugue depuis hier, j'ai 15 ans, une fille me propose un lit pis du cash contre des commissions à Laval"
)


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
    for told in ("Prioritaire", "mineur", "Le forum", "24 h 00 min", "français", f"{len(FUGUE) + 13} caractères"):
        assert told in words, told
    for untold in ("fugue", "Mot du titre", "514", "M05", "lea"):
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


@pytest.fixture
def linked(town, desk):
    def take(*posts):
        ids = [town.post(text, str(number), **more) for number, (text, more) in enumerate(posts)]
        while link_batch(desk.store, "test"):
            pass
        return ids

    return take


def test_posts_like_it_are_told_by_their_labels_and_what_is_shared(analyst, linked):
    text = f"{CAMPAIGN}, texte 514-555-0142"
    lure = "chu en fugue pis j'ai 16 ans, besoin d'une place pour dormir ce soir, appelle au 514-555-0142"
    first, near, copy, called = linked((text, {}), (f"{text} !", {"city": "Laval"}), (text, {}), (lure, {}))
    told = {one["id"]: one for one in analyst.api("GET", f"/posts/{first}").json()["similar"]}
    assert set(told) == {near, copy, called}
    assert "copy" in told[copy]["because"]
    assert {"phone", "text"} <= set(told[copy]["because"])
    assert told[called]["because"] == ["phone"]
    assert not any("fugue" in str(one.values()) for one in told.values())
    page = words_of(analyst.page(f"/posts/{first}?open=1").text)
    assert "le même texte" in page
    assert "un téléphone" in page


def test_an_advert_has_no_posts_like_it_even_if_they_are_its_copies(analyst, linked):
    advert = "Solo, 34 ans, centre-ville, sur rendez-vous seulement, 514-555-0142"
    first, _ = linked((advert, {"kind": "ad"}), (advert, {"kind": "ad"}))
    told = analyst.api("GET", f"/posts/{first}").json()
    assert (told["similar"], told["campaign"]) == ([], None)


def test_a_campaign_has_its_time_line_and_drawings_with_their_tables(analyst, linked):
    stops = [("Laval", "02-02"), ("Gatineau", "02-11"), ("Laval", "02-25")]
    posts = [
        (f"{CAMPAIGN} {'!' * n}", {"city": c, "posted_at": f"2026-{d}T12:00:00Z"}) for n, (c, d) in enumerate(stops)
    ]
    first, *_ = linked(*posts)
    told = analyst.api("GET", f"/posts/{first}").json()["campaign"]
    assert (told["first"][:10], told["last"][:10]) == ("2026-02-02", "2026-02-25")
    assert [(one["week"], one["posts"]) for one in told["weeks"]] == [
        ("2026-02-02", 1),
        ("2026-02-09", 1),
        ("2026-02-16", 0),
        ("2026-02-23", 1),
    ]
    page = analyst.page(f"/posts/{first}?open=1").text
    assert page.count('<svg class="drawing" role="img" aria-label=') == 2
    assert not re.search(r"<svg[^>]*>(?:(?!</svg>).)*style=", page, re.DOTALL)
    assert page.count("<rect") == 3
    assert "Semaine du" in words_of(page)


def moment(day):
    return datetime.fromisoformat("2026-01-01T12:00:00+00:00") + timedelta(days=day)


def test_weeks_are_those_of_quebec_and_the_newest_half_year():
    assert by_week([]) == []
    late = datetime.fromisoformat("2026-03-02T03:00:00+00:00")  # Sunday evening in Québec
    assert by_week([late]) == [WeekOut(week=date(2026, 2, 23), posts=1)]
    long = by_week([moment(0), moment(400)])
    assert len(long) == 26
    assert (long[0].posts, long[-1].posts) == (0, 1)


def test_a_drawing_stays_inside_its_frame_and_readable():
    stays = [StayOut(city=f"Ville {n % 40}", first=moment(n), last=moment(n + 0.5)) for n in range(200)]
    drawing = drawn_movement(stays)
    assert len(drawing.names) == MOST_CITIES
    for dot in drawing.dots:
        assert 0 <= dot.x1 <= dot.x2 <= WIDTH
        assert 0 <= dot.y <= drawing.height
    at_once = [StayOut(city=city, first=moment(0), last=moment(0)) for city in ("a", "b")]
    assert len(drawn_movement(at_once).dots) == 2
    assert drawn_movement(stays[:1]) is drawn_movement([]) is None
    weeks = drawn_weeks([WeekOut(week=date(2026, 1, 5), posts=n) for n in (0, 3, 1)])
    assert [bar.height for bar in weeks.bars] == [80, 26.7]
    assert drawn_weeks([WeekOut(week=date(2026, 1, 5), posts=3)]) is None


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

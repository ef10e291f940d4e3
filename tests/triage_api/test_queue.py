from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from desk_words import FAREWELL, FUGUE, HARMLESS, LURE, words_of
from sqlalchemy import select

from store.index import IndexQuery
from store.tables import Capture, Decision, Post, Quarantined, QueueItem, RegisterEntry
from triage_api.access.models import Person
from triage_api.queue.listing import listing
from triage_api.queue.models import VERDICTS


def items(browser, **asked):
    answer = browser.api("GET", "/queue", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def posts(browser, **asked):
    return [item["post"] for item in items(browser, **asked)]


def entries(store, event=""):
    with store.database.reading() as session:
        rows = session.scalars(select(RegisterEntry).order_by(RegisterEntry.n))
        return [row for row in rows if row.event.startswith(event)]


def get(store, table, identity):
    with store.database.reading() as session:
        return session.get(table, identity)


def one(store, table, column, value):
    with store.database.reading() as session:
        return session.scalar(select(table).where(column == value))


def test_the_most_urgent_stands_first_then_the_longest_waiting(analyst, town, clock):
    fugue = town.post(FUGUE)
    clock.forward(minutes=5)
    lure, farewell = town.post(LURE), town.post(FAREWELL)
    town.post(HARMLESS)
    clock.forward(minutes=10)
    found = items(analyst)
    assert [item["post"] for item in found] == [farewell, *([fugue, lure] if found[1]["urgency"] == "soon" else [])][:3]
    assert [item["waiting_s"] for item in found] == [600, 900, 600]
    first = found[0]
    assert first["id"] == "q-" + farewell[2:]
    assert first["lane"] == "immediate"
    assert first["signals"] == ["distress"]
    assert first["claimed_by"] is None
    assert first["copies"] == 1
    assert "text" not in json.dumps(first)


def test_of_one_hour_the_likeliest_stands_first_and_an_hour_earlier_goes_before(desk, make_person, town, clock, store):
    earlier = town.post("Ma soeur de 15 ans est en fugue depuis lundi")
    clock.forward(hours=1)
    later = [
        town.post(text) for text in (FUGUE, "chu en fugue, g 15 ans, kekun a un divan?", "en fugue, j'ai 14 ans svp")
    ]
    rows = {post: one(store, QueueItem, QueueItem.post_id, post) for post in [earlier, *later]}
    assert len({row.rank for row in rows.values()}) == 1
    assert len({row.score for row in rows.values()}) == len(rows)
    by_score = sorted(later, key=lambda post: -rows[post].score)
    assert [item.post for item in listing(desk, make_person("analyst")).items] == [earlier, *by_score]


def test_pages_of_the_list_join_without_gap_or_double(analyst, town, clock):
    for number in range(7):
        town.post(f"{FUGUE} no {number}", key=str(number), settle=False)
        clock.forward(seconds=number % 2)
    town.settle()
    whole = posts(analyst)
    assert len(whole) == 7
    seen, cursor = [], None
    while True:
        page = analyst.api("GET", "/queue", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        seen += [item["post"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == whole


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, {"fugue", "farewell", "lure"}),
        ({"lane": "immediate"}, {"farewell"}),
        ({"lane": "recruitment"}, {"lure"}),
        ({"signal": "minor"}, {"fugue"}),
        ({"signal": "distress"}, {"farewell"}),
        ({"signal": "third_party"}, set()),
        ({"lane": "immediate", "signal": "minor"}, set()),
        ({"status": "decided"}, set()),
        ({"status": "claimed"}, set()),
    ],
)
def test_filters(analyst, town, asked, expected):
    ids = {"fugue": town.post(FUGUE), "farewell": town.post(FAREWELL), "lure": town.post(LURE)}
    assert set(posts(analyst, **asked)) == {ids[name] for name in expected}


@pytest.mark.parametrize("asked", [{"lane": "x"}, {"signal": "x"}, {"status": "x"}, {"limit": 0}, {"limit": 201}])
def test_a_filter_that_does_not_exist_is_a_bad_field(analyst, asked):
    answer = analyst.api("GET", "/queue", params=asked)
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == next(iter(asked))


def test_a_claim_is_anothers_until_it_lapses(analyst, person_in, town, clock, store):
    town.post(FUGUE)
    other = person_in("analyst", name="autre")
    (item,) = items(analyst)
    held = analyst.api("POST", f"/queue/{item['id']}/claim").json()
    assert held["mine"] is True
    seen = items(other)[0]
    assert seen["claimed_by"] == held["claimed_by"]
    assert "analyst" not in seen["claimed_by"], "a pseudonym, not the name"
    assert seen["mine"] is False
    assert len(items(other, status="claimed")) == 1
    for call in ("claim", "release"):
        refused = other.api("POST", f"/queue/{item['id']}/{call}")
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "claimed")
    decision = {"verdict": "dismiss", "reason": "rien"}
    assert other.api("POST", f"/queue/{item['id']}/decision", json=decision).status_code == 409
    clock.forward(minutes=20)
    assert analyst.api("POST", f"/queue/{item['id']}/claim").status_code == 200, "claiming again holds it longer"
    clock.forward(minutes=20)
    assert other.api("POST", f"/queue/{item['id']}/claim").status_code == 409
    clock.forward(minutes=store.settings.claim_minutes)
    assert items(other)[0]["claimed_by"] is None
    assert other.api("POST", f"/queue/{item['id']}/claim").json()["mine"] is True


def test_a_released_item_is_anybodys(analyst, person_in, town):
    town.post(FUGUE)
    (item,) = items(analyst)
    analyst.api("POST", f"/queue/{item['id']}/claim")
    assert analyst.api("POST", f"/queue/{item['id']}/release").json()["claimed_by"] is None
    assert analyst.api("POST", f"/queue/{item['id']}/release").status_code == 200
    assert person_in("analyst", name="autre").api("POST", f"/queue/{item['id']}/claim").status_code == 200


def test_a_skipped_item_is_not_offered_again_to_that_person(analyst, person_in, town):
    first, second = town.post(FAREWELL), town.post(FUGUE)
    a, b = (item["id"] for item in items(analyst))
    analyst.api("POST", f"/queue/{a}/claim")
    assert analyst.api("POST", f"/queue/{a}/skip").json() == {"next": b}
    assert items(analyst)[0]["claimed_by"] is None
    assert analyst.api("POST", f"/queue/{b}/skip").json() == {"next": None}
    assert analyst.api("POST", f"/queue/{b}/skip").status_code == 200
    assert posts(analyst) == [first, second], "skipping hides nothing from the list"
    shown = analyst.page("/queue").text
    assert (shown.count("data-passed"), shown.count("vous l&#39;avez passé")) == (2, 2), "the key c leaves it out there"
    other = person_in("analyst", name="autre")
    assert "data-passed" not in other.page("/queue").text
    assert other.api("POST", f"/queue/{b}/skip").json() == {"next": a}


DAYS = {"dismiss": 30, "watch": 30, "refer": None, "escalate": None}


@pytest.mark.parametrize("verdict", DAYS)
def test_a_decision_sets_the_posts_end_and_leaves_an_entry(analyst, town, store, clock, verdict):
    post = town.post(FUGUE)
    (item,) = items(analyst)
    clock.forward(minutes=50)
    sent = {"verdict": verdict, "criteria": ["M05", "M01", "M05"], "reason": "  fugue dite  "}
    made = analyst.api("POST", f"/queue/{item['id']}/decision", json=sent)
    assert made.status_code == 201, made.text
    assert made.json()["criteria"] == ["M01", "M05"]
    days = DAYS[verdict]
    assert get(store, Post, 1).expires_at == (None if days is None else clock() + timedelta(days=days))
    row = get(store, Decision, made.json()["id"])
    assert (row.verdict, row.post_id) == (verdict, post)
    assert b"fugue dite" not in row.sealed
    assert store.keys.opened(row.sealed, f"decision:{row.item_id}") == "fugue dite"
    (entry,) = entries(store, "decision.made")
    told = json.loads(entry.public)
    assert told["verdict"] == verdict
    assert told["criteria"] == ["M01", "M05"]
    assert "fugue dite" not in entry.public
    assert items(analyst) == []
    assert len(items(analyst, status="decided")) == 1
    again = analyst.api("POST", f"/queue/{item['id']}/decision", json=sent)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "decided")
    assert analyst.api("POST", f"/queue/{item['id']}/claim").json()["error"]["code"] == "decided"


def test_words_edited_while_one_reads_are_not_decided_unseen(analyst, town):
    town.post(FUGUE, "a")
    (item,) = items(analyst)
    path = f"/queue/{item['id']}/decision"
    assert 'name="version" value="1"' in analyst.page(f"/posts/{item['post']}?open=1").text
    town.post(FAREWELL, "a")
    sent = {"verdict": "dismiss", "reason": "rien", "version": 1}
    refused = analyst.api("POST", path, json=sent)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "edited")
    again = analyst.send(path, **sent)
    assert again.status_code == 422
    assert "Le texte a été modifié" in again.text
    assert "rien</textarea>" in again.text
    assert 'name="version" value="2"' in again.text
    assert analyst.api("POST", path, json=sent | {"version": 2}).status_code == 201


def test_a_quarantined_text_goes_from_everywhere_with_its_copies(analyst, town, store, desk):
    post = town.post(FUGUE, "a", origin="collect")
    copy = town.post(FUGUE.upper(), "b", source="babillard", origin="collect")
    other = town.post(FAREWELL, origin="collect")
    item = next(one for one in items(analyst) if one["post"] == post)
    assert item["copies"] == 2
    files = list(store.settings.captures.rglob("*.warc.gz"))
    assert len(files) == 3
    made = analyst.api("POST", f"/queue/{item['id']}/decision", json={"verdict": "quarantine", "reason": "à sceller"})
    assert made.status_code == 201, made.text
    for identity in (post, copy):
        row = one(store, Post, Post.id, identity)
        assert (row.status, row.text, row.same_text) == ("quarantined", "", "")
        assert one(store, Capture, Capture.post_id, identity) is None
        assert analyst.api("GET", f"/posts/{identity}").json()["error"]["code"] == "not_found"
        sealed = get(store, Quarantined, identity)
        assert b"fugue" not in sealed.sealed.lower()
        assert "fugue" in store.keys.opened(sealed.sealed, f"quarantine:{identity}").lower()
    assert len(list(store.settings.captures.rglob("*.warc.gz"))) == 1
    town.settle()
    assert desk.index.get(post) is None
    assert desk.index.get(copy) is None
    assert desk.index.search(IndexQuery()).ids == [other]
    assert posts(analyst) == [other]


def test_a_decision_that_cannot_be_entered_changes_nothing(analyst, town, store, no_register):
    town.post(FUGUE, origin="collect")
    (item,) = items(analyst)
    files = list(store.settings.captures.rglob("*.warc.gz"))
    no_register()
    made = analyst.api("POST", f"/queue/{item['id']}/decision", json={"verdict": "quarantine", "reason": "x"})
    assert made.status_code == 503
    assert made.json()["error"]["code"] == "register_unavailable"
    assert get(store, QueueItem, item["id"]).status == "open"
    assert get(store, Post, 1).status == "live"
    assert list(store.settings.captures.rglob("*.warc.gz")) == files
    assert one(store, Decision, Decision.item_id, item["id"]) is None


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"verdict": "dismiss", "reason": "r", "criteria": ["Z99"]}, "criteria"),
        ({"verdict": "dismiss", "reason": "r", "criteria": ["m05"]}, "criteria"),
        ({"verdict": "dismiss", "reason": ""}, "reason"),
        ({"verdict": "dismiss", "reason": "x" * 5001}, "reason"),
        ({"verdict": "delete", "reason": "r"}, "verdict"),
        ({"reason": "r"}, "verdict"),
    ],
)
def test_a_decision_with_a_bad_field_is_refused_by_name(analyst, town, sent, field):
    town.post(FUGUE)
    (item,) = items(analyst)
    answer = analyst.api("POST", f"/queue/{item['id']}/decision", json=sent)
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == field
    assert len(items(analyst)) == 1


def test_only_one_of_two_deciding_at_once_succeeds(desk, town, make_person: Callable[..., Person]):
    from concurrent.futures import ThreadPoolExecutor

    from store.errors import Conflict
    from triage_api.queue.deciding import decide
    from triage_api.queue.models import DecisionIn

    town.post(FUGUE)
    people = [make_person("analyst", name=f"a{n}") for n in range(4)]
    identity = one(desk.store, QueueItem, QueueItem.status, "open").id

    def attempt(person: Person) -> bool:
        try:
            decide(desk, person, identity, DecisionIn(verdict="dismiss", reason="r"))
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, people)) == [False, False, False, True]


def test_the_pages_lead_from_the_queue_to_a_decision(analyst, town, store):
    town.post(FUGUE, title="Besoin d'aide", city="Montréal")
    queue = analyst.page("/queue").text
    assert "fugue depuis" not in queue, "a label, not the text"
    assert "Prioritaire" in queue
    (item,) = items(analyst)
    assert f'href="/queue/{item["id"]}"' in queue
    label = analyst.page(f"/queue/{item['id']}").text
    assert "fugue depuis" not in label
    assert not entries(store, "post.opened")
    claimed = analyst.send(f"/queue/{item['id']}/claim")
    assert claimed.headers["location"] == f"/posts/{item['post']}"
    post = analyst.page(claimed.headers["location"] + "?open=1")
    assert post.status_code == 200
    assert "<mark" in post.text
    assert "M05" in post.text
    assert len(entries(store, "post.opened")) == 1
    wrong = analyst.send(f"/queue/{item['id']}/decision", verdict="watch", criteria=["M05", "M01"], reason="  ")
    assert wrong.status_code == 422
    assert "Ce champ est requis" in wrong.text
    assert 'value="watch" required checked' in wrong.text
    assert 'value="M05" checked' in wrong.text
    made = analyst.send(f"/queue/{item['id']}/decision", verdict="watch", criteria="M05", reason="à suivre")
    assert made.status_code == 303
    after = words_of(analyst.page(made.headers["location"]).text)
    assert "Décision inscrite : Surveiller" in after
    assert "Rien n'attend ici" in after.replace("&#39;", "'")


def test_an_item_held_by_another_shows_no_form(analyst, person_in, town):
    post = town.post(FUGUE)
    (item,) = items(analyst)
    other = person_in("analyst", name="autre")
    other.api("POST", f"/queue/{item['id']}/claim")
    assert "/decision" not in analyst.page(f"/posts/{post}?open=1").text
    refused = analyst.send(f"/queue/{item['id']}/claim")
    assert refused.status_code == 409
    assert "Une autre personne lit" in refused.text


def test_every_verdict_has_its_place_on_the_page(analyst, town):
    post = town.post(FUGUE)
    page = analyst.page(f"/posts/{post}?open=1").text
    assert all(f'value="{verdict}"' in page for verdict in VERDICTS)


@pytest.mark.parametrize("query", ["lane=x&signal=y&status=z", "lane=ads", "cursor=", "lane=&signal=&status=open"])
def test_a_queue_address_with_odd_filters_still_shows_the_queue(analyst, town, query):
    town.post(FUGUE)
    assert analyst.page(f"/queue?{query}").status_code == 200

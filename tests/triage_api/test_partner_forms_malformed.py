"""Every form of the partners' rooms, found on their pages and filled in wrongly: told at its field, nothing typed lost.

The forms of a request itself are tried in `test_requests_malformed`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urlsplit

import pytest
from desk_people import Browser
from matrix import World, agreement, disclosure, legal_hold, meeting, pivot, referral, request, rights_case
from parsel import Selector
from sqlalchemy import func, select
from told_house import House, body, ground_of

from store.tables import Agreement, Consent, LegalHold, Meeting, Organisation, Pivot, Referral, RightsCase
from triage_api.shell.languages import has, say

pytestmark = [pytest.mark.team_slow, pytest.mark.unmeasured]

FORMS = 500
HOSTILE = '"><script>alert(1)</script> & « é » '
LONG = HOSTILE + "z" * 7000
PLAIN = 'Ça & <b>là</b> "x"'
TABLES = (Organisation, Pivot, Agreement, Consent, Referral, Meeting, RightsCase, LegalHold)
LANGS = ("fr", "en")
LATER = frozenset({"account", "backup", "lead"})
"""Fields that name something of the directory."""
ROOMS = (
    "/directory",
    "/referrals",
    "/requests",
    "/consents",
    "/meetings",
    "/invitations",
    "/holds",
    "/rights",
    "/withdraw",
)


@dataclass(frozen=True)
class Control:
    """Something of a form that is filled in."""

    name: str
    kind: str
    needed: bool = False
    value: str = ""
    options: tuple[str, ...] = ()

    @property
    def typed(self) -> bool:
        return self.kind in ("text", "textarea", "date", "datetime-local", "time", "email", "tel", "number")


@dataclass
class Form:
    """A form as a page has it."""

    who: Browser
    page: str
    action: str
    controls: dict[str, Control] = field(default_factory=dict)

    def good(self) -> dict[str, str | list[str]]:
        """Return what could be a person's: each field filled in with something of its kind."""
        return {one.name: fitting(one) for one in self.controls.values()}

    def breakable(self) -> list[Control]:
        return [one for one in self.controls.values() if one.typed or one.kind in ("select", "radio")]


def fitting(one: Control) -> str:
    if one.kind in ("date", "datetime-local", "time"):
        return {"date": "2026-11-30", "datetime-local": "2026-11-30T10:00", "time": "10:00"}[one.kind]
    if one.kind in ("select", "radio"):
        return next(filter(None, one.options), "")
    return one.value if one.kind in ("hidden", "checkbox") else PLAIN


def wrong_for(one: Control, randomly: random.Random) -> str:
    """Return something that cannot be in a field, whatever stands in the others."""
    if one.kind in ("date", "datetime-local", "time"):
        return randomly.choice(("hier <b>", "31/12/2026", "2026-13-45", "0000-00-00"))
    if one.kind in ("select", "radio"):
        return randomly.choice(("<i>rien", "TOUT", "x" * 400))
    return randomly.choice((LONG, "", "   ")) if one.needed else LONG


def forms_of(who: Browser, page: str) -> Iterator[Form]:
    """Return the forms of a page that send something, but for those above and below every page."""
    answer = who.page(page)
    assert answer.status_code == 200, (page, answer.status_code)
    for found in Selector(answer.text).css("main form[method=post]"):
        actions = {found.attrib["action"], *found.css("[formaction]::attr(formaction)").getall()}
        controls = dict(controls_of(found))
        for action in sorted(actions):
            form = Form(who, page, action, controls)
            if form.breakable() and urlsplit(action).path.startswith(ROOMS):
                yield form


def controls_of(form: Selector) -> Iterator[tuple[str, Control]]:
    for one in form.css("input[name], textarea[name], select[name]"):
        name, tag = one.attrib["name"], one.root.tag
        kind = one.attrib.get("type", "text") if tag == "input" else tag
        if name == "csrf":
            continue
        options = tuple(one.css("option::attr(value)").getall())
        if kind == "radio":
            options = tuple(form.css(f"input[name='{name}']::attr(value)").getall())
        needed = "required" in one.attrib and kind != "radio"
        yield name, Control(name, kind, needed, one.attrib.get("value", ""), options)


def sent(form: Form, given: Mapping[str, str | list[str]], lang: str):
    form.who.client.cookies.set("vigie_lang", lang)
    data = {"csrf": form.who.csrf, **given}
    return form.who.client.post(form.action, data=data, follow_redirects=False)


def told_at(page: str) -> dict[str, str]:
    return {name: unescape(said) for name, said in re.findall(r'<p class="problem" id="p-([^"]*)">(.*?)</p>', page)}


def faults(form: Form, given: Mapping[str, str | list[str]], wrong: list[str], lang: str) -> list[str]:
    """Return what is amiss with the answer to a form that was filled in wrongly.

    What a ground asks for, and what names something of the directory, is looked at once every field has its shape: it
    may be told later.
    """
    answer = sent(form, given, lang)
    where = f"{form.action} ({lang}) { ({name: str(given[name])[:20] for name in wrong}) }"
    if answer.status_code != 422:
        return [f"{where}: status {answer.status_code}"]
    told, shown = told_at(answer.text), unescape(answer.text).replace("\r\n", "\n")
    shapes = [name for name in wrong if name not in LATER]
    must = [name for name in shapes if str(given[name]).strip() or not name.startswith("facts.")]
    amiss = [f"{where}: not told at {name}: {sorted(told)}" for name in must if name not in told]
    amiss += [] if told else [f"{where}: nothing is told at a field"]
    amiss += [f"{where}: no words for {said!r}" for said in told.values() if re.fullmatch(r"[a-z_]*", said.strip())]
    for name, value in given.items():
        if form.controls[name].typed and str(value).strip() and str(value).strip() not in shown:
            amiss.append(f"{where}: what was typed into {name} is lost")
    if "<script>alert" in answer.text:
        amiss.append(f"{where}: not escaped")
    if say("fr" if lang == "fr" else "en", "form.look_again") not in shown:
        amiss.append(f"{where}: no summary")
    return amiss


@pytest.fixture
def forms(person_in, town, browser) -> list[Form]:
    """Return every form of the rooms, with an item of each kind behind it."""
    world = World(person_in, town)
    analyst, chief, partner = (world.other(role) for role in ("analyst", "supervisor", "partner"))
    asked, house = world.request(), House(town.desk.store)
    world.organisation()
    house.pivot(world.organisation(), "autre-partner")
    to = house.pivot(world.told())
    ground = ground_of("dpj", people=1)
    draft = analyst.api("POST", "/referrals", json=body(asked, to, ground_of("dpj", people=2))).json()["id"]
    lone = disclosure(world, analyst)
    new = f"/referrals/new?request={asked}&pivot={to}&ground={ground.code}&stage=named"
    met = meeting(world, partner)
    two = [request(world, partner) for _ in range(2)]
    visitor = browser()
    visitor.page("/rights")
    places = [
        (chief, "/directory/new"),
        (chief, f"/directory/{world.organisation()}/edit"),
        (chief, f"/directory/{world.organisation()}/pivots"),
        (chief, f"/directory/pivots/{pivot(world, chief)}"),
        (chief, f"/directory/{world.organisation()}/agreements"),
        (analyst, new),
        (analyst, f"/referrals/{draft}"),
        (chief, f"/referrals/{lone}/review"),
        (partner, f"/referrals/{referral(world, partner)}"),
        (partner, f"/requests/{asked}/consents?organisation={world.organisation()}"),
        (analyst, f"/requests/{asked}/case"),
        (analyst, f"/meetings/new?requests={two[0]}&requests={two[1]}&ground={ground.code}"),
        (analyst, f"/meetings/{met}"),
        (partner, f"/invitations/{met}"),
        (chief, "/holds?kind=post"),
        (chief, f"/holds/{legal_hold(world, world.other('supervisor', 'seconde'))}"),
        (chief, f"/rights/cases/{rights_case(world, chief)}"),
        (visitor, "/rights"),
        (visitor, "/rights/answer"),
        (visitor, "/withdraw"),
        (chief, f"/directory/agreements/{agreement(world, chief)}"),  # last: it narrows what the school is told
    ]
    return [form for who, page in places for form in forms_of(who, page)]


def drawn(
    forms: list[Form], number: int, randomly: random.Random
) -> tuple[Form, dict[str, str | list[str]], list[str]]:
    """Draw a form, each as often as the others, with one to three mistakes."""
    form = forms[number % len(forms)]
    may = form.breakable()
    wrong = randomly.sample(may, min(len(may), randomly.randint(1, 3)))
    return form, form.good() | {one.name: wrong_for(one, randomly) for one in wrong}, [one.name for one in wrong]


def counts(store) -> list[int]:
    with store.database.reading() as session:
        return [session.scalar(select(func.count()).select_from(table)) or 0 for table in TABLES]


def tried(forms: list[Form], store, times: int) -> list[str]:
    randomly, before = random.Random(8), counts(store)
    amiss = [one for number in range(times) for one in faults(*drawn(forms, number, randomly), LANGS[number % 2])]
    assert counts(store) == before
    return sorted(set(amiss))


def test_each_form_once_in_each_language(forms, store):
    assert len(forms) >= 20, sorted(form.action for form in forms)
    assert tried(forms, store, 2 * len(forms) + 1) == []


@pytest.mark.slow
def test_five_hundred_forms(forms, store):
    amiss = tried(forms, store, FORMS)
    assert not amiss, "\n".join(amiss)


def test_a_problem_has_words_in_both_languages():
    assert all(has(lang, f"problem.{code}") for lang in LANGS for code in ("needed", "too_long", "invalid"))

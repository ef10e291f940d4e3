"""E-mails, handles, cities and prices, and what holds for all kinds together."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.entities import entities
from nlp.types import EntityKind

PIECES = st.sampled_from(
    ["514", "555", "0123", "cinq", "quatre-vingt", "dix", " ", " ", "\n", ", ", "-", "🔥", "5️⃣", "O", "l",
     "@", "lea.b", "arobase", "point",
     "example", "chu 16", "ans", "18+", "$", "120", "Montréal", "st-", "insta: ", "(", ")", "à ", "\u202e",
     "\u200d", "\0", "\ud800", "ﬁ"]
)  # fmt: skip
HOSTILE = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=25).map("".join))


def values(text: str, kind: EntityKind) -> list[object]:
    return [entity.value for entity in entities(text)[kind]]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("LEA.B@Courriel.EXAMPLE", "lea.b@courriel.example"),
        ("lea point b arobase courriel point example", "lea.b@courriel.example"),
        ("lea arobas courriel.test", "lea@courriel.test"),
        ("lea underscore b arobase courriel point qc point ca", "lea_b@courriel.qc.ca"),
        ("lea (at) courriel dot example", "lea@courriel.example"),
        ("lea[at]courriel[.]example", "lea@courriel.example"),
        ("lea{a}courriel.example", "lea@courriel.example"),
        ("lea at courriel dot example", "lea@courriel.example"),
        ("lea . b @ courriel . example", "lea.b@courriel.example"),
        ("lea.b＠courriel．example", "lea.b@courriel.example"),
        ("s'il vous plaît. lea47 at courriel dot example", "lea47@courriel.example"),
        ("pour infos : lea22 arobase courriel.test stp", "lea22@courriel.test"),
        ("lea underscore 7 chez courriel point test", "lea_7@courriel.test"),
        ("courriel: lea chez courriel point test", "lea@courriel.test"),
        ("lea barre de soulignement b arobase courriel.test", "lea_b@courriel.test"),
        ("lea-at-courriel-dot-test", "lea@courriel.test"),
        ("lea*arobase*courriel*point*test", "lea@courriel.test"),
        ("l e a 9 at courriel dot test", "lea9@courriel.test"),
    ],
)
def test_emails(text: str, address: str) -> None:
    assert values(text, "emails") == [address]


@pytest.mark.parametrize(
    "text",
    ["the shop at boutique dot example", "look at lea dot example", "meet me at boutique.example", "@lea.b",
     "lea@courriel", "point final arobase", "I'm at work dot com", "je reste chez courriel point test",
     "je travaille chez courriel.test"],
)  # fmt: skip
def test_no_email(text: str) -> None:
    assert values(text, "emails") == []


@pytest.mark.parametrize(
    ("text", "handle", "platform"),
    [
        ("@lea.b", "lea.b", "unknown"),
        ("insta: Lea_B", "Lea_B", "instagram"),
        ("ig lea.b", "lea.b", "instagram"),
        ("ig👉lea.b", "lea.b", "instagram"),
        ("snap 👻 maelie514", "maelie514", "snapchat"),
        ("snap: maelie", "maelie", "snapchat"),
        ("mon snap c'est liloo.qc", "liloo.qc", "snapchat"),
        ("Telegram @fluxrapide", "fluxrapide", "telegram"),
        ("@fluxrapide sur insta", "fluxrapide", "instagram"),
        ("insta lea point b", "lea.b", "instagram"),
        ("arobase lea tiret bas b sur insta", "lea_b", "instagram"),
        ("discord lea#1234", "lea#1234", "discord"),
        ("https://www.instagram.com/lea.b/", "lea.b", "instagram"),
        ("t.me/lea_b", "lea_b", "telegram"),
        ("@léa_b", "léa_b", "unknown"),
        ("👻 lea.b", "lea.b", "snapchat"),
        ("sc: lea.b", "lea.b", "snapchat"),
        ("kik me at lea_b9", "lea_b9", "kik"),
        ("snap moi a lea_b", "lea_b", "snapchat"),
        ("mon nouveau snap, c'est lea_b", "lea_b", "snapchat"),
        ("on jase sur signal? mon user: lea.b", "lea.b", "signal"),
        ("lea.b est mon insta", "lea.b", "instagram"),
        ("new insta, old one is gone: lea_b", "lea_b", "instagram"),
        ("@lea.b (TikTok), pas IG", "lea.b", "tiktok"),
        ("telegram: t.me/lea_b", "lea_b", "telegram"),
        ("ig- lea.b", "lea.b", "instagram"),
    ],
)
def test_handles(text: str, handle: str, platform: str) -> None:
    (found,) = entities(text)["handles"]
    assert (found.value, dict(found.extra)["platform"]) == (handle, platform)


@pytest.mark.parametrize(
    "text",
    ["snap moi jexplique", "discord c'est un virus", "LINE-UP", "mon insta est privé", "insta story",
     "@everyone", "rdv @ 18h", "lea@courriel.example",
     "snap 514-555-0123", "le groupe telegram des colocs", "no signal, don't look for me",
     "a page insta qui follow", "see you @ the rink", "@ bientôt", "@école", "arobase et underscore",
     "tiktok c'est nul.", "insta = perte de temps", "snap: mort", "fb: Léa Roy", "insta 2024", "mot de passe: lea_b"],
)  # fmt: skip
def test_no_handle(text: str) -> None:
    assert values(text, "handles") == []


@pytest.mark.parametrize(
    ("text", "cities"),
    [
        ("jreste a mtl", ["Montréal"]), ("mtl nord", ["Montréal-Nord"]), ("St-Jérôme", ["Saint-Jérôme"]),
        ("à Québec", ["Québec"]),
        ("Quebec City", ["Québec"]), ("Lévis / Québec", ["Lévis", "Québec"]), ("Laval, Québec", ["Laval"]),
        ("Lévis, QC", ["Lévis"]),
        ("on part de TR demain", ["Trois-Rivières"]), ("val dor", ["Val-d'Or"]),
        ("à La Tuque", ["La Tuque"]), ("in Victoria", ["Victoria"]),
        ("Alma, Roberval, Saguenay", ["Alma", "Roberval", "Saguenay"]), ("à Saguenay", ["Saguenay"]),
        ("ΜTL", ["Montréal"]),
        ("Longueil", ["Longueuil"]), ("Independent, 34, Hamilton only", ["Hamilton"]),
        ("Ottawa–Hull", ["Ottawa", "Hull"]),
        ("Chicoutimi et Verdun", ["Chicoutimi", "Verdun"]),
        ("à T-R", ["Trois-Rivières"]), ("val d'or et amos", ["Val-d'Or", "Amos"]),
        ("un monsieur de Repentigny", ["Repentigny"]), ("Mtl, montréal, MTL", ["Montréal"]),
    ],
)  # fmt: skip
def test_cities(text: str, cities: list[str]) -> None:
    assert values(text, "cities") == cities


@pytest.mark.parametrize(
    "text",
    ["au Québec", "rue Sherbrooke", "boulevard de Verdun", "Université Laval", "Sherbrooke St W",
     "ma tuque", "la tuque sur la tête",
     "Victoria m'a dit", "la baie", "tr", "Hochelaga", "Outaouais", "Estrie", "au Saguenay", "one dollar",
     "repent now", "en tremblant", "Laval University", "Mme Laval", "M. Roger Drummond", "il s'appelle Laval",
     "au Lac-Saint-Jean"],
)  # fmt: skip
def test_no_city(text: str) -> None:
    assert values(text, "cities") == []


@pytest.mark.parametrize(
    ("text", "amounts", "currency"),
    [
        ("120$", [120.0], "CAD"), ("$1,200.50", [1200.5], "CAD"), ("1 200 CAD", [1200.0], "CAD"),
        ("3k$", [3000.0], "CAD"),
        ("cinquante piasses", [50.0], "CAD"), ("cinq cents piasses", [500.0], "CAD"),
        ("twenty bucks", [20.0], "CAD"),
        ("200 / h", [200.0], "CAD"), ("400 a 600 par soir", [400.0, 600.0], "CAD"),
        ("20-40$", [20.0, 40.0], "CAD"),
        ("Zoé\n160\nappelle", [160.0], "CAD"), ("US$40", [40.0], "USD"), ("40 USD", [40.0], "USD"),
        ("60 €", [60.0], "EUR"),
        ("18,50 $/h", [18.5], "CAD"), ("100$/200$", [100.0, 200.0], "CAD"),
    ],
)  # fmt: skip
def test_prices(text: str, amounts: list[float], currency: str) -> None:
    found = entities(text)["prices"]
    assert [price.value for price in found] == amounts
    assert {dict(price.extra)["currency"] for price in found} == {currency}


@pytest.mark.parametrize(
    "text", ["50%", "100 km / h", "à 15 h", "2 par jour", "chu 16", "2025\n", "514-555-0123", "160"]
)
def test_no_price(text: str) -> None:
    assert values(text, "prices") == []


def test_kinds_come_in_the_contract_order_and_never_overlap() -> None:
    text = "Zoé, 22 ans, MTL. 200 / h, insta: zoe.b, zoe.b@courriel.example, cinq un quatre 555 01 22"
    found = entities(text)
    assert tuple(found) == get_args(EntityKind)
    assert {kind: [entity.value for entity in some] for kind, some in found.items()} == {
        "phones": ["+15145550122"], "emails": ["zoe.b@courriel.example"], "handles": ["zoe.b"], "ages": [22],
        "cities": ["Montréal"], "prices": [200.0],
    }  # fmt: skip


@given(HOSTILE)
def test_whatever_comes_entities_stand_in_the_text_apart_and_in_order(text: str) -> None:
    found = entities(text)
    assert set(found) == set(get_args(EntityKind))
    for some in found.values():
        assert list(some) == sorted(some, key=lambda entity: entity.start)
        assert len({(entity.value, entity.extra) for entity in some}) == len(some)
        assert all(0 <= entity.start < entity.end <= len(text) for entity in some)
    spans = sorted((entity.start, entity.end) for some in found.values() for entity in some)
    assert all(one[1] <= other[0] for one, other in pairwise(spans))


@pytest.mark.unmeasured
@pytest.mark.parametrize(
    "piece",
    ["5 ", "514-555-0123 ", "quatre vingt dix ", "cents", "a-", "a point ", "@a", "20 a ", "j'ai 15 et ",
     "saint ", "$1,000", "\u202e5", "insta: ",
     "lea at ", "🔥5", "\0", "o ", "snap ", "snap c'est ", "lea sur snap ", ":a_", "user ", "👻a_", "5|", "trois cinq ",
     "(at)", "chez a point ", "$/1", "my 15 and ", "m. laval "],
)  # fmt: skip
def test_time_grows_with_length_only(piece: str) -> None:
    def seconds(length: int) -> float:
        text = (piece * length)[:length] + "@b"
        began = time.process_time()
        entities(text)
        return time.process_time() - began

    entities("")
    most = 11 * max(min(seconds(12_000) for _ in range(2)), 0.02)
    assert (
        seconds(48_000) < most or seconds(48_000) < most
    )  # once more if other work stood in the way; four times the text; sixteen times the time would be quadratic

"""Campaigns: what must join, what must not, and that the order of the posts changes nothing."""

from __future__ import annotations

import json
import random
import time
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.entities import entities
from nlp.likeness import likeness, masked_stems, weigh
from nlp.link import LinkResult, LinkRow, link

ROOT = Path(__file__).parents[2]
CASES = [json.loads(line) for line in (Path(__file__).parent / "link_campaigns.jsonl").read_text("utf-8").splitlines()]


def linked(*texts: str) -> list[LinkResult]:
    return link(LinkRow(number, text) for number, text in enumerate(texts))


def same(*texts: str) -> bool:
    campaigns = {one.campaign for one in linked(*texts)}
    return len(campaigns) == 1 and None not in campaigns


def strangers() -> list[str]:
    """Return posts of the shipped corpora without contacts, none of which paraphrases another on purpose."""
    found = []
    for path in sorted((ROOT / "fixtures/corpora").glob("w[1345]_*.jsonl")):
        for line in path.read_text("utf-8").splitlines()[::4]:
            text = json.loads(line)["text"]
            known = entities(text)
            if not (known["phones"] or known["emails"] or known["handles"]):
                found.append(text)
    return found


def pairs_of(groups: dict[str, str | None]) -> set[tuple[str, str]]:
    return {(a, b) for a, b in combinations(sorted(groups), 2) if groups[a] is not None and groups[a] == groups[b]}


def test_campaigns_among_strangers() -> None:
    rows = [LinkRow(f"c{number}", case["text"]) for number, case in enumerate(CASES)]
    rows += [LinkRow(f"s{number}", text) for number, text in enumerate(strangers())]
    wanted = {row.id: None for row in rows} | {f"c{number}": case["campaign"] for number, case in enumerate(CASES)}
    gold = pairs_of({str(key): value for key, value in wanted.items()})
    found = pairs_of({str(one.id): one.campaign for one in link(rows)})
    precision, recall = len(gold & found) / len(found), len(gold & found) / len(gold)
    assert precision >= 0.9, sorted(found - gold)
    assert recall >= 0.9, sorted(gold - found)


TEMPLATE = (
    "{name} est avec nous jusqu'à jeudi à {city}, après on l'envoie à Granby. Réservez avant, "
    "c'est Steeve qui prend les appels. {price} {contact}"
)


@pytest.mark.parametrize(
    "changed",
    [
        {"city": "Rimouski"},
        {"price": "220 $"},
        {"contact": "819-555-0164"},
        {"name": "✨💋 Bella 💋✨"},
        {"city": "Val-d'Or", "price": "", "contact": "8️⃣7️⃣3️⃣ 555 zéro un quarante", "name": "MIA"},
    ],
)
def test_a_changed_city_price_name_or_phone_does_not_hide_a_copy(changed: dict[str, str]) -> None:
    first = {"name": "Lola", "city": "Drummondville", "price": "160 $", "contact": "514-555-0101"}
    assert same(TEMPLATE.format(**first), TEMPLATE.format(**first | changed))


def test_reordered_sentences_are_the_same_ad() -> None:
    parts = [
        "On paie l'avion et la chambre.",
        "Ton téléphone reste chez vous.",
        "Aucune expérience pour le yacht.",
        "Départ lundi.",
    ]
    assert same(" ".join(parts), " ".join(reversed(parts)))


@pytest.mark.parametrize(
    ("kind", "one", "two"),
    [
        ("phone", "chambre libre, 438-555-0110", "on cherche des hôtesses: quatre trois huit 555 01 10"),
        ("email", "écris à lune@courriel.example", "lift gratuit pour toi: lune arobase courriel point example"),
        ("handle", "ajoute snap: lune.x2", "je donne pas de détails ici, snapchat lune.x2"),
    ],
)
def test_a_shared_contact_joins_and_says_so(kind: str, one: str, two: str) -> None:
    results = linked(one, two, "rien à voir avec ça")
    assert results[0].campaign == results[1].campaign is not None
    assert results[0].because == results[1].because == (kind,)
    assert results[2] == LinkResult(2, None, ())


@pytest.mark.parametrize(
    ("one", "two"),
    [
        pytest.param(
            "Solo, sur rendez-vous, pas d'appel masqué",
            "Femme autonome, sur rendez-vous, pas d'appel masqué",
            id="stock phrase",
        ),
        pytest.param("dispo ce soir", "dispo ce soir", id="too short to tell"),
        pytest.param("", "", id="empty"),
        pytest.param("😀😀😀", "😀😀😀", id="only emoji"),
        pytest.param("besoin d'aide? 1-866-555-0100", "appelle 1 866 555 0100, c'est gratuit", id="toll-free"),
        pytest.param("police de Laval: 450-555-0110", "j'ai appelé la police au 450-555-0110", id="a service's number"),
        pytest.param("chambre à louer à Laval, 560", "auto à vendre à Laval, 560", id="city and price"),
        pytest.param("texte 514-555-0101", "texte 514-555-0102", id="one digit off"),
    ],
)
def test_strangers_stay_apart(one: str, two: str) -> None:
    assert all(result.campaign is None for result in linked(one, two))


def test_a_contact_that_many_unlike_posts_share_joins_none() -> None:
    posts = [f"{text} 514-555-0177" for text in strangers()[:30]]
    assert all("phone" not in result.because for result in linked(*posts))


def test_a_contact_in_many_posts_of_one_writer_joins_them() -> None:
    cities = [
        "Laval",
        "Gatineau",
        "Granby",
        "Lévis",
        "Rimouski",
        "Sherbrooke",
        "Saguenay",
        "Trois-Rivières",
        "Matane",
        "Longueuil",
    ]
    posts = [
        f"nos filles sont à {city} {day} soir, demandez la réception 514-555-0177"
        for city in cities
        for day in ("lundi", "mardi")
    ]
    assert same(*posts)


def test_small_changes_do_not_chain_strangers() -> None:
    """Each post keeps most words of the one before it; the last shares none with the first."""
    words = [
        f"{a}{b}{a}" for a in ("zar", "mot", "lib", "ker", "dou", "vin") for b in ("tul", "pon", "ras", "gim", "fey")
    ]
    chain = [" ".join(words[start : start + 12]) for start in range(0, 19, 3)]
    results = linked(*chain)
    assert results[0].campaign is None or results[0].campaign != results[-1].campaign


def test_ids_depend_on_the_members_alone() -> None:
    rows = [LinkRow(number, case["text"]) for number, case in enumerate(CASES)]
    whole = {one.id: one.campaign for one in link(rows)}
    few = {
        one.id: one.campaign
        for one in link(row for row in rows if CASES[int(row.id)]["campaign"] in {"luxe", "hostess"})
    }
    assert all(whole[key] == campaign for key, campaign in few.items())
    renamed = link(LinkRow(f"x{row.id}", row.text) for row in rows)
    assert not {one.campaign for one in renamed if one.campaign} & set(whole.values())


def test_the_order_of_the_posts_changes_nothing() -> None:
    rows = [LinkRow(number, case["text"]) for number, case in enumerate(CASES)]
    expected = {one.id: one for one in link(rows)}
    for seed in range(3):
        shuffled = random.Random(seed).sample(rows, len(rows))
        results = link(shuffled)
        assert [one.id for one in results] == [row.id for row in shuffled]
        assert {one.id: one for one in results} == expected


def test_every_linked_post_says_why_and_no_other_does() -> None:
    for one in link(LinkRow(number, case["text"]) for number, case in enumerate(CASES)):
        assert bool(one.because) == (one.campaign is not None)


def test_the_posts_own_city_is_no_likeness() -> None:
    text = "Sainte-Ursule-des-Bois"
    masked = weigh(masked_stems(text, entities(text), ["sainte", "ursule", "des", "bois", "saint"]))
    assert not masked.weights
    assert likeness(masked, masked) == 0.0


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=6))
def test_no_text_raises(texts: list[str]) -> None:
    results = linked(*texts)
    assert [one.id for one in results] == list(range(len(texts)))


@pytest.mark.unmeasured
def test_many_copies_cost_no_more_than_many_posts() -> None:
    """The work grows with the posts, not with their pairs: copies are compared with a few of their kind."""
    copy = TEMPLATE.format(name="Lola", city="Laval", price="160 $", contact="")
    started = time.perf_counter()
    small = linked(*[copy] * 300)
    middle = time.perf_counter()
    large = linked(*[copy] * 1_200)
    assert len({one.campaign for one in small + large}) == 2
    assert time.perf_counter() - middle < 10 * (middle - started) + 1

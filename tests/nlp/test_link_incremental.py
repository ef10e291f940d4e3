"""Posts linked one by one end where the whole set would, whatever the order; and removing undoes adding."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kept_in_memory import Memory

from nlp.link import LinkRow, Signature, added, link, signature
from nlp.link import incremental as bounds
from nlp.link.arrange import campaign_name

HERE = Path(__file__).parent
SETS = ("link_gold2.jsonl", "link_gold3.jsonl", "link_gold4.jsonl", "link_campaigns.jsonl")
Outcome = dict[str, tuple[str | None, tuple[str, ...]]]


def rows_of(name: str) -> list[LinkRow]:
    rows = [json.loads(line) for line in (HERE / name).read_text("utf-8").splitlines()]
    return [LinkRow(f"{number:03d}", row["text"], None, row.get("city")) for number, row in enumerate(rows)]


def signed(rows: Iterable[LinkRow]) -> dict[str, Signature]:
    return {json.dumps(row.id): signature(json.dumps(row.id), row.text, row.city or "") for row in rows}


def batch(rows: Iterable[LinkRow]) -> Outcome:
    return {json.dumps(one.id): (one.campaign, one.because) for one in link(rows)}


def kept(memory: Memory) -> Outcome:
    return {key: (place.campaign, place.because) for key, place in memory.places().items()}


def one_by_one(posts: Iterable[Signature]) -> Memory:
    memory = Memory()
    for post in posts:
        memory.add(post)
    return memory


@pytest.mark.parametrize("name", SETS)
def test_one_by_one_in_any_order_is_as_at_once(name: str) -> None:
    rows = rows_of(name)
    posts, wanted = list(signed(rows).values()), batch(rows)
    for seed in range(3):
        assert kept(one_by_one(random.Random(seed).sample(posts, len(posts)))) == wanted


@pytest.mark.parametrize("name", SETS)
def test_removing_leaves_what_the_rest_would_have_been(name: str) -> None:
    rows = rows_of(name)
    memory = one_by_one(signed(rows).values())
    gone = set(random.Random(4).sample([row.id for row in rows], len(rows) // 3))
    for identity in sorted(gone, key=str):
        memory.remove(json.dumps(identity))
    assert kept(memory) == batch(row for row in rows if row.id not in gone)


WORDS = [
    "yacht",
    "passeport",
    "dette",
    "hôtesse",
    "valise",
    "rouli",
    "zargo",
    "514-555-0101",
    "438-555-0102",
    "lune_x2",
]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=9).map(" ".join), min_size=1, max_size=14),
    st.randoms(use_true_random=False),
)
def test_any_coming_and_going_ends_as_at_once(texts: list[str], chance: random.Random) -> None:
    rows = [LinkRow(number, text) for number, text in enumerate(texts)]
    posts = signed(rows)
    memory = one_by_one(chance.sample(list(posts.values()), len(posts)))
    gone = chance.sample(sorted(posts), len(posts) // 2)
    for key in gone:
        memory.remove(key)
    assert kept(memory) == batch(row for row in rows if json.dumps(row.id) not in gone)


def test_a_contact_that_becomes_everybodys_parts_those_whom_it_joined() -> None:
    texts = [
        "vélo rouge",
        "chalet loué",
        "piano droit",
        "serre chaude",
        "canot bleu",
        "forge noire",
        "tapis turc",
        "miel doré",
    ]
    posts = [signature(str(number), f"{text} 514-555-0177") for number, text in enumerate([*texts, "orgue ancien"])]
    memory = one_by_one(posts[:8])
    assert len({campaign for campaign, _ in kept(memory).values()}) == 1
    memory.add(posts[8])
    assert {campaign for campaign, _ in kept(memory).values()} == {None}
    memory.remove("3")
    assert len({campaign for campaign, _ in kept(memory).values()}) == 1


COPY = "Départ lundi pour le yacht, passeport gardé, dette remboursée après la saison, demande Steeve"


def test_a_crowd_takes_a_further_post_in_and_moves_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "REGION", 5)
    memory = one_by_one(signature(str(number), COPY) for number in range(5))
    before = kept(memory)
    memory.add(signature("new", f"Yo! {COPY} 438-555-0110"))
    assert kept(memory)["new"] == before["0"]
    memory.add(signature("stranger", "chambre libre 438-555-0110"))
    after = kept(memory)
    assert after["stranger"] == (before["0"][0], ("phone",))
    assert after["new"] == (before["0"][0], ("phone", "text"))
    assert {key: after[key] for key in before} == before


def test_two_crowds_that_a_contact_joins_become_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "REGION", 4)
    other = "Chalet chauffé, hamac, sauna, piano, on paie ton loyer, apporte ton amie tranquille"
    memory = one_by_one(signature(f"a{number}", f"{COPY} 438-555-0110") for number in range(4))
    for number in range(4):
        memory.add(signature(f"b{number}", f"{other} 438-555-0111"))
    assert len({campaign for campaign, _ in kept(memory).values()}) == 2
    memory.add(signature("both", "écris 438-555-0110 ou 438-555-0111"))
    assert len({campaign for campaign, _ in kept(memory).values()}) == 1
    assert len({place.component for place in memory.places().values()}) == 1


def test_a_post_that_leaves_a_crowd_takes_its_name_along(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may found another campaign: two campaigns of one name would be counted as one."""
    monkeypatch.setattr(bounds, "REGION", 4)
    memory = one_by_one(signature(str(number), COPY) for number in range(6))
    founder = next(one for one in memory.posts.values() if one.place.campaign == campaign_name(one.signature.rank))
    name, key = founder.place.campaign, founder.signature.key
    memory.remove(key)
    names = {campaign for campaign, _ in kept(memory).values()}
    assert len(names) == 1
    assert name not in names
    assert founder.signature.rank not in {
        rank for one in memory.places().values() for rank in (one.component, one.group)
    }
    memory.add(signature(key, "chambre libre 438-555-0110"))
    memory.add(signature("other", "besoin de monde 438-555-0110"))
    assert len({campaign for campaign, _ in kept(memory).values()}) == 2


def test_what_is_asked_for_one_more_post_is_bounded() -> None:
    """However many posts are kept, one more asks for at most so many of them."""
    asked: list[int] = []

    class Counting(Memory):
        def near(self, bands, most):  # type: ignore[no-untyped-def]
            asked.append(len(bands) * most)
            return super().near(bands, most)

    memory = Counting()
    for number in range(30):
        memory.add(signature(str(number), COPY))
    assert max(asked) <= 64 * bounds.PER_BAND
    assert added(signature("x", ""), memory).places["x"].campaign is None

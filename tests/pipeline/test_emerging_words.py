from __future__ import annotations

import pytest
from sqlalchemy import select

from pipeline.assess import assess_batch
from pipeline.emerging import EMERGING, WEEKLY, find_emerging
from pipeline.link import link_batch
from store.erasure import erase
from store.intake import take_in
from store.quarantine import quarantine
from store.records import PostIn
from store.tables import Decision, EmergingWord, Post, QueueItem, Source, User, Work

PLANTED = "casting express"
LURES = [
    "Filles motivées cherchées, {} payé cash, pas d'expérience, écris-moi en privé pour les détails",
    "Gros cash rapide, {}, aucune expérience, on paye ton vol et ta chambre, réponds vite",
    "Besoin d'argent ? {} ce mois-ci, 500 par jour, je t'explique en privé, discret",
    "Cherche filles pour {} à l'étranger, tout est payé, tu rembourses après",
    "Quick money, no experience, {}, we cover your flight and your room, message me",
    "Amène une amie au {}, bonus pour chaque fille, cash le soir même",
    "Tu veux un char et du linge ? {} sans papiers, cash en mains, écris",
    "Modèles cherchées, {} sans contrat, avance en cash, on vient te chercher",
]
OLDER = "hôtesses soirées"


@pytest.fixture
def forum(store, reader):
    """Take posts in, each by an author and from a source of its own, and let them be read and linked."""
    made = []

    def take(text, **more):
        number = len(made)
        source = more.pop("source", f"forum{number % 4}")
        with store.database.writing() as session:
            if session.get(Source, source) is None:
                session.add(
                    Source(id=source, title=source, kind="forum", declaration={}, digest="d", created_at=store.clock())
                )
        given = {"author": f"membre{number}", "external_id": str(number)} | more
        made.append(take_in(store, source, "import", [(PostIn(text=text, **given), None)])[0][0])
        return made[-1]

    def settle():
        while assess_batch(store, reader, "w") + link_batch(store, "w"):
            pass

    take.settle = settle
    return take


@pytest.fixture
def risen(forum, clock):
    """Earlier lures of one kind, recent ones of another, and a background; return the ids of the recent ones."""
    for number, lure in enumerate(LURES * 2):
        forum(f"{lure.format(OLDER)}. {number}")
    forum.settle()
    clock.forward(days=20)
    ids = [forum(f"{lure.format(PLANTED)}. Annonce {number}") for number, lure in enumerate(LURES)]
    for number in range(30):
        forum(f"Vente de garage samedi au parc, vélos et livres, lot {number}")
    forum.settle()
    return ids


def words(store):
    with store.database.reading() as session:
        return {row.term: row for row in session.scalars(select(EmergingWord))}


def again(store, clock):
    """Let a week pass, and the words be found again."""
    clock.forward(days=7, minutes=1)
    return find_emerging(store, "w")


def test_a_phrase_of_recent_lures_is_found_and_older_ones_are_not(store, risen):
    assert find_emerging(store, "w") == 1
    found = words(store)
    assert PLANTED in found
    row = found[PLANTED]
    assert (row.list, row.state, row.least_posts, row.fresh) == ("recruitment", "candidate", 5, True)
    assert not any("soirees" in term or "garage" in term for term in found)


def test_nothing_is_done_until_a_week_has_passed(store, risen, clock):
    assert find_emerging(store, "w") == 1
    assert find_emerging(store, "w") == 0
    clock.forward(days=6, hours=23)
    assert find_emerging(store, "w") == 0
    clock.forward(hours=2)
    assert find_emerging(store, "w") == 1


def test_the_same_posts_give_the_same_rows_again(store, risen, clock):
    find_emerging(store, "w")
    before = {term: (row.id, row.first_seen_at) for term, row in words(store).items()}
    assert again(store, clock) == 1
    after = words(store)
    assert {term: (row.id, row.first_seen_at) for term, row in after.items()} == before
    assert all(row.seen_at > row.first_seen_at for row in after.values())


def decide(store, posts, verdict):
    with store.database.writing() as session:
        if session.get(User, "u-1") is None:
            session.add(
                User(
                    id="u-1", name="a", pseudonym="merle-01", password="x", roles=["analyst"], created_at=store.clock()
                )
            )
            session.flush()
        for post in posts:
            item = session.scalar(select(QueueItem).where(QueueItem.post_id == post))
            given = {"user_id": "u-1", "verdict": verdict, "criteria": [], "sealed": b"", "grid": "1.0.0"}
            session.add(Decision(item_id=item.id, post_id=post, created_at=store.clock(), **given))


@pytest.mark.parametrize("how", ["erased", "quarantined", "dismissed", "dismissed by a copy"])
def test_what_was_taken_away_supports_no_word_any_more(store, risen, forum, clock, how):
    find_emerging(store, "w")
    assert PLANTED in words(store)
    if how == "erased":
        for post in risen[:4]:
            erase(store, post)
    elif how == "quarantined":
        with store.database.writing() as session:
            for post in risen[:4]:
                quarantine(store, session, post, "merle-01")
    else:
        decide(store, risen[:4], "dismiss")
        if how == "dismissed by a copy":
            with store.database.reading() as session:
                texts = session.scalars(select(Post.text).where(Post.id.in_(risen[:4]))).all()
            for text in texts:
                forum(text, source="ailleurs")
            forum.settle()
    again(store, clock)
    assert PLANTED not in words(store)


def test_what_somebody_watches_counts_on(store, risen, clock):
    decide(store, risen, "watch")
    find_emerging(store, "w")
    assert PLANTED in words(store)


def test_what_was_decided_on_stays_while_posts_support_it(store, risen, clock):
    find_emerging(store, "w")
    with store.database.writing() as session:
        session.scalar(select(EmergingWord).where(EmergingWord.term == PLANTED)).state = "shared"
    clock.forward(days=10)  # the lures are no longer recent: nothing rises
    again(store, clock)
    assert {term: row.state for term, row in words(store).items()} == {PLANTED: "shared"}
    for post in risen:
        erase(store, post)
    again(store, clock)
    assert words(store) == {}


@pytest.mark.parametrize(
    ("told", "there"),
    [
        ({}, True),
        ({"author": "un.seul"}, False),
        ({"author": "", "source": "tableau"}, False),
        ({"contact": "texte au 514-555-0177"}, False),
    ],
    ids=["many", "one author in many sources", "nameless in one source", "one contact"],
)
def test_one_hand_raises_nothing_however_much_it_writes(store, forum, risen, told, there):
    more = dict(told)
    contact = more.pop("contact", "")
    for number, lure in enumerate(LURES):
        forum(f"{lure.format('tournage discret')}. Offre {number}. {contact}", **more)
    forum.settle()
    find_emerging(store, "w")
    assert ("tournage discret" in words(store)) is there


def test_adults_ads_count_nowhere(store, forum, risen):
    for number in range(40):
        forum(f"Bella, 26 ans, dispo ce soir au centre-ville, {PLANTED}, chambre calme {number}, 120", kind="ad")
    forum.settle()
    find_emerging(store, "w")
    found = words(store)
    assert not any("chambre" in term or "calme" in term for term in found)
    assert found[PLANTED].least_posts == 5, "they neither lift a term nor make it common"


@pytest.mark.parametrize("name", ["Kimberly", "zyrok", "lunenoire"])
def test_a_name_or_alias_that_rises_never_shows(store, forum, risen, name):
    asked = ["demandez {}", "avec {}", "dm {}", "chez {}", "{} paye tout", "snap: {}", "texte {}", "{} recrute"]
    for number, (lure, ask) in enumerate(zip(LURES, asked, strict=True)):
        forum(f"{lure.format('offre')}. {ask.format(name)}, tel {number}55")
    forum.settle()
    find_emerging(store, "w")
    assert not any(name.casefold() in term for term in words(store))


def test_a_worker_killed_under_way_leaves_the_old_list_and_another_begins_again(store, risen, clock, monkeypatch):
    find_emerging(store, "w")
    before = {term: row.seen_at for term, row in words(store).items()}
    clock.forward(days=7, minutes=1)

    def killed(*_given, **_more):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.emerging.emerging", killed)
        with pytest.raises(KeyboardInterrupt):
            find_emerging(store, "w")
    assert {term: row.seen_at for term, row in words(store).items()} == before
    assert find_emerging(store, "x") == 0, "the lease is held still"
    clock.forward(hours=2, minutes=1)
    assert find_emerging(store, "x") == 1
    assert set(words(store)) == set(before)


def test_a_failure_is_told_and_tried_again_soon(store, risen, clock, monkeypatch):
    def broken(*_given, **_more):
        raise ValueError("no")

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.emerging.emerging", broken)
        with pytest.raises(ValueError, match="no"):
            find_emerging(store, "w")
    with store.database.reading() as session:
        assert session.scalar(select(Work.error).where(Work.kind == EMERGING, Work.key == WEEKLY)) == "ValueError"
    clock.forward(hours=1, minutes=1)
    assert find_emerging(store, "w") == 1


def test_a_word_decided_on_meanwhile_is_left_alone(store, risen, clock, monkeypatch):
    find_emerging(store, "w")

    def meanwhile(*_given, **_more):
        with store.database.writing() as session:
            session.scalar(select(EmergingWord).where(EmergingWord.term == PLANTED)).state = "shared"
        return []

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.emerging.emerging", meanwhile)
        again(store, clock)
    assert set(words(store)) == {PLANTED}

from __future__ import annotations

import math
import random
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nlp.emerging import FlaggedPost, Share, UnflaggedPost, emerging, least_of, most_of, rise, voices
from nlp.emerging.choose import LEAST_POSTS, LEAST_VOICES, LEAST_VOICES_UNKNOWN, MOST
from nlp.emerging.terms import is_informal, is_listable, terms

OPENINGS = [
    "Salut tout le monde",
    "Bon",
    "Hey",
    "Question rapide",
    "Bonsoir",
    "Je me demande",
    "Encore une fois",
    "Ben",
]
ENDINGS = ["ce soir", "demain matin", "à la fin de semaine", "sans faute", "si ça te tente", "pour de vrai", "bientôt"]


def post(text, number, window="recent", signals=("recruitment",), **more):
    made = {"copy": f"c{window}{number}", "voice": f"v{window}{number}"} | more
    return FlaggedPost(text, window=window, signals=frozenset(signals), **made)


def texts(phrase, count):
    """Return different texts that hold a phrase in the middle of ordinary words."""
    return [f"{OPENINGS[n % 8]} {n}, {phrase} {ENDINGS[n % 7]}." for n in range(count)]


def town(phrase="", count=12, signals=("recruitment",), **more):
    """Return posts of which recent ones hold a phrase and earlier ones do not, with a background."""
    flagged = [post(text, n, signals=signals, **more) for n, text in enumerate(texts(phrase, count))]
    flagged += [post(text, 100 + n, signals=signals) for n, text in enumerate(texts("rien de neuf", 20))]
    flagged += [post(text, n, "earlier", signals) for n, text in enumerate(texts("rien de neuf", 40))]
    return flagged, [UnflaggedPost(text, f"u{n}") for n, text in enumerate(texts("vente de garage", 60))]


def listed(flagged, unflagged, authors=(), **more):
    return {(one.list, one.term) for one in emerging(flagged, unflagged, authors, **more)}


def words_of(found):
    return {word for _, term in found for word in term.split()}


shares = st.integers(0, 200).flatmap(lambda all_: st.builds(Share, st.integers(0, all_), st.just(all_)))


@given(shares, shares)
def test_a_rise_is_finite_and_changes_sign_with_the_groups(one, other):
    assert math.isfinite(rise(one, other))
    assert rise(one, other) == pytest.approx(-rise(other, one))


@given(st.integers(1, 100), st.integers(1, 300), st.integers(1, 300))
@example(42, 44, 10)
def test_more_voices_here_never_lower_a_rise(holding, here, there):
    """But where nearly all hold the term, 73 of 75 or more: the few who do not then count for more."""
    low, high = Share(min(holding, here), here), Share(min(holding + 1, here), here)
    other = Share(0, there)
    assert rise(high, other) >= rise(low, other) - 1e-9 or high.holding * 75 >= here * 73


@pytest.mark.parametrize(
    ("here", "there", "low", "high"),
    [
        (Share(8, 40), Share(8, 40), -0.01, 0.01),
        (Share(20, 100), Share(2, 100), 3, 6),
        (Share(2, 100), Share(20, 100), -6, -3),
        (Share(3, 100), Share(2, 100), 0, 1),
        (Share(0, 50), Share(0, 50), 0, 0),
        (Share(50, 50), Share(9, 9), 0, 0),
        (Share(9, 50), Share(0, 0), 0, 0),
    ],
)
def test_how_much_a_term_rose(here, there, low, high):
    assert low <= rise(here, there) <= high


def test_the_z_score_is_that_of_the_paper():
    """Monroe, Colaresi and Quinn (2008), equations 16 and 19, both outcomes in the variance."""
    a, b = 0.1 * 12, 0.1 * (150 - 12)
    delta = math.log((10 + a) / (40 + b)) - math.log((2 + a) / (98 + b))
    variance = 1 / (10 + a) + 1 / (40 + b) + 1 / (2 + a) + 1 / (98 + b)
    assert rise(Share(10, 50), Share(2, 100)) == pytest.approx(delta / math.sqrt(variance))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("gros cash rapide", {"gros", "cash", "rapide", "gros cash", "cash rapide"}),
        ("gros. cash", {"gros", "cash"}),
        ("gros\ncash", {"gros", "cash"}),
        ("avec les filles", {"filles"}),
        ("you don't, y'a, qu'il, j'ai pis toi", set()),
        ("jpense tlm dort", {"jpense", "tlm", "dort", "jpense tlm", "tlm dort"}),
        ("514-555-0133 à 16 ans", set()),
        ("seize ans", set()),
        ("🌸🌸", {"🌸"}),
        ("🇭🇹 ✝️ 🌈", set()),
        ("Zoé, Laval, Trois-Rivières", set()),
        ("haïtienne musulmane", set()),
        ("h2x gr8 x1x2", {"gr8"}),
        ("a" * 60, set()),
        ("", set()),
    ],
)
def test_terms_of_a_text(text, found):
    assert {met.term for met in terms(text)} == found


@given(st.text(max_size=300))
def test_no_text_breaks_the_terms_and_their_spans_lie_in_it(text):
    for met in terms(text):
        assert 0 <= met.start < met.end <= len(text)
        assert all(map(is_listable, met.term.split()))


@pytest.mark.parametrize(
    ("term", "informal"),
    [("plogue", True), ("gros cash", False), ("tlm", True), ("🌸", True), ("maison", False), ("secondaire", False)],
)
def test_what_is_a_spelling_or_slang(term, informal):
    assert is_informal(term) is informal


@pytest.mark.parametrize(
    ("phrase", "signals", "entry"),
    [
        ("une offre de tournage payant", ("recruitment",), ("recruitment", "tournage payant")),
        ("on se voit au motel", ("distress",), ("place", "motel")),
        ("tu fais la plogue", ("minor",), ("language", "plogue")),
        ("envoie une 🌸", ("minor",), ("language", "🌸")),
    ],
)
def test_what_rises_is_listed_where_it_belongs(phrase, signals, entry):
    assert entry in listed(*town(phrase, signals=signals))


def test_a_city_rises_by_its_canonical_name_unless_it_is_too_small():
    flagged, unflagged = town("on se voit", cities=("st-jerome", "Ivujivik"))
    assert ("place", "Saint-Jérôme") in listed(flagged, unflagged)
    assert not any("Ivujivik" in term for _, term in listed(flagged, unflagged))


def test_the_common_spelling_is_shown_and_disguise_is_not():
    flagged, unflagged = town("un extra rémunéré")
    (shown,) = (one.shown for one in emerging(flagged, unflagged, ()) if one.term == "extra remunere")
    assert shown == "extra rémunéré"
    flagged, unflagged = town("un еxtra рayant")  # Cyrillic e, r
    assert all(one.shown.isascii() for one in emerging(flagged, unflagged, ()) if "extra" in one.term)


def test_what_is_as_common_before_or_in_the_background_does_not_rise():
    flagged, unflagged = town("une offre de tournage payant")
    steady = [post(text, n, "earlier") for n, text in enumerate(texts("une offre de tournage payant", 16))]
    assert "tournage" not in words_of(listed(flagged + steady, unflagged))
    everyday = [UnflaggedPost(text, f"w{n}") for n, text in enumerate(texts("une offre de tournage payant", 60))]
    assert "tournage" not in words_of(listed(flagged, unflagged + everyday))


def test_nothing_rises_where_there_is_nothing_to_compare_with():
    flagged, unflagged = town("une offre de tournage payant")
    assert not listed([one for one in flagged if one.window == "recent"], unflagged)
    assert not listed(flagged, [])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda n: {"copy": "one"}, "copies of one text are one"),
        (lambda n: {"copy": f"c{n % (LEAST_POSTS - 1)}"}, "too few texts"),
        (lambda n: {"voice": "one"}, "one author"),
        (lambda n: {"voice": f"v{n % (LEAST_VOICES - 1)}"}, "too few voices"),
    ],
)
def test_without_enough_support_nothing_is_listed(change, why):
    flagged, unflagged = town()
    more = [post(text, 200 + n, **change(n)) for n, text in enumerate(texts("une offre de tournage payant", 30))]
    assert "tournage" not in words_of(listed(flagged + more, unflagged)), why


def test_an_unknown_word_needs_more_voices():
    flagged, unflagged = town(signals=("minor",))
    for count, there in ((LEAST_VOICES_UNKNOWN - 1, False), (LEAST_VOICES_UNKNOWN + 5, True)):
        more = [
            post(text, 200 + n, signals=("minor",), voice=f"w{n % count}")
            for n, text in enumerate(texts("tu fais la plogue", 30))
        ]
        assert ("plogue" in words_of(listed(flagged + more, unflagged))) is there


NAMED = [
    "demandez {} pour les détails",
    "dm {} si tu veux du cash",
    "avec {} tu fais 500",
    "{} paye tout en cash",
    "j'ai vu {} hier soir",
    "ask for {} when you call",
    "add {} on snap",
    "je travaille pour {}",
]


@pytest.mark.parametrize(
    "name", ["zyrok", "Zyrok", "roxane", "Kimberly", "zaelia", "Tremblay", "tremblay", "lunenoire", "lune noire"]
)
def test_a_name_or_alias_that_rises_never_shows(name):
    flagged, unflagged = town()
    more = [
        post(
            f"{OPENINGS[n % 8]} {n}, {NAMED[n % 8].format(name)} {ENDINGS[n % 7]}. Tournage payant.",
            200 + n,
            signals=("recruitment", "minor"),
        )
        for n in range(40)
    ]
    found = listed(flagged + more, unflagged)
    assert ("recruitment", "tournage payant") in found, "the posts themselves count"
    assert not set(name.casefold().split()) & words_of(found)


@pytest.mark.parametrize(
    ("phrase", "there"),
    [("plogue payante", True), ("plogue m'a tout payé", False), ("plogue s'est poussé", False)],
)
def test_whoever_has_done_something_to_somebody_is_a_name(phrase, there):
    assert ("plogue" in words_of(listed(*town(phrase)))) is there


@pytest.mark.parametrize(
    ("planted", "parts"),
    [
        ("texte au 514-555-0142", {"514", "555", "0142"}),
        ("cinq un quatre cinq cinq cinq zéro un quatre deux", {"cinq", "quatre", "deux"}),
        ("snap: lunenoire_22", {"lunenoire", "22"}),
        ("écris à @lunenoire", {"lunenoire"}),
        ("snap lunenoire22", {"lunenoire22", "lunenoire"}),
        ("lunenoire at exemple dot example", {"lunenoire", "exemple"}),
        ("lunenoire arobase exemple point example", {"lunenoire", "exemple"}),
        ("lunenoire@exemple.example", {"lunenoire", "exemple"}),
        ("viens au 1234 rue des Érables", {"1234", "erables"}),
        ("code postal H2X 1Y4", {"h2x", "1y4"}),
        ("plaque K12 ABC sur le char", {"k12", "abc"}),
        ("à l'école secondaire Beau-Vallon", {"vallon"}),
        ("www.lunenoire.example", {"lunenoire"}),
        ("je m'appelle lunenoire", {"lunenoire"}),
    ],
)
def test_a_contact_address_or_number_that_rises_never_shows(planted, parts):
    flagged, unflagged = town()
    both = ("recruitment", "minor")
    more = [post(text, 200 + n, signals=both) for n, text in enumerate(texts(f"du cash, {planted}", 40))]
    assert not parts & words_of(listed(flagged + more, unflagged))


def test_what_authors_call_themselves_never_shows():
    flagged, unflagged = town("c'est glimsor partout", signals=("minor",))
    assert "glimsor" in words_of(listed(flagged, unflagged, ["autre"]))
    assert "glimsor" not in words_of(listed(flagged, unflagged, ["glimsor.mtl"]))
    flagged, unflagged = town("c'est tournage payant partout")
    assert "tournage payant" in {term for _, term in listed(flagged, unflagged, ["tournage"])}
    assert "tournage payant" not in {term for _, term in listed(flagged, unflagged, ["Tournage_Payant"])}


def test_one_use_as_a_contact_holds_an_unknown_word_back_everywhere():
    flagged, unflagged = town("c'est glimsor partout", signals=("minor",))
    assert "glimsor" not in words_of(listed([*flagged, post("snap: glimsor", 999, signals=("minor",))], unflagged))


def test_what_was_decided_on_stays_while_it_has_support_and_no_longer():
    flagged, unflagged = town()
    older = [post(text, 300 + n, "earlier") for n, text in enumerate(texts("une offre de tournage payant", 6))]
    kept = {("recruitment", "tournage"), ("recruitment", "jamais vu")}
    assert listed(flagged + older, unflagged) & kept == set()
    assert listed(flagged + older, unflagged, kept=kept) & kept == {("recruitment", "tournage")}
    assert listed(flagged + older[:4], unflagged, kept=kept) & kept == set()


def test_the_outcome_hangs_on_the_posts_not_on_their_order():
    flagged, unflagged = town("une offre de tournage payant au motel, fais la plogue", signals=("recruitment", "minor"))
    told = emerging(flagged, unflagged, ())
    assert told
    random.Random(5).shuffle(flagged)
    assert emerging(flagged, unflagged, ()) == told


def test_a_word_of_one_phrase_is_listed_as_that_phrase_and_in_one_list():
    found = emerging(*town("une offre de tournage payant", signals=("recruitment", "minor")), ())
    told = [one.term for one in found]
    assert "tournage payant" in told
    assert "tournage" not in told
    assert len(told) == len(set(told))


def test_no_list_is_longer_than_can_be_read():
    many = " | ".join(f"mot{'abcdefghij'[n // 10]}{'klmnopqrst'[n % 10]}x" for n in range(MOST + 20))
    flagged, unflagged = town(many, signals=("minor",))
    assert sum(one.list == "language" for one in emerging(flagged, unflagged, ())) == MOST


@given(st.lists(st.frozensets(st.sampled_from("abcdef"), max_size=3), max_size=12))
def test_posts_with_a_common_tie_are_one_voice_and_others_are_not(ties):
    told = voices(ties)
    for one, mine in enumerate(ties):
        reached = set(mine)
        for _ in ties:
            reached |= {tie for some in ties if some & reached for tie in some}
        for other, theirs in enumerate(ties):
            same = one == other or bool(reached & theirs)
            assert (told[one] == told[other]) is same


@pytest.mark.unmeasured
def test_a_long_chain_of_ties_takes_no_long_time():
    assert set(voices([{f"{n:06}", f"{n + 1:06}"} for n in range(100_000)])) == {"000000"}


@given(st.lists(st.text(max_size=80), max_size=12))
def test_hostile_texts_are_read_without_fault(some):
    posts = [post(text, n, signals=("minor",)) for n, text in enumerate(some)]
    assert emerging(posts, [UnflaggedPost(text, text) for text in some], some) == []


@pytest.mark.unmeasured
@pytest.mark.parametrize(
    "text", ["\n" * 10_000, "a b " * 2_500, "Ab. " * 2_500, "tournage payant " * 600, "@(" * 5_000]
)
def test_no_text_takes_long(text):
    flagged, unflagged = town()
    more = [post(f"{text} {n}", 200 + n) for n in range(8)]
    began = time.process_time()
    emerging(flagged + more, unflagged, ())
    assert time.process_time() - began < 10


@given(st.integers(LEAST_POSTS, 5000))
def test_a_band_holds_its_number_and_is_told_by_its_lower_end(posts):
    least, most = least_of(posts), most_of(posts)
    assert least <= posts <= (posts if most is None else most)
    assert (least_of(least), most_of(least)) == (least, most)
    assert most is None or most - least >= 4, "no band tells an exact figure"

"""Each reason with its near misses: what it finds, and what only looks like it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from triage_api.access.shifts import read_shift
from triage_api.oversight import reasons
from triage_api.oversight.looks import Account, House, Look
from triage_api.oversight.names import Name, Names, as_handles, read_known_name, read_name, sought_in

LEA, MARIE, GUY = "Léa Tremblay", "Marie-Ève Côté-Lavoie", "Guy Roy"
NOON = datetime(2026, 1, 7, 17, 0, tzinfo=UTC)  # a Wednesday, at noon in Québec


def account(identity: str, full_name: str, login: str = "compte", shift: str = "") -> Account:
    return Account(identity, f"merle-{identity}", read_name(full_name), as_handles(login), read_shift(shift))


@pytest.fixture(scope="module")
def house() -> House:
    accounts = {one.id: one for one in (account("lea", LEA, "ltr92x"), account("marie", MARIE), account("guy", GUY))}
    known = [read_known_name(name) for name in ("Zorbalou", "Ludmilla Vantour", "Ana")]
    names = Names({identity: one.name for identity, one in accounts.items()})
    return House(accounts, names, Names({n: name for n, name in enumerate(known) if name}))


@pytest.mark.parametrize(
    ("full_name", "given", "surnames"),
    [
        ("Léa Tremblay", ("lea",), ("tremblay",)),
        ("Marie-Ève Côté-Lavoie", ("marie", "eve"), ("cote", "lavoie")),
        ("Jean  de la  Fontaine", ("jean",), ("fontaine",)),
        ("Anne O'Neil", ("anne",), ("neil",)),
        ("Paul St-Pierre", ("paul",), ("pierre",)),
    ],
)
def test_a_full_name_is_read(full_name, given, surnames):
    assert read_name(full_name) == Name(given, surnames)


@pytest.mark.parametrize("text", ["", "Léa", "Léa B.", "   "])
def test_what_has_no_surname_is_no_name(text):
    assert read_name(text) is None


@pytest.mark.parametrize(
    ("who", "query", "identifiers", "found"),
    [
        ("lea", "léa tremblay", [], True),
        ("lea", "TREMBLAY laval Lea", [], True),
        ("lea", '"Lea" AND "tremblay"', [], True),
        ("lea", "lea trembley", [], True),  # one letter changed
        ("lea", "lea tremblya", [], True),  # two swapped
        ("lea", "lea trembl*", [], True),
        ("lea", "", ["@lea.tremblay07"], True),
        ("lea", "", ["ltremblay92"], True),
        ("lea", "", ["l3a_tr3mblay"], True),
        ("lea", "", ["tremblay.lea@courriel.example"], True),
        ("lea", "", ["leatremblay_mtl"], True),
        ("lea", "", ["LTRX"], False),
        ("lea", "ltr92x", [], False),  # of a log-in name only letters count, and four are too few
        ("lea", "lea", [], False),
        ("lea", "tremblay", [], False),
        ("lea", "lea -tremblay", [], False),
        ("lea", "lea tremblant", [], False),  # two letters off: the mountain
        ("lea", "leo tremblay", [], False),
        ("lea", "", ["lea.t"], False),
        ("marie", "marie-eve lavoie", [], True),
        ("marie", "marieeve cote", [], True),
        ("marie", "marie lavoie", [], False),
        ("guy", "guy roy", [], True),
        ("guy", "guy rol", [], False),  # short names have no slips
    ],
)
def test_own_name(house, who, query, identifiers, found):
    sought = sought_in([query, *identifiers])
    assert reasons.own_name(house.accounts[who], house, sought) is found


def test_the_log_in_name_is_ones_own(house):
    one = account("x", "Zoé Abel", "grandduc77")
    assert reasons.own_name(one, house, sought_in(["@grandduc"]))
    assert not reasons.own_name(one, house, sought_in(["grand duc"]))


@pytest.mark.parametrize(
    ("who", "query", "surname"),
    [
        ("lea", "jade tremblay", "tremblay"),
        ("lea", "jade trembaly", "tremblay"),
        ("marie", "kevin lavoie", "lavoie"),
        ("marie", "kevin cote-gagnon", "cote"),
        ("guy", "roy", "roy"),
        ("guy", "royal", ""),
        ("lea", "lavoie", ""),
        ("lea", "-tremblay laval", ""),
        ("marie", "marie eve", ""),  # first names are no surname
    ],
)
def test_same_surname(house, who, query, surname):
    assert reasons.same_surname(house.accounts[who], house, sought_in([query])) == surname


@pytest.mark.parametrize(
    ("who", "query", "other"),
    [
        ("guy", "lea tremblay adresse", "lea"),
        ("guy", "@leatremblay", "lea"),
        ("guy", "lea", ""),
        ("guy", "jade tremblay", ""),
        ("lea", "lea tremblay", ""),  # that is herself
    ],
)
def test_colleague(house, who, query, other):
    assert reasons.colleague(house.accounts[who], house, sought_in([query])) == other


@pytest.mark.parametrize(
    ("query", "known"),
    [
        ("zorbalou", True),
        ("Zorbalu concert", True),
        ("vantour ludmilla", True),
        ("@ludmillavantour", True),
        ("ludmilla", False),
        ("ana", False),  # three letters name nobody
        ("zorba", False),
    ],
)
def test_well_known(house, query, known):
    assert reasons.well_known(house, sought_in([query])) is known


def test_without_a_list_nobody_is_well_known(house):
    assert not reasons.well_known(House(house.accounts, house.names, None), sought_in(["zorbalou"]))


@pytest.mark.parametrize(
    ("shift", "moment", "inside"),
    [
        ("mon-fri 08:00-16:00", "2026-01-07T12:00-05:00", True),
        ("mon-fri 08:00-16:00", "2026-01-07T16:20-05:00", True),  # within the half hour
        ("mon-fri 08:00-16:00", "2026-01-07T16:40-05:00", False),
        ("mon-fri 08:00-16:00", "2026-01-10T12:00-05:00", False),  # a Saturday
        ("lun-ven 08h00-16h00", "2026-07-08T12:30Z", True),  # 08:30 in summer time
        ("lun-ven 08h00-16h00", "2026-01-07T12:20Z", False),  # 07:20 in winter time
        ("mon-thu 22:00-06:00", "2026-01-09T03:00-05:00", True),  # Thursday's night
        ("mon-thu 22:00-06:00", "2026-01-10T03:00-05:00", False),
        ("sun 22:00-06:00", "2026-01-12T05:00-05:00", True),  # over the end of the week
        ("fri-mon 08:00-12:00", "2026-01-11T09:00-05:00", True),
        ("mon,wed 08:00-12:00; sat 20:00-24:00", "2026-01-10T23:30-05:00", True),
        ("mon,wed 08:00-12:00; sat 20:00-24:00", "2026-01-06T09:00-05:00", False),
        ("24/7", "2026-01-10T03:00-05:00", True),
    ],
)
def test_working_hours(shift, moment, inside):
    at = datetime.fromisoformat(moment)
    assert read_shift(shift).holds(at) is inside
    assert reasons.off_shift(account("x", LEA, shift=shift), at) is not inside


@pytest.mark.parametrize("text", ["soon", "mon 8-16", "xyz 08:00-16:00", "mon 25:00-26:00", "mon 08:00-16:75"])
def test_hours_that_cannot_be_read(text):
    with pytest.raises(ValueError, match=r"mon-fri|00:00|mon, tue"):
        read_shift(text)


def test_without_hours_nobody_is_off_shift():
    assert read_shift(" ") is None
    assert not reasons.off_shift(account("x", LEA), NOON)


@pytest.mark.parametrize(
    ("purpose", "served", "seeks_person", "missing"),
    [
        ("request", False, False, True),
        ("runaway", False, True, True),
        ("request", True, True, False),
        ("watch", False, False, False),
        ("training", False, False, False),
        ("watch", False, True, True),
        ("other", False, False, True),
    ],
)
def test_no_request(purpose, served, seeks_person, missing):
    assert reasons.no_request(purpose, served=served, seeks_person=seeks_person) is missing


def test_an_answered_request_serves_no_more():
    assert reasons.is_served(None, NOON)
    assert reasons.is_served(NOON, NOON)
    assert not reasons.is_served(NOON - timedelta(seconds=1), NOON)


def test_other_words():
    assert reasons.other_words("other", "LPJ 39")
    assert reasons.other_words("watch", "other")
    assert not reasons.other_words("watch", "LPJ 39")


def looks(user: str, count: int, *, every: timedelta = timedelta(hours=2), **more: object) -> list[Look]:
    return [Look(user, NOON + every * n, search=f"s-{user}-{n}", **more) for n in range(count)]


def test_a_burst_is_unusual_for_that_person():
    steady = [look for hour in range(6) for look in looks("a", 9, every=timedelta(minutes=1))]
    for n, look in enumerate(steady):
        look.at += timedelta(hours=n // 9)
    sudden = [*looks("b", 6), *looks("b", 9, every=timedelta(seconds=5))]
    reasons.mark_bursts([*steady, *sudden])
    assert not any(look.how for look in steady)
    assert sum("burst" in look.how for look in sudden) >= 9


def test_seven_in_an_hour_and_a_first_hour_are_no_burst():
    few = [*looks("a", 6), *looks("a", 6, every=timedelta(seconds=5))]
    first = looks("b", 20, every=timedelta(seconds=5))
    reasons.mark_bursts([*few, *first])
    assert not any(look.how for look in (*few, *first))


def test_running_again_often():
    often, twice = looks("a", 5, again=True), looks("b", 2, again=True)
    reasons.mark_again([*often, *twice, *looks("c", 9)])
    assert all(look.how == {"again_often"} for look in often)
    assert not any(look.how for look in twice)


def test_repeats_are_of_one_person_and_one_thing():
    mine, routine = looks("a", 5, things=(1, 7)), looks("a", 5, things=(2,))
    others = [look for user in "bcde" for look in looks(user, 4, things=(2,))]
    twice, served = looks("f", 2, things=(3,)), looks("g", 12, things=(4,), served=True)
    reasons.mark_repeats([*mine, *routine, *others, *twice, *served])
    assert {look.times for look in mine} == {5}
    assert {look.times for look in (*routine, *others, *twice, *served)} == {1}
    assert "repeated" in mine[0].reasons

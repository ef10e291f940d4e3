"""Ages and how they are asserted, and numbers that are none."""

from __future__ import annotations

import pytest

from nlp.entities import entities


def ages(text: str) -> list[tuple[object, str]]:
    return [(age.value, dict(age.extra)["assertion"]) for age in entities(text)["ages"]]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("chu 16", [16]), ("j'ai 18 mais mon bulletin de sec 3 est sorti", [18]), ("15 ans", [15]),
        ("j ai 15ans", [15]), ("16yo", [16]),
        ("quinze ans", [15]), ("j'ai dix-sept ans", [17]), ("vingt et un ans", [21]),
        ("soixante-dix ans", [70]), ("I'm sixteen", [16]),
        ("im 16 but ill be 17 in march", [16, 17]), ("i'm fifteen et ma grand-mère pense", [15]),
        ("mon âge : 16.", [16]),
        ("16 n bored in cornwall", [16]), ("16f mtl", [16]), ("léa-rose ✦ 16 ✦ volley", [16]),
        ("Maude, 34 ans, Sherbrooke", [34]),
        ("Independent, 34, Hamilton only", [34]), ("Véro (42) — compagnie", [42]),
        ("Naomie 21 + Kim 25\n", [21, 25]),
        ("Kate 28 🌹 Hull", [28]), ("Zoé, 23 et 25, Hull", [23, 25]), ("cell: 514-555-0123, 21 ans", [21]),
        ("On est deux filles, 19 et 20 ans", [19, 20]), ("chu une fille de 16 ans", [16]),
        ("ᴄʜᴜ 1️⃣6️⃣", [16]), ("Old-timer here, 62, trucker", [62]),
    ],
)  # fmt: skip
def test_claimed(text: str, values: list[int]) -> None:
    assert ages(text) == [(value, "claimed") for value in values]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("18+", [(18, "limit")]), ("18 ans et plus", [(18, "limit")]), ("moins de 18 ans", [(18, "limit")]),
        ("must be 21", [(21, "limit")]),
        ("over 19 only", [(19, "limit")]), ("under 18", [(18, "limit")]),
        ("18 ans minimum", [(18, "limit")]), ("+18", [(18, "limit")]),
        ("16 ans min", [(16, "limit")]), ("de 15 à 17 ans", [(15, "range"), (17, "range")]),
        ("18-25 ans", [(18, "range"), (25, "range")]),
        ("entre 15 et 17 ans", [(15, "range"), (17, "range")]),
        ("ages 10 to 17", [(10, "range"), (17, "range")]),
        ("filles 12–15, 120 $", [(12, "range"), (15, "range")]),
        ("16 ou 17 ans", [(16, "range"), (17, "range")]),
        ("je viens d'avoir 18 ans", [(18, "just_turned")]), ("elle vient d'avoir 17", [(17, "just_turned")]),
        ("just turned 18", [(18, "just_turned")]), ("j'ai eu mes 17 ans hier", [(17, "just_turned")]),
        ("mon 16e anniversaire", [(16, "ordinal")]), ("her sixteenth birthday", [(16, "ordinal")]),
        ("sweet 16", [(16, "ordinal")]),
        ("her eighteenth birthday", [(18, "ordinal")]), ("dix-huitième anniversaire", [(18, "ordinal")]),
        ("réservé aux 18 ans et plus", [(18, "limit")]), ("âge minimum : 18 ans", [(18, "limit")]),
        ("must be at least 21 to enter", [(21, "limit")]),
        ("ages 18 to 30 welcome", [(18, "range"), (30, "range")]),
        ("aux 12-17 ans", [(12, "range"), (17, "range")]), ("18 ans depuis hier", [(18, "just_turned")]),
        ("ma fille de 14 est pas rentrée", [(14, "other_person")]), ("pour ses 18 ans", [(18, "other_person")]),
        ("my 15 year old is late", [(15, "other_person")]), ("mon chum de 24 depuis jeudi", [(24, "other_person")]),
        ("Adolescente de 16 ans recherchée", [(16, "other_person")]),
        ("she's 15", [(15, "other_person")]), ("elle a 15 ans", [(15, "other_person")]),
        ("une fille de 14 ans", [(14, "other_person")]),
        ("the 15-year-old girl", [(15, "other_person")]), ("my little brother (14)", [(14, "other_person")]),
        ("un chum de 27 qui", [(27, "other_person")]), ("At 17 she's leaving", [(17, "other_person")]),
        ("Avis: Zoé L., 15 ans, n'est pas rentrée", [(15, "other_person")]),
        ("he says hes 24 but", [(24, "other_person")]),
        ("mes filles de 20 et 23 ans", [(20, "other_person"), (23, "other_person")]),
        ("ma fille a 3 ans pis mon chat 2 ans", [(3, "other_person")]),
    ],
)  # fmt: skip
def test_other_assertions(text: str, found: list[tuple[int, str]]) -> None:
    assert ages(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "U15 tournament", "U-15", "M15", "sec 4", "grade 10", "in her teens", "la vingtaine", "18 mois",
        # spans of time
        "12 ans d'expérience", "15 years experience", "il y a 16 ans", "y'a 2 ans", "depuis 15 ans",
        "dans 2 ans", "25 ans de mariage",
        "condamné à 12 ans", "prison de 10 ans", "husband of 30 years", "aux 2 ans", "autoroute 15, sortie 51",
        "j'ai eu 51 sur 55", "vingt-cinq élèves, quarante profs",
        "j'ai 5 ans de retard", "31 ans de rapports", "10 years ago",
        # creatures and things
        "mon chien a 3 ans", "chien de 2 ans", "a 5 year old lab", "une maison de 40 ans", "whisky 18 ans",
        "manteau taille 14-16 ans",
        # counts, times, prices, places
        "I'm 16 minutes late", "j'ai 16 chats", "j'ai 15 minutes", "120$", "à 15 h", "14:30", "Laval 15",
        "bus 44", "50+ jobs", "5 à 7",
        "16 buts en 20 matchs", "la température est de 16", "i'm 6'2", "chu 24/7 là-dessus",
        "moins de 30 minutes", "ça coûte 15, 20 max",
        "On a besoin de 11 ouvriers", "514-555-0116", "Jan 14,", "Bach, cantate 15", "100% sûr",
    ],
)  # fmt: skip
def test_near_misses(text: str) -> None:
    assert ages(text) == []

"""Phone numbers in their disguises, and digits that are none."""

from __future__ import annotations

import pytest

from nlp.entities import entities

MONTREAL = "+15145550123"


def phones(text: str) -> list[str]:
    return [str(phone.value) for phone in entities(text)["phones"]]


@pytest.mark.parametrize(
    "text",
    [
        "514-555-0123", "(514) 555-0123", "+1 514 555 0123", "5145550123", "1 514.555.0123", "(514)5550123",
        "514 5550123",
        "514/555/0123", "514~555~0123", "514*555*0123", "514_555_0123", "514x555x0123", "514 – 555 — 0123",
        "514\n555\n0123",
        "tel5145550123", "514-555-0123svp", "tel:+15145550123", "wa.me/15145550123",
        "texte moi au 5145 5501 23",
        # digits of other alphabets and shapes
        "5️⃣1️⃣4️⃣5️⃣5️⃣5️⃣0️⃣1️⃣2️⃣3️⃣", "⑤①④ ⑤⑤⑤ ⓪①②③", "❺❶❹ ❺❺❺ ⓿❶❷❸", "５１４－５５５－０１２３", "𝟝𝟙𝟜.𝟝𝟝𝟝.𝟘𝟙𝟚𝟛",
        "٥١٤ ٥٥٥ ٠١٢٣", "514\u200b555\u200b0123",
        # letters posing as digits
        "5l4-555-O123", "5I4 SSS OI23", "S14-555-O1Z3", "5 1 4 . 5 5 5 . O 1 2 3", "S I 4 5 5 5 O I 2 3",
        "514-555-0l23",
        # things between
        "514🔥555🔥0123", "5🔥1🔥4🔥5🔥5🔥5🔥0🔥1🔥2🔥3", "514 banane 555 banane 0123",
        "appelle 514 mon 555 coeur 0123", "514 pis 555 pis 0123",
        "call me 514 then 555 then 0123", "514, 555, 0123", "514 dot 555 dot 0123",
        "5-1-4 / 5-5-5 / 0-1-2-3", "5 1 4 5 5 5 0 1 2 3",
        # French words
        "cinq un quatre cinq cinq cinq zéro un deux trois",
        "cinq-un-quatre, cinq-cinq-cinq, zéro-un-deux-trois",
        "cinq cent quatorze, cinq cent cinquante-cinq, zéro un, vingt-trois",
        "Cinq Cent Quatorze 555 zéro cent vingt-trois",
        "cinquante et un quarante-cinq cinquante-cinq zéro un vingt-trois",
        "cinqunquatre cinqcinqcinq zerounvingttrois",
        "cinq cent quatorze trois fois cinq zéro un vingt-trois",
        "cinq un quatre / triple cinq / zéro un vingt-trois",
        # English words
        "five one four five five five oh one two three", "five fourteen, five fifty-five, oh one twenty-three",
        "five one four triple five zero one two three",
        "five hundred fourteen, five five five, zero one two three",
        # mixed
        "514 cinq cinq cinq 01 vingt-trois", "(5 1 4) five five five - zero un deux 3",
        "5 un 4 - 5 cinq 5 - 0 un 2 trois",
        "𝟓𝟏𝟒 555 zéro 1 vingt-trois",
        # beside other numbers
        "24/7 514-555-0123", "18+ 514 555 0123 120$", "180. 5 1 4 ~ 5 5 5 ~ zéro un deux trois",
        "19 à 33 ans, 190 $\n514-555-0123",
        "911 ou 514-555-0123", "2 or 3, five one four five five five zero one two three",
        "Vee 27. 5 1 4 / 5 5 5 / 0 1 2 3",
        # groups in unusual places, bars, other words between
        "51 45 55 01 23", "5,1,4 5,5,5 0,1,2,3", "five_one_four_555_0123",
        "51455501 23", "514 | 555 | 0123", "514|555|0123", "SI4-SSS-OI23",
        "five one four | five five five | oh one two three", "it's five one four five five five zero one two three",
        "it starts with 514 the middle is 555 and ends with 0123", "trois cinq un quatre? 514 trois cinq 0123",
        "Kate 28 🌹 five one four • five five five • oh one two three",
        "my # 514-555-0123", "appelle pas deux fois\n5 1 4 . 5 5 5 . O 1 2 3", "commandez au 514-555-0123",
    ],
)  # fmt: skip
def test_one_number_in_every_disguise(text: str) -> None:
    assert phones(text) == [MONTREAL]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("quatre cent trente-huit cinq cent cinquante-cinq zéro un soixante-dix-neuf", ["+14385550179"]),
        ("huit cent dix-neuf cinq cinq cinq zéro un soixante et onze", ["+18195550171"]),
        ("418 555 zéro un quatre-vingt-dix-neuf", ["+14185550199"]),
        ("418 555 zéro un quatre-vingt-onze", ["+14185550191"]),
        ("418 555 zéro un nonante-neuf", ["+14185550199"]),
        ("418 555 zéro un septante", ["+14185550170"]),
        ("quatre-cinq-zéro 555 01 36", ["+14505550136"]),
        ("quatre-vingt-un neuf 555 01 42", ["+18195550142"]),  # 81 9: the longest reading is not the only one
        ("two six three, five five five, oh one double one", ["+12635550111"]),
        ("1-800-555-0199", ["+18005550199"]),
        ("514 555 0123 438 555 0199", ["+15145550123", "+14385550199"]),
        ("514-555-0123/438-555-0199", ["+15145550123", "+14385550199"]),
        (
            "cinq un quatre cinq cinq cinq zero un deux trois quatre trois huit cinq cinq cinq zero un neuf neuf",
            ["+15145550123", "+14385550199"],
        ),
        ("514-555-0123, je répète 514 555 0123", ["+15145550123"]),  # each value once
    ],
)
def test_other_numbers(text: str, values: list[str]) -> None:
    assert phones(text) == values


@pytest.mark.parametrize(
    "text",
    [
        "911", "988", "811", "24/7", "911/988/811", "514", "555-0123", "514 555",
        # identifiers
        "order #5145550123", "commande 4385550123", "no de suivi: 514 555 0123", "#5145550123",
        "NAS 514 555 012", "id=5145550123",
        "4514 5550 1234 5678", "5145550123456", "514-555-0123-77", "isbn 978-2-555-01234-5", "lea5145550123",
        "https://exemple.test/p/5145550123", "5145550123@courriel.example",
        # dates, times, scores, places, measures
        "2026-11-22 14:30:05", "le 12-12-2025 de 10h30 à 22h45", "45.5017, -73.5673", "206.55.50.123",
        "score 3-2 5-1 4-5 5-5 0-1 2-3",
        "1450 rue Sherbrooke 2e étage", "30 x 40 x 120", "450 x 500 x 1200", "3,141592653589",
        "6/49: 04 12 23 34 41 45",
        # amounts and counts
        "514 555 0123 $", "514 555 0123 abonnés", "450, 500, 1200", "450 et 500 ou 1200",
        "514 personnes ont vu 555 fois 2019 photos",
        "j'ai 514 amis et 555 photos et 2019 souvenirs", "1 2 3 4 5 6 7 8 9 10",
        "un deux trois quatre cinq six sept huit neuf dix",
        # sums, decimals, sizes, draws and times tables
        "514 + 555 = 1069", "0,5145550123", "28 30 32 34 36 38", "20 25 30 35 40", "51 42 49 34 43", "140 345 75 160",
        "16, 23, 55, 4, 19, 31", "1-3, 6-2, 6-7, 6-5, 5-6, 4-7", "326x854x4199",
        "numéros gagnants: cinq, quatorze, vingt-deux, trente, quarante",
        "cinq fois cinq vingt-cinq, cinq fois six trente",
        # no such area, or a service code
        "123-555-0123", "999-555-0123", "-".join(("514", "911", "0123")),
        # words that only look like digits
        "si il bois le sol il sol bis oil", "514 si il os", "cinq un quatre cinq cinq",
        "cinq un quatre cinq cinq cinq zero un deux trois quatre cinq",
    ],
)  # fmt: skip
def test_near_misses(text: str) -> None:
    assert phones(text) == []


def test_foreign_number_needs_its_plus() -> None:
    assert phones("+44 20 7946 0123") == ["+442079460123"]  # a range kept for fiction
    assert phones("44 20 7946 0123") == []


def test_span_covers_the_number_as_typed() -> None:
    text = "allo 💋 (5️⃣1️⃣4️⃣) 5️⃣5️⃣5️⃣-0️⃣1️⃣2️⃣3️⃣ merci"
    (phone,) = entities(text)["phones"]
    assert text[phone.start : phone.end] == "(5️⃣1️⃣4️⃣) 5️⃣5️⃣5️⃣-0️⃣1️⃣2️⃣3️⃣"

"""Each detector by itself: a table of texts with what must go, and near misses that must stay."""

from __future__ import annotations

import pytest

from nlp.redact import redact
from nlp.redact.id_numbers import passes_luhn


def found(text: str, *types: str) -> list[str]:
    """Return the words taken out, of some types only."""
    return [text[one.start : one.end] for one in redact(text).redactions if one.type in types]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("karine est partie", ["karine"]),
        ("Karine Tremblay-Roy", ["Karine Tremblay-Roy"]),
        ("j'ai vu Marie-Ève et Jean-Guy", ["Marie-Ève", "Jean-Guy"]),
        ("Mme Côté et M. Roy", ["Côté", "Roy"]),
        ("Dr. O'Brien, encore brien", ["O'Brien", "brien"]),
        ("d'Amélie, l'ami d'Isabelle", ["Amélie", "Isabelle"]),
        ("Sarah's sister", ["Sarah"]),
        ("je m'appelle xochipilli", ["xochipilli"]),
        ("my name is Zorblax, 15", ["Zorblax"]),
        ("Prénom : Ouloulou", ["Ouloulou"]),
        ("ma soeur rose et mon chum will", ["rose", "will"]),
        ("Karine, Zyxo ou Brell", ["Karine", "Zyxo", "Brell"]),
        ("avec Nguyen Van Thanh", ["Nguyen Van Thanh"]),
        ("Abdelkader Ben Slimane", ["Abdelkader Ben Slimane"]),
        ("marie ève lajoie", ["marie ève lajoie"]),
        ("LE GARS S'APPELLE MATHIEU", ["MATHIEU"]),
        ("Ka\u200brine", ["Ka\u200brine"]),
        ("Karine T. et vicky b.", ["Karine T", "vicky b"]),
        ("Elle se marie en juin", []),
        ("Rose, rouge ou blanc?", []),
        ("la Saint-Jean et la Sainte-Catherine", []),
        ("mon frère est parti, ma soeur aime ça, mon père a dit non", []),
        ("my friend will come, hope so", []),
        ("rue Sainte-Catherine, métro Jean-Talon, pont Jacques-Cartier", []),
        ("ben là, chu pas d'accord", []),
    ],
)
def test_persons(text: str, names: list[str]) -> None:
    assert found(text, "PERSON") == names


@pytest.mark.parametrize(
    ("text", "type_", "words"),
    [
        ("514-555-0123 poste 12", "PHONE", ["514-555-0123 poste 12"]),
        ("cinq un quatre 555 zéro un vingt-trois", "PHONE", ["cinq un quatre 555 zéro un vingt-trois"]),
        ("whatsapp 509 3555 0123", "PHONE", ["509 3555 0123"]),
        ("appelle le 911", "PHONE", []),
        ("texto 438 six7six 01 3 3", "PHONE", ["438 six7six 01 3 3"]),
        ("she calls 873 five five five 0 1 5 5 now", "PHONE", ["873 five five five 0 1 5 5"]),
        ("lea arobase courriel point example", "EMAIL", ["lea arobase courriel point example"]),
        ("suis @lea.b", "HANDLE", ["@lea.b"]),
        ("insta: lea_b22", "HANDLE", ["lea_b22"]),
        ("voir https://x.example/a?b=1.", "URL", ["https://x.example/a?b=1"]),
        ("sur t.me/lea ou www.lea.example", "URL", ["t.me/lea", "www.lea.example"]),
        ("sur kijiji.ca, dispo.ca va bien", "URL", []),
        ("J4K 2T6, h2x1y4", "POSTAL_CODE", ["J4K 2T6", "h2x1y4"]),
        ("code postal commence par J4K", "POSTAL_CODE", ["J4K"]),
        ("du H2O et un 4X4", "POSTAL_CODE", []),
    ],
)
def test_contacts_and_codes(text: str, type_: str, words: list[str]) -> None:
    assert found(text, type_) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("au 1234, rue Saint-Denis Est, app. 5", ["1234, rue Saint-Denis Est, app. 5"]),
        ("12 rue des érables", ["12 rue des érables"]),
        ("221B Baker Street", ["221B Baker Street"]),
        ("45 king st, near 12 Maple Ave apt 3", ["12 Maple Ave apt 3"]),
        ("le 1040, 3e Avenue", ["1040, 3e Avenue"]),
        ("j'habite sur la rue Principale", ["rue Principale"]),
        ("C.P. 204", ["C.P. 204"]),
        ("le 4e rang", ["4e rang"]),
        ("3 rues plus loin, 2 places libres, 5 avenues possibles", []),
        ("la rue Sainte-Catherine est fermée", []),
        ("120 $ la place, 24 h sur la route", []),
    ],
)
def test_addresses(text: str, words: list[str]) -> None:
    assert found(text, "ADDRESS") == words


@pytest.mark.parametrize(
    ("text", "type_", "words"),
    [
        ("à l'école secondaire Saint-Luc", "SCHOOL", ["école secondaire Saint-Luc"]),
        ("à la polyvalente hyacinthe-delorme", "SCHOOL", ["polyvalente hyacinthe-delorme"]),
        ("at Riverside Secondary School", "SCHOOL", ["Riverside Secondary School"]),
        ("cégep de Rimouski", "SCHOOL", ["cégep de Rimouski"]),
        ("l'école secondaire, high school, l'école de danse", "SCHOOL", []),
        ("CLSC de Limoilou", "ORG_LOCAL", ["CLSC de Limoilou"]),
        ("au resto Le Vieux Poêle", "ORG_LOCAL", ["resto Le Vieux Poêle"]),
        ("l'Auberge des Trois Pignons", "ORG_LOCAL", ["Auberge des Trois Pignons"]),
        ("the Aylmer Community Centre", "ORG_LOCAL", ["Aylmer Community Centre"]),
        ("un resto de Laval, le garage du coin, hôtel à Montréal", "ORG_LOCAL", []),
        ("Clean motel rooms", "ORG_LOCAL", []),
    ],
)
def test_schools_and_organisations(text: str, type_: str, words: list[str]) -> None:
    assert found(text, type_) == words


@pytest.mark.parametrize(
    ("text", "type_", "words"),
    [
        ("née le 12 mars 2009", "DATE_OF_BIRTH", ["12 mars 2009"]),
        ("DOB: 2008-04-12", "DATE_OF_BIRTH", ["2008-04-12"]),
        ("D.D.N. 07/08/2010", "DATE_OF_BIRTH", ["07/08/2010"]),
        ("her birthday is March 3rd", "DATE_OF_BIRTH", ["March 3rd"]),
        ("née le douze mars deux mille neuf", "DATE_OF_BIRTH", ["douze mars deux mille neuf"]),
        ("Karine Tremblay, 2008-04-12", "DATE_OF_BIRTH", ["2008-04-12"]),
        ("je suis né en 2009, party le 12 mars 2026", "DATE_OF_BIRTH", []),
        ("je ne le vois pas le 12 mars", "DATE_OF_BIRTH", []),
        ("plaque E12 ABC", "LICENCE_PLATE", ["E12 ABC"]),
        ("ma plaque: J 7 2 tiret K L P", "LICENCE_PLATE", ["J 7 2 tiret K L P"]),
        ("plate DBX 9 0 1 3 of the van", "LICENCE_PLATE", ["DBX 9 0 1 3"]),
        ("une plaque 4 x 8 pieds, plate 3 a b c", "LICENCE_PLATE", []),
        ("ma carte opus finit par 3371, le match finit en 2019", "ID_NUMBER", ["3371"]),
        ("her bank card, last four digits: 0824", "ID_NUMBER", ["0824"]),
        ("the story ends in 1998, ending 100 years later", "ID_NUMBER", []),
        ("Rosa Gil, née 9 juin 61, et elle est née 3 fois", "DATE_OF_BIRTH", ["9 juin 61"]),
        ("ta fête? 8 février 2010", "DATE_OF_BIRTH", ["8 février 2010"]),
        ("Rosa Gil, 9 juin 1931 – 4 mai 2020", "DATE_OF_BIRTH", ["9 juin 1931"]),
        ("Rosa Gil, 9 juin 2031 à 17 h", "DATE_OF_BIRTH", []),
        ("avec les initiales T.-B. K. dessus", "PERSON", ["T.-B. K."]),
        ("my initials are Q.V.D., the initial plan", "PERSON", ["Q.V.D."]),
        ("une Civic grise, ABCD 123", "LICENCE_PLATE", ["ABCD 123"]),
        ("cours MAT 101, vol AC 870", "LICENCE_PLATE", []),
        ("TREM 0953 1234", "ID_NUMBER", ["TREM 0953 1234"]),
        ("nas 046 454 286", "ID_NUMBER", ["046 454 286"]),
        ("dossier no 2024-118830", "ID_NUMBER", ["2024-118830"]),
        ("passeport AB123456", "ID_NUMBER", ["AB123456"]),
        ("123 456 789 $, commande 123456", "ID_NUMBER", []),
        ("le permis coûte 6000", "ID_NUMBER", []),
    ],
)
def test_dates_plates_and_numbers(text: str, type_: str, words: list[str]) -> None:
    assert found(text, type_) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("je viens de Manawan", ["Manawan"]),
        ("à st-tite pis à Saint-Exupère-de-Beauce", ["st-tite", "Saint-Exupère-de-Beauce"]),
        ("le village de Tourbelune", ["Tourbelune"]),
        ("une nouvelle price list, parent inquiet, low battery", []),
        ("Saint-Jérôme, Saint-Hyacinthe et Sainte-Thérèse", []),
        ("la Saint-Valentin, le fleuve Saint-Laurent", []),
    ],
)
def test_places(text: str, words: list[str]) -> None:
    assert found(text, "PLACE") == words


@pytest.mark.parametrize(
    ("number", "good"), [("046 454 286", True), ("046 454 287", False), ("4111 1111 1111 1111", True), ("000", False)]
)
def test_luhn(number: str, *, good: bool) -> None:
    assert passes_luhn(number) is good


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("Uapeshkuss est partie hier", ["Uapeshkuss"]),
        ("Aujourd'hui. Nooon. Jviens pas", []),
        ("on a vu wideline au parc", ["wideline"]),
        ("hahahaha mdrrrr trop drôle", []),
        ("dis à ben qu'y dort chez lulu", ["ben", "lulu"]),
        ("un certain Big Mo et Ti-Loup", ["Big Mo", "Ti-Loup"]),
        ("la vitamine C. Elle aide", []),
        ("R. Delacourt et Coach B sont là", ["R. Delacourt", "B"]),
        ("la maman de Mélodie, connue sous le nom de Fantôme", ["Mélodie", "Fantôme"]),
    ],
)
def test_names_that_no_gazetteer_has(text: str, texts: list[str]) -> None:
    assert found(text, "PERSON") == texts


@pytest.mark.parametrize(
    ("text", "type_", "texts"),
    [
        ("il m'attend sur la route des Pionniers", "ADDRESS", ["route des Pionniers"]),
        ("sur la rue Sainte-Catherine ou le boulevard René-Lévesque", "ADDRESS", []),
        ("au 207 Fairmount West", "ADDRESS", ["207 Fairmount West"]),
        ("I work at Sunny Side Tanning now", "ORG_LOCAL", ["Sunny Side Tanning"]),
        ("le Service de police de Laval et Radio-Canada", "ORG_LOCAL", []),
        ("au parc Desrochers, pas au parc Jean-Drapeau", "ORG_LOCAL", ["parc Desrochers"]),
        ("sa plaque c'est du bleu: k12 abc", "LICENCE_PLATE", ["k12 abc"]),
        ("vu la H48 RTS", "LICENCE_PLATE", ["H48 RTS"]),
        (
            "ajoute moi zelbigvons sur discord, keke_backup, ghosty#4412",
            "HANDLE",
            ["zelbigvons", "keke_backup", "ghosty#4412"],
        ),
        ("pogne le 514 5550 113", "PHONE", ["514 5550 113"]),
        ("carte 4500 1234 5678 9010", "ID_NUMBER", ["4500 1234 5678 9010"]),
        ("au chalet du lac Untel, pas au lac Champlain", "PLACE", ["lac Untel"]),
    ],
)
def test_what_is_told_by_shape_or_by_its_own_name(text: str, type_: str, texts: list[str]) -> None:
    assert found(text, type_) == texts


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("Victoria Lavertu-Nguyen garde", ["Victoria Lavertu-Nguyen"]),
        ("#cherchonsAminata", ["cherchonsAminata"]),
        ("texte seb, sors avec cath", ["seb", "cath"]),
        ("Karine Tremblay Montréal", ["Karine Tremblay"]),
        ("la math est dure, will you come", []),
    ],
)
def test_what_stands_beside_a_name_and_short_forms(text: str, texts: list[str]) -> None:
    assert found(text, "PERSON") == texts

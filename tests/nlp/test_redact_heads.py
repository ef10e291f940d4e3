"""What belongs to a find goes with it; who is spoken to, asked for or signs is told from the word that bears the name.

No text here is one of the benches' texts: names and places are other ones.
"""

from __future__ import annotations

import re
import time

import pytest

from nlp.redact import redact
from nlp.redact.gazetteers import phrase_at, small_places, unsure_places
from nlp.redact.page import Page


def left(text: str) -> str:
    """Return what is left of a text, every placeholder as "_"."""
    return re.sub(r"\[[A-Z_]+_\d+\]", "_", redact(text).text)


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("venez au Club de raquette Les Pieds Gelés", "venez au _"),
        ("la Coop de santé du Mont-Perdu recrute", "la _ recrute"),
        ("le garage mécanique Bertrand Loubier et fils", "le _"),
        ("on se voit au Tim du boulevard Desrosiers", "on se voit au _"),
        ("mon chien aime le garage de Maxime", "mon chien aime le garage de _"),
        ("elle va au Larkspur Elementary", "elle va au _"),
        ("Mon boss, Serres Wickham, paie mal", "Mon boss, _, paie mal"),
        ("l'AS Grandpré joue samedi", "l'_ joue samedi"),
        ("près de l'église. Maika viendra", "près de l'église. _ viendra"),
        ("notre équipe. Thanh a gagné", "notre équipe. _ a gagné"),
    ],
)
def test_what_a_find_is_the_name_of_goes_with_it(text: str, rest: str) -> None:
    assert left(text) == rest


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("livrez au 412 rue des Aulnes, 3e étage, sonnez", "livrez au _, sonnez"),
        ("au 412 rue des Aulnes app B", "au _"),
        ("au 88 rg 4 après le pont", "au _ après le pont"),
        ("c'est au 2250 route 117 Nord", "c'est au _"),
        ("au coin de Bellerive pis 5e", "au _"),
        ("à voir au 615 des Jonquilles", "à voir au _"),
        ("au coin de la table et du mur", "au coin de la table et du mur"),
        ("j'ai 3 rues et 2 chats", "j'ai 3 rues et 2 chats"),
    ],
)
def test_addresses_go_with_their_floor_door_and_corner(text: str, rest: str) -> None:
    assert left(text) == rest


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("on pêche au lac à la Barbotte", "on pêche au _"),
        ("au parc de la Pointe-aux-Bouleaux", "au _"),
        ("il reste à Val-des-Grives", "il reste à _"),
        ("un lac de montagne, une rivière à traverser", "un lac de montagne, une rivière à traverser"),
        ("de Côte-des-Neiges au Centre-du-Québec", "de Côte-des-Neiges au Centre-du-Québec"),
        ("au parc Jean-Drapeau", "au parc Jean-Drapeau"),
        ("née en 2008 le 4 mai 2008", "née en 2008 le _"),
        ("né 1991-02-03 à Laval", "né _ à Laval"),
        ("une plaque qui finit par 7KD", "une plaque qui finit par _"),
        ("mon permis W402117793 est expiré", "mon permis _ est expiré"),
        ("son compte coach.tropfort.mtl m'écrit", "son compte _ m'écrit"),
        ("c'est fini.tu viens ou pas", "c'est fini.tu viens ou pas"),
        ("version 2.10.4 du jeu", "version 2.10.4 du jeu"),
    ],
)
def test_places_dates_and_numbers(text: str, rest: str) -> None:
    assert left(text) == rest


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Prudence, si tu vois ça, rappelle", "_, si tu vois ça, rappelle"),
        ("Prudence sur les routes ce soir", "Prudence sur les routes ce soir"),
        ("lol gab t'es drôle", "lol _ t'es drôle"),
        ("ok will you come", "ok will you come"),
        ("demander Clermont après 5 h", "demander _ après 5 h"),
        ("la famille Ottawa vous remercie", "la famille _ vous remercie"),
        ("mon ex Bourdon me suit", "mon ex _ me suit"),
        ("j'ai laissé le char à will", "j'ai laissé le char à _"),
        ("its jo, i lost my cell", "its _, i lost my cell"),
        ("adressez-vous à Lise", "adressez-vous à _"),
        ("this is a Chance for all", "this is a Chance for all"),
        ("Violet here, new number", "_ here, new number"),
        ("du violet et du bleu, deux manteaux", "du violet et du bleu, deux manteaux"),
    ],
)
def test_names_that_are_words_by_who_is_spoken_to(text: str, rest: str) -> None:
    assert left(text) == rest


def test_places_from_geonames_are_known_and_the_doubtful_need_a_pointer() -> None:
    page = Page("on va à Petitcodiac")
    assert phrase_at(page, 3, small_places()) == 1
    assert ("calumet",) in unsure_places()
    assert left("on va à Petitcodiac") == "on va à _"
    assert left("fumer le calumet avec les autres") == "fumer le calumet avec les autres"


def test_joined_words_cost_the_same_each_however_many(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = 0
    word_at = Page.word_at

    def counted(page: Page, index: int) -> object:
        nonlocal looked
        looked += 1
        return word_at(page, index)

    monkeypatch.setattr(Page, "word_at", counted)
    redact("L'" * 500)
    few, looked = looked, 0
    redact("L'" * 2000)
    assert few > 0
    assert looked < 5 * few


def test_a_region_of_joined_words_stays() -> None:
    assert left("On vit dans Côte-des-Neiges depuis mai.") == "On vit dans Côte-des-Neiges depuis mai."


@pytest.mark.parametrize(
    ("head", "again"),
    [
        ("Jean Tremblay. Tim Hortons", " du coin"),
        ("Jean Tremblay et association", " de la famille"),
        ("Julie: ecole", " des adultes"),
        ("Julie: ecole", " secondaire des adultes"),
        ("12 rue des Pins", ", apt 3 au 2e etage"),
        ("on rit ", "ahah"),
        ("Julie au coin de", " la rue"),
        ("Club de motoneige", " et plus et plus"),
        ("Val-des-Pins ", "Abq-l'"),
        ("Jean Tremblay ", "a."),
        ("Jean Tremblay ", "514 555 "),
    ],
)
def test_no_text_takes_more_than_its_length(head: str, again: str) -> None:
    """A text four times as long takes about four times as long; eight times are allowed, sixteen would be quadratic.

    What can be read in two ways at each repeat would take 2**60 times as long, and never end.
    """
    redact(head)  # lists are read once

    def took(times: int) -> float:
        start = time.process_time()
        redact(head + again * times + "q")
        return time.process_time() - start

    assert min(took(600) for _ in range(2)) < 8 * min(took(150) for _ in range(3)) + 0.05


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Je suis avec Jean Tremblay.Il est gentil", "Je suis avec _.Il est gentil"),
        ("Bonjour.Julie est partie", "Bonjour._ est partie"),
        ("écris à julie.fitness99 sur snap", "écris à _ sur snap"),
        ("samedi le 24 Mathieu vient", "samedi le 24 _ vient"),
        ("J'ai donné 500 de Jean Tremblay", "J'ai donné 500 de _"),
        ("12 rue des Pins - 450 $ par mois", "_ - 450 $ par mois"),
        ("12 rue des Pins et 15 minutes de marche", "_ et 15 minutes de marche"),
        ("12 rue des Pins and 2 kids", "_ and 2 kids"),
        ("P.S. appelle moi", "P.S. appelle moi"),
        ("M.P. Tremblay est là", "_ est là"),
        ('Marie-Pier a dit "Viens"', '_ a dit "Viens"'),
        ("dispo.24 h sur 24", "dispo.24 h sur 24"),
        ("Kevin's Julie", "_'s _"),
        ("rose et Julie sont là", "_ et _ sont là"),
    ],
)
def test_what_stands_beside_a_find_and_is_not_of_it(text: str, rest: str) -> None:
    assert left(text) == rest


def test_a_text_that_is_not_read_to_its_end_loses_the_names_that_nobody_vouches_for() -> None:
    doors = "".join(f", apt {number}" for number in range(14, 400))
    done = left(f"12 rue des Pins{doors}. et hier Zbrowskaya Ghultep dormait dans son logement")
    assert "Zbrowskaya" not in done
    assert "Ghultep" not in done
    assert left(done) == done

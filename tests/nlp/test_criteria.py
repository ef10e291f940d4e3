"""Every automated criterion with phrases that show it and near misses that do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.criteria import Finding, find_criteria
from nlp.criteria.notation import parse_pattern
from nlp.criteria.words import BOUNDARY, words
from nlp.entities import entities
from nlp.grid import load_grid
from nlp.tokens import tokens
from nlp.types import Kind

SHOWN = 0.6
"""Above the weight of a weak pattern; what is negated, past or fiction stays below."""

ADS_ONLY = ("C09", "V04")

POSITIVES: list[tuple[str, str]] = [
    ("R01", "500 par jour, job facile, j'explique pas ici"),
    ("R01", "make crazy money fast, no experience needed"),
    ("R02", "t'es en fugue? tu peux dormir chez nous, pas de questions"),
    ("R02", "got a couch for you girls, no rent, just mp"),
    ("R03", "il me gâte, y paye tout, le resto pis les ongles"),
    ("R03", "he pays for everything and bought me a new phone"),
    ("R04", "je t'aime bébé, quelques mois pis on paye notre condo, c'est notre projet"),
    ("R04", "if you loved me you would help us, just until we save enough"),
    ("R05", "amène tes amies, 100 par fille"),
    ("R05", "bring a friend and get a bonus for each girl"),
    ("R06", "dis-le à personne, surtout pas tes parents"),
    ("R06", "don't tell your mom, delete this chat after"),
    ("R07", "y'a un gars qui aborde des filles devant l'école"),
    ("R07", "man outside the high school handing cards to girls"),
    ("R08", "on avance le loyer pis tu rembourses après"),
    ("R08", "we front the ticket, you pay us back once you start"),
    ("R09", "billet d'avion payé, départ vendredi"),
    ("R09", "flight covered, leaving friday for Calgary"),
    ("R10", "pas besoin de papiers, payé au noir"),
    ("R10", "no papers needed, paid under the table"),
    ("R11", "cherche hôtesses pour soirées privées"),
    ("R11", "models wanted for a private casting at a hotel"),
    ("R12", "tu sors du foyer, on a une job pis une chambre pour toi"),
    ("R12", "just left foster care and alone, we got work and a room, come"),
    ("M01", "chu mineure pis j'ai 15 ans"),
    ("M01", "I'm sixteen and lost"),
    ("M02", "elle dit 18 mais elle est en sec 4"),
    ("M02", "profile says 18 but she is in grade 10"),
    ("M03", "je suis en secondaire 3"),
    ("M03", "im in grade 9"),
    ("M04", "mon éducatrice du centre jeunesse le sait pas"),
    ("M04", "my caseworker at the group home"),
    ("M05", "chu en fugue depuis trois jours"),
    ("M05", "ran away from home, need a place"),
    ("M06", "petite nouvelle, toute jeune"),
    ("M06", "young and fresh, new in town"),
    ("M07", "si on te demande dis que t'as 18"),
    ("M07", "he got her a fake ID so she passes for 19"),
    ("M08", "ma fille est partie avec un homme rencontré sur internet"),
    ("M08", "my niece left with some guy she met online"),
    ("D01", "j'veux pu vivre"),
    ("D01", "everyone would be better off without me"),
    ("D02", "j'ai des idées suicidaires"),
    ("D02", "I keep thinking about ending it all"),
    ("D03", "adieu tout le monde, c'est mon dernier message"),
    ("D03", "goodbye everyone, this is my last post"),
    ("D04", "elle recommence à se faire mal"),
    ("D04", "started cutting myself again"),
    ("D05", "aidez-moi svp, je sais pas qui appeler"),
    ("D05", "please help me get out of here"),
    ("D06", "j'ai peur de rentrer, il va me frapper"),
    ("D06", "scared to go home, he threatened to hurt me"),
    ("D07", "je veux arrêter de danser mais le boss veut pas"),
    ("D07", "I want out, trying to leave him"),
    ("D08", "je pleure tous les soirs"),
    ("D08", "crying every night, I feel so alone"),
    ("D09", "il défonce la porte, appelez la police"),
    ("D09", "he's banging on my door, please hurry"),
    ("C01", "nos filles vous attendent à Hull"),
    ("C01", "our girls are ready for you"),
    ("C04", "je lui dois encore 3000 pour le billet"),
    ("C04", "he says I owe him for the ticket, working off my debt"),
    ("C05", "le boss garde mon passeport"),
    ("C05", "she keeps our passports in her safe"),
    ("C06", "il me laisse pas sortir sans permission"),
    ("C06", "he checks my phone and tells me what to wear"),
    ("C07", "enlève les espaces du numéro"),
    ("C07", "remove the dots and call"),
    ("C08", "je suis enfermée dans une chambre de motel"),
    ("C08", "locked in the basement, he took the key"),
    ("C09", "même numéro pour les trois, rotation chaque semaine"),
    ("C09", "rotating lineup, same number for all of them"),
    ("C10", "appelez le gérant, c'est lui qui répond"),
    ("C10", "text the manager, she doesn't answer"),
    ("C11", "elle n'a pas de congé, je décide de son horaire"),
    ("C11", "she goes where I send her, no days off"),
    ("V01", "de passage à Sept-Îles jusqu'à dimanche"),
    ("V01", "in town until friday only"),
    ("V03", "ils nous changent de motel chaque semaine"),
    ("V03", "they moved her to another city every week"),
    ("V04", "prochaine ville jeudi"),
    ("V04", "next stop Moncton, tour dates soon"),
    ("V05", "je passe te chercher à soir, sois prête à 21h"),
    ("V05", "I'll pick you up tonight behind the school"),
    ("V06", "y m'emmènent dans une van, je sais pas où on va"),
    ("V06", "they're moving us tonight, don't know where we are going"),
    ("X01", "monsieur cherche très jeune, généreux"),
    ("X01", "generous man looking for young girls, the younger the better"),
    ("X02", "t'as 15 ans, pas grave, je paye pareil"),
    ("X02", "16 is fine, I won't tell"),
    ("X03", "quelqu'un connaît la petite nouvelle?"),
    ("X03", "anyone tried the new young one?"),
    ("N01", "je suis indépendante, je choisis mes clients"),
    ("N01", "independent, I screen everyone, no agency"),
    ("N02", "atelier de prévention, ligne d'écoute 988"),
    ("N02", "police arrested a man, trial starts monday"),
    ("N03", "les paroles de cette chanson, lol"),
    ("N03", "this movie, I'm literally dead 😂"),
    ("N04", "vous feriez quoi à ma place?"),
    ("N04", "I'm a teacher, any advice?"),
    ("N05", "attention à ce faux profil, je l'ai bloqué"),
    ("N05", "heads up, got this message, blocked and reported"),
    ("N06", "18,50 $ de l'heure, envoyez votre CV"),
    ("N06", "$19 an hour, apply with resume, benefits"),
    ("N07", "divan à vendre, négociable"),
    ("N07", "my cat and our garden"),
    ("N08", "fausse alerte, tout va bien"),
    ("N08", "false alarm, everything is fine"),
]

NEAR_MISSES: list[tuple[str, str]] = [
    ("R01", "la réunion de copropriété est mardi à 500 mètres d'ici"),
    ("R01", "the bank pays 4 percent a year"),
    ("R02", "mon chat dort chez le voisin"),
    ("R02", "hotel rooms downtown are full this weekend"),
    ("R03", "j'ai payé ma facture d'Hydro"),
    ("R03", "I pay my own phone bill"),
    ("R04", "je t'aime maman"),
    ("R05", "amène ton vélo au parc"),
    ("R05", "bring a raincoat"),
    ("R06", "parle à tes parents de tes notes"),
    ("R06", "tell your mom I said hi"),
    ("R07", "les parents attendent l'autobus au coin"),
    ("R08", "on rembourse les billets du spectacle annulé"),
    ("R09", "le train est encore en retard"),
    ("R10", "apporter deux pièces d'identité et le bail signé"),
    ("R11", "le modèle 2019 de la souffleuse est meilleur"),
    ("R12", "les nouveaux voisins ont une terrasse"),
    ("M01", "j'ai 42 ans"),
    ("M01", "j'ai eu 15 minutes de retard"),
    ("M02", "il a 18 poules et 2 coqs"),
    ("M03", "le bois sec brûle mieux"),
    ("M04", "le foyer du salon chauffe bien"),
    ("M04", "the unit test fails on my machine"),
    ("M05", "la fugue de Bach"),
    ("M05", "he ran for mayor"),
    ("M06", "le jeune maire de la ville"),
    ("M07", "il fait 18 degrés"),
    ("M08", "ma fille est partie en camp scout"),
    ("D01", "je veux vivre à la campagne"),
    ("D01", "je meurs de faim lol, j'veux mourir de rire"),
    ("D02", "le film m'a fait pleurer"),
    ("D03", "dernier message avant les vacances du bureau, lol"),
    ("D04", "je me suis coupé en cuisinant"),
    ("D05", "need help moving a fridge saturday"),
    ("D06", "j'ai pas peur de lui"),
    ("D06", "I'm not scared of him"),
    ("D07", "je veux partir en vacances"),
    ("D08", "the baby cries"),
    ("D09", "le livreur est à la porte d'à côté"),
    ("C01", "nos prix baissent"),
    ("C04", "la dette du Québec baisse"),
    ("C05", "le facteur garde le colis au comptoir"),
    ("C06", "the dog lets me sleep"),
    ("C07", "deux cafés, un thé"),
    ("C08", "le stationnement est barré au public"),
    ("C09", "même heure la semaine prochaine"),
    ("C10", "le notaire confirme la date"),
    ("C11", "elle est infirmière de nuit"),
    ("V01", "je visite ma mère"),
    ("V03", "on a changé de fournisseur internet"),
    ("V04", "le coucher de soleil est beau"),
    ("V05", "le camion passe le lundi pour les vidanges"),
    ("V06", "le train nous emmène à la plage"),
    ("X01", "cherche jeune pousse de tomate"),
    ("X02", "15 ans de garantie, pas grave"),
    ("X03", "quelqu'un connaît un bon plombier?"),
    ("N01", "le syndicat choisit son président"),
    ("N02", "il pleut depuis hier"),
    ("N03", "je dors mal"),
    ("N04", "bonne fête Louise"),
    ("N05", "la clôture est bloquée par la neige"),
    ("N06", "appelle-moi ce soir"),
    ("N07", "je dors mal"),
    ("N08", "il est tard"),
]


def findings(text: str, kind: Kind = "post") -> list[Finding]:
    return find_criteria(text, words(text, tokens(text)), entities(text), kind)


def shown(text: str, kind: Kind = "post") -> set[str]:
    return {one.criterion for one in findings(text, kind) if one.weight >= SHOWN}


@pytest.mark.parametrize(("criterion", "text"), POSITIVES)
def test_it_is_found(criterion: str, text: str) -> None:
    assert criterion in shown(text, "ad" if criterion in ADS_ONLY else "post")


@pytest.mark.parametrize(("criterion", "text"), NEAR_MISSES)
def test_a_near_miss_is_not(criterion: str, text: str) -> None:
    assert criterion not in shown(text, "ad" if criterion in ADS_ONLY else "post")


def test_every_automated_criterion_and_counter_is_in_both_tables() -> None:
    grid = load_grid()
    wanted = {one.id for one in grid.criteria if one.automated} | {one.id for one in grid.counters}
    assert wanted == {criterion for criterion, _ in POSITIVES} == {criterion for criterion, _ in NEAR_MISSES}


@pytest.mark.parametrize(
    ("text", "criterion", "context"),
    [
        ("elle est pas en fugue", "M05", "negated"),
        ("she did not run away", "M05", "negated"),
        ("quand j'étais ado j'étais en fugue", "M05", "past"),
        ("when I was a kid I ran away from home", "M05", "past"),
        ("dans le film la fille est en fugue", "M05", "fiction"),
        ("in the novel she ran away from home", "M05", "fiction"),
    ],
)
def test_what_surrounds_it_weakens_it(text: str, criterion: str, context: str) -> None:
    found = [one for one in findings(text) if one.criterion == criterion]
    assert found
    assert all(context in one.context and one.weight < SHOWN for one in found)


def test_a_quotation_leaves_it_whole() -> None:
    assert "R06" in shown("il m'a écrit « dis-le à personne »")


def test_a_negation_that_is_part_of_the_sign_does_not_weaken_it() -> None:
    assert "D01" in shown("je veux plus vivre")


@pytest.mark.parametrize(
    "text", ["chu en fugue", "jsuis en fugue", "j'suis en fugue", "Je suis en FUGUE", "ｊｅ suis en fugue"]
)
def test_texting_joual_and_disguise_are_read_alike(text: str) -> None:
    assert "M05" in shown(text)


@pytest.mark.parametrize(
    ("text", "criterion"),
    [
        ("Lia, Roxy & Mimi, Gatineau", "C09"),
        ("Kiki à Montréal lundi → Gatineau mardi → Ottawa jeudi", "V04"),
    ],
)
def test_layout_shows_it_on_ads_only(text: str, criterion: str) -> None:
    assert criterion in shown(text, "ad")
    assert criterion not in shown(text, "post")


def test_spans_are_the_words_of_the_text() -> None:
    text = "Bon… y garde mon passeport, OK?"
    spans = {text[one.start : one.end] for one in findings(text) if one.criterion == "C05"}
    assert "garde mon passeport" in " ".join(spans)


@given(st.text(max_size=300))
def test_no_text_raises_and_spans_stay_inside(text: str) -> None:
    for one in findings(text):
        assert 0 <= one.start < one.end <= len(text)


@pytest.mark.parametrize(
    ("line", "wrong"), [("~3", "nothing is required"), ("été", "not one folded word"), ("de?", "nothing is required")]
)
def test_a_pattern_that_cannot_be_read_is_refused(line: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        parse_pattern("R01", line, 1.0)


def test_no_pattern_reaches_across_a_sentence() -> None:
    assert BOUNDARY in [one.text for one in words("Il part. Passeport perdu", tokens("Il part. Passeport perdu"))]
    assert "C05" not in shown("Elle garde. Passeport perdu")

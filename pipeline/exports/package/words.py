"""What a corpus says of itself in words, in both languages: for whoever opens it years after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from store.exports import Tier

Lang = Literal["fr", "en"]
Words = Mapping[Lang, str]

TITLES: Mapping[Tier, Words] = {
    "open": {
        "fr": "Caractéristiques de publications publiques où un lecteur automatique a vu un signe de "
        "recrutement, de minorité ou de détresse : généralisées, sans texte.",
        "en": "Features of public posts in which an automatic reader saw a sign of recruitment, of a minor or "
        "of distress: generalised, without text.",
    },
    "tabular": {
        "fr": "Caractéristiques de publications publiques signalées, par auteur sous un jeton propre à "
        "l'étude, dates décalées, sans texte.",
        "en": "Features of flagged public posts, by author under a token of the study's own, dates shifted, "
        "without text.",
    },
    "room": {
        "fr": "Textes à lire dans la salle de lecture ; rien n'en sort.",
        "en": "Texts to be read in the reading room; nothing of it leaves.",
    },
    "codes": {
        "fr": "Codes donnés dans la salle de lecture à des textes caviardés, et paraphrases revues par une "
        "autre personne.",
        "en": "Codes given in the reading room to redacted texts, and paraphrases that another person reviewed.",
    },
}
_AGREEMENT: Words = {
    "fr": "Sous entente d'utilisation : ne pas redistribuer, ne pas chercher à reconnaître quelqu'un, détruire "
    "à la fin.",
    "en": "Under a data-use agreement: do not pass on, do not try to recognise anybody, destroy at its end.",
}
LICENCES: Mapping[Tier, Words] = {
    "open": {
        "fr": "Usage libre pour la recherche et l'enseignement ; ne pas chercher à reconnaître quelqu'un.",
        "en": "Free to use for research and teaching; do not try to recognise anybody.",
    },
    "tabular": _AGREEMENT,
    "room": _AGREEMENT,
    "codes": _AGREEMENT,
}
RESPONSIBLE: Mapping[str, object] = {
    "rai:dataCollection": "Public text of approved sources, collected by declared collectors under robots.txt; "
    "never images, never behind a log-in. What no collector may read (walled platforms above all) is not in it.",
    "rai:dataCollectionType": "Web Scraping",
    "rai:dataAnnotationProtocol": "Signals and criteria are an automatic reader's, by a versioned grid; they "
    "are signs to be read by a person, not facts about anybody.",
    "rai:dataPreprocessingProtocol": "Full-domain generalisation of columns that may be known already, rows "
    "left out that stay too rare; the data dictionary has the levels and their cost.",
    "rai:dataUseCases": "Counting, comparing over time and between regions, planning of services. Not: finding "
    "or scoring persons, training of systems that decide about persons, policing of adults who advertise.",
    "rai:dataBiases": "Sources and their readers are not the population; the reader misses and mistakes some "
    "ways of speaking more than others (see its model card).",
    "rai:dataLimitations": "Texts are kept for days or weeks, so a corpus shows what was there when it was "
    "made. Small figures are withheld or rounded.",
    "rai:personalSensitiveInformation": "None is meant to be left: no text, no account, no contact in tables; "
    "quasi-identifiers reach the bars of the tier. The risk is very low, not zero.",
    "rai:dataReleaseMaintenancePlan": "It expires and may be recalled: whoever holds a copy destroys it then "
    "and says so.",
}

SECTIONS: tuple[tuple[Words, Words], ...] = (
    (
        {"fr": "Pourquoi", "en": "Motivation"},
        {
            "fr": "Mesurer l'ampleur du recrutement et de la vente d'enfants en ligne, sans montrer personne.",
            "en": "To measure how far children are recruited and sold online, without showing anybody.",
        },
    ),
    (
        {"fr": "Collecte", "en": "Collection"},
        {
            "fr": "Textes publics de sources approuvées, lus par des collecteurs déclarés qui respectent "
            "robots.txt ; jamais d'image, jamais derrière une connexion. Une annonce d'adulte n'est pas un "
            "signe : elle n'est ici que si un signe de recrutement, de minorité ou de détresse y était aussi. "
            "Ni quarantaine, ni gel juridique, ni consentement retiré, ni texte apporté pour une demande.",
            "en": "Public texts of approved sources, read by declared collectors that respect robots.txt; "
            "never an image, never behind a log-in. An adult's advertisement is no sign: it is here only if a "
            "sign of recruitment, of a minor or of distress was in it too. Nothing of quarantine, legal hold, "
            "withdrawn consent, or of what was brought in for a request.",
        },
    ),
    (
        {"fr": "Étiquettes", "en": "Labels"},
        {
            "fr": "Signaux et critères viennent d'un lecteur automatique et d'une grille versionnée. Ce sont "
            "des signes à lire, pas des faits ; ses erreurs mesurées sont dans sa fiche de modèle.",
            "en": "Signals and criteria come from an automatic reader and a versioned grid. They are signs to "
            "be read, not facts; its measured errors are in its model card.",
        },
    ),
    (
        {"fr": "À quoi cela peut servir, et à quoi non", "en": "What it may be used for, and what not"},
        {
            "fr": "Compter, comparer dans le temps et entre régions, prévoir des services. Jamais pour "
            "retrouver, noter ou joindre quelqu'un, ni pour décider d'une personne.",
            "en": "Counting, comparing over time and between regions, planning services. Never to find, score "
            "or contact anybody, nor to decide about a person.",
        },
    ),
    (
        {"fr": "Fin et rappel", "en": "End and recall"},
        {
            "fr": "À la date de fin, ou si la maison rappelle ce corpus, détruisez chaque copie et "
            "confirmez-le dans Vigie.",
            "en": "At its end, or if the house recalls it, destroy every copy and confirm it in Vigie.",
        },
    ),
)
"""Sections of the datasheet that are the same for every corpus (after Gebru et al. 2021, CACM 64:12)."""

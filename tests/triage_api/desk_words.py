"""Texts that the desks' tests share; all fictional."""

from __future__ import annotations

import re

FUGUE = "Chu en fugue depuis hier, j'ai 15 ans, je cherche une place où dormir à Montréal. Texte au 514-555-0142."
FAREWELL = "Je peux plus continuer, c'est mon dernier message, adieu tout le monde, c'est ce soir."
LURE = "Filles motivées cherchées, gros cash rapide, pas d'expérience, MP moi pour les détails, je paye tout."
HARMLESS = "Vente de garage samedi au parc, vélos et livres, appelez au 514-555-0142."
HOSTILE = (
    "Chu en fugue depuis hier, j'ai 15 ans <script>alert(1)</script>"
    '<img src="https://pisteur.example/p.gif"> <style>@import url(https://pisteur.example/c.css);</style> '
    "voir https://pisteur.example/a?b=1 \u202e et pisteur.com/x"
)


def words_of(page: str) -> str:
    """Return a page's text without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))

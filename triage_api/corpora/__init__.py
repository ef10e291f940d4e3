"""Corpora for researchers: the open tier, counts only."""

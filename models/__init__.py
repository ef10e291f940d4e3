"""Trained classifiers with their cards, and the criteria grid: data only, read by `nlp`."""

"""Corpora for researchers: gathered, generalised, written and proved by the worker; see `store.exports`."""

"""Whom to call before anything else, and what to know before searching."""

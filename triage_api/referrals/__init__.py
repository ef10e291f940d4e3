"""Referrals: what is told to one pivot so that they can act, who let it go, who took it, and what became of it."""

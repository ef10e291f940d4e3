"""Tokens for programs: for some of their owner's actions, for some time."""

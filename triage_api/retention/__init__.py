"""Retention of requests: handed over, then erased; and what was erased, counted by month."""

"""Gazetteers for redaction: names, small places, and capitalised words that name nobody. Plain words, no code."""

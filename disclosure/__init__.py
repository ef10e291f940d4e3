"""Disclosure control: what may leave the house without leading back to anybody, and the proof of it.

Pure functions over rows, counts and texts, without database or network, for the exports and the trends page alike:
measuring and reaching k and l, withholding small figures, tokens and dates of a study, scans and simulated intruders.
"""

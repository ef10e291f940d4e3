"""Oversight: the register and the sources, for those who check."""

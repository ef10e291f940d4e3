"""Searches: entered in the register before the index is asked, and never made twice."""

"""Emerging words: candidates for analysts, shared ones for partners and researchers."""

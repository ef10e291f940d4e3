"""Blind double coding, how far two readers agree on each criterion, and what is suspended when they do not."""

"""Trends: figures of months that are over, published once, from which no small one can be worked out."""

"""The directory: organisations, the pivots through whom all goes, and what was agreed with them."""

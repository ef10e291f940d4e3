"""The reading room: redacted texts are read and coded in place; no copy of one leaves."""

"""Consents: what a youth, or a parent or tutor, lets be told, to whom, until when; and how it is taken back."""

"""Subjects: erasing what is kept of one, and changing the keys that all of it rests on."""

"""Texts with planted identifiers, and how a finder of them is judged.

Three sittings were written before the redactor was read, each in another style: `proches` (youths and relatives,
joual), `textos` (texting, ads, English, mixed), `lettres` (letters, notices, notes). Two more hands wrote without ever
seeing it: `paroisse` (a small town: school, hockey, parish, yard sales) and `ruelle` (a city's youth worker: rooms,
jobs, tenants, newcomers, chats). Some texts of each are `unseen`: their errors may not be looked at, so that their
figures stay an estimate; those of `seen` may. Half of the first three's `unseen` texts were looked at later, and are
`seen` since. The other files were written to mend by, and are `seen` whole.

The texts that the redactor learns from are others, by other hands:
[fixtures/redaction](../../fixtures/redaction/__init__.py).

A row: ``{"id", "part": "seen"|"unseen", "marked"}``, identifiers marked ``{{TYPE|words}}``; a text without marks is a
trap. Titles, kin words, ages, cities and brands stay unmarked. All is fictional.
"""

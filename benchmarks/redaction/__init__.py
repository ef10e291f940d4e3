"""Texts with planted identifiers, and how a finder of them is judged.

Three sittings were written before the redactor was read, each in another style: `proches` (youths and relatives,
joual), `textos` (texting, ads, English, mixed), `lettres` (letters, notices, notes). Every other text of theirs is
`seen`: its errors may be looked at; those of `unseen` may not, so that its figures stay an estimate. The other files
were written afterwards, to mend by, and are `seen` whole. A row: ``{"id", "part": "seen"|"unseen", "marked"}``,
identifiers marked ``{{TYPE|words}}``; a text without marks is a trap. Titles, kin words, ages, cities and brands stay
unmarked. All is fictional.
"""

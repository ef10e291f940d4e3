"""The words of the model card that no figure decides."""

from __future__ import annotations

INTRODUCTION = """\
# The reader's classifiers

*Written by `vigie train` from measured figures; do not edit. How it works: [docs/reading.md](../docs/reading.md).*

**What it is.** Four linear classifiers (`recruitment`, `minor`, `distress`, `third_party`) and three urgency steps, one
bilingual model each, over words, letter groups, bilingual word classes and the criteria of the grid; logistic
regression, calibrated by a sigmoid on writers that the model had not seen. `reader.skops` holds arrays and
scikit-learn estimators, no code; it is loaded with an explicit list of trusted types.

**What it is for.** To put public posts and ads, in the French and English of Québec, before a trained child-protection
analyst in a sensible order, with the words that caused each flag. A person reads and decides; nothing leaves the house
on a flag.

**What it must not be used for.**

- to score, rank, profile or identify persons: a label belongs to a text and ends with it;
- to decide anything without a person who has read the text, or as evidence of an offence;
- to watch private messages, a school, a workplace, a community or a named person;
- to find, list, report or evict adults who advertise: `third_party` and movement alone queue, link and keep nothing;
- to show that nothing is wrong: what it does not flag has not been cleared;
- to count how frequent anything is, or to compare places, languages or communities.

It reads text only. Names, places and words of origin, religion, language, gender identity and orientation are masked
before anything is learnt; that masks the words, not every trace of who writes: see Fairness.

**What it was trained on.** Fictional texts, written for Vigie by few independent writers of one kind; no real post.
Real posts differ: expect lower figures, measure on your own labelled sample (`vigie evaluate --gold FILE`), and set
thresholds again. About half of the texts below show a sign; in a real stream almost none do, so precision there is far
lower: `vigie evaluate --gold FILE --stream FILE` tells where signs would stand in the queue.

**What it reads.** Texts over 800 characters are read window by window; each signal keeps its strongest window.

Some criteria flag by themselves where they are plain and nothing in the text speaks against them, unless the
classifier holds it unlikely: a wish to die, suicidal thoughts, a farewell, self-injury, an attack or
confinement now, papers or money held, fear of a person, a runaway, a solicitation kept up after an age under 18. The
figures left one writer out do not count these flags; those of the unseen writers do.
"""

NO_REAL_POST = "by few independent writers of one kind; no real post."
FROM_DECISIONS = (
    "by few independent writers of one kind, and posts\n"
    "that people of this house decided on (writer `decided`), without what identifies people and without words that\n"
    "fewer than five voices used."
)
"""What stands in place of `NO_REAL_POST` on the card of a model that learnt from decisions."""

NOT_SEEN = "A fresh writer, read after the reader was made; no threshold and no pattern was chosen on these texts."
SEEN_BEFORE = {
    "w22_validation": (
        "These figures were looked at a few times while the solver and the share of negatives borne were chosen: they "
        "may flatter a little. Some errors were read at the very end; no threshold and no pattern was chosen on them."
    ),
    "w6_validation": (
        "These figures were looked at several times while earlier versions were made: they may flatter. No threshold "
        "and no pattern was chosen on them."
    ),
}
"""What is to be said of a validation writer whose figures were known while the reader was still changed."""

LEFT_OUT = """\
Value [95 % bootstrap interval]. Thresholds were chosen on these very scores, so precision, recall and F1 flatter
somewhat; AUROC and the calibration error (ECE) hardly. Some patterns of the grid were written after reading what was
missed in these texts, which flatters a little more. `third_party` is measured on ads."""

FAIRNESS = """\
## Fairness

Situations of `fixtures/fairness`, each told with names of many communities, in several ways of speaking, of a girl and
of a boy; and adults' ads for themselves. Written by hand by one author: they show where the reader fails, they do not
prove that it never does. `vigie evaluate --fairness` lists every text that was told apart.
"""

AGREEMENT = "## How far people agree\n"
NO_AGREEMENT = """\
The texts have been labelled once only: how far two people agree on them is not known, and no figure above can be held
against it.
"""

LIMITS = """\
## Limits

- Irony, quotations, lyrics and games are told from the real thing by few words; both kinds of error happen.
- Signs that need several posts, images, or knowledge of the place are out of reach.
- Spellings and turns of phrase of which the writers used few are read less well: see the ways of speaking above. Other
  languages are not read.
- Intervals say how much chance there is in the choice of these texts, not how much real posts differ from them.
- A low urgency is no promise: what waits is to be read too.
"""

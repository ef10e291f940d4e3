"""The model card, written when the model is trained: what it is for and not for, and what was measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from nlp.grid import load_grid
from nlp.model_file import MODEL_NAME, save
from nlp.reader import Reader
from nlp.training import Trained, alarms, tasks_of
from nlp.types import SIGNALS, URGENCIES
from pipeline.evaluate import GROUPS, Evaluation, evaluate, read_gold
from pipeline.measures import auroc, calibration_error, f1, measured, precision, recall, resamples, share
from pipeline.train import validation_file

CARD_NAME = "README.md"

_INTRODUCTION = """\
# The reader's classifiers

*Written by `vigie train` from measured figures; do not edit.*

**What it is.** Four linear classifiers (`recruitment`, `minor`, `distress`, `third_party`) and three urgency steps, one
bilingual model each, over words, letter groups, bilingual word classes and the criteria of the grid; logistic
regression, calibrated by a sigmoid on writers that the model had not seen. `reader.skops` holds arrays and
scikit-learn estimators, no code; it is loaded with an explicit list of trusted types.

**What it is for.** To put public posts and ads before a trained analyst in a sensible order, with the words that caused
each flag. A person reads and decides; nothing leaves the house on a flag.

**What it must not be used for.** To score, rank or identify persons; to decide without a reader; to monitor private
messages; to target adults' ads (`third_party` alone queues nothing); as evidence of an offence; as a measure of how
frequent anything is. It reads text only. Names, places and words of origin, religion, language, gender identity and
orientation are masked before anything is learnt.

**What it was trained on.** Fictional texts, written for Vigie by few independent writers of one kind; no real post.
Real posts differ: expect lower figures, measure on your own labelled sample (`vigie evaluate --gold FILE`), and set
thresholds again. Half of the texts below show a sign; in a real stream almost none do, so precision there is far lower.

**What it reads.** Texts over 800 characters are read window by window; each signal keeps its strongest window.

Some criteria flag by themselves, whatever the classifier says, where they are plain and nothing in the text speaks
against them: a wish to die, suicidal thoughts, self-injury, an attack under way, a solicitation kept up after an age
under 18. The figures left one writer out do not count these flags; those of the unseen writer do.
"""


def write_card(trained: Trained, corpora: Path, out: Path) -> None:
    """Write the model and its card into a folder; measured on the validation writer if the corpora hold one."""
    out.mkdir(parents=True, exist_ok=True)
    save(trained.fitted, out / MODEL_NAME)
    gold = validation_file(corpora)
    unseen = evaluate(Reader(trained.fitted, load_grid()), read_gold(gold)) if gold.exists() else None
    (out / CARD_NAME).write_text("\n".join(card_lines(trained, unseen)) + "\n", encoding="utf-8")


def card_lines(trained: Trained, unseen: Evaluation | None) -> Iterator[str]:
    """Yield the lines of the card."""
    yield _INTRODUCTION
    yield from _identity(trained)
    yield from _left_out(trained)
    if unseen is not None:
        yield from _validation(unseen)


def _identity(trained: Trained) -> Iterator[str]:
    fitted = trained.fitted
    writers = Counter(row.writer for row in trained.rows)
    yield "## Identity\n"
    yield f"- version `{fitted.version}`, grid {load_grid().version}, {len(fitted.space.names)} features"
    yield f"- digest over sorted parameter names, dtypes and values: `{fitted.digest}` (`vigie train --check`)"
    yield f"- {len(trained.rows)} texts by {len(writers)} writers: " + ", ".join(
        f"{name} {count}" for name, count in sorted(writers.items())
    )
    positives = Counter(signal for row in trained.rows for signal in row.signals)
    urgencies = Counter(row.urgency for row in trained.rows)
    yield (
        "- labelled "
        + ", ".join(f"{signal} {positives[signal]}" for signal in SIGNALS)
        + "; urgency "
        + ", ".join(f"{one} {urgencies[one]}" for one in URGENCIES)
    )
    chosen = {**fitted.thresholds, **fitted.urgency_thresholds}
    yield "- thresholds: " + ", ".join(f"{name} {value:.2f}" for name, value in chosen.items()) + "\n"


def _left_out(trained: Trained) -> Iterator[str]:
    """Yield figures where every text was scored by a model that had not seen its writer."""
    weights = resamples(len(trained.rows))
    tasks, alarming, flagged = tasks_of(trained.rows), alarms(trained.left_out), []
    yield "## One writer left out at a time\n"
    yield "Value [95 % bootstrap interval]. Thresholds were chosen on these very scores, so precision, recall and F1"
    yield "flatter somewhat; AUROC and the calibration error (ECE) hardly. Some patterns of the grid were written after"
    yield "reading what was missed in these texts, which flatters a little more. `third_party` is measured on ads.\n"
    yield "| signal | positives | precision | recall | F1 | AUROC | ECE |"
    yield "|---|---|---|---|---|---|---|"
    for signal in SIGNALS:
        used, truth = tasks[signal]
        scores = trained.left_out[signal]
        said = ((scores >= trained.fitted.thresholds[signal]) | (alarming == signal)) & used
        flagged.append(said)
        own = weights[:, used]
        figures = [measured(one(own, truth[used], said[used])) for one in (precision, recall, f1)]
        figures += [measured(one(own, truth[used], scores[used])) for one in (auroc, calibration_error)]
        yield f"| {signal} | {truth[used].sum()} | " + " | ".join(map(str, figures)) + " |"
    negative = np.array([not row.signals for row in trained.rows])
    yield f"\nNegatives flagged: {measured(share(weights, np.any(flagged, axis=0), negative))}\n"


def _validation(unseen: Evaluation) -> Iterator[str]:
    yield "## A writer that was never trained on\n"
    yield f"{unseen.texts} texts, {unseen.negatives} without a sign, read as the reader reads them. These figures were"
    yield "looked at several times while the reader was made; no threshold and no pattern was chosen on them. Evidence"
    yield "overlap counts any shared character, over flags that are right.\n"
    yield "| signal | language | texts | positives | precision | recall | F1 | AUROC | ECE |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for one in (unseen.figures(signal, group) for signal in SIGNALS for group in GROUPS):
        figures = (one.precision, one.recall, one.f1, one.auroc, one.ece)
        yield f"| {one.signal} | {one.group} | {one.texts} | {one.positives} | " + " | ".join(map(str, figures)) + " |"
    yield f"\n- macro-F1 {unseen.macro_f1}"
    yield f"- negatives flagged {unseen.negatives_flagged}"
    yield f"- `immediate` recalled {unseen.immediate_recall}"
    yield f"- `soon` or `immediate` recalled as one of them {unseen.soon_or_immediate_recall}"
    yield f"- evidence that shares words with the labelled evidence {unseen.evidence_overlap}\n"
    yield "Urgency, labelled in rows, read in columns:\n"
    yield "| | " + " | ".join(URGENCIES) + " |"
    yield "|---|---|---|---|---|"
    for name, row in zip(URGENCIES, unseen.urgency_confusion, strict=True):
        yield f"| {name} | " + " | ".join(map(str, row)) + " |"

"""Train the reader on the corpora and the redactor on marked texts; the same texts give the same, to the last digit."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path

from nlp.model_file import MODEL_NAME, ModelFileError, load
from nlp.redact.learnt.marked import Marked, faults_of, read_marks
from nlp.redact.learnt.training import NoMarks, learn, marked_by_rules
from nlp.redact.learnt.weights import FILE, Weights, unpacked
from nlp.training import Labelled, Trained, fit
from pipeline.gold import read_gold
from store.errors import BadInput

VALIDATION = "_validation"
"""How the names end of corpora that no model is trained on."""
SECOND_LABELS = "second_labels"
"""The file in which texts of the corpora are labelled a second time: labels without texts."""
_LEAST_WRITERS = 2
_SHARE_OF_TEXTS = 3


def corpora_folder() -> Path:
    """Return the folder of the corpora that Vigie ships."""
    return Path(str(files("fixtures.corpora")))


def models_folder() -> Path:
    """Return the folder of the shipped model."""
    return Path(str(files("models")))


def training_files(folder: Path) -> list[Path]:
    """Return the corpora of a folder that are learnt from, by name."""
    return [path for path in corpora_files(folder) if not path.stem.endswith(VALIDATION)]


def validation_files(folder: Path) -> list[Path]:
    """Return the corpora of a folder that are never learnt from, the newest writer first."""
    held = [path for path in corpora_files(folder) if path.stem.endswith(VALIDATION)]
    return sorted(held, key=_number, reverse=True)


def corpora_files(folder: Path) -> list[Path]:
    """Return every labelled corpus of a folder, by name."""
    return sorted(path for path in folder.glob("*.jsonl") if path.stem != SECOND_LABELS)


def _number(path: Path) -> tuple[int, str]:
    """Return what orders writers by the time that they wrote: the number in a corpus's name."""
    found = re.search(r"\d+", path.stem)
    return int(found[0]) if found else 0, path.stem


def read_rows(paths: Iterable[Path]) -> Iterator[Labelled]:
    """Yield the labelled rows of corpora; the file's name is the writer's. Raises BadInput on a broken row."""
    for path in paths:
        for row in read_gold(path):
            yield Labelled(row.text, row.kind, frozenset(row.signals), row.urgency, path.stem)


def train(corpora: Path) -> Trained:
    """Fit the reader on a folder of corpora; raises BadInput when it holds fewer than two writers."""
    paths = training_files(corpora)
    if len(paths) < _LEAST_WRITERS:
        raise BadInput(f"{corpora} holds {len(paths)} training corpora; two writers at least are needed.")
    return fit(list(read_rows(paths)))


def is_in(folder: Path, trained: Trained) -> bool:
    """Tell whether a folder holds the very model that training gave; each time it is written its bytes differ."""
    try:
        return load(folder / MODEL_NAME).digest == trained.fitted.digest
    except ModelFileError:
        return False


def marked_folder() -> Path:
    """Return the folder of the marked texts that Vigie ships."""
    return Path(str(files("fixtures.redaction")))


def read_marked(paths: Iterable[Path]) -> Iterator[Marked]:
    """Yield the texts of files of rows ``{"id", "marked"}``; raises BadInput on a row that cannot be used."""
    for path in paths:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            try:
                case = read_marks(str(json.loads(line)["marked"]))
            except (ValueError, KeyError, TypeError):
                raise BadInput(f'{path}:{number}: no row {{"id", "marked"}}.') from None
            if fault := next(faults_of(case), None):
                raise BadInput(f"{path}:{number}: {fault}.")
            yield case


def train_redactor(folder: Path, corpora: Path) -> Weights:
    """Learn what identifies people from a folder's marked texts; raises BadInput where they teach nothing.

    Every third of the corpora's texts, with what the rules find as its marks, tells how common words are used.
    """
    texts = sorted({row.text for row in read_rows(training_files(corpora))})
    try:
        return learn([*read_marked(sorted(folder.glob("*.jsonl"))), *map(marked_by_rules, texts[::_SHARE_OF_TEXTS])])
    except NoMarks as error:
        raise BadInput(f"{folder}: {error}") from None


def are_in(folder: Path, weights: Weights) -> bool:
    """Tell whether a folder holds the very weights of the redactor that were learnt."""
    try:
        return unpacked((folder / FILE).read_bytes()) == weights
    except OSError:
        return False

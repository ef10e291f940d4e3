"""Train the reader and the redactor's weights on the corpora; the same corpora give the same, to the last digit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path

from nlp.model_file import MODEL_NAME, ModelFileError, load
from nlp.redact.slots.training import NoNames, learn
from nlp.redact.slots.weights import FILE, Weights, unpacked
from nlp.training import Labelled, Trained, fit
from pipeline.gold import read_gold
from store.errors import BadInput

VALIDATION = "_validation"
"""How the names end of corpora that no model is trained on."""
SECOND_LABELS = "second_labels"
"""The file in which texts of the corpora are labelled a second time: labels without texts."""
_LEAST_WRITERS = 2


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


def train_slots(corpora: Path) -> Weights:
    """Learn where names stand from a folder's texts; raises BadInput where the rules find no name in them."""
    try:
        return learn(row.text for row in read_rows(training_files(corpora)))
    except NoNames as error:
        raise BadInput(f"{corpora}: {error}") from None


def are_in(folder: Path, weights: Weights) -> bool:
    """Tell whether a folder holds the very weights that were learnt."""
    try:
        return unpacked((folder / FILE).read_bytes()) == weights
    except OSError:
        return False

"""Train the reader on the labelled corpora; the same corpora give the same model, to the last digit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path

from nlp.model_file import MODEL_NAME, ModelFileError, load
from nlp.training import Labelled, Trained, fit
from pipeline.evaluate import read_gold
from store.errors import BadInput

VALIDATION = "w6_validation"
"""The writer that no model is trained on."""
_LEAST_WRITERS = 2


def corpora_folder() -> Path:
    """Return the folder of the corpora that Vigie ships."""
    return Path(str(files("fixtures.corpora")))


def models_folder() -> Path:
    """Return the folder of the shipped model."""
    return Path(str(files("models")))


def training_files(folder: Path) -> list[Path]:
    """Return the corpora of a folder by name, the validation writer's left out."""
    return sorted(path for path in folder.glob("*.jsonl") if path.stem != VALIDATION)


def validation_file(folder: Path) -> Path:
    """Return where a folder's validation corpus is, or would be."""
    return folder / f"{VALIDATION}.jsonl"


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


def same_as_shipped(trained: Trained) -> bool:
    """Tell whether training gave the very model that is shipped."""
    try:
        return load(models_folder() / MODEL_NAME).digest == trained.fitted.digest
    except ModelFileError:
        return False

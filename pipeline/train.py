"""Train the reader on the corpora and write the model with its card."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path

from nlp.model_file import MODEL_NAME, Fitted, save
from nlp.training import Labelled, fit

VALIDATION = "w6_validation"
"""The writer that no model is trained on."""


def corpora_folder() -> Path:
    """Return the folder of the corpora that Vigie ships."""
    return Path(str(files("fixtures.corpora")))


def models_folder() -> Path:
    """Return the folder of the shipped model."""
    return Path(str(files("models")))


def training_files(folder: Path) -> list[Path]:
    """Return the corpora of a folder, the validation writer's left out, by name."""
    return sorted(path for path in folder.glob("*.jsonl") if path.stem != VALIDATION)


def read_rows(paths: Iterable[Path]) -> Iterator[Labelled]:
    """Yield the labelled rows of corpora; the file's name is the writer's."""
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip():
                row = json.loads(line)
                yield Labelled(row["text"], row["kind"], frozenset(row["signals"]), row["urgency"], path.stem)


def train(corpora: Path, out: Path) -> Fitted:
    """Fit the reader on a folder of corpora and write it into a folder; return what was fitted."""
    fitted = fit(list(read_rows(training_files(corpora))))
    out.mkdir(parents=True, exist_ok=True)
    save(fitted, out / MODEL_NAME)
    return fitted

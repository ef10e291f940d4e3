"""The shipped classifiers as one skops file: plain arrays and scikit-learn estimators, no pickle, no code.

``{"version", "digest", "names" (UTF-8 bytes, one feature a line), "idf", "scales", "estimators", "calibrators",
"thresholds", "urgency_thresholds"}``; `estimators` and `calibrators` are logistic regressions by signal and by
urgency step. Two dumps of one fit differ in bytes, so a retrain is compared by `digest`.
"""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
import skops.io
from sklearn.linear_model import LogisticRegression

from nlp.signals import LinearModel, SignalModel
from nlp.space import BLOCKS, Space
from nlp.types import SIGNALS, URGENCIES
from nlp.urgency import UrgencyModel

MODEL_NAME = "reader.skops"
TRUSTED: tuple[str, ...] = ("sklearn.linear_model._logistic.LogisticRegression",)
"""The only types beyond numbers, strings, lists and arrays that a model file may hold."""


class ModelFileError(Exception):
    """The model file is missing, holds something that is not trusted, or is not what its digest says."""


@dataclass(frozen=True)
class Fitted:
    """Everything that `nlp.training.fit` learns and that reading needs."""

    space: Space
    estimators: dict[str, LogisticRegression]
    calibrators: dict[str, LogisticRegression]
    thresholds: dict[str, float]
    urgency_thresholds: dict[str, float]
    version: str

    @property
    def digest(self) -> str:
        """Return the SHA-256 over sorted parameter names, dtypes and values."""
        return digest_of(self.parameters())

    def parameters(self) -> dict[str, np.ndarray[Any, Any]]:
        """Return every learnt value by its name."""
        found: dict[str, np.ndarray[Any, Any]] = {
            "names": np.frombuffer("\n".join(self.space.names).encode(), dtype=np.uint8),
            "idf": self.space.idf,
            "scales": np.array([self.space.scales[block] for block in BLOCKS]),
        }
        for part, models in (("estimator", self.estimators), ("calibrator", self.calibrators)):
            for name, model in models.items():
                found[f"{part}.{name}.coef"] = np.asarray(model.coef_, dtype=np.float64)
                found[f"{part}.{name}.intercept"] = np.asarray(model.intercept_, dtype=np.float64)
        for name, value in {**self.thresholds, **self.urgency_thresholds}.items():
            found[f"threshold.{name}"] = np.array([value])
        return found

    def linear(self, name: str) -> LinearModel:
        """Return the calibrated linear model of one signal or urgency step."""
        model, calibrator = self.estimators[name], self.calibrators[name]
        return LinearModel(
            np.asarray(model.coef_[0], dtype=np.float64),
            float(model.intercept_[0]),
            float(calibrator.coef_[0][0]),
            float(calibrator.intercept_[0]),
        )

    def signal_models(self) -> tuple[SignalModel, ...]:
        """Return the classifiers of the four signals."""
        return tuple(SignalModel(name, self.linear(name), self.thresholds[name]) for name in SIGNALS)

    def urgency_model(self) -> UrgencyModel:
        """Return the classifiers of urgency."""
        steps = {step: self.linear(step) for step in URGENCIES[1:]}
        return UrgencyModel(steps, {step: self.urgency_thresholds[step] for step in URGENCIES[1:]})


def digest_of(parameters: dict[str, np.ndarray[Any, Any]]) -> str:
    """Return the SHA-256 over sorted parameter names, dtypes, shapes and values, platform-independent."""
    total = hashlib.sha256()
    for name in sorted(parameters):
        value = np.ascontiguousarray(parameters[name])
        total.update(f"{name}:{value.dtype.str}:{value.shape}:".encode())
        total.update(value.astype(value.dtype.newbyteorder("<")).tobytes())
    return total.hexdigest()


def save(fitted: Fitted, path: Path) -> None:
    """Write a model file; the folder must exist."""
    parameters = fitted.parameters()
    held = {
        "version": fitted.version,
        "digest": fitted.digest,
        "names": parameters["names"],
        "idf": fitted.space.idf,
        "scales": fitted.space.scales,
        "estimators": fitted.estimators,
        "calibrators": fitted.calibrators,
        "thresholds": fitted.thresholds,
        "urgency_thresholds": fitted.urgency_thresholds,
    }
    skops.io.dump(held, path, compression=zipfile.ZIP_DEFLATED, compresslevel=9)


def load(path: Path) -> Fitted:
    """Read a model file; raises ModelFileError when it is missing, untrusted or not what its digest says."""
    if not path.exists():
        raise ModelFileError(f"There is no model at {path}: run `vigie train`.")
    try:
        return _read(path)
    except ModelFileError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a damaged file makes its parser do
        raise ModelFileError(f"The model file {path} cannot be read: {type(error).__name__}.") from None


def _read(path: Path) -> Fitted:
    if unknown := sorted(set(skops.io.get_untrusted_types(file=path)) - set(TRUSTED)):
        raise ModelFileError(f"The model file holds types that are not trusted: {', '.join(unknown)}")
    held: dict[str, Any] = skops.io.load(path, trusted=list(TRUSTED))
    names = tuple(held["names"].tobytes().decode().split("\n"))
    fitted = Fitted(
        Space(names, held["idf"], held["scales"]),
        held["estimators"],
        held["calibrators"],
        held["thresholds"],
        held["urgency_thresholds"],
        held["version"],
    )
    if fitted.digest != held["digest"]:
        raise ModelFileError("The model file is not what its digest says: run `vigie train`.")
    return fitted


@cache
def load_shipped() -> Fitted:
    """Return the model that Vigie ships, read once."""
    with as_file(files("models").joinpath(MODEL_NAME)) as path:
        return load(path)

"""Which model is in force, and the models that may be: folders below ``models`` in the data folder.

``in-force.json`` names the model in force and those before it, newest last; without it the shipped one is. It is
replaced whole, so that whoever reads meanwhile finds the old or the new one. Every process looks at it before it reads
a text, and takes the new model without a restart.
"""

from __future__ import annotations

import hashlib
import logging
import os
from pathlib import Path
from threading import Lock

from pydantic import BaseModel, ConfigDict, ValidationError

from nlp.grid import load_grid
from nlp.model_file import MODEL_NAME, Fitted, ModelFileError, load, load_shipped
from nlp.reader import Reader
from store.errors import NotSetUp
from store.settings import Settings

log = logging.getLogger(__name__)

IN_FORCE = "in-force.json"


class Named(BaseModel):
    """One model: its version, the digest of its parameters and the SHA-256 of its file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    digest: str
    sha256: str


class InForce(BaseModel):
    """The model in force (None: the shipped one) and those before it, newest last."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: Named | None = None
    before: tuple[Named | None, ...] = ()


def models_of(settings: Settings) -> Path:
    """Return the folder of the models that were trained here."""
    return settings.data_dir / "models"


def made_folder(settings: Settings) -> Path:
    """Return the folder of the models that were trained here, made if need be; `NotSetUp` if it cannot be written."""
    folder = models_of(settings)
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise NotSetUp(f"{folder} cannot be made: {error.strerror}.") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise NotSetUp(f"{folder} cannot be written: let the account that runs Vigie own it.")
    return folder


def name_of(settings: Settings, version: str) -> Named:
    """Return how a model that was trained here is named in `InForce`; raises ModelFileError if it cannot be used."""
    if version not in versions(settings):
        raise ModelFileError(f"There is no model {version[:60]} in {models_of(settings)}.")
    path = models_of(settings) / version / MODEL_NAME
    fitted = load(path)
    if fitted.version != version:
        raise ModelFileError(f"The model in {path.parent} calls itself {fitted.version}.")
    return Named(version=version, digest=fitted.digest, sha256=_sha256(path))


def versions(settings: Settings) -> list[str]:
    """Return the versions of the models that were trained here, by name."""
    found = (path.parent.name for path in models_of(settings).glob(f"*/{MODEL_NAME}"))
    return sorted(name for name in found if not name.startswith("."))  # such a one is half written


def in_force(settings: Settings) -> InForce:
    """Return which model is in force; raises ModelFileError if that cannot be read."""
    path = models_of(settings) / IN_FORCE
    try:
        return InForce.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return InForce()
    except (OSError, ValidationError) as error:
        raise ModelFileError(f"{path} does not say which model is in force ({type(error).__name__}).") from None


def put_in_force(settings: Settings, chosen: InForce) -> None:
    """Say which model is in force from now on: at once, and on disk when this returns."""
    folder = made_folder(settings)
    partial = folder / f".{IN_FORCE}.{os.getpid()}"
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(chosen.model_dump_json())
        file.flush()
        os.fsync(file.fileno())
    partial.replace(folder / IN_FORCE)
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def reader_in_force(settings: Settings) -> Reader:
    """Return a reader that is always of the model in force; raises ModelFileError when not even the shipped one is."""
    follow = _Follow(settings)
    return Reader(follow(), load_grid(), follow)


def fitted_in_force(settings: Settings) -> tuple[Fitted, str]:
    """Return the model in force and why it is the shipped one instead, "" if nothing is wrong."""
    try:
        chosen = in_force(settings).model
        return (load_shipped() if chosen is None else _opened(settings, chosen)), ""
    except ModelFileError as error:
        return load_shipped(), str(error)


class _Follow:
    """Gives the model in force each time that it is asked; opens a file only when another one was chosen."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._path = models_of(settings) / IN_FORCE
        self._lock = Lock()
        self._known: tuple[tuple[int, int, int] | None, Fitted] | None = None

    def __call__(self) -> Fitted:
        mark = self._mark()
        known = self._known
        if known is not None and known[0] == mark:
            return known[1]
        with self._lock:
            if self._known is None or self._known[0] != mark:
                self._known = mark, self._open()
            return self._known[1]

    def _open(self) -> Fitted:
        fitted, wrong = fitted_in_force(self._settings)
        if wrong:
            log.error("THE MODEL IN FORCE CANNOT BE USED; the shipped one reads instead. %s", wrong)
        return fitted

    def _mark(self) -> tuple[int, int, int] | None:
        """Return what tells one `in-force.json` from the next: each is a file of its own."""
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size


def _opened(settings: Settings, chosen: Named) -> Fitted:
    """Open the very model that was chosen: its bytes are compared before anything in them is read."""
    path = models_of(settings) / chosen.version / MODEL_NAME
    if _sha256(path) != chosen.sha256:
        raise ModelFileError(f"{path} is not the file that was put in force.")
    fitted = load(path)
    if (fitted.version, fitted.digest) != (chosen.version, chosen.digest):
        raise ModelFileError(f"{path} is not the model that was put in force.")
    return fitted


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror}.") from None

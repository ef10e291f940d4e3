"""Putting a model in force, and going back: an entry in the register, one small file, and the queue read again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from nlp.model_file import ModelFileError, load_shipped
from pipeline.feedback.candidate import report_of
from pipeline.feedback.rereading import ask_again
from store.errors import BadInput, Conflict
from store.locks import hold
from store.models import (
    InForce,
    Named,
    fitted_in_force,
    in_force,
    made_folder,
    name_of,
    put_in_force,
    versions,
)
from store.register import Event
from store.store import Store
from store.tables import RegisterEntry

Enter = Callable[[Session, dict[str, object]], None]
"""Makes the entry `model.switched` in the caller's transaction, for whoever switches."""

_SOON = timedelta(seconds=5)
"""After the switch is entered, the file is replaced at once; only then is the queue read again."""
_KEPT = 20
"""Models remembered to go back to."""


def switch(store: Store, version: str, enter: Enter, *, why: bool = False) -> Named:
    """Put a candidate in force; `Conflict` (`bar_broken`) if its report shows a broken bar and nobody says why.

    Cut short, run it again: until the file is replaced the old model reads on, whatever was entered.
    """
    chosen = _usable(store, version)
    report = report_of(store, version)
    own = report is not None and report.digest == chosen.digest
    broken = report.broken if report is not None and own else ["it has no report of its own"]
    if broken and not why:
        raise Conflict(f"Not put in force: {'; '.join(broken)}. --why TEXT does so all the same.", code="bar_broken")
    now = _known(store)
    if now.model == chosen and not cut_short(store):
        raise Conflict(f"{version} is in force already.", code="in_force")
    before = now.before if now.model == chosen else (*now.before, now.model)[-_KEPT:]
    _put(store, InForce(model=chosen, before=before), enter, {"broken": broken} if broken else {})
    return chosen


def go_back(store: Store, enter: Enter) -> Named | None:
    """Put the model in force that was before, and return it; None: the shipped one.

    One that was deleted since, or is damaged, is passed over: the way back to the shipped model is never barred.
    """
    now = _known(store)
    if now.model is None and not now.before:
        raise Conflict("The shipped model is in force; there is none before it.", code="in_force")
    before = list(now.before)
    chosen = before.pop() if before else None
    while chosen is not None and not _is_there(store, chosen):
        chosen = before.pop() if before else None
    _put(store, InForce(model=chosen, before=tuple(before)), enter, {"back": True})
    return chosen


def cut_short(store: Store) -> str:
    """Return the version that was entered in the register as switched to and is not in force; "" if there is none."""
    switched = select(RegisterEntry.public).where(RegisterEntry.event == Event.MODEL_SWITCHED.value)
    with store.database.reading() as session:
        said = session.scalar(switched.order_by(RegisterEntry.n.desc()).limit(1))
    if said is None:
        return ""
    entered = json.loads(said)
    now = _known(store).model
    return "" if entered["to_digest"] == (now.digest if now else load_shipped().digest) else str(entered["to"])


def listed(store: Store) -> Iterator[str]:
    """Yield a line for each model that could be put in force, and for what is wrong."""
    fitted, wrong = fitted_in_force(store.settings)
    shipped = load_shipped().version
    yield f"{'*' if fitted.version == shipped else ' '} {shipped}: shipped"
    for version in versions(store.settings):
        report = report_of(store, version)
        told = "no report" if report is None else f"learnt from {report.learnt} decided posts"
        bars = "; a bar is broken" if report is not None and report.broken else ""
        yield f"{'*' if fitted.version == version else ' '} {version}: {told}{bars}"
    if wrong:
        yield f"the shipped model reads, not the one chosen: {wrong}"
    elif late := cut_short(store):
        yield f"the switch to {late} was cut short: run it again"


def _put(store: Store, chosen: InForce, enter: Enter, more: dict[str, object]) -> None:
    was, _ = fitted_in_force(store.settings)
    made_folder(store.settings)  # or nothing is entered that cannot be done
    shipped = load_shipped()
    to = chosen.model or Named(version=shipped.version, digest=shipped.digest, sha256="")
    with store.database.writing() as session:
        hold(session, ["model"])
        asked = ask_again(session, store.clock() + _SOON)
        said = {"from": was.version, "from_digest": was.digest, "to": to.version, "to_digest": to.digest}
        enter(session, {**said, "read_again": asked, **more})
    put_in_force(store.settings, chosen)


def _known(store: Store) -> InForce:
    try:
        return in_force(store.settings)
    except ModelFileError:
        return InForce()  # the shipped model reads; whoever switches says anew what is in force


def _is_there(store: Store, chosen: Named) -> bool:
    try:
        return name_of(store.settings, chosen.version) == chosen
    except ModelFileError:
        return False


def _usable(store: Store, version: str) -> Named:
    try:
        return name_of(store.settings, version)
    except ModelFileError as error:
        raise BadInput(str(error)) from None

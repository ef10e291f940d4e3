"""Moments as pages write them, in French and English; what cannot be read is None, never an error."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

_MONTHS = (
    ("january", "janvier", "janv", "jan"),
    ("february", "février", "fevrier", "févr", "fév", "fev", "feb"),
    ("march", "mars", "mar"),
    ("april", "avril", "avr", "apr"),
    ("may", "mai"),
    ("june", "juin", "jun"),
    ("july", "juillet", "juil", "jul"),
    ("august", "août", "aout", "aug"),
    ("september", "septembre", "sept", "sep"),
    ("october", "octobre", "oct"),
    ("november", "novembre", "nov"),
    ("december", "décembre", "decembre", "déc", "dec"),
)
_MONTH = {name: f"{number:02d}" for number, names in enumerate(_MONTHS, start=1) for name in names}
_WORD = re.compile(r"[^\W\d_]+\.?")
_AGO = re.compile(r"(?:il y a|ago\b|depuis)?\s*(\d{1,4}|une?|an?)\s*([a-zé]+)", re.I)
_UNITS = {
    "min": timedelta(minutes=1), "h": timedelta(hours=1), "heure": timedelta(hours=1), "hour": timedelta(hours=1),
    "j": timedelta(days=1), "jour": timedelta(days=1), "d": timedelta(days=1), "day": timedelta(days=1),
    "semaine": timedelta(weeks=1), "week": timedelta(weeks=1), "minute": timedelta(minutes=1),
}  # fmt: skip
_MONTH_FORMAT = re.compile(r"%[Bb]")


def read_moment(text: str, *, zone: str, now: datetime, form: str = "") -> datetime | None:
    """Return the moment that a page's text names, in UTC, or None.

    `form` is a strptime format tried first; moments without a zone are taken in `zone`; "3 hours ago" is before `now`.
    """
    text = " ".join(text.split())
    if not text or len(text) > 200:
        return None
    for attempt in (_by_form, _iso, _epoch, _mail, _ago):
        try:
            moment = attempt(text, form, now)
            if moment is not None:
                local = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
                return local.astimezone(UTC)
        except (ValueError, OverflowError, OSError, TypeError, IndexError):
            continue
    return None


def _by_form(text: str, form: str, _now: datetime) -> datetime | None:
    if not form:
        return None
    if not _MONTH_FORMAT.search(form):
        return datetime.strptime(text, form)  # noqa: DTZ007 - the caller gives the zone
    numbered = _WORD.sub(lambda word: _MONTH.get(word.group().rstrip(".").lower(), word.group()), text)
    return datetime.strptime(numbered, _MONTH_FORMAT.sub("%m", form))  # noqa: DTZ007 - the caller gives the zone


def _iso(text: str, _form: str, _now: datetime) -> datetime | None:
    return datetime.fromisoformat(text) if re.match(r"\d{4}-\d\d-\d\d", text) else None


def _epoch(text: str, _form: str, _now: datetime) -> datetime | None:
    return datetime.fromtimestamp(int(text), UTC) if re.fullmatch(r"\d{9,10}", text) else None


def _mail(text: str, _form: str, _now: datetime) -> datetime | None:
    return parsedate_to_datetime(text)


def _ago(text: str, _form: str, now: datetime) -> datetime | None:
    lowered = text.lower()
    if lowered in ("hier", "yesterday"):
        return now - timedelta(days=1)
    if "il y a" not in lowered and not lowered.endswith("ago"):
        return None
    found = _AGO.search(lowered)
    unit = _UNITS.get(found.group(2)) or _UNITS.get(found.group(2).rstrip("s")) if found else None
    if found is None or unit is None:
        return None
    return now - unit * (int(found.group(1)) if found.group(1).isdigit() else 1)

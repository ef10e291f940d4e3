"""Pages: Jinja templates, each in its desk's folder, escaped throughout, in the visitor's language."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache, partial
from typing import Any

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.responses import HTMLResponse, RedirectResponse, Response

from triage_api.access.models import Person
from triage_api.access.policy import Action, may
from triage_api.duty.banner import Banner, banner_of
from triage_api.helplines.lines import Helplines
from triage_api.shell.inert import inert
from triage_api.shell.languages import Lang, as_lang, has, say
from triage_api.shell.menu import Place, menu_of
from triage_api.shell.times import shown
from triage_api.sources.unseen import unseen_alerts
from triage_api.standing.unseen import unseen

LANGUAGE_COOKIE = "vigie_lang"
DESKS = (
    ("queue", "/queue", Action.QUEUE_READ),
    ("second", "/second", Action.QUEUE_WORK),
    ("duty", "/duty", Action.DUTY_READ),
    ("dashboard", "/dashboard", Action.DASHBOARD_READ),
    ("search", "/searches", Action.SEARCH_RUN),
    ("standing", "/standing", Action.SEARCH_STAND),
    ("paste", "/posts/new", Action.POST_PASTE),
    ("requests", "/requests", Action.REQUEST_READ),
    ("referrals", "/referrals", Action.REFERRAL_READ),
    ("directory", "/directory", Action.DIRECTORY_READ),
    ("corpora", "/corpora", Action.EXPORT_MAKE),
    ("room", "/room", Action.ROOM_READ),
    ("deciding", "/corpora/deciding", Action.EXPORT_DECIDE),
    ("paraphrases", "/paraphrases", Action.PARAPHRASE_REVIEW),
    ("trends", "/trends", Action.TREND_READ),
    ("words", "/words", Action.WORD_READ),
    ("oversight", "/oversight", Action.REGISTER_READ),
    ("reviews", "/reviews", Action.REVIEW_WORK),
    ("register", "/register", Action.REGISTER_READ),
    ("ledger", "/ledger", Action.LEDGER_READ),
    ("notices", "/notices", Action.REFERRAL_MAKE),
    ("meetings", "/meetings", Action.MEETING_PROPOSE),
    ("invitations", "/invitations", Action.MEETING_ANSWER),
    ("retention", "/retention", Action.CASE_CLOSE),
    ("outcomes", "/outcomes", Action.OUTCOME_READ),
    ("rights", "/rights/cases", Action.RIGHTS_ANSWER),
    ("glass", "/glass/review", Action.GLASS_REVIEW),
    ("agreement", "/agreement", Action.CRITERION_DECIDE),
    ("sources", "/sources", Action.SOURCE_READ),
    ("coverage", "/coverage", Action.COVERAGE_READ),
    ("quarantine", "/quarantine", Action.QUARANTINE_READ),
    ("lessons", "/lessons", Action.LESSON_DO),
    ("accounts", "/accounts", Action.ACCOUNT_MANAGE),
)
"""The places of the menu, each shown to whom the policy lets in; the first one is a person's home."""


_FORM_AGAIN = (409, 422)
"""A form that is shown again has all that stood above it, the numbers to call first of all."""
_NO_HOME = frozenset(
    {
        "trends",
        "words",
        "sources",
        "coverage",
        "duty",
        "dashboard",
        "lessons",
        "directory",
        "outcomes",
        "deciding",
        "paraphrases",
    }
)
"""Nobody's home: whom nothing else is open to, an analyst whose training lapsed, must be told whom to ask."""


def home_of(person: Person) -> str:
    """Return the first page that a person may enter and work on; the account's own page if there is none."""
    own = (path for name, path, action in DESKS if name not in _NO_HOME and may(person, action))
    return next(own, "/account")


def language_of(request: Request) -> Lang:
    """Return the visitor's language: as switched, else of the account, else of the house."""
    person: Person | None = getattr(request.state, "person", None)
    settings = request.app.state.desk.store.settings
    return as_lang(request.cookies.get(LANGUAGE_COOKIE), as_lang(person.language if person else "", settings.language))


def render(request: Request, template: str, *, status: int = 200, **values: object) -> Response:
    """Return a page; `values` are escaped by the template."""
    lang = language_of(request)
    person: Person | None = getattr(request.state, "person", None)
    banner = _banner(request, person) if person and (status < 400 or status in _FORM_AGAIN) else None
    shared: dict[str, Any] = {
        "t": partial(say, lang),
        "lang": lang,
        "person": person,
        "menu": menu_of(list(_places(request, person, status))) if person else menu_of([]),
        "here": request.url.path,
        "there": _address(request) if person and status < 400 else request.url.path,  # what a log-in brought stays out
        "switches": person is None or request.method == "GET",  # an answer to a form is not there to be asked for again
        "alerts": getattr(request.state, "alerts", 0),
        "banner": banner,
        "helplines": (banner and banner.lines) or Helplines(),
        "tells_when": banner is not None and banner.lines is not None,
        "calls_first": person is None or may(person, Action.REQUEST_FILE),
        "may": (lambda action: person is not None and may(person, Action(action))),
    }
    return HTMLResponse(_environment().get_template(template).render(shared | values), status)


def _places(request: Request, person: Person, status: int) -> Iterator[Place]:
    news, shown_now = _news(request, person) if status < 400 else {}, request.url.path
    for name, path, action in DESKS:
        if may(person, action):
            here = shown_now == path or shown_now.startswith(f"{path}/")
            yield Place(name, path, here, news.get(name, 0))


def _banner(request: Request, person: Person) -> Banner:
    back = request.url.path if request.method == "GET" else home_of(person)
    return banner_of(request.app.state.desk, person, back)


def _news(request: Request, person: Person) -> dict[str, int]:
    """Return how much is new in places of the menu, by their name; pages of errors do without: they ask nothing."""
    store = request.app.state.desk.store
    waiting = {"standing": unseen(store, person), "sources": unseen_alerts(store, person)}
    return {name: count for name, count in waiting.items() if count}


def go(path: str) -> Response:
    """Send a browser on to another page of ours, by GET."""
    return RedirectResponse(path, 303)


def _address(request: Request) -> str:
    """Return what was asked for, with its questions, or without them where they are too long to be sent back."""
    path, query = request.url.path, request.url.query
    whole = f"{path}?{query}"
    return whole if query and local_path(whole) == whole else path


def local_path(value: object) -> str:
    """Return a path of this site, or the start page if the value leads anywhere else."""
    path = value if isinstance(value, str) else "/"
    safe = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and len(path) < 500
    return path if safe else "/"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("triage_api", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "inert": inert,
        "moment": moment,
        "spoken": _spoken,
        "lasting": _lasting,
        "shape": _shape,
        "dial": dial,
    }
    environment.globals |= {"has_words": has}
    return environment


def moment(value: datetime | None) -> str | Markup:
    """Return a moment in the time of Québec, with the exact one for machines."""
    if value is None:
        return "—"
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(timespec="seconds"), shown(value))


@pass_context
def _spoken(context: Context, name: str) -> str:
    """Return the half of a name "French · English" that the page is read in; any other name whole."""
    halves = name.split(" · ")
    return halves[context["lang"] == "en"] if len(halves) == 2 else name


def dial(phone: str) -> str:
    """Return what a telephone dials for a number as it is written; an extension is left to the person."""
    number = re.split(r"[^\d\s()+*#.·-]", phone, maxsplit=1)[0]
    return "".join(sign for sign in number if sign in "0123456789+*")


def lasting(seconds: float, lang: Lang) -> str:
    """Return a length of time in its two largest units; the smaller one is left out where there is none of it."""
    minutes = max(int(seconds), 0) // 60
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes:02} min" if minutes else f"{hours} h"
    if hours % 24 == 0:
        return say(lang, "base.whole_days", days=hours // 24)
    return say(lang, "base.days", days=hours // 24, hours=hours % 24)


@pass_context
def _lasting(context: Context, seconds: float) -> str:
    return lasting(seconds, context["lang"])


def _shape(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)

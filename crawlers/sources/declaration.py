"""What a source's YAML file declares."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal, Self, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from crawlers.reading.selectors import checked_selector
from nlp.cities import canonical_region, regions
from nlp.types import Language
from store.errors import BadInput

_MAX_YAML = 200_000

Kind = Literal["board", "forum", "phpbb", "discourse", "feed", "wordpress", "mastodon", "bluesky", "sitemap"]
"""What program or form a source has; each has its collector in `crawlers.kinds`."""
KINDS: tuple[str, ...] = get_args(Kind)
NEED_SELECTORS = frozenset({"board", "forum"})
OUT_OF_TIME = "max_minutes reached"
"""How the message of a collection begins that read for as long as it is declared that one may last."""
MAY_HAVE_SELECTORS = NEED_SELECTORS | {"sitemap"}


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{name!r} is no time zone such as America/Toronto") from None
    return name


def _web_address(url: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(f"{url!r} is no http or https address")
    if parts.username or parts.password:
        raise ValueError("an address with a name or password is a log-in, and Vigie logs in nowhere")
    return url


Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
Named = Annotated[Line, Field(min_length=1)]
Selector = Annotated[Line, AfterValidator(checked_selector)]
"""CSS, or XPath when it begins with ``/``, ``./`` or ``(``; empty: the page does not say."""
WebAddress = Annotated[str, AfterValidator(_web_address)]
PathStart = Annotated[str, StringConstraints(pattern=r"^/\S*$", max_length=500)]
HostName = Annotated[str, StringConstraints(to_lower=True, pattern=r"^(\[[0-9a-fA-F:]+\]|[^\s/:@\[\]]+)(:\d{1,5})?$")]


class Selectors(BaseModel):
    """Where the parts of a post stand in the HTML of a page; fields are looked for inside `item`."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    item: Annotated[Selector, Field(min_length=1)]
    """Each post on a page."""
    text: Annotated[Selector, Field(min_length=1)]
    """The words of the post."""
    without: Selector = ""
    """What stands among the words and is not the post's own: quotes of others, signatures, previews of links."""
    id: Selector = ""
    """The source's own name for the post; without it the post's link, else its text, tells it from others."""
    link: Selector = ""
    """The address of the post."""
    title: Selector = ""
    """Title; on a forum, when empty inside the item, the thread's title is looked for on the page."""
    author: Selector = ""
    city: Selector = ""
    region: Selector = ""
    posted_at: Selector = ""
    """Moment of publication: ISO 8601, RFC 2822, seconds since 1970, « il y a 3 heures », or `posted_at_format`."""
    posted_at_format: Line = ""
    """A strptime format when the moment is written otherwise, such as ``%d %B %Y à %H h %M``."""
    next: Selector = ""
    """The link to the next page (of the board, of the forum's index, of a thread)."""
    thread: Selector = ""
    """Forum only: the links from the index to its threads."""
    subforum: Selector = ""
    """Forum only: the links from an index to the indexes under it."""
    thread_title: Selector = ""
    """Forum only: the thread's title on its page."""


class SourceDeclaration(BaseModel):
    """All that a source's YAML file says; any change of it ends the approval."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,60}$")]
    """Short name, lower case, digits and hyphens."""
    title: Named
    """Name for people."""
    kind: Kind
    start_urls: Annotated[list[WebAddress], Field(min_length=1, max_length=50)]
    """Where a collection begins."""
    allowed_hosts: Annotated[list[HostName], Field(min_length=1, max_length=20)]
    """The only hosts ever asked, exactly as written; a port other than 80 and 443 must be named (``host:8080``)."""
    post_kind: Literal["post", "ad"] = "post"
    """What each item is."""
    language: Language | None = None
    """Usual language of the source: a hint for people."""
    region: Line = ""
    """Administrative region of posts that name none."""
    timezone: Annotated[str, AfterValidator(_known_zone)] = "America/Toronto"
    """Zone of moments that are written without one."""
    every_minutes: int = Field(60, ge=5, le=7 * 24 * 60)
    """Minutes between the end of one collection and the next."""
    delay: float = Field(2.0, ge=0.0, le=3600.0)
    """Least seconds between two requests; the deployment's own least and the site's crawl-delay also hold."""
    timeout: float = Field(20.0, gt=0.0, le=120.0)
    """Seconds after which a request is given up."""
    max_pages: int = Field(100, ge=1, le=100_000)
    """Most pages of one collection."""
    max_depth: int = Field(100, ge=1, le=10_000)
    """Most links followed one after the other from a start page."""
    max_minutes: int = Field(60, ge=1, le=110)
    """Most minutes of one collection."""
    max_bytes: int | None = Field(None, ge=10_000, le=50_000_000)
    """Most bytes of one answer; the deployment's own bound also holds, and alone when this is not given."""
    terms_urls: Annotated[list[WebAddress], Field(max_length=10)] = []
    """Pages of the source's terms: when one changes, collecting stops until a person has read it."""
    only_paths: Annotated[list[PathStart], Field(max_length=50)] = []
    """For a sitemap: only pages whose path begins with one of these are asked for; empty: all that it lists."""
    legal_note: Named
    """Why this source may be read: terms, nature of the place, privacy assessment."""
    selectors: Selectors | None = None
    """For board and forum; for a sitemap, where its articles stand, if not found by themselves."""

    @model_validator(mode="after")
    def _fields_fit_the_kind(self) -> Self:
        if self.kind in NEED_SELECTORS and self.selectors is None:
            raise ValueError(f"selectors are needed for a {self.kind}")
        if self.kind not in MAY_HAVE_SELECTORS and self.selectors is not None:
            raise ValueError(f"a {self.kind} takes no selectors")
        if self.kind == "forum" and self.selectors and not self.selectors.thread:
            raise ValueError("selectors.thread is needed for a forum")
        if self.kind != "sitemap" and self.only_paths:
            raise ValueError(f"a {self.kind} takes no only_paths")
        return self

    @model_validator(mode="after")
    def _addresses_are_allowed(self) -> Self:
        for name in ("start_urls", "terms_urls"):
            for url in getattr(self, name):
                if not host_allowed(url, self.allowed_hosts):
                    raise ValueError(f"{name}: the host of {url} is not among allowed_hosts")
        return self

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the declaration's canonical JSON: an approval holds for one digest.

        Defaults are left out, so that a later version's new field does not end the approvals of before.
        """
        told = self.model_dump(mode="json", exclude_defaults=True)
        data = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(data.encode()).hexdigest()


def host_allowed(url: str, hosts: Sequence[str]) -> bool:
    """Tell whether an address is http(s) on one of the hosts, at its named port or at 80 or 443."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or not host or parts.username or parts.password:
        return False
    name = f"[{host}]" if ":" in host else host
    if f"{name}:{port or (443 if parts.scheme == 'https' else 80)}" in hosts:
        return True
    return name in hosts and port in (None, 80, 443)


def load_source(path: Path | str) -> SourceDeclaration:
    """Read a declaration from a YAML file (or from YAML text of several lines); `BadInput` names file and field."""
    if isinstance(path, str) and "\n" in path:
        return _declaration(path, "the declaration")
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{file} cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8'}.") from None
    return _declaration(text, str(file))


def _declaration(text: str, name: str) -> SourceDeclaration:
    if len(text) > _MAX_YAML or re.search(r"(^|[\s\[{,:-])[&*]\w", text):
        raise BadInput(f"{name}: too long, or it uses YAML anchors.")
    try:
        data = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadInput(f"{name}: not YAML: {' '.join(str(error).split())[:200]}.") from None
    if not isinstance(data, dict):
        raise BadInput(f"{name}: a YAML mapping with id, title, kind, … is needed.")
    try:
        declaration = SourceDeclaration.model_validate(data)
    except ValidationError as error:
        raise _bad_field(name, error) from None
    _check_region(name, declaration.region)
    return declaration


def _check_region(name: str, region: str) -> None:
    """Refuse a region that is none: its posts would be found under no region.

    Asked of files only: what is kept is validated again at each collection, and was declared before this was asked.
    """
    if region and region not in regions():
        meant = canonical_region(region) or next(iter(get_close_matches(region, regions(), 1, 0.75)), None)
        known = f"write {meant}" if meant else f"one of {', '.join(regions())}"
        raise BadInput(f"{name}: region: {region!r} is no administrative region; {known}.", field="region")


def _bad_field(name: str, error: ValidationError) -> BadInput:
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    reason = first["msg"].removeprefix("Value error, ")
    return BadInput(f"{name}: {f'{field}: ' if field else ''}{reason}.", field=field or None)

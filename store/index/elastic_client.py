"""Opening a client to Elasticsearch with secrets from files, and telling its errors in our words.

What an API key must be allowed, on the indices ``NAME-*`` and the aliases ``NAME``, ``NAME-write`` and ``NAME-build``
(the pattern ``NAME*``), and on nothing of the cluster:

- a process that only searches: ``read``, ``view_index_metadata``;
- the indexer: these, ``write`` and ``maintenance``;
- `vigie setup-db`, `vigie index --rebuild` and the worker that erases: these and ``manage``.

The pattern opens every name that begins so: in a cluster that several houses share, no house's name begins another's.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from elastic_transport import TlsError
from elasticsearch import ApiError, Elasticsearch, NotFoundError, TransportError
from elasticsearch.exceptions import UnsupportedProductError
from elasticsearch.helpers import BulkIndexError

from store.errors import IndexUnavailable, NotSetUp
from store.index.failures import no_index
from store.settings import Settings, read_secret

TIMEOUT = 10
"""Seconds that one question may take."""
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_BAD_KEY = "The search engine refuses our API key, or it may not do this: see VIGIE_INDEX_API_KEY_FILE."
_CLOSED = "The search engine takes no changes: is its disk full?"
_BAD_URL = "VIGIE_INDEX_URL cannot be used: it looks like https://host:9200, or several of those with commas."


class Answered(IndexUnavailable):
    """The engine answered, but with an error: asked again, it may be over it."""


class NoSuchDocument(Exception):
    """The index is there, the document is not."""


def open_client(settings: Settings) -> Elasticsearch:
    """Return a client for the addresses, API key and authority that the settings name; nothing is asked yet.

    A node that does not answer is passed over for the next one, and left alone for a while.
    """
    urls = [url.strip() for url in settings.index_url.split(",")]
    key = read_secret(settings.index_api_key_file, "VIGIE_INDEX_API_KEY_FILE")
    secure = _are_secure(urls)
    if key and not secure and not {urlsplit(url).hostname for url in urls} <= _LOOPBACK:
        raise NotSetUp("VIGIE_INDEX_URL must begin with https:// where an API key is sent.")
    options: dict[str, Any] = {"ssl_context": _trusting(settings.index_ca_file)} if secure else {}
    try:
        return Elasticsearch(
            urls,
            api_key=key,
            request_timeout=TIMEOUT,
            max_retries=max(2, len(urls)),
            retry_on_timeout=len(urls) > 1,
            retry_on_status=(502, 503, 504),
            **options,
        )
    except ValueError:
        raise NotSetUp(_BAD_URL) from None


def _are_secure(urls: list[str]) -> bool:
    """Tell whether every address is one of HTTPS; `NotSetUp` if one is of neither kind, or they differ."""
    try:
        addresses = [urlsplit(url) for url in urls]
    except ValueError:
        raise NotSetUp(_BAD_URL) from None
    schemes = {address.scheme for address in addresses}
    if schemes not in ({"http"}, {"https"}) or not all(address.hostname for address in addresses):
        raise NotSetUp(_BAD_URL)
    return schemes == {"https"}


def _trusting(path: Path | None) -> ssl.SSLContext:
    """Return what trusts the authority in a file alone or, without one, those of this machine."""
    try:
        return ssl.create_default_context(cafile=path)
    except FileNotFoundError:
        raise NotSetUp(f"VIGIE_INDEX_CA_FILE names no file: {path}.") from None
    except (ssl.SSLError, OSError):
        raise NotSetUp(f"VIGIE_INDEX_CA_FILE holds no certificate that can be read: {path}.") from None


@contextmanager
def telling() -> Iterator[None]:
    """Turn the client's errors into ours, without the engine's words: they may hold words of a post or of a query."""
    try:
        yield
    except NotFoundError as error:
        if isinstance(error.body, dict) and error.body.get("found") is False:
            raise NoSuchDocument from None
        raise no_index() from None
    except ApiError as error:
        raise refused(error.status_code, error.error) from None
    except UnsupportedProductError:
        raise IndexUnavailable("What answers at VIGIE_INDEX_URL is no Elasticsearch of a version we know.") from None
    except TlsError:
        raise IndexUnavailable("VIGIE_INDEX_CA_FILE does not vouch for what answers at VIGIE_INDEX_URL.") from None
    except (TransportError, BulkIndexError):
        raise IndexUnavailable("The search engine does not answer.") from None


def refused(status: int, kind: str) -> IndexUnavailable:
    """Return the error that an HTTP status and the engine's name for the error mean."""
    if kind == "cluster_block_exception":
        return IndexUnavailable(_CLOSED)
    if status in (401, 403):
        return IndexUnavailable(_BAD_KEY)
    if status == 429:
        return Answered("The search engine is overloaded; it will be asked again.")
    kind_of_error = Answered if status >= 500 else IndexUnavailable
    return kind_of_error(f"The search engine answered with status {status}.")

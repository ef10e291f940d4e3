"""Opening a client to Elasticsearch with secrets from files, and telling its errors in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from elastic_transport.client_utils import DEFAULT  # what the client itself takes for "not given"
from elasticsearch import ApiError, Elasticsearch, NotFoundError, TransportError
from elasticsearch.exceptions import UnsupportedProductError
from elasticsearch.helpers import BulkIndexError

from store.errors import IndexUnavailable, NotSetUp
from store.settings import Settings

TIMEOUT = 10
"""Seconds that one question may take."""
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def open_client(settings: Settings) -> Elasticsearch:
    """Return a client for the address, API key and authority that the settings name; nothing is asked yet."""
    address = _address(settings.index_url)
    key = _secret(settings.index_api_key_file)
    if key and address.scheme != "https" and address.hostname not in _LOOPBACK:
        raise NotSetUp("VIGIE_INDEX_URL must begin with https:// where an API key is sent.")
    options: dict[str, Any] = {"ca_certs": _authority(settings.index_ca_file)} if address.scheme == "https" else {}
    try:
        return Elasticsearch(
            settings.index_url,
            api_key=key,
            request_timeout=TIMEOUT,
            max_retries=2,
            retry_on_timeout=True,
            retry_on_status=(429, 502, 503, 504),
            **options,
        )
    except ValueError:
        raise NotSetUp("VIGIE_INDEX_URL cannot be used: it looks like https://host:9200.") from None


def _address(url: str) -> SplitResult:
    try:
        address = urlsplit(url)
    except ValueError:
        address = urlsplit("")
    if address.scheme not in ("http", "https") or not address.hostname:
        raise NotSetUp("VIGIE_INDEX_URL cannot be used: it looks like https://host:9200.")
    return address


def _secret(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text("utf-8").strip()
    except OSError:
        raise NotSetUp(f"VIGIE_INDEX_API_KEY_FILE cannot be read: {path}.") from None


def _authority(path: Path | None) -> Any:
    """Return the file of the authority to trust, or the client's own default."""
    if path is None:
        return DEFAULT
    if not path.is_file():
        raise NotSetUp(f"VIGIE_INDEX_CA_FILE names no file: {path}.")
    return str(path)


class NoSuchDocument(Exception):
    """The index is there, the document is not."""


@contextmanager
def telling() -> Iterator[None]:
    """Turn the client's errors into ours, without the engine's words: they may hold words of a post or of a query."""
    try:
        yield
    except NotFoundError as error:
        if isinstance(error.body, dict) and error.body.get("found") is False:
            raise NoSuchDocument from None
        raise NotSetUp("There is no search index yet: run `vigie setup-db`.") from None
    except ApiError as error:
        if error.status_code in (401, 403):
            raise IndexUnavailable("The search engine refuses our API key: see VIGIE_INDEX_API_KEY_FILE.") from None
        raise IndexUnavailable(f"The search engine answered with status {error.status_code}.") from None
    except UnsupportedProductError:
        raise IndexUnavailable("What answers at VIGIE_INDEX_URL is no Elasticsearch of a version we know.") from None
    except (TransportError, BulkIndexError):
        raise IndexUnavailable("The search engine does not answer.") from None

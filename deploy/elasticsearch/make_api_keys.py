"""Make the API keys of Vigie's processes, each with the least that it needs, and write each to a file.

    python deploy/elasticsearch/make_api_keys.py --url https://host:9200 --ca ca.crt --password-file FILE \
        search=search.key manage=manage.key

Runs once, as the user `elastic` (or another that may make keys). A file that exists stays as it is; only whoever runs
this can read it: hand it to the processes' user (`install -o vigie -m 400 search.key /etc/vigie/`). It asks for no more
than what `store/index/elastic_client.py` says; the keys may do nothing on the cluster and nothing on other indices.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from elasticsearch import ApiError, Elasticsearch, TransportError

_SEARCH = ["read", "view_index_metadata"]
_INDEX = [*_SEARCH, "write", "maintenance"]
PRIVILEGES = {"search": _SEARCH, "index": _INDEX, "manage": [*_INDEX, "manage"]}
"""search: pages, and workers that collect or assess; index: workers that index; manage: setup-db, rebuild, retain."""


def main() -> int:
    """Make the keys that are asked for; exit status 1 and one line where it cannot be done."""
    asked = _arguments()
    password = asked.password_file.read_text("utf-8").strip()
    with Elasticsearch(asked.url, basic_auth=(asked.user, password), ca_certs=str(asked.ca)) as client:
        for kind, path in ((kind, Path(path)) for kind, _, path in (pair.partition("=") for pair in asked.keys)):
            if path.exists():
                sys.stdout.write(f"{path} is there already\n")
                continue
            try:
                _write(path, partial(_made, client, kind, asked.index_name))
            except (ApiError, TransportError, OSError) as error:
                sys.stderr.write(
                    f"no key for {kind}: {type(error).__name__}; see address, authority, password, folder\n"
                )
                return 1
            sys.stdout.write(f"{path}: a key that may {', '.join(PRIVILEGES[kind])} on {asked.index_name}*\n")
    return 0


def _made(client: Elasticsearch, kind: str, index_name: str) -> str:
    indices = [{"names": [f"{index_name}*"], "privileges": PRIVILEGES[kind]}]
    roles = {"vigie": {"cluster": [], "indices": indices}}
    return str(client.security.create_api_key(name=f"vigie-{kind}", role_descriptors=roles)["encoded"])


def _write(path: Path, make: Callable[[], str]) -> None:
    # The file first: a key that nobody can write down would stay valid and unknown.
    new = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(make() + "\n")
    new.chmod(0o400)
    new.rename(path)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--ca", required=True, type=Path)
    parser.add_argument("--user", default="elastic")
    parser.add_argument("--password-file", required=True, type=Path)
    parser.add_argument("--index-name", default="vigie-posts")
    parser.add_argument("keys", nargs="+", help="KIND=FILE, KIND one of " + ", ".join(PRIVILEGES))
    asked = parser.parse_args()
    if unknown := {pair.partition("=")[0] for pair in asked.keys} - set(PRIVILEGES):
        parser.error(f"no such kind of key: {', '.join(sorted(unknown))}")
    return asked


if __name__ == "__main__":
    raise SystemExit(main())

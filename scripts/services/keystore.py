"""The secret settings of nodes, kept in Elasticsearch's own keystore."""

from __future__ import annotations

import shutil

from scripts.services import distribution
from scripts.services.ground import Account, run_as
from scripts.services.node import Node


def write_keystore(nodes: list[Node], password: str, version: str, user: Account) -> None:
    """Give every node the same keystore, with the first password of the user `elastic`."""
    first, *others = nodes
    user.give(first.home, *first.home.rglob("*"))
    tool = str(distribution.elasticsearch(version) / "bin" / "elasticsearch-keystore")
    run_as(user, [tool, "create", "--silent"], first.environment())
    run_as(user, [tool, "add", "--stdin", "--silent", "bootstrap.password"], first.environment(), said=password)
    for node in others:
        shutil.copy(first.config / "elasticsearch.keystore", node.config)

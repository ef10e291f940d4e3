"""The child process that collects one source: ``python -m crawlers.child SOURCE PARENT_PID``.

Twisted's reactor runs once in a process, so each collection has its own. What goes on is told on standard output, one
JSON object a line: ``{"pages": n}`` after each page, and at the end ``{"tally": …, "stopped": …, "notes": […]}``.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

from scrapy.crawler import CrawlerProcess

from crawlers.collector import Found, Keep
from crawlers.kinds import COLLECTORS
from crawlers.policy.settings import scrapy_settings
from crawlers.policy.visit import Visit
from crawlers.sources.approvals import require_approved
from crawlers.sources.declaration import SourceDeclaration
from store.errors import SourceNotApproved, VigieError
from store.intake import Intake, take_in
from store.settings import Settings
from store.store import Store, open_store
from store.tables import Source


def main() -> int:
    """Collect the source that the command line names; exit 1 with one line on standard error if it may not be."""
    source_id, parent = sys.argv[1], int(sys.argv[2])
    store = open_store(Settings())
    try:
        with store.database.reading() as session:
            approved = require_approved(session, source_id, store.clock()).digest
            source = session.get_one(Source, source_id)
        declaration = SourceDeclaration.model_validate(source.declaration)
        visit = Visit(declaration, _leave(store, source_id, approved, parent))
        _crawl(store, declaration, visit)
        _say({"tally": visit.tally.as_dict(), "stopped": visit.stopped, "notes": visit.notes})
    except VigieError as error:
        sys.stderr.write(error.message + "\n")
        return 1
    finally:
        store.close()
    return 0


def _crawl(store: Store, declaration: SourceDeclaration, visit: Visit) -> None:
    process = CrawlerProcess(scrapy_settings(store.settings, declaration))
    process.crawl(
        COLLECTORS[declaration.kind],
        declaration=declaration,
        visit=visit,
        keep=_keeper(store, declaration.id, visit),
        clock=store.clock,
    )
    process.start()


def _keeper(store: Store, source_id: str, visit: Visit) -> Keep:
    def keep(posts: list[Found]) -> list[Intake]:
        taken = take_in(store, source_id, "collect", posts) if posts else []
        _say({"pages": visit.tally.pages})
        return [intake for _, intake in taken]

    return keep


def _leave(store: Store, source_id: str, approved: str, parent: int) -> Callable[[], None]:
    def check() -> None:
        if os.getppid() != parent:
            raise SourceNotApproved("The process that asked for this collection is gone.")
        with store.database.reading() as session:
            if require_approved(session, source_id, store.clock()).digest != approved:
                raise SourceNotApproved(f"The source {source_id} was declared anew during its collection.")

    return check


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what, ensure_ascii=False) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

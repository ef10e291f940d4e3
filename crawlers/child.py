"""The child process that collects one source: ``python -m crawlers.child SOURCE PARENT_PID``.

Twisted's reactor runs once in a process, so each collection has its own. What goes on is told on standard output, one
JSON object a line: ``{"pages": n}`` after each page, and at the end what `_outcome` says.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

from scrapy.crawler import CrawlerProcess

from crawlers.keeping import StoreKeeper
from crawlers.kinds import COLLECTORS
from crawlers.policy.memory import peak_bytes
from crawlers.policy.remembered import KeptMarks
from crawlers.policy.settings import scrapy_settings
from crawlers.policy.visit import Visit
from crawlers.sources.approvals import require_approved
from crawlers.sources.declaration import SourceDeclaration
from store.errors import SourceNotApproved, VigieError
from store.lexicon import require_lexicon
from store.settings import Settings
from store.store import Store, open_store
from store.tables import Source


def main() -> int:
    """Collect the source that the command line names; exit 1 with one line on standard error if it may not be."""
    source_id, parent = sys.argv[1], int(sys.argv[2])
    store = open_store(Settings())
    try:
        with store.database.reading() as session:
            approval = require_approved(session, source_id, store.clock())
            source = session.get_one(Source, source_id)
        declaration = SourceDeclaration.model_validate(source.declaration)
        visit = Visit(
            declaration,
            _leave(store, source_id, approval.digest, parent),
            approved_at=approval.granted_at,
            marks=KeptMarks(store, source_id),
        )
        _crawl(store, declaration, visit)
        _say(_outcome(visit))
    except VigieError as error:
        sys.stderr.write(error.message + "\n")
        return 1
    finally:
        store.close()
    return 0


def _outcome(visit: Visit) -> dict[str, Any]:
    return {
        "tally": visit.tally.as_dict(),
        "stopped": visit.stopped,
        "notes": visit.notes,
        "alerts": visit.alerts,
        "peak_bytes": peak_bytes(),
    }


def _crawl(store: Store, declaration: SourceDeclaration, visit: Visit) -> None:
    process = CrawlerProcess(scrapy_settings(store.settings, declaration))
    process.crawl(
        COLLECTORS[declaration.kind],
        declaration=declaration,
        visit=visit,
        keep=StoreKeeper(store, declaration, lambda: _say({"pages": visit.tally.pages})),
        clock=store.clock,
    )
    process.start()


def _leave(store: Store, source_id: str, approved: str, parent: int) -> Callable[[], None]:
    def check() -> None:
        if os.getppid() != parent:
            raise SourceNotApproved("The process that asked for this collection is gone.")
        require_lexicon(store.settings)
        with store.database.reading() as session:
            if require_approved(session, source_id, store.clock()).digest != approved:
                raise SourceNotApproved(f"The source {source_id} was declared anew during its collection.")

    return check


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what, ensure_ascii=False) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

"""Who and what the desks' tests are about: posts that come in as they do, and browsers that people use."""

from __future__ import annotations

from dataclasses import dataclass, field

from fastapi.testclient import TestClient

from pipeline.assess import assess_batch
from pipeline.index import drain_batch
from pipeline.link import link_batch
from store.intake import take_in
from store.records import CaptureIn, Origin, PostIn
from store.tables import Source
from triage_api.desk import Desk

PASSWORD = "un-mot-de-passe-long"


@dataclass
class Town:
    """Brings posts in and lets the pipeline do its work."""

    desk: Desk
    known: set[str] = field(default_factory=set)

    def declare(self, source: str) -> None:
        if source in self.known:
            return
        self.known.add(source)
        with self.desk.store.database.writing() as session:
            row = Source(id=source, title=f"Le {source}", kind="import", declaration={}, digest="d")
            row.created_at = self.desk.store.clock()
            session.add(row)

    def post(
        self,
        text: str,
        key: str = "",
        *,
        source: str = "forum",
        settle: bool = True,
        origin: Origin = "import",
        **more: object,
    ) -> str:
        """Take a post in; one that was collected has its capture, and the register the capture's digest."""
        self.declare(source)
        given = PostIn.model_validate({"text": text, "external_id": key or text[:30], **more})
        capture = self._capture(f"https://{source}.example/{key}", text) if origin == "collect" else None
        identity = take_in(self.desk.store, source, origin, [(given, capture)])[0][0]
        if settle:
            self.settle()
        return identity

    def _capture(self, url: str, text: str) -> CaptureIn:
        return CaptureIn(
            url=url,
            fetched_at=self.desk.store.clock(),
            content=text.encode(),
            content_type="text/html",
            response_sha256="0" * 64,
            collector="test",
        )

    def settle(self) -> None:
        while assess_batch(self.desk.store, self.desk.reader, "test"):
            pass
        while link_batch(self.desk.store, "test"):
            pass
        while drain_batch(self.desk.store, self.desk.index, "test"):
            pass


class Browser:
    """A client with its cookies and CSRF token; `api` sends JSON, `page` and `send` do what a browser does."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.csrf = ""

    def log_in(self, name: str, password: str = PASSWORD) -> Browser:
        answer = self.client.post("/api/session", json={"name": name, "password": password})
        assert answer.status_code == 200, answer.text
        self.csrf = answer.json()["csrf"]
        return self

    def api(self, method: str, path: str, **sent: object):
        return self.client.request(method, f"/api{path}", headers={"X-CSRF-Token": self.csrf}, **sent)

    def page(self, path: str):
        return self.client.get(path)

    def send(self, path: str, **fields: object):
        return self.client.post(path, data={"csrf": self.csrf, **fields}, follow_redirects=False)

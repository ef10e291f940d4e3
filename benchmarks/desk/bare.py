"""The peer: a page by the same framework and template engine, of one SELECT that follows an index, and nothing else."""

from __future__ import annotations

from fastapi import FastAPI
from jinja2 import Environment
from sqlalchemy import text
from starlette.responses import HTMLResponse

from store.store import Store

_ROWS = text(
    "SELECT id, lane, urgency, region FROM queue_items WHERE status = 'open' AND rank = 2 ORDER BY hour LIMIT 50"
)
_PAGE = Environment(autoescape=True).from_string(
    "<!doctype html><title>Bare</title><table>{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>"
    "{% endfor %}</tr>{% endfor %}</table>"
)


def bare_app(store: Store) -> FastAPI:
    """Return an app with that page, at /bare, on the same database and by the same driver."""
    app = FastAPI()

    @app.get("/bare")
    def page() -> HTMLResponse:
        with store.database.engine.connect() as connection:
            rows = connection.execute(_ROWS).all()
        return HTMLResponse(_PAGE.render(rows=rows))

    return app

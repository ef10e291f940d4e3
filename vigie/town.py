"""`vigie demo`: the main job on the fictional town, from the first request to the triage page."""

from __future__ import annotations

import secrets
import webbrowser
from contextlib import ExitStack
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crawlers.run import collect
from crawlers.sources import approve, declare, load_source
from fixtures.town.server import Town
from nlp.reader import Reader
from pipeline.loop import run_until_idle, steps
from pipeline.queueing import in_order
from store.index import Index
from store.settings import Settings
from store.store import Store, open_store, set_up
from store.tables import Post, QueueItem, Source
from triage_api.access.service import create_user
from vigie.console import Console
from vigie.opening import opened_index
from vigie.serving import serve_pages

ACCOUNTS = (
    ("analyste", ["analyst"], "Vigie"),
    ("superviseure", ["supervisor", "auditor"], "Vigie"),
    ("pivot-ecole", ["partner"], "École de la Démo"),
    ("chercheur", ["researcher"], "Université de la Démo"),
)


def register(app: typer.Typer) -> None:
    """Add this verb to the command line."""
    app.command("demo")(demo)

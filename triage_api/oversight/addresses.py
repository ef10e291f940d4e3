"""Filters that stand in a page's address."""

from __future__ import annotations

from fastapi import Request
from starlette.datastructures import FormData


def filters_of(request: Request) -> FormData:
    """Return what a page's address asks for, to be read like a form."""
    return FormData([(name, value) for name, value in request.query_params.multi_items()])

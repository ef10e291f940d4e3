"""The API's own manual, made from its OpenAPI document, without anything from another host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from triage_api.access.guard import visitor
from triage_api.shell.pages import render

pages = APIRouter(include_in_schema=False, dependencies=[Depends(visitor)])


@pages.get("/docs")
def manual(request: Request) -> Response:
    """Show every call of the API with its fields."""
    document = request.app.openapi()
    return render(request, "templates/docs.html", calls=_calls(document), schemas=document["components"]["schemas"])


def _calls(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "method": method.upper(),
            "path": path,
            "summary": call.get("description") or call.get("summary", ""),
            "parameters": call.get("parameters", []),
            "body": _schema(call.get("requestBody", {})),
            "answers": {status: _schema(answer) for status, answer in call["responses"].items() if status != "422"},
        }
        for path, methods in document["paths"].items()
        for method, call in methods.items()
    ]


def _schema(part: Mapping[str, Any]) -> str:
    """Return the name of the schema that a body or an answer has."""
    content = part.get("content", {}).get("application/json", {}).get("schema", {})
    return str(content.get("$ref", "")).rpartition("/")[2]

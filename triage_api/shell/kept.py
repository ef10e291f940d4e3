"""What a person wrote into a form that an error keeps from being done: handed back, so that nothing typed is lost."""

from __future__ import annotations

from starlette.requests import Request

from triage_api.shell.forms import typed

_SECRET = ("password",)
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


async def written(request: Request) -> list[str]:
    """Return the texts of the form that was sent, in its order: values of several words, which no button or id has.

    Only of a form that the guard has found to come from a page of ours: for any other this is not asked.
    """
    if request.method != "POST" or not request.headers.get("content-type", "").startswith(_FORMS):
        return []
    sent = {name: value for name, value in typed(await request.form()).items() if name not in _SECRET}
    texts = [text for value in sent.values() for text in ([value] if isinstance(value, str) else value)]
    return [text.strip() for text in texts if len(text.split()) > 1]

"""Asking a house's register over HTTPS: bounded in size and time, no redirect followed, the certificate verified."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import TracebackType
from typing import Annotated, Self, TypeVar

import httpx2
from pydantic import AwareDatetime, BaseModel, Field, StringConstraints, ValidationError

from store.errors import BadInput, NotAllowed, RegisterUnavailable
from store.register.notes import MAX_NOTE
from store.register.witness_state import Seen

_LIMIT = 4_000_000
"""Bytes of the largest answer that is read: five thousand leaves are under one million."""
_SECONDS = 30.0
_PAGE = 5000
_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?/?")
_Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_Count = Annotated[int, Field(ge=0, lt=2**62)]


class _Checkpoint(BaseModel):
    checkpoint: Annotated[str, StringConstraints(max_length=MAX_NOTE)]
    verifier_key: Annotated[str, StringConstraints(max_length=500)]


class _Path(BaseModel):
    path: Annotated[list[_Hash], Field(max_length=130)]


class _Leaf(BaseModel):
    position: _Count
    n: Annotated[int, Field(gt=-(2**62), lt=2**62)]
    at: AwareDatetime
    leaf: _Hash


class _Leaves(BaseModel):
    items: Annotated[list[_Leaf], Field(max_length=_PAGE)]
    next: str | None


_Answer = TypeVar("_Answer", bound=BaseModel)


class LogClient:
    """A register at an address; `RegisterUnavailable` whenever it does not answer as one."""

    def __init__(self, url: str, token: str) -> None:
        if not url.startswith("https://") and not _LOOPBACK.fullmatch(url):
            raise BadInput("The token is sent over https only (or to this machine): give an https address.")
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json", "User-Agent": "vigie-witness"}
        self._client = httpx2.Client(base_url=url.rstrip("/"), headers=headers, timeout=_SECONDS)

    def __enter__(self) -> Self:
        """Return itself; leaving closes the connection."""
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        """Close the connection."""
        self._client.close()

    def checkpoint(self) -> tuple[str, str] | None:
        """Return the newest note and the verifier key it is offered with; None while the register is empty."""
        said = self._ask("/api/register/checkpoint", _Checkpoint)
        return (said.checkpoint, said.verifier_key) if said else None

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Return the proof that the tree of `new` leaves begins with that of `old`; empty if it has none."""
        said = self._ask("/api/register/consistency", _Path, {"from": old, "to": new})
        return [bytes.fromhex(step) for step in said.path] if said else []

    def leaves(self, after: int, upto: int) -> Iterator[tuple[int, Seen]]:
        """Yield positions and leaves after a position, before another, as far as there are any, upwards."""
        while after + 1 < upto:
            said = self._ask("/api/register/leaves", _Leaves, {"after": after, "limit": min(_PAGE, upto - after - 1)})
            for one in said.items if said else []:
                if not after < one.position < upto:
                    return
                after = one.position
                yield one.position, Seen(bytes.fromhex(one.leaf), one.n, one.at)
            if said is None or not said.items or said.next is None:
                return

    def _ask(self, path: str, shape: type[_Answer], query: dict[str, int] | None = None) -> _Answer | None:
        try:
            with self._client.stream("GET", path, params=query) as answer:
                body = _bounded(answer)
        except httpx2.HTTPError as error:
            raise RegisterUnavailable(f"The register does not answer: {type(error).__name__}.") from error
        if answer.status_code in (401, 403):
            raise NotAllowed("The token is not accepted: it needs an auditor's account that may read the register.")
        if answer.status_code == 404:
            return None
        if answer.status_code != 200:
            raise RegisterUnavailable(f"The register answered {answer.status_code} to {path}.")
        try:
            return shape.model_validate_json(body)
        except ValidationError:
            raise RegisterUnavailable(f"What the register answered to {path} is no such thing.") from None


def _bounded(answer: httpx2.Response) -> bytes:
    body = bytearray()
    for part in answer.iter_bytes():
        body += part
        if len(body) > _LIMIT:
            raise RegisterUnavailable("The register answered more than a register answers.")
    return bytes(body)

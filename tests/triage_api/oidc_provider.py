"""A provider that lies as it is told: real HTTP on loopback, its own keys, every answer open to change."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

CLIENT, SECRET = "vigie-essai", "un secret/long+d'essai"
WELL_KNOWN = "/.well-known/openid-configuration"


@dataclass
class Answer:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


@cache
def honest_key() -> RSAKey:
    """Return a key that is made once: it takes long."""
    return RSAKey.generate_key(2048, {"kid": "un", "use": "sig"})


@dataclass
class Imposter:
    """What it signs and says; the defaults are those of an honest provider."""

    issuer: str = ""
    key: Key = field(default_factory=honest_key)
    shared: bytes = b""
    published: list[Key] | None = None
    header: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    """Claims that differ from the honest ones; None leaves one out."""
    document: dict[str, Any] = field(default_factory=dict)
    instead: dict[str, Answer] = field(default_factory=dict)
    """Answers given in place of the own ones, by path."""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    waiting: dict[str, dict[str, str]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    now: datetime = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

    def authorize(self, address: str) -> dict[str, str]:
        """Do what a person does at the provider; return what the browser brings back."""
        wanted = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert wanted["code_challenge_method"] == "S256"
        assert wanted["response_type"] == "code"
        assert wanted["client_id"] == CLIENT
        code = f"code-{len(self.waiting)}"
        self.waiting[code] = wanted
        return {"code": code, "state": wanted["state"]}

    def answer(self, path: str, form: dict[str, str], authorization: str) -> Answer:
        self.asked.append((path, form))
        if path in self.instead:
            return self.instead[path]
        told: Any = {WELL_KNOWN: self._document, "/jwks": self._keys}.get(path, dict)()
        if path == "/token":
            return self._redeem(form, authorization)
        return Answer(200, json.dumps(told).encode())

    def count(self, path: str) -> int:
        return sum(asked == path for asked, _ in self.asked)

    def _document(self) -> dict[str, Any]:
        paths = {"authorization_endpoint": "/auth", "token_endpoint": "/token", "jwks_uri": "/jwks"}
        return {"issuer": self.issuer} | {name: self.issuer + path for name, path in paths.items()} | self.document

    def _keys(self) -> Any:
        keys = [self.key] if self.published is None else self.published
        return KeySet(keys).as_dict(private=False)

    def _redeem(self, form: dict[str, str], authorization: str) -> Answer:
        wanted = self.waiting.get(form.get("code", ""))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        fits = wanted is not None and challenge.decode().rstrip("=") == wanted["code_challenge"]
        basic = base64.b64encode(b"vigie-essai:un%20secret%2Flong%2Bd%27essai").decode()
        if not fits or form["code"] in self.used or authorization != f"Basic {basic}":
            return Answer(400, b'{"error": "invalid_grant", "error_description": "<b>non</b>"}')
        self.used.add(form["code"])
        assert wanted is not None
        return Answer(200, json.dumps({"id_token": self.token(wanted["nonce"]), "token_type": "Bearer"}).encode())

    def token(self, nonce: str) -> str:
        moment = int(self.now.timestamp())
        honest = {"iss": self.issuer, "aud": CLIENT, "sub": "lea", "iat": moment, "exp": moment + 300, "nonce": nonce}
        claims = {name: value for name, value in (honest | self.claims).items() if value is not None}
        alg = {"RSA": "RS256", "EC": "ES256", "OKP": "EdDSA"}[self.key.key_type]
        header = {"alg": alg, "kid": self.key.kid} | self.header
        if header["alg"] in ("none", "HS256"):
            return self._forged(header, claims)
        registry = JWSRegistry(algorithms=[header["alg"]], strict_check_header=False)
        registry.algorithms = Silent.algorithms
        return jwt.encode(header, claims, self.key, registry=registry)

    def _forged(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        """Return a token without a signature, or with one that takes the public key for a shared secret."""
        parts = [json.dumps(part).encode() for part in (header, claims)]
        signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
        proof = hmac.digest(self.shared, signed, "sha256") if header["alg"] == "HS256" else b""
        return (signed + b"." + base64.urlsafe_b64encode(proof).rstrip(b"=")).decode()


class Silent(JWSRegistry):
    """Signs with what warns, too: lies are its trade."""

    algorithms: ClassVar = dict(JWSRegistry.algorithms)


_EDDSA = type(JWSRegistry.algorithms["EdDSA"])
Silent.algorithms["EdDSA"] = type("Quiet", (_EDDSA,), {"security_warning": ""})()

OTHER_KEYS = {
    "ES256": lambda: ECKey.generate_key("P-256", {"kid": "deux"}),
    "EdDSA": lambda: OKPKey.generate_key("Ed25519", {"kid": "trois"}),
}


@contextmanager
def serving(imposter: Imposter) -> Iterator[Imposter]:
    class Handler(BaseHTTPRequestHandler):
        def _go(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            sent = parse_qs(self.rfile.read(length).decode())
            form = {name: values[0] for name, values in sent.items()}
            given = imposter.answer(urlsplit(self.path).path, form, self.headers.get("Authorization", ""))
            self.send_response(given.status)
            for name, value in ({"Content-Type": "application/json"} | given.headers).items():
                self.send_header(name, value)
            self.end_headers()
            for start in range(0, len(given.body), 60_000):
                try:
                    self.wfile.write(given.body[start : start + 60_000])
                except OSError:
                    return  # nobody reads on: that is what is tested

        do_GET = do_POST = _go  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    imposter.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield imposter
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

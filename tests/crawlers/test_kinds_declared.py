"""What the declarations of the kinds take and refuse, and that declarations of before keep their digests."""

from __future__ import annotations

from pathlib import Path

import pytest
from kind_helpers import declared
from pydantic import ValidationError

from crawlers.kinds import COLLECTORS, first_requests
from crawlers.sources.declaration import KINDS, SourceDeclaration, host_allowed, load_source
from crawlers.sources.register import COLLECTED

EXAMPLES = Path(__file__).parents[2] / "examples"
SELECTORS = {"item": "article", "text": "p"}
BEFORE = {
    "board": "dda796e3f925e7741995c850be7cf7c36d611a262a971ff36efe777eebbf1041",
    "feed": "cf976e5b88b7fea96df464b4d9eb786656dc2a61f721d9aa288c6d3c53d692ea",
}


def test_each_kind_has_a_collector_and_an_example():
    assert set(KINDS) == set(COLLECTORS) == set(COLLECTED)
    assert {load_source(path).kind for path in EXAMPLES.glob("*.yaml")} == set(KINDS)
    assert all(load_source(EXAMPLES / f"{kind}.yaml").kind == kind for kind in KINDS)


@pytest.mark.parametrize("name", BEFORE)
def test_a_declaration_of_before_keeps_its_digest_and_so_its_approval(name):
    assert load_source(EXAMPLES / f"{name}.yaml").digest == BEFORE[name]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_asked_first_is_on_the_allowed_hosts(kind):
    declaration = load_source(EXAMPLES / f"{kind}.yaml")
    asked = first_requests(declaration)
    assert asked
    assert all(host_allowed(url, declaration.allowed_hosts) for url in asked)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"board", "forum", "sitemap"}))
def test_a_kind_that_knows_its_markup_takes_no_selectors(kind):
    with pytest.raises(ValidationError, match="takes no selectors"):
        declared(kind, selectors=SELECTORS)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"sitemap"}))
def test_only_a_sitemap_takes_paths(kind):
    with pytest.raises(ValidationError, match="takes no only_paths"):
        declared(
            kind, selectors=SELECTORS | {"thread": "a"} if kind in ("board", "forum") else None, only_paths=["/a/"]
        )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("terms_urls", ["https://ailleurs.example/conditions"]),
        ("terms_urls", ["file:///etc/passwd"]),
        ("terms_urls", ["https://me:secret@journal.example/terms"]),
        ("terms_urls", [f"https://journal.example/{n}" for n in range(11)]),
        ("max_bytes", 0),
        ("max_bytes", 10**9),
        ("only_paths", ["actualites"]),
        ("only_paths", ["/a b"]),
    ],
)
def test_refused(field, value):
    with pytest.raises(ValidationError, match=field):
        declared("sitemap", **{field: value})


def test_the_new_fields_end_an_approval_when_they_are_used():
    plain = declared("sitemap")
    for more in ({"terms_urls": ["https://journal.example/terms"]}, {"max_bytes": 20_000}, {"only_paths": ["/a/"]}):
        assert declared("sitemap", **more).digest != plain.digest
    assert SourceDeclaration.model_validate(plain.model_dump()).digest == plain.digest

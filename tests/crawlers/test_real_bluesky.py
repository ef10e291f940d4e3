"""A real data server of the Bluesky network, filled by its accounts through its own interface, then collected."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from real_sites import SECRET, Collected, fictional_texts, letters
from required import cannot

from scripts.services.sites import Account, DataServer, Unavailable
from store.store import Store

pytestmark = [pytest.mark.slow, pytest.mark.long]

_POSTS = {"alouette": 33, "bruant": 28}
_LONGEST = 300
"""Characters of a post; the server refuses more."""
_FIRST = datetime(2026, 2, 1, 8, tzinfo=UTC)


class Neighbours:
    """Two accounts of the server, and what they show in public by now: each post's letters by its name."""

    def __init__(self, server: DataServer) -> None:
        self.server = server
        self.texts = (text for text in fictional_texts() if len(text) <= _LONGEST)
        self.posts: dict[str, str] = {}
        self.accounts = {name: server.account(name) for name in _POSTS}

    def fill(self) -> None:
        for name, count in _POSTS.items():
            account = self.accounts[name]
            account.rewrite("self", {"displayName": f"{SECRET} {name}"}, "app.bsky.actor.profile")
            for text in islice(self.texts, count):
                self.write(account, text)
        liked = {"uri": next(iter(self.posts)), "cid": "bafyreigfp7ycpjtp3u5b3edvruixixozsoreoi22vr5xwza5poi2vh55le"}
        self.accounts["bruant"].write({"subject": liked, **_moment(0)}, "app.bsky.feed.like")
        self.accounts["bruant"].write({"subject": liked, **_moment(0)}, "app.bsky.feed.repost")

    def write(self, account: Account, text: str) -> str:
        name = account.uri(account.write({"text": text, "langs": ["fr"], **_moment(len(self.posts))}))
        self.posts[name] = letters(text)
        return name

    def rewrite(self, name: str, text: str) -> None:
        account, key = self._of(name)
        account.rewrite(key, {"text": text, **_moment(0)})
        self.posts[name] = letters(text)

    def delete(self, name: str) -> None:
        account, key = self._of(name)
        account.delete(key)
        del self.posts[name]

    def _of(self, name: str) -> tuple[Account, str]:
        account = next(one for one in self.accounts.values() if one.did in name)
        return account, name.rpartition("/")[2]


def _moment(hours: int) -> dict[str, str]:
    return {"createdAt": f"{_FIRST + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"}


@pytest.fixture(scope="module")
def neighbours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neighbours]:
    try:
        server = DataServer.start(tmp_path_factory.mktemp("bluesky"))
    except Unavailable as reason:
        cannot(reason)
    with server:
        neighbours = Neighbours(server)
        neighbours.fill()
        yield neighbours


@pytest.fixture
def source(live_store: Store, neighbours: Neighbours) -> Collected:
    server = neighbours.server
    lists = [
        f"{server.url}/xrpc/com.atproto.repo.listRecords?repo={account.did}&collection=app.bsky.feed.post&limit=25"
        for account in neighbours.accounts.values()
    ]
    return Collected(live_store, "bluesky", server.url.removeprefix("http://"), start_urls=lists)


def test_every_post_arrives_once_and_edits_too(neighbours: Neighbours, source: Collected):
    first = source.collect()
    assert source.texts() == neighbours.posts
    assert first.new == len(neighbours.posts)
    assert first.pages >= 4
    posts = source.posts()
    assert not [post for post in posts if SECRET in post.text + post.author]
    assert {post.author for post in posts} == {account.did for account in neighbours.accounts.values()}
    assert min(post.posted_at for post in posts) == _FIRST
    neighbours.rewrite(list(neighbours.posts)[3], next(neighbours.texts))
    neighbours.write(neighbours.accounts["bruant"], next(neighbours.texts))
    reports = [source.collect(), source.collect_in_full()]
    assert source.texts() == neighbours.posts
    assert [report.new for report in reports] == [1, 0]
    assert sum(report.edited for report in reports) == 1


def test_what_is_deleted_is_noticed(neighbours: Neighbours, source: Collected):
    source.collect()
    oldest, newest = list(neighbours.posts)[1], list(neighbours.posts)[-1]
    for name in (oldest, newest):
        neighbours.delete(name)
    for _ in range(2):  # a post is gone when its source has denied it twice
        source.collect_in_full()
    assert source.gone() == {oldest, newest}
    assert source.texts() == neighbours.posts

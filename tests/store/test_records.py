"""What comes in from outside is kept as far as it can be kept."""

from __future__ import annotations

import pytest

from store.records import PostIn


@pytest.mark.parametrize("broken", ["\0", "\ud83d"])
def test_half_a_character_costs_no_post(broken):
    post = PostIn(text=f"chu {broken} en fugue", title=broken, author=f"a{broken}", url=f"https://a.example/{broken}")
    assert post.text == "chu \ufffd en fugue"
    assert (post.title, post.author, post.url) == ("\ufffd", "a\ufffd", "https://a.example/\ufffd")


@pytest.mark.parametrize("text", ["", "   ", "x" * 1_000_001])
def test_no_words_or_far_too_many_are_no_post(text):
    with pytest.raises(ValueError, match="text"):
        PostIn(text=text)

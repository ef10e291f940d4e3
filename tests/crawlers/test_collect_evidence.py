"""What collectors of each kind keep of the demo town is evidence that stands, and stands alone."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from crawlers.run import collect
from store.erasure import erase
from store.evidence.verifying import check_all, check_post
from store.register.sequencing import sequence
from store.tables import Capture, Post


@pytest.mark.parametrize("site", ["feed", "board", "forum", "timeline"])
def test_every_collected_post_is_verified_and_is_so_when_another_of_its_page_is_erased(live_store, approved, site):
    collect(live_store, approved(site))
    sequence(live_store)
    with live_store.database.reading() as session:
        page = select(Capture.response_sha256).group_by(Capture.response_sha256).having(func.count() > 1).limit(1)
        one, *others = session.scalars(select(Capture.post_id).where(Capture.response_sha256 == page.scalar_subquery()))
        kept = session.scalar(select(func.count()).select_from(Post))
    lines: list[str] = []
    assert check_all(live_store, lines.append).captures == kept
    assert lines == []
    erase(live_store, one)
    assert others
    assert {capture.standing for each in others for capture in check_post(live_store, each).captures} == {"signed"}
    assert check_all(live_store, lines.append).captures == kept - 1
    assert lines == []

"""PostgreSQL is restarted or killed while everything is at work: the steps wait and go on, nothing is lost."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import func, select
from whole_house import collects, within

from pipeline.rebuild import compare
from store.errors import DatabaseUnavailable
from store.outbox import INDEX
from store.posts import ASSESS
from store.tables import AssessmentRow, Post


@pytest.mark.parametrize("how", ["restarted", "killed"])
def test_work_goes_on_after_it(make_house, town, database, database_url, how):
    house = make_house(database_url=database_url)
    collects(house, town)
    with house.working("collect", "assess", "index"):
        assert within(180, lambda: house.posts() > 50), house.runs()
        kept = set(house.take(*(f"chu en fugue {n}, j'ai 15 ans" for n in range(30))))
        if how == "restarted":
            database.stop()
        else:
            database.kill()
        with pytest.raises(DatabaseUnavailable, match="Nothing was lost"):
            house.posts()
        time.sleep(2)
        database.start_again()
        assert within(90, house.settled)
    with house.store.database.reading() as session:
        assert kept <= set(session.scalars(select(Post.id)))
        posts, read = (session.scalar(select(func.count()).select_from(table)) for table in (Post, AssessmentRow))
        assert posts == read
        assert session.scalars(select(Post.revision).distinct()).all() == [1]
    assert (house.waiting(ASSESS), house.waiting(INDEX)) == (0, 0)
    assert not compare(house.store, house.index)

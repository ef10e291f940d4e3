"""The desk's benchmark: lanes as the pipeline gives them, links and forms as the pages have them, times by page."""

from __future__ import annotations

import pytest

from benchmarks.desk.analysts import _DECIDES, _ITEM, _NEXT
from benchmarks.desk.data import lane_of
from benchmarks.desk.plan import ALONE, THINKING, WITHOUT, Crowd
from nlp.types import SIGNALS, Assessment, SignalResult
from pipeline import queueing


@pytest.mark.parametrize("urgency", ["routine", "immediate"])
@pytest.mark.parametrize("kind", ["post", "ad"])
@pytest.mark.parametrize("flagged", [("minor",), ("recruitment", "distress")])
def test_a_post_comes_into_the_lane_that_the_pipeline_gives_it(urgency, kind, flagged):
    signals = {signal: SignalResult(0.9, signal in flagged, ()) for signal in SIGNALS}
    read = Assessment("fr", urgency, signals, (), {}, "grid", "model")
    assert lane_of(urgency, kind, flagged) == queueing.lane_of(read, kind)


def test_what_an_analyst_follows_stands_in_the_pages():
    page = (
        '<tr id="q-1a"><td></tr>\n<tr id="q-2b">\n<p><a href="/queue?lane=ads&amp;cursor=x.y" rel="next">plus</a></p>'
    )
    assert _ITEM.findall(page) == ["q-1a", "q-2b"]
    assert _NEXT.search(page)[1] == "/queue?lane=ads&amp;cursor=x.y"
    assert _DECIDES.search('<form method="post" action="/queue/q-1a/decision" class="decision">')[1]


def test_times_are_told_by_page_beside_the_bare_page():
    crowd = Crowd("sqlite+tantivy")
    crowd.take([(f"{ALONE}|queue", 0.02, 0.015), (f"{WITHOUT}|queue", 0.9, 0.5), (f"{THINKING}|bare page", 0.01, 0.0)])
    crowd.take([(f"{THINKING}|queue", ms / 1000, 0.0) for ms in range(1, 121)])
    crowd.take([(f"{THINKING}|claim", 0.3, 0.0), ("warming up|queue", 9.0, 9.0)])
    queue, claim, bare = crowd.rows()
    assert (queue["page"], queue["n"], queue["p50"], queue["p95"], queue["max"]) == ("queue", 120, 60.0, 114.0, 120.0)
    assert (queue["alone, cpu"], queue["p95, no thinking"], queue["p95 / bare"]) == (15.0, 900.0, 11.4)
    assert (claim["page"], claim["alone, cpu"], bare["page"]) == ("claim", "", "bare page")
    assert crowd.over() == {"queue": 114.0}  # claims are told, and the aim is for pages

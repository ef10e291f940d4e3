from __future__ import annotations

from contextlib import closing

from pipeline import loop
from store.index import open_index
from vigie.unattended import STEPS, every_step


def test_the_desks_steps_run_beside_the_pipelines(store):
    without_reader = tuple(name for name in STEPS if name != "assess")
    with closing(open_index(store.settings)) as index:
        index.set_up()
        todo = every_step(store, None, index, without_reader)
        own = {"standing", "duty", "runaways", "majority", "meetings", "retention"}
        assert {*todo, "assess"} == {*STEPS} >= {*loop.STEPS, *own}
        assert todo["standing"]() == 0, "nothing is due, and no models are loaded for it"
        assert todo["duty"]() == todo["runaways"]() == todo["majority"]() == 0
        assert todo["meetings"]() == todo["retention"]() == 0
        assert set(every_step(store, None, index, ("index",))) == {"index"}

"""An analyst's day by keyboard alone: what is decided, handed over, searched and undone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import cycle

from day_house import CAMPAIGNS
from keyboard import Keyboard
from playwright.sync_api import Page, expect

from scripts.demo_browser import Desks

ITEMS = 100
ADS = "5"
ALL = "0"
_ITEM = r"q-[0-9a-f]+"
_SEARCHES = ("fugue", "chambre", "fugue", "cash", "minuit")
"""The third one was made before: it is brought back."""


class Analyst:
    """Somebody at the keyboard, and the items that they decided, in order."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.keys = Keyboard(page)
        self.decided: list[str] = []
        self.campaigns: list[list[str]] = []
        self.undone: list[str] = []
        self.judged: list[str] = []
        self._verdicts = cycle("1231423112")
        self._ways = cycle((self._met, self._sought, lambda: None))

    def log_in(self, desks: Desks, name: str) -> None:
        """Enter by keyboard."""
        self.keys.task = "log in"
        self.page.goto(f"{desks.address}/login")
        self.keys.tab_to("#f-name")
        self.keys.type(name)
        self.keys.tab_to("#f-password")
        self.keys.type(desks.passwords[name])
        self.keys.go("Enter", "/queue$")

    def take(self, lane: str = ALL) -> None:
        """Take the first item of the list that is free."""
        self.keys.task = "take an item"
        if not re.search(r"/queue(\?|$)", self.page.url):
            self.keys.menu("/queue")
        self.keys.go(lane, "/queue")
        self.keys.go("c", "/posts/p-")
        self.read()

    def read(self) -> None:
        """Open the text whose label is shown."""
        assert not self.page.locator(".text").count(), "the label comes before the text"
        self.keys.go("o", "open=1")

    def decide(self, verdict: str = "") -> str:
        """Decide on the text that is open, after a judgement where one is asked; return the item."""
        item = self._own_item()
        if self._action().startswith("/agreement/"):
            self._judge(item)
        self.keys.task = "decide"
        self._fill(verdict or next(self._verdicts), "Lu au complet; ce que le texte dit suffit.")
        self.keys.go("Control+Enter", "decided=")
        assert f"/queue/{item}/decision" not in self.page.url
        self.decided.append(item)
        return item

    def undo(self) -> None:
        """Take the last decision back, see that it waits again, and decide it anew."""
        self.keys.task = "undo"
        item = self.decided.pop()
        self.keys.go("u", f"/queue/{item}$")
        self.undone.append(item)
        expect(self.page.get_by_role("button", name="Prendre et lire")).to_be_visible()
        self.keys.go("c", "/posts/p-")
        self.read()
        expect(self.page.get_by_text("annulée")).to_be_visible()
        self.decide("2")

    def together(self, *, undo: bool = False) -> bool:
        """Decide the campaign of the text that is open as one; tell whether there was one that waits."""
        self.keys.task = "campaign"
        if not self.page.locator("dt", has_text=re.compile("^Campagne$")).count():
            return False
        own = self._own_item()
        self.keys.go("g", "/campaign$")
        boxes = self.page.locator("input[name=items]:checked:not([type=hidden])")
        items = [str(box.get_attribute("value")) for box in boxes.all()]
        if len(items) < 2:  # nothing else of it waits
            self.keys.tab_to(f"main a[href='/queue/{own}']")
            self.keys.go("Enter", f"/queue/{own}$")
            self.keys.go("c", "/posts/p-")
            self.read()
            return False
        self.keys.go("c", "/campaign/claim$")
        self._fill("3", "Même contact, même offre : une seule décision.")
        self.keys.go("Control+Enter", "/campaign/decision$")
        expect(self.page.get_by_text(f"Décisions inscrites : {len(items)}")).to_be_visible()
        if undo:
            self.keys.go("u", r"/queue/q-[0-9a-f]+$")
            self.undone += items
            self.keys.go("g", "/campaign$")
            expect(self.page.locator("input[name=items]:checked:not([type=hidden])")).to_have_count(len(items))
            self._fill("2", "À revoir ensemble.")
            self.keys.go("Control+Enter", "/campaign/decision$")
        self.campaigns.append(items)
        return True

    def hand_over(self, to: str) -> str:
        """Hand the text that is open to a colleague; return the item."""
        self.keys.task = "hand over"
        item = self._own_item()
        self.keys.go("r", "/handover$")
        self.keys.choose("#f-to", to)
        self.keys.tab_to("button.primary")
        self.keys.go("Enter", "/queue$")
        expect(self.page.locator(f"tr[id='{item}']").first).to_contain_text(to)
        return item

    def search(self, words: str) -> None:
        """Search what was collected, and open the first hit's label."""
        self.keys.task = "search"
        self.keys.menu("/searches")
        self.keys.press("/")
        self.keys.type(words)
        self.keys.choose("#f-purpose")
        self.keys.choose("#f-ground")
        self.keys.go("Control+Enter", "/searches/s-")
        self.keys.press("j")
        assert self.keys.focused("[data-rows] [data-open]")
        self.keys.go("Enter", "/posts/p-")

    def skip(self) -> None:
        """Pass the item over whose text is open."""
        self.keys.task = "skip"
        self.keys.go("s", "/queue")

    def judge_second(self) -> str:
        """Say as the second reader what one finds in the text that is open; return the item."""
        item = self._own_item()
        self._fill("1", "")
        self.keys.go("Control+Enter", "/second")
        return item

    def _judge(self, item: str) -> None:
        self.keys.task = "judge blind"
        assert not self.page.locator(".text mark").count(), "nothing is shown of what the reader found"
        self._fill("2", "")
        self.keys.go("Control+Enter", "/posts/p-")
        self.judged.append(item)
        self.read()

    def _fill(self, verdict: str, reason: str) -> None:
        """Choose a verdict, tick a criterion in one way or another, and write why."""
        self.keys.press(verdict)
        assert self.keys.focused("input[name=verdict]:checked"), "the verdict that was chosen has the focus"
        next(self._ways)()
        if reason:
            self.keys.press("e")
            assert self.keys.focused("[name=reason]")
            self.keys.type(reason)

    def _met(self) -> None:
        """Tick the first criterion that the reader found, where it may be seen; else one from the grid."""
        self.keys.tab_to("#f-seek")
        self.keys.press("Tab")
        if self.keys.focused("input[name=criteria]"):
            self.keys.press("Space")
            assert self.keys.focused(":checked")
            return
        self.keys.press("Shift+Tab")
        self._seek()

    def _sought(self) -> None:
        self.keys.tab_to("#f-seek")
        self._seek()

    def _seek(self) -> None:
        """Seek a criterion by its words; the only one that is left is ticked by Enter."""
        self.keys.type("fugue disparition")
        self.keys.press("Enter")
        self.keys.press("Escape")
        assert self.keys.focused("body"), "Escape leaves the field"

    def _action(self) -> str:
        return str(self.page.locator("#decision").get_attribute("action"))

    def _own_item(self) -> str:
        found = re.search(_ITEM, self._action())
        assert found, self._action()
        return found.group()


def work(analyst: Analyst, colleague: str) -> list[str]:
    """Work a day, items and campaigns by turns, with searches, hand-overs and an undo; return what was handed."""
    handed: list[str] = []
    searched = undone = 0
    for turn in _turns(analyst):
        done = len(analyst.decided)
        analyst.take(ADS if turn % 8 == 7 or done == ITEMS else ALL)
        if len(analyst.campaigns) < CAMPAIGNS and analyst.together(undo=len(analyst.campaigns) == 4):
            continue
        if len(handed) < 3 and done >= 20 * (len(handed) + 1):
            handed.append(analyst.hand_over(colleague))
        elif done == ITEMS:
            analyst.skip()
        else:
            analyst.decide()
            if done == 30 and not undone:
                analyst.undo()
                undone += 1
            if searched < len(_SEARCHES) and done >= 15 * (searched + 1):
                analyst.search(_SEARCHES[searched])
                searched += 1
    return handed


def _turns(analyst: Analyst) -> Iterator[int]:
    for turn in range(300):
        if len(analyst.decided) == ITEMS and len(analyst.campaigns) == CAMPAIGNS:
            return
        yield turn
    raise AssertionError(f"{len(analyst.decided)} items and {len(analyst.campaigns)} campaigns in 300 turns")

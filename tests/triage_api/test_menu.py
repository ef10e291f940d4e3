"""The menu: few places stand side by side, many are folded under what they are for, and none is lost."""

from __future__ import annotations

import pytest

from triage_api.access.models import Role
from triage_api.access.policy import POLICY
from triage_api.shell.languages import say
from triage_api.shell.menu import Menu, Place, menu_of
from triage_api.shell.pages import DESKS


def places(here: str = "", news: int = 0) -> list[Place]:
    return [Place(name, path, name == here, news) for name, path, _ in DESKS]


def names(menu: Menu) -> list[str]:
    return [place.name for place in (*menu.places, *(place for group in menu.groups for place in group.places))]


def test_few_places_are_not_folded():
    few = places()[:9]
    assert menu_of(few) == Menu(few, [])


def test_of_many_none_is_lost_and_none_is_there_twice():
    many = menu_of(places())
    assert sorted(names(many)) == sorted(name for name, _, _ in DESKS)
    assert len(many.places) <= 10
    assert all(len(group.places) > 1 for group in many.groups)


@pytest.mark.parametrize("role", [role for role in Role if POLICY[role]])
def test_each_role_sees_a_dozen_words_at_most(role):
    own = [Place(name, path, False, 0) for name, path, action in DESKS if action in POLICY[role]]
    shown = menu_of(own)
    assert len(shown.places) + len(shown.groups) <= 13, names(shown)
    assert sorted(names(shown)) == sorted(place.name for place in own)


def test_a_group_tells_that_one_is_inside_and_what_is_new():
    groups = {group.name: group for group in menu_of(places(here="ledger", news=2)).groups}
    assert groups["follow"].here
    assert not groups["control"].here
    assert groups["follow"].news == 2 * len(groups["follow"].places)


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_page_folds_them(person_in, lang):
    browser = person_in("supervisor")
    browser.client.cookies.set("vigie_lang", lang)
    page = browser.page("/ledger").text
    before, _, after = page.partition('<details class="folded"')
    assert 'href="/queue"' in before
    assert 'href="/ledger" aria-current="page"' in after
    assert say(lang, "menu_group.follow") in after

"""What other rooms ask the directory: nobody valid, nothing sent; who acts for whom; what an agreement lets be told."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from directory_entries import agreement, organisation, pivot
from sqlalchemy import update

from store.errors import Conflict, NotFound
from store.tables import Agreement, Organisation, Pivot
from triage_api.directory.finding import (
    agreement_fields,
    organisation_named,
    organisation_of_user,
    pivot_to_tell,
    pivots_of_user,
    serving,
    valid_of,
    valid_pivots,
)
from triage_api.directory.models import PivotChange
from triage_api.directory.pivots import change_pivot, end_pivot
from triage_api.directory.service import end_organisation


@pytest.fixture
def keeper(make_person):
    return make_person("supervisor", name="superviseure")


@pytest.fixture
def partner(make_person):
    return make_person("partner", name="pivot-ecole")


def asked(store, ask, *given):
    with store.database.reading() as session:
        return ask(session, *given)


def to_tell(store, identity):
    return asked(store, lambda session: pivot_to_tell(session, store, identity).id)


def acts_for(store, user):
    return asked(store, lambda session: [row.id for row in pivots_of_user(session, store, user.id)])


def fields(store, identity):
    return asked(store, lambda session: agreement_fields(session, store, identity))


@pytest.fixture
def school(desk, keeper):
    return organisation(desk, keeper)


@pytest.fixture
def pair(desk, keeper, school):
    """A pivot who ends in 30 days, and the back-up."""
    backup = pivot(desk, keeper, school.id, "Noé")
    until = desk.store.clock() + timedelta(days=30)
    return pivot(desk, keeper, school.id, "Ariane", backup=backup.id, valid_until=until), backup


def test_the_pivot_is_told_then_the_backup_then_nobody(store, clock, pair):
    first, backup = pair
    assert to_tell(store, first.id) == first.id
    clock.forward(days=30)
    assert to_tell(store, first.id) == backup.id, "their last moment is past"
    clock.forward(days=300)
    with pytest.raises(Conflict) as refused:
        to_tell(store, first.id)
    assert refused.value.code == "no_pivot"
    with pytest.raises(NotFound):
        to_tell(store, "p-0")


def test_one_who_was_ended_is_told_nothing_and_a_pivot_alone_has_nobody(desk, keeper, store, pair):
    first, backup = pair
    end_pivot(desk, keeper, first.id)
    assert to_tell(store, first.id) == backup.id
    end_pivot(desk, keeper, backup.id)
    for row in pair:
        with pytest.raises(Conflict):
            to_tell(store, row.id)


def test_nobody_of_an_organisation_that_has_ended_is_told_anything(desk, keeper, store, school, pair):
    end_organisation(desk, keeper, school.id)
    for row in pair:
        with pytest.raises(Conflict):
            to_tell(store, row.id)
    assert asked(store, lambda session: valid_pivots(session, store)) == []
    assert asked(store, organisation_named, school.id).ended_at


def test_even_if_only_the_organisation_was_ended_in_the_table(store, school, pair):
    with store.database.writing() as session:
        session.execute(update(Organisation).values(ended_at=store.clock()))
    with pytest.raises(Conflict):
        to_tell(store, pair[0].id)


def test_a_person_acts_as_their_own_pivot_and_for_those_whom_they_back_up(desk, keeper, partner, store, clock, school):
    own = pivot(desk, keeper, school.id, "Moi", account=partner.name)
    backed = pivot(desk, keeper, school.id, "Autre", backup=own.id)
    pivot(desk, keeper, school.id, "Tiers")
    assert acts_for(store, partner) == [own.id, backed.id]
    end_pivot(desk, keeper, backed.id)
    assert acts_for(store, partner) == [own.id, backed.id], "that is when somebody must"
    end_pivot(desk, keeper, own.id)
    assert acts_for(store, partner) == []


def test_a_lapsed_pivot_acts_for_nobody_but_still_asks_for_their_organisation(
    desk, keeper, partner, store, clock, school
):
    pivot(desk, keeper, school.id, "Moi", account=partner.name, valid_until=clock.now + timedelta(days=1))
    clock.forward(days=1)
    assert acts_for(store, partner) == []
    assert asked(store, organisation_of_user, partner.id).id == school.id


def test_what_an_account_says_in_free_text_makes_nobody_a_pivot(desk, keeper, store, make_person):
    organisation(desk, keeper, "Maison Test")  # what every account of the tests says it is of
    assert asked(store, organisation_of_user, make_person("partner", name="seul").id) is None


def test_an_account_that_is_taken_away_acts_no_more(desk, keeper, partner, store, school):
    own = pivot(desk, keeper, school.id, "Moi", account=partner.name)
    kept = {"name": "Moi", "email": "moi@ecole.example", "valid_until": own.valid_until}
    change_pivot(desk, keeper, own.id, PivotChange(**kept))
    assert acts_for(store, partner) == []
    assert asked(store, organisation_of_user, partner.id) is None


def test_an_agreement_lets_be_told_what_it_says_while_it_is_in_force(desk, keeper, store, clock, school):
    assert fields(store, school.id) is None
    agreement(desk, keeper, school.id, ["first_name"], ends_on=date(2026, 3, 31))
    later = agreement(desk, keeper, school.id, ["approach"], title="Autre")
    assert fields(store, school.id) == {"first_name", "approach"}
    with store.database.writing() as session:
        session.execute(update(Agreement).where(Agreement.id == later.id).values(ended_at=clock.now))
    assert fields(store, school.id) == {"first_name"}
    clock.now = clock.now.replace(month=4, day=1, hour=3)  # 23:00 of the last day
    assert fields(store, school.id) == {"first_name"}
    clock.forward(hours=2)
    assert fields(store, school.id) is None


def test_an_agreement_never_lets_be_told_more_than_the_kind_may(desk, keeper, store, school):
    agreement(desk, keeper, school.id, ["first_name"])
    with store.database.writing() as session:
        session.execute(update(Agreement).values(fields=["first_name", "everything"]))
    assert fields(store, school.id) == {"first_name"}


def test_those_of_the_region_come_before_those_of_all_of_quebec(desk, keeper, store):
    for name, regions in (("A partout", []), ("B Laval", ["Laval"]), ("C Estrie", ["Estrie"])):
        organisation(desk, keeper, name, kind="dpj", regions=regions)
    organisation(desk, keeper, "D école", regions=["Laval"])

    def names(*regions):
        return asked(store, lambda session: [row.name for row in serving(session, regions, "dpj")])

    assert names("Laval") == ["B Laval", "A partout"]
    assert names("Laval", "Estrie") == ["B Laval", "C Estrie", "A partout"]
    assert names("") == names() == ["A partout"]


def test_the_valid_ones_of_an_organisation(desk, keeper, store, clock, school, pair):
    listed = asked(store, lambda session: [row.name for row in valid_of(session, store, school.id)])
    assert listed == ["Ariane", "Noé"]
    with store.database.writing() as session:
        session.execute(update(Pivot).where(Pivot.name == "Ariane").values(valid_until=clock.now))
    assert asked(store, lambda session: [row.name for row in valid_of(session, store, school.id)]) == ["Noé"]
    assert [one.name for _, one in asked(store, lambda session: valid_pivots(session, store))] == ["Noé"]

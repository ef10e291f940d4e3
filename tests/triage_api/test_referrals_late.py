"""What is not acknowledged in time escalates, once; without an outcome it is asked after; a late review is told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from told_house import ASKED, House, body, code, events, ground_of

from store.settings import Settings
from store.tables import DeskAlert, User
from triage_api.referrals.due import acknowledged_by, reviewed_by
from triage_api.referrals.running import chase, chasing


@pytest.fixture
def house(store) -> House:
    return House(store)


@pytest.fixture
def sent(house, person_in):
    """Send a referral to a pivot with a back-up; return its id and both pivots'."""

    def make(people: int = 2, **more: object) -> tuple[str, str, str]:
        request = person_in("partner", name="ecole").api("POST", "/requests", json=ASKED).json()["id"]
        organisation = house.organisation()
        person_in("partner", name="relève")
        backup = house.pivot(organisation, "relève")
        pivot = house.pivot(organisation, backup=backup)
        given = body(request, pivot, ground_of("dpj", people=people), **more)
        made = person_in("analyst").api("POST", "/referrals", json=given | {"send": people == 1})
        assert made.status_code == 201, made.text
        identity = made.json()["id"]
        if people == 2:
            approved = person_in("analyst", name="seconde").api(
                "POST", f"/referrals/{identity}/approve", json={"send": True}
            )
            assert approved.status_code == 200
        return identity, pivot, backup

    return make


def alerts(store, kind: str) -> list[tuple[str, str]]:
    with store.database.reading() as session:
        rows = session.execute(
            select(User.name, DeskAlert.about).join(User, User.id == DeskAlert.user_id).where(DeskAlert.kind == kind)
        )
        return sorted((name, about) for name, about in rows)


def test_late_it_escalates_once_to_the_backup_and_the_supervisors(store, clock, house, person_in, sent):
    made, pivot, backup = sent()
    person_in("supervisor", name="cheffe")
    clock.forward(days=4, hours=23)
    assert chase(store) == 0
    clock.forward(hours=1)
    assert [chase(store), chase(store)] == [1, 0]
    assert house.told() == [("referral", pivot, made), ("reminder", backup, made)]
    assert alerts(store, "referral_late") == [("cheffe", made)]
    assert [one["backup"] for one in events(store, "referral.escalated")] == [backup]
    read = person_in("analyst", name="autre").api("GET", f"/referrals/{made}").json()
    assert (read["late"], read["desk"]["escalated_at"] is not None) == (True, True)


def test_the_backup_may_take_it(store, clock, browser, sent):
    made, _, _ = sent()
    clock.forward(days=5)
    chase(store)
    stands_in = browser().log_in("relève")
    assert stands_in.api("GET", f"/referrals/{made}").status_code == 200
    assert stands_in.api("POST", f"/referrals/{made}/acknowledge").json()["state"] == "acknowledged"


def test_an_urgent_one_is_late_after_hours(store, clock, sent):
    sent(people=1)
    clock.forward(hours=4)
    assert chase(store) == 1


def test_in_time_nothing_escalates(store, clock, browser, sent):
    made, _, _ = sent()
    browser().log_in("relève").api("POST", f"/referrals/{made}/acknowledge")
    clock.forward(days=6)
    assert chase(store) == 0
    assert alerts(store, "referral_late") == []


def test_without_an_outcome_the_pivot_is_reminded_once(store, clock, house, browser, sent):
    made, pivot, _ = sent()
    browser().log_in("relève").api("POST", f"/referrals/{made}/acknowledge")
    clock.forward(days=30)
    assert [chase(store), chase(store)] == [1, 0]
    assert house.told()[1:] == [("reminder", pivot, made)]


def test_a_late_review_is_told_again_once(store, clock, person_in, sent):
    person_in("supervisor", name="cheffe"), person_in("auditor", name="vérif")
    made, _, _ = sent(people=1)
    told = [("cheffe", made), ("vérif", made)]
    assert alerts(store, "disclosure_review") == told
    with store.database.writing() as session:
        for alert in session.scalars(select(DeskAlert).where(DeskAlert.kind == "disclosure_review")):
            alert.seen_at = clock()
    clock.forward(hours=72)
    assert [chase(store), chase(store)] == [2, 0]  # it is late for its acknowledgement, too
    with store.database.reading() as session:
        seen = session.scalars(select(DeskAlert.seen_at).where(DeskAlert.kind == "disclosure_review")).all()
    assert seen == [None, None]
    assert alerts(store, "disclosure_review") == told


def test_the_step_looks_once_a_minute(store, clock, sent):
    sent(people=1)
    run = chasing(store)
    assert run() == 0
    clock.forward(hours=4)
    assert run() == 1
    clock.forward(seconds=30)
    assert run() == 0


@pytest.mark.parametrize(
    ("hours", "sent_at", "due"),
    [
        ("", "2026-03-06T21:30", "2026-03-09T21:30"),  # Friday 16:30: three days later is Monday
        ("", "2026-05-15T20:30", "2026-05-19T20:30"),  # that Monday is a holiday
        ("mon-fri 08:00-16:00", "2026-05-15T20:30", "2026-05-19T20:00"),
        ("24/7", "2026-12-22T15:00", "2026-12-27T05:00"),  # the end of the day after Christmas
        ("", "2026-03-04T15:00", "2026-03-09T14:00"),  # its Saturday at ten is put off to Monday at ten, in summer time
        ("mon-fri 08:00-16:00", "2026-03-04T15:00", "2026-03-09T20:00"),  # the end of Monday's hours
        ("tue 08:00-16:00", "2026-03-04T15:00", "2026-03-10T20:00"),
        ("24/7", "2026-03-04T15:00", "2026-03-07T15:00"),
        ("gibberish", "2026-03-02T15:00", "2026-03-05T15:00"),
    ],
)
def test_a_review_is_due_on_a_day_on_which_the_house_works(hours, sent_at, due):
    settings = Settings(house_shift=hours)
    moment = datetime.fromisoformat(sent_at).replace(tzinfo=UTC)
    assert reviewed_by(settings, moment).isoformat(timespec="minutes") == f"{due}+00:00"


def test_urgent_hours_and_usual_days():
    moment = datetime(2026, 3, 6, 21, 30, tzinfo=UTC)
    assert (acknowledged_by(Settings(), moment, urgent=True) - moment).total_seconds() == 4 * 3600
    assert (acknowledged_by(Settings(), moment, urgent=False) - moment).days == 5


def test_no_outcome_before_it_is_sent(house, person_in):
    request = person_in("partner", name="ecole").api("POST", "/requests", json=ASKED).json()["id"]
    given = body(request, house.pivot(house.organisation()), ground_of("dpj", people=2))
    analyst = person_in("analyst")
    made = analyst.api("POST", "/referrals", json=given).json()["id"]
    told = analyst.api("POST", f"/referrals/{made}/outcome", json={"outcome": "safe"})
    assert code(told)[:2] == (409, "referral_state")

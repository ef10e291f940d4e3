"""Mail servers that refuse, stall, drop or prove nothing: the state of a notice says what is known."""

from __future__ import annotations

import email
from datetime import timedelta
from email import policy
from pathlib import Path

import pytest
from letters import SITE, alerts, queue, rows, states
from mail_servers import FAULTS, authority, broken_server, mail_server
from sqlalchemy import update

from store.tables import Notice
from triage_api.notices.checks import mail_problem
from triage_api.notices.sending import send_due, settle_stopped

QUICK = 0.4


@pytest.mark.parametrize(
    ("fault", "state", "error"),
    [
        ("stalls before its greeting", "queued", "away"),
        ("hangs up at once", "queued", "away"),
        ("greets with 421", "queued", "421"),
        ("answers 451 to the recipient", "queued", "451"),
        ("answers 550 to the recipient", "failed", "550"),
        ("answers 553 to the sender", "queued", "553"),
        ("hangs up at DATA", "queued", "away"),
        ("drops in the middle of the text", "uncertain", "no_answer"),
        ("drops after the text", "uncertain", "no_answer"),
        ("stalls after the text", "uncertain", "no_answer"),
        ("answers 452 to the text", "queued", "452"),
        ("answers 554 to the text", "failed", "554"),
    ],
)
def test_whatever_a_server_does_the_state_says_what_is_known(mailing, make_person, asked, pivot, fault, state, error):
    make_person("analyst")
    with broken_server(FAULTS[fault]) as port:
        store = mailing(port)
        queue(store, pivot, asked)
        assert send_due(store, seconds=QUICK) == 1
        assert states(store) == [(state, error)]
        assert send_due(store, seconds=QUICK) == 0, "never again by itself, or not yet"
    assert alerts(store) == ([rows(store)[0].id] if state != "queued" else [])


def test_no_server_there_is_tried_again_ever_later_and_given_up_in_days(mailing, clock, make_person, asked, pivot):
    make_person("analyst")
    store, waits = mailing(9), []
    queue(store, pivot, asked)
    for _ in range(14):
        before = clock.now
        assert send_due(store) == 1
        assert len(alerts(store)) == (1 if len(waits) >= 4 else 0)
        waits.append(rows(store)[0].due_at - before)
        clock.now = rows(store)[0].due_at
    assert waits[:4] == [timedelta(minutes=2**n) for n in range(4)]
    assert max(waits) <= timedelta(hours=24)
    clock.forward(days=5)
    assert send_due(store) == 1
    assert states(store) == [("failed", "too_late")]


def test_a_stop_while_sending_leaves_it_uncertain_and_the_desk_sends_it_again(
    store, clock, taken, make_person, person_in, asked, pivot
):
    browser = person_in("analyst")
    queue(store, pivot, asked, link=f"{SITE}/ack/x")
    with store.database.writing() as session:
        session.execute(update(Notice).values(state="sending", sending_at=clock.now, attempts=1))
    clock.forward(minutes=3)
    assert (settle_stopped(store), send_due(store)) == (0, 0), "another worker may be at it"
    clock.forward(minutes=1)
    assert (send_due(store), states(store), taken.messages) == (1, [("uncertain", "stopped")], [])
    identity = rows(store)[0].id
    assert alerts(store) == [identity]
    page = browser.page("/notices?state=uncertain").text
    assert f"/notices/{identity}/again" in page
    assert "@maison.example" in page, "its Message-ID, for the server's log"
    assert browser.send(f"/notices/{identity}/again").status_code == 303
    assert alerts(store) == []
    assert (send_due(store), states(store)) == (1, [("sent", "")])
    assert f"{SITE}/ack/x".encode() in taken.messages[0][2]
    again = browser.api("POST", f"/notices/{identity}/again")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "notice_state")


def test_its_message_id_is_its_own_and_that_of_the_attempt(store, clock, taken, person_in, asked, pivot):
    analyst = person_in("analyst")
    taken.rcpt = "451 later"
    queue(store, pivot, asked)
    send_due(store)
    first = analyst.api("GET", "/notices").json()["items"][0]["message_id"]
    taken.rcpt = ""
    clock.forward(minutes=1)
    send_due(store)
    second = analyst.api("GET", "/notices").json()["items"][0]["message_id"]
    sent = email.message_from_bytes(taken.messages[0][2], policy=policy.default)["Message-ID"]
    assert first != second == sent


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_over_tls_with_a_log_in_to_a_server_that_the_house_trusts(mailing, tmp_path, asked, pivot, security):
    ca, context = authority(tmp_path)
    secret = tmp_path / "secret"
    secret.write_text("mot-de-passe\n")
    more = {"smtp_security": security, "smtp_ca_file": ca, "smtp_user": "vigie", "smtp_password_file": secret}
    with mail_server(context, implicit=security == "tls", password="mot-de-passe") as mx:
        store = mailing(mx.port, **more)
        queue(store, pivot, asked)
        send_due(store)
        assert (states(store), len(mx.messages)) == ([("sent", "")], 1)
        secret.write_text("un autre\n")
        queue(store, pivot, asked)
        send_due(store)
        assert sorted(states(store)) == [("queued", "log_in"), ("sent", "")]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_that_nobody_vouches_for_is_told_nothing(mailing, tmp_path, asked, pivot, security):
    _, context = authority(tmp_path)
    with mail_server(context, implicit=security == "tls") as mx:
        store = mailing(mx.port, smtp_security=security)
        queue(store, pivot, asked)
        send_due(store)
        assert (states(store), mx.recipients) == ([("queued", "tls")], [])


def test_a_server_without_encryption_is_told_nothing_where_it_is_asked_for(mailing, taken, asked, pivot):
    store = mailing(taken.port, smtp_security="starttls")
    queue(store, pivot, asked)
    send_due(store)
    assert (states(store), taken.recipients) == ([("queued", "not_offered")], [])


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"smtp_host": ""}, "no_host"),
        ({"smtp_from": "Vigie"}, "bad_sender"),
        ({"smtp_from": "a@b.example\r\nBcc: c@d.example"}, "bad_sender"),
        ({"smtp_host": "mx.ailleurs.example"}, "in_the_clear"),
        ({"smtp_password_file": Path("/absent")}, "no_password"),
        ({"smtp_ca_file": Path("/absent")}, "no_ca"),
    ],
)
def test_settings_that_cannot_be_keep_everything_queued_and_the_page_says_so(
    mailing, taken, person_in, asked, pivot, more, problem
):
    analyst, store = person_in("analyst"), mailing(taken.port, **more)
    queue(store, pivot, asked)
    assert (mail_problem(store.settings), send_due(store)) == (problem, 0)
    assert (states(store), taken.recipients) == ([("queued", "")], [])
    assert analyst.page("/notices").status_code == 200

"""E-mails to pivots through a real mail server: without content, each once, and its state says whether it left."""

from __future__ import annotations

import email
import quopri
from datetime import timedelta
from email import policy
from pathlib import Path

import pytest
from mail_servers import FAULTS, authority, broken_server, mail_server
from sqlalchemy import select, update
from told_house import ASKED, House, body, ground_of

from store.errors import BadInput
from store.leftovers import destroy_asked, destroy_leftovers
from store.tables import DeskAlert, Meeting, MeetingPart, Notice, Pivot, Referral, Subject
from triage_api.notices.checks import mail_problem
from triage_api.notices.queueing import KINDS, notify
from triage_api.notices.sending import send_due, sending, settle_stopped
from triage_api.referrals.making import make
from triage_api.referrals.models import ReferralIn
from triage_api.requests.models import RequestIn
from triage_api.requests.service import file_request

SITE = "https://vigie.example"
QUICK = 0.4


@pytest.fixture(scope="module")
def mx():
    with mail_server() as taken:
        yield taken


@pytest.fixture
def taken(mx):
    mx.messages.clear()
    mx.recipients.clear()
    mx.rcpt = mx.data = ""
    return mx


@pytest.fixture
def mailing(make_store):
    """Return a store whose settings name a mail server."""

    def of(port, **more):
        told = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none"}
        return make_store(**told | {"smtp_from": "vigie@maison.example", "public_address": SITE, **more})

    return of


@pytest.fixture
def store(mailing, taken):
    return mailing(taken.port)


@pytest.fixture
def house(store):
    return House(store)


@pytest.fixture
def asked(desk, make_person):
    """Return a request that a partner made, which a notice can be about."""
    return file_request(desk, make_person("partner", name="ecole"), RequestIn(**ASKED)).id


@pytest.fixture
def pivot(house):
    return house.pivot(house.organisation(), email="camille@dpj.example")


def queue(store, pivot, about, kind="answered", link=None):
    with store.database.writing() as session:
        notify(session, store, pivot, kind, about, link)


def rows(store):
    with store.database.reading() as session:
        return list(session.scalars(select(Notice).order_by(Notice.queued_at, Notice.id)))


def states(store):
    return [(row.state, row.error) for row in rows(store)]


def alerts(store):
    with store.database.reading() as session:
        query = select(DeskAlert.about).where(DeskAlert.kind == "notice_uncertain", DeskAlert.seen_at.is_(None))
        return sorted(set(session.scalars(query)))


def test_it_goes_to_the_pivot_once_and_says_only_that_something_waits(store, taken, pivot, asked):
    queue(store, pivot, asked, link=f"{SITE}/ack/abc.def")
    assert [send_due(store), send_due(store)] == [1, 0]
    assert states(store) == [("sent", "")]
    [(sender, to, raw)] = taken.messages
    assert (sender, to) == ("vigie@maison.example", ["camille@dpj.example"])
    read = email.message_from_bytes(raw, policy=policy.default)
    assert (read["Auto-Submitted"], read["From"].addresses[0].addr_spec) == ("auto-generated", "vigie@maison.example")
    words = read.get_content()
    for part in (SITE, f"{SITE}/ack/abc.def", "911", "988", "811", "Quelque chose", "Something"):
        assert part in words + str(read["Subject"])
    assert rows(store)[0].link is None


def test_asked_twice_while_it_waits_it_goes_once_with_the_newer_link(store, taken, pivot, asked):
    queue(store, pivot, asked, link="https://vigie.example/ack/old")
    queue(store, pivot, asked, link="https://vigie.example/ack/new")
    queue(store, pivot, asked)
    send_due(store)
    [(_, _, raw)] = taken.messages
    assert b"/ack/new" in raw
    assert b"/ack/old" not in raw
    queue(store, pivot, asked)
    send_due(store)
    assert len(taken.messages) == 2


def test_what_is_not_committed_is_not_sent(store, taken, pivot, asked):
    with pytest.raises(RuntimeError), store.database.writing() as session:
        notify(session, store, pivot, "answered", asked)
        raise RuntimeError
    assert (send_due(store), taken.messages) == (0, [])


def test_an_unknown_kind_is_refused(store, pivot):
    with pytest.raises(BadInput, match="kind"), store.database.writing() as session:
        notify(session, store, pivot, "surprise", "x")


HOSTILE = {
    "who": "École Secrète\r\nBcc: tous@ailleurs.example",
    "why": "Maëlle Fictive a fugué; rejoindre au 450-555-0142",
    "youth": "Maëlle Fictive\r\nSubject: Maëlle",
    "handles": ["@maelle.secrete"],
    "phones": ["450-555-0142"],
    "emails": ["maelle@fictive.example"],
    "places": ["Parc Fictif"],
}


def test_no_kind_of_notice_holds_anything_of_a_case(store, house, desk, make_person, taken):
    """Every kind, about cases whose texts try to get out: none of it is in the bytes, nor another address."""
    partner = make_person("partner", name="ecole")
    told = {name: text for name, text in HOSTILE.items() if name in RequestIn.model_fields}
    request = file_request(desk, partner, RequestIn.model_validate(told)).id
    organisation = house.organisation(name="DPJ Secrète\r\nBcc: tous@ailleurs.example")
    secret = {"title": "Titre\r\nX-Secret: oui", "phone": "450-555-0177"}
    pivot = house.pivot(organisation, email="camille@dpj.example", **secret)
    referral = refer(desk, make_person, request, pivot)
    meeting = propose(store, organisation, pivot, make_person("supervisor", name="hôte"), request)
    abouts = {"referral": referral, "reminder": referral, "meeting": meeting}
    with store.database.writing() as session:
        session.query(Notice).delete()
    for kind in KINDS:
        queue(store, pivot, abouts.get(kind, request), kind, f"{SITE}/ack/{kind}")
    assert send_due(store) == len(KINDS)
    assert len(taken.messages) == len(KINDS)
    needles = [
        "Maëlle",
        "secret",
        "Secrète",
        "555-0142",
        "555-0177",
        "Fictive",
        "fugu",
        "Bcc:",
        "X-Secret",
        "Pivot",
        "Titre",
    ]
    needles += [request, referral, meeting, pivot, organisation, *(row.id for row in rows(store))]
    for _, to, raw in taken.messages:
        assert to == ["camille@dpj.example"]
        plain = (raw + quopri.decodestring(raw)).decode()
        plain += str(email.message_from_bytes(raw, policy=policy.default)["Subject"])
        assert [one for one in needles if one.casefold() in plain.casefold()] == []
    whole = [quopri.decodestring(raw.partition(b"\r\n\r\n")[2]) for _, _, raw in taken.messages]
    for kind in KINDS:
        whole = [one.replace(f"/ack/{kind}".encode(), b"/ack/") for one in whole]
    assert len(set(whole)) == 1, "but for its link, each says the same"


def refer(desk, make_person, request, pivot):
    given = ReferralIn.model_validate(body(request, pivot, ground_of("dpj", people=1, urgent=True), send=True))
    return make(desk.store, make_person("analyst", name="une"), given).id


def propose(store, organisation, pivot, host, request):
    now = store.clock()
    row = Meeting(id="m-secrete", requests=[request], ground="g", sealed=b"x", proposed_by=host.id, proposed_at=now)
    row.ends_at = now + timedelta(days=5)
    with store.database.writing() as session:
        session.add(row)
        session.flush()
        session.add(MeetingPart(meeting_id=row.id, organisation_id=organisation, pivot_id=pivot, answer=""))
    return "m-secrete"


NO_ADDRESSES = (
    "",
    "camille",
    "a@b",
    "a b@c.example",
    "a@c.example\r\nRCPT TO:<x@y.example>",
    "<a@c.example>",
    "a@c.example,b@c.example",
    "é@c.example",
    '"a b"@c.example',
)


@pytest.mark.parametrize("bad", NO_ADDRESSES)
def test_an_address_that_is_none_reaches_no_server(store, taken, house, asked, bad):
    queue(store, house.pivot(house.organisation(), email=bad), asked)
    send_due(store)
    assert (taken.recipients, taken.messages) == ([], [])
    assert states(store) == [("failed", "bad_address") if bad else ("dropped", "nobody")]


def test_it_goes_to_whoever_stands_in_once_the_pivot_has_lapsed(store, clock, taken, house, asked):
    organisation = house.organisation()
    backup = house.pivot(organisation, email="releve@dpj.example")
    pivot = house.pivot(organisation, backup=backup, days=1, email="camille@dpj.example")
    queue(store, pivot, asked)
    clock.forward(days=2)
    send_due(store)
    assert taken.recipients == ["releve@dpj.example"]


def test_without_anybody_to_tell_it_is_dropped_and_the_desk_hears(store, clock, taken, house, asked, make_person):
    make_person("analyst")
    queue(store, house.pivot(house.organisation(), days=1, email="camille@dpj.example"), asked)
    clock.forward(days=2)
    send_due(store)
    assert (taken.messages, states(store)) == ([], [("dropped", "nobody")])
    assert alerts(store) == [rows(store)[0].id]


@pytest.mark.parametrize("state", ["withdrawn", "acknowledged", "closed"])
def test_a_referral_that_is_no_more_to_be_read_is_not_told(store, desk, house, taken, asked, make_person, pivot, state):
    made = refer(desk, make_person, asked, pivot)
    with store.database.writing() as session:
        session.execute(update(Referral).where(Referral.id == made).values(state=state))
    send_due(store)
    assert (taken.messages, states(store)) == ([], [("dropped", "past")])
    assert destroy_asked(store) == 1, "its link goes"


def test_a_request_that_was_erased_is_not_told(store, clock, taken, pivot, asked):
    queue(store, pivot, asked)
    with store.database.writing() as session:
        session.execute(update(Subject).values(erased_at=clock.now))
    send_due(store)
    assert (taken.messages, states(store)) == ([], [("dropped", "past")])


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


def test_who_is_not_of_the_desk_sees_no_notice(store, person_in, asked, pivot):
    queue(store, pivot, asked)
    for role in ("partner", "researcher", "auditor", "administrator"):
        assert person_in(role, name=f"un-{role}").api("GET", "/notices").status_code == 403


def test_a_key_without_its_notice_goes_and_one_that_waits_stays(store, clock, pivot, asked):
    queue(store, pivot, asked, link=f"{SITE}/ack/x")
    store.keys.new("notice:n-nobody")
    clock.forward(days=2)
    destroy_leftovers(store)
    kept = {one for some in store.keys.names("notice", made_before=clock.now) for one in some}
    assert kept == {f"notice:{rows(store)[0].id}"}


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


def test_the_step_looks_now_and_then_and_lets_go_of_what_is_old(store, clock, taken, asked, pivot):
    step = sending(store)
    queue(store, pivot, asked)
    assert [step(), step()] == [1, 0]
    clock.forward(days=91)
    step()
    assert rows(store) == []


def test_a_pivot_who_ended_is_told_nothing(store, clock, taken, asked, pivot):
    queue(store, pivot, asked)
    with store.database.writing() as session:
        session.execute(update(Pivot).values(ended_at=clock.now))
    send_due(store)
    assert taken.recipients == []

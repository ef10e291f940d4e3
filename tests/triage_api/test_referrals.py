"""A referral: to whom, on what ground, which fields; approved, sent once, read by its pivot alone, taken, answered."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from desk_people import Browser
from desk_words import FUGUE
from sqlalchemy import select, update
from told_house import ASKED, House, body, code, events, ground_of

from store.tables import Decision, Disclosure, Notice, Pivot, Referral
from triage_api.referrals.links import hash_of, new_token


@pytest.fixture
def house(store) -> House:
    return House(store)


@pytest.fixture
def request_id(person_in) -> str:
    return person_in("partner", name="ecole").api("POST", "/requests", json=ASKED).json()["id"]


@pytest.fixture
def second(person_in) -> Browser:
    return person_in("analyst", name="seconde")


@pytest.fixture
def pivot_of(house, person_in) -> Callable[..., tuple[str, str, Browser]]:
    """Make an organisation with a pivot who has an account; return both ids and the pivot's browser."""

    def make(kind: str = "dpj", name: str = "", **more: object) -> tuple[str, str, Browser]:
        name = name or f"pivot-{kind}"
        browser, organisation = person_in("partner", name=name), house.organisation(kind)
        return organisation, house.pivot(organisation, name, **more), browser

    return make


def sent(analyst: Browser, second: Browser, given: dict) -> str:
    """Make a referral that needs two people, and let the second send it."""
    made = analyst.api("POST", "/referrals", json=given)
    assert made.status_code == 201, made.text
    done = second.api("POST", f"/referrals/{made.json()['id']}/approve", json={"send": True})
    assert done.status_code == 200, done.text
    return made.json()["id"]


def test_two_people_send_it_and_its_pivot_alone_reads_it(store, house, analyst, second, request_id, pivot_of):
    organisation, pivot, told = pivot_of()
    other = pivot_of("school")[2]
    given = body(request_id, pivot, ground_of("dpj", people=2))
    made = analyst.api("POST", "/referrals", json=given).json()["id"]
    assert told.api("GET", f"/referrals/{made}").status_code == 404
    assert told.api("GET", "/referrals").json()["items"] == []
    assert code(analyst.api("POST", f"/referrals/{made}/approve", json={}))[:2] == (403, "second_person")
    assert code(analyst.api("POST", f"/referrals/{made}/send"))[:2] == (409, "referral_state")
    assert second.api("POST", f"/referrals/{made}/approve", json={}).json()["state"] == "approved"
    assert told.api("GET", f"/referrals/{made}").status_code == 404
    assert analyst.api("POST", f"/referrals/{made}/send").json()["state"] == "sent"
    assert code(second.api("POST", f"/referrals/{made}/send"))[:2] == (409, "referral_state")

    read = told.api("GET", f"/referrals/{made}").json()
    assert read["told"] == given["told"]
    assert read["helplines"]["danger"] == "911"
    assert [read[name] for name in ("request", "post", "desk", "created_at")] == [None] * 4
    assert read["facts"] == {}
    assert request_id not in json.dumps(read)
    for stranger in (other,):
        assert stranger.api("GET", f"/referrals/{made}").json() == stranger.api("GET", "/referrals/f-rien").json()
        assert stranger.api("GET", "/referrals").json()["items"] == []
    with store.database.reading() as session:
        lines = session.scalars(select(Disclosure)).all()
    assert [(line.about, line.organisation_id, line.pivot_id, line.fields) for line in lines] == [
        (made, organisation, pivot, ["plain_summary"])
    ]
    assert house.told() == [("referral", pivot, made)]
    names = ("referral.made", "referral.approved", "referral.sent", "referral.opened")
    assert [one["event"] for one in events(store, *names)] == list(names)
    assert events(store, "referral.opened")[0]["by"] == "pivot"
    assert "Une ou un jeune" not in json.dumps(events(store, *names))


def test_an_urgent_one_is_sent_by_one_person_and_reviewed_by_another(store, clock, person_in, request_id, pivot_of):
    clock.now = clock.now.replace(day=6, hour=21, minute=30)  # a Friday, 16:30 in Québec
    alone = person_in("analyst", name="seule")
    _, pivot, _ = pivot_of()
    ground = ground_of("dpj", people=1, urgent=True)
    given = body(request_id, pivot, ground, stage="named", send=True)
    given["told"] |= {"first_name": "Maïka", "age": "15"}
    made = alone.api("POST", "/referrals", json=given).json()
    assert made["state"] == "sent"
    assert made["due_at"].startswith("2026-03-07T01:30")
    read = alone.api("GET", f"/referrals/{made['id']}").json()["desk"]
    assert read["alone"] is True
    assert read["review_due_at"].startswith("2026-03-09T")  # Monday
    supervisor, auditor = person_in("supervisor"), person_in("auditor")
    assert auditor.api("GET", f"/referrals/{made['id']}").status_code == 403
    looked = auditor.api("GET", f"/referrals/{made['id']}/review").json()
    assert looked["facts"] == given["facts"]
    assert "Maïka" not in json.dumps(looked)
    assert looked["fields"] == ["plain_summary", "age", "first_name"]
    found = {"finding": "proper", "note": "Danger ce soir, personne d'autre."}
    assert supervisor.api("POST", f"/referrals/{made['id']}/review", json=found).status_code == 201
    assert code(auditor.api("POST", f"/referrals/{made['id']}/review", json=found))[:2] == (409, "reviewed")
    assert supervisor.api("GET", "/referrals/reviews").json()["items"][0]["finding"] == "proper"


def test_nobody_reviews_their_own(person_in, request_id, pivot_of):
    supervisor = person_in("supervisor", name="cheffe")
    given = body(request_id, pivot_of()[1], ground_of("dpj", people=1, urgent=True), send=True)
    made = supervisor.api("POST", "/referrals", json=given).json()["id"]
    found = {"finding": "proper", "note": "C'était moi."}
    assert code(supervisor.api("POST", f"/referrals/{made}/review", json=found))[:2] == (403, "second_person")
    shown = supervisor.api("GET", "/referrals/reviews").json()["items"]
    assert [(one["id"], one["mine"]) for one in shown] == [(made, True)]


def test_what_two_people_send_is_not_for_review(person_in, analyst, second, request_id, pivot_of):
    made = sent(analyst, second, body(request_id, pivot_of()[1], ground_of("dpj", people=2)))
    auditor = person_in("auditor")
    assert auditor.api("GET", "/referrals/reviews").json()["items"] == []
    assert auditor.api("GET", f"/referrals/{made}/review").status_code == 404


def test_a_field_too_many_is_refused_by_name(house, analyst, request_id, pivot_of):
    school, pivot, _ = pivot_of("school")
    ground = ground_of("school", people=1, urgent=True)
    given = body(request_id, pivot, ground, stage="named")
    refused = analyst.api("POST", "/referrals", json=given | {"told": given["told"] | {"phones": "514-555-0133"}})
    assert code(refused) == (422, "field_not_theirs", "told.phones")
    house.agreement(school, ["plain_summary"])
    usual = ground_of("school", people=2, consent=True)
    house.consent(request_id, school, ["plain_summary", "approach"])
    given = body(request_id, pivot, usual)
    extra = analyst.api("POST", "/referrals", json=given | {"told": given["told"] | {"approach": "Doucement."}})
    assert code(extra) == (422, "field_not_theirs", "told.approach")
    assert analyst.api("POST", "/referrals", json=given).status_code == 201


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"first_name": "Maïka"}, "told.first_name"),
        ({"danger": "Elle répond au 514-555-0133."}, "told.danger"),
        ({"plain_summary": "On la voit sous @merle.secret"}, "told.plain_summary"),
    ],
)
def test_a_plain_one_identifies_nobody(analyst, request_id, pivot_of, told, field):
    given = body(request_id, pivot_of()[1], ground_of("dpj", people=2))
    assert code(analyst.api("POST", "/referrals", json=given | {"told": told})) == (422, "identifies", field)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"pivot": "v-personne"}, (422, "unknown_pivot", "pivot")),
        ({"request": "r-rien"}, (422, "unknown_request", "request")),
        ({"request": ""}, (422, "request_or_post", "request")),
        ({"post": "p-1"}, (422, "request_or_post", "request")),
        ({"told": {}}, (422, "needed", "told")),
        ({"told": {"plain_summary": "  "}}, (422, "needed", "told")),
        ({"told": {"score": "12"}}, (422, "field_not_theirs", "told.score")),
        ({"stage": "named", "posts": ["p-rien"]}, (422, "unknown_post", "posts")),
        ({"lead": "o-rien"}, (422, "unknown_organisation", "lead")),
        ({"told": {"danger": "x" * 3001}}, (422, "bad_input", "told.danger")),
    ],
)
def test_what_cannot_be_is_told_at_its_field(analyst, request_id, pivot_of, change, told):
    given = body(request_id, pivot_of()[1], ground_of("dpj", people=2)) | change
    assert code(analyst.api("POST", "/referrals", json=given)) == told


def test_a_ground_wants_its_facts(analyst, request_id, pivot_of):
    ground = ground_of("dpj", people=1, urgent=True)
    given = body(request_id, pivot_of()[1], ground) | {"facts": {}}
    refused = analyst.api("POST", "/referrals", json=given)
    assert refused.status_code == 422
    assert ground.needs[0] in refused.json()["error"]["field"]


def test_no_pivot_no_sending(store, house, clock, analyst, second, request_id, pivot_of):
    organisation, pivot, _ = pivot_of(days=3)
    given = body(request_id, pivot, ground_of("dpj", people=2))
    made = analyst.api("POST", "/referrals", json=given).json()["id"]
    clock.forward(days=4)
    analyst, second = (one.log_in(name) for one, name in ((analyst, "analyst"), (second, "seconde")))
    assert code(second.api("POST", f"/referrals/{made}/approve", json={"send": True}))[:2] == (409, "no_pivot")
    backup = house.pivot(organisation)
    with store.database.writing() as session:
        session.get_one(Pivot, pivot).backup_id = backup
    assert second.api("POST", f"/referrals/{made}/approve", json={"send": True}).json()["state"] == "sent"
    assert house.told() == [("referral", backup, made)]


def test_consent_is_asked_for_and_its_end_ends_every_reading(house, analyst, second, request_id, pivot_of):
    organisation, pivot, told = pivot_of("community")
    ground = ground_of("community", people=2, consent=True)
    given = body(request_id, pivot, ground)
    assert code(analyst.api("POST", "/referrals", json=given)) == (409, "no_consent", "ground")
    consent = house.consent(request_id, organisation, ["plain_summary", "age"])
    assert analyst.api("POST", "/referrals", json=given | {"told": {"danger": "x"}}).status_code in (409, 422)
    made = sent(analyst, second, given)
    assert told.api("GET", f"/referrals/{made}").status_code == 200
    house.withdraw(consent)
    for method, path in (("GET", ""), ("POST", "/acknowledge"), ("POST", "/outcome")):
        answer = told.api(method, f"/referrals/{made}{path}", json={"outcome": "safe"})
        assert answer.status_code == 404, path
    assert told.api("GET", "/referrals").json()["items"] == []
    assert told.page(f"/referrals/{made}").status_code == 404


def test_consent_gone_between_approval_and_sending_keeps_it_from_being_sent(
    house, analyst, second, request_id, pivot_of
):
    organisation, pivot, _ = pivot_of("community")
    consent = house.consent(request_id, organisation, ["plain_summary"])
    given = body(request_id, pivot, ground_of("community", people=2, consent=True))
    made = analyst.api("POST", "/referrals", json=given).json()["id"]
    second.api("POST", f"/referrals/{made}/approve", json={})
    house.withdraw(consent)
    assert code(second.api("POST", f"/referrals/{made}/send"))[:2] == (409, "no_consent")
    assert house.told() == []


def test_the_pivot_acknowledges_and_tells_what_came_of_it(store, analyst, second, request_id, pivot_of):
    _, pivot, told = pivot_of()
    made = sent(analyst, second, body(request_id, pivot, ground_of("dpj", people=2)))
    assert told.send(f"/referrals/{made}/acknowledge").status_code == 303
    assert code(told.api("POST", f"/referrals/{made}/acknowledge"))[:2] == (409, "referral_state")
    wrong = told.send(f"/referrals/{made}/outcome", outcome="perdue", text="Ce que j'ai écrit.")
    assert wrong.status_code == 422
    assert "Ce que j&#39;ai écrit." in wrong.text
    done = told.api("POST", f"/referrals/{made}/outcome", json={"outcome": "in_followup", "text": "Suivie au CLSC."})
    assert done.json()["state"] == "closed"
    again = told.api("POST", f"/referrals/{made}/outcome", json={"outcome": "safe", "text": "De retour."})
    assert again.json()["outcome"] == "safe"
    seen = analyst.api("GET", f"/referrals/{made}").json()
    assert (seen["outcome"], seen["outcome_text"], seen["desk"]["acknowledged_via"]) == ("safe", "De retour.", "portal")
    with store.database.reading() as session:
        assert b"CLSC" not in b"".join(filter(None, session.scalars(select(Referral.outcome_sealed))))


def test_what_is_taken_back_is_read_by_nobody_outside(analyst, second, request_id, pivot_of):
    _, pivot, told = pivot_of()
    made = sent(analyst, second, body(request_id, pivot, ground_of("dpj", people=2)))
    why = {"reason": "Envoyée au mauvais organisme."}
    assert analyst.api("POST", f"/referrals/{made}/withdraw", json=why).json()["state"] == "withdrawn"
    assert told.api("GET", f"/referrals/{made}").status_code == 404
    assert told.api("POST", f"/referrals/{made}/acknowledge").status_code == 404
    assert code(analyst.api("POST", f"/referrals/{made}/send"))[:2] == (409, "referral_state")
    assert [one["about"] for one in told.api("GET", "/referrals").json()["taken_back"]] == [made]
    page = told.page("/referrals").text
    assert "Retiré depuis" in page
    assert "mauvais organisme" not in page


def test_what_was_taken_back_before_it_was_sent_is_told_to_nobody(analyst, request_id, pivot_of):
    _, pivot, told = pivot_of()
    made = analyst.api("POST", "/referrals", json=body(request_id, pivot, ground_of("dpj", people=2))).json()["id"]
    assert analyst.api("POST", f"/referrals/{made}/withdraw", json={"reason": "Erreur."}).json()["state"] == "withdrawn"
    assert told.api("GET", "/referrals").json()["taken_back"] == []
    assert made not in told.page("/referrals").text


def test_a_draft_is_refused_for_good(analyst, second, request_id, pivot_of):
    given = body(request_id, pivot_of()[1], ground_of("dpj", people=2))
    made = analyst.api("POST", "/referrals", json=given).json()["id"]
    assert second.send(f"/referrals/{made}/refuse", reason="Pas nécessaire.").status_code == 303
    assert code(second.api("POST", f"/referrals/{made}/approve", json={}))[:2] == (409, "referral_state")


class TestLink:
    """The single-use link of the e-mail."""

    @pytest.fixture
    def settings(self, settings):
        return settings.model_copy(update={"public_address": "https://vigie.example"})

    def link(self, store, made: str) -> str:
        with store.database.reading() as session:
            notice = session.scalars(select(Notice).where(Notice.about == made)).one()
            carried = notice.link
            assert carried
            link = store.keys.opened(carried, f"notice:{notice.id}")
        assert link.startswith("https://vigie.example/ack/")
        return link.removeprefix("https://vigie.example")

    def test_it_acknowledges_once_and_says_nothing(self, store, analyst, second, request_id, pivot_of, browser):
        made = sent(analyst, second, body(request_id, pivot_of()[1], ground_of("dpj", people=2)))
        link, visitor = self.link(store, made), browser().client
        unknown = f"/ack/{'0' * 32}.{'1' * 32}"
        shown, nothing = visitor.get(link), visitor.get(unknown)
        plain = [
            answer.text.replace(path.removeprefix("/ack/"), "") for answer, path in ((shown, link), (nothing, unknown))
        ]
        assert plain[0] == plain[1]
        assert made not in shown.text
        assert analyst.api("GET", f"/referrals/{made}").json()["state"] == "sent", "opening it does nothing"
        done = visitor.post(link)
        assert done.status_code == 200
        assert made not in done.text
        seen = analyst.api("GET", f"/referrals/{made}").json()
        assert (seen["state"], seen["desk"]["acknowledged_via"]) == ("acknowledged", "link")
        used, never = visitor.post(link), visitor.post(unknown)
        assert used.status_code == never.status_code == 404
        assert used.text.replace(link, "") == never.text.replace(unknown, "")
        assert [one["how"] for one in events(store, "referral.acknowledged")] == ["link"]

    def test_it_ends(self, store, clock, analyst, second, request_id, pivot_of, browser):
        made = sent(analyst, second, body(request_id, pivot_of()[1], ground_of("dpj", people=2)))
        link = self.link(store, made)
        clock.forward(days=8)
        assert browser().client.post(link).status_code == 404
        assert events(store, "referral.acknowledged") == []

    def test_whoever_tries_many_is_slowed_down(self, browser):
        visitor = browser().client
        tried = [visitor.post(f"/ack/{number:032x}.{'1' * 32}").status_code for number in range(31)]
        assert tried == [404] * 30 + [429]

    def test_a_token_of_another_house_is_none(self, store):
        token, kept = new_token(store.keys)
        assert hash_of(store.keys, token) == kept
        assert hash_of(store.keys, token[:-1] + ("0" if token[-1] != "0" else "1")) is None
        assert hash_of(store.keys, "x") is None


class TestOfPost:
    """A referral from a post that was decided to be referred, with its dated fact sheet."""

    @pytest.fixture
    def post(self, town, analyst) -> str:
        made = town.post(f"{FUGUE} Appelle au 514-555-0142.", key="1", author="merle_noir")
        self.decide(analyst, made, "refer")
        return made

    def decide(self, analyst: Browser, post: str, verdict: str) -> None:
        item = next(one["id"] for one in analyst.api("GET", "/queue").json()["items"] if one["post"] == post)
        analyst.api("POST", f"/queue/{item}/claim")
        decided = analyst.api(
            "POST", f"/queue/{item}/decision", json={"verdict": verdict, "criteria": [], "reason": "x"}
        )
        assert decided.status_code == 201, decided.text

    def given(self, post: str, pivot: str, **more: object) -> dict:
        return body("", pivot, ground_of("police", people=2)) | {"post": post, "stage": "named", "posts": [post]} | more

    def test_the_pivot_reads_the_sheet_through_it_alone(self, store, analyst, second, post, pivot_of):
        _, pivot, told = pivot_of("police")
        made = sent(analyst, second, self.given(post, pivot))
        read = told.api("GET", f"/referrals/{made}").json()
        assert [sheet["post"] for sheet in read["sheets"]] == [post]
        assert "514-555-0142" in read["sheets"][0]["text"]
        assert "merle_noir" not in json.dumps(read), "the author is a handle, which it does not tell"
        assert "514-555-0142" in told.page(f"/referrals/{made}").text
        assert told.api("GET", f"/posts/{post}/facts").status_code == 403
        opened = events(store, "evidence.opened")
        assert [one["told"] for one in opened] == [[], []]

    def test_the_ledger_says_who_was_told_of_the_post(self, analyst, second, post, pivot_of, person_in, town):
        made = sent(analyst, second, self.given(post, pivot_of("police")[1]))
        auditor, other = person_in("auditor"), town.post(f"{FUGUE} Ailleurs.", key="3", author="y")
        told = [auditor.api("GET", "/ledger", params={"post": one}).json()["items"] for one in (post, other)]
        assert [[one["about"] for one in lines] for lines in told] == [[made], []]

    def test_with_the_handles_goes_who_wrote(self, analyst, second, post, pivot_of):
        _, pivot, told = pivot_of("police")
        given = self.given(post, pivot)
        made = sent(analyst, second, given | {"told": given["told"] | {"handles": "merle_noir"}})
        assert told.api("GET", f"/referrals/{made}").json()["sheets"][0]["author"] == "merle_noir"

    def test_a_plain_one_carries_no_sheet(self, analyst, post, pivot_of):
        refused = analyst.api("POST", "/referrals", json=self.given(post, pivot_of("police")[1], stage="plain"))
        assert code(refused) == (422, "identifies", "posts")

    def test_what_is_dismissed_is_not_referred(self, town, analyst, pivot_of):
        other = town.post(f"{FUGUE} Une autre fois.", key="2", author="x")
        self.decide(analyst, other, "dismiss")
        refused = analyst.api("POST", "/referrals", json=self.given(other, pivot_of("police")[1]))
        assert code(refused) == (422, "not_referred", "post")

    def test_an_undone_decision_keeps_it_from_being_sent(self, store, analyst, second, post, pivot_of):
        made = analyst.api("POST", "/referrals", json=self.given(post, pivot_of("police")[1])).json()["id"]
        second.api("POST", f"/referrals/{made}/approve", json={})
        with store.database.writing() as session:
            session.execute(update(Decision).where(Decision.post_id == post).values(undone_at=store.clock()))
        assert code(second.api("POST", f"/referrals/{made}/send"))[:2] == (409, "not_referred")


def test_erasing_the_youth_erases_what_was_told_and_keeps_the_ledger(
    store, person_in, analyst, second, request_id, pivot_of
):
    _, pivot, told = pivot_of()
    made = sent(analyst, second, body(request_id, pivot, ground_of("dpj", people=2)))
    erased = person_in("supervisor").api("POST", f"/requests/{request_id}/erase", json={"reason": "Demande."})
    assert erased.status_code == 200, erased.text
    for who in (told, analyst):
        assert who.api("GET", f"/referrals/{made}").status_code == 404
        assert who.api("GET", "/referrals").json()["items"] == []
    with store.database.reading() as session:
        assert session.scalars(select(Referral.sealed)).all() == [b""]
        assert len(session.scalars(select(Disclosure)).all()) == 1


def test_the_pages_need_no_script_and_lose_nothing(analyst, second, request_id, pivot_of):
    organisation, pivot, told = pivot_of()
    ground = ground_of("dpj", people=2)
    first = analyst.page(f"/referrals/new?request={request_id}")
    assert pivot in first.text
    assert 'name="told.' not in first.text
    form = analyst.page(f"/referrals/new?request={request_id}&pivot={pivot}&ground={ground.code}&stage=plain").text
    asked = set(re.findall(r'name="told\.(\w+)"', form))
    assert "plain_summary" in asked
    assert "first_name" not in asked, "nothing that identifies is asked for"
    typed = {"request": request_id, "pivot": pivot, "ground": ground.code, "stage": "plain"}
    typed |= {f"facts.{name}": "Un fait." for name in ground.needs}
    wrong = analyst.send("/referrals", **typed, **{"told.plain_summary": "Voir @merle.secret", "told.region": "Laval"})
    assert wrong.status_code == 422
    assert "Voir @merle.secret" in wrong.text
    assert "Laval" in wrong.text
    made = analyst.send("/referrals", **typed, **{"told.plain_summary": "Une ou un jeune en danger."})
    assert made.status_code == 303
    where = made.headers["location"]
    alone = analyst.send(f"{where}/approve", send="true")
    assert alone.status_code == 403
    assert "data-open" not in alone.text
    assert second.send(f"{where}/approve", send="true").status_code == 303
    assert "Une ou un jeune en danger." in told.page(where).text
    assert where in told.page("/referrals").text
    assert organisation not in told.page(where).text

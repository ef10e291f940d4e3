"""Programs' tokens: for some of their owner's actions, for some time, on the API alone."""

from __future__ import annotations

import hashlib
import json
import re

import pytest
from sqlalchemy import select, update

from store.errors import BadInput
from store.tables import ApiToken, Base, RegisterEntry, User
from triage_api.access.accounts import disable_user, renew_password
from triage_api.access.actions import RULES, Action
from triage_api.access.factors.service import reset_user
from triage_api.access.models import Role
from triage_api.access.oidc.linking import link_user
from triage_api.access.policy import POLICY, Reach
from triage_api.access.tokens.models import TokenIn
from triage_api.access.tokens.service import make_token, scopes_of
from triage_api.app import guarded_routes

ROUTES = [(method, path, action) for method, path, action in guarded_routes() if action is not None]


def ask(browser, token, method="GET", path="/api/queue", **sent):
    return browser().client.request(method, path, headers={"Authorization": f"Bearer {token}"}, **sent)


def token_for(store, person, *scopes, days=90):
    return make_token(store, person, TokenIn(label="tableau", scopes=scopes, days=days)).token


def relinked(store):
    store.settings.oidc_issuer = "https://connexion.example"
    link_user(store, "lea", "quelqu-un")


def test_a_token_is_shown_once_and_kept_as_a_hash(analyst, store):
    made = analyst.api("POST", "/tokens", json={"label": "tableau", "scopes": ["queue.read"], "days": 30})
    assert made.status_code == 201
    token = made.json()["token"]
    assert re.fullmatch(r"vig_[\w-]{43}", token)
    (listed,) = analyst.api("GET", "/tokens").json()["items"]
    assert listed["token"] is None
    assert token not in analyst.page("/account/tokens").text
    for table in Base.metadata.sorted_tables:
        with store.database.reading() as session:
            assert token not in repr(session.execute(select(table)).all())
    with store.database.reading() as session:
        row = session.scalars(select(ApiToken)).one()
        entry = session.scalars(select(RegisterEntry).where(RegisterEntry.event == "token.made")).one()
    assert row.token_sha256 == hashlib.sha256(token.encode()).hexdigest()
    assert json.loads(entry.public) == {"token": row.id, "scopes": ["queue.read"], "until": "2026-04-01"}


def test_it_is_good_for_its_scopes_on_the_api_and_nowhere_else(browser, make_person, store):
    token = token_for(store, make_person("analyst"), "queue.read")
    assert ask(browser, token).status_code == 200
    refused = ask(browser, token, path="/api/requests")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "token_scope")
    page = browser().client.get("/queue", headers={"Authorization": f"Bearer {token}"}, follow_redirects=False)
    assert page.headers["location"].startswith("/login")
    for query in ({"access_token": token}, {"token": token}, {"authorization": f"Bearer {token}"}):
        assert browser().client.get("/api/queue", params=query).status_code == 401
    as_cookie = browser()
    as_cookie.client.cookies.set("vigie", token)
    assert as_cookie.api("GET", "/queue").status_code == 401


@pytest.mark.parametrize("role", [role for role in Role if any(RULES[action].program for action in POLICY[role])])
def test_every_route_takes_a_token_of_its_own_action_alone(browser, make_person, store, role):
    """The matrix of tokens: for each action of a role, a token with all the others is refused, one with it enters."""
    person = make_person(role.value)
    mine = scopes_of(person)
    wrong = []
    for action in mine:
        others = [one for one in mine if one is not action]
        tokens = {True: token_for(store, person, action), False: token_for(store, person, *others) if others else ""}
        for method, path, needed in ROUTES:
            if needed is not action or not path.startswith("/api/"):
                continue
            url = path.replace("{identity}", "x-none").replace("{name}", "open.csv")
            for expected, token in tokens.items():
                status = ask(browser, token, method, url, content=b"").status_code if token else 403
                if (status not in (401, 403)) is not expected:
                    wrong.append((method, path, expected, status))
    assert not wrong


def test_it_never_makes_tokens_nor_touches_accounts_sessions_or_emergencies(browser, make_person, store):
    admin, supervisor = make_person("administrator"), make_person("supervisor")
    assert scopes_of(admin) == []
    never = {action for action in Action if not RULES[action].program}
    assert {Action.TOKEN_OWN, Action.ACCOUNT_MANAGE, Action.SESSION_OWN, Action.GLASS_BREAK} <= never
    for person in (admin, supervisor):
        for action in never:
            with pytest.raises(BadInput) as caught:
                token_for(store, person, action)
            assert caught.value.field == "scopes"
    token = token_for(store, supervisor, *scopes_of(supervisor))
    with store.database.writing() as session:  # scopes that no token was ever given
        session.execute(update(ApiToken).values(scopes=[action.value for action in Action]))
    for method, path, action in ROUTES:
        if action in never and path.startswith("/api/"):
            assert ask(browser, token, method, path.replace("{identity}", "x")).status_code == 403, path


def test_it_gives_what_both_its_scopes_and_its_owners_present_roles_do(browser, make_person, store):
    person = make_person("analyst", "supervisor", name="lea")
    token = token_for(store, person, "register.read", "queue.read")
    assert ask(browser, token, path="/api/register").status_code == 200
    with store.database.writing() as session:
        session.execute(update(User).where(User.name == "lea").values(roles=["analyst"]))
    assert ask(browser, token, path="/api/register").status_code == 403
    assert ask(browser, token).status_code == 200
    with store.database.writing() as session:
        session.execute(update(User).where(User.name == "lea").values(trained_on=None))
    assert ask(browser, token).json()["error"]["code"] == "training_needed"
    disable_user(store, "lea")
    assert ask(browser, token).status_code == 401


def test_it_ends_by_its_date_or_by_hand(browser, make_person, person_in, store, clock):
    lea, autre = person_in("analyst", name="lea"), person_in("analyst", name="autre")
    made = [lea.api("POST", "/tokens", json={"label": "x", "scopes": ["queue.read"], "days": 1}).json() for _ in "ab"]
    assert autre.api("DELETE", f"/tokens/{made[0]['id']}").status_code == 404
    assert autre.api("GET", "/tokens").json()["items"] == []
    assert lea.api("DELETE", f"/tokens/{made[0]['id']}").status_code == 204
    assert ask(browser, made[0]["token"]).status_code == 401
    assert ask(browser, made[1]["token"]).status_code == 200
    clock.forward(hours=24)
    assert ask(browser, made[1]["token"]).status_code == 401
    with store.database.reading() as session:
        ended = session.scalars(select(RegisterEntry.public).where(RegisterEntry.event == "token.ended")).all()
    assert [json.loads(public)["token"] for public in ended] == [made[0]["id"]]


@pytest.mark.parametrize(
    "change",
    [lambda store: renew_password(store, "lea"), lambda store: reset_user(store, "lea"), relinked],
    ids=["password", "second factor", "link"],
)
def test_whoever_had_come_in_with_what_is_renewed_keeps_no_token(browser, make_person, store, change):
    token, other = (token_for(store, make_person("analyst", name=name), "queue.read") for name in ("lea", "autre"))
    change(store)
    assert ask(browser, token).status_code == 401
    assert ask(browser, other).status_code == 200


def test_it_gives_nothing_while_its_owner_owes_a_second_factor(browser, make_person, person_in, store):
    token, here = token_for(store, make_person("analyst", name="lea"), "queue.read"), person_in("analyst", name="noe")
    store.settings.require_totp = True
    assert ask(browser, token).json()["error"]["code"] == "totp_enrol"
    assert here.api("GET", "/queue").json()["error"]["code"] == "totp_enrol", "a session from before, too"
    with store.database.writing() as session:
        session.execute(update(User).where(User.name == "lea").values(totp=b"x"))
    assert ask(browser, token).status_code == 200


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"days": 367}, "days"),
        ({"days": 0}, "days"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["tout"]}, "scopes.0"),
        ({"scopes": ["register.read"]}, "scopes"),
        ({"label": " "}, "label"),
    ],
)
def test_a_token_that_cannot_be_is_refused_by_field(analyst, given, field):
    sent = {"label": "x", "scopes": ["queue.read"], "days": 1} | given
    answer = analyst.api("POST", "/tokens", json=sent)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)


def test_its_last_use_is_kept_to_the_hour(browser, make_person, store, clock):
    token = token_for(store, make_person("analyst"), "queue.read")

    def used():
        with store.database.reading() as session:
            return session.scalars(select(ApiToken.used_at)).one()

    assert used() is None
    ask(browser, token)
    first = used()
    assert (first.minute, first.second) == (0, 0)
    clock.forward(minutes=10)
    ask(browser, token)
    assert used() == first
    clock.forward(hours=2)
    ask(browser, token)
    assert used() > first


def test_what_a_program_does_is_entered_as_done_by_its_token(browser, make_person, town, store):
    person = make_person("analyst")
    identity = town.post("Bonjour, je vends un vélo rouge à Laval.")
    token = token_for(store, person, "post.read")
    assert ask(browser, token, path=f"/api/posts/{identity}").status_code == 200
    with store.database.reading() as session:
        entry = session.scalars(select(RegisterEntry).where(RegisterEntry.event == "post.opened")).one()
    assert json.loads(entry.public)["via"] == "token"


def test_tokens_are_made_and_ended_on_the_page(analyst, browser):
    made = analyst.send("/account/tokens", label="<b>tableau", scopes="queue.read", days="10")
    assert made.status_code == 201
    assert "&lt;b&gt;tableau" in made.text
    token = re.search(r"vig_[\w-]{43}", made.text)[0]
    assert ask(browser, token).status_code == 200
    wrong = analyst.send("/account/tokens", label="gardé", scopes="register.read", days="10")
    assert wrong.status_code == 422
    assert 'value="gardé"' in wrong.text
    identity = analyst.api("GET", "/tokens").json()["items"][0]["id"]
    assert analyst.send(f"/account/tokens/{identity}/end").status_code == 303
    assert ask(browser, token).status_code == 401


def test_reach_is_not_widened_by_a_token(make_person):
    partner = make_person("partner")
    assert POLICY[Role.PARTNER][Action.REQUEST_READ] is Reach.OWN
    assert Action.QUEUE_READ not in scopes_of(partner)

"""Both catalogues hold the same keys, each is used, and none that is used is missing."""

from __future__ import annotations

import re
from dataclasses import fields
from importlib.resources import files
from pathlib import Path
from typing import get_args

import pytest
import yaml

from disclosure.linkage import Risks
from nlp.emerging import LISTS
from nlp.grid import load_grid
from nlp.query_fields import CONTACT_KINDS
from nlp.query_hints import HINT_CODES
from nlp.query_tree import BOUNDS, Keyword
from nlp.types import SIGNALS, URGENCIES
from store.criteria import State
from store.errors import VigieError
from store.exports import TIERS
from store.exports import Status as CorpusStatus
from store.register import Event
from triage_api.access.models import FINDINGS, Role
from triage_api.agreement.models import Standing, Turn
from triage_api.cases.models import STEPS
from triage_api.directory.kinds import KINDS
from triage_api.directory.models import Flag
from triage_api.duty.models import AlertKind
from triage_api.ledger.models import KINDS as LEDGER_KINDS
from triage_api.notices.checks import PROBLEMS
from triage_api.notices.models import State as NoticeState
from triage_api.notices.queueing import KINDS as NOTICE_KINDS
from triage_api.oversight.looks import REASONS
from triage_api.oversight.review_models import STANDINGS
from triage_api.oversight.routes import TOLD
from triage_api.quarantine.models import OUTCOMES, STATES
from triage_api.queue.models import LANES, STATUSES, VERDICTS
from triage_api.referrals.models import OUTCOMES as OUTCOMES_OF_REFERRALS
from triage_api.referrals.models import STAGES
from triage_api.referrals.models import STATES as STATES_OF_REFERRALS
from triage_api.requests.models import ANSWER_KINDS, DANGERS, NUMBERS_FROM, REPORTED
from triage_api.rights.models import How, Outcome, RightsKind, Who
from triage_api.room.models import JudgeIn
from triage_api.searches.grounds import OTHER
from triage_api.searches.routes import FACETS_SHOWN, PURPOSES
from triage_api.shell.languages import LANGS, catalogue, say
from triage_api.shell.menu import UNDER
from triage_api.shell.pages import DESKS, lasting
from triage_api.standing.models import ENDINGS

ROOT = Path(str(files("triage_api")))
TEMPLATES = {path: path.read_text(encoding="utf-8") for path in ROOT.rglob("*.html")}
SOURCE = "\n".join(TEMPLATES.values())
PYTHON = "\n".join(path.read_text(encoding="utf-8") for path in ROOT.rglob("*.py"))
ENUMERATED = {
    "menu": [name for name, _, _ in DESKS],
    "menu_group": list(UNDER),
    "lane": LANES,
    "status": STATUSES,
    "verdict": VERDICTS,
    "verdict_help": VERDICTS,
    "signal": SIGNALS,
    "mark": SIGNALS,
    "urgency": URGENCIES,
    "role": list(Role),
    "glass_finding": FINDINGS,
    "answer": ANSWER_KINDS,
    "purpose": PURPOSES,
    "stated": [*PURPOSES, OTHER],
    "told": TOLD,
    "reason": REASONS,
    "finding": FINDINGS,
    "standing_as": STANDINGS,
    "event": [event.value.replace(".", "_") for event in Event],
    "family": load_grid().families,
    "kind": ["post", "ad"],
    "state": ["received", "in_progress", "answered", "closed"],
    "danger": DANGERS,
    "reported": REPORTED,
    "number_from": NUMBERS_FROM,
    "facet": FACETS_SHOWN,
    "field_name": FACETS_SHOWN,
    "hint": HINT_CODES,
    "sought_kind": ["word", "phrase", "prefix", "fuzzy", *CONTACT_KINDS, *get_args(Keyword), *BOUNDS],
    "standing_state": ["running", *ENDINGS],
    "word_list": LISTS,
    "word_about": LISTS,
    "word_state": ["candidate", "shared", "hidden"],
    "quarantine_state": STATES,
    "quarantine_help": OUTCOMES,
    "relation": ["same", "covered", "overlap", "different"],
    "overlap": ["same", "covered", "overlap"],
    "language": ["fr", "en", "mixed", "other"],
    "entity": ["phones", "emails", "handles", "ages", "cities", "prices"],
    "judging": get_args(Turn),
    "standing_of": get_args(Standing),
    "criterion_state": get_args(State),
    "referral_state": STATES_OF_REFERRALS,
    "referral_stage": STAGES,
    "referral_stage_help": STAGES,
    "referral_outcome": OUTCOMES_OF_REFERRALS,
    "ledger_kind": LEDGER_KINDS,
    "entente": STEPS,
    "organisation_kind": KINDS,
    "duty_alert": get_args(AlertKind),
    "notice_state": get_args(NoticeState),
    "notice_kind": sorted(NOTICE_KINDS),
    "notice_problem": PROBLEMS,
    "rights_kind": get_args(RightsKind),
    "rights_who": get_args(Who),
    "rights_how": get_args(How),
    "rights_outcome": get_args(Outcome),
    "directory_flag": get_args(Flag),
    "corpus_tier": TIERS,
    "corpus_tier_help": TIERS,
    "corpus_why": ["no_post", "too_alike", "too_few_days", "proof"],
    "paraphrase_status": ["asked", "released", "refused"],
    "paraphrase_decision": get_args(JudgeIn.model_fields["decision"].annotation),
    "corpus_status": get_args(CorpusStatus),
    "corpus_means": get_args(CorpusStatus),
    "corpus_column": ["month", "region", "kind", "language", "source_kind"],
    "corpus_risk": [field.name for field in fields(Risks)],
    "assertion": ["claimed", "limit", "ordinal", "range", "just_turned", "other_person"],
}


def test_both_languages_have_the_same_keys_and_the_same_places():
    french, english = catalogue("fr"), catalogue("en")
    assert french.keys() == english.keys()
    for key, words in french.items():
        assert sorted(re.findall(r"\{\w*\}", words)) == sorted(re.findall(r"\{\w*\}", english[key])), key
        assert words.strip(), key


def test_no_key_stands_twice():
    class Strict(yaml.SafeLoader):
        def construct_mapping(self, node, deep=False):
            keys = [self.construct_object(key) for key, _ in node.value]
            assert len(keys) == len(set(keys)), keys
            return super().construct_mapping(node, deep)

    for lang in LANGS:
        trees = [yaml.load(desk.read_text("utf-8"), Strict) for desk in (ROOT / "i18n" / lang).glob("*.yaml")]
        groups = [group for tree in trees for group in tree]
        assert len(groups) == len(set(groups)), lang


def test_every_key_that_a_page_names_exists_and_every_key_is_named():
    named = set(re.findall(r"\bt\('([\w.]+)'[,)]", SOURCE))
    prefixes = set(re.findall(r"\bt\('([\w.]+[._])' ~", SOURCE)) | {
        f"{prefix}" for prefix in re.findall(r"prefix='([\w]+\.)'", SOURCE)
    }
    named |= set(re.findall(r'say\(lang, "([\w.]+)"', PYTHON))
    prefixes |= set(re.findall(r'say\(lang, f"([\w.]+[._])\{', PYTHON))
    known = set(catalogue("fr"))
    assert named <= known, sorted(named - known)
    unused = {key for key in known - named if not key.startswith(tuple(prefixes))}
    assert not unused, sorted(unused)
    for prefix in prefixes:
        assert any(key.startswith(prefix) for key in known), prefix


@pytest.mark.parametrize("group", ENUMERATED)
def test_every_value_that_is_shown_has_words(group):
    missing = {value for value in ENUMERATED[group] if f"{group}.{value}" not in catalogue("fr")}
    assert not missing


def test_the_errors_people_meet_have_words():
    codes = {"claimed", "decided", "csrf", "foreign_page", "answer_request", "too_large"}
    kinds = {kind.code for kind in VigieError.__subclasses__()} & {
        "not_found",
        "not_allowed",
        "register_unavailable",
        "index_unavailable",
    }
    for code in codes | kinds:
        assert f"error.{code}" in catalogue("fr"), code


def test_every_code_of_a_bad_field_has_words():
    codes = set(re.findall(r"code=\"(\w+)\", field=", PYTHON))
    query = Path(str(files("nlp"))).glob("query*.py")
    codes |= {
        f"query_{code}"
        for path in query
        for code in re.findall(r"BadQuery\(\"(\w+)\"", path.read_text(encoding="utf-8"))
    }
    assert len(codes) > 10
    missing = {code for code in codes if f"problem.{code}" not in catalogue("fr")}
    assert not missing


def test_no_words_stand_outside_the_catalogues():
    for path, source in TEMPLATES.items():
        bare = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}|<[^>]*>|&\w+;", " ", source, flags=re.DOTALL)
        words = set(re.findall(r"[^\W\d_]{2,}", bare)) - {
            "Vigie",
            "DPJ",
            "API",
            "openapi",
            "json",
            "aria",
            "describedby",
            "invalid",
            "true",
        }
        assert not words, f"{path.name}: {sorted(words)}"


def test_no_words_stand_in_attributes_outside_the_catalogues():
    told = re.compile(
        r"\b(?:title|alt|placeholder|aria-(?:label|description|valuetext|roledescription)|data-said-\w+)=\"([^\"]*)\""
    )
    seen = 0
    for path, source in TEMPLATES.items():
        for value in told.findall(source):
            seen += 1
            bare = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", " ", value)
            assert not re.search(r"[^\W\d_]{2,}", bare), f"{path.name}: {value}"
    assert seen > 20


def test_a_missing_key_shows_itself():
    assert say("fr", "pas.une.clé") == "pas.une.clé"


def test_another_language_shows_the_same_part_of_a_page(analyst, browser):
    assert "chut" not in browser().client.get("/before?error=chut").text
    assert "chut" not in analyst.client.get("/queue/q-aucun?error=chut").text
    page = analyst.page("/queue?lane=requests&late=1").text
    assert 'name="next" value="/queue?lane=requests&amp;late=1"' in page
    back = analyst.send("/language", lang="en", next="/queue?lane=requests&late=1")
    assert back.headers["location"] == "/queue?lane=requests&late=1"
    assert 'name="next" value="/queue"' in analyst.page(f"/queue?lane=requests&{'x' * 500}=1").text


def test_the_language_is_switched_and_kept(browser, analyst):
    assert 'lang="fr"' in analyst.page("/queue").text
    back = analyst.send("/language", lang="en", next="/queue")
    assert back.headers["location"] == "/queue"
    page = analyst.page("/queue").text
    assert 'action="/language"' in page
    assert '<html lang="en">' in page
    assert "Triage queue" in page
    assert (
        browser()
        .client.post("/language", data={"lang": "xx", "next": "//x"}, follow_redirects=False)
        .headers["location"]
        == "/"
    )


@pytest.mark.parametrize(
    ("seconds", "french", "english"),
    [
        (-5, "0 min", "0 min"),
        (3599, "59 min", "59 min"),
        (3600, "1 h", "1 h"),
        (172_799, "47 h 59 min", "47 h 59 min"),
        (172_800, "2 j", "2 d"),
        (183_600, "2 j 3 h", "2 d 3 h"),
    ],
)
def test_lengths_of_time(seconds, french, english):
    assert (lasting(seconds, "fr"), lasting(seconds, "en")) == (french, english)

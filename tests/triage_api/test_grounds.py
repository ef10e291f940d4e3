from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from store.errors import BadInput
from triage_api.directory.kinds import KINDS
from triage_api.grounds.catalogue import (
    FIELDS,
    GROUNDS,
    IDENTIFYING,
    Catalogue,
    catalogue,
    check_ground,
    fields_for,
)
from triage_api.shell.forms import BadForm, problems_of
from triage_api.shell.languages import LANGS
from triage_api.shell.languages import catalogue as words_of

URGENT = {"loi_acces_59_1", "lpj_39", "lpj_38_d1", "lpj_38_d2", "lpj_72_8"}
WHOLE = {name: "Dit en clair." for ground in GROUNDS.values() for name in ground.needs}


def test_what_is_urgent_needs_one_person_and_everything_else_two():
    assert {code for code, ground in GROUNDS.items() if ground.urgent} == URGENT
    assert {code for code, ground in GROUNDS.items() if ground.people == 1} == URGENT
    assert [code for code, ground in GROUNDS.items() if ground.consent] == ["consent"]


def test_an_urgent_disclosure_asks_for_all_that_the_law_names():
    needs = ("reasonable_ground", "risk", "urgency", "recipient_able", "directive")
    assert GROUNDS["loi_acces_59_1"].needs == needs
    assert set(GROUNDS["loi_acces_59_1"].kinds) == set(KINDS)


def test_a_report_is_made_by_a_human_to_youth_protection_alone():
    for code in ("lpj_39", "lpj_38_d1", "lpj_38_d2"):
        assert GROUNDS[code].kinds == ("dpj",)
        assert "reporter" in GROUNDS[code].needs
    assert GROUNDS["lpj_38_d1"] != GROUNDS["lpj_38_d2"], "counted apart"


@pytest.mark.parametrize("code", GROUNDS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_ground_lets_its_kinds_be_told_once_all_is_stated(code, kind):
    ground = GROUNDS[code]
    if kind not in ground.kinds:
        with pytest.raises(BadInput) as refused:
            check_ground(code, WHOLE, kind)
        assert (refused.value.code, refused.value.field) == ("ground_not_for_kind", "ground")
        return
    assert check_ground(code, WHOLE, kind) is ground
    for name in ground.needs:
        for said in ({}, {name: ""}, {name: " \n"}):
            facts = {key: value for key, value in WHOLE.items() if key != name} | said
            with pytest.raises(BadForm) as refused:
                check_ground(code, facts, kind)
            assert problems_of(refused.value) == {f"facts.{name}": "needed"}


def test_all_that_is_missing_is_told_at_once():
    with pytest.raises(BadForm) as refused:
        check_ground("loi_acces_59_1", {}, "police")
    assert list(problems_of(refused.value)) == [f"facts.{name}" for name in GROUNDS["loi_acces_59_1"].needs]


@pytest.mark.parametrize("code", ["", "LPJ 39", "lpj_36", "constructor", "x" * 5000])
def test_a_ground_that_is_not_in_the_catalogue_is_none(code):
    with pytest.raises(BadInput) as refused:
        check_ground(code, WHOLE, "dpj")
    assert (refused.value.code, refused.value.field) == ("ground_unknown", "ground")


def test_each_kind_is_told_the_least():
    assert fields_for("dpj") == frozenset(FIELDS), "all that a report needs"
    assert fields_for("school") == {"plain_summary", "approach", "danger", "first_name"}
    assert "approach" not in fields_for("police")
    assert {"handles", "facts", "region", "age", "danger"} < fields_for("police")
    for kind in ("cavac", "community", "shelter", "cisss", "school"):
        assert not fields_for(kind) & {"handles", "phones", "emails", "facts", "family_name", "birth_date", "school"}
        assert "plain_summary" in fields_for(kind)
    for kind in ("", "journal", "Police", "dpj "):
        assert fields_for(kind) == frozenset()


def test_what_identifies_is_never_needed_to_say_something():
    assert {"first_name", "family_name", "birth_date", "handles", "phones", "emails", "school"} < IDENTIFYING
    for kind in KINDS:
        assert fields_for(kind) - IDENTIFYING >= {"plain_summary"}


@pytest.mark.parametrize(
    "change",
    [
        {"version": "1"},
        {"kinds": {}},
        {"fields": ["age", "age"]},
        {"identifying": ["score"]},
        {"grounds": {"x_1": {"law": "Loi", "needs": ["a_b"], "people": 2, "urgent": True, "kinds": ["dpj"]}}},
        {"grounds": {"x_1": {"law": "Loi", "needs": [], "people": 2, "kinds": ["dpj"]}}},
        {"grounds": {"x_1": {"law": "Loi", "needs": ["a_b"], "people": 3, "kinds": ["dpj"]}}},
        {"grounds": {"x_1": {"law": "Loi", "needs": ["a_b"], "people": 2, "kinds": ["journal"]}}},
        {"more": 1},
    ],
)
def test_a_catalogue_that_contradicts_itself_is_refused(change):
    whole = catalogue().model_dump()
    whole["grounds"] = {code: {k: v for k, v in told.items() if k != "code"} for code, told in whole["grounds"].items()}
    assert Catalogue.model_validate(whole) == catalogue()
    with pytest.raises(ValidationError):
        Catalogue.model_validate(whole | change)


def test_everything_has_words_in_both_languages():
    wanted = {f"ground.{code}" for code in GROUNDS} | {f"ground_help.{code}" for code in GROUNDS}
    wanted |= {f"ground_need.{name}" for ground in GROUNDS.values() for name in ground.needs}
    wanted |= {f"told_field.{name}" for name in FIELDS} | {f"consent_field.{name}" for name in FIELDS}
    groups = ("ground.", "ground_help.", "ground_need.", "told_field.", "consent_field.")
    for lang in LANGS:
        assert {key for key in words_of(lang) if key.startswith(groups)} == wanted


def test_the_api_tells_what_each_requires(person_in):
    told = person_in("partner").api("GET", "/grounds").json()
    assert [one["code"] for one in told["items"]] == list(GROUNDS)
    assert told["version"] == catalogue().version
    assert "pas un avis juridique" in told["note"]["fr"]
    urgent = next(one for one in told["items"] if one["code"] == "loi_acces_59_1")
    assert [one["name"] for one in urgent["needs"]] == list(GROUNDS["loi_acces_59_1"].needs)
    assert urgent["title"]["en"].startswith("Emergency")
    school = [one["name"] for one in told["fields"] if "school" in one["kinds"]]
    assert set(school) == fields_for("school")


def test_the_page_leads_back_to_the_form_with_what_was_typed(analyst, person_in):
    page = analyst.page("/grounds?kind=police&request=r-1&pivot=p-1&stage=named").text
    codes = re.findall(r'name="ground" value="(\w+)"', page)
    assert codes == [code for code, ground in GROUNDS.items() if "police" in ground.kinds]
    for name, value in (("request", "r-1"), ("pivot", "p-1"), ("stage", "named")):
        assert f'name="{name}" value="{value}"' in page
    assert "pas un avis juridique" in page
    assert "59.1" in page
    assert 'name="ground"' not in person_in("partner").page("/grounds").text, "only the desk picks one"
    assert analyst.page("/grounds?kind=%3Cscript%3E").text.count("<script") == analyst.page("/grounds").text.count(
        "<script"
    )


@pytest.mark.parametrize("role", ["researcher", "investigator", "administrator"])
def test_who_is_told_nothing_sees_no_grounds(person_in, role):
    browser = person_in(role)
    assert browser.api("GET", "/grounds").status_code == 403
    assert browser.page("/grounds").status_code == 403

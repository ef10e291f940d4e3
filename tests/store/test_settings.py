import pytest
from pydantic import ValidationError

from scripts.settings_page import PAGE, page
from store.settings import Settings


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_says_what_it_means(name):
    assert len(Settings.model_fields[name].description or "") > 20


def test_the_page_of_settings_is_the_one_the_settings_give():
    assert PAGE.read_text(encoding="utf-8") == page()


def test_a_setting_out_of_bounds_is_refused(monkeypatch):
    monkeypatch.setenv("VIGIE_PORT", "70000")
    with pytest.raises(ValidationError):
        Settings()


def test_the_defaults_are_the_safe_ones():
    settings = Settings()
    assert settings.host == "127.0.0.1"
    assert settings.allow_loopback is False
    assert settings.request_delay >= 1


@pytest.mark.parametrize(("said", "kept"), [("", None), ("true", True), ("0", False)])
def test_a_choice_left_empty_is_no_choice(monkeypatch, said, kept):
    monkeypatch.setenv("VIGIE_METRICS", said)
    assert Settings().metrics is kept

"""A schema as a form: every kind of field goes out and comes back."""

from __future__ import annotations

import importlib.util

import pytest
from marshmallow import Schema
from marshmallow import fields
from werkzeug.datastructures import MultiDict

from core.kernel.forms import settings_form
from core.kernel.forms import values_of
from core.kernel.schema import SettingsRefused
from core.kernel.schema import check_settings
from tests.kernel.conftest import ADDONS

_spec = importlib.util.spec_from_file_location("platform_addon", ADDONS / "platform" / "addon.py")
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
PlatformConnection = _module.PlatformConnection

SENT = MultiDict(
    [
        ("setting_region", "na"),
        ("setting_token", " secret "),
        ("setting_minutes", "30"),
        ("setting_shops", "uk"),
        ("setting_shops", "fr"),
        ("setting_codes", "A1\r\n\r\n B2 "),
        ("setting_rates", "GBP = 1\r\nEUR=2"),
        ("setting_since", "2026-01-31"),
        ("setting_live", "y"),
    ]
)
STORED = {
    "region": "na",
    "minutes": 30,
    "shops": ["uk", "fr"],
    "codes": ["A1", "B2"],
    "rates": {"GBP": 1, "EUR": 2},
    "since": "2026-01-31",
    "live": True,
}


def test_what_is_sent_is_stored_and_fills_the_form_again() -> None:
    kind = settings_form(PlatformConnection)

    checked = check_settings(PlatformConnection, kind(SENT).given())
    filled = kind(data=values_of(PlatformConnection, checked.stored))

    assert checked.stored == STORED
    assert checked.secrets == {"token": "secret"}
    assert [field.data for field in filled.settings()] == [
        "na",
        None,
        None,
        30,
        ["uk", "fr"],
        "A1\nB2",
        "GBP = 1\nEUR = 2",
        "2026-01-31",
        True,
    ]


def test_fields_are_drawn_as_what_they_are() -> None:
    drawn = {f.short_name: str(f()) for f in settings_form(PlatformConnection)().settings()}

    assert '<option value="eu">Europe</option>' in drawn["setting_region"]
    assert 'type="password"' in drawn["setting_token"]
    assert "required" in drawn["setting_token"]
    assert 'type="number"' in drawn["setting_minutes"]
    assert "multiple" in drawn["setting_shops"]
    assert drawn["setting_codes"].startswith("<textarea")
    assert 'type="date"' in drawn["setting_since"]
    assert 'type="checkbox"' in drawn["setting_live"]


def test_a_secret_is_never_drawn_and_may_stay_empty_where_one_is_stored() -> None:
    form = settings_form(PlatformConnection, stored={"token"})(SENT)

    drawn = str(form["setting_token"]())

    assert "secret" not in drawn.replace("setting_token", "")
    assert "required" not in drawn


def test_messages_of_the_schema_go_onto_the_fields() -> None:
    form = settings_form(PlatformConnection, words=str.upper)(
        MultiDict(
            [("setting_region", "moon"), ("setting_minutes", "x"), ("setting_rates", "A = b")]
        )
    )

    with pytest.raises(SettingsRefused) as refused:
        check_settings(PlatformConnection, {**form.given(), "odd": 1})
    left = form.show_refusal(refused.value)

    assert form["setting_region"].errors == ["MUST BE ONE OF: EU, NA."]
    assert form["setting_token"].errors == ["MISSING DATA FOR REQUIRED FIELD."]
    assert form["setting_minutes"].errors == ["NOT A VALID INTEGER."]
    assert form["setting_rates"].errors == ["A: NOT A VALID INTEGER."]
    assert left == ["UNKNOWN FIELD."]


def test_a_setting_may_be_called_as_a_part_of_the_form_is() -> None:
    kind = Schema.from_dict({"data": fields.String(), "errors": fields.String()})
    form = settings_form(kind)(MultiDict([("setting_data", "a"), ("setting_errors", "b")]))

    assert form.given() == {"data": "a", "errors": "b"}

"""What a blueprint of an addon may do."""

from __future__ import annotations

import inspect

import flask
import pytest

from core.kernel.blueprint import AddonBlueprint

APP_WIDE = sorted(
    name
    for name, _ in inspect.getmembers(flask.Blueprint, inspect.isfunction)
    if "app" in name.split("_")
)


@pytest.mark.parametrize("name", APP_WIDE)
def test_app_wide_functions_are_refused(name: str) -> None:
    blueprint = AddonBlueprint("amazon", __name__)

    with pytest.raises(TypeError, match=rf"amazon: {name} would run for the whole application"):
        getattr(blueprint, name)(lambda: None)


def test_flask_has_app_wide_functions_to_refuse() -> None:
    assert {"before_app_request", "app_context_processor", "app_errorhandler"} <= set(APP_WIDE)


@pytest.mark.parametrize(
    ("area", "name", "prefix"),
    [
        ("pages", "amazon", "/x/amazon"),
        ("api", "amazon_api", "/api/v1/x/amazon"),
        ("hooks", "amazon_hooks", "/hooks/amazon"),
    ],
)
def test_the_address_is_fixed(area: str, name: str, prefix: str) -> None:
    blueprint = AddonBlueprint("amazon", __name__, area=area)

    assert (blueprint.name, blueprint.url_prefix) == (name, prefix)


@pytest.mark.parametrize("option", ["url_prefix", "subdomain"])
def test_another_address_is_refused(option: str) -> None:
    with pytest.raises(TypeError, match="cannot choose its own address"):
        AddonBlueprint("amazon", __name__, **{option: "/"})


def test_another_host_is_refused() -> None:
    blueprint = AddonBlueprint("amazon", __name__)

    with pytest.raises(TypeError, match="cannot choose its own address"):
        blueprint.add_url_rule("/", "index", lambda: "", host="example.org")

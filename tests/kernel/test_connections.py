"""Connections with platforms."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from marshmallow import Schema
from marshmallow import fields
from marshmallow import validate

from core.errors import Conflict
from core.errors import InputError
from core.errors import KernelError
from core.errors import NotFound
from core.kernel import lifecycle
from core.kernel.companies import create_company
from core.kernel.companies import find_company
from core.kernel.connections import create_connection
from core.kernel.connections import get_connection
from core.kernel.connections import list_connections
from core.kernel.kernel import Kernel


class Settings(Schema):
    """Settings as a platform addon would ask for them."""

    region = fields.String(required=True, validate=validate.OneOf(["eu", "na"]))
    minutes = fields.Integer(load_default=15)


@pytest.fixture
def kernel(running: Callable[..., Kernel]) -> Kernel:
    kernel = running("alpha")
    kernel.addon("alpha").connection_schema = Settings
    return kernel


@pytest.fixture
def company_id(kernel: Kernel) -> int:
    return make_company(kernel, "Shop")


def make_company(kernel: Kernel, name: str) -> int:
    with kernel.db.write() as session:
        made = create_company(session, name, country="gb", currency="gbp", timezone="Europe/London")
        return made.id


def connect(kernel: Kernel, company_id: int, label: str = "Main", **settings: str) -> None:
    with kernel.db.write() as session:
        create_connection(session, "alpha", label, settings, company_id=company_id)


def test_settings_are_stored_as_the_schema_reads_them(kernel: Kernel, company_id: int) -> None:
    connect(kernel, company_id, region="eu", minutes="30")

    with kernel.db.read() as session:
        made = get_connection(session, "Main", company_id=company_id)
        assert made.settings == {"region": "eu", "minutes": 30}
        assert (made.addon, made.account, made.state) == ("alpha", "Main", "ok")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "setting region: Missing data"),
        ({"region": "moon"}, "setting region: Must be one of"),
        ({"region": "eu", "colour": "red"}, "Known settings: minutes, region"),
    ],
)
def test_wrong_settings_are_refused_by_name(
    kernel: Kernel, company_id: int, settings: dict[str, str], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        connect(kernel, company_id, **settings)

    with kernel.db.read() as session:
        assert list_connections(session) == []


def test_a_label_is_used_once_per_company(kernel: Kernel, company_id: int) -> None:
    connect(kernel, company_id, region="eu")

    with pytest.raises(Conflict, match="'Main'"):
        connect(kernel, company_id, region="na")

    connect(kernel, make_company(kernel, "Other"), region="na")
    with kernel.db.read() as session:
        assert [each.settings["region"] for each in list_connections(session)] == ["eu", "na"]


def test_another_company_does_not_see_it(kernel: Kernel, company_id: int) -> None:
    connect(kernel, company_id, region="eu")
    other = make_company(kernel, "Other")

    with kernel.db.read() as session:
        assert list_connections(session, company_id=other) == []
        with pytest.raises(NotFound, match="no connection 'Main'"):
            get_connection(session, "Main", company_id=other)


def test_only_an_enabled_addon_connects(kernel: Kernel, company_id: int) -> None:
    lifecycle.disable(kernel, "alpha")

    with pytest.raises(KernelError, match="entrepot addons enable alpha"):
        connect(kernel, company_id, region="eu")


def test_an_addon_without_a_schema_takes_no_settings(kernel: Kernel, company_id: int) -> None:
    del kernel.addon("alpha").connection_schema

    connect(kernel, company_id)
    with pytest.raises(InputError, match="Known settings: none"):
        connect(kernel, company_id, "Second", region="eu")


def test_a_settings_document_is_not_shown_by_accident(kernel: Kernel, company_id: int) -> None:
    connect(kernel, company_id, region="eu")

    with kernel.db.read() as session:
        assert "eu" not in repr(get_connection(session, "Main", company_id=company_id))


def test_the_only_company_needs_no_name(kernel: Kernel, company_id: int) -> None:
    with kernel.db.read() as session:
        assert find_company(session).id == company_id

    make_company(kernel, "Other")
    with kernel.db.read() as session:
        with pytest.raises(InputError, match="other, shop"):
            find_company(session)
        assert find_company(session, "shop").id == company_id


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"country": "GBR"}, "'GBR' is not a country"),
        ({"country": "XX"}, "'XX' is not a country"),
        ({"currency": "PND"}, "'PND'"),
        ({"timezone": "London"}, "'London' is not a time zone"),
    ],
)
def test_a_company_is_of_this_world(kernel: Kernel, wrong: dict[str, str], said: str) -> None:
    facts = {"country": "GB", "currency": "GBP", "timezone": "Europe/London", **wrong}

    with kernel.db.write() as session, pytest.raises(InputError, match=said):
        create_company(session, "Shop", **facts)

"""The document of the API: it knows every route, is valid, and is what the routes do."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from openapi_spec_validator import validate

from core.web import rest
from core.web.openapi import PROBLEMS
from core.web.openapi import document_of
from core.web.openapi import routes
from core.web.shapes import Shapes
from core.web.shapes import answer_of
from tests.web.conftest import Site
from tests.web.test_api import Api
from tests.web.test_api import api as _api
from tests.web.test_api import stocked

api = _api


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the operations of a document by address and method."""
    return {
        (address, method.upper()): operation
        for address, methods in document["paths"].items()
        for method, operation in methods.items()
        if method != "parameters"
    }


def test_document_is_served_to_everybody_and_valid(site: Site) -> None:
    answer = site.visitor().get("/api/v1/openapi.json")

    assert (answer.status_code, answer.json["openapi"]) == (200, "3.1.0")
    validate(answer.json)


def test_every_route_says_what_it_reads_and_what_it_answers(site: Site) -> None:
    views = site.app.view_functions
    silent = [
        f"{method} {rule.rule}"
        for rule, method in routes(site.app)
        if rest.asked_of(views[rule.endpoint]) is None
        or answer_of(views[rule.endpoint], rest.Answer) is None
    ]

    assert silent == [], "let them have rest.asks or rest.takes, and return rest.Answer[…]"


def test_every_route_and_method_is_in_the_document(site: Site) -> None:
    known = operations(document_of(site.app))
    served = {
        (rule.rule, method)
        for rule in site.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/v1/") and not rule.rule.startswith("/api/v1/x/")
    }

    assert len(known) == len(served)
    names = [operation["operationId"] for operation in known.values()]
    assert len(set(names)) == len(names)
    for (address, method), operation in known.items():
        assert operation["summary"], address
        assert {str(code) for code in PROBLEMS} <= operation["responses"].keys()
        told = [each.get("$ref", "") for each in operation["parameters"]]
        assert any("IdempotencyKey" in each for each in told) == (method == "POST")
        assert any("IfNoneMatch" in each for each in told) == (method == "GET")
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        assert schema, f"{method} {address} has an answer without a shape"


def test_what_a_request_may_hold_is_told_with_its_limits(site: Site) -> None:
    known = operations(document_of(site.app))

    listed = {each.get("name"): each for each in known["/api/v1/orders", "GET"]["parameters"]}
    assert listed["limit"]["schema"] == {
        "type": "integer", "default": 50, "minimum": 1, "maximum": 200
    }  # fmt: skip
    assert "short" in listed["queue"]["schema"]["enum"]
    body = known["/api/v1/orders/{order_id}/ship", "POST"]["requestBody"]
    assert not body["required"]
    schema = body["content"]["application/json"]["schema"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["lines"]["additionalProperties"]["minimum"] == 1
    moved = known["/api/v1/stock/moves", "POST"]["requestBody"]
    assert moved["content"]["application/json"]["schema"]["required"] == [
        "warehouse", "sku", "quantity"
    ]  # fmt: skip


def test_fields_that_may_be_hidden_say_which_scope_shows_them(site: Site) -> None:
    schemas = document_of(site.app)["components"]["schemas"]

    amount = schemas["InvoiceRow"]["properties"]["net_amount"]
    assert amount["type"] == ["integer", "null"]
    assert "money.view" in amount["description"]


def test_what_is_read_twice_is_told_once(api: Api) -> None:
    stocked(api.life)
    api.life.orders("1001 MUG 3 @ 5.00 on 2011-02-01 to US")
    here = f"/api/v1/orders/{api.life.id('1001')}"
    sent = {"Authorization": f"Bearer {api.token}"}

    first = api.client.get(here, headers=sent)
    again = api.client.get(here, headers={**sent, "If-None-Match": first.headers["ETag"]})
    api.client.post(f"{here}/hold", headers=sent)
    later = api.client.get(here, headers={**sent, "If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.data) == (304, b"")
    assert (later.status_code, later.json["state"]) == (200, "on_hold")
    assert later.headers["ETag"] != first.headers["ETag"]


def test_type_without_a_schema_is_refused() -> None:
    with pytest.raises(TypeError, match="no schema"):
        Shapes().schema_of(Site.visitor)


def test_document_is_read_without_script_or_another_host(client: FlaskClient) -> None:
    parts = client.get("/help/api").text
    page = client.get("/help/api/orders").text

    assert parts.count("<h2>") > len(document_of(client.application)["paths"]) / 10
    assert "/help/api/stock" in parts
    assert 'id="orders-ship_it"' in page
    assert "orders.ship" in page
    assert 'id="shape-OrderDocument"' in page
    assert 'id="shape-Outcome"' in page
    assert "&#34;stock&#34; | &#34;warehouse&#34;" in page
    assert "<script" not in page.partition("</head>")[2]
    assert client.get("/help/api/nothing").status_code == 404

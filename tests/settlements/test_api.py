"""Programs read settlements, what is owed and how old it is, and say what codes mean."""

from __future__ import annotations

import pytest

from tests.settlements.test_extracts import ORDERS
from tests.settlements.test_extracts import flat
from tests.settlements.test_extracts import traded
from tests.settlements.test_holding import keep
from tests.settlements.test_holding import money
from tests.web.test_api import Api
from tests.web.test_api import api
from tests.world import World

__all__ = ["api"]


@pytest.fixture
def told(api: Api) -> Api:  # noqa: F811 - the fixture that was imported
    """Give the application after a settlement of three orders; the fourth is held back."""
    world = api.life.world
    traded(world).settlement_file(flat(world, refs=ORDERS[:3]))
    keep(world, money(ORDERS[3]))
    return api


def test_settlements_are_listed_and_shown(told: Api) -> None:
    (listed,) = told.get("/settlements").get_json()["items"]
    assert (listed["settlement"], listed["declared"], listed["state"]) == ("901", "27.60", "booked")

    shown = told.get(f"/settlements/{listed['id']}").get_json()
    assert sum(each["count"] for each in shown["codes"]) == shown["rows"] == 7
    assert told.get("/settlements/77").status_code == 404


def test_what_is_owed_is_told_by_state_and_age(told: Api) -> None:
    owed = told.get("/settlements/receivables").get_json()
    assert {each["state"]: each["amount"] for each in owed["receivables"]} == {
        "held": "12.00",
        "in_transit": "27.60",
    }
    assert [each["amount"] for each in owed["held"]] == ["10.20"]

    ages = told.get("/settlements/ages").get_json()["items"]
    assert {each["ledger"]: each["ages"]["older"] for each in ages} == {
        "1060": "27.60",
        "1210": "12.00",
    }


def test_a_code_is_mapped_in_one_step_and_once(told: Api) -> None:
    world: World = told.life.world
    world.settle("ServiceFee/Robot Fee/Base fee -3.00 on 2011-02-05", ref="902")
    (code,) = told.get("/settlements/unmapped").get_json()["items"]
    said = {"platform": code["platform"], "account": "6075", **code["code"]}

    first = told.post("/settlements/mappings", key="k1", **said)
    again = told.post("/settlements/mappings", key="k1", **said)

    assert (first.get_json(), first.status_code) == (again.get_json(), 200)
    assert first.get_json()["moved"] == 1
    assert told.get("/settlements/unmapped").get_json()["items"] == []
    refused = told.post("/settlements/mappings", **{**said, "account": "1590"})
    assert "Suspense is where the code stands" in refused.get_json()["detail"]
    assert world.broken() == []

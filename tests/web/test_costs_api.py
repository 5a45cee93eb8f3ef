"""Costs, bills, periods, warehouses, returns and shortages by the API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.web.programs import Api
from tests.web.programs import program_in
from tests.world import World


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    with program_in(world) as made:
        yield made


def test_goods_come_in_are_invoiced_and_bear_their_freight(api: Api) -> None:
    api.life.world.stock("MUG 1 @ 2.00 on 2010-11-30")
    told = {"warehouse": "MAIN", "reference": "R1", "at": "2011-01-10 09:00"}
    goods = {"quantities": {"MUG": 10}, "values": {"MUG": "20.00"}}
    made = api.post("/costs/receipts", **told, **goods).json
    here = f"/costs/receipts/{made['id']}"

    freight = {
        "reference": "F1", "component": "first_leg", "rule": "quantity", "amount": "5.00",
        "receipts": ["R1"],
    }  # fmt: skip
    shown = api.post("/costs/landed/preview", **freight).json
    booked = api.post("/costs/landed", **freight).json
    settled = api.post(f"/costs/landed/{booked['id']}/invoice", number="I9", amount="6.00").json
    invoiced = api.post(f"{here}/invoice", number="I8", values={"MUG": "22.00"}).json

    assert shown["goods"][0]["unit_after"] == "2.500000"
    assert (booked["estimated"], booked["actual"]) == ("5.00", None)
    assert (settled["actual"], settled["lines"][0]["actual"]) == ("6.00", "6.00")
    assert invoiced["invoiced"]
    assert api.get(here).json["lines"][0]["unit_cost"] == "2.800000"
    assert made["id"] in [each["id"] for each in api.get("/costs/receipts").json["items"]]
    assert api.get("/costs/landed").json["items"][0]["reference"] == "F1"
    assert api.get(f"{here}/replay").json == {"items": []}
    assert api.life.world.broken() == []


def test_goods_without_their_cost_are_refused(api: Api) -> None:
    answer = api.post("/costs/receipts", warehouse="MAIN", reference="R1",
                      quantities={"MUG": 1}, values={"CUP": "1.00"})  # fmt: skip

    assert answer.status_code == 400
    assert "what MUG costs is missing" in answer.json["detail"]


def test_a_bill_is_entered_once_and_taken_back(api: Api) -> None:
    kind = api.get("/bills/types").json["items"][0]["code"]
    bill = {"reference": "B1", "type": kind, "date": "2011-02-03", "currency": "GBP"}

    first = api.post("/bills", **bill, amount="12.50").json
    again = api.post("/bills", **bill, amount="12.50").json
    other = api.post("/bills", **bill, amount="13.00")
    undone = api.post("/bills/reverse", reference="B1", reason="twice").json
    listed = api.get("/bills").json["items"]

    assert (first, again) == ({"added": 1, "unchanged": 0}, {"added": 0, "unchanged": 1})
    assert other.status_code == 409
    assert undone["booked_on"] == "2011-02-03"
    assert [(each["amount"], each["reversed_by"]) for each in listed] == [
        ("12.50", undone["entry"])
    ]


def test_a_month_closes_by_its_checklist_and_opens_again(api: Api) -> None:
    world = api.life.world
    world.stock("MUG 9 @ 2.00 on 2011-01-05")
    left = api.get("/periods/2011-01/checklist").json["tasks"]
    names = [each["name"] for each in left if not each["blocking"]]

    closed = api.post("/periods/close", month="2011-01", accepted=names)
    assert closed.status_code == 200, closed.text
    assert closed.json["state"] == "closed"
    without = api.post("/periods/reopen", month="2011-01", reason=" ")
    opened = api.post("/periods/reopen", month="2011-01", reason="a late bill").json

    assert without.status_code == 400
    assert (opened["state"], opened["reason"]) == ("open", "a late bill")
    assert [each["state"] for each in api.get("/periods").json["items"]] == ["open"]
    assert api.get("/periods/2011-13/checklist").status_code == 400


def test_costs_of_a_month_are_previewed_then_shared(api: Api) -> None:
    world = api.life.world
    world.stock("MUG 9 @ 2.00 on 2011-01-05")
    world.orders("1001 MUG 1 @ 5.00 on 2011-02-01 from ann to GB")
    bill = {"reference": "B1", "type": "ads_elsewhere", "date": "2011-02-03", "currency": "GBP"}
    api.post("/bills", **bill, amount="3")

    shown = api.post("/allocation/preview", first="2011-02").json
    done = api.post("/allocation", first="2011-02").json

    assert (shown["total"], shown["from"], shown["until"]) == ("3.00", "2011-02", "2011-02")
    assert (done["run"], done["total"]) == (1, "3.00")
    assert api.post("/allocation", first="2011-03", last="2011-02").status_code == 400


def test_a_warehouse_is_added_and_taken_out_of_use(api: Api) -> None:
    made = api.post("/warehouses", code="FAR", kind="own", country="DE").json
    gone = api.post("/warehouses/FAR/archive").json

    assert (made["archived"], gone["archived"]) == (False, True)
    assert {each["code"] for each in api.get("/warehouses").json["items"]} >= {"FAR", "MAIN"}
    assert api.post("/warehouses/NOWHERE/archive").status_code == 404
    assert api.post("/warehouses", code="X", kind="castle", country="DE").status_code == 400


def test_what_an_order_lacks_is_moved_to_where_it_waits(api: Api) -> None:
    life = api.life
    api.post("/warehouses", code="FAR", kind="platform", country="GB")
    life.world.stock("MUG 1 @ 2.00 on 2010-11-30")
    life.world.stock_in("FAR", "MUG 2 @ 2.00 on 2010-11-30")
    life.orders("1001 MUG 3 @ 5.00 on 2011-02-01 from ann to US")
    here = f"/shortages/{life.id('1001')}"

    (lacking,) = api.get(here).json["items"]
    made = api.post(f"{here}/transfer", sku="MUG", origin=next(iter(lacking["elsewhere"]))).json

    assert lacking["missing"] > 0
    assert [each["sku"] for each in made["lines"]] == ["MUG"]
    assert api.post(f"{here}/transfer", sku="CUP", origin="FAR").status_code == 404


def test_settlements_are_booked_again(api: Api) -> None:
    assert api.post("/settlements/resolve").json == {"looked_at": 0, "moved": 0}

"""The API: what programs may read and do with tokens, once each, and how they are refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from core.kernel.companies import create_company
from core.setup import prepare_company
from tests.orders.life import Life
from tests.rules.ruling import condition
from tests.rules.ruling import drafted
from tests.rules.ruling import live
from tests.rules.ruling import rule
from tests.web.programs import EVERYTHING
from tests.web.programs import Api
from tests.web.programs import program_in
from tests.world import World


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    with program_in(world) as made:
        yield made


def stocked(life: Life, units: int = 9) -> None:
    life.world.stock(f"MUG {units} @ 2.00 on 2010-11-30")


def test_an_order_lives_through_the_api(api: Api) -> None:
    life = api.life
    stocked(life)
    life.orders("1001 MUG 3 @ 5.00 on 2011-02-01 from ann to US")
    here = f"/orders/{life.id('1001')}"

    shown = api.get(here).json
    assert (shown["state"], shown["lines"][0]["quantity"]) == ("allocated", 3)
    assert shown["promised"][0]["promised"] == 3
    assert shown["ordered_at"].startswith("2011-02-01T10:00:00")

    assert api.post(f"{here}/hold", why="looks odd").json["orders"][0]["state"] == "on_hold"
    assert api.post(f"{here}/approve").json["orders"][0]["state"] == "allocated"
    assert len(api.post(f"{here}/split", lines={"MUG": 1}).json["orders"]) == 2
    assert api.post(f"{here}/release").json["orders"][0]["state"] == "released"
    sent = api.post(f"{here}/ship", lines={"MUG": 2}, tracking="RM1").json["orders"]
    assert sent[0]["state"] == "shipped"
    back = api.post(f"{here}/return", lines={"MUG": 1}, disposition="sellable")
    assert back.status_code == 200, back.text
    assert life.level("MUG") == (8, 1)
    assert [e["kind"] for e in api.get(here).json["timeline"] if e["actor"] == "robot"]
    life.sound()


def test_orders_of_one_buyer_are_merged_and_one_is_cancelled(api: Api) -> None:
    life = api.life
    stocked(life)
    life.orders(
        "1001 MUG 1 @ 5.00 on 2011-02-01 from ann to US",
        "1002 MUG 2 @ 5.00 on 2011-02-03 from ann to US",
    )
    ids = [life.id("1001"), life.id("1002")]

    assert api.post("/orders/merge", orders=ids).status_code == 200
    assert api.get(f"/orders/{ids[1]}").json["consignment_id"] == ids[0]
    assert api.post(f"/orders/{ids[1]}/cancel").json["orders"][0]["state"] == "cancelled"
    assert life.level("MUG") == (9, 1)
    life.sound()


def test_lists_are_walked_by_cursor_and_narrowed(api: Api) -> None:
    stocked(api.life)
    api.life.orders(*(f"{n} MUG 1 @ 5.00 on 2011-02-0{n} to US" for n in range(1, 6)))

    seen, cursor = [], ""
    while cursor is not None:
        page = api.get("/orders", limit=2, cursor=cursor).json
        seen += [row["external_ref"] for row in page["items"]]
        cursor = page["next"]

    assert seen == ["5", "4", "3", "2", "1"]
    assert len(api.get("/orders", number="3").json["items"]) == 1
    assert api.get("/orders", state="shipped").json["items"] == []


@pytest.mark.parametrize(
    ("address", "query", "where"),
    [
        ("/orders", {"colour": "red"}, "colour"),
        ("/orders", {"state": "happy"}, "state"),
        ("/orders", {"limit": "1000"}, "limit"),
        ("/orders", {"cursor": "!"}, "page"),
        ("/stock/levels", {"limit": "x"}, "limit"),
    ],
)
def test_what_cannot_be_read_is_named(
    api: Api, address: str, query: dict[str, str], where: str
) -> None:
    answer = api.get(address, **query)

    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"
    assert answer.json["status"] == 400
    assert where in answer.json["detail"]


def test_a_body_that_cannot_be_read_changes_nothing(api: Api) -> None:
    stocked(api.life)
    api.life.orders("1001 MUG 3 @ 5.00 on 2011-02-01 to US")
    here = f"/orders/{api.life.id('1001')}"

    assert api.post(f"{here}/ship", lines={"MUG": 0}).status_code == 400
    assert api.post(f"{here}/ship", lines={"MUG": 4}).status_code == 400
    assert api.post(f"{here}/ship", speed="high").status_code == 400
    assert api.post(f"{here}/split").status_code == 400
    assert api.post(f"{here}/hold", row_version=99).status_code == 409
    plain = api.client.post(
        f"/api/v1{here}/hold", data="{", headers={"Authorization": f"Bearer {api.token}"}
    )
    assert plain.status_code == 400
    assert api.life.state("1001") == ("allocated", None)


def test_a_key_lets_an_act_happen_once(api: Api) -> None:
    life = api.life
    stocked(life)
    move = {"warehouse": "MAIN", "sku": "MUG", "quantity": 2, "reason": "found"}

    first = api.post("/stock/moves", key="a-1", **move)
    again = api.post("/stock/moves", key="a-1", **move)
    other = api.post("/stock/moves", key="a-1", **{**move, "quantity": 3})

    assert (first.status_code, again.status_code, other.status_code) == (200, 200, 409)
    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    assert life.level("MUG") == (11, 0)
    refused = {**move, "sku": "NONE"}
    assert api.post("/stock/moves", key="a-2", **refused).status_code == 404
    assert api.post("/stock/moves", key="a-2", **move).status_code == 200
    somebody = api.program("other", "stock.edit")
    assert api.post("/stock/moves", key="a-1", token=somebody, **move).status_code == 200
    assert life.level("MUG") == (15, 0)
    life.sound()


def test_a_program_does_what_its_token_says_and_no_more(api: Api) -> None:
    stocked(api.life)
    api.life.orders("1001 MUG 3 @ 5.00 on 2011-02-01 to US")
    here = f"/orders/{api.life.id('1001')}"
    reader = api.program("reader", "orders.view")

    assert api.get(here, token=reader).json["net_amount"] is None
    assert api.post(f"{here}/hold", token=reader).status_code == 403
    assert api.post(f"{here}/ship", token=reader).status_code == 403
    assert api.get("/stock/levels", token=reader).status_code == 403
    assert api.get(here, token="ent_00000000_x").status_code == 401
    assert api.client.get(f"/api/v1{here}").status_code == 401


def test_another_companys_orders_are_none(api: Api) -> None:
    stocked(api.life)
    api.life.orders("1001 MUG 3 @ 5.00 on 2011-02-01 to US")
    order_id = api.life.id("1001")
    with api.life.world.kernel.db.write() as session:
        company = create_company(
            session, "Other", country="GB", currency="GBP", timezone="Europe/London"
        )
        prepare_company(session, company)
    theirs = api.program("theirs", *EVERYTHING, company_id=company.id)

    assert api.get("/orders", token=theirs).json["items"] == []
    assert api.get(f"/orders/{order_id}", token=theirs).status_code == 404
    assert api.post(f"/orders/{order_id}/hold", token=theirs).status_code == 404
    assert api.post("/orders/merge", token=theirs, orders=[order_id, 1]).status_code == 404
    assert api.post("/rules/apply", token=theirs, orders=[order_id]).status_code == 404
    assert api.get("/stock/levels", token=theirs).json["items"] == []


def test_stock_is_moved_counted_and_sent_elsewhere(api: Api) -> None:
    life = api.life
    stocked(life)
    life.warehouse("FAR")

    rows = api.get("/stock/levels", sku="MUG").json["items"]
    assert [(r["warehouse"], r["on_hand"], r["available"]) for r in rows] == [("MAIN", 9, 9)]
    planned = api.post(
        "/stock/transfers", origin="MAIN", target="FAR", lines={"MUG": 4}, reference="T-1"
    )
    assert planned.json["state"] == "draft", planned.text
    assert api.post("/stock/transfers/T-1/ship").json["lines"][0]["shipped"] == 4
    assert api.post("/stock/transfers/T-1/receive", lines={"MUG": 3}).status_code == 200
    assert api.post("/stock/transfers/T-1/lose").json["lines"][0]["lost"] == 1
    assert api.get("/stock/transfers").json["items"][0]["reference"] == "T-1"
    assert life.level("MUG", "FAR") == (3, 0)
    opened = api.post("/stock/counts", warehouse="MAIN", skus=["MUG"], reference="C-1")
    assert opened.status_code == 200, opened.text
    api.post("/stock/counts/C-1/freeze")
    api.post("/stock/counts/C-1/enter", counted={"MUG": 4})
    assert api.post("/stock/counts/C-1/post").json["state"] == "posted"
    assert life.level("MUG") == (4, 0)
    clerk = api.program("clerk", "stock.view", "stock.edit")
    assert api.get("/stock/counts/C-1", token=clerk).json["lines"][0]["value"] is None
    life.sound()


def test_rules_are_listed_tried_and_asked_again(api: Api) -> None:
    life = api.life
    stocked(life)
    life.orders("1001 MUG 1 @ 5.00 on 2011-02-01 from ann to US")
    abroad = condition("country", "is_one_of", "US")
    drafted(life.world, rule("Abroad", abroad, does="hold parked"))

    tried = api.post("/rules/simulate").json
    assert (tried["looked_at"], tried["changed"]) == (1, 1)
    assert life.state("1001")[0] == "allocated"
    live(life.world, rule("Far", abroad, does="tag far; hold parked"))
    assert {r["name"] for r in api.get("/rules").json["items"]} == {"Abroad", "Far"}
    asked = api.post("/rules/apply", orders=[life.id("1001")])
    assert asked.json["orders"][0]["state"] == "on_hold"
    assert api.post("/rules/simulate", rule=1).status_code == 404


def test_publishing_is_previewed_with_its_reasons(api: Api) -> None:
    stocked(api.life)

    found = api.post("/publishing/preview", sku="MUG", buffer=2, share=50).json
    wrong = api.post("/publishing/preview", sku="MUG", share=101)

    assert found["quantity"] == 4
    assert found["why"].startswith("publishes 4: on hand 9")
    assert [step["term"] for step in found["steps"]] == ["on_hand", "buffer", "share"]
    assert (wrong.status_code, "share" in wrong.json["detail"]) == (400, True)
    assert api.get("/publishing/targets").json["items"] == []


def test_every_list_in_pages_of_one_shows_what_one_page_shows(api: Api) -> None:
    life = api.life
    life.warehouse("FAR")
    for sku in ("CUP", "MUG", "POT"):
        life.world.stock(f"{sku} 9 @ 2.00 on 2010-11-30")
        life.orders(f"{sku}-1 {sku} 1 @ 5.00 on 2011-02-01 from ann to US")
        api.post("/stock/transfers", origin="MAIN", target="FAR", lines={sku: 4})
        api.post("/stock/transfers", origin="MAIN", target="FAR", lines={sku: 1})
    lists = {
        address: api.get(address).json["items"]
        for address in lists_of(api.app)
        if api.get(address, limit=1).status_code == 200
    }
    assert {"/orders", "/stock/levels", "/stock/transfers"} <= lists.keys()

    for address, whole in lists.items():
        singly: list[Any] = []
        cursor = ""
        while cursor is not None and len(singly) <= len(whole):
            found = api.get(address, limit=1, cursor=cursor).json
            singly += found["items"]
            cursor = found["next"]
        assert singly == whole, address


def lists_of(app: Flask) -> list[str]:
    """Return the addresses of the API that may be asked without naming one thing."""
    return [
        rule.rule.removeprefix("/api/v1")
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and not rule.arguments and "GET" in (rule.methods or ())
    ]

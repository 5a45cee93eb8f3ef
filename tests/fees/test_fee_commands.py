"""The commands of fees, and what profit still waits for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from core.cli import build
from tests.world import World

ORDER = "026-0000001-0000001"


@pytest.fixture
def run(world: World, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("ENTREPOT_INSTANCE", str(world.folder))
    url = world.kernel.db.url.render_as_string(hide_password=False)
    monkeypatch.setenv("ENTREPOT_DATABASE_URL", url)

    def call(*words: str, code: int = 0) -> Any:
        answer = CliRunner().invoke(build(), list(words))
        assert answer.exit_code == code, answer.output
        return json.loads(answer.output) if "--json" in words else answer.output

    return call


def test_a_shop_gets_a_plan_and_its_orders_get_estimates(
    world: World, run: Any, tmp_path: Path
) -> None:
    world.stock("MUG 10 @ 2.00 on 2026-01-01")
    world.orders(f"{ORDER} MUG 1 @ 10.00 on 2026-03-02")
    said = run(
        "fees", "plan", "Till", "amazon", "GB", "--category", "Books", "--prefer", "6000=own,table"
    )
    assert said == "Fees of Till are estimated by table amazon/GB 2026.1.\n"
    assert "1 of 1" in run("fees", "category", "amazon", "MUG=Computers")
    categories = tmp_path / "categories.csv"
    categories.write_text("sku,category\nMUG,Footwear\n", encoding="utf-8")
    assert "1 of 1" in run("fees", "category", "amazon", "--file", str(categories))
    run("fees", "rate", "Till", "6130", "3.20", "--since", "2026-02-01")
    run("fees", "rate", "Till", "6090", "1.5", "--per", "price")
    assert run("fees", "estimate", "--json") == {"orders": 1, "estimates": 3}
    kept = world.rows("SELECT account, estimated_amount FROM fees_estimate ORDER BY account")
    assert [tuple(row) for row in kept] == [("6000", 180), ("6090", 18), ("6130", 320)]

    (plan,) = run("fees", "plans", "--json")
    assert (plan["shop"], plan["market"], plan["category"]) == ("Till", "GB", "Books")
    assert plan["preferences"] == {"6000": ["own", "table"]}
    assert [(r["account"], r["amount"], r["since"]) for r in plan["rates"]] == [
        ("6130", "3.20", "2026-02-01"), ("6090", "1.5000 %", None),
    ]  # fmt: skip
    assert "Till" in run("fees", "plans")
    tables = run("fees", "schedules", "--json")
    assert {(t["platform"], t["market"]) for t in tables} >= {("amazon", "GB"), ("amazon", "US")}


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("plan", "Nowhere", "amazon", "GB"), "There is no shop 'Nowhere'"),
        (("plan", "Till", "amazon", "GB", "--prefer", "6000"), "names no way"),
        (("plan", "Till", "amazon", "GB", "--prefer", "6000=magic"), "is no way of estimating"),
        (("plan", "Till", "amazon", "GB", "--prefer", "9999=own"), "has no account 9999"),
        (("category", "amazon", "MUG"), "is not SKU=CATEGORY"),
        (("category", "amazon", "CUP=Books"), "There is no SKU 'CUP'"),
        (("rate", "Till", "1210", "3.20"), "Only a cost of an order"),
        (("rate", "Till", "6000", "150", "--per", "price"), "is no percentage"),
    ],
)
def test_what_cannot_be_says_why(
    world: World, run: Any, words: tuple[str, ...], reason: str
) -> None:
    world.orders(f"{ORDER} MUG 1 @ 10.00 on 2026-03-02")
    assert reason in run("fees", *words, code=2)


def test_what_profit_waits_for_is_listed_with_what_to_do(world: World, run: Any) -> None:
    world.stock("MUG 10 @ 2.00 on 2026-01-01")
    world.orders(f"{ORDER} MUG 1 @ 10.00 on 2026-03-02")
    found = run("profit", "missing", "--order", ORDER, "--month", "2026-03", "--json")
    assert found["orders"] == {"estimated": 1}
    assert {each["cause"] for each in found["causes"]} >= {"no_estimate"}
    first = found["causes"][0]
    assert (first["examples"], first["amounts"]) == ([ORDER], {"GBP": "12.00"})
    assert "entrepot fees" in run("profit", "missing", "--sku", "MUG")
    assert "no order" in run("profit", "missing", "--order", "none", code=2)
    assert "not a month" in run("profit", "missing", "--month", "March", code=2)
    assert run("profit", "reconcile", "--json") == {"settled": 0, "reconciled": 0}
    assert run("fees", "drift", "--json") == []

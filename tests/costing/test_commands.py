"""`entrepot cost` and `entrepot stock receive`, as a person types them."""

from __future__ import annotations

import json
from typing import Any

from click.testing import CliRunner

from core.catalog.services import make_skus
from core.cli import build
from tests.costing.buying import Buyer
from tests.world import World


def entrepot(world: World, *arguments: str, code: int = 0) -> Any:
    """Run a command; what it prints as JSON, or its text where it ends in an error."""
    words = [*arguments, "--json"] if code == 0 else list(arguments)
    result = CliRunner().invoke(build(), words, obj=world.kernel.config)
    assert result.exit_code == code, result.output
    return json.loads(result.output) if code == 0 else result.output


def test_goods_come_in_are_charged_and_invoiced(world: World) -> None:
    buyer = Buyer(world)
    buyer.do(lambda session, company: make_skus(session, company, {"MUG": "Mug"}))
    entrepot(world, "stock", "receive", "MAIN", "R1", "MUG=10@100.00")
    buyer.sell("1", "MUG", 4)

    freight = ("cost", "estimate", "SEA1", "10.00", "--component", "first_leg")
    told = entrepot(world, *freight, "--rule", "quantity", "--receipt", "R1", "--preview")
    assert told["goods"][0] | {"unit_after": "11.000000"} == told["goods"][0]
    assert [(place["order"], place["amount"]) for place in told["places"]] == [
        (None, "6.00"), ("1", "4.00")
    ]  # fmt: skip
    assert entrepot(world, "cost", "list") == {"rows": []}

    entrepot(world, *freight, "--rule", "quantity", "--receipt", "R1")
    actual = entrepot(world, "cost", "settle", "SEA1", "12.00", "--number", "4711")
    assert (actual["state"], actual["estimated"], actual["actual"]) == ("actual", "10.00", "12.00")
    assert actual["lines"] == [
        {"receipt": "R1", "sku": "MUG", "estimated": "10.00", "actual": "12.00"}
    ]
    assert entrepot(world, "cost", "show", "SEA1") == actual

    said = entrepot(world, "cost", "invoice", "R1", "MUG=99.00", "--number", "77")
    assert said == {"difference": "-1.00"}
    assert buyer.landed("1") == (4440, 480, 0, 0)
    assert entrepot(world, "cost", "receipts")["rows"][0]["reference"] == "R1"
    buyer.sound()


def test_what_cannot_be_read_is_said(world: World) -> None:
    said = entrepot(world, "stock", "receive", "MAIN", "R1", "MUG=ten@1.00", code=2)
    assert "SKU=QUANTITY@VALUE" in said
    said = entrepot(world, "stock", "receive", "MAIN", "R1", "MUG=1@1.00", code=2)
    assert "no SKU 'MUG'" in said
    assert "no landed cost" in entrepot(world, "cost", "show", "SEA1", code=2)


def test_the_way_of_costing_is_chosen_and_told(world: World) -> None:
    assert entrepot(world, "cost", "method") == {"method": "fifo"}
    assert entrepot(world, "cost", "method", "average") == {"method": "average"}
    assert entrepot(world, "cost", "method") == {"method": "average"}


def test_the_cost_of_a_unit_counts_all_that_was_paid_wherever_the_units_are(world: World) -> None:
    buyer = Buyer(world)
    buyer.receive("R1", "MUG 10 for 100.00")
    buyer.sell("1", "MUG", 2)
    buyer.move("T1", "MUG", 5, "FBA")
    buyer.charge("SEA1", "10.00", "quantity", "R1")

    told = entrepot(world, "cost", "estimate", "SEA2", "5.00", "--component", "first_leg",
                    "--rule", "quantity", "--receipt", "R1", "--preview")  # fmt: skip

    (goods,) = told["goods"]
    assert (goods["unit_before"], goods["unit_after"]) == ("11.000000", "11.500000")


def test_with_a_moving_average_the_unit_is_one_of_the_pool(world: World) -> None:
    entrepot(world, "cost", "method", "average")
    buyer = Buyer(world)
    buyer.receive("R1", "MUG 10 for 100.00")
    buyer.receive("R2", "MUG 10 for 200.00")
    buyer.sell("1", "MUG", 15)

    told = entrepot(world, "cost", "estimate", "SEA1", "10.00", "--component", "first_leg",
                    "--rule", "quantity", "--receipt", "R1", "--preview")  # fmt: skip

    (goods,) = told["goods"]
    assert (goods["unit_before"], goods["unit_after"]) == ("15.000000", "16.000000")


def test_a_foreign_supplier_is_paid_in_two_parts(world: World) -> None:
    world.rates("USD/GBP 7.20 on 2011-01-01", "USD/GBP 7.10 on 2011-01-10")
    buyer = Buyer(world)
    buyer.do(lambda session, company: make_skus(session, company, {"MUG": "Mug"}))
    entrepot(world, "cost", "deposit", "PO1", "30", "--currency", "usd", "--on", "2011-01-03")
    bought = ("stock", "receive", "MAIN", "R1", "MUG=10@100.00", "--currency", "USD")
    entrepot(world, *bought, "--deposit", "PO1")
    assert buyer.worth() == {"MAIN MUG": [(10, 71300)]}
    assert entrepot(world, "cost", "invoice", "R1", "MUG=100.00", "--number", "7") == {
        "difference": "0.00"
    }
    pay = ("cost", "pay", "T1", "--receipt", "R1", "--on", "2011-01-12", "--taken", "493.50")
    assert "is in USD, not in GBP" in entrepot(world, *pay, "70", code=2)
    assert entrepot(world, *pay) == {
        "currency": "USD", "paid": "70.00", "prepaid": "0.00", "open": "0.00",
        "functional_currency": "GBP", "carried": "497.00", "exchange_difference": "-3.50",
    }  # fmt: skip
    assert "one of --receipt, --charge" in entrepot(world, *pay, "--charge", "SEA", code=2)
    freight = ("cost", "estimate", "SEA", "1", "--component", "first_leg", "--rule", "quantity")
    said = entrepot(world, *freight, "--receipt", "R1", "--currency", "EUR", code=2)
    assert "entrepot rates add EUR GBP RATE --on" in said
    buyer.sound()

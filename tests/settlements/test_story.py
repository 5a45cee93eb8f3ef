"""The settlements of the worked story: every movement of the balance, by day, order and amount.

The books are kept in euros here, so that the story's figures in the currency of the marketplace
can be compared one by one. No tax regime decides for Germany: the VAT of the one sale that the
seller taxes himself stays open on the order.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from core.config import ROOT
from core.fees.backfilling import FeeEstimate
from core.fees.backfilling import book_estimates
from core.money import parse_decimal
from core.money import to_minor
from tests.world import World

SHARED = Path(os.environ.get("ENTREPOT_SHARED") or ROOT.parent / "shared")
CASES = SHARED / "cases"
STORY = CASES / "story_1_amazon_fba_de.json"
KINDS = {"settlement_match", "settlement_other", "refund", "reserve", "payout"}

pytestmark = pytest.mark.skipif(
    not STORY.is_file(), reason=f"there is no {STORY}; ENTREPOT_SHARED names another folder"
)


def cents(text: str) -> int:
    return to_minor(parse_decimal(text), "EUR")


def ref_of(order: str) -> str:
    return f"303-0000000-{int(order[1:]):07d}"


@pytest.fixture
def story() -> dict[str, Any]:
    return json.loads(STORY.read_text(encoding="utf-8"))


@pytest.fixture
def told(world: World, story: dict[str, Any]) -> World:
    """Give the books after the story's orders, their estimated fees and both settlements."""
    world.change("UPDATE kernel_company SET currency = 'EUR'")
    facts = story["facts"]
    principal = {
        line["order_id"]: cents(line["amount"])
        for settlement in story["settlements"].values()
        for line in settlement["lines"]
        if line["transaction_type"] == "Order" and line["amount_description"] == "Principal"
    }
    for order in facts["orders"]:
        price = principal[order["id"]] / order["qty"] / 100
        world.orders(
            f"{ref_of(order['id'])} {order['sku']} {order['qty']} @ {price:.2f} EUR"
            f" on {order['shipped']} to {order['ship_to']}"
        )
    estimates = [
        FeeEstimate(world.lines(ref_of(order["id"]))[0].id, account, amount, day, "story")
        for order in facts["orders"]
        for day in [date.fromisoformat(order["shipped"])]
        for account, amount in {
            "6000": 15 * order["qty"] * cents(order["gross_unit_price_eur"]) // 100,
            "6020": order["qty"] * cents(facts["fee_estimates"]["fba_estimate_eur"][order["sku"]]),
        }.items()
    ]
    with world.kernel.db.write() as session:
        assert book_estimates(session, world.company.id, estimates) == 14
    for name in ("S1", "S2"):
        found = world.settlement_file(CASES / "fixtures" / f"amazon_settlement_v2_{name}.txt")
        assert [(each.state, each.suspense) for each in found.statements] == [("booked", 0)]
    return world


def test_every_movement_of_the_balance_is_the_story_s(told: World, story: dict[str, Any]) -> None:
    expected = Counter(
        (entry["date"], ref_of(line["order"]) if "order" in line else None, cents(line["amt"]))
        for entry in story["expected"]["journal"]
        if entry["kind"] in KINDS
        for line in entry["lines"]
        if line["acct"] == "1220"
    )
    rows = told.rows(
        "SELECT p.booked_on, o.external_ref, p.amount FROM ledger_posting p"
        " JOIN ledger_account a ON a.company_id = p.company_id AND a.id = p.account_id"
        " LEFT JOIN orders_order o ON o.company_id = p.company_id AND o.id = p.order_id"
        " WHERE a.code = '1220'"
    )
    assert Counter((str(day), ref, amount) for day, ref, amount in rows) == expected


def test_payouts_reserve_and_pass_through_are_the_story_s(
    told: World, story: dict[str, Any]
) -> None:
    payouts = story["expected"]["payouts"]
    assert told.open_items("1060") == {
        "19999000001": cents(payouts["S1"]["deposit_eur"]),
        "19999000002": cents(payouts["S2"]["deposit_eur"]),
    }
    assert told.open_items("1220") == told.open_items("1225") == told.open_items("1590") == {}
    assert told.open_items("2150") == {}
    assert told.open_items("1210") == {ref_of("O3"): -5700}
    assert "2310" not in told.booked("")
    assert told.broken() == []


def test_true_ups_are_what_fulfilment_cost_more_than_estimated(told: World) -> None:
    rows = told.rows(
        "SELECT o.external_ref, a.code, p.amount FROM ledger_posting p"
        " JOIN ledger_account a ON a.company_id = p.company_id AND a.id = p.account_id"
        " JOIN orders_order o ON o.company_id = p.company_id AND o.id = p.order_id"
        " WHERE p.tag = 'trueup' ORDER BY o.external_ref"
    )
    assert [tuple(row) for row in rows] == [
        (ref_of("O1"), "6020", 24),
        (ref_of("O2"), "6020", 12),
        (ref_of("O5"), "6020", 36),
    ]

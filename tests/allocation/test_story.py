"""The worked story's costs without an order, shared to the cent as it says.

The drivers are the story's own facts: units and net sales of its orders, what its advertising and
storage reports say of its two SKUs. The books are kept in yuan; only what the sharing reads of them
is booked here, through the journal.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.allocation.details import import_details
from core.allocation.queries import shares_query
from core.allocation.rules import save_rule
from core.allocation.running import run_allocation
from core.config import ROOT
from core.ids import next_id
from core.ledger.journal import Dimensions
from core.ledger.journal import Journal
from core.money import parse_decimal
from core.money import to_minor
from tests.world import World

SHARED = Path(os.environ.get("ENTREPOT_SHARED") or ROOT.parent / "shared")
STORY = SHARED / "cases" / "story_1_amazon_fba_de.json"

pytestmark = pytest.mark.skipif(
    not STORY.is_file(), reason=f"there is no {STORY}; ENTREPOT_SHARED names another folder"
)

FIRST, LAST = date(2026, 8, 1), date(2026, 9, 30)
COSTS = {"7000", "6030", "6070", "9000", "9010", "9020"}


def cents(text: str) -> int:
    return to_minor(parse_decimal(text), "CNY")


@pytest.fixture
def story() -> dict[str, Any]:
    return json.loads(STORY.read_text(encoding="utf-8"))


@pytest.fixture
def told(world: World, story: dict[str, Any]) -> World:
    """Give books with the story's orders at their net price, and its costs without an order."""
    world.change("UPDATE kernel_company SET currency = 'CNY'")
    net = {
        order: cents(found["lines"]["Product sales"])
        for order, found in story["expected"]["profit_by_order"].items()
    }
    for order in story["facts"]["orders"]:
        price = net[order["id"]] / order["qty"] / 100
        world.orders(
            f"{order['id']} {order['sku']} {order['qty']} @ {price:.4f} CNY"
            f" on {order['shipped']} to {order['ship_to']}"
        )
    with world.kernel.db.write() as session:
        journal = Journal(session, world.company.id, "CNY")
        for entry in story["expected"]["journal"]:
            for place, line in enumerate(entry["lines"]):
                if line["acct"] not in COSTS or "order" in line:
                    continue
                made = journal.entry(
                    next_id(session), f"{entry['id']}/{place}", "manual",
                    date.fromisoformat(entry["date"]),
                )  # fmt: skip
                made.add(line["acct"], cents(line["func"]), Dimensions())
                made.add("1000", -cents(line["func"]), Dimensions())
        journal.post()
    _reports(world)
    return world


def _reports(world: World) -> None:
    # "A 80 EUR, B 40 EUR" and "A 3.964, B 5.928" cubic metres.
    for kind, a, b in (("ads", "80", "40"), ("storage", "3.964", "5.928")):
        path = world.folder / f"{kind}.csv"
        path.write_text(f"sku,weight\nA,{a}\nB,{b}\n", encoding="utf-8")
        import_details(world.kernel, world.company.id, path, kind, month=date(2026, 8, 1))
    with world.kernel.db.write() as session:
        save_rule(
            session, world.company.id,
            {
                "code": "storage", "title": "Storage", "accounts": ["6030", "6032"],
                "to_sku": ["report:storage"], "to_order": ["units"],
            },
            by="ann",
        )  # fmt: skip


def test_the_shares_are_the_story_s(told: World, story: dict[str, Any]) -> None:
    run_allocation(told.kernel, told.company.id, FIRST, LAST, by="ann")
    expected = Counter(
        {
            (account, share["order"], share["sku"]): cents(share["amount"])
            for each in story["expected"]["allocations"]
            for account in each["accounts"]
            for share in each["shares"]
        }
    )
    shares = shares_query(told.company.id).subquery()
    with told.kernel.db.read() as session:
        rows = session.execute(
            sa.text(
                "SELECT a.code, o.external_ref, k.code, SUM(s.amount) FROM allocation_share s"
                " JOIN ledger_account a ON a.company_id = s.company_id AND a.id = s.account_id"
                " LEFT JOIN orders_order o ON o.company_id = s.company_id AND o.id = s.order_id"
                " LEFT JOIN catalog_sku k ON k.company_id = s.company_id AND k.id = s.sku_id"
                " GROUP BY a.code, o.external_ref, k.code"
            )
        ).all()
        total = session.scalar(sa.select(sa.func.sum(shares.c.amount)))
    found = Counter({(row[0], row[1], row[2]): int(row[3]) for row in rows})
    assert dict(found) == dict(expected)
    assert total == sum(expected.values())
    assert told.broken() == []


def test_each_order_bears_what_the_story_says(told: World, story: dict[str, Any]) -> None:
    run_allocation(told.kernel, told.company.id, FIRST, LAST, by="ann")
    rows = told.rows(
        "SELECT o.external_ref, -SUM(s.amount) FROM allocation_share s JOIN orders_order o"
        " ON o.company_id = s.company_id AND o.id = s.order_id GROUP BY o.external_ref"
    )
    assert {ref: int(amount) for ref, amount in rows} == {
        order: cents(found["allocated"])
        for order, found in story["expected"]["profit_by_order"].items()
    }

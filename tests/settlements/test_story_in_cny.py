"""The worked story as its seller keeps his books: sales in euros, the books in yuan.

Orders, fee estimates, both settlements, the wallet and the conversions go in through the public
services; every movement of the platform's balance, the wallet and the realised exchange comes out
as the story has it, in both currencies.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from typing import Any

import pytest

from core.banking.converting import Conversion
from core.banking.converting import convert_money
from core.banking.importing import import_bank_file
from core.banking.profiles import get_profile
from core.banking.profiles import save_profile
from core.fees.backfilling import FeeEstimate
from core.fees.backfilling import book_estimates
from core.money import parse_decimal
from core.money import round_div
from core.money import to_minor
from core.rates.revaluing import revalue
from tests.settlements.test_story import CASES
from tests.settlements.test_story import STORY
from tests.settlements.test_story import ref_of
from tests.world import MAPPING
from tests.world import World

pytestmark = pytest.mark.skipif(not STORY.is_file(), reason=f"there is no {STORY}")

# Nobody decides of German tax here: the tax that the platform keeps comes and goes with the
# settlement. Only of O3, whose tax the seller owes himself, the receivable is 57.00 short.
SELF_TAXED = "O3"


def cents(text: str) -> int:
    return to_minor(parse_decimal(text), "EUR")


@pytest.fixture
def story() -> dict[str, Any]:
    return json.loads(STORY.read_text(encoding="utf-8"))


@pytest.fixture
def told(world: World, story: dict[str, Any]) -> World:
    """Give the books after the story's orders, estimates and rates, before its settlements."""
    world.change("UPDATE kernel_company SET currency = 'CNY'")
    facts = story["facts"]
    world.rates(*(f"EUR/CNY {rate} on {day}" for day, rate in facts["fx_eur_cny"].items()))
    principal = {
        line["order_id"]: cents(line["amount"])
        for settlement in story["settlements"].values()
        for line in settlement["lines"]
        if line["transaction_type"] == "Order" and line["amount_description"] == "Principal"
    }
    # The seller's own tax on O3 is owed by its buyer, too.
    principal[SELF_TAXED] += cents("57.00")
    mapping = MAPPING.replace('currency = "GBP"', 'currency = "EUR"')
    for order in facts["orders"]:
        price = principal[order["id"]] / order["qty"] / 100
        world.orders(
            f"{ref_of(order['id'])} {order['sku']} {order['qty']} @ {price:.2f} EUR"
            f" on {order['shipped']} to {order['ship_to']}",
            mapping=mapping,
        )
    with world.kernel.db.write() as session:
        assert book_estimates(session, world.company.id, estimates(world, facts)) == 14
    return world


def estimates(world: World, facts: dict[str, Any]) -> list[FeeEstimate]:
    foreseen = facts["fee_estimates"]["fba_estimate_eur"]
    return [
        FeeEstimate(world.lines(ref_of(order["id"]))[0].id, account, amount, day, "story")
        for order in facts["orders"]
        for day in [date.fromisoformat(order["shipped"])]
        for account, amount in {
            "6000": round_div(15 * order["qty"] * cents(order["gross_unit_price_eur"]), 100),
            "6020": order["qty"] * cents(foreseen[order["sku"]]),
        }.items()
    ]


def settle(world: World) -> None:
    for name in ("S1", "S2"):
        found = world.settlement_file(CASES / "fixtures" / f"amazon_settlement_v2_{name}.txt")
        assert [(each.state, each.suspense) for each in found.statements] == [("booked", 0)]


def expected(story: dict[str, Any], account: str, *kinds: str) -> Counter[tuple[object, ...]]:
    return Counter(
        (
            entry["date"],
            ref_of(line["order"]) if "order" in line else None,
            cents(line["amt"]),
            cents(line["func"]),
        )
        for entry in story["expected"]["journal"]
        if entry["kind"] in kinds
        for line in entry["lines"]
        if line["acct"] == account
    )


def booked(world: World, account: str) -> Counter[tuple[object, ...]]:
    rows = world.rows(
        "SELECT p.booked_on, o.external_ref, p.currency_amount, p.amount FROM ledger_posting p"
        " JOIN ledger_account a ON a.company_id = p.company_id AND a.id = p.account_id"
        " LEFT JOIN orders_order o ON o.company_id = p.company_id AND o.id = p.order_id"
        " WHERE a.code = :account",
        account=account,
    )
    return Counter((str(row[0]), *row[1:]) for row in rows)


def test_estimated_fees_are_worth_what_the_story_says(told: World, story: dict[str, Any]) -> None:
    sums: Counter[str] = Counter()
    for entry in story["expected"]["journal"]:
        for line in entry["lines"]:
            if entry["kind"] == "shipment" and line["acct"] in ("1210", "6000", "6020", "2150"):
                tax = sum(cents(x["func"]) for x in entry["lines"] if x["acct"] == "2310")
                sums[line["acct"]] += cents(line["func"]) + (tax if line["acct"] == "1210" else 0)
    got = told.booked("")
    assert {code: got[code] for code in sums} == dict(sums)
    assert told.broken() == []


def test_every_movement_of_the_balance_is_the_story_s_in_both_currencies(
    told: World, story: dict[str, Any]
) -> None:
    settle(told)
    kinds = ("settlement_match", "settlement_other", "refund", "reserve", "payout")
    assert booked(told, "1220") == expected(story, "1220", *kinds)
    assert booked(told, "1225") == expected(story, "1225", "reserve")
    for account in ("1210", "1220", "1225", "1590", "2150"):
        assert told.open_items(account) == {}, account
    assert "9000" not in told.booked("")
    assert told.broken() == []


def test_fees_refunds_and_true_ups_are_the_story_s(told: World, story: dict[str, Any]) -> None:
    settle(told)
    codes = ("6000", "6005", "6020", "6030", "6070", "7000", "4200", "4400")
    sums: Counter[str] = Counter()
    for entry in story["expected"]["journal"]:
        for line in entry["lines"]:
            if line["acct"] in codes:
                sums[line["acct"]] += cents(line["func"])
    got = told.booked("")
    assert {code: got.get(code, 0) for code in codes} == {code: sums[code] for code in codes}
    # What the story has on 6050 for disposal, the pack has on the account of removals.
    assert got["6051"] == cents("2.74")


def test_wallet_and_conversions_are_the_story_s(told: World, story: dict[str, Any]) -> None:
    settle(told)
    layout = {"date": "Date", "amount": "Amount", "text": "Text"}
    with told.kernel.db.write() as session:
        for name, account, currency in (("Wallet", "1050", "EUR"), ("Bank", "1000", "CNY")):
            save_profile(
                session, told.company.id, name, account=account, currency=currency, layout=layout
            )
    got = []
    # Each payout is converted before the next one arrives.
    for ref, arrived, sent, fee, received, day in (
        ("S1", "2026-09-04", "175.71", "0.53", "1371.66", date(2026, 9, 6)),
        ("S2", "2026-09-18", "435.60", "1.31", "3383.12", date(2026, 9, 20)),
    ):
        path = told.folder / f"{ref}.csv"
        path.write_text(f"Date,Amount,Text\n{arrived},{sent},{ref}\n")
        assert import_bank_file(told.kernel, told.company.id, "Wallet", path).matched == 1
        with told.kernel.db.write() as session:
            wallet, bank = (get_profile(session, told.company.id, n) for n in ("Wallet", "Bank"))
            conversion = Conversion(ref, cents(sent), cents(fee), cents(received), day)
            got.append(convert_money(session, wallet, bank, conversion))
    assert [(each.fee, each.difference, each.off_market) for each in got] == [
        (414, -382, 0), (1025, 1403, 0)
    ]  # fmt: skip
    wanted = {
        code: sum(
            cents(line["func"])
            for entry in story["expected"]["journal"]
            if entry["kind"] == "fx_conversion"
            for line in entry["lines"]
            if line["acct"] == code
        )
        for code in ("1000", "9000", "9020")
    }
    sums = told.booked("")
    assert {code: sums[code] for code in wanted} == wanted
    assert "1050" not in sums
    assert "1060" not in sums
    assert told.broken() == []


def test_the_end_of_august_is_revalued_as_the_story_does(told: World) -> None:
    for _ in range(2):
        with told.kernel.db.write() as session:
            [found] = revalue(session, told.company.id, date(2026, 8, 1))
        # The story has 14.04: there the tax that the platform keeps stands apart and is rounded so.
        assert found.amount == cents("901.04")
        assert found.worth - found.carried == cents("14.05")
    assert told.rows("SELECT COUNT(*) FROM ledger_entry WHERE kind = 'fx_revaluation'")[0][0] == 1
    assert (
        told.rows(
            "SELECT COUNT(*) FROM ledger_entry WHERE kind = 'fx_revaluation_reversal'"
            " AND booked_on = '2026-09-01'"
        )[0][0]
        == 1
    )
    assert "1299" not in told.booked("")
    assert told.broken() == []

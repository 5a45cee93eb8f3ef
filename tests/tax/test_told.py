"""What files tell of the tax of orders: it decides them, and no more of a buyer is kept for it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest

from core.channels.importing import ImportResult
from core.errors import Conflict
from core.kernel import lifecycle
from core.orders.record import Actor
from core.orders.shipping import ship
from core.rates.saying import RateDraft
from core.rates.saying import say_rates
from core.tax.channels import set_channel
from core.tax.sellers import add_registration
from tests.world import MAPPING
from tests.world import World

COLUMNS = (
    "Invoice,Code,Title,Qty,Date,Price,Customer,Country,Currency,Zip,State,VAT,Type,From,FromState,"
    "Paid,IOSS,Collector,Tax,Goods,Billed"
).split(",")
TAX = """
[tax]
postcode = "Zip"
region = "State"
buyer_number = "VAT"
buyer_type = "Type"
business = ["B2B"]
ship_from = "From"
ship_from_region = "FromState"
paid_on = "Paid"
ioss_number = "IOSS"
collected_by = "Collector"
marketplace = ["Platform"]
amount = "Tax"
consignment_value = "Goods"
invoiced_on = "Billed"
"""
SHIPPED = MAPPING + TAX
ORDERED = SHIPPED.replace("shipped = true", "shipped = false")

Row = dict[str, str]
Decided = tuple[str, str, str, int, int]


@pytest.fixture
def seller(world: World) -> World:
    """Return a British seller with goods, and the regimes of the Union, IN, CA and US."""
    world.stock("MUG 100 @ 2.00 on 2010-11-30")
    for name in ("tax_eu", "tax_in", "tax_ca", "tax_us"):
        with suppress(Conflict):
            lifecycle.install(world.kernel, name)
        lifecycle.enable(world.kernel, name)
    world.change(
        "INSERT INTO tax_channel (company_id, id, platform, channel)"
        f" VALUES ({world.company.id}, 1, 'file', 'own')"
    )
    return world


def bring(world: World, *rows: Row, mapping: str = SHIPPED) -> ImportResult:
    path = world.folder / f"told{len(list(world.folder.iterdir()))}.csv"
    usual = {"Code": "MUG", "Title": "Mug", "Qty": "1", "Price": "100.00", "Customer": "ann"}
    usual |= {"Date": "2026-03-10 12:00", "Currency": "GBP"}
    with Path(path).open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(usual | row for row in rows)
    return world.order_file(path, mapping)


def decided(world: World, ref: str) -> list[Decided]:
    """Return scheme, jurisdiction, collector, rate and the tax of the lines of an order."""
    rows = world.rows(
        "SELECT d.scheme, d.jurisdiction, d.collector, d.rate, l.tax_amount FROM orders_line l"
        " JOIN orders_order o ON o.company_id = l.company_id AND o.id = l.order_id"
        " JOIN tax_decision d ON d.company_id = l.company_id AND d.id = l.decision_id"
        " WHERE o.external_ref = :ref ORDER BY l.id",
        ref=ref,
    )
    return [tuple(row) for row in rows]  # type: ignore[misc]


def register(world: World, country: str, scheme: str, region: str = "") -> None:
    with world.kernel.db.write() as session:
        add_registration(
            session, world.company.id, country, scheme, since=date(2020, 1, 1), region=region
        )


def say_valid(world: World) -> None:
    world.change("UPDATE tax_number SET status = 'valid'")


def test_a_state_decides_of_a_sale_in_the_united_states(seller: World) -> None:
    register(seller, "US", "nexus", "MA")
    bring(
        seller,
        {"Invoice": "1", "Country": "US", "From": "US", "State": "Massachusetts", "Zip": "02108"},
        {"Invoice": "2", "Country": "US", "From": "US", "State": "OR"},
        {"Invoice": "3", "Country": "US", "From": "US", "State": "Ontario"},
    )

    assert decided(seller, "1") == [("economic_nexus", "US-MA", "seller", 62_500, 625)]
    assert decided(seller, "2") == [("no_sales_tax", "US-OR", "none", 0, 0)]
    # What is no state is none: the sale waits and says so.
    reasons = seller.rows("SELECT waiting_for FROM stock_document WHERE waiting_for IS NOT NULL")
    assert ["to 'no state'" in row[0] for row in reasons] == [True]


def test_a_province_decides_of_a_sale_in_canada(seller: World) -> None:
    register(seller, "CA", "local")
    bring(
        seller,
        {"Invoice": "1", "Country": "CA", "From": "CA", "State": "ON"},
        {"Invoice": "2", "Country": "CA", "From": "CA", "State": "Alberta"},
    )
    assert [row[1:] for row in decided(seller, "1")] == [("CA-ON", "seller", 130_000, 1300)]
    assert [row[3] for row in decided(seller, "2")] == [50_000]


def test_the_states_of_warehouse_and_buyer_decide_in_india(seller: World) -> None:
    register(seller, "IN", "local")
    bring(
        seller,
        {"Invoice": "1", "Country": "IN", "From": "IN", "FromState": "MH", "State": "Karnataka"},
        {"Invoice": "2", "Country": "IN", "From": "IN", "FromState": "MH", "State": "MH"},
    )
    taxes = {
        ref: seller.rows(
            "SELECT d.tax, t.tax FROM tax_levy t JOIN tax_decision d"
            " ON d.company_id = t.company_id AND d.id = t.decision_id"
            " JOIN orders_line l ON l.company_id = t.company_id AND l.id = t.line_id"
            " JOIN orders_order o ON o.company_id = l.company_id AND o.id = l.order_id"
            " WHERE o.external_ref = :ref ORDER BY d.tax",
            ref=ref,
        )
        for ref in "2"
    }
    assert [row[4] for row in decided(seller, "1")] == [1800]
    assert [tuple(row) for row in taxes["2"]] == [("CGST", 900), ("SGST", 900)]


def test_a_checked_business_of_another_state_pays_the_tax_itself(seller: World) -> None:
    row = {"Country": "FR", "From": "DE", "VAT": "FR 40303265045"}
    bring(seller, {"Invoice": "1", **row}, mapping=ORDERED)

    # Nobody has asked the register yet: like a consumer, until somebody has.
    assert [each[2] for each in decided(seller, "1")] == ["seller"]
    assert seller.rows("SELECT country, number, status FROM tax_number") == [
        ("FR", "40303265045", "unknown")
    ]
    say_valid(seller)
    (order_id,) = seller.rows("SELECT id FROM orders_order WHERE external_ref = '1'")[0]
    with seller.kernel.db.write() as session:
        ship(session, seller.company.id, [order_id], Actor("test"))
    scheme = ("intra_EU_supply_exempt", "FR", "buyer", 0, 0)
    assert decided(seller, "1") == [scheme]
    assert seller.booked("/1#")["1210"] == 10000
    assert not seller.broken()


@pytest.mark.parametrize(
    ("number", "status"), [("FR 40303265046", "invalid"), ("12", "invalid"), ("", "")]
)
def test_a_wrong_number_makes_no_business(seller: World, number: str, status: str) -> None:
    bring(seller, {"Invoice": "1", "Country": "FR", "From": "DE", "VAT": number, "Type": "B2B"})

    assert decided(seller, "1")[0][2:4] == ("seller", 200_000)
    assert [row[0] for row in seller.rows("SELECT status FROM tax_number")] == [status][
        : len(status)
    ]


def test_outside_the_vat_area_a_sale_to_a_member_state_is_an_export(seller: World) -> None:
    bring(
        seller,
        {"Invoice": "1", "Country": "ES", "From": "DE", "Zip": "35001"},
        {"Invoice": "2", "Country": "ES", "From": "DE", "Zip": "28001"},
    )
    assert [decided(seller, ref)[0][0] for ref in "12"] == ["export", "distance_sale_local"]


def test_the_value_of_the_whole_consignment_counts(seller: World) -> None:
    register(seller, "EU", "ioss")
    seller.change(
        "INSERT INTO tax_channel (company_id, id, platform, channel)"
        f" VALUES ({seller.company.id}, 2, 'till', 'own')"
    )
    row = {"Country": "DE", "From": "CN", "Currency": "EUR", "Price": "100.00"}
    with seller.kernel.db.write() as session:
        drafts = [RateDraft("GBP", "EUR", date(2026, 3, 10), "1.2")]
        say_rates(session, seller.company.id, drafts, origin="test", actor="test")
    bring(seller, {"Invoice": "1", **row}, {"Invoice": "2", **row, "Goods": "200.00"})
    schemes = [{each[0] for each in decided(seller, ref)} for ref in "12"]
    assert schemes == [{"IOSS"}, {"import_over_150"}]


def test_no_more_is_kept_of_a_buyer_than_tax_looks_at(seller: World) -> None:
    row = {"Country": "GB", "Zip": "SW1A 1AA", "VAT": "GB 980 7806 84", "State": "Kent"}
    bring(seller, {"Invoice": "1", **row, "Tax": "20.00", "Collector": "Platform"})

    told = seller.rows("SELECT buyer, region, postcode, collector FROM orders_tax")
    assert told == [("business", "", "SW1A", "marketplace")]
    assert seller.rows("SELECT platform_tax FROM orders_line") == [(2000,)]
    (payload,) = seller.rows("SELECT payload FROM channels_raw_row")[0]
    assert "1AA" not in payload
    assert "980" not in payload
    # A country outside the Union asks for a number of the right form, and no more.
    assert seller.rows("SELECT status FROM tax_number") == [("valid",)]


def test_a_file_that_is_read_again_changes_nothing(seller: World) -> None:
    row = {"Invoice": "1", "Country": "GB", "VAT": "GB 980 7806 84"}
    bring(seller, row)
    before = seller.digest()
    bring(seller, row)
    assert seller.digest() == before


@pytest.mark.parametrize("mapping", [SHIPPED, ORDERED], ids=["shipped", "ordered"])
def test_what_a_platform_pays_over_counts_as_it_says(seller: World, mapping: str) -> None:
    with seller.kernel.db.write() as session:
        set_channel(session, seller.company.id, "file", "marketplace")
    row = {"Country": "DE", "From": "DE", "Qty": "2", "Price": "50.00"}
    bring(seller, {**row, "Invoice": "1", "Tax": "19.03"}, mapping=mapping)
    if mapping is ORDERED:
        (order_id,) = seller.rows("SELECT id FROM orders_order WHERE external_ref = '1'")[0]
        with seller.kernel.db.write() as session:
            ship(session, seller.company.id, [order_id], Actor("test"))

    # 19 % of 100.00 would be 19.00.
    assert [line[4] for line in decided(seller, "1")] == [1903]
    assert seller.booked("/1#")["2310"] == -1903
    for number in (2, 3):
        back = {**row, "Invoice": f"C{number}", "Qty": "-1", "Date": f"2026-03-1{number} 12:00"}
        bring(seller, back)
    assert sum(seller.booked(f"/{ref}#")["2310"] for ref in ("1", "C2", "C3")) == 0
    assert not seller.broken()


def test_what_the_seller_pays_over_is_his_own_figure(seller: World) -> None:
    bring(seller, {"Invoice": "1", "Country": "GB", "Tax": "20.03"})
    assert seller.booked("/1#")["2300"] == -2000


def _broken(column: str, text: str) -> Callable[[World], str]:
    return lambda world: bring(world, {"Invoice": "1", "Country": "GB", column: text}).quarantine[
        0
    ][1]


@pytest.mark.parametrize(
    ("column", "text", "words"),
    [
        ("Paid", "soon", "Paid: 'soon' is not a date"),
        ("Tax", "much", "Tax: 'much' is not a number"),
        ("From", "Mars", "From: 'Mars' is not a country"),
        ("Goods", "1,5x", "Goods: '1,5x' is not a number"),
    ],
)
def test_what_cannot_be_read_is_kept_aside_with_its_column(
    seller: World, column: str, text: str, words: str
) -> None:
    assert words in _broken(column, text)(seller)

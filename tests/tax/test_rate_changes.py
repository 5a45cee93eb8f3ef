"""A rate that changes while an order is on its way: each scheme has its own day."""

from __future__ import annotations

from datetime import UTC
from datetime import date
from datetime import datetime

import pytest

from core.orders.record import Actor
from core.orders.shipping import ship
from core.rates.saying import RateDraft
from core.rates.saying import say_rates
from core.tax.channels import set_channel
from tests.tax.test_told import ORDERED
from tests.tax.test_told import bring
from tests.tax.test_told import decided
from tests.tax.test_told import register
from tests.tax.test_told import seller as seller  # noqa: PLC0414 - a fixture, used by its name
from tests.world import World

# Estonia's rate is 22 % until 30 June 2025 and 24 % from 1 July.
OLD, NEW = 220_000, 240_000
LEFT = datetime(2025, 7, 1, 9, tzinfo=UTC)
BEFORE = {"Date": "2025-06-30 12:00", "Country": "EE", "Invoice": "1"}


def ship_all(world: World, at: datetime = LEFT) -> None:
    rows = world.rows("SELECT id FROM orders_order WHERE kind = 'sale' ORDER BY id")
    with world.kernel.db.write() as session:
        ship(session, world.company.id, [row[0] for row in rows], Actor("test"), at=at)


@pytest.fixture
def trading(seller: World) -> World:
    """Return the seller with rates of exchange around the change, and registered for IOSS."""
    register(seller, "EU", "ioss")
    days = [date(2025, 6, 30), date(2025, 7, 1)]
    with seller.kernel.db.write() as session:
        drafts = [RateDraft("GBP", "EUR", day, "1.17") for day in days]
        say_rates(session, seller.company.id, drafts, origin="test", actor="test")
    return seller


@pytest.mark.parametrize(
    ("ship_from", "channel", "scheme", "rate"),
    [
        ("EE", "own", "domestic", NEW),
        ("DE", "own", "distance_sale_local", NEW),
        ("EE", "marketplace", "deemed_supplier_14a2", OLD),
        ("DE", "marketplace", "deemed_supplier_14a2", OLD),
        ("CN", "own", "IOSS", OLD),
        ("CN", "marketplace", "IOSS_deemed_supplier_14a1", OLD),
    ],
)
def test_an_order_of_june_that_leaves_in_july(
    trading: World, ship_from: str, channel: str, scheme: str, rate: int
) -> None:
    with trading.kernel.db.write() as session:
        set_channel(session, trading.company.id, "file", channel)
    bring(trading, {**BEFORE, "From": ship_from}, mapping=ORDERED)
    # While it waits it shows the rate of the day on which it was ordered.
    assert [(row[0], row[3]) for row in decided(trading, "1")] == [(scheme, OLD)]

    ship_all(trading)

    assert [(row[0], row[3]) for row in decided(trading, "1")] == [(scheme, rate)]
    tax = 10_000 * rate // 1_000_000
    assert trading.booked("/1#")["1210"] == 10_000 + tax
    assert not trading.broken()


def test_through_the_one_stop_shop_the_day_of_dispatch_counts(trading: World) -> None:
    register(trading, "EU", "oss")
    bring(trading, {**BEFORE, "From": "DE"}, mapping=ORDERED)
    ship_all(trading)
    assert [(row[0], row[3]) for row in decided(trading, "1")] == [("union_OSS", NEW)]


def test_a_payment_after_the_change_is_taxed_at_the_new_rate(trading: World) -> None:
    bring(trading, {**BEFORE, "From": "CN", "Paid": "2025-07-01 00:00"}, mapping=ORDERED)
    ship_all(trading)
    assert [(row[0], row[3]) for row in decided(trading, "1")] == [("IOSS", NEW)]


def test_postage_and_goods_bear_the_same_rate(trading: World) -> None:
    rows = [{**BEFORE, "From": "EE"}, {**BEFORE, "From": "EE", "Code": "POST", "Price": "5.00"}]
    bring(trading, *rows, mapping=ORDERED)
    ship_all(trading)
    assert [row[3:] for row in decided(trading, "1")] == [(NEW, 2400), (NEW, 120)]


def test_a_refund_bears_the_rate_of_its_sale(trading: World) -> None:
    bring(trading, {**BEFORE, "From": "EE"}, mapping=ORDERED)
    ship_all(trading, datetime(2025, 6, 30, 15, tzinfo=UTC))
    back = {**BEFORE, "Invoice": "C2", "Qty": "-1", "Date": "2025-07-03 12:00"}
    bring(trading, back, mapping=ORDERED)
    assert [row[3:] for row in decided(trading, "C2")] == [(OLD, -2200)]
    assert trading.booked("/1#")["2300"] + trading.booked("/C2#")["2300"] == 0


def test_the_duty_of_three_euros_begins_with_july_2026(trading: World) -> None:
    row = {"Country": "DE", "From": "CN"}
    for day in (date(2026, 6, 30), date(2026, 7, 1)):
        with trading.kernel.db.write() as session:
            drafts = [RateDraft("GBP", "EUR", day, "1.2")]
            say_rates(session, trading.company.id, drafts, origin="test", actor="test")
    bring(trading, {**row, "Invoice": "1", "Date": "2026-06-30 12:00"}, mapping=ORDERED)
    ship_all(trading, datetime(2026, 6, 30, 15, tzinfo=UTC))
    again = {**row, "Invoice": "2", "Date": "2026-06-30 12:00", "Customer": "bob"}
    bring(trading, again, mapping=ORDERED)
    (order_id,) = trading.rows("SELECT id FROM orders_order WHERE external_ref = '2'")[0]
    with trading.kernel.db.write() as session:
        at = datetime(2026, 7, 1, 9, tzinfo=UTC)
        ship(session, trading.company.id, [order_id], Actor("test"), at=at)
    duties = trading.rows(
        "SELECT o.external_ref, t.tax FROM tax_levy t"
        " JOIN tax_decision d ON d.company_id = t.company_id AND d.id = t.decision_id"
        " JOIN orders_line l ON l.company_id = t.company_id AND l.id = t.line_id"
        " JOIN orders_order o ON o.company_id = l.company_id AND o.id = l.order_id"
        " WHERE d.tax = 'duty'"
    )
    # EUR 3 at 1.2.
    assert [tuple(row) for row in duties] == [("2", 250)]

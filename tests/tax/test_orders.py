"""Taxes on real orders: consignments, duty, marketplaces, refunds, and the boxes they end in."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from core.kernel import lifecycle
from core.rates.saying import RateDraft
from core.rates.saying import say_rates
from core.tax.channels import set_channel
from core.tax.forms import period_of
from core.tax.goods import GoodsNote
from core.tax.goods import note_goods
from core.tax.returns import boxes
from core.tax.returns import form_of
from core.tax.sellers import add_registration
from tests.world import World

RATE = {"GBP": Decimal("1.2")}


@pytest.fixture
def seller(world: World) -> World:
    """Return a British seller who sells to the Union from his own site, registered for IOSS."""
    world.stock("MUG 100 @ 2.00 on 2010-11-30", "CUP 100 @ 1.00 on 2010-11-30")
    lifecycle.install(world.kernel, "tax_eu")
    lifecycle.enable(world.kernel, "tax_eu")
    with world.kernel.db.write() as session:
        company = world.company.id
        set_channel(session, company, "file", "own")
        add_registration(session, company, "EU", "ioss", since=date(2021, 7, 1))
        note_goods(session, company, [GoodsNote("MUG", "691200"), GoodsNote("CUP", "69120010")])
        draft = RateDraft("GBP", "EUR", date(2026, 7, 1), "1.2")
        say_rates(session, company, [draft], origin="test", actor="test")
    return world


def filled(world: World, code: str, period: str, **rates: Decimal) -> dict[tuple[str, ...], int]:
    with world.kernel.db.read() as session:
        form = form_of(session, code)
        found = boxes(session, world.company.id, form, period_of(period), rates)
    return {(box.code, *box.key, box.corrects): box.amount or 0 for box in found}


def levies(world: World, ref: str) -> list[tuple[str, str, int, int, int, int]]:
    rows = world.rows(
        "SELECT d.scheme, d.tax, t.net, t.base, t.tax AS amount, t.further FROM tax_levy t"
        " JOIN tax_decision d ON d.company_id = t.company_id AND d.id = t.decision_id"
        " JOIN orders_line l ON l.company_id = t.company_id AND l.id = t.line_id"
        " JOIN orders_order o ON o.company_id = l.company_id AND o.id = l.order_id"
        " WHERE o.external_ref = :ref ORDER BY l.id, t.seq",
        ref=ref,
    )
    return [tuple(row) for row in rows]  # type: ignore[misc]


def test_a_parcel_to_the_union_bears_its_vat_and_a_duty_of_each_heading(seller: World) -> None:
    seller.orders(
        "1 MUG 2 @ 25.00 on 2026-08-01 from ann to DE",
        "1 CUP 1 @ 10.00 on 2026-08-01 from ann to DE",
        "1 POST 1 @ 5.00 on 2026-08-01 from ann to DE",
    )

    booked = seller.booked("/1#")
    assert (booked["4000"], booked["4010"], booked["2330"]) == (-6000, -500, -1235)
    assert booked["1210"] == 7735
    # EUR 3 at 1.2 are 2.50; MUG and CUP are one heading.
    assert levies(seller, "1") == [
        ("IOSS", "VAT", 5000, 5000, 950, 0),
        ("low_value_duty", "duty", 0, 0, 250, 1),
        ("uk_export", "VAT", 0, 5000, 0, 1),
        ("IOSS", "VAT", 1000, 1000, 190, 0),
        ("uk_export", "VAT", 0, 1000, 0, 1),
        ("IOSS", "VAT", 500, 500, 95, 0),
        ("uk_export", "VAT", 0, 500, 0, 1),
    ]
    assert filled(seller, "uk_vat100", "2026-08")["6", ""] == 6500
    found = filled(seller, "eu_ioss", "2026-08", **RATE)
    assert found["base", "DE", "19 %", ""] == 7800
    assert found["tax", "DE", "19 %", ""] == found["total", ""] == 1482
    assert not seller.broken()


def test_over_the_limit_customs_take_the_vat_and_the_buyer_pays_the_price_alone(
    seller: World,
) -> None:
    seller.orders(
        "1 MUG 5 @ 25.00 on 2026-08-01 from ann to DE",
        "1 CUP 1 @ 0.01 on 2026-08-01 from ann to DE",
    )
    # GBP 125.01 are EUR 150.01.
    booked = seller.booked("/1#")
    assert (booked["4000"], booked["1210"]) == (-12501, 12501)
    assert "2330" not in booked
    assert {row[0] for row in levies(seller, "1")} == {"import_over_150", "uk_export"}


def test_a_refund_undoes_every_tax_of_its_sale_as_the_later_return_corrects(
    seller: World,
) -> None:
    seller.orders("1 MUG 3 @ 10.01 on 2026-08-31 from ann to DE")
    seller.orders("C2 MUG -1 @ 10.01 on 2026-09-12 from ann to DE")
    seller.orders("C3 MUG -2 @ 10.01 on 2026-09-20 from ann to DE")

    assert sum(seller.booked(f"/{ref}#")["2330"] for ref in ("1", "C2", "C3")) == 0
    sums = [sum(row[3] for row in levies(seller, ref) if row[0] == "IOSS") for ref in "1"]
    assert sums == [3003]
    assert sum(row[4] for ref in ("1", "C2", "C3") for row in levies(seller, ref)) == 0
    found = filled(seller, "eu_ioss", "2026-09", **RATE)
    # What belongs to August makes lines of its own, and September sold nothing.
    assert found["tax", "DE", "19 %", "2026-08"] == -685
    assert ("tax", "DE", "19 %", "") not in found
    assert not seller.broken()


def test_without_a_rate_the_parcel_waits_and_the_goods_are_gone(seller: World) -> None:
    seller.orders("1 MUG 1 @ 25.00 on 2026-06-01 from ann to DE")
    assert seller.booked("/1#") == {}
    assert seller.on_hand("MUG") == 99
    (reason,) = seller.rows("SELECT waiting_for FROM stock_document WHERE waiting_for IS NOT NULL")
    assert "no rate from GBP to EUR" in reason[0]


def test_a_platform_that_nobody_named_makes_such_a_parcel_wait(seller: World) -> None:
    seller.change("DELETE FROM tax_channel")
    seller.orders("1 MUG 1 @ 25.00 on 2026-08-01 from ann to DE")
    assert seller.booked("/1#") == {}
    assert seller.order("1").exception == "waiting"


def test_a_marketplace_takes_the_tax_and_2310_returns_to_nothing(seller: World) -> None:
    with seller.kernel.db.write() as session:
        set_channel(session, seller.company.id, "file", "marketplace")
    seller.orders("1 MUG 1 @ 50.00 on 2026-08-01 from ann to DE")
    assert seller.booked("/1#")["2310"] == -950
    seller.orders("C2 MUG -1 @ 50.00 on 2026-08-03 from ann to DE")
    assert seller.booked("/1#")["2310"] + seller.booked("/C2#")["2310"] == 0
    assert filled(seller, "eu_ioss", "2026-08", **RATE)["total", ""] == 0


def test_with_the_regime_disabled_old_returns_stay_readable(seller: World) -> None:
    seller.orders("1 MUG 2 @ 25.00 on 2026-08-01 from ann to DE")
    before = seller.rows("SELECT COUNT(*) FROM tax_levy")[0][0]
    lifecycle.disable(seller.kernel, "tax_eu")
    seller.orders("2 MUG 2 @ 25.00 on 2026-08-02 from ann to DE")
    assert levies(seller, "1")
    # Without the Union's regime the sale is the British export that it is.
    assert seller.booked("/2#")["1210"] == 5000
    assert seller.rows("SELECT COUNT(*) FROM tax_levy")[0][0] == before

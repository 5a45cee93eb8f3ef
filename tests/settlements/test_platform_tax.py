"""The platform's own figure of tax beside ours: it passes through, and what differs says why."""

from __future__ import annotations

from datetime import date

import pytest

from core.kernel import lifecycle
from core.orders.record import Actor
from core.orders.taking_back import take_back
from core.settlements.platform_tax import Gap
from core.settlements.platform_tax import compare
from core.settlements.platform_tax import keep_gaps
from core.settlements.platform_tax import kept_gaps
from core.tax.channels import set_channel
from tests.world import World

PRINCIPAL, TAX = "Order/ItemPrice/Principal", "Order/ItemPrice/Tax"
KEPT = "Order/ItemWithheldTax/MarketplaceFacilitatorVAT-Principal"
BACK, BACK_TAX = "Refund/ItemPrice/Principal", "Refund/ItemPrice/Tax"
GIVEN = "Refund/ItemWithheldTax/MarketplaceFacilitatorVAT-Principal"
TODAY = date(2026, 9, 30)


@pytest.fixture
def selling(world: World) -> World:
    """Give a British seller whose marketplace collects the Union's VAT of small parcels."""
    world.stock("MUG 100 @ 2.00 on 2010-11-30")
    lifecycle.install(world.kernel, "tax_eu")
    lifecycle.enable(world.kernel, "tax_eu")
    world.rates("GBP/EUR 1.2 on 2026-08-01")
    with world.kernel.db.write() as session:
        set_channel(session, world.company.id, "amazon", "marketplace")
        set_channel(session, world.company.id, "file", "marketplace")
    return world


def gaps(world: World) -> list[Gap]:
    with world.kernel.db.read() as session:
        return compare(session, world.company.id, TODAY)


def sell(world: World, ref: str, tax: str, kept: str) -> None:
    world.orders(f"{ref} MUG 2 @ 10.00 on 2026-08-03 from ann to DE")
    world.settle(
        f"{PRINCIPAL} 20.00 on 2026-08-04 for {ref} of MUG",
        f"{TAX} {tax} on 2026-08-04 for {ref} of MUG",
        f"{KEPT} -{kept} on 2026-08-04 for {ref} of MUG",
        ref=f"9{ref[-1]}",
    )


def test_what_agrees_passes_through_and_a_refund_reverses_both_sides(selling: World) -> None:
    ref = "026-0000001-0000001"
    sell(selling, ref, "3.80", "3.80")
    assert gaps(selling) == []
    assert "2310" not in selling.booked("")

    line = selling.lines(ref)[0]
    with selling.kernel.db.write() as session:
        take_back(
            session, selling.company.id, line.order_id, Actor("ann"),
            quantities={line.id: 1}, disposition="sellable",
        )  # fmt: skip
    assert selling.booked("")["2310"] == 190
    selling.settle(
        f"{BACK} -10.00 on 2026-08-21 for {ref} of MUG",
        f"{BACK_TAX} -1.90 on 2026-08-21 for {ref} of MUG",
        f"{GIVEN} 1.90 on 2026-08-21 for {ref} of MUG",
        ref="99",
    )
    assert gaps(selling) == []
    assert "2310" not in selling.booked("")


@pytest.mark.parametrize(
    ("kept", "cause", "theirs"),
    [("3.81", "rounding", 381), ("4.20", "rate", 420)],
)
def test_a_difference_says_why(selling: World, kept: str, cause: str, theirs: int) -> None:
    sell(selling, "026-0000001-0000001", kept, kept)
    (gap,) = gaps(selling)
    assert (gap.side, gap.ours, gap.theirs, gap.cause) == ("sale", 380, theirs, cause)
    assert (gap.our_rate, gap.their_rate) == (190_000, theirs * 500)
    with selling.kernel.db.write() as session:
        keep_gaps(session, selling.company.id, TODAY)
        assert keep_gaps(session, selling.company.id, TODAY) == [gap]
        assert kept_gaps(session, selling.company.id) == [gap]


def test_tax_that_we_would_pay_too_is_told(selling: World) -> None:
    selling.orders("026-0000001-0000001 MUG 2 @ 10.00 on 2026-08-03 from ann to GB")
    selling.settle(
        f"{PRINCIPAL} 20.00 on 2026-08-04 for 026-0000001-0000001 of MUG",
        f"{TAX} 4.00 on 2026-08-04 for 026-0000001-0000001 of MUG",
        f"{KEPT} -4.00 on 2026-08-04 for 026-0000001-0000001 of MUG",
    )
    (gap,) = gaps(selling)
    assert (gap.ours, gap.theirs, gap.cause) == (0, 400, "seller_charged")

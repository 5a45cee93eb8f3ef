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
from core.settlements.tax_passing import passed_through
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


def months(world: World) -> dict[str, tuple[int, int, int, str]]:
    with world.kernel.db.read() as session:
        rows = passed_through(session, world.company.id, date(2026, 1, 1))
    assert {row.platform for row in rows} == {"file"}
    return {row.month: (row.collected, row.kept, row.rest, row.state) for row in rows}


def test_it_comes_to_nothing_by_platform_and_month_of_the_sale(selling: World) -> None:
    august, september = "026-0000001-0000001", "026-0000002-0000002"
    selling.orders(
        f"{august} MUG 2 @ 10.00 on 2026-08-30 from ann to DE",
        f"{september} MUG 1 @ 10.00 on 2026-09-02 from bob to DE",
    )
    assert months(selling) == {
        "2026-08": (380, 0, 380, "on_its_way"),
        "2026-09": (190, 0, 190, "on_its_way"),
    }

    selling.settle(
        f"{PRINCIPAL} 20.00 on 2026-09-04 for {august} of MUG",
        f"{TAX} 3.80 on 2026-09-04 for {august} of MUG",
        f"{KEPT} -3.80 on 2026-09-04 for {august} of MUG",
        f"{PRINCIPAL} 10.00 on 2026-09-04 for {september} of MUG",
        f"{TAX} 1.90 on 2026-09-04 for {september} of MUG",
        f"{KEPT} -1.50 on 2026-09-04 for {september} of MUG",
    )

    # August's tax was kept in September, and counts for August.
    assert months(selling)["2026-08"] == (380, 380, 0, "nothing")
    assert months(selling)["2026-09"] == (190, 150, 40, "left")
    # A refund of the next month reverses both sides where the sale stands.
    line = selling.lines(august)[0]
    with selling.kernel.db.write() as session:
        take_back(
            session, selling.company.id, line.order_id, Actor("ann"),
            quantities={line.id: 2}, disposition="sellable",
        )  # fmt: skip
    assert months(selling)["2026-08"][:3] == (0, 380, -380)
    selling.settle(
        f"{BACK} -20.00 on 2026-09-21 for {august} of MUG",
        f"{BACK_TAX} -3.80 on 2026-09-21 for {august} of MUG",
        f"{GIVEN} 3.80 on 2026-09-21 for {august} of MUG",
        ref="902",
    )
    assert months(selling)["2026-08"] == (0, 0, 0, "nothing")
    assert not selling.broken()


def test_what_the_platform_corrects_of_a_closed_month_is_booked_later_and_belongs_to_its_sale(
    selling: World,
) -> None:
    ref = "026-0000001-0000001"
    sell(selling, ref, "3.80", "3.80")
    selling.close_month("2026-08")

    selling.settle(
        f"Order_Retrocharge/ItemWithheldTax/MarketplaceFacilitatorTax-Principal -0.40 on 2026-08-30"
        f" for {ref} of MUG",
        ref="903",
        deposited="2026-09-05 00:00:00 UTC",
    )

    (late,) = selling.rows(
        "SELECT e.booked_on FROM ledger_posting p JOIN ledger_entry e"
        " ON e.company_id = p.company_id AND e.id = p.entry_id JOIN ledger_account a"
        " ON a.company_id = p.company_id AND a.id = p.account_id"
        " WHERE a.code = '2310' AND p.amount = 40"
    )
    assert str(late[0]) >= "2026-09-01"
    assert months(selling)["2026-08"][:3] == (380, 420, -40)
    (gap,) = gaps(selling)
    assert (gap.side, gap.ours, gap.theirs, gap.cause) == ("sale", 380, 420, "rate")
    assert not selling.broken()

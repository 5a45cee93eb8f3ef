"""Taxes that a platform keeps back on the seller's account are assets, and stand in the return."""

from __future__ import annotations

from decimal import Decimal

from core.kernel import lifecycle
from core.tax.drilling import BoxRow
from core.tax.drilling import box_page
from core.tax.filing import fill_return
from core.tax.forms import period_of
from core.tax.returns import form_of
from tests.world import World

REF = "026-0000001-0000001"


def test_tcs_and_tds_are_assets_that_the_return_shows_and_a_refund_gives_back(world: World) -> None:
    world.stock("MUG 100 @ 2.00 on 2010-11-30")
    lifecycle.install(world.kernel, "tax_in")
    lifecycle.enable(world.kernel, "tax_in")
    world.orders(f"{REF} MUG 2 @ 10.00 on 2026-08-03 from ann to IN")
    world.settle(
        f"Order/ItemPrice/Principal 20.00 on 2026-08-04 for {REF} of MUG",
        f"Order/ItemTCS/TCS-IGST -0.10 on 2026-08-04 for {REF} of MUG",
        f"Order/ItemTDS/TDS (Section 194-O) -0.02 on 2026-08-04 for {REF} of MUG",
    )
    assert world.booked("settled:")["1520"] == 12

    world.settle(f"Refund/ItemTCS/TCS-IGST 0.05 on 2026-08-20 for {REF} of MUG", ref="902")

    period = period_of("2026-08")
    with world.kernel.db.read() as session:
        company = world.company.id
        form = form_of(session, "in_withheld")
        filled = fill_return(session, company, form, period, rates={"GBP": Decimal(100)})
        lines = box_page(session, company, form, period, BoxRow("booked")).rows
    boxes = {each.box.code: each.box.amount for each in filled.boxes}
    # GBP 0.07 at 100 rupees to the pound.
    assert boxes["booked"] == 700
    assert [line.order for line in lines] == [REF, REF]
    assert sum(line.tax for line in lines) == -7
    assert not world.broken()

"""Profit by order, shipment, sale and payout day: late amounts where they came, or at the sale."""

from __future__ import annotations

from datetime import date

import pytest

from core.errors import InputError
from core.ledger.dating import BASES
from core.ledger.dating import MODES
from core.ledger.profit import DIMENSIONS
from core.ledger.profit import ProfitReport
from core.ledger.profit import profit_report
from core.orders.profit_lines import Figure
from core.orders.profit_lines import sum_profit_lines
from tests.world import World

ORDER = "026-0000001-0000001"
SALE = f"for {ORDER} of MUG"
SETTLED = (
    f"Order/ItemPrice/Principal 36.00 on 2011-02-03 {SALE}",
    f"Order/ItemFees/Commission -5.40 on 2011-02-03 {SALE}",
)


@pytest.fixture
def traded(world: World) -> World:
    """Give two orders of January; one is settled in February, paid in March, and comes back."""
    world.stock("MUG 9 @ 2.00 on 2010-11-29")
    world.orders(
        f"{ORDER} MUG 3 @ 10.00 on 2011-01-31 from ann",
        "1002 MUG 2 @ 12.00 on 2011-01-30 from bob",
    )
    world.settle(*SETTLED, deposited="2011-03-05 00:00:00 UTC")
    world.orders("C1 MUG -1 @ 10.00 on 2011-04-02 from ann")
    return world


def report(world: World, basis: str, mode: str, by: str = "month", **days: date) -> ProfitReport:
    with world.kernel.db.read() as session:
        return profit_report(session, world.company.id, by, basis=basis, mode=mode, **days)


def profits(found: ProfitReport) -> dict[str, int]:
    return {row.key: row.profit for row in found.rows}


# The first earned 24.00, less 5.40 of fees in February and 8.00 for what came back, the second
# earned 20.00.
@pytest.mark.parametrize(
    ("basis", "mode", "expected"),
    [
        ("posted", "posted", {"2011-01": 4400, "2011-02": -540, "2011-04": -800}),
        ("order", "posted", {"2011-01": 4400, "2011-02": -540, "2011-04": -800}),
        ("posted", "attributed", {"2011-01": 3060}),
        ("order", "attributed", {"2011-01": 3060}),
        ("ship", "attributed", {"2011-01": 3060}),
        ("sale", "attributed", {"2011-01": 3060}),
        ("payout", "posted", {"2011-02": -540, "2011-03": 2400, "2011-04": -800}),
        ("payout", "attributed", {"2011-03": 1060}),
    ],
)
def test_each_amount_counts_on_its_day(
    traded: World, basis: str, mode: str, expected: dict[str, int]
) -> None:
    assert profits(report(traded, basis, mode)) == expected


def test_what_is_not_paid_or_not_settled_is_left_out_and_said(traded: World) -> None:
    unpaid = report(traded, "payout", "attributed")
    settled = report(traded, "posted", "settled", by="order")

    assert sum(unpaid.left_out.values()) == 2000
    left = sum(settled.left_out.values())
    assert left + settled.total == 3060
    assert all(row.state in ("settled", "reconciled") for row in settled.rows)


def test_rows_rest_and_left_out_are_the_ledger(traded: World) -> None:
    for basis in BASES:
        for mode in MODES:
            for by in DIMENSIONS:
                found = report(traded, basis, mode, by)
                rows = sum(row.profit for row in found.rows) + found.not_allocated
                assert rows == found.total
                assert rows + sum(found.left_out.values()) == 3060, (basis, mode, by)


def test_a_figure_is_the_sum_of_what_it_leads_to(traded: World) -> None:
    span = {"start": date(2011, 1, 31), "end": date(2011, 3, 31)}
    for basis in BASES:
        for mode in MODES:
            for by in DIMENSIONS:
                for row in report(traded, basis, mode, by, **span).rows:
                    key = str(row.id or row.key)
                    figure = Figure(by, key, *span.values(), basis, mode)
                    with traded.kernel.db.read() as session:
                        sums = sum_profit_lines(session, traded.company.id, figure)
                    assert sums == row.lines, (basis, mode, by, row.key)


def test_what_is_no_basis_or_mode_is_refused(traded: World) -> None:
    with pytest.raises(InputError, match="'moon' is not a basis"):
        report(traded, "moon", "posted")
    with pytest.raises(InputError, match="'odd' is not a mode"):
        report(traded, "posted", "odd")

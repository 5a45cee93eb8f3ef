"""What came in of the payouts of a simulated marketplace, and what it earned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from core.channels.cursors import rewind
from core.ledger.profit import ProfitReport
from core.ledger.profit import profit_report
from core.settlements.pulling import CAPABILITY
from core.settlements.pulling import PullResult
from core.settlements.pulling import pull_settlements
from core.testkit.fakes.faults import Faults
from tests.selling import AnyFake
from tests.selling import Seller
from tests.selling import until_done

OF_GOODS = ("cogs", "late_cost", "stock_losses", "returns")
"""Lines of the profit report that no marketplace knows of."""


def fetched(seller: Seller[AnyFake]) -> PullResult:
    """Fetch the payouts that are new."""
    return pull_settlements(seller.kernel, seller.connection)


def totals(seller: Seller[AnyFake]) -> dict[str, int]:
    """Return what each booked payout comes to."""
    rows = seller.world.rows(
        "SELECT external_ref, total_amount FROM settlements_statement WHERE state = 'booked'"
    )
    return {ref: int(total) for ref, total in rows}


def profit(seller: Seller[AnyFake], by: str) -> ProfitReport:
    """Return what was earned."""
    with seller.kernel.db.read() as session:
        return profit_report(session, seller.world.company.id, by)


def earned(report: ProfitReport) -> dict[str, int]:
    """Return what each row earned before what its goods cost; parts of an order are its own."""
    found: Counter[str] = Counter()
    for row in (*report.rows, report.rest):
        ref = row.key.rpartition(":")[2].partition("/")[0] if row.id is not None else ""
        found[ref] += sum(amount for name, amount in row.lines.items() if name not in OF_GOODS)
    return {ref: amount for ref, amount in found.items() if amount}


def told_again(seller: Seller[AnyFake], count: int) -> None:
    """Fetch all payouts once more, and see that none counts twice."""
    seller.pull()
    fetched(seller)
    before = seller.world.digest()

    assert fetched(seller).booked == 0
    with seller.kernel.db.write() as session:
        rewind(session, seller.connection, CAPABILITY, None)
    assert fetched(seller).unchanged == count
    assert seller.world.digest() == before


def compare(connected: Callable[[Faults | None], Seller[AnyFake]]) -> None:
    """Compare what comes in with and without faults."""
    calm = connected(None)
    until_done(lambda: fetched(calm))
    faults = Faults(0.4, 4)
    stormy = connected(faults)
    until_done(lambda: fetched(stormy))

    assert len(faults.met) > 3
    assert stormy.world.digest() == calm.world.digest()
    assert stormy.world.broken() == []

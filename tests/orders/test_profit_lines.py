"""From a figure of profit to the statement that a booking comes from."""

from __future__ import annotations

from core.orders.profit_lines import Figure
from core.orders.profit_lines import list_profit_lines
from core.orders.profit_lines import statements_of
from tests.world import World

ORDER = "026-0000001-0000001"


def test_what_was_settled_leads_to_its_statement(world: World) -> None:
    world.stock("MUG 9 @ 2.00 on 2010-11-29")
    world.orders(f"{ORDER} MUG 3 @ 10.00 on 2011-01-31 from ann")
    world.settle(
        f"Order/ItemPrice/Principal 36.00 on 2011-02-03 for {ORDER} of MUG",
        f"Order/ItemFees/Commission -5.40 on 2011-02-03 for {ORDER} of MUG",
        "other-transaction/other-transaction/Subscription Fee -39.00 on 2011-02-04",
    )
    statement = world.rows("SELECT id FROM settlements_statement WHERE rejection = 0")[0].id

    with world.kernel.db.read() as session:
        found = []
        for month in ("2011-01", "2011-02"):
            page = list_profit_lines(session, world.company.id, Figure("month", month), None)
            sources = statements_of(session, world.company.id, page.rows)
            found += [(row.profit, sources.get(row.id)) for row in page.rows]
        other = statements_of(session, world.company.id + 1, page.rows)

    assert sorted(found) == [(-3900, statement), (-540, statement), (2400, None)]
    assert other == {}

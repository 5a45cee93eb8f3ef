"""What SKUs earned, page by page: the same as the whole report, in the order of their profit."""

from __future__ import annotations

from datetime import date

import pytest

from core.ledger.profit import profit_report
from core.ledger.ranking import rank_skus
from core.paging import read_cursor
from tests.world import World

DOCUMENTS = range(1, 30)
FEBRUARY = (date(2011, 2, 1), date(2011, 2, 28))


@pytest.mark.parametrize("days", [(None, None), FEBRUARY], ids=["all days", "a month"])
def test_pages_together_are_the_report(
    world: World, days: tuple[date | None, date | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.ledger.ranking.PAGE_SIZE", 2)
    world.orders(
        *(
            f"{n} SKU{n % 5} {n % 3 + 1} @ {n % 4 + 1}.00 on 2011-0{n % 3 + 1}-05"
            for n in range(1, 30)
        ),
        "99 FEE 1 @ -7.00 on 2011-02-03",
    )
    with world.kernel.db.read() as session:
        whole = profit_report(session, world.company.id, "sku", start=days[0], end=days[1])
        found, text = [], None
        while True:
            cursor = read_cursor(text, int, int)
            ranked = rank_skus(session, world.company.id, *days, cursor)
            found += ranked.page.rows
            assert ranked.report.total_lines == whole.total_lines
            assert ranked.report.rest == whole.rest
            assert ranked.most == max(abs(row.profit) for row in whole.rows)
            if (text := ranked.page.next) is None:
                break
        back = rank_skus(
            session, world.company.id, *days, read_cursor(ranked.page.previous, int, int)
        )

    assert found == sorted(whole.rows, key=lambda row: (-row.profit, row.id))
    end = len(found) - len(ranked.page.rows)
    assert list(back.page.rows) == found[end - 2 : end]
    assert sum(row.profit for row in found) + whole.rest.profit == whole.total

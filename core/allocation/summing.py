"""Sums of what a run moves, by SKU and by place: reports read these instead of every share.

Shares and pools of a run never change, so its sums are made once, before the run counts.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

CUTS = {
    "sku": "0 AS shop_id, '' AS country, COALESCE({}.sku_id, 0) AS sku_id",
    "place": "COALESCE({0}.shop_id, 0) AS shop_id, COALESCE({0}.country, '') AS country,"
    " 0 AS sku_id",
}
"""What each set of sums tells apart; the other columns are 0 or empty."""

_KEY = "company_id, run_id, month, account_id, shop_id, country, sku_id"

_POOL = (
    " JOIN allocation_pool p ON p.company_id = s.company_id AND p.run_id = s.run_id"
    " AND p.id = s.pool_id"
)


def sum_moves(session: Session, company_id: int, run_id: int) -> None:
    """Sum up what a run takes from where costs were booked, and gives to who bears them."""
    within = " WHERE s.company_id = :company AND s.run_id = :run"
    for cut in CUTS:
        query = sums_query(cut, within)
        session.connection().execute(sa.text(query), {"company": company_id, "run": run_id})


def sums_query(cut: str, within: str) -> str:
    """Return the statement that makes the sums of some shares `s` by a cut."""
    of = "s.company_id, s.run_id, s.month, s.account_id"
    given = f"SELECT {of}, {CUTS[cut].format('s')}, s.amount FROM allocation_share s{within}"  # noqa: S608
    source = f"FROM allocation_share s{_POOL}{within}"
    taken = f"SELECT {of}, {CUTS[cut].format('p')}, -s.amount {source}"  # noqa: S608
    return (
        f"INSERT INTO allocation_sum ({_KEY}, cut, amount)"  # noqa: S608
        f" SELECT {_KEY}, '{cut}', SUM(amount) FROM ({given} UNION ALL {taken}) moves_"
        f" GROUP BY {_KEY} HAVING SUM(amount) <> 0"
    )

"""The accounts of a company as the posting path looks them up."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.ledger.models import Account
from core.ledger.waterfall import PROFIT_LINES
from core.prepared import Prepared


class BookAccount(NamedTuple):
    """An account as the posting path needs it; `column` is its place in the profit lines."""

    id: int
    column: int | None


_CHART = Prepared(
    sa.select(Account.code, Account.id, Account.profit_line).where(
        Account.company_id == sa.bindparam("company")
    )
)


class Accounts(dict[str, BookAccount]):
    """The chart of a company by code."""

    def __init__(self, session: Session, company_id: int) -> None:
        rows = _CHART.rows(session, company=company_id)
        super().__init__(
            (code, BookAccount(account_id, PROFIT_LINES.index(line) if line else None))
            for code, account_id, line in rows
        )

    def __missing__(self, code: str) -> BookAccount:
        raise NotFound(
            f"The chart of accounts has no account {code}.",
            hint="Add it to the chart, or name another account in the mapping.",
        )

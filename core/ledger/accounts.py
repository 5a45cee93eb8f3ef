"""The accounts of a company as the posting path looks them up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.ledger.models import Account
from core.ledger.waterfall import PROFIT_LINES
from core.remembered import Remembered


class BookAccount(NamedTuple):
    """An account as the posting path needs it; `column` is its place in the profit lines."""

    id: int
    column: int | None


class Accounts(dict[str, BookAccount]):
    """The chart of a company by code; it is remembered, and nobody changes it."""

    def __missing__(self, code: str) -> BookAccount:
        raise NotFound(
            f"The chart of accounts has no account {code}.",
            hint="Add it to the chart, or name another account in the mapping.",
        )


def _chart(rows: Sequence[Any]) -> Accounts:
    return Accounts(
        (code, BookAccount(account_id, PROFIT_LINES.index(line) if line else None))
        for code, account_id, line in rows
    )


_CHART = Remembered(
    sa.select(Account.code, Account.id, Account.profit_line).where(
        Account.company_id == sa.bindparam("company")
    ),
    ["ledger_account"],
    _chart,
)


def accounts_of(session: Session, company_id: int) -> Accounts:
    """Return the chart of a company."""
    return _CHART.of(session, company=company_id)

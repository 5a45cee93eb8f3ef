"""What the allocation layer says: the runs that count, their shares, and what nobody bears."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm import aliased

from core.allocation.models import Pool
from core.allocation.models import Run
from core.allocation.models import Share
from core.allocation.models import Sum
from core.db import rows_of
from core.errors import NotFound
from core.ledger.models import Account
from core.ledger.models import Period
from core.ledger.models import Posting
from core.ledger.models import Profit
from core.ledger.periods import last_day
from core.months import month_end
from core.months import month_text


def counts(run: Any = Run) -> sa.ColumnElement[bool]:
    """Return the condition that a run counts: no newer one shares any of its months."""
    newer = aliased(Run)
    return ~(
        sa.exists()
        .where(
            newer.company_id == run.company_id,
            newer.number > run.number,
            newer.first_month <= run.last_month,
            newer.last_month >= run.first_month,
        )
        .correlate(run)
    )


def counting_runs(session: Session, company_id: int) -> Sequence[Run]:
    """Return the runs that count, the earliest months first."""
    query = sa.select(Run).where(Run.company_id == company_id, counts())
    return session.scalars(query.order_by(Run.first_month)).all()


def list_runs(session: Session, company_id: int, limit: int = 100) -> list[tuple[Run, bool]]:
    """Return the latest runs, and whether each counts."""
    query = sa.select(Run, counts()).where(Run.company_id == company_id)
    rows = session.execute(query.order_by(Run.number.desc()).limit(limit))
    return [(run, bool(one)) for run, one in rows]


def get_run(session: Session, company_id: int, number: int) -> Run:
    """Return a run by its number.

    Raises: NotFound.
    """
    found = session.scalar(sa.select(Run).where(Run.company_id == company_id, Run.number == number))
    if found is None:
        raise NotFound(f"There is no run {number}.", hint="`entrepot allocation show` lists them.")
    return found


def shares_query(
    company_id: int, start: date | None = None, end: date | None = None
) -> sa.Select[*tuple[Any, ...]]:
    """Return the query of the shares that count: what a profit report adds to direct profit.

    A row is (month, profit_line, account_id, shop_id, country, order_id, line_id, sku_id, level,
    amount): `month` is the first day of the month in which the cost is booked, `amount` is signed
    as in the ledger (a cost is positive, so profit is lowered by it), `level` is `order`, `sku` or
    `none`. The shares of a month and account add up to its postings without an order as they stood
    when the run was made; what was booked since is still not allocated. A month is shared as a
    whole: `start` and `end` choose the months that lie wholly between them. The costs of the shares
    are the postings whose `order_id` is empty, so a report replaces those by the shares and shows
    the rest, and the rows of level `none`, as not allocated. It is a query over sets: wrap it as a
    subquery and group it by the dimension of the report.
    """
    return (
        sa.select(
            Share.month,
            Account.profit_line,
            Share.account_id,
            Share.shop_id,
            Share.country,
            Share.order_id,
            Share.line_id,
            Share.sku_id,
            Share.level,
            Share.amount,
        )
        .join(Run, (Run.company_id == Share.company_id) & (Run.id == Share.run_id))
        .join(Account, (Account.company_id == Share.company_id) & (Account.id == Share.account_id))
        .where(*_counting(company_id, start, end))
    )


def moves_query(
    company_id: int, start: date | None = None, end: date | None = None
) -> sa.Select[*tuple[Any, ...]]:
    """Return the query of what sharing moves in profit: from where a cost was booked to its bearer.

    A row is a share that counts, with the dimensions of its bearer and, as `from_…`, those under
    which the run took the cost from the books; `amount` is signed as in the ledger. Taken off there
    and put here, the shares change no total, whatever was booked since the run was made.
    """
    of_pool = (
        (Pool.company_id == Share.company_id)
        & (Pool.run_id == Share.run_id)
        & (Pool.id == Share.pool_id)
    )
    return (
        sa.select(
            Share.month,
            Run.number,
            Pool.rule,
            Account.code.label("account"),
            Account.title,
            Account.profit_line,
            Pool.shop_id.label("from_shop_id"),
            Pool.country.label("from_country"),
            Pool.sku_id.label("from_sku_id"),
            Share.shop_id,
            Share.country,
            Share.order_id,
            Share.line_id,
            Share.sku_id,
            Share.amount,
        )
        .join(Run, (Run.company_id == Share.company_id) & (Run.id == Share.run_id))
        .join(Pool, of_pool)
        .join(Account, (Account.company_id == Share.company_id) & (Account.id == Share.account_id))
        .where(*_counting(company_id, start, end))
    )


def moved_query(
    company_id: int, cut: str, start: date | None = None, end: date | None = None
) -> sa.Select[*tuple[Any, ...]]:
    """Return the query of what sharing moves, summed up by SKU or by place.

    A row is (profit_line, shop_id, country, sku_id, amount), signed as in the ledger, with 0 or an
    empty text for what concerns none.
    """
    of_account = (Account.company_id == Sum.company_id) & (Account.id == Sum.account_id)
    return (
        sa.select(Account.profit_line, Sum.shop_id, Sum.country, Sum.sku_id, Sum.amount)
        .join(Run, (Run.company_id == Sum.company_id) & (Run.id == Sum.run_id))
        .join(Account, of_account)
        .where(Sum.cut == cut, *_counting(company_id, start, end, Sum))
    )


def _counting(company_id: int, start: date | None, end: date | None, of: Any = Share) -> list[Any]:
    """Return the conditions of the shares that count in the months wholly within some days."""
    found = [of.company_id == company_id, Run.company_id == company_id, counts()]
    if start is not None:
        found.append(of.month >= start)
    if end is not None:
        whole = end if last_day(end) == end else end.replace(day=1) - timedelta(days=1)
        found.append(of.month <= whole)
    return found


@dataclass(frozen=True, slots=True)
class Difference:
    """What a month's books hold on an account without an order, and what of it is shared."""

    month: date
    account: str
    booked: int
    shared: int

    @property
    def missing(self) -> int:
        """Return what was booked since the run was made, or was never shared."""
        return self.booked - self.shared


def differences(session: Session, company_id: int, first: date, last: date) -> list[Difference]:
    """Return by month and account what the runs that count do not know of."""
    end = last_day(last)
    month = month_text(Posting.booked_on)
    booked = (
        sa.select(month, Account.code, sa.cast(sa.func.sum(Posting.amount), sa.BigInteger))
        .join(
            Account, (Account.company_id == Posting.company_id) & (Account.id == Posting.account_id)
        )
        .where(
            Posting.company_id == company_id,
            Posting.booked_on >= first,
            Posting.booked_on <= end,
            Posting.order_id.is_(None),
            Account.profit_line.is_not(None),
        )
        .group_by(month, Account.code)
    )
    shares = shares_query(company_id, first, end).subquery()
    of = month_text(shares.c.month)
    shared = (
        sa.select(of, Account.code, sa.cast(sa.func.sum(shares.c.amount), sa.BigInteger))
        .join(Account, (Account.company_id == company_id) & (Account.id == shares.c.account_id))
        .group_by(of, Account.code)
    )
    sums: dict[tuple[str, str], list[int]] = {}
    for place, query in enumerate((booked, shared)):
        for name, code, amount in rows_of(session, query):
            sums.setdefault((name, code), [0, 0])[place] = amount
    found = [
        Difference(date.fromisoformat(f"{name}-01"), code, *amounts)
        for (name, code), amounts in sorted(sums.items())
    ]
    return [each for each in found if each.missing]


def not_allocated(session: Session, company_id: int) -> Sequence[Any]:
    """Return what the runs that count could not share, with the reason: the largest first."""
    query = (
        sa.select(
            Run.number,
            Run.first_month,
            Run.last_month,
            Account.code,
            Account.title,
            Pool.rule,
            Pool.shop_id,
            Pool.country,
            Pool.not_allocated,
            Pool.reason,
        )
        .join(Pool, (Pool.company_id == Run.company_id) & (Pool.run_id == Run.id))
        .join(Account, (Account.company_id == Pool.company_id) & (Account.id == Pool.account_id))
        .where(Run.company_id == company_id, counts(), Pool.not_allocated != 0)
        .order_by(sa.func.abs(Pool.not_allocated).desc(), Account.code)
    )
    return rows_of(session, query)


def has_orders(session: Session, company_id: int, month: date) -> bool:
    """Say whether anything of an order is booked in a month; else there is none to share to."""
    return bool(session.scalar(sa.select(_booked_in(company_id, month, last_day(month)))))


def _booked_in(company_id: Any, first: Any, last: Any) -> sa.Exists:
    return sa.exists().where(
        Profit.company_id == company_id,
        Profit.booked_on >= first,
        Profit.booked_on <= last,
        Profit.order_id.is_not(None),
    )


def worries_query(company_id: int, today: date) -> sa.Select[*tuple[Any, ...]]:
    """Return the query of what a person should look at: months with orders that nobody shared."""
    covered = sa.exists().where(
        Run.company_id == Period.company_id,
        Run.first_month <= Period.month,
        Run.last_month >= Period.month,
    )
    return sa.select(Period.month).where(
        Period.company_id == company_id,
        Period.month < today.replace(day=1),
        ~covered,
        _booked_in(Period.company_id, Period.month, month_end(Period.month)),
    )


def pools_of(session: Session, run: Run) -> Sequence[Any]:
    """Return the pools of a run with the codes of their accounts, in the order of the accounts."""
    query = (
        sa.select(Pool, Account.code, Account.title)
        .join(Account, (Account.company_id == Pool.company_id) & (Account.id == Pool.account_id))
        .where(Pool.company_id == run.company_id, Pool.run_id == run.id)
        .order_by(Account.code, Pool.id)
    )
    return session.execute(query).all()

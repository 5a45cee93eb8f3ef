"""The chart of accounts that a company starts with."""

from __future__ import annotations

import csv
from collections.abc import Collection
from importlib.resources import files

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import table_of
from core.errors import InputError
from core.ids import next_ids
from core.ledger.models import Account
from core.rows import bulk_insert


def prepare_accounts(session: Session, company_id: int) -> None:
    """Give a company the accounts of the shipped chart that it does not have yet."""
    known = set(session.scalars(sa.select(Account.code).where(Account.company_id == company_id)))
    text = files("core.ledger").joinpath("chart.csv").read_text(encoding="utf-8")
    missing = [row for row in csv.DictReader(text.splitlines()) if row["code"] not in known]
    columns = ["company_id", "id", "code", "title", "kind", "beancount", "profit_line"]
    rows = [
        (company_id, new_id, *(row[name] or None for name in columns[2:]))
        for new_id, row in zip(next_ids(session, len(missing)), missing, strict=True)
    ]
    bulk_insert(session, table_of(Account), columns, rows)


def require_accounts(session: Session, company_id: int, codes: Collection[str]) -> None:
    """Refuse accounts that a company's chart does not have.

    Raises: InputError naming them.
    """
    known = set(session.scalars(sa.select(Account.code).where(Account.company_id == company_id)))
    if missing := sorted(set(codes) - known):
        raise InputError(
            f"The chart of accounts has no account {', '.join(missing)}.",
            hint="Add it to the chart, or name another account in the mapping.",
        )

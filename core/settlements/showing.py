"""Settlements, codes in suspense and what platforms owe, as plain data for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from core.money import to_text
from core.settlements.ages import LIMITS
from core.settlements.ages import Aged
from core.settlements.models import Statement
from core.settlements.queries import Sum
from core.settlements.queries import Unmapped
from core.settlements.receivables import HeldSum
from core.settlements.receivables import Receivable


def listed_document(row: Any) -> dict[str, Any]:
    """Return a settlement of a list."""
    return {
        "settlement": row.external_ref,
        "platform": row.platform,
        "account": row.account,
        "started_at": row.started_at.isoformat(),
        "ended_at": row.ended_at.isoformat(),
        "deposited_on": row.deposited_on.isoformat() if row.deposited_on else None,
        "declared": to_text(row.total_amount, row.currency),
        "computed": to_text(row.sum_amount, row.currency),
        "currency": row.currency,
        "rows": row.row_count,
        "suspense": row.suspense,
        "state": row.state,
    }


def statement_document(statement: Statement, sums: Sequence[Sum]) -> dict[str, Any]:
    """Return a settlement with what its codes came to."""
    return {
        "settlement": statement.external_ref,
        "platform": statement.platform,
        "account": statement.account,
        "format": statement.format,
        "state": statement.state,
        "reason": statement.reason,
        "currency": statement.currency,
        "declared": to_text(statement.total_amount, statement.currency),
        "computed": to_text(statement.sum_amount, statement.currency),
        "deposited_on": statement.deposited_on.isoformat() if statement.deposited_on else None,
        "rows": statement.row_count,
        "codes": [
            asdict(each)
            | {"code": each.code._asdict(), "amount": to_text(each.amount, statement.currency)}
            for each in sums
        ],
    }


def unmapped_document(each: Unmapped) -> dict[str, Any]:
    """Return a code in suspense."""
    amount = to_text(each.amount, each.currency)
    return asdict(each) | {"code": each.code._asdict(), "amount": amount}


def owed_document(
    owed: Sequence[Receivable], held: Sequence[HeldSum], currency: str
) -> dict[str, Any]:
    """Return what platforms owe by state, and what they say that they hold back."""
    return {
        "currency": currency,
        "receivables": [asdict(each) | {"amount": to_text(each.amount, currency)} for each in owed],
        "held": [
            asdict(each)
            | {
                "amount": to_text(each.amount, each.currency),
                "releases_at": each.releases_at.isoformat() if each.releases_at else None,
            }
            for each in held
        ],
    }


def aged_document(each: Aged, currency: str) -> dict[str, Any]:
    """Return what is open on a clearing account by age; the last amount is of what is oldest."""
    names = [f"until_{limit}_days" for limit in LIMITS] + ["older"]
    amounts = [to_text(amount, currency) for amount in each.amounts]
    return {
        "platform": each.platform,
        "account": each.account,
        "ledger": each.ledger,
        "items": each.count,
        "total": to_text(each.total, currency),
        "ages": dict(zip(names, amounts, strict=True)),
    }

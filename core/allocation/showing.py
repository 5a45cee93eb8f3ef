"""How rules, runs and what is not allocated are told to people and programs."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
from typing import Any

from core.allocation.models import Run
from core.allocation.queries import Difference
from core.allocation.rules import Rule
from core.allocation.running import Preview
from core.money import to_text


def rule_row(rule: Rule) -> dict[str, object]:
    """Return a rule as a row of a table."""
    return {
        "rule": rule.code,
        "version": rule.version,
        "accounts": " ".join(rule.accounts),
        "where": " ".join(f"{name}={value}" for name, value in rule.where.items()),
        "to_sku": " > ".join(rule.to_sku),
        "to_order": " > ".join(rule.to_order),
        "lag_months": rule.lag_months,
    }


def preview_document(made: Preview, currency: str) -> dict[str, object]:
    """Return what a run would share."""
    pools = [
        {
            "account": shared.cost.key.account,
            "rule": shared.cost.rule.code if shared.cost.rule else "",
            "amount": to_text(shared.cost.amount, currency),
            "not_allocated": to_text(shared.not_allocated, currency),
            "by": " > ".join(filter(None, (shared.sku_driver, shared.order_driver))),
            "reason": shared.reason,
        }
        for shared in made.pools
    ]
    total = sum(shared.cost.amount for shared in made.pools)
    rest = sum(shared.not_allocated for shared in made.pools)
    return _head(made.first_month, made.last_month, total, rest, currency) | {"pools": pools}


def run_document(run: Run, pools: Sequence[Any], currency: str) -> dict[str, object]:
    """Return a run with its pools."""
    rows = [
        {
            "account": code,
            "rule": pool.rule,
            "version": pool.version,
            "amount": to_text(pool.amount, currency),
            "not_allocated": to_text(pool.not_allocated, currency),
            "by": " > ".join(filter(None, (pool.sku_driver, pool.order_driver))),
            "weight": pool.total_weight,
            "reason": pool.reason,
        }
        for pool, code, _title in pools
    ]
    total = sum(pool.amount for pool, *_ in pools)
    rest = sum(pool.not_allocated for pool, *_ in pools)
    head: dict[str, object] = {"run": run.number}
    return head | _head(run.first_month, run.last_month, total, rest, currency) | {"pools": rows}


def overview_document(
    runs: Iterable[tuple[Run, bool]],
    rest: Iterable[Any],
    late: Iterable[Difference],
    currency: str,
) -> dict[str, object]:
    """Return all runs, what those that count could not share, and what was booked since."""
    return {
        "currency": currency,
        "runs": [
            {
                "run": run.number,
                "from": f"{run.first_month:%Y-%m}",
                "until": f"{run.last_month:%Y-%m}",
                "counts": counts,
                "made_at": run.made_at.isoformat(timespec="seconds"),
                "made_by": run.made_by,
            }
            for run, counts in runs
        ],
        "not_allocated": [
            {
                "run": row.number,
                "account": row.code,
                "rule": row.rule,
                "amount": to_text(row.not_allocated, currency),
                "reason": row.reason,
            }
            for row in rest
        ],
        "booked_since": [
            {
                "month": f"{each.month:%Y-%m}",
                "account": each.account,
                "amount": to_text(each.missing, currency),
            }
            for each in late
        ],
    }


def _head(first: Any, last: Any, total: int, rest: int, currency: str) -> dict[str, object]:
    return {
        "from": f"{first:%Y-%m}",
        "until": f"{last:%Y-%m}",
        "currency": currency,
        "total": to_text(total, currency),
        "not_allocated": to_text(rest, currency),
    }

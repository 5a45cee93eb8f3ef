"""Controls of the books: what should be nothing at the end of a day, and how to mend it.

Unlike the sentences of `core.invariants`, which always hold, a control may find work that is still
to be done. One that is `blocking` keeps a month open; the others must be accepted to close it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import Day

ESTIMATES_DAYS, UNPAID_DAYS = 60, 45
"""After so many days an estimated fee should have come, and an order should have been paid."""


@dataclass(frozen=True, slots=True)
class Control:
    """One control: a query over sets of a company whose every row is a finding.

    The query gives `amount` for each finding, in minor units of the company, or nothing.
    """

    name: str
    title: str
    fix: str
    query: str
    blocking: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What a control found: how many, and what they come to."""

    control: Control
    number: int
    amount: int | None


_BALANCE = """
    SELECT a.code, SUM(p.amount) AS amount FROM ledger_posting p
    JOIN ledger_account a ON a.company_id = p.company_id AND a.id = p.account_id
    WHERE p.company_id = :company AND p.booked_on <= :day AND a.code = '{code}'
    GROUP BY a.code HAVING SUM(p.amount) <> 0"""

_ITEMS = """
    SELECT p.item_id, SUM(p.amount) AS amount FROM ledger_posting p
    JOIN ledger_account a ON a.company_id = p.company_id AND a.id = p.account_id
    WHERE p.company_id = :company AND p.booked_on <= :day AND a.code = '{code}'
        AND p.item_id IS NOT NULL
    GROUP BY p.item_id HAVING SUM(p.amount) <> 0{more}"""

CONTROLS: Sequence[Control] = (
    Control(
        "suspense",
        "Nothing stands in suspense (1590).",
        "Say what the codes mean: `entrepot settlement unmapped`, then `settlement map`.",
        _BALANCE.format(code="1590"),
        blocking=True,
    ),
    Control(
        "waiting",
        "No parcel waits to be booked.",
        "Add what is missing (a rate, a tax), then `entrepot orders post`.",
        """SELECT id, CAST(NULL AS BIGINT) AS amount FROM stock_document
        WHERE company_id = :company AND posting_state = 'waiting' AND booked_on <= :day""",
        blocking=True,
    ),
    Control(
        "settlements",
        "Every settlement is booked.",
        "Import a correct file for one that does not add up: `entrepot settlement list`.",
        """SELECT id, CAST(NULL AS BIGINT) AS amount FROM settlements_statement t
        WHERE company_id = :company AND matched_on <= :day AND state <> 'booked'
            AND NOT EXISTS (SELECT 1 FROM settlements_statement b
                WHERE b.company_id = t.company_id AND b.platform = t.platform
                    AND b.account = t.account AND b.external_ref = t.external_ref
                    AND b.state = 'booked')""",
    ),
    Control(
        "paid_statements",
        "A settlement that was paid out owes nothing (1220).",
        "Look at what is left of it: `entrepot settlement show`.",
        """SELECT i.id, SUM(p.amount) AS amount FROM settlements_statement t
        JOIN ledger_account a ON a.company_id = t.company_id AND a.code = '1220'
        JOIN ledger_item i ON i.company_id = t.company_id AND i.account_id = a.id
            AND i.natural_key = t.platform || '/' || t.account || '/' || t.external_ref
        JOIN ledger_posting p ON p.company_id = i.company_id AND p.item_id = i.id
            AND p.booked_on <= :day
        WHERE t.company_id = :company AND t.state = 'booked' AND t.deposited_on <= :day
        GROUP BY i.id HAVING SUM(p.amount) <> 0""",
    ),
    Control(
        "payouts",
        "Every payout has arrived (1060).",
        "Import the bank's file: `entrepot import bank`.",
        _ITEMS.format(code="1060", more=""),
    ),
    Control(
        "marketplace_tax",
        "Tax that marketplaces collect comes and goes by order (2310).",
        "Import the settlement that withholds it, or correct the order's tax.",
        """SELECT p.order_id, SUM(p.amount) AS amount FROM ledger_posting p
        JOIN ledger_account a ON a.company_id = p.company_id AND a.id = p.account_id
        WHERE p.company_id = :company AND p.booked_on <= :day AND a.code = '2310'
            AND EXISTS (SELECT 1 FROM ledger_posting r JOIN ledger_account b
                ON b.company_id = r.company_id AND b.id = r.account_id AND b.code = '4200'
                WHERE r.company_id = p.company_id AND r.order_id = p.order_id
                    AND r.booked_on <= :day)
        GROUP BY p.order_id HAVING SUM(p.amount) <> 0""",
    ),
    Control(
        "overpaid",
        "No order was paid more than it owed (1210).",
        "Look for a refund that is not told yet, or a row mapped to the wrong order.",
        _ITEMS.format(code="1210", more=" AND SUM(p.amount) < 0"),
    ),
    Control(
        "unpaid",
        f"No order is unpaid after {UNPAID_DAYS} days (1210).",
        "Import the missing settlement, or write the order off.",
        _ITEMS.format(code="1210", more=" AND SUM(p.amount) > 0 AND MIN(p.booked_on) < :unpaid"),
    ),
    Control(
        "estimates",
        f"No estimated fee is open after {ESTIMATES_DAYS} days (2150).",
        "Import the settlement that charges it, or release the estimate.",
        _ITEMS.format(code="2150", more=" AND MIN(p.booked_on) < :estimated"),
    ),
    Control(
        "receipts",
        "Every receipt is invoiced (2110).",
        "Book the supplier's invoice: `entrepot cost invoice`.",
        _BALANCE.format(code="2110"),
    ),
    Control(
        "landed_cost",
        "Every landed cost has its invoice (2120).",
        "Book the invoice of what is estimated: `entrepot cost settle`.",
        _BALANCE.format(code="2120"),
    ),
    Control(
        "stored",
        "Platforms hold the goods that our books say they hold.",
        "Look for what has not come in, then take the platform's number: `entrepot stock stored`.",
        """SELECT id, CAST(NULL AS BIGINT) AS amount FROM warehousing_stored
        WHERE company_id = :company AND differs_since IS NOT NULL""",
    ),
    Control(
        "bank_lines",
        "Every line of a bank's statement is in the books.",
        "Say what it is: `entrepot bank lines NAME --open`.",
        """SELECT id, amount FROM banking_line
        WHERE company_id = :company AND booked_on <= :day AND entry_id IS NULL""",
    ),
    Control(
        "bank_balances",
        "What banks and wallets say moved is what the books say moved.",
        "Import the missing statement, or book what the bank does not know.",
        """SELECT b.id, b.told - COALESCE(SUM(p.currency_amount), 0) AS amount FROM (
            SELECT f.company_id, f.id, f.account, f.currency, SUM(l.amount) AS told,
                MIN(l.booked_on) AS first, MAX(l.booked_on) AS last
            FROM banking_profile f JOIN banking_line l
                ON l.company_id = f.company_id AND l.profile_id = f.id AND l.booked_on <= :day
            WHERE f.company_id = :company
            GROUP BY f.company_id, f.id, f.account, f.currency
        ) b JOIN ledger_account a ON a.company_id = b.company_id AND a.code = b.account
        LEFT JOIN ledger_posting p ON p.company_id = b.company_id AND p.account_id = a.id
            AND p.currency = b.currency AND p.booked_on BETWEEN b.first AND b.last
        GROUP BY b.id, b.told HAVING b.told <> COALESCE(SUM(p.currency_amount), 0)""",
    ),
    Control(
        "counts",
        "No stock count is left half done.",
        "Post or cancel it: `entrepot stock count`.",
        """SELECT id, CAST(NULL AS BIGINT) AS amount FROM warehousing_count
        WHERE company_id = :company AND state = 'frozen'""",
    ),
)


def run_controls(
    session: Session,
    company_id: int,
    day: date,
    controls: Sequence[Control] = CONTROLS,
) -> list[Finding]:
    """Ask the controls how the books stood at the end of a day; return what they found."""
    found = []
    for control in controls:
        number, amount = _ask(session, company_id, day, control)
        if number:
            found.append(Finding(control, number, amount))
    return found


def _ask(session: Session, company_id: int, day: date, control: Control) -> tuple[int, int | None]:
    days = {
        "day": day,
        "unpaid": day - timedelta(days=UNPAID_DAYS),
        "estimated": day - timedelta(days=ESTIMATES_DAYS),
    }
    used = {name: value for name, value in days.items() if f":{name}" in control.query}
    text = sa.text(
        "SELECT COUNT(*), CAST(SUM(amount) AS BIGINT)"  # noqa: S608
        f" FROM ({control.query}) found"
    ).bindparams(*[sa.bindparam(name, type_=Day()) for name in used])
    row = session.execute(text, {"company": company_id, **used}).one()
    return row[0], row[1]

"""The figures of the profit report, worked out by hand from a small seller's books."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import product
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.errors import InputError
from core.fees import finality
from core.kernel.companies import CompanyInfo
from core.kernel.companies import create_company
from core.kernel.kernel import Kernel
from core.ledger.models import Account
from core.ledger.models import Balance
from core.ledger.profit import ProfitReport
from core.ledger.profit import profit_report
from core.ledger.waterfall import PROFIT_LINES
from core.orders.models import Order
from core.setup import prepare_company
from tests.ledger import books

DIMENSIONS = ("month", "country", "sku", "shop", "order")

Lines = dict[str, str]

# What each row must show; lines that are not named are zero.
BY: dict[str, dict[str, Lines]] = {
    "month": {
        "2026-01": {
            "sales": "128.00",  # O-1: 4 × 10, O-2: 8 × 10 + 2 × 4
            "shipping": "5.00",
            "discounts": "-3.00",
            "cogs": "-29.00",  # O-1: 4 × 2, O-2: 6 × 2 + 2 × 3 + 2 × 1.50
        },
        "2026-02": {
            "sales": "4.50",
            "refunds": "-10.00",
            "cogs": "0.50",  # O-3: -1.50, CN-1: +2.00
            "stock_losses": "-1.50",
            "fees": "-7.77",
            "fulfilment": "-2.22",
            "marketing": "-2.00",
            "overhead": "-103.33",  # software and rent
            "finance": "-1.11",
        },
        "2026-03": {"sales": "5.00", "cogs": "-1.50", "stock_losses": "6.00"},
        "2026-04": {"sales": "24.00", "charges": "1.50", "cogs": "-5.00"},
    },
    "country": {
        "DE": {"sales": "88.00", "cogs": "-21.00"},
        "FR": {"sales": "4.50", "cogs": "-1.50", "marketing": "-2.00"},
        "GB": {
            "sales": "69.00",  # O-1, O-4, S-1
            "shipping": "5.00",
            "discounts": "-3.00",
            "refunds": "-10.00",
            "charges": "1.50",
            "cogs": "-12.50",  # O-1: -8, CN-1: +2, O-4: -5, S-1: -1.50
            "stock_losses": "4.50",
            "fees": "-7.77",
            "fulfilment": "-2.22",
            "overhead": "-3.33",
            "finance": "-1.11",
        },
        "": {"overhead": "-100.00"},
    },
    "sku": {
        "MUG": {
            "sales": "144.00",
            "refunds": "-10.00",
            "cogs": "-29.00",  # -8 - 18 + 2 - 5
            "stock_losses": "6.00",
        },
        "PEN": {"sales": "17.50", "cogs": "-6.00", "stock_losses": "-1.50"},
        "": {
            "shipping": "5.00",
            "discounts": "-3.00",
            "charges": "1.50",
            "fees": "-7.77",
            "fulfilment": "-2.22",
            "marketing": "-2.00",
            "overhead": "-103.33",
            "finance": "-1.11",
        },
    },
    "shop": {
        "First": {
            "sales": "156.50",
            "shipping": "5.00",
            "discounts": "-3.00",
            "refunds": "-10.00",
            "charges": "1.50",
            "cogs": "-33.50",
            "stock_losses": "4.50",
            "fees": "-7.77",
            "fulfilment": "-2.22",
            "marketing": "-2.00",
            "overhead": "-3.33",
            "finance": "-1.11",
        },
        "Second": {"sales": "5.00", "cogs": "-1.50"},
        "": {"overhead": "-100.00"},
    },
    "order": {
        "F-1": {"fees": "-7.77", "fulfilment": "-2.22", "overhead": "-3.33", "finance": "-1.11"},
        # The credit note counts with the order whose sale it undoes.
        "O-1": {
            "sales": "40.00",
            "shipping": "5.00",
            "discounts": "-3.00",
            "refunds": "-10.00",
            "cogs": "-6.00",
        },
        "O-2": {"sales": "88.00", "cogs": "-21.00"},
        "O-3": {"sales": "4.50", "cogs": "-1.50", "marketing": "-2.00"},
        "O-4": {"sales": "24.00", "charges": "1.50", "cogs": "-5.00"},
        "S-1": {"sales": "5.00", "cogs": "-1.50"},
        # Goods written off or found were sold to nobody.
        "": {"stock_losses": "4.50", "overhead": "-100.00"},
    },
}


def report_of(
    kernel: Kernel,
    company: CompanyInfo,
    by: str,
    start: date | None = None,
    end: date | None = None,
) -> ProfitReport:
    with kernel.db.read() as session:
        return profit_report(session, company.id, by, start=start, end=end)


def shown(report: ProfitReport) -> dict[str, Lines]:
    """Return what each row shows, without zeros; the rest has no key."""
    return {
        row.key: {
            name: str(Decimal(amount).scaleb(-2)) for name, amount in row.lines.items() if amount
        }
        for row in (*report.rows, report.rest)
        if row.key or any(row.lines.values())
    }


def profits(report: ProfitReport) -> dict[str, int]:
    return {row.key: row.profit for row in report.rows}


def ledger_profit(
    kernel: Kernel, company: CompanyInfo, month: date | None = None
) -> dict[str, int]:
    """Return the balances of income and expenses by profit line, income positive."""
    query = (
        sa.select(Account.profit_line, Balance.amount)
        .join(
            Balance,
            (Balance.company_id == Account.company_id) & (Balance.account_id == Account.id),
        )
        .where(Account.company_id == company.id, Account.kind.in_(["income", "expense"]))
    )
    if month:
        query = query.where(Balance.month == month)
    found = dict.fromkeys(PROFIT_LINES, 0)
    with kernel.db.read() as session:
        for line, amount in session.execute(query):
            found[line] -= amount
    return found


def settle(kernel: Kernel, company: CompanyInfo, *refs: str, state: int = finality.SETTLED) -> None:
    """Let orders be as final as their settlement makes them."""
    orders = sa.select(Order.id).where(Order.company_id == company.id, Order.external_ref.in_(refs))
    with kernel.db.write() as session:
        states = dict.fromkeys(session.scalars(orders), state)
        finality.settle(session, company.id, states, date(2026, 4, 2))


def test_each_row_shows_what_was_worked_out_by_hand(kernel: Kernel, company: CompanyInfo) -> None:
    reports = {by: report_of(kernel, company, by) for by in DIMENSIONS}

    assert {by: shown(report) for by, report in reports.items()} == BY
    assert {(report.total, report.currency) for report in reports.values()} == {(8_07, "GBP")}


def test_what_belongs_to_no_row_is_told_apart(kernel: Kernel, company: CompanyInfo) -> None:
    rests = {by: report_of(kernel, company, by).not_allocated for by in DIMENSIONS}

    assert rests == {
        "month": 0,
        "country": -100_00,
        "sku": -112_93,
        "shop": -100_00,
        "order": -95_50,
    }


def test_rows_and_rest_add_up_to_the_ledger(kernel: Kernel, company: CompanyInfo) -> None:
    last_days = {1: 31, 2: 28, 3: 31, 4: 30}
    months = [date(2026, number, 1) for number in last_days]

    for month, by in product([None, *months], DIMENSIONS):
        end = month and month.replace(day=last_days[month.month])
        report = report_of(kernel, company, by, month, end)
        ledger = ledger_profit(kernel, company, month)
        assert any(ledger.values())
        assert report.total_lines == ledger
        rows = (*report.rows, report.rest)
        assert {name: sum(row.lines[name] for row in rows) for name in PROFIT_LINES} == ledger


def test_both_days_of_a_range_count(kernel: Kernel, company: CompanyInfo) -> None:
    report = report_of(kernel, company, "order", date(2026, 1, 20), date(2026, 2, 10))

    assert profits(report) == {"O-1": -8_00, "O-2": 67_00, "O-3": 1_00}
    assert (report.total, report.not_allocated) == (60_00, 0)


def test_a_range_may_be_open_on_either_side(kernel: Kernel, company: CompanyInfo) -> None:
    until = report_of(kernel, company, "month", end=date(2026, 2, 5))
    since = report_of(kernel, company, "month", start=date(2026, 2, 6))

    assert profits(until) == {"2026-01": 101_00, "2026-02": 1_00}
    assert profits(since) == {"2026-02": -123_93, "2026-03": 9_50, "2026-04": 20_50}


def test_a_sale_counts_on_the_day_of_its_shop(kernel: Kernel, company: CompanyInfo) -> None:
    in_utc = report_of(kernel, company, "order", date(2026, 3, 31), date(2026, 3, 31))
    in_london = report_of(kernel, company, "order", date(2026, 4, 1), date(2026, 4, 1))

    assert profits(in_utc) == {}
    assert profits(in_london) == {"O-4": 20_50}


def test_orders_are_estimated_until_they_are_settled(kernel: Kernel, company: CompanyInfo) -> None:
    states = {row.key: row.state for row in report_of(kernel, company, "order").rows}

    # A bill is no sale: nothing of it is estimated.
    assert states.pop("F-1") == "settled"
    assert set(states.values()) == {"estimated"}


def test_a_row_of_several_orders_is_partly_settled(kernel: Kernel, company: CompanyInfo) -> None:
    settle(kernel, company, "O-2", "O-4")

    states = {
        by: {row.key: row.state for row in report_of(kernel, company, by).rows}
        for by in ("order", "month", "country", "shop")
    }

    assert states["order"] == {
        "F-1": "settled",
        "O-1": "estimated",
        "O-2": "settled",
        "O-3": "estimated",
        "O-4": "settled",
        "S-1": "estimated",
    }
    assert states["month"] == {
        "2026-01": "partly settled",
        "2026-02": "partly settled",
        "2026-03": "estimated",
        "2026-04": "settled",
    }
    assert states["country"] == {"DE": "settled", "FR": "estimated", "GB": "partly settled"}
    assert states["shop"] == {"First": "partly settled", "Second": "estimated"}


def test_a_row_is_reconciled_once_all_that_was_settled_is(
    kernel: Kernel, company: CompanyInfo
) -> None:
    settle(kernel, company, "O-1", "O-2", "O-3", "O-4", "S-1")
    settle(kernel, company, "O-2", state=finality.RECONCILED)
    assert {row.state for row in report_of(kernel, company, "country").rows} == {"settled"}

    settle(kernel, company, "O-1", "O-3", "O-4", "S-1", state=finality.RECONCILED)

    assert {row.state for row in report_of(kernel, company, "country").rows} == {"reconciled"}


def test_importing_again_changes_no_figure(
    kernel: Kernel, company: CompanyInfo, tmp_path: Path
) -> None:
    before = shown(report_of(kernel, company, "order"))

    books.import_orders(kernel, company, "First", tmp_path)

    assert shown(report_of(kernel, company, "order")) == before


def test_another_company_sees_nothing_of_it(kernel: Kernel, company: CompanyInfo) -> None:
    with kernel.db.write() as session:
        other = create_company(
            session, "Other", country="DE", currency="EUR", timezone="Europe/Berlin"
        )
        prepare_company(session, other)

    for by in DIMENSIONS:
        report = report_of(kernel, other, by)
        assert (list(report.rows), report.total, report.currency) == ([], 0, "EUR")


def test_a_dimension_that_is_none_is_refused(kernel: Kernel, company: CompanyInfo) -> None:
    with pytest.raises(InputError, match="'colour' is not known"):
        report_of(kernel, company, "colour")

"""The contract of reports can fail: each of these is wrong in one way, and is found out."""

from __future__ import annotations

from pathlib import Path

from tests.testkit.wrong import Change
from tests.testkit.wrong import assert_found_out

SAYS = "TestStatement::test_report_says_what_it_is"
TIES = "TestStatement::test_totals_tie_to_the_ledger"
SUBTOTALS = "TestStatement::test_each_subtotal_is_the_sum_of_its_lines"
COLUMNS = "TestStatement::test_tables_have_the_columns_that_were_announced"
AMOUNTS = "TestStatement::test_who_may_not_see_amounts_gets_none"
ROW = "    return ReportRow((row.key, income, result - income, result), row.id)"
RUN = "        found = profit_report("
CHANGES: dict[str, Change] = {
    "nameless": ("report.py", 'title: str = "Nameless"', 'title: str = ""', SAYS),
    "flat": (
        "report.py",
        "dimensions: tuple[str, ...] = tuple(TITLES)",
        "dimensions: tuple[str, ...] = ()",
        SAYS,
    ),
    "no_result": ("report.py", 'result: str = "result"', 'result: str = "key"', SAYS),
    "counts_money": ("report.py", '"Result", sum_of', '"Result", "count", sum_of', SAYS),
    "same_column": (
        "report.py",
        'ReportColumn("costs", "Costs")',
        'ReportColumn("income", "Costs")',
        SAYS,
    ),
    "offers_nothing": (
        "addon.py",
        "return [Statement()]",
        "return []",
        "TestStatement::test_the_enabled_addon_offers_the_report",
    ),
    "offers_twice": (
        "addon.py",
        "return [Statement()]",
        "return [Statement(), Statement()]",
        "TestStatement::test_the_enabled_addon_offers_the_report",
    ),
    "loses_a_row": ("report.py", "for row in found.rows]", "for row in found.rows[1:]]", TIES),
    "forgets_the_rest": (
        "report.py",
        "rest=_row(found.rest)",
        "rest=ReportRow(('', 0, 0, 0))",
        TIES,
    ),
    "all_time": (
        "report.py",
        "start=parameters.start, end=parameters.end",
        "start=None, end=None",
        TIES,
    ),
    "a_day_short": (
        "report.py",
        "end=parameters.end",
        "end=parameters.end and parameters.end - __import__('datetime').timedelta(1)",
        TIES,
    ),
    "rounds": ("report.py", ROW, "    income -= income % 100\n" + ROW, TIES),
    "wrong_subtotal": ("report.py", 'sum_of=("income", "costs")', 'sum_of=("income",)', SUBTOTALS),
    "twice_in_it": (
        "report.py",
        'sum_of=("income", "costs")',
        'sum_of=("income", "income", "costs")',
        SUBTOTALS,
    ),
    "floats": (
        "report.py",
        ROW,
        ROW.replace("income, result - income", "float(income), result - income"),
        COLUMNS,
    ),
    "other_columns": (
        "report.py",
        "columns=self.columns(by)",
        "columns=self.columns('month')",
        COLUMNS,
    ),
    "named_rest": (
        "report.py",
        "rest=_row(found.rest)",
        "rest=ReportRow(('Rest', *_row(found.rest).values[1:]))",
        COLUMNS,
    ),
    "guesses": (
        "report.py",
        RUN,
        "        by = by if by in TITLES else 'month'\n" + RUN,
        "TestStatement::test_an_unknown_dimension_is_refused",
    ),
    "every_company": (
        "report.py",
        RUN + "session, company_id",
        RUN + "session, company_id - company_id % 2 or company_id",
        "TestStatement::test_an_empty_company_has_an_empty_table",
    ),
    "remembers": (
        "report.py",
        RUN,
        "        start = parameters.start and parameters.start.replace(year=2026)\n"
        "        parameters = ReportParameters(by, start, None)\n" + RUN,
        "TestStatement::test_days_without_bookings_have_an_empty_table",
    ),
    "tells_in_texts": (
        "report.py",
        "(row.key, income,",
        "(f'{row.key} {result}', income,",
        AMOUNTS,
    ),
    "open_to_all": (
        "report.py",
        'ReportColumn("income", "Income")',
        'ReportColumn("income", "Income", "count")',
        SAYS,
    ),
}


def test_every_wrong_report_is_found_out(tmp_path: Path) -> None:
    assert_found_out(tmp_path, "report", CHANGES)

"""Every return of every regime: as CSV and XLSX, its boxes led back to lines, and its page."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

import openpyxl

from core.tax.drilling import BoxRow
from core.tax.drilling import box_page
from core.tax.filing import fill_return
from core.tax.filing import form_for
from core.tax.forms import period_of
from core.tax.return_files import HEADER
from core.tax.return_files import WRITERS
from core.tax.return_files import return_file
from core.tax.return_files import return_rows
from core.tax.returns import forms
from tests.tax.test_year import RATES
from tests.tax.test_year import REGIMES
from tests.tax.test_year import live
from tests.tax.test_year import trading as trading  # noqa: PLC0414 - a fixture, used by its name
from tests.world import World

ADDONS = Path(__file__).parents[2] / "addons"


def _of_each_kind(codes: Iterable[str]) -> list[str]:
    """Return the returns, of the many alike of member states and states some."""
    alike = ("_vat", "_sales_list")
    few = {"us_ma", "us_ct", "at_vat", "es_vat", "nl_vat", "de_sales_list"}
    return [c for c in codes if c in few or not (c.startswith("us_") or c.endswith(alike))]


def test_each_return_is_written_and_its_boxes_lead_to_their_lines(trading: World) -> None:
    live(trading, 4, 7)
    seen, lines = set(), 0
    with trading.kernel.db.read() as session:
        company = trading.company.id
        for code in _of_each_kind(forms(session)):
            form = form_for(session, company, code)
            rates = {each: rate for each, rate in RATES.items() if each != form.currency}
            period = period_of("2026")
            filled = [
                each.box for each in fill_return(session, company, form, period, rates=rates).boxes
            ]
            rows = return_rows(form, period, filled)
            written = {}
            for kind, (write, _) in WRITERS.items():
                written[kind] = io.BytesIO()
                write(return_file(form, rows), written[kind])
            text = written["csv"].getvalue().decode("utf-8-sig")
            assert len(list(csv.reader(io.StringIO(text)))) >= len(rows) + 1
            sheet = openpyxl.load_workbook(written["xlsx"], read_only=True).active
            cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
            assert list(HEADER) in cells
            assert len(cells) >= len(rows) + 1
            for box in filled:
                rule = next(each for each in form.boxes if each.code == box.code)
                if rule.measure not in ("base", "tax") or not box.amount or rule.whole:
                    continue
                page = box_page(
                    session, company, form, period, BoxRow(box.code, box.key, box.corrects)
                )
                lines += len(page.rows)
                # What a form converts, halves or shares out is compared in its own tests.
                if rule.part == (1, 1) and {row.currency for row in page.rows} == {form.currency}:
                    found = sum(
                        row.base if rule.measure == "base" else row.tax for row in page.rows
                    )
                    assert (code, box.code, rule.sign * found) == (code, box.code, box.amount)
                    seen.add(form.regime)
    assert len(seen) == len(REGIMES), seen
    assert lines > 100


def test_pages_say_what_each_regime_covers_with_its_returns_and_what_not(trading: World) -> None:
    with trading.kernel.db.read() as session:
        known = forms(session)
    for regime in REGIMES:
        page = (ADDONS / f"tax_{regime}" / "README.md").read_text("utf-8")
        assert "## What it decides" in page
        assert "## What it does not cover" in page
        codes = {code for code, form in known.items() if form.regime.startswith(f"{regime}_")}
        # Member states and states have a return each, of which the page tells one and a pattern.
        codes -= {code for code in codes if code.endswith(("_vat", "_sales_list"))}
        codes -= {code for code in codes if regime == "us" and code != "us_tx"}
        assert codes
        assert [code for code in sorted(codes) if code not in page] == []

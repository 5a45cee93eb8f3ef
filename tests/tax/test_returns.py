"""Returns: boxes are questions to what was booked, and lead back to their lines."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from core.errors import InputError
from core.errors import NotFound
from core.tax.drilling import box_lines
from core.tax.forms import period_of
from core.tax.return_files import return_rows
from core.tax.return_files import write_return
from core.tax.returns import boxes
from core.tax.returns import form_of
from tests.world import World


def sold(world: World) -> None:
    world.stock("MUG 100 @ 2.00 on 2010-11-30")
    world.orders(
        "1 MUG 2 @ 5.00 on 2011-02-01 from ann to GB",
        "2 MUG 1 @ 7.49 on 2011-02-03 from bob to GB",
        "3 MUG 3 @ 5.00 on 2011-03-01 from cat to US",
        "4 MUG 1 @ 9.00 on 2011-04-01 from dan to GB",
        "C5 MUG -1 @ 5.00 on 2011-03-20 from ann to GB",
    )


def filled(world: World, period: str) -> dict[str, int | None]:
    with world.kernel.db.read() as session:
        form = form_of(session, "uk_vat100")
        return {
            box.code: box.amount
            for box in boxes(session, world.company.id, form, period_of(period))
        }


def test_boxes_are_what_was_booked_in_the_period(world: World) -> None:
    sold(world)

    found = filled(world, "2011-Q1")

    # 12.49 of sales at 20 % without the credit of 5.00, and an export of 15.00.
    assert found["1"] == found["3"] == found["5"] == 250
    assert found["6"] == 2700
    assert (found["2"], found["7"], found["8"], found["9"]) == (None,) * 4
    assert filled(world, "2011-Q2")["1"] == 180
    assert filled(world, "2011-02")["6"] == 1700


def test_the_boxes_of_a_year_are_the_control_account(world: World) -> None:
    sold(world)

    (total,) = world.rows(
        "SELECT -SUM(p.amount) FROM ledger_posting p JOIN ledger_account a"
        " ON a.company_id = p.company_id AND a.id = p.account_id WHERE a.code = '2300'"
    )
    assert filled(world, "2011")["1"] == total[0]


def test_a_box_leads_to_its_lines(world: World) -> None:
    sold(world)
    with world.kernel.db.read() as session:
        form = form_of(session, "uk_vat100")
        lines = box_lines(session, world.company.id, form, period_of("2011-Q1"), "6")
        taxed = box_lines(session, world.company.id, form, period_of("2011-Q1"), "3")
        with pytest.raises(NotFound, match="no box '12'"):
            box_lines(session, world.company.id, form, period_of("2011-Q1"), "12")

    assert [(line.booked_on.day, line.base, line.tax) for line in lines] == [
        (1, 1000, 200),
        (3, 749, 150),
        (1, 1500, 0),
        (20, -500, -100),
    ]
    assert sum(line.tax for line in taxed) == 250
    assert lines[2].reason == "Export to US: zero-rated"


def test_a_return_is_written_as_a_file(world: World, tmp_path: Path) -> None:
    sold(world)
    with world.kernel.db.read() as session:
        form = form_of(session, "uk_vat100")
        period = period_of("2011-Q1")
        rows = return_rows(form, period, boxes(session, world.company.id, form, period))

    write_return(form, rows, tmp_path / "vat.csv")
    write_return(form, rows, tmp_path / "vat.xlsx")

    text = (tmp_path / "vat.csv").read_text(encoding="utf-8-sig")
    assert "uk_vat100,2011-Q1,6,,,27.00,GBP" in text
    assert (tmp_path / "vat.xlsx").stat().st_size > 1000
    with pytest.raises(InputError, match="neither"):
        write_return(form, rows, tmp_path / "vat.pdf")


def test_another_currency_needs_a_rate(world: World) -> None:
    sold(world)

    with world.kernel.db.read() as session:
        form = replace(form_of(session, "uk_vat100"), currency="EUR")
        span = period_of("2011-Q1")
        with pytest.raises(InputError, match="--rate GBP"):
            boxes(session, world.company.id, form, span)
        found = boxes(session, world.company.id, form, span, {"GBP": Decimal("1.15")})
    assert {box.code: box.amount for box in found}["1"] == 288


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026", date(2026, 1, 1), date(2027, 1, 1)),
        ("2026-Q4", date(2026, 10, 1), date(2027, 1, 1)),
        ("2026Q1", date(2026, 1, 1), date(2026, 4, 1)),
        ("2026-B1", date(2026, 1, 1), date(2026, 3, 1)),
        ("2026-B6", date(2026, 11, 1), date(2027, 1, 1)),
        ("2026-12", date(2026, 12, 1), date(2027, 1, 1)),
    ],
)
def test_a_period_is_a_month_a_quarter_or_a_year(text: str, start: date, end: date) -> None:
    period = period_of(text)
    assert (period.start, period.end) == (start, end)


@pytest.mark.parametrize("text", ["", "2026-13", "2026-Q5", "2026-B7", "26", "2026-00"])
def test_anything_else_is_no_period(text: str) -> None:
    with pytest.raises(InputError, match="is no period"):
        period_of(text)

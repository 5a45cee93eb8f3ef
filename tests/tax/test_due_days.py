"""The usual last days of national returns, and the import tax that they declare."""

from __future__ import annotations

import tomllib
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest

from addons.tax_eu.forms import RETURNS
from core.customs.declaring import declare
from core.ids import next_id
from core.ledger.journal import Dimensions
from core.ledger.journal import Journal
from core.tax.drilling import box_lines
from core.tax.filing import fill_return
from core.tax.filing import form_for
from core.tax.forms import period_around
from core.tax.forms import period_of
from core.tax.returns import forms
from tests.cases.tax import enable_regimes
from tests.customs.test_declaring import DAY
from tests.customs.test_declaring import buyer_in
from tests.customs.test_declaring import draft
from tests.world import World


@pytest.mark.parametrize(
    ("state", "period", "day", "currency"),
    [
        ("at", "2026-01", date(2026, 3, 15), "EUR"),
        ("cz", "2026-12", date(2027, 1, 25), "CZK"),
        ("dk", "2026-Q3", date(2026, 12, 1), "DKK"),
        ("es", "2026-Q1", date(2026, 4, 20), "EUR"),
        ("es", "2026-Q4", date(2027, 1, 30), "EUR"),
        ("it", "2026-Q1", date(2026, 5, 31), "EUR"),
        ("it", "2026-Q2", date(2026, 9, 30), "EUR"),
        ("nl", "2026-Q4", date(2027, 1, 31), "EUR"),
        ("se", "2026-Q2", date(2026, 8, 17), "SEK"),
    ],
)
def test_national_returns_have_their_own_last_day_and_money(
    state: str, period: str, day: date, currency: str
) -> None:
    (form,) = (form for form in RETURNS if form.code == f"{state}_vat")
    span = period_of(period)
    assert (form.due_on(span), form.currency) == (day, currency)
    assert period_around(span.start, form.months) == span


def test_every_national_return_has_a_last_day() -> None:
    # France wants its list by the tenth working day, which is no day of the calendar.
    assert {form.code for form in RETURNS if form.due is None} == {"fr_sales_list"}


@pytest.mark.parametrize(
    ("state", "period", "day"),
    [
        ("de", "2026-03", date(2026, 4, 25)),
        ("fi", "2026-12", date(2027, 1, 20)),
        ("es", "2026-06", date(2026, 7, 20)),
        ("es", "2026-07", date(2026, 9, 20)),
        ("es", "2026-12", date(2027, 1, 30)),
        ("at", "2026-02", date(2026, 3, 31)),
    ],
)
def test_lists_of_supplies_have_their_own_last_day(state: str, period: str, day: date) -> None:
    (form,) = (form for form in RETURNS if form.code == f"{state}_sales_list")
    assert form.due_on(period_of(period)) == day


def test_it_is_known_which_days_were_compared_with_the_authorities() -> None:
    """The page in the docs names them, and says of the others that nobody did."""
    page = (Path(__file__).parents[2] / "addons/tax_eu/README.md").read_text("utf-8")
    for name, intro in (("returns", "VAT returns of"), ("sales_lists", "EC sales lists of")):
        rows = tomllib.loads(files("addons.tax_eu").joinpath(f"tables/{name}.toml").read_text())
        seen = ", ".join(sorted(state for state, row in rows.items() if row.get("seen")))
        assert f"{intro} {seen} were compared" in page
        assert all(row["source"] for row in rows.values())


AT_THE_BORDER = frozenset("de_ustva ca_gst34 ch_mwst in_gstr3b jp_jct nz_gst101".split())
"""Returns of places where import tax is always paid to customs, or deferred with them."""


def test_only_returns_with_output_tax_are_compared_with_an_account(world: World) -> None:
    """A list of supplies, or of what was kept back, leaves the tax account alone."""
    enable_regimes(world)
    with world.kernel.db.read() as session:
        known = forms(session).values()
    charging = {form.code for form in known if any(box.measure == "tax" for box in form.boxes)}
    assert {form.code for form in known if form.account} == charging - {"in_withheld"}
    assert len(charging) > 35


def test_import_tax_that_is_postponed_stands_on_both_sides_of_every_return(world: World) -> None:
    """Who reclaims import tax that he never paid must declare that he owes it."""
    enable_regimes(world)
    with world.kernel.db.read() as session:
        known = forms(session).values()
    reclaimed = {form.code for form in known if any("1510" in b.accounts for b in form.boxes)}
    declared = {form.code for form in known if any("import_vat" in b.kinds for b in form.boxes)}
    assert reclaimed - declared == AT_THE_BORDER
    assert len(declared) > 25


def test_only_imports_count_as_imports(world: World) -> None:
    buyer = buyer_in(world, "GB")
    buyer.do(declare, draft(duties={}, vat=101275, way="postponed"))
    with world.kernel.db.write() as session:
        journal = Journal(session, world.company.id, "GBP")
        entry = journal.entry(next_id(session), "by hand", "manual", DAY)
        entry.add("2300", -77, Dimensions(country="GB"))
        entry.add("1000", 77, Dimensions())
        journal.post()

    with world.kernel.db.read() as session:
        form, period = form_for(session, world.company.id, "uk_vat100"), period_of("2011-Q1")
        filled = fill_return(session, world.company.id, form, period)
        lines = box_lines(session, world.company.id, form, period, "1.imports")
        in_all = box_lines(session, world.company.id, form, period, "1")

    told = {each.box.code: each.box.amount for each in filled.boxes}
    assert (told["1.imports"], told["4"]) == (101275, 101275)
    assert [(line.entry, line.tax) for line in lines] == [("import_vat:C1", 101275)]
    assert sum(line.tax for line in in_all) == told["1"]
    # What was booked by hand is no import: the control account shows that no box has it.
    assert filled.control.difference == 77
    assert filled.control.boxed == told["1"]

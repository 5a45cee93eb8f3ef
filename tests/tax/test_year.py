"""A year of mixed orders in eleven regimes: the boxes of all returns are what is in the books.

Each regime sells in the money in which its returns are filed, so that boxes and control accounts
are compared to the cent and by nobody's rate.
"""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import date
from datetime import timedelta
from decimal import Decimal

import pytest

from core.errors import Conflict
from core.kernel import lifecycle
from core.rates.saying import RateDraft
from core.rates.saying import say_rates
from core.tax.channels import set_channel
from core.tax.decision import tax_amount
from core.tax.forms import period_around
from core.tax.forms import period_of
from core.tax.returns import boxes
from core.tax.returns import forms
from tests.tax.test_told import Row
from tests.tax.test_told import bring
from tests.tax.test_told import register
from tests.world import World

REGIMES = ("au", "ca", "ch", "eu", "in", "jp", "no", "nz", "sg", "uk", "us")
REGISTERED = (
    ("EU", "oss", ""), ("EU", "ioss", ""), ("AU", "local", ""), ("NZ", "local", ""),
    ("SG", "local", ""), ("NO", "voec", ""), ("NO", "local", ""), ("CH", "local", ""),
    ("CA", "local", ""), ("CA", "local", "QC"), ("IN", "local", ""), ("JP", "local", ""),
    ("US", "nexus", "MA"), ("US", "nexus", "CT"),
)  # fmt: skip
# One unit of the money is worth so many pounds.
POUNDS = {
    "EUR": "0.85", "NOK": "0.073", "CHF": "0.9", "AUD": "0.5", "NZD": "0.46", "SGD": "0.58",
    "CAD": "0.54", "INR": "0.0089", "JPY": "0.0052", "USD": "0.75",
}  # fmt: skip

US = {"Country": "US", "State": "OR"}
"""An export that no state taxes on arrival."""

ROUTES: dict[str, tuple[str, list[Row]]] = {
    "uk": ("GBP", [{"Country": "GB"}, US, {"Country": "GB", "VAT": "GB980780684"}]),
    "eu": (
        "EUR",
        [
            {"Country": "DE", "From": "DE"},
            {"Country": "FR", "From": "DE"},
            {"Country": "AT", "From": "DE"},
            {"Country": "ES", "From": "DE", "Zip": "35001"},
            {"Country": "IT", "From": "CN"},
            {"Country": "DE", "From": "CN"},
            {"Country": "NL", "From": "DE", "VAT": "NL004495445B01"},
        ],
    ),
    "no": ("NOK", [{"Country": "NO", "From": "NO"}, {"Country": "NO", "From": "CN"}]),
    "ch": ("CHF", [{"Country": "CH", "From": "CH"}, {**US, "From": "CH"}]),
    "au": ("AUD", [{"Country": "AU", "From": "AU"}, {"Country": "AU", "From": "CN"}]),
    "nz": ("NZD", [{"Country": "NZ", "From": "NZ"}, {"Country": "NZ", "From": "CN"}]),
    "sg": ("SGD", [{"Country": "SG", "From": "SG"}, {"Country": "SG", "From": "CN"}]),
    "ca": (
        "CAD",
        [{"Country": "CA", "From": "CA", "State": each} for each in ("ON", "AB", "QC", "NS")],
    ),
    "in": (
        "INR",
        [
            {"Country": "IN", "From": "IN", "FromState": "MH", "State": "MH"},
            {"Country": "IN", "From": "IN", "FromState": "MH", "State": "KA"},
        ],
    ),
    "jp": ("JPY", [{"Country": "JP", "From": "JP"}]),
    "us": ("USD", [{"Country": "US", "From": "US", "State": each} for each in ("MA", "CT", "OR")]),
}

DUE = {
    "uk_vat100": ("1.sales",), "au_bas": ("1A",), "ca_gst34": ("103",), "ca_qst": ("203",),
    "ca_pst_bc": ("tax",), "ca_pst_sk": ("tax",), "ca_rst_mb": ("tax",),
    "ch_mwst": ("302.tax", "303.tax", "312.tax", "313.tax"),
    "de_ustva": ("81.tax", "86.tax", "36"), "pl_jpk_v7m": ("K_16", "K_18", "K_20"),
    "eu_oss": ("tax",), "eu_ioss": ("tax",), "in_withheld": (),
    "in_gstr3b": ("3.1.a.igst", "3.1.a.cgst", "3.1.a.sgst"), "jp_jct": ("charged",),
    "no_voec": ("total",), "no_mva": ("3.tax", "31.tax"), "nz_gst101": ("8",), "sg_f5": ("6",),
    "sg_ovr": (),
}  # fmt: skip
"""The boxes that say what the seller has to pay; those of other states are named alike.

Who is registered in Singapore files F5; the pay-only return asks for the same sales of others.
"""

RATES = dict.fromkeys(("GBP", *POUNDS), Decimal(1))
"""A form adds up what its regime decided in other money too, which here is nothing."""

CONTROL = ("2300", "2320", "2330", "2350", "2360")


@pytest.fixture
def trading(world: World) -> World:
    """Return a British seller who is registered wherever he sells."""
    world.stock("MUG 1000000 @ 0.01 on 2010-11-30", "CUP 1000000 @ 0.01 on 2010-11-30")
    for each in REGIMES:
        with suppress(Conflict):
            lifecycle.install(world.kernel, f"tax_{each}")
        lifecycle.enable(world.kernel, f"tax_{each}")
    for country, scheme, region in REGISTERED:
        register(world, country, scheme, region)
    drafts = [
        RateDraft(currency, "GBP", date(2025, 12, 1), rate) for currency, rate in POUNDS.items()
    ]
    with world.kernel.db.write() as session:
        say_rates(session, world.company.id, drafts, origin="test", actor="test")
    return world


def year(seed: int, each: int) -> list[Row]:
    """Return sales of every regime and refunds of some of them, in the order of time."""
    dice, rows = random.Random(seed), []
    for regime, (currency, routes) in ROUTES.items():
        for number in range(each):
            ref, day = f"{regime}{seed}{number}", date(2026, 1, 1) + timedelta(dice.randrange(300))
            route = routes[number % len(routes)]
            head = {**route, "Currency": currency, "Customer": f"buyer-{ref}"}
            goods = dice.sample(["MUG", "CUP"], dice.randint(1, 2))
            lines = [
                {"Code": code, "Qty": str(dice.randint(1, 3)), "Price": price_of(dice, currency)}
                for code in goods
            ]
            when = {"Date": f"{day} 12:00", "Invoice": ref}
            sold = [{**head, **line, **when} for line in lines]
            if dice.random() < 0.4:
                sold.append({**head, **when, "Code": "POST", "Price": price_of(dice, currency)})
            rows += sold
            if dice.random() < 0.4:
                back = day + timedelta(dice.randrange(1, 60))
                again = {"Invoice": f"C{ref}", "Date": f"{back} 12:00"}
                line = {**lines[0], "Qty": f"-{lines[0]['Qty']}"}
                rows.append({**head, **line, **again})
    return sorted(rows, key=lambda row: row["Date"])


def price_of(dice: random.Random, currency: str) -> str:
    if currency == "JPY":
        return str(dice.randint(300, 5000))
    return f"{dice.randint(101, 4999) / 100:.2f}"


def due(world: World, period: str) -> dict[str, int]:
    """Return what all returns of a period say is to be paid, by the money they are filed in."""
    found: dict[str, int] = {}
    with world.kernel.db.read() as session:
        for code, form in forms(session, disabled=True).items():
            wanted = DUE.get(code, ("tax",) if code.startswith("us_") else ("sales.tax",))
            filled = boxes(session, world.company.id, form, period_of(period), RATES)
            paid = sum(box.amount or 0 for box in filled if box.code in wanted)
            found[form.currency] = found.get(form.currency, 0) + paid
    return {currency: amount for currency, amount in found.items() if amount}


def control(world: World, since: str, until: str) -> dict[str, int]:
    """Return what the control accounts of taxes owe for a time, by currency."""
    rows = world.rows(
        "SELECT p.currency, -SUM(p.currency_amount) FROM ledger_posting p JOIN ledger_account a"
        " ON a.company_id = p.company_id AND a.id = p.account_id"
        f" WHERE a.code IN {CONTROL} AND p.booked_on >= '{since}' AND p.booked_on < '{until}'"
        " GROUP BY p.currency"
    )
    return {currency: int(amount) for currency, amount in rows if amount}


def assert_taxes_add_up(world: World) -> None:
    """Check lines against orders, and each line against the rates that it bears."""
    wrong = world.rows(
        "SELECT o.external_ref, o.tax_amount, SUM(l.tax_amount) FROM orders_order o"
        " JOIN orders_line l ON l.company_id = o.company_id AND l.order_id = o.id"
        " GROUP BY o.id, o.external_ref, o.tax_amount HAVING o.tax_amount <> SUM(l.tax_amount)"
    )
    assert wrong == []
    lines = world.rows(
        "SELECT l.net_amount, l.tax_amount, d.rate, d.collector, d.role FROM orders_line l"
        " JOIN tax_decision d ON d.company_id = l.company_id AND d.id = l.decision_id"
        " WHERE NOT EXISTS (SELECT 1 FROM tax_levy t WHERE t.line_id = l.id)"
    )
    for net, tax, rate, collector, role in lines:
        charged = role == "sale" and collector in ("seller", "marketplace")
        assert tax == (tax_amount(net, rate) if charged else 0)


def assert_credits_mirror_sales(world: World) -> None:
    """Check that a line that came back whole undoes its sale's tax to the cent."""
    rows = world.rows(
        "SELECT s.net_amount + r.net_amount, s.tax_amount + r.tax_amount FROM orders_line r"
        " JOIN orders_line s ON s.company_id = r.company_id AND s.id = r.original_line_id"
        " WHERE r.quantity = -s.quantity"
    )
    assert rows
    assert {tuple(row) for row in rows} == {(0, 0)}


def live(world: World, each: int, seed: int) -> None:
    """Let the year pass: half a year on an own site, half through a marketplace."""
    rows = year(seed, each)
    with world.kernel.db.write() as session:
        set_channel(session, world.company.id, "file", "own")
    bring(world, *(row for row in rows if row["Date"] < "2026-07"))
    with world.kernel.db.write() as session:
        set_channel(session, world.company.id, "file", "marketplace")
    bring(world, *(row for row in rows if row["Date"] >= "2026-07"))


def check(world: World) -> None:
    assert world.rows("SELECT waiting_for FROM stock_document WHERE waiting_for IS NOT NULL") == []
    assert_taxes_add_up(world)
    assert_credits_mirror_sales(world)
    owed = control(world, "2026-01-01", "2027-01-01")
    assert due(world, "2026") == owed
    assert owed.keys() >= {"GBP", "EUR", "NOK", "CHF", "AUD", "NZD", "SGD", "CAD", "INR", "JPY"}
    with world.kernel.db.read() as session:
        months = {form.months for form in forms(session, disabled=True).values()}
    assert months <= {1, 2, 3, 12}
    quarters = [period_around(date(2026, month, 1), 3) for month in (1, 4, 7, 10)]
    parts = [due(world, quarter.label) for quarter in quarters]
    assert [
        control(world, quarter.start.isoformat(), quarter.end.isoformat()) for quarter in quarters
    ] == parts
    assert not world.broken()


def test_the_boxes_of_a_year_are_the_control_accounts(trading: World) -> None:
    live(trading, 8, 1)
    check(trading)

    before = due(trading, "2026")
    lines = trading.rows("SELECT id, tax_amount, decision_id FROM orders_line ORDER BY id")
    for each in REGIMES:
        lifecycle.disable(trading.kernel, f"tax_{each}")
    # What was decided stays as it was, and can be declared.
    assert due(trading, "2026") == before
    assert trading.rows("SELECT id, tax_amount, decision_id FROM orders_line ORDER BY id") == lines


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 5))
def test_the_boxes_of_a_full_year(trading: World, seed: int) -> None:
    live(trading, 400, seed)
    check(trading)

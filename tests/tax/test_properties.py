"""Whatever is sold, sent and taken back: lines, orders, credit notes, returns and books agree.

The declared rounding is that of the line: its tax is its net amount times its rate, rounded half
away from zero, and an order's tax is the sum of its lines'. Every example goes on in the same
books, so that what it leaves behind is checked with all that came before it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from datetime import date
from datetime import datetime
from datetime import timedelta

import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from core.orders.record import Actor
from core.orders.shipping import ship
from core.tax.channels import set_channel
from core.tax.decision import tax_amount
from core.tax.filing import file_return
from core.tax.filing import fill_return
from core.tax.filing import form_for
from core.tax.filing import prepare_return
from core.tax.forms import period_around
from core.tax.forms import period_of
from tests.tax.test_told import ORDERED
from tests.tax.test_told import Row
from tests.tax.test_told import bring
from tests.tax.test_year import CONTROL
from tests.tax.test_year import REGIMES
from tests.tax.test_year import ROUTES
from tests.tax.test_year import assert_taxes_add_up
from tests.tax.test_year import control
from tests.tax.test_year import due
from tests.tax.test_year import trading as trading  # noqa: PLC0414 - a fixture, used by its name
from tests.world import World

FEW = max(3, settings().max_examples // 12)
_SETTINGS = settings(
    max_examples=FEW,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
_NUMBERS = itertools.count()


@dataclass(frozen=True)
class Sold:
    """A sale as it goes on: ordered on a day of the year, sent later, perhaps taken back."""

    regime: str
    route: int
    ordered: int
    waits: int
    prices: tuple[int, ...]
    units: int
    postage: int | None
    back_after: int | None
    on_marketplace: bool

    @property
    def currency(self) -> str:
        return ROUTES[self.regime][0]

    def rows(self, ref: str, year: int) -> list[Row]:
        """Return the lines of the order."""
        goods = [
            {"Code": code, "Qty": str(self.units), "Price": self.price(price)}
            for code, price in zip(("MUG", "CUP"), self.prices, strict=False)
        ]
        if self.postage is not None:
            goods.append({"Code": "POST", "Qty": "1", "Price": self.price(self.postage)})
        return [{**self.head(ref), **line, "Date": moment(year, self.ordered)} for line in goods]

    def back(self, ref: str, year: int) -> Row:
        """Return the credit note that takes the first line back whole."""
        day = self.ordered + self.waits + (self.back_after or 0)
        line = {"Code": "MUG", "Qty": f"-{self.units}", "Price": self.price(self.prices[0])}
        return {**self.head(ref), **line, "Invoice": f"C{ref}", "Date": moment(year, day)}

    def head(self, ref: str) -> Row:
        routes = ROUTES[self.regime][1]
        place = routes[self.route % len(routes)]
        return {**place, "Currency": self.currency, "Customer": ref, "Invoice": ref}

    def price(self, minor: int) -> str:
        return str(minor) if self.currency == "JPY" else f"{minor / 100:.2f}"


_SALES = st.builds(
    Sold,
    regime=st.sampled_from(REGIMES),
    route=st.integers(0, 6),
    ordered=st.integers(0, 290),
    waits=st.integers(0, 40),
    prices=st.lists(st.integers(1, 20_000), min_size=1, max_size=2).map(tuple),
    units=st.integers(1, 7),
    postage=st.none() | st.integers(1, 2000),
    back_after=st.none() | st.integers(1, 30),
    on_marketplace=st.booleans(),
)


def moment(year: int, day: int) -> str:
    return f"{date(year, 1, 1) + timedelta(days=day)} 12:00"


def choose(world: World, channel: str) -> None:
    with world.kernel.db.write() as session:
        set_channel(session, world.company.id, "file", channel)


def send(world: World, leaving: dict[str, str]) -> None:
    """Let orders leave, all of a day together."""
    ids = dict(world.rows("SELECT external_ref, id FROM orders_order WHERE kind = 'sale'"))
    for day, refs in itertools.groupby(sorted(leaving, key=leaving.__getitem__), leaving.get):
        at = datetime.fromisoformat(str(day)).replace(hour=14, tzinfo=UTC)
        with world.kernel.db.write() as session:
            order_ids = [ids[ref] for ref in refs]
            ship(session, world.company.id, order_ids, Actor("test"), at=at)


def trade(world: World, sales: list[Sold], year: int) -> dict[str, Sold]:
    """Let sales go all their way, and return them by the numbers that they got."""
    named = {f"P{next(_NUMBERS)}": sale for sale in sales}
    for channel in ("own", "marketplace"):
        some = {
            ref: sale
            for ref, sale in named.items()
            if sale.on_marketplace == (channel == "marketplace")
        }
        if not some:
            continue
        choose(world, channel)
        bring(
            world, *(row for ref, s in some.items() for row in s.rows(ref, year)), mapping=ORDERED
        )
        send(world, {ref: moment(year, s.ordered + s.waits) for ref, s in some.items()})
        if back := [s.back(ref, year) for ref, s in some.items() if s.back_after is not None]:
            bring(world, *sorted(back, key=lambda row: row["Date"]))
    return named


def declared(world: World, since: date, until: date) -> dict[str, int]:
    """Return what control accounts owe for what a time declares, by currency."""
    rows = world.rows(
        "SELECT p.currency, -SUM(p.currency_amount) FROM ledger_posting p JOIN ledger_account a"
        " ON a.company_id = p.company_id AND a.id = p.account_id LEFT JOIN tax_declared d"
        " ON d.company_id = p.company_id AND d.line_id = p.line_id AND d.entry_id = p.entry_id"
        f" AND d.decision_id = p.decision_id WHERE a.code IN {CONTROL}"
        f" AND COALESCE(d.declared_on, p.booked_on) >= '{since}'"
        f" AND COALESCE(d.declared_on, p.booked_on) < '{until}' GROUP BY p.currency"
    )
    return {currency: int(amount) for currency, amount in rows if amount}


def assert_credits_mirror(world: World) -> None:
    """Check that a line that came back whole undoes its sale to the cent, each of its taxes too."""
    lines = world.rows(
        "SELECT s.net_amount + r.net_amount, s.tax_amount + r.tax_amount FROM orders_line r"
        " JOIN orders_line s ON s.company_id = r.company_id AND s.id = r.original_line_id"
        " WHERE r.quantity = -s.quantity"
    )
    assert {tuple(row) for row in lines} <= {(0, 0)}
    levies = world.rows(
        "SELECT SUM(t.net), SUM(t.base), SUM(t.tax) FROM tax_levy t JOIN orders_line l"
        " ON l.company_id = t.company_id AND l.id = t.line_id"
        " WHERE EXISTS (SELECT 1 FROM orders_line r WHERE r.original_line_id = l.id)"
        " OR l.original_line_id IS NOT NULL"
        " GROUP BY COALESCE(l.original_line_id, l.id), t.decision_id"
    )
    assert {tuple(map(int, row)) for row in levies} <= {(0, 0, 0)}


@given(
    nets=st.lists(st.integers(-(10**9), 10**9), max_size=20),
    rate=st.integers(0, 1_000_000),
)
def test_the_tax_of_lines_is_the_tax_of_the_order_but_for_half_a_cent_each(
    nets: list[int], rate: int
) -> None:
    lines = [tax_amount(net, rate) for net in nets]
    assert [tax_amount(-net, rate) for net in nets] == [-tax for tax in lines]
    exact = sum(nets) * rate
    assert abs(sum(lines) * 1_000_000 - exact) * 2 <= len(nets) * 1_000_000


def follow_sales(trading: World) -> None:
    @_SETTINGS
    @given(sales=st.lists(_SALES, min_size=1, max_size=6))
    def live(sales: list[Sold]) -> None:
        trade(trading, sales, 2026)

        waiting = "SELECT waiting_for FROM stock_document WHERE waiting_for IS NOT NULL"
        assert trading.rows(waiting) == []
        assert_taxes_add_up(trading)
        assert_credits_mirror(trading)
        assert due(trading, "2026") == control(trading, "2026-01-01", "2027-01-01")
        quarter = period_around(date(2026, 1, 1) + timedelta(days=sales[0].ordered), 3)
        assert due(trading, quarter.label) == declared(trading, quarter.start, quarter.end)

    live()
    assert not trading.broken()


_UNION = st.builds(
    Sold,
    regime=st.just("eu"),
    route=st.integers(0, 5),
    ordered=st.integers(0, 55),
    waits=st.integers(0, 50),
    prices=st.tuples(st.integers(1, 10_000)),
    units=st.integers(1, 3),
    postage=st.none(),
    back_after=st.none() | st.integers(1, 70),
    on_marketplace=st.just(False),
)


def owed(world: World, account: str, year: int) -> int:
    """Return what was booked on an account in a year, in euros."""
    (row,) = world.rows(
        "SELECT COALESCE(-SUM(p.currency_amount), 0) FROM ledger_posting p JOIN ledger_account a"
        " ON a.company_id = p.company_id AND a.id = p.account_id WHERE a.code = :code"
        " AND p.currency = 'EUR' AND p.booked_on >= :since AND p.booked_on < :until",
        code=account, since=f"{year}-01-01", until=f"{year + 1}-01-01",
    )  # fmt: skip
    return int(row[0])


def file_all(world: World, code: str, labels: list[str]) -> int:
    """File a return for some periods one after another, and return what they come to."""
    total = 0
    for label in labels:
        period = period_of(label)
        with world.kernel.db.write() as session:
            company = world.company.id
            prepare_return(session, company, code, period, by="test")
            step = file_return(session, company, code, period, by="test", filed_on=period.end)
        total += next(each.box.amount or 0 for each in step.boxes if each.box.code == "total")
    return total


FILED = {"eu_oss": ("2320", "Q1 Q2 Q3 Q4", 1), "eu_ioss": ("2330", "01 02 03 04 05 06", 2)}
"""Returns with their accounts, the periods that are filed, and how many of them at first."""


def follow_filing(trading: World) -> None:
    years = itertools.count(2026)

    @_SETTINGS
    @given(
        code=st.sampled_from(sorted(FILED)),
        first=st.lists(_UNION, max_size=4),
        late=st.lists(_UNION, min_size=1, max_size=4),
    )
    def live(code: str, first: list[Sold], late: list[Sold]) -> None:
        year = next(years)
        account, labels, filed = FILED[code]
        periods = [f"{year}-{label}" for label in labels.split()]
        trade(trading, first, year)
        total = file_all(trading, code, periods[:filed])
        trade(trading, late, year)
        total += file_all(trading, code, periods[filed:])

        assert total == owed(trading, account, year)
        with trading.kernel.db.read() as session:
            form = form_for(session, trading.company.id, code)
            told = fill_return(session, trading.company.id, form, period_of(periods[0]))
            assert told.control.difference == 0

    live()
    assert not trading.broken()


def test_lines_orders_credit_notes_boxes_and_books_agree(trading: World) -> None:
    follow_sales(trading)


def test_filed_returns_with_their_corrections_are_the_books_of_the_year(trading: World) -> None:
    """What leaves or comes back after its period was filed is in a later return, and once."""
    follow_filing(trading)


@pytest.mark.soak
@pytest.mark.parametrize("follow", [follow_sales, follow_filing])
def test_they_agree_whatever_else_is_sold(trading: World, follow: Callable[[World], None]) -> None:
    """The same at the full count."""
    follow(trading)

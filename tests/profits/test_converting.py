"""A report in another currency adds up, says its rate, and has no figures where there is none."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.ledger.profit import ProfitReport
from core.ledger.profit import ProfitRow
from core.ledger.waterfall import PROFIT_LINES
from core.money import round_div
from core.profits.asking import ORIGINAL
from core.profits.asking import ProfitAnswer
from core.profits.asking import ProfitAsked
from core.profits.asking import ask_profit
from core.profits.converting import in_currency
from core.profits.converting import share_out
from core.rates.rate import Rate
from tests.world import World

AMOUNTS = st.integers(-(10**12), 10**12)
RATES = st.tuples(st.sampled_from(("EUR", "JPY", "KWD")), st.integers(1, 10**7)).map(
    lambda made: Rate("GBP", made[0], Fraction(made[1], 10**5), date(2024, 1, 1), "own", "")
)
LINES = st.dictionaries(st.sampled_from(PROFIT_LINES), AMOUNTS, max_size=4).map(
    lambda some: dict.fromkeys(PROFIT_LINES, 0) | some
)


@given(amounts=st.lists(AMOUNTS, max_size=9), rate=RATES)
def test_parts_add_up_and_each_is_off_by_less_than_one(amounts: list[int], rate: Rate) -> None:
    found = share_out(amounts, rate)

    assert sum(found) == rate.convert(sum(amounts))
    digits = {"EUR": 2, "JPY": 0, "KWD": 3}[rate.quote]
    for before, after in zip(amounts, found, strict=True):
        assert abs(after - before * rate.value * Fraction(10**digits, 100)) < 1


@given(rows=st.lists(LINES, min_size=1, max_size=5), rest=LINES, rate=RATES)
def test_a_report_adds_up_in_any_currency(
    rows: list[dict[str, int]], rest: dict[str, int], rate: Rate
) -> None:
    total = {name: sum(row[name] for row in (*rows, rest)) for name in PROFIT_LINES}
    made = [ProfitRow(n, str(n), "", row, "settled") for n, row in enumerate(rows)]
    report = ProfitReport("GBP", "sku", made, ProfitRow(None, "", "", rest, ""), total)

    found = in_currency(report, rate)

    assert found.currency == rate.quote
    for name in PROFIT_LINES:
        together = sum(row.lines[name] for row in found.rows) + found.rest.lines[name]
        assert together == found.total_lines[name] == rate.convert(total[name])
    assert sum(row.profit for row in found.rows) + found.not_allocated == found.total


def ask(world: World, by: str = "sku", **asked: object) -> ProfitAnswer:
    with world.kernel.db.read() as session:
        return ask_profit(session, world.company.id, ProfitAsked(by, **asked))


@pytest.fixture
def abroad(world: World) -> World:
    """Give an order in pounds and one in dollars, the books being in pounds."""
    world.stock("MUG 9 @ 2.00 on 2011-01-01")
    world.rates("USD/GBP 0.625 on 2011-02-01", "USD/GBP 0.5 on 2011-02-20")
    world.orders(
        "1001 MUG 1 @ 10.00 on 2011-02-01 to GB",
        "1002 MUG 2 @ 16.00 USD on 2011-02-02 to US",
    )
    return world


def test_figures_are_by_the_rate_of_the_last_day_or_of_another(abroad: World) -> None:
    books = ask(abroad).report
    assert books is not None
    end = date(2011, 2, 28)

    last = ask(abroad, end=end, currency="USD")
    other = ask(abroad, end=end, currency="USD", rate_on=date(2011, 2, 5))

    assert last.converted is not None
    assert last.converted.rate is not None
    assert (last.converted.day, last.converted.rate.day) == (end, date(2011, 2, 20))
    assert last.converted.rate.told == "USD/GBP 0.5 (own, 2011-02-20)"
    assert last.report is not None
    assert last.report.total == 2 * books.total
    assert other.report is not None
    assert other.report.total == round_div(books.total * 8, 5)


def test_without_a_rate_there_is_no_figure_but_the_reason(abroad: World) -> None:
    answer = ask(abroad, end=date(2011, 2, 28), currency="CHF")

    assert answer.report is None
    assert answer.converted is not None
    assert answer.converted.rate is None
    assert answer.converted.missing == ("There is no rate from GBP to CHF on or before 2011-02-28.")
    assert answer.converted.hint == "Add it: entrepot rates add GBP CHF RATE --on 2011-02-28."
    with pytest.raises(InputError, match="'XXQ' is not an ISO 4217 currency"):
        ask(abroad, currency="XXQ")


def test_amounts_in_their_own_currencies_tie_to_the_books(abroad: World) -> None:
    for by in ("sku", "order", "line", "country", "shop", "platform", "brand", "owner", "month"):
        books = ask(abroad, by).report
        found = ask(abroad, by, currency=ORIGINAL).original
        assert books is not None
        assert found is not None
        assert found.booked == books.total
        by_key: dict[str, int] = {}
        for row in found.rows:
            by_key[row.key] = by_key.get(row.key, 0) + row.booked
        profits = {row.key: row.profit for row in books.rows}
        assert {key: profit for key, profit in by_key.items() if key} == profits, by

    by_order = ask(abroad, "order", currency=ORIGINAL).original
    assert by_order is not None
    sales = {(row.key, row.currency): row.lines["sales"] for row in by_order.rows}
    assert sales["1002", "USD"] == 3200
    assert {row.currency for row in by_order.totals} == {"GBP", "USD"}


def test_what_cannot_be_shown_in_own_currencies_is_refused(abroad: World) -> None:
    with pytest.raises(InputError, match="as they were posted"):
        ask(abroad, currency=ORIGINAL, basis="order")
    with pytest.raises(InputError, match="as they were posted"):
        ask(abroad, currency=ORIGINAL, shared=True)

"""EM04: the limit of EUR 10,000 on distance sales, tested by what was really sold."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from core.kernel import lifecycle
from tests.tax.test_told import ORDERED
from tests.tax.test_told import bring
from tests.tax.test_told import decided
from tests.tax.test_told import register
from tests.tax.test_told import seller as seller  # noqa: PLC0414 - a fixture, used by its name
from tests.world import World

LOCAL, ABROAD = "origin_below_10000", "distance_sale_local"
DAYS = ("2025-12-30", "2026-01-02", "2026-03-10", "2026-12-30", "2027-06-01", "2028-06-01")


@pytest.fixture
def german(seller: World) -> World:
    """Return a seller who is established in Germany, and keeps his goods there only."""
    seller.change(
        "UPDATE kernel_company SET country = 'DE'", "UPDATE stock_warehouse SET country = 'DE'"
    )
    seller.rates(*(f"GBP/EUR 1.25 on {day}" for day in DAYS))
    return seller


def sell(world: World, ref: str, country: str, price: str, day: str = "2026-03-10") -> None:
    row = {"Invoice": ref, "Country": country, "Price": price, "Date": f"{day} 12:00"}
    bring(world, {**row, "Currency": "EUR"})


def schemes(world: World, *refs: str) -> list[str]:
    return [decided(world, ref)[0][0] for ref in refs]


def test_the_sale_that_passes_the_limit_is_the_first_taxed_where_it_arrives(german: World) -> None:
    for ref, country, price in (("1", "ES", "5000.00"), ("2", "FR", "5000.00")):
        sell(german, ref, country, price)
    sell(german, "3", "PL", "1000.00")

    assert schemes(german, "1", "2", "3") == [LOCAL, LOCAL, ABROAD]
    assert decided(german, "3")[0][1:4] == ("PL", "seller", 230_000)


def test_within_one_file_each_sale_counts_on(german: World) -> None:
    row = {"Currency": "EUR", "Date": "2026-03-10 12:00", "Price": "4000.00", "Country": "FR"}
    bring(german, *({**row, "Invoice": str(number)} for number in range(1, 5)))
    assert schemes(german, "1", "2", "3", "4") == [LOCAL, LOCAL, ABROAD, ABROAD]


def test_sales_in_another_currency_count_at_the_rate_of_their_day(german: World) -> None:
    row = {"Country": "FR", "Date": "2026-03-10 12:00"}
    # GBP 8,000 are EUR 10,000: not more than the limit.
    bring(german, {**row, "Invoice": "1", "Price": "8000.00"})
    bring(german, {**row, "Invoice": "2", "Price": "0.01"})
    assert schemes(german, "1", "2") == [LOCAL, ABROAD]


def test_the_year_after_is_over_the_limit_too_and_the_next_begins_anew(german: World) -> None:
    sell(german, "1", "FR", "10000.01", "2026-12-30")
    sell(german, "2", "FR", "10.00", "2027-06-01")
    sell(german, "3", "FR", "10.00", "2028-06-01")
    assert schemes(german, "1", "2", "3") == [ABROAD, ABROAD, LOCAL]


def test_sales_at_home_to_businesses_and_beyond_the_union_do_not_count(german: World) -> None:
    sell(german, "1", "DE", "9000.00")
    sell(german, "2", "CH", "9000.00")
    sell(german, "3", "FR", "9000.00")
    assert schemes(german, "1", "2", "3") == ["domestic", "export", LOCAL]


def test_who_opted_is_taxed_where_goods_arrive_from_the_first_sale(german: World) -> None:
    register(german, "EU", "oss")
    sell(german, "1", "FR", "10.00")
    assert schemes(german, "1") == ["union_OSS"]


def test_an_order_that_waits_is_counted_when_it_leaves(german: World) -> None:
    row = {"Currency": "EUR", "Date": "2026-03-10 12:00", "Price": "9000.00", "Country": "FR"}
    bring(german, {**row, "Invoice": "1"}, mapping=ORDERED)
    bring(german, {**row, "Invoice": "2"})
    # The first has not left, so the second is not past the limit.
    assert schemes(german, "1", "2") == [LOCAL, LOCAL]


def kept(world: World) -> list[tuple[str, str, int]]:
    rows = world.rows(
        "SELECT scheme, currency, SUM(amount) FROM tax_turnover GROUP BY scheme, currency"
    )
    return sorted((scheme, currency, int(amount)) for scheme, currency, amount in rows)


def test_what_was_sold_is_kept_by_day_and_with_what_comes_back(german: World) -> None:
    row = {"Currency": "EUR", "Country": "FR", "Customer": "eve"}
    bring(german, *({**row, "Invoice": str(n), "Price": "400.00"} for n in (1, 2)))
    bring(german, {**row, "Invoice": "9", "Country": "DE", "Customer": "at home"})
    sell(german, "3", "PL", "10000.00", "2026-03-11")
    assert kept(german) == [(ABROAD, "EUR", 10_000_00), (LOCAL, "EUR", 800_00)]
    back = {"Invoice": "C1", "Qty": "-1", "Price": "400.00", "Date": "2026-03-12 12:00"}
    bring(german, {**row, **back})
    assert kept(german) == [(ABROAD, "EUR", 10_000_00), (LOCAL, "EUR", 400_00)]
    assert not german.broken()

    german.change("UPDATE tax_turnover SET amount = amount + 1 WHERE currency = 'EUR'")
    assert any("turnover" in sentence for sentence in german.broken())


def test_to_look_at_it_costs_the_same_whatever_was_sold(german: World) -> None:
    """A batch asks as much of what concerns taxes after eighty sales as after forty."""
    asked: list[int] = []
    for number in range(3):
        statements: list[str] = []

        def note(
            _c: object, _k: object, text: str, *_: object, into: list[str] = statements
        ) -> None:
            into.append(text)

        rows = [
            {"Invoice": f"{number}-{n}", "Country": "FR", "Price": "10.00", "Currency": "EUR"}
            | {"Customer": f"{number}-{n}", "Date": "2026-03-10 12:00"}
            for n in range(40)
        ]
        sa.event.listen(sa.Engine, "before_cursor_execute", note)
        try:
            bring(german, *rows)
        finally:
            sa.event.remove(sa.Engine, "before_cursor_execute", note)
        asked.append(sum("tax_" in each for each in statements))
        assert sum("tax_turnover" in each and "SELECT" in each for each in statements) == 1
        assert not any("ledger_posting" in each and "tax_decision" in each for each in statements)
    assert asked[1] == asked[2]


def test_what_comes_back_while_the_regime_is_disabled_lessens_its_turnover_too(
    german: World,
) -> None:
    sell(german, "1", "FR", "9000.00")
    lifecycle.disable(german.kernel, "tax_eu")
    row = {"Invoice": "C1", "Country": "FR", "Price": "9000.00", "Qty": "-1"}
    bring(german, {**row, "Date": "2026-03-20 12:00", "Currency": "EUR"})
    lifecycle.enable(german.kernel, "tax_eu")

    assert not german.broken()
    sell(german, "2", "FR", "9000.00", "2026-12-30")
    assert schemes(german, "2") == [LOCAL]

"""Which rate holds on a day, and what it makes of an amount."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

import pytest

from core.errors import InputError
from core.errors import Unresolved
from core.kernel import hooks
from core.rates.finding import Rates
from core.rates.finding import rates_to
from core.rates.rate import quoted
from tests.world import World

DAY = date(2011, 2, 10)


class Published:
    """A source that quotes by the euro and stops in the middle of February."""

    name, base, days = "bank", "EUR", 7

    def points(self, currency: str, since: date, until: date) -> Sequence[tuple[date, str]]:
        known = {
            "GBP": [(date(2011, 2, 1), "0.80"), (date(2011, 2, 9), "0.82")],
            "USD": [(date(2011, 2, 1), "1.30"), (date(2011, 2, 9), "1.31")],
        }
        return [point for point in known.get(currency, ()) if since <= point[0] <= until]


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> None:
    collect = hooks.collect

    def offering(session: object, name: str, **arguments: object) -> object:
        if name == "rate_sources":
            return [("bank", Published())]
        return collect(session, name, **arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(hooks, "collect", offering)


def look(world: World, currency: str, *days: date) -> Rates:
    with world.kernel.db.read() as session:
        return rates_to(session, world.company.id, "GBP", {(currency, day) for day in days})


def found(world: World, currency: str, day: date = DAY) -> str | None:
    rate = look(world, currency, day).find(currency, day)
    return rate.told if rate is not None else None


def test_the_last_rate_on_or_before_the_day_holds(world: World) -> None:
    world.rates("EUR/GBP 0.84 on 2011-02-01", "EUR/GBP 0.85 on 2011-02-10")
    world.rates("EUR/GBP 0.86 on 2011-02-11")
    assert found(world, "EUR") == "EUR/GBP 0.85 (own, 2011-02-10)"
    assert found(world, "EUR", date(2011, 2, 9)) == "EUR/GBP 0.84 (own, 2011-02-01)"
    assert found(world, "EUR", date(2011, 1, 31)) is None
    rates = look(world, "EUR", date(2011, 2, 9), date(2011, 3, 9))
    assert [rates.require("EUR", day).value for day in (date(2011, 2, 9), date(2011, 3, 9))] == [
        Fraction(84, 100), Fraction(86, 100)
    ]  # fmt: skip


def test_a_rate_is_turned_round_and_crossed_without_losing_a_digit(world: World) -> None:
    world.rates("GBP/USD 1.6 on 2011-02-01", "USD/CNY 6.5938 on 2011-02-03")
    rates = look(world, "CNY", DAY)
    assert rates.require("CNY", DAY).value == 1 / (Fraction("6.5938") * Fraction("1.6"))
    assert rates.require("CNY", DAY).day == date(2011, 2, 1)
    assert look(world, "USD", DAY).require("USD", DAY).value == Fraction(10, 16)


def test_a_missing_rate_says_what_to_do(world: World) -> None:
    with pytest.raises(Unresolved, match="no rate from EUR to GBP on or before 2011-02-10") as seen:
        look(world, "EUR", DAY).require("EUR", DAY)
    assert "entrepot rates add EUR GBP" in seen.value.hint


def test_said_again_the_last_word_holds(world: World) -> None:
    world.rates("EUR/GBP 0.84 on 2011-02-01")
    world.rates("EUR/GBP 0.850 on 2011-02-01")
    assert found(world, "EUR") == "EUR/GBP 0.85 (own, 2011-02-01)"
    assert len(world.rows("SELECT 1 FROM rates_own")) == 1


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("EUR/EUR 1 on 2011-02-01", "always worth one"),
        ("EUR/GBP 0 on 2011-02-01", "above zero"),
        ("EUR/GBP x on 2011-02-01", "not a number"),
        ("EUR/QQQ 1 on 2011-02-01", "not an ISO 4217"),
    ],
)
def test_what_is_no_rate_is_refused(world: World, line: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        world.rates(line)


@pytest.mark.usefixtures("source")
def test_what_is_published_counts_where_the_company_says_nothing(world: World) -> None:
    assert found(world, "EUR") == "EUR/GBP 0.82 (bank, 2011-02-09)"
    assert found(world, "USD") == "EUR/USD 1.31 (bank, 2011-02-09); EUR/GBP 0.82 (bank, 2011-02-09)"
    assert look(world, "USD", DAY).require("USD", DAY).value == Fraction(82, 131)
    assert found(world, "CHF") is None
    world.rates("EUR/GBP 0.9 on 2011-02-02")
    assert found(world, "EUR") == "EUR/GBP 0.9 (own, 2011-02-02)"
    world.change("UPDATE rates_own SET since = '2010-12-01'")
    assert found(world, "EUR") == "EUR/GBP 0.82 (bank, 2011-02-09)"


@pytest.mark.usefixtures("source")
def test_a_source_that_ended_holds_for_its_days_only(world: World) -> None:
    assert found(world, "EUR", date(2011, 2, 16)) == "EUR/GBP 0.82 (bank, 2011-02-09)"
    assert found(world, "EUR", date(2011, 2, 17)) is None


def test_converting_rounds_once_and_knows_minor_digits() -> None:
    day = date(2011, 2, 1)
    assert quoted("EUR", "CNY", "7.81", day, "own").convert(1050) == 8201
    assert quoted("EUR", "CNY", "7.81", day, "own").convert(-1050) == -8201
    assert quoted("EUR", "JPY", "108.635", day, "own").convert(100) == 109
    assert quoted("JPY", "EUR", "0.0091", day, "own").convert(1000) == 910
    assert quoted("EUR", "KWD", "0.333", day, "own").convert(100) == 333

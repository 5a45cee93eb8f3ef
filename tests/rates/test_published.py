"""Documents are booked by rates that an addon publishes, and wait for what it cannot tell."""

from __future__ import annotations

from fractions import Fraction

from core.kernel import lifecycle
from core.rates.finding import rates_to
from tests.rates.test_finding import DAY
from tests.rates.test_finding import found
from tests.world import World


def enable(world: World) -> None:
    lifecycle.install(world.kernel, "rates_ecb")
    lifecycle.enable(world.kernel, "rates_ecb")


def test_a_sale_is_booked_by_the_reference_rate_of_its_day(world: World) -> None:
    enable(world)
    world.stock("MUG 5 @ 2.00 on 2011-01-01")
    # 5 February 2011 was a Saturday.
    world.orders("1001 MUG 2 @ 5.00 EUR on 2011-02-05 from ann to GB")
    entry = world.rows("SELECT rate FROM ledger_entry WHERE kind = 'sale'")[0]
    assert entry.rate == "EUR/GBP 0.8472 (ECB, 2011-02-04)"
    assert world.booked("1001")["1210"] == 1016
    assert world.broken() == []


def test_other_pairs_go_by_way_of_the_euro(world: World) -> None:
    enable(world)
    told = "EUR/USD 1.3604 (ECB, 2011-02-10); EUR/GBP 0.8478 (ECB, 2011-02-10)"
    assert found(world, "USD") == told
    with world.kernel.db.read() as session:
        rate = rates_to(session, world.company.id, "GBP", {("USD", DAY)}).require("USD", DAY)
    assert rate.value == Fraction("0.8478") / Fraction("1.3604")


def test_what_the_company_says_goes_first(world: World) -> None:
    enable(world)
    world.rates("EUR/GBP 0.9 on 2011-02-01")
    assert found(world, "EUR") == "EUR/GBP 0.9 (own, 2011-02-01)"


def test_after_the_end_of_the_file_there_is_no_rate(world: World) -> None:
    enable(world)
    assert found(world, "HRK", DAY.replace(year=2024)) is None
    assert found(world, "TWD") is None

"""The watch over thresholds: by the window that the law names, with the day of crossing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from core.kernel import lifecycle
from core.tax.limits import TaxLimit
from core.tax.sellers import add_registration
from core.tax.thresholds import CALENDAR
from core.tax.thresholds import EITHER_YEAR
from core.tax.thresholds import ROLLING
from core.tax.thresholds import SalesWindow
from core.tax.thresholds import Threshold
from core.tax.watching import Sales
from core.tax.watching import Watched
from core.tax.watching import _crossing
from core.tax.watching import _is_over
from core.tax.watching import keep_watch
from core.tax.watching import thresholds
from core.tax.watching import watch
from core.tax.watching import watched
from tests.world import World


def near(world: World, day: date) -> dict[str, Watched]:
    with world.kernel.db.read() as session:
        return {each.code: each for each in watch(session, world.company.id, day)}


def test_british_turnover_is_that_of_twelve_months_and_has_no_limit_before_2017(
    world: World,
) -> None:
    world.stock("MUG 100000 @ 2.00 on 2025-01-31")
    world.orders(
        "1 MUG 1000 @ 40.00 on 2025-02-10 from ann to GB",
        "2 MUG 1000 @ 30.00 on 2025-11-10 from bob to GB",
        "3 MUG 100 @ 50.00 on 2026-01-05 from cat to US",
        "C4 MUG -100 @ 30.00 on 2026-01-20 from bob to GB",
    )

    assert near(world, date(2016, 1, 31)) == {}
    january = near(world, date(2026, 1, 31))["gb_registration"]
    # 40 000 + 30 000, an export of 5 000, and 3 000 that came back.
    assert (january.amount, january.limit, january.orders) == (7_200_000, 9_000_000, 3)
    # What was sold last February is outside of the twelve months that end with this one.
    february = near(world, date(2026, 2, 28))["gb_registration"]
    assert february.amount == 3_200_000
    assert (february.state, february.crosses_on) == ("below", None)


def test_the_day_of_crossing_follows_from_the_last_three_months(world: World) -> None:
    world.stock("MUG 100000 @ 2.00 on 2025-01-31")
    world.orders(
        "1 MUG 100 @ 300.00 on 2026-01-10 from ann to GB",
        "2 MUG 100 @ 300.00 on 2026-02-10 from ann to GB",
        "3 MUG 100 @ 300.00 on 2026-03-10 from ann to GB",
    )

    # 1000 a day: 90 000 are reached on the last of March and crossed the day after.
    found = near(world, date(2026, 3, 31))["gb_registration"]
    assert (found.state, found.crosses_on) == ("near", date(2026, 4, 1))
    with world.kernel.db.write() as session:
        add_registration(session, world.company.id, "GB", "local", since=date(2026, 1, 1))
    assert near(world, date(2026, 3, 31))["gb_registration"].state == "registered"
    world.orders("4 MUG 1 @ 1.00 on 2026-03-31 from ann to GB")
    with world.kernel.db.write() as session:
        keep_watch(session, world.company.id, date(2026, 3, 31))
        kept = keep_watch(session, world.company.id, date(2026, 3, 31))
        assert watched(session, world.company.id) == kept


def test_distance_sales_of_a_seller_from_abroad_have_no_threshold(world: World) -> None:
    world.stock("MUG 10 @ 2.00 on 2025-01-31")
    lifecycle.install(world.kernel, "tax_eu")
    lifecycle.enable(world.kernel, "tax_eu")
    with world.kernel.db.read() as session:
        held = {each.code for each in thresholds(session) if each.sellers("GB")}
        there = {each.code for each in thresholds(session) if each.sellers("DE")}
    assert {"eu_distance_sales_abroad", "gb_registration"} <= held
    assert {"eu_distance_sales", "gb_overseas"} <= there
    assert not held & {"eu_distance_sales", "gb_overseas"}


LIMIT = TaxLimit(date(2020, 1, 1), 1000, "EUR", "a law")


@pytest.mark.parametrize(
    ("window", "day", "start"),
    [
        (ROLLING, date(2026, 3, 5), date(2025, 4, 1)),
        (CALENDAR, date(2026, 3, 5), date(2026, 1, 1)),
        (SalesWindow("year", first_month=4), date(2026, 3, 31), date(2025, 4, 1)),
        (SalesWindow("year", first_month=4), date(2026, 4, 1), date(2026, 4, 1)),
    ],
)
def test_a_window_begins_where_the_law_says(window: SalesWindow, day: date, start: date) -> None:
    assert window.start(day) == start


def test_a_year_that_ends_lets_what_was_sold_in_it_go() -> None:
    sales = Sales({date(2026, 10, 1): 276, date(2026, 11, 1): 276, date(2026, 12, 1): 276},
                  {date(2026, month, 1): 1 for month in (10, 11, 12)})  # fmt: skip
    today = date(2026, 12, 31)

    def crossing(window: SalesWindow) -> date | None:
        made = Threshold("x", "X", "DE", [LIMIT], lambda _: True, window)
        return _crossing(made, LIMIT, sales, today)

    # 828 in 92 days are 9 a day: 172 more need 20 days, or 112 days of a year that begins anew.
    assert crossing(ROLLING) == date(2027, 1, 20)
    assert crossing(CALENDAR) == date(2027, 4, 22)
    assert crossing(EITHER_YEAR) == date(2027, 4, 22)


@pytest.mark.parametrize(
    ("amount", "orders", "both", "over"),
    [(1000, 0, False, False), (1001, 0, False, True), (0, 200, False, True),
     (1001, 199, True, False), (1001, 200, True, True)],
)  # fmt: skip
def test_some_states_count_orders_too(amount: int, orders: int, both: bool, over: bool) -> None:
    limit = TaxLimit(date(2020, 1, 1), 1000, "USD", "a law", sales=200, both=both)
    assert _is_over(limit, amount, orders) is over


def test_every_regime_names_its_threshold(world: World) -> None:
    for addon in ("au", "ca", "ch", "eu", "in", "jp", "no", "nz", "sg", "us"):
        lifecycle.install(world.kernel, f"tax_{addon}")
        lifecycle.enable(world.kernel, f"tax_{addon}")
    with world.kernel.db.read() as session:
        known = {each.code: each.limit_on(date(2026, 11, 1)) for each in thresholds(session)}
    amounts = {
        code: Decimal(limit.amount).scaleb(0 if limit.currency == "JPY" else -2)
        for code, limit in known.items()
        if limit
    }
    assert amounts["eu_distance_sales"] == 10_000
    assert amounts["gb_registration"] == 90_000
    assert amounts["gb_overseas"] == 0
    assert amounts["au_registration"] == 75_000
    assert amounts["nz_registration"] == 60_000
    assert amounts["no_registration"] == 50_000
    assert amounts["ch_registration"] == amounts["ch_mail_order"] == 100_000
    assert (amounts["sg_registration"], amounts["sg_ovr"]) == (1_000_000, 100_000)
    assert amounts["ca_registration"] == 30_000
    assert amounts["jp_registration"] == 10_000_000
    assert amounts["us_tx_nexus"] == amounts["us_ca_nexus"] == 500_000
    assert amounts["in_registration"] == 4_000_000
    with world.kernel.db.read() as session:
        windows = {each.code: each.window for each in thresholds(session)}
    # By law: the year before counts too, the running year, a year from April, twelve months.
    assert windows["eu_distance_sales"] == EITHER_YEAR
    calendar = ("ch_registration", "ch_mail_order", "sg_registration", "sg_ovr", "jp_registration")
    assert {windows[code] for code in calendar} == {CALENDAR}
    assert windows["in_registration"] == SalesWindow("year", first_month=4)
    rolling = ("gb_registration", "au_registration", "nz_registration", "no_registration")
    assert {windows[code].kind for code in (*rolling, "ca_registration")} == {"rolling"}


UNTAXED = {"AK", "DE", "MT", "NH", "OR"}
"""The states without a sales tax of their own."""


def test_every_state_with_a_sales_tax_has_its_threshold(world: World) -> None:
    lifecycle.install(world.kernel, "tax_us")
    lifecycle.enable(world.kernel, "tax_us")
    with world.kernel.db.read() as session:
        known = [each for each in thresholds(session) if each.code.startswith("us_")]
    today = date(2026, 11, 1)
    limits = {each.jurisdiction.removeprefix("US-"): each.limit_on(today) for each in known}
    assert not UNTAXED & limits.keys()
    assert len(limits.keys() - {"PR"}) == 46
    for limit in limits.values():
        assert limit is not None
        assert 100_000_00 <= limit.amount <= 500_000_00
        assert limit.currency == "USD"
        assert limit.source

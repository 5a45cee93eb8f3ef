"""The bridge of two periods adds up, whatever they sold; each effect is what its name says."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from core.ledger.bridge import Period
from core.ledger.bridge import bridge_estimates
from core.ledger.bridge import bridge_periods
from core.ledger.bridge import decompose
from core.ledger.bridge import rounded
from core.ledger.waterfall import PROFIT_LINES
from tests.world import World

LINES = st.dictionaries(st.sampled_from(PROFIT_LINES), st.integers(-(10**9), 10**9), max_size=5)
PERIODS = st.builds(
    Period,
    st.dictionaries(st.integers(0, 4), LINES, max_size=5),
    st.dictionaries(st.integers(1, 4), st.integers(-3, 500), max_size=4),
)


def effects(before: Period, after: Period) -> dict[str, int]:
    return {name: amount for name, amount in decompose(before, after).effects.items() if amount}


@given(before=PERIODS, after=PERIODS)
def test_effects_add_up_to_the_difference(before: Period, after: Period) -> None:
    found = decompose(before, after)

    assert found.before + sum(found.effects.values()) == found.after == after.profit


@given(period=PERIODS)
def test_nothing_changes_between_a_period_and_itself(period: Period) -> None:
    assert effects(period, period) == {}


@given(lines=LINES, units=st.integers(1, 50), times=st.integers(2, 9))
def test_more_of_the_same_is_volume(lines: dict[str, int], units: int, times: int) -> None:
    grown = {name: times * amount for name, amount in lines.items()}
    found = effects(Period({1: lines}, {1: units}), Period({1: grown}, {1: times * units}))

    change = (times - 1) * sum(lines.values())
    assert found == ({"volume": change} if change else {})


def test_each_effect_is_what_its_name_says() -> None:
    before = Period(
        {1: {"sales": 1000, "cogs": -400}, 2: {"sales": 300}, 0: {"overhead": -50}}, {1: 10, 2: 10}
    )
    after = Period(
        {
            1: {"sales": 2200, "cogs": -900, "fees": -20},
            3: {"sales": 70},
            0: {"overhead": -80},
            4: {"ads": -5},
        },
        {1: 20, 3: 7},
    )

    assert effects(before, after) == {
        "volume": 600,  # ten more at 60
        "price": 200,  # 20 × (110 - 100)
        "cost": -100,  # 20 × (45 - 40)
        "fees": -20,
        "assortment": -230,  # 70 of the new one, less 300 of the old one
        "other_overhead": -30,
        "other_marketing": -5,
    }


def test_mix_is_what_sold_in_another_proportion() -> None:
    before = Period({1: {"sales": 100}, 2: {"sales": 500}}, {1: 10, 2: 10})
    after = Period({1: {"sales": 50}, 2: {"sales": 750}}, {1: 5, 2: 15})

    assert effects(before, after) == {"mix": 200}


def test_rounding_is_half_away_from_zero() -> None:
    assert [rounded(amount, 2) for amount in (3, -3, 2, 1, -1, 0)] == [2, -2, 1, 1, -1, 0]


def test_books_are_bridged(world: World) -> None:
    world.stock("MUG 9 @ 2.00 on 2010-11-29")
    world.orders(
        "1001 MUG 2 @ 10.00 on 2011-01-31 from ann",
        "1002 MUG 3 @ 11.00 on 2011-02-03 from bob",
        "1002 FEE 1 @ -1.50 on 2011-02-03 from bob",
    )
    january = (date(2011, 1, 1), date(2011, 1, 31))
    february = (date(2011, 2, 1), date(2011, 2, 28))

    with world.kernel.db.read() as session:
        found = bridge_periods(session, world.company.id, january, february)

    assert (found.before, found.after) == (1600, 2550)
    assert {name: amount for name, amount in found.effects.items() if amount} == {
        "volume": 800,
        "price": 300,
        "other_fees": -150,
    }


def test_an_estimate_and_what_came_since_are_what_is_now(world: World) -> None:
    world.stock("MUG 9 @ 2.00 on 2010-11-29")
    world.orders("1001 MUG 2 @ 10.00 on 2011-01-31 from ann")
    world.orders("C1001 MUG -1 @ 10.00 on 2011-02-03 from ann")

    with world.kernel.db.read() as session:
        found = bridge_estimates(session, world.company.id, date(2011, 1, 1), date(2011, 1, 31))
        nothing = bridge_estimates(session, world.company.id, date(2011, 3, 1))

    assert {k: v for k, v in found.estimated.items() if v} == {"sales": 2000, "cogs": -400}
    assert {k: v for k, v in found.since.items() if v} == {"refunds": -1000, "cogs": 200}
    assert sum(found.now.values()) == 800
    assert not any(nothing.now.values())

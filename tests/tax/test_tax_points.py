"""On which day a sale is taxed: tables of tax points, and rates that changed under real orders."""

from __future__ import annotations

import tomllib
from contextlib import suppress
from datetime import UTC
from datetime import date
from datetime import datetime

import pytest

from addons.tax_au.regime import AuGst
from core.errors import Conflict
from core.errors import InputError
from core.kernel import lifecycle
from core.orders.record import Actor
from core.orders.shipping import ship
from core.orders.waiting import post_waiting
from core.tax.channels import set_channel
from core.tax.facts import TaxFacts
from core.tax.goods import GoodsNote
from core.tax.goods import note_goods
from core.tax.points import TaxPoints
from core.tax.points import tax_points
from core.tax.rates import RateTable
from core.tax.rates import rate_table
from core.tax.sellers import add_registration
from tests.tax.test_told import ORDERED
from tests.tax.test_told import Row
from tests.tax.test_told import bring
from tests.tax.test_told import decided
from tests.tax.test_year import REGIMES
from tests.world import World

TABLE = """
[default]
rate = "dispatch"
period = "first of payment, invoice, dispatch"
source = "law A"

[early]
rate = "payment"
period = "payment"
source = "law B"

[majority]
rate = "middle of payment, invoice, dispatch"
period = "first of invoice, dispatch"
source = "law C"
"""

LEFT = date(2030, 6, 15)
BEFORE, AFTER = date(2030, 6, 14), date(2030, 6, 16)


def fact(paid_on: date | None = None, invoiced_on: date | None = None) -> TaxFacts:
    return TaxFacts(LEFT, "SG", "SG", "SG", "shop", paid_on=paid_on, invoiced_on=invoiced_on)


@pytest.mark.parametrize(
    ("scheme", "paid_on", "invoiced_on", "rate", "period"),
    [
        ("any other", BEFORE, None, LEFT, BEFORE),
        ("any other", AFTER, None, LEFT, LEFT),
        ("any other", None, BEFORE, LEFT, BEFORE),
        ("early", BEFORE, AFTER, BEFORE, BEFORE),
        ("early", AFTER, BEFORE, AFTER, AFTER),
        ("early", None, BEFORE, LEFT, LEFT),
        ("majority", BEFORE, None, LEFT, LEFT),
        ("majority", BEFORE, BEFORE, BEFORE, BEFORE),
        ("majority", AFTER, AFTER, AFTER, LEFT),
        ("majority", BEFORE, AFTER, LEFT, LEFT),
    ],
)
def test_the_law_says_which_day_counts(
    scheme: str, paid_on: date | None, invoiced_on: date | None, rate: date, period: date
) -> None:
    points = TaxPoints(tomllib.loads(TABLE))
    sale = fact(paid_on, invoiced_on)
    assert (points.rate_day(sale, scheme), points.period_day(sale, scheme)) == (rate, period)
    assert points.schemes() == ["early", "majority"]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("order", "names no day of a sale"),
        ("first of payment", "names no day of a sale"),
        ("payment, dispatch", "names no day of a sale"),
        ("middle of payment, dispatch", "names no day of a sale"),
        ("first of payment, payment", "names no day of a sale"),
        ("", "names no day of a sale"),
    ],
)
def test_a_rule_that_names_no_day_is_refused(rule: str, words: str) -> None:
    row = {"rate": rule, "period": "dispatch", "source": "law"}
    with pytest.raises(InputError, match=words) as caught:
        TaxPoints({"default": row}, "sample")
    assert caught.value.where == "sample: default"


@pytest.mark.parametrize("missing", ["rate", "period", "source"])
def test_a_tax_point_says_all_and_why(missing: str) -> None:
    row = {"rate": "dispatch", "period": "dispatch", "source": "law"}
    with pytest.raises(InputError, match=missing):
        TaxPoints({"default": {name: said for name, said in row.items() if name != missing}})
    with pytest.raises(InputError, match="'default'"):
        TaxPoints({"other": row})


@pytest.mark.parametrize("regime", REGIMES)
def test_every_regime_says_its_tax_points_with_their_law(regime: str) -> None:
    points = tax_points(f"addons.tax_{regime}")
    assert all(len(points.of(scheme).source) > 10 for scheme in ("", *points.schemes()))


# Rates that changed: the orders of the last day of the old one, shipped on the first of the new.

PLACES: dict[str, Row] = {
    "ca": {"Country": "CA", "From": "CA", "State": "NS"},
    "in": {"Country": "IN", "From": "IN", "FromState": "MH", "State": "KA"},
    "us": {"Country": "US", "From": "US", "State": "SD"},
}
CHANGES = {
    "uk": ("2011-01-03", "2011-01-04", 175_000, 200_000),
    "no": ("2011-12-31", "2012-01-01", 140_000, 150_000),
    "ch": ("2023-12-31", "2024-01-01", 77_000, 81_000),
    "au": ("2031-06-30", "2031-07-01", 100_000, 120_000),
    "nz": ("2010-09-30", "2010-10-01", 125_000, 150_000),
    "sg": ("2023-12-31", "2024-01-01", 80_000, 90_000),
    "ca": ("2025-03-31", "2025-04-01", 150_000, 140_000),
    "in": ("2025-09-21", "2025-09-22", 280_000, 180_000),
    "jp": ("2019-09-30", "2019-10-01", 80_000, 100_000),
    "us": ("2023-06-30", "2023-07-01", 45_000, 42_000),
}
"""The last day of a rate, the first of the next one, and both; Australia's is the test's own."""

EVENTS = {
    "paid": {},
    "billed": {"Paid": "new", "Billed": "old"},
    "both": {"Paid": "old", "Billed": "old"},
    "unpaid": {"Paid": "new"},
    "gone": {"Left": "old"},
}
"""What happens to an order of the last old day before it leaves on the first new one."""

OLD_AFTER = {
    # A payment or an invoice before the supply fixes the rate.
    "uk": {"paid", "billed", "both", "gone"},
    "au": {"paid", "billed", "both", "gone"},
    "nz": {"paid", "billed", "both", "gone"},
    "ca": {"paid", "billed", "both", "gone"},
    # An invoice alone does not, where neither payment nor delivery came before the change.
    "sg": {"paid", "both", "gone"},
    # Two of supply, invoice and payment.
    "in": {"both", "gone"},
    # The day of the supply alone.
    "no": {"gone"}, "ch": {"gone"}, "jp": {"gone"}, "us": {"gone"},
}  # fmt: skip
"""Which of them bear the old rate."""

AUSTRALIA = """
[[AU.standard]]
from = 2000-07-01
percent = "10"
source = "GST Act 1999, s. 9-70"

[[AU.standard]]
from = 2031-07-01
percent = "12"
source = "made up for this test"
"""


@pytest.fixture
def selling(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return a seller who sells at home in all the regimes, for long."""
    monkeypatch.setattr(AuGst, "rates", RateTable(tomllib.loads(AUSTRALIA)))
    skus = {"MUG", "FOOD", "DEAR"}
    world.stock(*(f"{sku} 1000 @ 0.01 on 2010-09-01" for sku in sorted(skus)))
    for each in REGIMES:
        with suppress(Conflict):
            lifecycle.install(world.kernel, f"tax_{each}")
        lifecycle.enable(world.kernel, f"tax_{each}")
    with world.kernel.db.write() as session:
        company = world.company.id
        set_channel(session, company, "file", "own")
        note_goods(
            session, company, [GoodsNote("FOOD", "", "food"), GoodsNote("DEAR", "", "gst_28")]
        )
        for country in ("NO", "CH", "AU", "NZ", "SG", "CA", "IN", "JP"):
            add_registration(session, company, country, "local", since=date(2000, 1, 1))
    return world


def orders_of(regime: str) -> list[Row]:
    """Return an order of the last old day for each way in which it may go on."""
    old, new, *_ = CHANGES[regime]
    home = {"uk": "GB"}.get(regime, regime.upper())
    place = PLACES.get(regime, {"Country": home, "From": home})
    code = {"no": "FOOD", "in": "DEAR"}.get(regime, "MUG")
    day = {"old": f"{old} 00:00", "new": f"{new} 00:00"}
    return [
        {
            **place,
            "Invoice": f"{regime}-{event}",
            "Code": code,
            "Customer": f"{regime}-{event}",
            "Date": f"{old} 09:00",
            **{name: day[when] for name, when in events.items() if name != "Left"},
        }
        for event, events in EVENTS.items()
    ]


def send(world: World, refs: dict[str, datetime]) -> None:
    """Let orders leave, each at its time."""
    ids = dict(world.rows("SELECT external_ref, id FROM orders_order WHERE kind = 'sale'"))
    by_time: dict[datetime, list[int]] = {}
    for ref, at in refs.items():
        by_time.setdefault(at, []).append(ids[ref])
    for at, order_ids in sorted(by_time.items()):
        with world.kernel.db.write() as session:
            ship(session, world.company.id, order_ids, Actor("test"), at=at)


def leaving(regime: str) -> dict[str, datetime]:
    old, new, *_ = CHANGES[regime]
    return {
        f"{regime}-{event}": datetime.fromisoformat(old if "Left" in events else new).replace(
            hour=12, tzinfo=UTC
        )
        for event, events in EVENTS.items()
    }


def test_a_rate_that_changes_during_an_orders_life_is_that_of_the_tax_point(
    selling: World,
) -> None:
    at_home = [regime for regime in CHANGES if regime != "us"]
    bring(selling, *(row for regime in at_home for row in orders_of(regime)), mapping=ORDERED)
    with selling.kernel.db.write() as session:
        set_channel(session, selling.company.id, "file", "marketplace")
    # In South Dakota the platform collects: the state's own rate is known without a place.
    bring(selling, *orders_of("us"), mapping=ORDERED)
    send(selling, leaving("us"))
    with selling.kernel.db.write() as session:
        set_channel(session, selling.company.id, "file", "own")
    send(selling, {ref: at for regime in at_home for ref, at in leaving(regime).items()})

    found = {
        f"{regime}-{event}": [row[3] for row in decided(selling, f"{regime}-{event}")]
        for regime in CHANGES
        for event in EVENTS
    }
    # In India the class of the old rate is gone with it, and what bears the new one must say so.
    late = [f"in-{event}" for event in EVENTS if event not in OLD_AFTER["in"]]
    waiting = selling.rows("SELECT waiting_for FROM stock_document WHERE waiting_for IS NOT NULL")
    assert len(waiting) == len(late)
    assert all("had no gst_28 rate on 2025-09-22" in row[0] for row in waiting)
    with selling.kernel.db.write() as session:
        note_goods(session, selling.company.id, [GoodsNote("DEAR", "", "standard")])
        assert post_waiting(session, selling.company.id).posted == len(late)
    found |= {ref: [row[3] for row in decided(selling, ref)] for ref in late}

    assert found == {
        f"{regime}-{event}": [old if event in OLD_AFTER[regime] else new]
        for regime, (_, _, old, new) in CHANGES.items()
        for event in EVENTS
    }
    assert not selling.broken()


@pytest.mark.parametrize("regime", [each for each in CHANGES if each not in {"au", "us"}])
def test_the_changes_are_those_of_the_law(regime: str) -> None:
    old, new, before, after = CHANGES[regime]
    place, kind = {
        "uk": ("GB", "standard"), "no": ("NO", "food"), "ca": ("CA-NS", "hst"),
        "in": ("IN", "gst_28"),
    }.get(regime, (regime.upper(), "standard"))  # fmt: skip
    table = rate_table(f"addons.tax_{regime}")
    assert table.on(place, kind, date.fromisoformat(old)).rate == before
    later = "standard" if regime == "in" else kind
    assert table.on(place, later, date.fromisoformat(new)).rate == after


def test_what_customs_collect_bears_the_rate_of_the_border(selling: World) -> None:
    selling.rates("GBP/SGD 1.68 on 2024-01-01", "GBP/SGD 1.68 on 2023-12-31")
    row = {"Country": "SG", "From": "US", "Price": "900.00", "Date": "2023-12-31 09:00"}
    bring(selling, {**row, "Invoice": "1"}, mapping=ORDERED)
    send(selling, {"1": datetime(2024, 1, 1, 12, tzinfo=UTC)})
    assert [(each[0], each[3]) for each in decided(selling, "1")] == [("import_high_value", 90_000)]

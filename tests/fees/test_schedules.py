"""Fee schedules: shares by category, amounts by size tier, each from its day on."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from addons.amazon_settlements.pack import amazon_schedules
from addons.statement_files.packs import schedules
from core.config import ROOT
from core.errors import InputError
from core.fees.facts import FeeFacts
from core.fees.schedules import FeeSchedule
from core.fees.schedules import read_schedule
from core.fees.schedules import schedule_on

SHARED = Path(os.environ.get("ENTREPOT_SHARED") or ROOT.parent / "shared")
CARDS = SHARED / "data" / "fees" / "amazon_fee_schedules.json"

MUG = FeeFacts(
    line_id=1, shop_id=1, platform="amazon", market="GB", fulfilment="platform", category="Books",
    sku_id=1, sku="MUG", day=date(2026, 3, 1), currency="GBP", quantity=1, goods=3000, charges=0,
    discounts=0, subsidy=0, tax=500, first=True, order_price=3000,
)  # fmt: skip


def schedule(platform: str, market: str, day: date = date(2026, 10, 1)) -> FeeSchedule:
    found = schedule_on([*amazon_schedules(), *schedules()], platform, market, day)
    assert found is not None
    return found


def fees(found: FeeSchedule, facts: FeeFacts) -> dict[str, int | None]:
    return {fee.account: fee.cost(facts) for fee in found.fees}


def sized(facts: FeeFacts, grams: int, *sides: int) -> FeeFacts:
    assert len(sides) == 3
    return replace(facts, weight_grams=grams, sides_mm=(sides[0], sides[1], sides[2]))


@pytest.mark.parametrize(
    ("market", "price", "grams", "sides", "fee"),
    [
        ("US", 2500, 85, (200, 100, 15), 342),
        ("US", 999, 85, (200, 100, 15), 249),
        ("US", 6000, 272, (150, 120, 70), 446),
        ("US", 3000, 952, (250, 150, 100), 592),
        ("US", 3000, 2313, (300, 200, 100), 769),
        ("US", 8000, 5579, (600, 200, 100), 1211),
        ("GB", 3000, 450, (200, 150, 100), 304),
        ("GB", 1500, 390, (200, 100, 90), 270),
    ],
)
def test_a_unit_costs_what_its_tier_says(
    market: str, price: int, grams: int, sides: tuple[int, int, int], fee: int
) -> None:
    facts = replace(sized(MUG, grams, *sides), goods=price, tax=0, category="Toys and Games")
    assert fees(schedule("amazon", market), facts)["6020"] == fee
    three = replace(facts, quantity=3, goods=3 * price)
    assert fees(schedule("amazon", market), three)["6020"] == 3 * fee


@pytest.mark.skipif(not CARDS.is_file(), reason=f"there is no {CARDS}")
def test_the_tables_say_what_the_transcribed_cards_say() -> None:
    """Every step of every tier, just at its limit: an error of typing would be seen."""
    cards: dict[str, Any] = json.loads(CARDS.read_text(encoding="utf-8"))
    us, uk = cards["fba"][:2]
    tiers = {t.name: t for f in schedule("amazon", "US").fees for t in getattr(f, "tiers", ())}
    for name, key in (("Small Standard-Size", "small"), ("Large Standard-Size", "large")):
        steps = us[f"{key}_standard_by_max_oz"]
        for step, (_, said) in zip(tiers[name].steps, steps, strict=False):
            assert step.fees == tuple(round(100 * fee) for fee in said.values())
    tiers = {t.name: t for f in schedule("amazon", "GB").fees for t in getattr(f, "tiers", ())}
    for name, steps in uk["standard_fee_by_max_g"].items():
        assert [(int(s.upto), s.fees[1]) for s in tiers[name].steps] == [
            (grams, round(100 * fee)) for grams, fee in steps
        ]
    rates = next(f for f in schedule("amazon", "US").fees if f.account == "6000")
    for category, said in cards["referral"][0]["percent"].items():
        first = said[0][1] if isinstance(said, list) else said
        cheap = replace(MUG, goods=1000, tax=0, category=category, currency="USD")
        assert rates.cost(cheap) == max(first * 10, 30), category


def test_what_the_table_cannot_tell_is_no_estimate() -> None:
    found = schedule("amazon", "GB")
    assert fees(found, MUG) == {"6000": 450, "6020": None}
    assert fees(found, replace(MUG, category="Unheard of"))["6000"] is None
    assert fees(found, sized(MUG, 40_000, 2000, 2000, 2000))["6020"] is None


def test_shares_go_by_bands_of_the_price_or_by_portions_of_it() -> None:
    gb = schedule("amazon", "GB")

    def commission(category: str, price: int, quantity: int = 1) -> int | None:
        facts = replace(MUG, category=category, goods=price, quantity=quantity)
        return fees(gb, facts)["6000"]

    # A band holds for the whole price, its limit included.
    assert commission("Baby Products", 1000) == 80
    assert commission("Baby Products", 1001) == 150
    # A portion holds for its part of the price of each unit.
    assert commission("Watches", 30_000) == 22_500 * 15 // 100 + 7_500 * 5 // 100
    assert commission("Watches", 60_000, quantity=2) == 2 * (3375 + 375)
    assert commission("Clothing and Accessories", 5000) == 4000 * 15 // 100 + 1000 * 7 // 100
    # There is a least fee for each unit, and none where nothing was paid.
    assert commission("Books", 300, quantity=3) == 75
    assert commission("Books", 0) == 0


def test_the_base_is_what_the_platform_says_it_is() -> None:
    discounted = replace(MUG, goods=3000, charges=300, discounts=-600, subsidy=-240, tax=400)
    # Amazon in Great Britain: all that is paid, tax included; in the United States without tax.
    assert fees(schedule("amazon", "GB"), discounted)["6000"] == round(2460 * 0.15)
    assert fees(schedule("amazon", "US"), discounted)["6000"] == round(2060 * 0.15)
    # A discount that TikTok pays raises the base: the buyer pays 2400, TikTok 300.
    paid = replace(MUG, goods=2400, charges=0, subsidy=300, platform="tiktok", category="")
    assert fees(schedule("tiktok", "GB"), paid)["6000"] == round(2700 * 0.09)
    assert fees(schedule("tiktok", "US"), paid)["6000"] == round(2200 * 0.06)
    electronics = replace(paid, category="electronics")
    assert fees(schedule("tiktok", "GB"), electronics)["6000"] == round(2700 * 0.05)


def test_what_is_charged_for_an_order_is_charged_once() -> None:
    ebay = [fee for fee in schedule("ebay", "US").fees if getattr(fee, "per", "") == "order"]
    assert [fee.cost(replace(MUG, order_price=1000)) for fee in ebay] == [30]
    assert [fee.cost(replace(MUG, order_price=1001)) for fee in ebay] == [40]
    assert [fee.cost(replace(MUG, first=False)) for fee in ebay] == [0]


def test_a_platform_keeps_part_of_what_it_gives_back_up_to_an_amount() -> None:
    kept = schedule("amazon", "US").refund
    assert kept is not None
    assert (kept.cost(450, 1), kept.cost(10_000, 1), kept.cost(10_000, 3)) == (90, 500, 1500)


def test_a_schedule_holds_from_its_day_to_its_end() -> None:
    text = re.sub(r"since = .*", "since = 2026-10-15\nuntil = 2027-01-14", MINIMAL)
    peak = read_schedule(text.replace("percent = 10", "percent = 20"))
    usual = read_schedule(MINIMAL)
    for day, rate in (
        ("2026-10-14", 10),
        ("2026-10-15", 20),
        ("2027-01-14", 20),
        ("2027-01-15", 10),
    ):
        found = schedule_on([peak, usual], "test", "GB", date.fromisoformat(day))
        assert found is not None
        assert fees(found, MUG)["6000"] == rate * 30
    assert schedule_on([peak, usual], "test", "GB", date(2025, 12, 31)) is None
    assert schedule_on([peak, usual], "test", "US", date(2026, 12, 31)) is None


MINIMAL = """
platform = "test"
market = "GB"
currency = "GBP"
version = "1"
since = 2026-01-01
source = "made up"
[[rate]]
account = "6000"
base = "price"
[rate.categories]
"*" = [{percent = 10}]
"""


@pytest.mark.parametrize(
    ("part", "instead"),
    [
        ('version = "1"', ""),
        ("since = 2026-01-01", 'since = "2026"'),
        ('base = "price"', 'base = "weight"'),
        ("percent = 10", "percent = 110"),
        ("[[rate]]", "[[fixed]]"),
        ("2026-01-01", "2026-01-01 and then"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(part: str, instead: str) -> None:
    with pytest.raises(InputError, match="fee schedule cannot be used"):
        read_schedule(MINIMAL.replace(part, instead), name="test.toml")

"""The Union's rules: who pays which state's VAT, by place, day, channel and buyer."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addons.tax_eu.forms import RETURNS
from addons.tax_eu.regime import EuVat
from core.api import Consignment
from core.api import Goods
from core.api import InputError
from core.api import Levy
from core.api import Registration
from core.api import Seller
from core.api import TaxDecision
from core.api import TaxFacts

DAY = date(2026, 3, 10)
OSS = Registration("EU", "oss")
IOSS = Registration("EU", "ioss")


def sale(ship_from: str, ship_to: str, home: str = "DE", /, **others: object) -> TaxFacts:
    fact = TaxFacts(DAY, ship_from, ship_to, home, "shop", channel="own")
    return replace(fact, **others)  # type: ignore[arg-type]


def parcel(ship_to: str, *nets: int, hs6: str = "842310", **others: object) -> TaxFacts:
    goods = tuple(Goods(net, hs6=hs6) for net in nets)
    known = {"net": nets[0], "hs6": hs6, "consignment": Consignment("EUR", goods)}
    return sale("CN", ship_to, "CN", **{**known, **others})


def levies(fact: TaxFacts) -> list[Levy]:
    (answer,) = EuVat().decide([fact])
    assert answer is not None
    if isinstance(answer, TaxDecision):
        return [Levy(answer)]
    return [each for each in answer if isinstance(each, Levy)]


def decided(fact: TaxFacts) -> TaxDecision:
    return levies(fact)[0].decision


def short(fact: TaxFacts) -> tuple[str, str, str, int, str]:
    one = decided(fact)
    return one.scheme, one.collector, one.jurisdiction, one.rate, one.account


def registered(*what: Registration, stock: tuple[str, ...] = ()) -> Seller:
    return Seller(what, stock)


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        (sale("DE", "DE"), ("domestic", "seller", "DE", 190_000, "2300")),
        (sale("PL", "PL"), ("domestic", "seller", "PL", 230_000, "2300")),
        (sale("DE", "FR"), ("origin_below_10000", "seller", "DE", 190_000, "2300")),
        (
            sale("DE", "FR", seller=registered(OSS)),
            ("union_OSS", "seller", "FR", 200_000, "2320"),
        ),
        (
            sale("DE", "FR", seller=registered(stock=("DE", "PL"))),
            ("distance_sale_local", "seller", "FR", 200_000, "2300"),
        ),
        (
            sale("DE", "FR", seller=registered(Registration("EU", "distance_sales"))),
            ("distance_sale_local", "seller", "FR", 200_000, "2300"),
        ),
        (
            sale("DE", "FR", buyer="business", buyer_number="valid"),
            ("intra_EU_supply_exempt", "buyer", "FR", 0, "2300"),
        ),
        (
            sale("DE", "FR", buyer="business", buyer_number="unknown"),
            ("origin_below_10000", "seller", "DE", 190_000, "2300"),
        ),
        (sale("DE", "US"), ("export", "none", "DE", 0, "2300")),
        (sale("DE", "ZZ"), ("domestic", "seller", "DE", 190_000, "2300")),
        (sale("ES", "ES", postcode="35001"), ("export", "none", "ES", 0, "2300")),
        (sale("FR", "MC"), ("domestic", "seller", "FR", 200_000, "2300")),
    ],
)
def test_goods_in_the_union(fact: TaxFacts, expected: tuple[object, ...]) -> None:
    assert short(fact) == expected


def test_a_seller_from_outside_sells_through_a_marketplace_or_alone() -> None:
    deemed = sale("DE", "AT", "CN", channel="marketplace")
    assert short(deemed) == ("deemed_supplier_14a2", "marketplace", "AT", 200_000, "2310")
    assert decided(deemed).supply == "exempt_with_credit"
    assert decided(sale("DE", "DE", "CN")).scheme == "domestic"
    assert decided(sale("DE", "AT", "CN", seller=registered(OSS))).scheme == "union_OSS"
    with pytest.raises(InputError, match="is a marketplace"):
        decided(sale("DE", "AT", "CN", channel=""))


@pytest.mark.parametrize(
    ("fact", "scheme", "account"),
    [
        (parcel("DE", 150_00, seller=registered(IOSS)), "IOSS", "2330"),
        (parcel("DE", 150_01, seller=registered(IOSS)), "import_over_150", "2300"),
        (parcel("DE", 100_00, 60_00, seller=registered(IOSS)), "import_over_150", "2300"),
        (parcel("DE", 50_00), "special_arrangements", "2300"),
        (parcel("DE", 50_00, channel="marketplace"), "IOSS_deemed_supplier_14a1", "2310"),
        (
            parcel("DE", 50_00, seller=registered(Registration("DE", "importer"))),
            "domestic",
            "2300",
        ),
        (
            parcel("DE", 50_00, channel="marketplace", buyer="business", buyer_number="valid"),
            "import_by_business",
            "2300",
        ),
    ],
)
def test_goods_that_enter_the_union(fact: TaxFacts, scheme: str, account: str) -> None:
    assert (decided(fact).scheme, decided(fact).account) == (scheme, account)


def test_the_duty_is_once_for_each_heading_from_july_2026() -> None:
    goods = (Goods(20_00, 2, "610910"), Goods(15_00, 1, "610910"), Goods(40_00, 1, "640399"))
    consignment = Consignment("EUR", goods, 5_00)

    def duty(day: date, place: int, item: str = "goods") -> int:
        fact = parcel("FR", 1, taxed_on=day, channel="marketplace")
        hs6 = goods[place].hs6
        fact = replace(fact, consignment=consignment, place=place, hs6=hs6, item=item)
        return sum(levy.amount or 0 for levy in levies(fact) if levy.decision.tax == "duty")

    assert [duty(date(2026, 6, 30), place) for place in range(3)] == [0, 0, 0]
    # Two T-shirts of one heading and shoes: EUR 6.
    assert [duty(date(2026, 7, 1), place) for place in range(3)] == [3_00, 0, 3_00]
    assert duty(date(2026, 7, 1), 0, "delivery") == 0
    assert [duty(date(2028, 7, 1), place) for place in range(3)] == [0, 0, 0]


def test_a_rate_that_changes_between_payment_and_dispatch() -> None:
    """Estonia had 22 % until 30 June 2025 and has 24 % since."""
    days = {"taxed_on": date(2025, 7, 1), "paid_on": date(2025, 6, 30)}
    oss = sale("DE", "EE", seller=registered(OSS), **days)
    assert decided(oss).rate == 240_000, "a distance sale is taxed when it leaves"
    deemed = sale("DE", "EE", "CN", channel="marketplace", **days)
    assert decided(deemed).rate == 220_000, "a marketplace's when the payment is accepted"
    assert decided(parcel("EE", 50_00, seller=registered(IOSS), **days)).rate == 220_000
    assert decided(parcel("EE", 50_00, **days)).rate == 240_000, "an import when it arrives"


def test_own_goods_are_exempt_where_they_leave_and_acquired_where_they_arrive() -> None:
    left, came = levies(sale("DE", "PL", item="own_goods", net=582_79))
    assert (left.decision.jurisdiction, left.decision.supply) == ("DE", "exempt_intra_EU")
    assert (came.decision.role, came.decision.rate) == ("acquisition", 230_000)
    assert came.taxed(582_79) == (582_79, 134_04)
    assert EuVat().decide([sale("DE", "DE", item="own_goods")]) == [None]


@pytest.mark.parametrize(
    "fact",
    [
        sale("CN", "US", "CN"),
        sale("GB", "GB", "GB"),
        sale("DE", "FR", taxed_on=date(2021, 6, 30)),
        sale("CN", "FR", taxed_on=date(2021, 6, 30)),
        sale("ZZ", "DE"),
        sale("CN", "ES", postcode="38001"),
    ],
)
def test_what_is_left_to_other_regimes(fact: TaxFacts) -> None:
    assert EuVat().decide([fact]) == [None]


@given(
    st.sampled_from(["DE", "PL", "CN", "GB"]),
    st.sampled_from(["DE", "AT", "FR", "ZZ"]),
    st.sampled_from(["DE", "CN"]),
    st.sampled_from(["own", "marketplace"]),
    st.integers(1, 300_00),
)
def test_a_sale_to_a_consumer_in_the_union_is_always_taxed(
    ship_from: str, ship_to: str, seller: str, channel: str, net: int
) -> None:
    fact = sale(ship_from, ship_to, seller, channel=channel, net=net, hs6="842310")
    fact = replace(fact, consignment=Consignment("EUR", (Goods(net, hs6="842310"),)))
    (answer,) = EuVat().decide([fact])
    if answer is not None:
        assert decided(fact).rate > 0


def test_returns_have_codes_of_their_own() -> None:
    codes = [form.code for form in RETURNS]
    assert len(set(codes)) == len(codes)
    assert {"de_ustva", "pl_jpk_v7m", "eu_oss", "eu_ioss", "fr_vat", "de_sales_list"} <= set(codes)
    for form in RETURNS:
        boxes = [rule.code for rule in form.boxes]
        assert len(set(boxes)) == len(boxes)
        assert {code for rule in form.boxes for code, _ in rule.of} <= set(boxes)

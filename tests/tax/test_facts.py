"""Facts: consignments against limits in other money, and what a seller is registered for."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from core.errors import InputError
from core.tax.facts import Consignment
from core.tax.facts import Goods
from core.tax.facts import Registration
from core.tax.facts import Seller
from core.tax.sale import Sale
from core.tax.sale import SaleLine

DAY = date(2026, 3, 10)


def parcel(currency: str, *nets: int, rates: tuple[tuple[str, Decimal], ...] = ()) -> Consignment:
    return Consignment(currency, tuple(Goods(net) for net in nets), 15_00, rates)


def test_the_intrinsic_value_is_that_of_the_goods_together() -> None:
    assert parcel("EUR", 120_00, 30_00).within(150_00, "EUR")
    assert not parcel("EUR", 120_00, 30_01).within(150_00, "EUR")
    assert not parcel("EUR", 150_00).below(150_00, "EUR")


def test_a_limit_in_other_money_needs_a_rate() -> None:
    # 150 EUR at 0.9 EUR a dollar are 166.67 dollars; a yen has no cents.
    dollars, yen = (("EUR", Decimal("0.9")),), (("EUR", Decimal("0.006")),)
    assert parcel("USD", 166_66, rates=dollars).within(150_00, "EUR")
    assert not parcel("USD", 166_67, rates=dollars).within(150_00, "EUR")
    assert parcel("JPY", 25_000, rates=yen).within(150_00, "EUR")
    assert not parcel("JPY", 25_001, rates=yen).within(150_00, "EUR")
    with pytest.raises(InputError, match="no rate from USD to EUR"):
        parcel("USD", 1).within(150_00, "EUR")


def test_a_registration_holds_from_its_day_until_another() -> None:
    oss = Registration("EU", "oss", since=date(2021, 7, 1), until=date(2026, 3, 10))
    seller = Seller((oss, Registration("US", "nexus", "TX", since=DAY)))

    assert seller.has("EU", "oss", date(2026, 3, 9))
    assert not seller.has("EU", "oss", DAY)
    assert not seller.has("EU", "oss", date(2021, 6, 30))
    assert seller.has("US", "nexus", DAY, "TX")
    assert not seller.has("US", "nexus", DAY)


def sale(ship_to: str, *lines: SaleLine) -> Sale:
    return Sale(DAY, "CN", ship_to, "CN", "shop", "EUR", lines)


def test_amounts_are_facts_only_where_goods_cross_a_border() -> None:
    lines = (SaleLine(10_00), SaleLine(5_00, item="delivery"), SaleLine(20_00, hs6="610910"))

    home = sale("CN", *lines).facts()
    abroad = sale("DE", *lines).facts()

    assert len(set(home)) == 2
    assert home[0].consignment is None
    assert [fact.place for fact in abroad] == [0, 0, 1]
    assert abroad[0].parcel().value == 30_00
    assert abroad[0].parcel().delivery == 5_00
    assert abroad[2].hs6 == "610910"
    with pytest.raises(InputError, match="value of the consignment"):
        home[0].parcel()

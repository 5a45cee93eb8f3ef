"""Computations of the Union and the United Kingdom that others worked out to the cent."""

from __future__ import annotations

import pytest

from core.tax.decision import tax_amount
from core.tax.decision import tax_within
from core.tax.facts import Consignment
from core.tax.facts import Goods


@pytest.mark.parametrize(("rate", "net", "vat"), [(190_000, 2000, 380), (200_000, 1983, 397)])
def test_a_price_with_tax_leaves_another_net_in_each_country(rate: int, net: int, vat: int) -> None:
    assert (2380 - tax_within(2380, rate), tax_within(2380, rate)) == (net, vat)


def test_the_duty_that_is_charged_on_bears_vat_itself() -> None:
    assert (tax_amount(6_00, 200_000), 6_00 + tax_amount(6_00, 200_000)) == (1_20, 7_20)


def test_a_voucher_of_the_platform_is_part_of_the_price() -> None:
    # 48.00 less the seller's 4.00; the platform's 5.00 are paid by a third party.
    price = 48_00 - 4_00
    assert (tax_within(price, 200_000), price - tax_within(price, 200_000)) == (7_33, 36_67)


def test_the_vat_within_a_platforms_fee() -> None:
    assert (tax_within(3_96, 200_000), 3_96 - tax_within(3_96, 200_000)) == (66, 3_30)


def test_postponed_import_vat() -> None:
    assert tax_amount(5063_74, 200_000) == 1012_75


def test_transport_and_insurance_shown_apart_are_not_in_the_intrinsic_value() -> None:
    assert Consignment("EUR", (Goods(100_00),), delivery=23_00).value == 100_00


def test_own_goods_are_acquired_at_cost() -> None:
    assert (tax_amount(582_79, 230_000), tax_amount(100_00, 190_000)) == (134_04, 19_00)

"""Computations that authorities and advisers worked out to the cent, by the ids of their list."""

from __future__ import annotations

import json
import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from addons.tax_au.regime import AuGst
from addons.tax_eu.regime import EuVat
from addons.tax_in.regime import InGst
from addons.tax_nz.regime import NzGst
from core.tax.border import Arrival
from core.tax.border import Charges
from core.tax.border import border_charges
from core.tax.decision import Levy
from core.tax.decision import tax_amount
from core.tax.decision import tax_within
from core.tax.facts import Consignment
from core.tax.facts import Goods
from core.tax.facts import Registration
from core.tax.facts import Seller
from core.tax.facts import TaxFacts
from core.tax.forms import period_of
from core.tax.returns import boxes
from core.tax.returns import form_of
from core.tax.sale import DELIVERY
from core.tax.sale import Sale
from core.tax.sale import SaleLine
from tests.tax.test_orders import filled
from tests.tax.test_orders import seller as seller  # noqa: PLC0414 - a fixture, used by its name
from tests.world import World

SHARED = Path(os.environ.get("ENTREPOT_SHARED") or Path(__file__).resolve().parents[3] / "shared")
LIST = SHARED / "cases" / "tax_worked_examples.json"


def levies(given: object, net: int) -> list[tuple[str, str, int, int]]:
    """Return role, kind of tax, base and amount of what a regime answered for a line."""
    found = given if isinstance(given, list | tuple) else [given]
    each = [levy if isinstance(levy, Levy) else Levy(levy) for levy in found]
    return [(one.decision.role, one.decision.tax, *one.taxed(net)) for one in each]


def own_goods(ship_from: str, ship_to: str) -> TaxFacts:
    return TaxFacts(date(2026, 3, 10), ship_from, ship_to, "DE", "own", "own_goods")


# The European Union


def test_ei04_the_duty_that_is_charged_on_bears_vat_itself() -> None:
    assert (tax_amount(6_00, 200_000), 6_00 + tax_amount(6_00, 200_000)) == (1_20, 7_20)


def test_ei10_transport_and_insurance_shown_apart_are_not_in_the_intrinsic_value() -> None:
    consignment = Consignment("EUR", (Goods(100_00),), delivery=23_00)
    assert consignment.value == 100_00
    assert consignment.within(150_00, "EUR")


def test_ei13_two_orders_in_two_parcels_go_through_ioss_twice_and_in_one_not_at_all() -> None:
    sale = Sale(
        date(2026, 3, 10), "CN", "DE", "CN", "shop", "EUR", [SaleLine(100_00, hs6="691200")],
        channel="own", seller=Seller((Registration("EU", "ioss"),)),
    )  # fmt: skip
    together = Sale(
        date(2026, 3, 10), "CN", "DE", "CN", "shop", "EUR", [SaleLine(100_00, hs6="691200")],
        channel="own", seller=sale.seller, declared=200_00,
    )  # fmt: skip
    (alone,) = EuVat().decide(sale.facts())
    (joined,) = EuVat().decide(together.facts())
    assert levies(alone, 100_00) == [("sale", "VAT", 100_00, 19_00)]
    assert levies(joined, 100_00) == [("import", "VAT", 100_00, 19_00)]


def test_ei14_a_refund_of_an_earlier_month_is_a_correction_of_the_present_return(
    seller: World,
) -> None:
    seller.rates("GBP/EUR 1.25 on 2026-08-20", "GBP/EUR 1.25 on 2026-09-12")
    seller.orders("1 MUG 2 @ 50.00 EUR on 2026-08-20 from ann to FR")
    seller.orders("C2 MUG -1 @ 50.00 EUR on 2026-09-12 from ann to FR")
    found = filled(seller, "eu_ioss", "2026-09")
    assert found["tax", "FR", "20 %", "2026-08"] == -10_00
    assert found["base", "FR", "20 %", "2026-08"] == -50_00
    assert ("tax", "FR", "20 %", "") not in found


def test_ei16_a_quarter_without_sales_is_declared_as_nothing(seller: World) -> None:
    with seller.kernel.db.read() as session:
        form = form_of(session, "eu_oss")
        found = boxes(session, seller.company.id, form, period_of("2026-Q2"))
    assert [(box.code, box.amount) for box in found] == [("total", 0)]


@pytest.mark.parametrize(
    ("way", "cost", "vat"),
    [(("DE", "PL"), 582_79, 134_04), (("PL", "DE"), 100_00, 19_00)],
    ids=["em01", "em03"],
)
def test_own_goods_are_supplied_free_and_acquired_at_cost(
    way: tuple[str, str], cost: int, vat: int
) -> None:
    (answer,) = EuVat().decide([own_goods(*way)])
    assert levies(answer, cost) == [("sale", "VAT", cost, 0), ("acquisition", "VAT", cost, vat)]
    left, came = (each.decision for each in answer)  # type: ignore[union-attr]
    assert (left.supply, left.origin) == ("exempt_intra_EU", way[0])
    assert (came.jurisdiction, came.collector) == (way[1], "buyer")


@pytest.mark.parametrize(("rate", "net", "vat"), [(190_000, 2000, 380), (200_000, 1983, 397)])
def test_em06_a_price_with_tax_leaves_another_net_in_each_country(
    rate: int, net: int, vat: int
) -> None:
    assert (2380 - tax_within(2380, rate), tax_within(2380, rate)) == (net, vat)


# The United Kingdom


def test_uk12_postponed_import_vat() -> None:
    assert tax_amount(5063_74, 200_000) == 1012_75


def test_uk13_a_voucher_of_the_platform_is_part_of_the_price() -> None:
    # 48.00 less the seller's 4.00; the platform's 5.00 are paid by a third party.
    price = 48_00 - 4_00
    assert (tax_within(price, 200_000), price - tax_within(price, 200_000)) == (7_33, 36_67)


def test_uk15_the_vat_within_a_platforms_fee() -> None:
    assert (tax_within(3_96, 200_000), 3_96 - tax_within(3_96, 200_000)) == (66, 3_30)


# What customs charge


BORDER = {
    "no06": (
        Arrival("NOK", Decimal(1000), Decimal(250), 107_000, 250_000, Decimal(1), True, True),
        Charges(1000_00, 250_00, 134_00, 1384_00, 346_00),
        (480_00, 1730_00),
    ),
    "no07": (
        Arrival("NOK", Decimal(20_000), Decimal(1350), 0, 250_000, whole=True),
        Charges(20_000_00, 1350_00, 0, 21_350_00, 5338_00),
        (5338_00, 26_688_00),
    ),
    "au08": (
        Arrival("AUD", Decimal(1274), Decimal("118.30"), 50_000, 100_000, 1 / Decimal("0.91")),
        Charges(1400_00, 130_00, 70_00, 1600_00, 160_00),
        (230_00, 1760_00),
    ),
    "nz05": (
        Arrival("NZD", Decimal(1000), Decimal(100), 0, 150_000),
        Charges(1000_00, 100_00, 0, 1100_00, 165_00),
        (165_00, 1265_00),
    ),
    "nz05 with duty": (
        Arrival("NZD", Decimal(1000), Decimal(100), 50_000, 150_000),
        Charges(1000_00, 100_00, 50_00, 1150_00, 172_50),
        (222_50, 1322_50),
    ),
    "ca07": (
        Arrival("CAD", Decimal(100), Decimal(0), 40_000, 50_000, Decimal("1.15")),
        Charges(115_00, 0, 4_60, 119_60, 5_98),
        (10_58, 125_58),
    ),
}


@pytest.mark.parametrize("name", BORDER)
def test_what_customs_charge(name: str) -> None:
    arrival, charges, (due, landed) = BORDER[name]
    assert border_charges(arrival) == charges
    assert (charges.due, charges.landed) == (due, landed)


# Australia, New Zealand, India


def test_au07_the_boxes_of_an_activity_statement() -> None:
    (form,) = AuGst().returns()
    (decision,) = AuGst().decide(
        [
            TaxFacts(
                date(2026, 3, 10), "AU", "AU", "AU", "shop", channel="own",
                seller=Seller((Registration("AU", "local"),)),
            )
        ]
    )  # fmt: skip
    ((_, _, base, gst),) = levies(decision, 10_000_00)
    assert (base + gst, gst) == (11_000_00, 1_000_00)
    rules = {rule.code: rule for rule in form.boxes}
    assert rules["1A"].where(decision)  # type: ignore[arg-type]
    assert dict(rules["9"].of) == {"1A": 1, "7A": 1, "1B": -1}
    # Purchases of 2,200 hold a GST of 200: 800 are left to pay.
    assert gst - tax_within(2_200_00, 100_000) == 800_00


@pytest.mark.parametrize(
    ("currency", "rate", "lines", "gst"),
    [
        ("NZD", "1", (998_92, 46_10), 156_75),
        ("USD", "1.5368", (650_00, 30_00), 102_00),
    ],
    ids=["nz01", "nz02"],
)
def test_a_guitar_of_low_value_with_its_shipping(
    currency: str, rate: str, lines: tuple[int, int], gst: int
) -> None:
    guitar, shipping = lines
    sale = Sale(
        date(2026, 3, 10), "US", "NZ", "US", "shop", currency,
        [SaleLine(guitar), SaleLine(shipping, item=DELIVERY)],
        channel="own", seller=Seller((Registration("NZ", "local"),)),
        rates=(("NZD", Decimal(rate)),),
    )  # fmt: skip
    answers = NzGst().decide(sale.facts())
    taxes = [levies(each, net)[0] for each, net in zip(answers, lines, strict=True)]
    assert {role for role, *_ in taxes} == {"sale"}
    # The authority rounds the tax of both together; an invoice by lines may differ by a cent.
    assert tax_amount(sum(lines), 150_000) == gst
    assert abs(sum(tax for *_, tax in taxes) - gst) <= 1


def test_in04_what_the_operator_keeps_back_is_the_sellers_asset() -> None:
    fact = TaxFacts(
        date(2026, 3, 10), "IN", "IN", "IN", "amazon", channel="marketplace",
        region="KA", from_region="MH", seller=Seller((Registration("IN", "local"),)),
    )  # fmt: skip
    (answer,) = InGst().decide([fact])
    found = {kind: tax for _, kind, _, tax in levies(answer, 100_000_00)}
    assert found == {"IGST": 18_000_00, "IGST_TCS": 500_00, "TDS": 100_00}
    kept = found["IGST_TCS"] + found["TDS"]
    assert 100_000_00 + found["IGST"] - kept == 117_400_00
    accounts = {each.decision.account for each in answer if each.further}  # type: ignore[union-attr]
    assert accounts == {"1520"}


@pytest.mark.skipif(not LIST.exists(), reason="the shared cases are not here")
def test_every_computation_of_the_list_has_its_test() -> None:
    told = {case["id"].lower() for case in json.loads(LIST.read_text("utf-8"))["cases"]}
    text = Path(__file__).read_text("utf-8") + THRESHOLD.read_text("utf-8")
    assert sorted(each for each in told if each not in text.lower()) == []


THRESHOLD = Path(__file__).parent / "test_threshold.py"
"""Where EM04 is: the € 10,000 are tested by what was really sold."""

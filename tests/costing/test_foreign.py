"""Suppliers and carriers in another currency: what goods are worth, what is owed, what is paid."""

from __future__ import annotations

from datetime import UTC
from datetime import date
from datetime import datetime

import pytest

from core.catalog.services import make_skus
from core.costing.charging import ChargeDraft
from core.costing.charging import estimate
from core.costing.charging import settle
from core.costing.paying import Payment
from core.costing.paying import pay_deposit
from core.costing.paying import pay_supplier
from core.costing.receiving import ReceiptLine
from core.costing.receiving import Terms
from core.costing.receiving import invoice_goods
from core.costing.receiving import receive_goods
from core.costing.suppliers import charge_key
from core.costing.suppliers import receipt_key
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.errors import Unresolved
from tests.costing.buying import NOON
from tests.costing.buying import Buyer
from tests.world import World

DEPOSIT_DAY, PAYMENT_DAY = date(2011, 1, 3), date(2011, 1, 20)
INVOICE_DAY = datetime(2011, 1, 15, 12, tzinfo=UTC)
RATES = (
    "USD/GBP 7.20 on 2011-01-01",
    "USD/GBP 7.10 on 2011-01-10",
    "USD/GBP 7.15 on 2011-01-15",
    "USD/GBP 7.05 on 2011-01-20",
)


def buying(world: World) -> Buyer:
    """Return a buyer with the rates of the worked example and a SKU."""
    world.rates(*RATES)
    buyer = Buyer(world)
    buyer.do(lambda session, company: make_skus(session, company, {"MUG": "Mug"}))
    return buyer


def take_in(buyer: Buyer, value: int, **more: str) -> None:
    """Take ten mugs in for so many cents."""
    lines = [ReceiptLine("MUG", 10, value)]
    buyer.do(receive_goods, "MAIN", "R1", lines, terms=Terms("USD", **more), at=NOON)


def open_items(world: World) -> dict[str, tuple[str, int, int]]:
    """Return what is open, by account and key."""
    rows = world.rows(
        "SELECT a.code, i.natural_key, i.currency, i.open_amount, i.open_functional"
        " FROM ledger_item i JOIN ledger_account a"
        " ON a.company_id = i.company_id AND a.id = i.account_id WHERE i.open_amount <> 0"
        " OR i.open_functional <> 0"
    )
    return {f"{row[0]} {row[1]}": tuple(row[2:]) for row in rows}


def test_the_deposit_keeps_its_rate_and_the_rest_is_paid_with_a_gain(world: World) -> None:
    """The worked example X01."""
    buyer = buying(world)
    buyer.do(pay_deposit, Payment("PO-1", DEPOSIT_DAY), 300000, "USD")
    assert open_items(world) == {"1410 deposit/PO-1": ("USD", 300000, 2160000)}

    take_in(buyer, 1000000, deposit="PO-1")
    assert buyer.worth() == {"MAIN MUG": [(10, 7130000)]}
    assert open_items(world) == {"2110 goods/R1": ("USD", -700000, -4970000)}

    buyer.do(invoice_goods, "R1", {"MUG": 1000000}, invoice="77", at=NOON)
    assert open_items(world) == {"2100 goods/R1": ("USD", -700000, -4970000)}

    paid = buyer.do(pay_supplier, Payment("T1", PAYMENT_DAY), receipt_key("R1"))
    assert (paid.amount, paid.left, paid.difference) == (700000, 0, -35000)
    assert world.booked("supplier_payment:T1") == {
        "1000": -4935000, "2100": 4970000, "9000": -35000
    }  # fmt: skip
    assert (open_items(world), buyer.worth()) == ({}, {"MAIN MUG": [(10, 7130000)]})
    buyer.sound()


def test_of_an_invoice_the_price_reaches_the_goods_and_the_rate_does_not(world: World) -> None:
    buyer = buying(world)
    take_in(buyer, 100000)
    buyer.sell("1", "MUG", 4)

    late = buyer.do(invoice_goods, "R1", {"MUG": 110000}, invoice="77", at=INVOICE_DAY)

    # 100.00 dearer at 7.15; the order's 1,000.00 cost 0.05 more than at the receipt.
    assert late == 71500
    assert world.booked("goods_invoice:R1") == {
        "1300": 42900, "2100": -786500, "2110": 710000, "5090": 28600, "9000": 5000
    }  # fmt: skip
    assert open_items(world)["2100 goods/R1"] == ("USD", -110000, -786500)
    buyer.sound()


def test_freight_is_estimated_invoiced_and_paid_each_at_its_rate(world: World) -> None:
    """The sea freight of the first story, with its figures."""
    world.rates(
        "USD/GBP 7.20 on 2011-01-10", "USD/GBP 7.15 on 2011-01-15", "USD/GBP 7.12 on 2011-01-20"
    )
    buyer = Buyer(world)
    buyer.receive("R1", "MUG 10 for 100.00")
    draft = ChargeDraft("SEA", "first_leg", "quantity", 240000, ["R1"], currency="USD")
    assert buyer.do(estimate, draft, at=NOON).estimated == 1728000
    assert world.booked("landed_cost:SEA/estimate") == {"1300": 1728000, "2120": -1728000}
    buyer.sell("1", "MUG", 4)

    charge = buyer.do(settle, "SEA", 270000, invoice="9", currency="USD", at=INVOICE_DAY)
    assert charge.actual == 1930500
    assert world.booked("landed_cost:SEA/actual") == {
        "1300": 121500, "2100": -1930500, "2120": 1728000, "5090": 81000
    }  # fmt: skip
    assert open_items(world) == {
        "2100 landed_cost/SEA": ("USD", -270000, -1930500)
    } | {k: v for k, v in open_items(world).items() if not k.startswith("2100")}  # fmt: skip

    part = buyer.do(pay_supplier, Payment("T1", PAYMENT_DAY), charge_key("SEA"), 70000)
    rest = buyer.do(pay_supplier, Payment("T2", PAYMENT_DAY), charge_key("SEA"))
    assert (part.left, part.difference + rest.difference) == (200000, -8100)
    assert world.booked("supplier_payment:") == {
        "1000": -1922400, "2100": 1930500, "9000": -8100
    }  # fmt: skip
    buyer.sound()


def test_a_deposit_in_the_companys_currency_pays_the_invoice(world: World) -> None:
    buyer = Buyer(world)
    buyer.do(pay_deposit, Payment("PO-1", DEPOSIT_DAY), 3000)
    buyer.receive("R1", "MUG 10 for 100.00")
    buyer.do(invoice_goods, "R1", {"MUG": 10000}, invoice="77")
    buyer.do(pay_supplier, Payment("T1", PAYMENT_DAY), receipt_key("R1"), deposit="PO-1")
    assert world.booked("supplier_payment:T1") == {"1000": -7000, "1410": -3000, "2100": 10000}
    assert world.booked("supplier_deposit:PO-1") == {"1000": -3000, "1410": 3000}
    assert not any(key[0] in "12" for key in open_items(world) if key.split()[0] != "1210")
    buyer.sound()


def test_what_cannot_be_is_refused(world: World) -> None:
    buyer = buying(world)
    early = datetime(2010, 12, 1, 12, tzinfo=UTC)
    lines = [ReceiptLine("MUG", 10, 100)]
    with pytest.raises(Unresolved, match="no rate from USD to GBP on or before 2010-12-01"):
        buyer.do(receive_goods, "MAIN", "R0", lines, terms=Terms("USD"), at=early)
    with pytest.raises(NotFound, match="no deposit 'PO-9'"):
        take_in(buyer, 1000, deposit="PO-9")
    buyer.do(pay_deposit, Payment("PO-1", DEPOSIT_DAY), 1000)
    with pytest.raises(InputError, match="is in GBP, this is in USD"):
        take_in(buyer, 1000, deposit="PO-1")
    with pytest.raises(Conflict, match="booked already"):
        buyer.do(pay_deposit, Payment("PO-1", DEPOSIT_DAY), 1000)
    with pytest.raises(NotFound, match="No invoice is booked"):
        buyer.do(pay_supplier, Payment("T1", PAYMENT_DAY), receipt_key("R1"))
    take_in(buyer, 1000)
    buyer.do(invoice_goods, "R1", {"MUG": 1000}, invoice="77", at=NOON)
    with pytest.raises(Conflict, match="more than is open"):
        buyer.do(pay_supplier, Payment("T1", PAYMENT_DAY), receipt_key("R1"), 1001)
    buyer.sound()

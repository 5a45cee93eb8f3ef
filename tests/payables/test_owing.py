"""What is open with suppliers, in their currency and ours; payments are shown before they are."""

from __future__ import annotations

from typing import Any

import pytest

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
from core.costing.suppliers import receipt_key
from core.errors import InputError
from core.payables.owing import balances_of
from core.payables.owing import list_payments
from core.payables.owing import open_documents
from tests.costing.buying import NOON
from tests.costing.buying import Buyer
from tests.costing.test_commands import entrepot
from tests.costing.test_foreign import DEPOSIT_DAY
from tests.costing.test_foreign import INVOICE_DAY
from tests.costing.test_foreign import PAYMENT_DAY
from tests.costing.test_foreign import buying
from tests.world import World


def balances(world: World) -> list[tuple[Any, ...]]:
    with world.kernel.db.read() as session:
        return [tuple(each) for each in balances_of(open_documents(session, world.company.id))]


def bought(world: World) -> Buyer:
    """Order for 10,000.00 dollars of which 3,000.00 are paid before, as in example X01."""
    buyer = buying(world)
    payment = Payment("PO-1", DEPOSIT_DAY, by="ann")
    buyer.do(pay_deposit, payment, 300000, "USD", supplier="Best  Mugs")
    return buyer


def take_in(buyer: Buyer) -> None:
    terms = Terms("USD", "PO-1", "Best Mugs")
    buyer.do(receive_goods, "MAIN", "R1", [ReceiptLine("MUG", 10, 1000000)], terms=terms, at=NOON)


def test_a_balance_goes_from_deposit_to_goods_to_invoice_to_nothing(world: World) -> None:
    buyer = bought(world)
    assert balances(world) == [("Best Mugs", "USD", 0, 0, 300000, 300000, 2160000)]
    take_in(buyer)
    assert balances(world) == [("Best Mugs", "USD", 0, -700000, 0, -700000, -4970000)]
    buyer.do(invoice_goods, "R1", {"MUG": 1000000}, invoice="77", at=NOON)
    assert balances(world) == [("Best Mugs", "USD", -700000, 0, 0, -700000, -4970000)]
    buyer.do(pay_supplier, Payment("T1", PAYMENT_DAY, by="ann"), receipt_key("R1"))
    assert balances(world) == []
    with world.kernel.db.read() as session:
        rows = list_payments(session, world.company.id).rows
    assert [
        (row.reference, row.kind, row.supplier, row.amount, row.carried, row.difference)
        for row in rows
    ] == [
        ("T1", "payment", "Best Mugs", 700000, 4970000, -35000),
        ("PO-1", "deposit", "Best Mugs", 300000, 2160000, 0),
    ]
    buyer.sound()


def test_a_carrier_has_a_balance_of_his_own_and_nobody_is_a_name_too(world: World) -> None:
    buyer = bought(world)
    take_in(buyer)
    draft = ChargeDraft(
        "SEA", "first_leg", "quantity", 100000, ["R1"], currency="USD", supplier="Sea Line"
    )
    buyer.do(estimate, draft, at=NOON)
    buyer.do(settle, "SEA", 100000, invoice="9", currency="USD", at=INVOICE_DAY)
    other = [ReceiptLine("MUG", 1, 500)]
    buyer.do(receive_goods, "MAIN", "R2", other, at=NOON)
    buyer.do(invoice_goods, "R2", {"MUG": 500}, invoice="78", at=NOON)
    assert balances(world) == [
        ("", "GBP", -500, 0, 0, -500, -500),
        ("Best Mugs", "USD", 0, -700000, 0, -700000, -4970000),
        ("Sea Line", "USD", -100000, 0, 0, -100000, -715000),
    ]


def test_a_preview_says_what_would_be_booked_and_books_nothing(world: World) -> None:
    buyer = bought(world)
    before = world.digest()
    seen = buyer.do(pay_deposit, Payment("PO-2", DEPOSIT_DAY), 100, "USD", preview=True)
    assert (seen.amount, seen.carried) == (100, 720)
    assert world.digest() == before

    take_in(buyer)
    buyer.do(invoice_goods, "R1", {"MUG": 1000000}, invoice="77", at=NOON)
    before = world.digest()
    bill, payment = receipt_key("R1"), Payment("T1", PAYMENT_DAY)
    seen = buyer.do(pay_supplier, payment, bill, 350000, preview=True)
    assert world.digest() == before
    assert (seen.left, seen.carried, seen.difference) == (350000, 2485000, -17500)
    assert buyer.do(pay_supplier, payment, bill, 350000) == seen
    # What cannot be booked cannot be shown either.
    other = Payment("T2", PAYMENT_DAY)
    with pytest.raises(InputError, match="above zero"):
        buyer.do(pay_supplier, other, bill, 0, preview=True)


def test_the_command_line_shows_the_same(world: World) -> None:
    buyer = bought(world)
    take_in(buyer)
    buyer.do(invoice_goods, "R1", {"MUG": 1000000}, invoice="77", at=NOON)
    (row,) = entrepot(world, "cost", "owed")["rows"]
    assert (row["supplier"], row["owed"], row["functional_balance"]) == (
        "Best Mugs", "7000.00", "-49700.00"
    )  # fmt: skip
    (document,) = entrepot(world, "cost", "owed", "--documents")["rows"]
    assert (document["kind"], document["reference"], document["open"]) == (
        "goods", "R1", "-7000.00"
    )  # fmt: skip
    pay = ("cost", "pay", "T1", "--receipt", "R1", "--on", str(PAYMENT_DAY))
    shown = entrepot(world, *pay, "--preview")
    assert (shown["carried"], shown["exchange_difference"]) == ("49700.00", "-350.00")
    assert [each["reference"] for each in entrepot(world, "cost", "payments")["rows"]] == ["PO-1"]
    assert entrepot(world, *pay) == shown
    told = entrepot(world, "cost", "payments")["rows"]
    assert [each["reference"] for each in told] == ["T1", "PO-1"]

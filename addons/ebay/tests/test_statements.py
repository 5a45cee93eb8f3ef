"""What movements of a balance are to a settlement, fetched and downloaded; all of it is made up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from addons.ebay.connector import Ebay
from addons.ebay.movements import movements_of
from core.api import InputError
from core.api import MappingError
from core.api import StatementFile
from core.api import write_json
from core.testkit.fakes.ebay.finances import FEES

HEAD = (
    "Transaction creation date,Type,Order number,Buyer username,Net amount,Payout currency,"
    "Payout date,Payout ID,Custom label,Item subtotal,Shipping and handling,Seller collected tax,"
    'eBay collected tax,Final Value Fee - fixed,Final Value Fee \u2013 variable,"Very high ""item'
    ' not as described"" fee",International fee,Gross transaction amount,Description'
)


def amount(value: str, currency: str = "GBP") -> dict[str, str]:
    return {"value": value, "currency": currency}


def row(kind: str, entry: str, value: str, **more: Any) -> dict[str, Any]:
    return {
        "transactionId": "1", "transactionType": kind, "bookingEntry": entry,
        "amount": amount(value), "transactionDate": "2026-03-01T10:00:00.000Z", **more,
    }  # fmt: skip


def sale(kind: str = "SALE", entry: str = "CREDIT", **more: Any) -> dict[str, Any]:
    fees = [
        {"feeType": "FINAL_VALUE_FEE_FIXED_PER_ORDER", "amount": amount("0.30")},
        {"feeType": "FINAL_VALUE_FEE", "amount": amount("1.20")},
    ]
    return row(
        kind, entry, "8.50", orderId="12-1", totalFeeBasisAmount=amount("10.00"),
        totalFeeAmount=amount("1.50"),
        orderLineItems=[{"lineItemId": "7", "marketplaceFees": fees}],
    ) | more  # fmt: skip


def parts(told: dict[str, Any]) -> list[tuple[str, str, int, str]]:
    return [(*each.code[::2], each.amount, each.item) for each in movements_of(told, "GBP")]


def test_a_sale_is_what_was_paid_and_the_fees_of_its_lines() -> None:
    assert parts(sale()) == [
        ("SALE", "gross", 1000, ""),
        ("SALE", "FINAL_VALUE_FEE_FIXED_PER_ORDER", -30, "7"),
        ("SALE", "FINAL_VALUE_FEE", -120, "7"),
    ]


def test_with_a_refund_fees_come_back_and_ebays_tax_comes_and_goes() -> None:
    told = sale("REFUND", "DEBIT", ebayCollectedTaxAmount=amount("2.00"))

    assert parts(told) == [
        ("REFUND", "gross", -1000, ""),
        ("REFUND", "tax_of_buyer", -200, ""),
        ("REFUND", "ebay_collected_tax", 200, ""),
        ("REFUND", "FINAL_VALUE_FEE_FIXED_PER_ORDER", 30, "7"),
        ("REFUND", "FINAL_VALUE_FEE", 120, "7"),
    ]


def test_what_ebay_took_and_does_not_name_is_not_guessed() -> None:
    told = sale(totalFeeAmount=amount("1.60"), amount=amount("8.40"))

    assert parts(told)[-1] == ("SALE", "FEES_WITHOUT_A_NAME", -10, "")


def test_other_movements_keep_ebays_own_word() -> None:
    order = [{"referenceType": "ITEM_ID", "referenceId": "9"}] + [
        {"referenceType": "ORDER_ID", "referenceId": "12-1"}
    ]
    (ad,) = movements_of(
        row("NON_SALE_CHARGE", "DEBIT", "0.45", feeType="AD_FEE", references=order), "GBP"
    )

    assert (ad.code[::2], ad.amount, ad.order) == (("NON_SALE_CHARGE", "AD_FEE"), -45, "12-1")
    assert parts(row("SHIPPING_LABEL", "DEBIT", "3.45")) == [("SHIPPING_LABEL", "gross", -345, "")]
    assert parts(row("DISPUTE", "DEBIT", "9.00")) == [("DISPUTE", "gross", -900, "")]
    assert parts(row("TRANSFER", "CREDIT", "5.00")) == [("TRANSFER", "gross", 500, "")]


@pytest.mark.parametrize(
    ("told", "field"),
    [
        (row("SALE", "SIDEWAYS", "1.00"), "bookingEntry"),
        (row("SALE", "CREDIT", "1.00") | {"amount": amount("1.00", "USD")}, "amount"),
        (sale(amount=amount("8.00")), "amount"),
        (sale() | {"transactionDate": "soon"}, "transactionDate"),
    ],
)
def test_what_does_not_add_up_is_no_settlement(told: dict[str, Any], field: str) -> None:
    with pytest.raises(MappingError, match=field):
        list(movements_of(told, "GBP"))


def test_every_fee_of_the_simulated_ebay_is_one_that_is_known() -> None:
    from addons.statement_files.packs import packs

    (pack,) = [each for each in packs() if each.platform == "ebay"]
    assert set(FEES.values()) <= {rule.code.name for rule in pack.rules}


def written(folder: Path, *rows: str) -> Path:
    path = folder / "report.csv"
    about = '"Transaction report"\n"Seller","somebody"\n\n'
    path.write_text(about + "\n".join([HEAD, *rows]) + "\n", encoding="utf-8-sig")
    return path


def reported(day: str, kind: str, net: str, *cells: str, order: str = "12-1") -> str:
    paid = f'{net},GBP,"Mar 7, 2026",6001'
    return f'"Mar {day}, 2026",{kind},{order},ann,{paid},{",".join(cells)}'


NONE = ("--",) * 8
SALE = reported("5", "Order", "8.50", "MUG", "9.00", "1.00", "--", "2.00", "-0.30", "-1.20",
                "--", "--", "12.00", "--")  # fmt: skip
REFUND = reported("5", "Refund", "-8.80", "--", "-10.00", "--", "--", "-2.00", "--", "1.20",
                  "--", "--", "-12.00", "--")  # fmt: skip
AD = reported("6", "Other fee", "-0.45", "--", *NONE, "-0.45", "Promoted Listings - General fee")
ODD = reported("6", "Other fee", "-1.00", "--", *NONE, "-1.00", "Something new", order="--")
PAID = reported("7", "Payout", "-1.75", "--", *NONE, "1.75", "--", order="--")
WAITS = SALE.replace("6001", "--")


def opened(path: Path) -> StatementFile:
    (found,) = Ebay().open_settlements(path, {})
    return found


def test_a_downloaded_report_is_a_settlement_for_each_payout(tmp_path: Path) -> None:
    file = opened(written(tmp_path, PAID, ODD, AD, REFUND, SALE, WAITS))

    facts = file.facts
    assert (facts.external_ref, facts.currency, facts.total) == ("6001", "GBP", 175)
    assert str(facts.deposited_on) == "2026-03-07"
    lines = [(*each.code[::2], each.amount, each.order_ref, each.sku) for each in file.lines()]
    assert lines == [
        ("SALE", "subtotal", 900, "12-1", "MUG"),
        ("SALE", "shipping", 100, "12-1", "MUG"),
        ("SALE", "FINAL_VALUE_FEE_FIXED_PER_ORDER", -30, "12-1", "MUG"),
        ("SALE", "FINAL_VALUE_FEE", -120, "12-1", "MUG"),
        ("SALE", "tax_of_buyer", 200, "12-1", "MUG"),
        ("SALE", "ebay_collected_tax", -200, "12-1", "MUG"),
        ("REFUND", "subtotal", -1000, "12-1", ""),
        ("REFUND", "FINAL_VALUE_FEE", 120, "12-1", ""),
        ("REFUND", "tax_of_buyer", -200, "12-1", ""),
        ("REFUND", "ebay_collected_tax", 200, "12-1", ""),
        ("NON_SALE_CHARGE", "Something new", -100, "", ""),
        ("NON_SALE_CHARGE", "AD_FEE", -45, "12-1", ""),
    ]
    assert "ann" not in "".join(each.payload for each in file.lines())


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([SALE + ",more"], "as many cells"),
        ([SALE.replace("8.50", "eight")], "net amount"),
        ([SALE.replace("Mar 5, 2026", "yesterday")], "no day"),
        ([SALE, AD.replace("GBP", "USD")], "line 6"),
    ],
)
def test_a_report_that_leaves_a_doubt_is_refused(
    tmp_path: Path, rows: list[str], said: str
) -> None:
    path = written(tmp_path, *rows)

    with pytest.raises(InputError, match=said):
        [list(file.lines()) for file in Ebay().open_settlements(path, {})]


@pytest.mark.parametrize("text", ["no json", "{}", write_json({"format": "other"})])
def test_what_is_no_payout_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "payout.txt"
    path.write_text(text)

    with pytest.raises(InputError, match="transaction report"):
        Ebay().open_settlements(path, {})

"""What transactions are to a settlement, fetched and downloaded; all of it is made up."""

from __future__ import annotations

from datetime import UTC
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from addons.tiktok_shop.connector import TiktokShop
from addons.tiktok_shop.movements import movements_of
from core.api import InputError
from core.api import MappingError
from core.api import StatementFile
from core.api import write_json
from core.testkit.fakes.tiktok.transactions import ADJUSTMENTS
from core.testkit.fakes.tiktok.transactions import OWN_SHIPPING
from core.testkit.fakes.tiktok.transactions import PARTS
from core.testkit.fakes.tiktok.transactions import SUPPLEMENTS

AT = datetime(2026, 3, 2, tzinfo=UTC)


def sold(sign: int = -1, **more: Any) -> dict[str, Any]:
    """Return an order of which nine are left: costs without a sign where `sign` is 1."""
    cost, label = f"{sign * 2}.00", f"{sign}.00"
    return {
        "id": "3", "type": "ORDER", "order_id": "5766", "order_create_time": 1772359200,
        "revenue_amount": "12.00",
        "revenue_breakdown": {"subtotal_before_discount_amount": "12.00"},
        "shipping_cost_amount": label,
        "shipping_cost_breakdown": {
            "actual_shipping_fee_amount": label,
            "supplementary_component": {"fbm_shipping_cost_amount": label, "other": "5.00"},
        },
        "fee_tax_amount": cost,
        "fee_tax_breakdown": {
            "fee": {"platform_commission_amount": cost, "referral_fee_amount": ""},
            "tax": {},
            "supplementary_component": {"customer_payment_amount": "12.00"},
        },
        "settlement_amount": "9.00", **more,
    }  # fmt: skip


def parts(told: dict[str, Any]) -> list[tuple[str, str, int, str]]:
    found = movements_of(told, "GBP", AT)
    return [(*each.code[::2], each.amount, each.item) for each in found]


@pytest.mark.parametrize("sign", [-1, 1])
def test_an_order_is_its_parts_by_tiktoks_own_words(sign: int) -> None:
    assert parts(sold(sign)) == [
        ("ORDER", "subtotal_before_discount_amount", 1200, ""),
        ("ORDER", "fbm_shipping_cost_amount", -100, ""),
        ("ORDER", "platform_commission_amount", -200, ""),
    ]


def test_parts_fall_on_skus_and_the_rest_on_the_order() -> None:
    sku = {
        "sku_id": "17291", "statement_id": "1", "revenue_amount": "12.00",
        "revenue_breakdown": {"subtotal_before_discount_amount": "12.00"},
        "fee_tax_amount": "-1.50",
        "fee_tax_breakdown": {"fee": {"platform_commission_amount": "-1.50"}},
    }  # fmt: skip

    assert parts(sold(skus=[sku])) == [
        ("ORDER", "subtotal_before_discount_amount", 1200, "17291"),
        ("ORDER", "platform_commission_amount", -150, "17291"),
        ("ORDER", "fbm_shipping_cost_amount", -100, ""),
        ("ORDER", "platform_commission_amount", -50, ""),
    ]


def test_what_tiktok_took_and_does_not_name_is_not_guessed() -> None:
    told = sold(fee_tax_amount="-2.10", settlement_amount="8.90")

    assert ("ORDER", "AMOUNTS_WITHOUT_A_NAME", -10, "") in parts(told)


def test_adjustments_and_reserves_keep_tiktoks_own_word() -> None:
    ads = {"id": "4", "type": "GMV_PAYMENT_FOR_ADS", "adjustment_amount": "-4.31"}
    held = {"id": "5", "type": "RESERVE", "reserve_amount": "-1.00"}
    penalty = {"id": "6", "type": "PLATFORM_PENALTY", "adjustment_order_id": "5766",
               "settlement_amount": "-2.00"}  # fmt: skip

    assert parts(ads) == [("GMV_PAYMENT_FOR_ADS", "GMV_PAYMENT_FOR_ADS", -431, "")]
    assert parts(held) == [("RESERVE", "RESERVE", -100, "")]
    (found,) = movements_of(penalty, "GBP", AT)
    assert (found.order, found.amount) == ("5766", -200)


def test_what_does_not_add_up_is_no_settlement() -> None:
    with pytest.raises(MappingError, match="settlement_amount"):
        parts(sold(settlement_amount="9.01"))


def test_every_word_of_the_simulated_tiktok_is_one_that_is_known() -> None:
    from addons.statement_files.packs import packs

    (pack,) = [each for each in packs() if each.platform == "tiktok"]
    words = {name for _, name in PARTS.values()} | {OWN_SHIPPING, "RESERVE"}
    words |= {*SUPPLEMENTS.values(), *ADJUSTMENTS.values()}
    assert words <= {rule.code.name for rule in pack.rules}


HEAD = (
    "Statement Date", "Statement ID", "Payment ID", "Status", "Currency", "Type",
    "Order/adjustment ID", "SKU ID", "Quantity", "Total settlement amount",
    "Subtotal before discounts", "Seller discounts", "TikTok Shop commission fee", "Refund",
    "Related order ID",
)  # fmt: skip
SALE = ("2026/03/02", "7001", "9", "Settled", "GBP", "Order", "5766", "17291", "1", "9.80",
        "12.00", "-1.00", "-1.10", "/", "/")  # fmt: skip
ODD = ("2026/03/02", "7001", "9", "Settled", "GBP", "Order", "5767", "17292", "1", "4.00",
       "5.00", "0", "-0.50", "/", "/")  # fmt: skip
ADS = ("2026/03/03", "7002", "9", "Settled", "GBP", "GMV payment for TikTok Ads", "88", "/", "0",
       "-4.31", "0", "0", "0", "/", "5766")  # fmt: skip


def written(folder: Path, *rows: tuple[str, ...]) -> Path:
    path = folder / "income.csv"
    lines = [",".join(row) for row in (("Income statement",), HEAD, *rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    return path


def workbook(folder: Path, *rows: tuple[str, ...]) -> Path:
    path, book = folder / "income.xlsx", Workbook()
    book.active.title = "Reports"
    sheet = book.create_sheet("Order details")
    for row in (HEAD, *rows):
        sheet.append([_cell(text) for text in row])
    book.save(path)
    return path


def _cell(text: str) -> object:
    try:
        return float(text) if "." in text else text
    except ValueError:
        return text


def told(files: list[StatementFile]) -> list[list[tuple[Any, ...]]]:
    return [
        [(*each.code[::2], each.amount, each.order_ref, each.item_ref) for each in file.lines()]
        for file in files
    ]


@pytest.mark.parametrize("make", [written, workbook])
def test_an_exported_report_is_a_settlement_for_each_statement(make: Any, tmp_path: Path) -> None:
    files = list(TiktokShop().open_settlements(make(tmp_path, SALE, ODD, ADS), {}))

    facts = [(each.facts.external_ref, each.facts.total) for each in files]
    assert facts == [("7001", 1380), ("7002", -431)]
    assert str(files[0].facts.deposited_on) == "2026-03-02"
    assert told(files) == [
        [
            ("ORDER", "subtotal_before_discount_amount", 1200, "5766", "17291"),
            ("ORDER", "seller_discount_amount", -100, "5766", "17291"),
            ("ORDER", "platform_commission_amount", -110, "5766", "17291"),
            ("ORDER", "AMOUNTS_WITHOUT_A_NAME", -10, "5766", "17291"),
            ("ORDER", "subtotal_before_discount_amount", 500, "5767", "17292"),
            ("ORDER", "platform_commission_amount", -50, "5767", "17292"),
            ("ORDER", "AMOUNTS_WITHOUT_A_NAME", -50, "5767", "17292"),
        ],
        [("GMV_PAYMENT_FOR_ADS", "GMV_PAYMENT_FOR_ADS", -431, "5766", "")],
    ]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([(*SALE, "more")], "as many cells"),
        ([(*SALE[:9], "nine", *SALE[10:])], "total settlement amount"),
        ([("yesterday", *SALE[1:])], "no day"),
        ([SALE, (*ODD[:4], "USD", *ODD[5:])], "line 4"),
    ],
)
def test_a_report_that_leaves_a_doubt_is_refused(
    tmp_path: Path, rows: list[tuple[str, ...]], said: str
) -> None:
    path = written(tmp_path, *rows)

    with pytest.raises(InputError, match=said):
        [list(file.lines()) for file in TiktokShop().open_settlements(path, {})]


def test_a_report_without_its_amounts_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "income.csv"
    path.write_text("Statement Date,Statement ID,Type\n2026/03/02,7001,Order\n")

    with pytest.raises(InputError, match="total settlement amount"):
        TiktokShop().open_settlements(path, {})


@pytest.mark.parametrize("text", ["no json", "{}", write_json({"format": "other"})])
def test_what_is_no_statement_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "statement.txt"
    path.write_text(text)

    with pytest.raises(InputError, match="income statement"):
        TiktokShop().open_settlements(path, {})

"""The real file of a British gift shop: all of it can be booked, and it adds up to the truth."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from addons.file_channel.connector import OrderFiles
from addons.file_channel.connector import SalesFile
from addons.file_channel.mapping import load_mapping
from core.api import LineKind
from core.api import RejectedLine
from core.api import SourceLine
from tests.online_retail import MAPPING
from tests.online_retail import ORDERS
from tests.online_retail import TRUTH
from tests.online_retail import make_opening_stock
from tests.online_retail import shared_file

# One line of the file has a price below a penny (0.001), which its amount does not show.
ROUNDING = Decimal("0.005")

KINDS = {
    "POST": LineKind.POSTAGE,
    "DOT": LineKind.POSTAGE,
    "C2": LineKind.POSTAGE,
    "AMAZONFEE": LineKind.FEE,
    "BANK CHARGES": LineKind.FEE,
    "D": LineKind.DISCOUNT,
    "S": LineKind.SAMPLE,
    "M": LineKind.ADJUSTMENT,
    "m": LineKind.ADJUSTMENT,
    "gift_0001_10": LineKind.VOUCHER,
    "gift_0001_20": LineKind.VOUCHER,
    "gift_0001_30": LineKind.VOUCHER,
    "gift_0001_40": LineKind.VOUCHER,
    "gift_0001_50": LineKind.VOUCHER,
}


def orders() -> SalesFile:
    return OrderFiles().open_orders(shared_file(ORDERS), mapping=MAPPING, account="online_retail")


@pytest.fixture(scope="module")
def lines() -> list[SourceLine]:
    read = list(orders().lines())
    rejected = [line for line in read if isinstance(line, RejectedLine)]
    assert rejected == []
    return [line for line in read if isinstance(line, SourceLine)]


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(shared_file(TRUTH).read_text(encoding="utf-8"))
    return facts


def pounds(lines: list[SourceLine]) -> Decimal:
    return Decimal(sum(line.net_amount for line in lines)) / 100


def test_every_line_can_be_booked(lines: list[SourceLine], truth: dict[str, Any]) -> None:
    assert len(lines) == truth["rows"]
    assert len({line.document_ref for line in lines}) == truth["invoices_distinct"]
    assert len({line.code for line in lines}) == truth["stockcodes_distinct"]
    assert len({line.customer_ref for line in lines} - {None}) == truth["customers_distinct"]
    dirt = truth["dirt"]
    assert sum(line.customer_ref is None for line in lines) == dirt["missing_CustomerID"]
    assert sum(not line.title for line in lines) == dirt["missing_Description"]


def test_credit_notes_are_returns_but_for_codes_that_are_no_goods(
    lines: list[SourceLine], truth: dict[str, Any]
) -> None:
    credits = [line for line in lines if line.document_ref.startswith("C")]
    returns = [line for line in lines if line.kind is LineKind.RETURN]

    assert len(credits) == truth["lines_cancel_C"]
    assert pounds(credits) == Decimal(truth["cancel_amount_C_GBP"])
    assert [line for line in credits if line.code not in KINDS] == returns
    assert all(line.quantity < 0 and line.net_amount < 0 for line in returns)


def test_codes_that_are_no_goods_are_what_they_are(
    lines: list[SourceLine], truth: dict[str, Any]
) -> None:
    by_code = defaultdict(list)
    for line in lines:
        by_code[line.code].append(line)

    for code, facts in truth["special_codes"].items():
        found = by_code[code]
        assert len(found) == facts["lines"], code
        assert sum(line.quantity for line in found) == facts["net_qty"], code
        assert abs(pounds(found) - Decimal(facts["net_amount_GBP"])) <= ROUNDING, code
    for code, kind in KINDS.items():
        assert {line.kind for line in by_code[code]} == {kind}, code
    assert {line.account for line in by_code["AMAZONFEE"]} == {"6000"}
    assert {line.account for line in by_code["BANK CHARGES"]} == {"9040"}
    assert {line.account for line in by_code["S"]} == {"7050"}


def test_other_negative_quantities_are_written_off_and_found_goods_gained(
    lines: list[SourceLine], truth: dict[str, Any]
) -> None:
    written_off = [line for line in lines if line.kind is LineKind.WRITE_OFF]
    gained = [line for line in lines if line.kind is LineKind.STOCK_GAIN]
    given_away = [line for line in lines if line.kind is LineKind.SALE and not line.unit_price]

    assert len(written_off) == truth["dirt"]["negative_qty_not_cancel"]
    assert all(line.quantity < 0 and not line.net_amount for line in written_off)
    assert all(line.quantity > 0 and line.customer_ref is None for line in gained)
    assert all(line.customer_ref for line in given_away)
    # The rest of the zero prices: two lines each of POST and DOT, one voucher.
    zero = len(written_off) + len(gained) + len(given_away) + 5
    assert zero == truth["dirt"]["zero_UnitPrice"]


def test_amounts_and_lines_by_country_are_the_truth(
    lines: list[SourceLine], truth: dict[str, Any]
) -> None:
    codes = load_mapping(MAPPING).country_names
    by_country = defaultdict(list)
    for line in lines:
        by_country[line.country].append(line)

    assert len(by_country) == truth["countries"]
    for name, amount in truth["net_by_country_GBP"].items():
        found = by_country[codes[name]]
        assert len(found) == truth["lines_by_country"][name], name
        assert abs(pounds(found) - Decimal(amount)) <= ROUNDING, name


def test_amounts_and_lines_by_month_are_the_truth(
    lines: list[SourceLine], truth: dict[str, Any]
) -> None:
    by_month = defaultdict(list)
    for line in lines:
        by_month[f"{line.occurred_on:%Y-%m}"].append(line)

    assert {month: len(found) for month, found in by_month.items()} == truth["lines_by_month"]
    for month, amount in truth["net_by_month_GBP"].items():
        assert abs(pounds(by_month[month]) - Decimal(amount)) <= ROUNDING, month


def test_only_identical_rows_share_a_fingerprint(
    lines: list[SourceLine], truth: dict[str, Any]
) -> None:
    repeated = len(lines) - len({line.fingerprint for line in lines})

    assert repeated == truth["dirt"]["exact_duplicate_lines_beyond_first"]
    assert all(0 <= line.fingerprint < 2**63 for line in lines)


def test_opening_stock_covers_every_code_that_was_sold(
    lines: list[SourceLine], tmp_path: Path
) -> None:
    out = tmp_path / "stock.csv"

    count = make_opening_stock(shared_file(ORDERS), out)

    with out.open(encoding="utf-8", newline="") as stream:
        rows = {row["sku"]: row for row in csv.DictReader(stream)}
    sold = Counter[str]()
    for line in lines:
        if line.code not in KINDS and line.quantity > 0:
            sold[line.code] += line.quantity
    assert count == len(rows)
    assert {sku: int(row["quantity"]) for sku, row in rows.items()} == sold
    assert rows["85123A"] == {
        "sku": "85123A",
        "warehouse": "MAIN",
        "quantity": str(sold["85123A"]),
        "unit_cost": "1.475",
        "currency": "GBP",
        "received_on": "2010-11-30",
    }

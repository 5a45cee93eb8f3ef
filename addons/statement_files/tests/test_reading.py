"""Settlements of any platform, read by a mapping."""

from __future__ import annotations

from pathlib import Path

import pytest

from addons.statement_files.mapping import load_mapping
from addons.statement_files.packs import packs
from addons.statement_files.reading import MappedStatement
from addons.statement_files.reading import open_statements
from core.api import FeeCode
from core.api import InputError

MAPPING = """
platform = "ebay"
[file]
date_format = "%d/%m/%Y"
[statement]
id = "Payout"
currency = "Currency"
payout_kind = "PAYOUT"
[columns]
kind = "Type"
date = "Date"
order = "Order"
[[amount]]
column = "Item"
name = "subtotal"
[[amount]]
column = "Fee"
name = "FINAL_VALUE_FEE"
negate = true
"""
HEADER = "Payout,Currency,Type,Date,Order,Buyer,Item,Fee"
ROWS = (
    "P1,GBP,SALE,02/09/2026,11-1,Ann Example,10.00,1.30",
    "P2,GBP,SALE,03/09/2026,11-2,Bob Example,5.00,",
    "P1,GBP,REFUND,04/09/2026,11-1,Ann Example,-2.00,",
    "P1,GBP,PAYOUT,05/09/2026,,,-6.70,",
)


def opened(
    folder: Path, *rows: str, mapping: str = MAPPING, header: str = HEADER
) -> list[MappedStatement]:
    rules, file = folder / "m.toml", folder / "f.csv"
    rules.write_text(mapping, encoding="utf-8")
    file.write_text("\n".join((header, *rows)), encoding="utf-8")
    return open_statements(file, load_mapping(rules))


def test_each_id_is_a_settlement_that_ties_to_its_payout(tmp_path: Path) -> None:
    first, second = opened(tmp_path, *ROWS)
    assert (first.facts.external_ref, first.facts.total) == ("P1", 670)
    assert (first.facts.platform, str(first.facts.deposited_on)) == ("ebay", "2026-09-05")
    assert [(line.code, line.amount, line.order_ref) for line in first.lines()] == [
        (FeeCode("SALE", "", "subtotal"), 1000, "11-1"),
        (FeeCode("SALE", "", "FINAL_VALUE_FEE"), -130, "11-1"),
        (FeeCode("REFUND", "", "subtotal"), -200, "11-1"),
    ]
    # Without its payout it ties to nothing: it will be kept aside.
    assert (second.facts.total, sum(line.amount for line in second.lines())) == (0, 500)


def test_the_total_of_the_platform_may_stand_on_each_row(tmp_path: Path) -> None:
    mapping = MAPPING.replace('payout_kind = "PAYOUT"', 'total = "Total"')
    rows = ("P1,GBP,SALE,02/09/2026,11-1,x,10.00,1.30,8.70",)
    (found,) = opened(tmp_path, *rows, mapping=mapping, header=f"{HEADER},Total")
    assert found.facts.total == 870
    with pytest.raises(InputError, match="another currency or total"):
        opened(tmp_path, *rows, rows[0].replace("8.70", "8.71"), mapping=mapping,
               header=f"{HEADER},Total")  # fmt: skip


def test_what_nobody_mapped_is_not_kept(tmp_path: Path) -> None:
    for found in opened(tmp_path, *ROWS):
        assert not [line for line in found.lines() if "Example" in line.payload]


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        ("P1,GBP,SALE,2026-09-02,11-1,x,1.00,", "line 2: Date: '2026-09-02' is no date"),
        ("P1,GBP,SALE,02/09/2026,11-1,x,1.0x,", "line 2: Item is no amount"),
        ("P1,GBP,SALE,02/09/2026,11-1,x,1.005,", "line 2: Item is no amount"),
        (",GBP,SALE,02/09/2026,11-1,x,1.00,", "line 2: The row names no settlement"),
        ("P1,XXX,SALE,02/09/2026,11-1,x,1.00,", "not an ISO 4217 currency"),
        ("P1,GBP,SALE", "line 2: It has 3 cells"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, row: str, wrong: str) -> None:
    with pytest.raises(InputError, match=wrong):
        [list(found.lines()) for found in opened(tmp_path, row)]


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (('id = "Payout"', ""), "statement.id"),
        (('payout_kind = "PAYOUT"', ""), "ties to nothing"),
        (('platform = "ebay"', ""), "platform must name"),
        (('kind = "Type"', ""), "payout_kind needs"),
        (('currency = "Currency"', ""), "column of the currency"),
        (('order = "Order"', 'colour = "Order"'), "knows no colour"),
        (("negate = true", 'negate = "yes"'), "negate is true or false"),
        (("[[amount]]", "[[sum]]"), "knows no sum"),
        (("[file]", '[file]\ndecimal = "x"'), "a point or a comma"),
        (("[file]", '[file]\ntimezone = "Nowhere"'), "Nowhere"),
        (("[file]", "[file"), "no TOML"),
    ],
)
def test_a_mapping_that_cannot_be_used_says_why(
    tmp_path: Path, change: tuple[str, str], wrong: str
) -> None:
    with pytest.raises(InputError, match=wrong):
        opened(tmp_path, *ROWS, mapping=MAPPING.replace(*change))


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="column Fee is missing"):
        opened(tmp_path, header=HEADER.replace("Fee", "Fees"))


def test_the_packs_know_their_platforms() -> None:
    known = {
        pack.platform: {rule.code.name: rule.account for rule in pack.rules} for pack in packs()
    }
    assert known["ebay"]["FINAL_VALUE_FEE"] == "6000"
    assert known["tiktok"]["affiliate_commission_amount"] == "7020"
    assert "OTHER_FEES" not in known["ebay"]

"""The most particular rule answers, the company's own word first, as of the day."""

from __future__ import annotations

from datetime import date

import pytest

from core.errors import InputError
from core.fees.dictionary import Category
from core.fees.dictionary import Dictionary
from core.fees.dictionary import FeeCode
from core.fees.dictionary import FeeRule
from core.fees.dictionary import read_fee_table

DAY = date(2026, 3, 1)
HEAD = "since,kind,group,name,category,account,level,sign,tax\n"


def rule(kind: str, group: str, name: str, account: str, **more: object) -> FeeRule:
    return FeeRule(FeeCode(kind, group, name), Category.FEE, account, **more)  # type: ignore[arg-type]


def account_of(rules: list[FeeRule], code: FeeCode, day: date = DAY) -> str | None:
    found = Dictionary("1", rules).find(code, day)
    return found.account if found is not None else None


def test_the_more_particular_rule_comes_first() -> None:
    rules = [
        rule("*", "*", "Base fee", "1"),
        rule("Order", "*", "Base fee", "2"),
        rule("*", "Storage", "Base fee", "3"),
        rule("Order", "Storage", "Base fee", "4"),
    ]
    for expected in "4321":
        assert account_of(rules, FeeCode("Order", "Storage", "Base fee")) == expected
        rules.pop()
    assert account_of(rules, FeeCode("Order", "Storage", "Base fee")) is None


def test_names_are_the_same_however_they_are_spelt() -> None:
    rules = [rule("*", "*", "FBA transportation fee", "6020")]
    assert account_of(rules, FeeCode("Order", "x", "FBATransportationFee")) == "6020"


def test_a_rule_holds_from_its_day_on() -> None:
    rules = [
        rule("*", "*", "Fee", "1", since=date(2026, 1, 1)),
        rule("*", "*", "Fee", "2", since=date(2026, 4, 1)),
    ]
    code = FeeCode("a", "b", "Fee")
    assert account_of(rules, code, date(2025, 12, 31)) is None
    assert account_of(rules, code, date(2026, 3, 31)) == "1"
    assert account_of(rules, code, date(2026, 4, 1)) == "2"


def test_the_company_s_own_word_comes_before_the_pack_s() -> None:
    rules = [rule("*", "*", "Fee", "2", own=True), rule("*", "*", "Fee", "1", since=DAY)]
    assert account_of(rules, FeeCode("a", "b", "Fee")) == "2"


@pytest.mark.parametrize(
    ("sign", "amount", "fits"), [("in", -1, False), ("out", 1, False), ("any", 1, True)]
)
def test_an_amount_must_go_the_way_that_the_rule_says(sign: str, amount: int, fits: bool) -> None:
    assert rule("*", "*", "Fee", "1", sign=sign).fits(amount) is fits


@pytest.mark.parametrize(
    "line",
    [
        ",Order,ItemFees,Commission,fees,6000,order,any,",
        ",Order,ItemFees,Commission,fee,6000,orders,any,",
        ",Order,ItemFees,Commission,fee,6000,order,up,",
        ",Order,ItemFees,,fee,6000,order,any,",
        "2026,Order,ItemFees,Commission,fee,6000,order,any,",
        ",Order,ItemFees,Commission,fee,Fees,order,any,",
        ",Order",
    ],
)
def test_a_rule_that_cannot_be_used_is_named(line: str) -> None:
    with pytest.raises(InputError, match="line 2"):
        read_fee_table(HEAD + line, "amazon", "1")

"""Transactions that a seller exported; the rows are made up."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from addons.shopify.statements import open_payouts
from core.api import InputError

HEAD = (
    "Transaction Date,Type,Order,Card Brand,Card Source,Payout Status,Payout Date,Payout ID,"
    "Available On,Amount,Fee,Net,Checkout,Payment Method Name,Presentment Amount,"
    "Presentment Currency,Currency,VAT"
)


def row(at: str, kind: str, order: str, payout: str, *amounts: str, currency: str = "GBP") -> str:
    paid = ("paid", "2026-03-03") if payout else ("pending", "")
    cells = (f"2026-03-0{at}", kind, order, "visa", "online", *paid, payout, "2026-03-04")
    return ",".join((*cells, *amounts, "#C1", "card", amounts[0], currency, currency, ""))


ROWS = (
    row("1 12:07:45 +0100", "charge", "#1001", "77", "24.00", "0.73", "23.27"),
    row("1 18:00:00 +0100", "charge", "#1002", "77", "10.00", "0.45", "9.55"),
    row("2 09:00:00 +0100", "refund", "#1001", "77", "-4.00", "0.00", "-4.00"),
    row("3 01:00:00 +0100", "payout", "", "77", "-28.82", "0.00", "-28.82"),
    row("3 12:00:00 +0100", "chargeback", "#1002", "78", "-10.00", "15.00", "-25.00"),
    row("4 12:00:00 +0100", "charge", "#1003", "", "5.00", "0.35", "4.65"),
)


def written(folder: Path, *rows: str, head: str = HEAD) -> Path:
    path = folder / "transactions.csv"
    path.write_text("\n".join((head, *rows)) + "\n", encoding="utf-8-sig")
    return path


def test_each_payout_is_a_settlement_that_adds_up(tmp_path: Path) -> None:
    one, other = open_payouts(written(tmp_path, *ROWS))

    assert (one.facts.external_ref, one.facts.total) == ("77", 2882)
    assert one.facts.deposited_on == date(2026, 3, 3)
    told = [(line.code.kind, line.code.name, line.order_ref, line.amount) for line in one.lines()]
    assert told == [
        ("charge", "amount", "1001", 2400),
        ("charge", "fee", "1001", -73),
        ("charge", "amount", "1002", 1000),
        ("charge", "fee", "1002", -45),
        ("refund", "amount", "1001", -400),
    ]
    assert sum(line.amount for line in one.lines()) == one.facts.total
    # Without a row of its own a payout is what its transactions come to.
    assert (other.facts.external_ref, other.facts.total) == ("78", -2500)
    assert "visa" not in "".join(line.payload for line in one.lines())


def test_a_semicolon_is_a_comma_elsewhere(tmp_path: Path) -> None:
    rows = [each.replace(",", ";") for each in ROWS[:1]]

    (one,) = open_payouts(written(tmp_path, *rows, head=HEAD.replace(",", ";")))

    assert one.facts.total == 2327


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (ROWS[0].replace("23.27", "23.28"), "line 2: Amount less fee"),
        (ROWS[0].replace("24.00", "x"), "line 2"),
        (ROWS[0].replace("2026-03-01 12:07:45 +0100", "1.3.2026"), "line 2: '1.3.2026' is no"),
        (ROWS[0][:40], "not as many cells"),
        (ROWS[1] + "\n" + ROWS[0].replace("GBP", "EUR"), "line 3: The line is in EUR"),
    ],
)
def test_what_leaves_a_doubt_is_refused_by_its_line(
    tmp_path: Path, changed: str, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        [list(each.lines()) for each in open_payouts(written(tmp_path, changed))]


def test_other_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="no JSON"):
        open_payouts(path)
    path.write_text('{"format": "other"}')
    with pytest.raises(InputError, match="no payout of Shopify"):
        open_payouts(path)
    with pytest.raises(InputError, match="columns Fee, Net are missing"):
        open_payouts(written(tmp_path, head=HEAD.replace("Fee,Net,", "")))

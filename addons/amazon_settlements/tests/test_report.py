"""Settlement reports of every layout and language say the same."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from addons.amazon_settlements.connector import AmazonSettlements
from addons.amazon_settlements.report import SettlementReport
from core.api import FeeCode
from core.api import InputError

V2 = (
    "settlement-id settlement-start-date settlement-end-date deposit-date total-amount currency"
    " transaction-type order-id shipment-id marketplace-name amount-type amount-description amount"
    " posted-date-time order-item-code sku quantity-purchased"
).split()
V1 = (
    "settlement-id settlement-start-date settlement-end-date deposit-date total-amount currency"
    " transaction-type order-id shipment-id marketplace-name shipment-fee-type shipment-fee-amount"
    " posted-date order-item-code sku quantity-purchased price-type price-amount"
    " item-related-fee-type item-related-fee-amount misc-fee-amount other-fee-amount"
    " other-fee-reason-description promotion-type promotion-amount other-amount"
).split()
ORDER = "303-0000000-0000001"


def write(path: Path, header: list[str], *rows: dict[str, str], encoding: str = "utf-8") -> Path:
    head = {
        "settlement-start-date": "20.08.2026 00:00:00 UTC",
        "settlement-end-date": "03.09.2026 00:00:00 UTC",
        "deposit-date": "04.09.2026 00:00:00 UTC",
        "total-amount": "33,00",
        "currency": "EUR",
    }
    lines = [header]
    for row in (head, *rows):
        cells = {"settlement-id": "1", "posted-date-time": "20.08.2026 10:00:00 UTC"} | row
        lines.append([cells.get(name, "") for name in header])
    path.write_text("".join("\t".join(line) + "\r\n" for line in lines), encoding=encoding)
    return path


def amount(text: str, name: str = "Principal", **more: str) -> dict[str, str]:
    said = {"transaction-type": "Order", "amount-type": "ItemPrice", "amount-description": name}
    named = {name.replace("_", "-"): value for name, value in more.items()}
    return said | {"amount": text, "order-id": ORDER} | named


def lines_of(path: Path) -> list[tuple[FeeCode, int]]:
    return [(line.code, line.amount) for line in SettlementReport(path).lines()]


def test_a_german_report(tmp_path: Path) -> None:
    path = write(
        tmp_path / "r.txt", V2, amount("40,00", sku="Ä1", quantity_purchased="2"),
        amount("-7,00", "Commission", amount_type="ItemFees"),
    )  # fmt: skip
    report = SettlementReport(path)
    assert (report.facts.total, report.facts.currency) == (3300, "EUR")
    assert report.facts.deposited_on == date(2026, 9, 4)
    first, second = report.lines()
    assert (first.amount, first.order_ref, first.sku, first.quantity) == (4000, ORDER, "Ä1", 2)
    assert second.code == FeeCode("Order", "ItemFees", "Commission")
    assert [line.amount for line in report.lines()] == [4000, -700]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_any_encoding_of_a_western_marketplace(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path / "r.txt", V2, amount("33,00", sku="Größe-é"), encoding=encoding)
    assert [line.sku for line in SettlementReport(path).lines()] == ["Größe-é"]


def test_a_japanese_report_in_its_own_code_page(tmp_path: Path) -> None:
    row = amount("3,300", sku="マグカップ", posted_date_time="2026/08/20 10:00:00 JST")
    head = {"total-amount": "3,300", "currency": "JPY"}
    path = write(tmp_path / "r.txt", V2, encoding="cp932")
    lines = path.read_text("cp932").splitlines()
    summary = dict(zip(V2, lines[1].split("\t"), strict=True)) | head
    rows = [V2, *[[r.get(n, "") for n in V2] for r in (summary, {"settlement-id": "1"} | row)]]
    path.write_text("".join("\t".join(r) + "\n" for r in rows), encoding="cp932")
    (line,) = SettlementReport(path).lines()
    assert (line.sku, line.amount) == ("マグカップ", 3300)
    assert line.posted_at.hour == 1


def test_a_line_of_v1_has_an_amount_in_each_column(tmp_path: Path) -> None:
    service = {"transaction-type": "ServiceFee", "item-related-fee-type": "Cost of Advertising"}
    path = write(
        tmp_path / "r.txt", V1,
        {"transaction-type": "Order", "order-id": ORDER, "quantity-purchased": "1",
         "posted-date": "20.08.2026"},
        {"transaction-type": "Order", "order-id": ORDER, "price-type": "Principal",
         "price-amount": "40,00", "posted-date": "20.08.2026"},
        service | {"item-related-fee-amount": "-6,00", "other-fee-amount": "-1,00",
                   "other-fee-reason-description": "TaxAmount", "posted-date": "21.08.2026"},
        {"transaction-type": "Storage Fee", "other-amount": "0,00 ", "posted-date": "22.08.2026"},
    )  # fmt: skip
    assert lines_of(path) == [
        (FeeCode("Order", "", ""), 0),
        (FeeCode("Order", "ItemPrice", "Principal"), 4000),
        (FeeCode("ServiceFee", "Cost of Advertising", "TransactionTotalAmount"), -600),
        (FeeCode("ServiceFee", "other-transaction", "TaxAmount"), -100),
        (FeeCode("other-transaction", "other-transaction", "Storage Fee"), 0),
    ]


def test_an_order_id_that_is_a_shipment_to_a_warehouse_is_no_order(tmp_path: Path) -> None:
    fee = {"transaction_type": "FBAFees", "amount_type": "FBA Inbound Placement Service Fee"}
    path = write(tmp_path / "r.txt", V2, amount("-3,00", "Base fee", order_id="FBA15ABCD", **fee))
    (line,) = SettlementReport(path).lines()
    assert (line.order_ref, line.shipment_ref) == ("", "FBA15ABCD")


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (lambda t: t.replace("total-amount", "total"), "not the columns"),
        (lambda t: t.replace("33,00\tEUR", "\tEUR"), "must be its summary"),
        (lambda t: t[:-200] + t[-200:].replace("\n1\t", "\n2\t"), "belongs to settlement 2"),
        (lambda t: t.replace("40,00", "40,0O"), "is not an amount"),
        (lambda t: t.replace("20.08.2026 10", "20.13.2026 10"), "is no moment"),
        (lambda t: t.replace("EUR", "XXX"), "not an ISO 4217 currency"),
        (lambda t: t + "1" + "\t" * 16 + "\tmore\r\n", "18 cells"),
        (lambda t: t.replace("40,00", "40.00"), "some with a comma"),
    ],
)  # fmt: skip
def test_a_damaged_report_says_what_is_wrong(tmp_path: Path, change: object, wrong: str) -> None:
    path = write(tmp_path / "r.txt", V2, amount("40,00"), amount("-7,00", "Commission"))
    path.write_text(change(path.read_text("utf-8")), encoding="utf-8", newline="")  # type: ignore[operator]
    with pytest.raises(InputError, match=wrong):
        list(SettlementReport(path).lines())


def test_a_file_of_bytes_is_no_report(tmp_path: Path) -> None:
    path = tmp_path / "r.txt"
    path.write_bytes(bytes(range(256)) * 20)
    with pytest.raises(InputError, match=r"no text|not the columns|cannot be read"):
        AmazonSettlements().open_settlements(path, {})


def test_an_empty_file_is_no_report(tmp_path: Path) -> None:
    path = tmp_path / "r.txt"
    path.write_bytes(b"")
    with pytest.raises(InputError, match="not the columns"):
        AmazonSettlements().open_settlements(path, {})

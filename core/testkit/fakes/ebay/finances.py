"""The Finances API: what moved on the balance, what is held, and what was paid out."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

from werkzeug.wrappers import Response

from core.testkit.fakes.ebay.documents import username
from core.testkit.fakes.ebay.writing import Document
from core.testkit.fakes.ebay.writing import amount_text
from core.testkit.fakes.ebay.writing import filters
from core.testkit.fakes.ebay.writing import moment_text
from core.testkit.fakes.ebay.writing import one_of
from core.testkit.fakes.ebay.writing import page_of
from core.testkit.fakes.ebay.writing import span
from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.fake import operation
from core.testkit.fakes.rates import Published
from core.testkit.fakes.till import free_at
from core.testkit.fakes.trade import Cash
from core.testkit.fakes.trade import LineFee
from core.testkit.fakes.trade import Movement
from core.testkit.fakes.trade import Payout
from core.testkit.fakes.truth import Kind

RATE = Published(15_000 / 86_400, 2_000)
PATH = "/sell/finances/v1"
PAYOUTS_BY = ("payoutDate", "lastAttemptedPayoutDate", "payoutStatus")
TRANSACTIONS_BY = (
    *("transactionDate", "transactionType", "transactionStatus", "buyerUsername"),
    *("salesRecordReference", "payoutId", "transactionId", "orderId"),
)
TYPES = {
    Movement.CHARGE: ("SALE", "CREDIT"),
    Movement.REPAYMENT: ("REFUND", "DEBIT"),
    Movement.LABEL: ("SHIPPING_LABEL", "DEBIT"),
    Movement.FEE: ("NON_SALE_CHARGE", "DEBIT"),
}
FEES = {
    Kind.COMMISSION: "FINAL_VALUE_FEE",
    Kind.ORDER_FEE: "FINAL_VALUE_FEE_FIXED_PER_ORDER",
    Kind.FOREIGN_FEE: "INTERNATIONAL_FEE",
    Kind.ADS: "AD_FEE",
    Kind.SUBSCRIPTION: "EBAY_STORE_SUBSCRIPTION_FEE",
}
BY_THE_CLICK = "PREMIUM_AD_FEES"
ON_HOLD, AVAILABLE, PAID = "FUNDS_ON_HOLD", "FUNDS_AVAILABLE_FOR_PAYOUT", "PAYOUT"
Row = tuple[Cash, Payout | None]


class Finances(Part):
    """Money."""

    @operation(
        "getPayouts", "GET", f"{PATH}/payout", RATE, query=("filter", "sort", "limit", "offset")
    )
    def payouts(self, asked: Asked) -> Response:
        """List payouts, the oldest first; 204 when there is none."""
        found = self._payouts(asked)
        page = page_of(asked, "payouts", found, 200, 20)
        page["payouts"] = [self._payout(each) for each in page["payouts"]]
        return as_json(page) if found else Response(status=204)

    @operation("getPayout", "GET", f"{PATH}/payout/<payout_id>", RATE)
    def payout(self, asked: Asked) -> Response:
        """Return one payout."""
        for each in self.fake.trade.payouts:
            if each.ref == asked.path["payout_id"]:
                return as_json(self._payout(each))
        raise Refusal(404, "135004", "The payout does not exist.")

    @operation("getPayoutSummary", "GET", f"{PATH}/payout_summary", RATE, query=("filter",))
    def payout_summary(self, asked: Asked) -> Response:
        """Add payouts up."""
        found = self._payouts(asked)
        body: Document = {
            "payoutCount": len(found),
            "transactionCount": sum(len(each.rows) for each in found),
        }
        if found:
            body["amount"] = self._money(sum(each.total for each in found))
        return as_json(body)

    @operation(
        "getTransactions", "GET", f"{PATH}/transaction", RATE,
        query=("filter", "sort", "limit", "offset"),
    )  # fmt: skip
    def transactions(self, asked: Asked) -> Response:
        """List what moved on the balance, the newest first; 204 when nothing did."""
        found = list(self._found(asked))
        page = page_of(asked, "transactions", found, 1000, 20)
        page["transactions"] = [self._transaction(row) for row in page["transactions"]]
        return as_json(page) if found else Response(status=204)

    @operation(
        "getTransactionSummary", "GET", f"{PATH}/transaction_summary", RATE, query=("filter",)
    )
    def summary(self, asked: Asked) -> Response:
        """Add movements up by their types."""
        found = list(self._found(asked))
        body: Document = {}
        for name, kind in (("credit", Movement.CHARGE), ("refund", Movement.REPAYMENT)):
            rows = [row for row in found if row[0].kind is kind]
            body[f"{name}Count"] = len(rows)
            if rows:
                body[f"{name}Amount"] = self._money(abs(sum(row[0].net for row in rows)))
                body[f"{name}BookingEntry"] = TYPES[kind][1]
        return as_json(body)

    @operation("getSellerFundsSummary", "GET", f"{PATH}/seller_funds_summary", RATE)
    def funds(self, _asked: Asked) -> Response:
        """Say what is not paid out yet."""
        waiting = [row for row in self._rows() if row[1] is None]
        held = sum(row[0].net for row in waiting if self._status(row) == ON_HOLD)
        whole = sum(row[0].net for row in waiting)
        if not waiting:
            return Response(status=204)
        return as_json(
            {
                "totalFunds": self._money(whole),
                "availableFunds": self._money(whole - held),
                "fundsOnHold": self._money(held),
                "processingFunds": self._money(0),
            }
        )

    def _payouts(self, asked: Asked) -> list[Payout]:
        by, now = filters(asked, PAYOUTS_BY), self.fake.clock.now()
        found = [each for each in self.fake.trade.payouts if each.at <= now]
        if "payoutDate" in by:
            since, until = span(by["payoutDate"], now)
            found = [each for each in found if since <= each.at <= until]
        if by.get("payoutStatus", "{SUCCEEDED}") != "{SUCCEEDED}":
            found = []
        return found

    def _found(self, asked: Asked) -> Iterator[Row]:
        by, now = filters(asked, TRANSACTIONS_BY), self.fake.clock.now()
        tests: list[Callable[[Row], bool]] = []
        if "transactionDate" in by:
            since, until = span(by["transactionDate"], now)
            tests.append(lambda row: since <= row[0].at <= until)
        if wanted := by.get("payoutId"):
            tests.append(lambda row: row[1] is not None and row[1].ref == one_of(wanted)[0])
        if order := by.get("orderId"):
            tests.append(lambda row: row[0].order == one_of(order)[0])
        if kinds := by.get("transactionType"):
            tests.append(lambda row: TYPES[row[0].kind][0] in one_of(kinds))
        if status := by.get("transactionStatus"):
            tests.append(lambda row: self._status(row) in one_of(status))
        rows = [row for row in self._rows() if all(test(row) for test in tests)]
        yield from sorted(rows, key=lambda row: (row[0].at, row[0].ref), reverse=True)

    def _rows(self) -> Iterator[Row]:
        trade, now = self.fake.trade, self.fake.clock.now()
        paid = {row.ref: payout for payout in trade.payouts for row in payout.rows}
        yield from ((row, paid.get(row.ref)) for row in trade.cash if row.at <= now)

    def _payout(self, payout: Payout) -> Document:
        return {
            "payoutId": payout.ref,
            "payoutStatus": "SUCCEEDED",
            "payoutStatusDescription": "Funds sent",
            "amount": self._money(payout.total),
            "payoutDate": moment_text(payout.at),
            "transactionCount": len(payout.rows),
            "payoutInstrument": {"instrumentType": "BANK", "accountLastFourDigits": "1234"},
        }

    def _transaction(self, row: Row) -> Document:
        cash, payout = row
        kind, entry = TYPES[cash.kind]
        known: Document = {
            # eBay calls a sale by the number of its order.
            "transactionId": cash.order if cash.kind is Movement.CHARGE else cash.ref,
            "transactionType": kind,
            "transactionStatus": self._status(row),
            "transactionDate": moment_text(cash.at),
            "bookingEntry": entry,
            "amount": self._money(abs(cash.net)),
            "salesRecordReference": "0",
            "paymentsEntity": "eBay Commerce UK Ltd",
        }
        if payout is not None:
            known["payoutId"] = payout.ref
        elif self._status(row) == ON_HOLD:
            known["transactionMemo"] = "Funds on hold. Estimated release in 2 days"
        if cash.kind in (Movement.CHARGE, Movement.REPAYMENT):
            known |= self._of_order(cash)
        elif cash.kind is Movement.LABEL:
            known["orderId"] = cash.order
        if cash.name is not None:
            known["feeType"] = FEES[cash.name]
            if cash.name is Kind.ADS and not cash.order:
                known["feeType"] = BY_THE_CLICK
            if cash.order:
                item = self.fake.trade.sales[cash.order].items[0]
                known["references"] = [
                    {"referenceType": "ITEM_ID", "referenceId": item.product.platform_id},
                    {"referenceType": "ORDER_ID", "referenceId": cash.order},
                ]
        return known

    def _of_order(self, cash: Cash) -> Document:
        sale = self.fake.trade.sales[cash.order]
        lines: dict[str, list[LineFee]] = {}
        for fee in cash.lines:
            lines.setdefault(fee.item, []).append(fee)
        found: Document = {
            "orderId": cash.order,
            "buyer": {"username": username(sale.buyer)},
            "totalFeeBasisAmount": self._money(abs(cash.amount)),
            "totalFeeAmount": self._money(abs(cash.fee)),
            "orderLineItems": [
                {
                    "lineItemId": item,
                    "feeBasisAmount": self._money(max(fee.basis for fee in fees)),
                    "marketplaceFees": [
                        {"feeType": FEES[fee.kind], "amount": self._money(abs(fee.amount))}
                        for fee in fees
                    ],
                }
                for item, fees in lines.items()
            ],
        }
        if cash.tax:
            found["ebayCollectedTaxAmount"] = self._money(abs(cash.tax))
        return found

    def _status(self, row: Row) -> str:
        cash, payout = row
        if payout is not None:
            return PAID
        held = free_at(self.fake.trade, cash) > self.fake.clock.now()
        return ON_HOLD if held and cash.kind is Movement.CHARGE else AVAILABLE

    def _money(self, amount: int) -> dict[str, Any]:
        return amount_text(amount, self.fake.trade.terms.currency)

"""Shopify Payments: what moved on the balance, and what was paid out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from datetime import timedelta
from typing import TYPE_CHECKING
from typing import Any

from graphql import GraphQLError

from core.testkit.fakes.shopify.ids import gid
from core.testkit.fakes.shopify.ids import money
from core.testkit.fakes.shopify.ids import order_number
from core.testkit.fakes.shopify.paging import page_of
from core.testkit.fakes.shopify.search import finds
from core.testkit.fakes.time import text_of
from core.testkit.fakes.trade import Cash
from core.testkit.fakes.trade import Movement
from core.testkit.fakes.trade import Payout
from core.testkit.fakes.trade import Sale

if TYPE_CHECKING:
    from core.testkit.fakes.shopify.shop import ShopifyFake

TYPES = {Movement.CHARGE: "CHARGE", Movement.REPAYMENT: "REFUND", Movement.LABEL: "SHIPPING_LABEL"}
ARRIVES = timedelta(days=2)
"""So long after it was sent a payout is in the bank."""
ANSWERED = timedelta(days=10)
"""So long a seller may answer a dispute."""
DISPUTES = "read_shopify_payments_disputes"
Row = tuple[Cash, Payout | None]
Document = dict[str, Any]


class Payments:
    """The account with Shopify Payments."""

    def __init__(self, fake: ShopifyFake) -> None:
        self.fake = fake
        self.disputed: list[Document] = []

    def account(self) -> Document:
        """Return the account."""
        trade, currency = self.fake.trade, self.fake.trade.terms.currency
        paid = {row.ref for payout in trade.payouts for row in payout.rows}
        balance = sum(row.net for row in trade.cash if row.ref not in paid)
        return {
            "id": gid("ShopifyPaymentsAccount", 1),
            "defaultCurrency": currency,
            "balance": [money(balance, currency)],
            "payouts": self.payouts,
            "balanceTransactions": self.transactions,
            "disputes": self.disputes,
        }

    def dispute(self, sale: Sale, at: datetime, status: str = "NEEDS_RESPONSE") -> Document:
        """Let a buyer ask his bank for the money of an order; change what is returned to go on."""
        made: Document = {
            "id": gid("ShopifyPaymentsDispute", self.fake.trade.next_number()),
            "status": status,
            "type": "CHARGEBACK",
            "initiatedAt": text_of(at),
            "evidenceDueBy": text_of(at + ANSWERED),
            "amount": money(sale.net + sale.tax, self.fake.trade.terms.currency),
            "order": self.fake.orders.document(sale),
            "reasonDetails": {"reason": "PRODUCT_NOT_RECEIVED"},
        }
        self.disputed.append(made)
        return made

    def disputes(
        self,
        info: Any,
        first: int | None = None,
        after: str | None = None,
        query: str | None = None,
    ) -> Document:
        """Return a page of disputes."""
        if DISPUTES not in self.fake.scopes:
            raise GraphQLError(
                f"Access denied for disputes field. Required access: `{DISPUTES}` access scope.",
                extensions={"code": "ACCESS_DENIED"},
            )
        fits = finds(query, {"initiated_at": lambda e: datetime.fromisoformat(e["initiatedAt"])})
        rows = [((each["id"],), each) for each in self.disputed if fits(each)]
        return page_of(rows, first, after, info.context)

    def payouts(
        self,
        info: Any,
        first: int | None = None,
        after: str | None = None,
        query: str | None = None,
        reverse: bool = False,
        sortKey: str = "ISSUED_AT",  # noqa: N803 - Shopify's name
    ) -> Document:
        """Return a page of payouts."""
        if reverse:
            raise GraphQLError("Payouts are told forwards here.")
        searched = {
            "issued_at": lambda payout: payout.at,
            "status": lambda payout: self._status(payout).lower(),
        }
        fits = finds(query, searched)
        rows = [
            ((text_of(each.at), int(each.ref)), each)
            for each in self.fake.trade.payouts
            if each.at <= self.fake.clock.now() and fits(each)
        ]
        page = page_of(rows, first, after, info.context)
        return {**page, "nodes": [self._payout(each) for each in page["nodes"]]}

    def transactions(
        self,
        info: Any,
        first: int | None = None,
        after: str | None = None,
        query: str | None = None,
        hideTransfers: bool = False,  # noqa: N803 - Shopify's name
        sortKey: str = "PROCESSED_AT",  # noqa: N803
    ) -> Document:
        """Return a page of what moved on the balance."""
        searched = {
            "payments_transfer_id": lambda row: row[1].ref if row[1] is not None else "",
            "processed_at": lambda row: row[0].at,
        }
        fits = finds(query, searched)
        rows = [
            ((text_of(row[0].at), int(row[0].ref)), row)
            for row in self._rows(hideTransfers)
            if fits(row)
        ]
        page = page_of(rows, first, after, info.context)
        return {**page, "nodes": [self._transaction(*row) for row in page["nodes"]]}

    def _rows(self, hide_transfers: bool) -> Iterator[Row]:
        trade = self.fake.trade
        paid: dict[str, Payout] = {}
        for payout in trade.payouts:
            paid |= dict.fromkeys((row.ref for row in payout.rows), payout)
            if not hide_transfers:
                yield Cash(payout.ref, Movement.PAYOUT, payout.at, -payout.total), payout
        yield from ((row, paid.get(row.ref)) for row in trade.cash)

    def _payout(self, payout: Payout) -> Document:
        return {
            "id": gid("ShopifyPaymentsPayout", payout.ref),
            "legacyResourceId": payout.ref,
            "issuedAt": text_of(payout.at),
            "net": money(payout.total, self.fake.trade.terms.currency),
            "status": self._status(payout),
            "transactionType": "DEPOSIT" if payout.total >= 0 else "WITHDRAWAL",
        }

    def _transaction(self, row: Cash, payout: Payout | None) -> Document:
        currency = self.fake.trade.terms.currency
        order = {"id": gid("Order", order_number(row.order)), "name": f"#{row.order}"}
        return {
            "id": gid("ShopifyPaymentsBalanceTransaction", row.ref),
            "type": TYPES.get(row.kind, "TRANSFER"),
            "test": False,
            "transactionDate": text_of(row.at),
            "amount": money(row.amount, currency),
            "fee": money(row.fee, currency),
            "net": money(row.net, currency),
            "adjustmentReason": None,
            "associatedOrder": order if row.order else None,
            "associatedPayout": {
                "id": gid("ShopifyPaymentsPayout", payout.ref) if payout is not None else None,
                "status": self._status(payout) if payout is not None else "PENDING",
            },
        }

    def _status(self, payout: Payout) -> str:
        arrived = payout.at + ARRIVES <= self.fake.clock.now()
        return "PAID" if arrived else "SCHEDULED"

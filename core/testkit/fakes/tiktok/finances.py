"""The Finance API: a statement a day, what is in it, what was paid, and what is not settled."""

from __future__ import annotations

from collections.abc import Iterator

from werkzeug.wrappers import Response

from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import operation
from core.testkit.fakes.rates import Published
from core.testkit.fakes.tiktok.documents import sku_id
from core.testkit.fakes.tiktok.transactions import reserve_of
from core.testkit.fakes.tiktok.transactions import settled_of
from core.testkit.fakes.tiktok.transactions import sku_transaction
from core.testkit.fakes.tiktok.transactions import transactions
from core.testkit.fakes.tiktok.transactions import unsettled
from core.testkit.fakes.tiktok.writing import INVALID
from core.testkit.fakes.tiktok.writing import PAGED
from core.testkit.fakes.tiktok.writing import SIGNED
from core.testkit.fakes.tiktok.writing import Document
from core.testkit.fakes.tiktok.writing import amount
from core.testkit.fakes.tiktok.writing import answer
from core.testkit.fakes.tiktok.writing import page_of
from core.testkit.fakes.tiktok.writing import seconds
from core.testkit.fakes.tiktok.writing import within
from core.testkit.fakes.trade import Settlement
from core.testkit.fakes.truth import Fact

RATE = Published(10, 20)
MOST = 100
TRANSACTIONS = "statement_transactions"


class Finances(Part):
    """Money."""

    @operation(
        "getStatements", "GET", "/finance/202309/statements", RATE,
        query=(*PAGED, "statement_time_ge", "statement_time_lt", "payment_status"),
    )  # fmt: skip
    def statements(self, asked: Asked) -> Response:
        """List statements."""
        _sorted_by(asked, "statement_time")
        found = [
            each for each in self._settled() if within(asked, {}, "statement_time", each.ended_at)
        ]
        rows = found if asked.query("sort_order") == "ASC" else found[::-1]
        page = page_of(asked, "statements", rows, MOST)
        page["statements"] = [self._statement(each) for each in page["statements"]]
        del page["total_count"]
        return answer(page)

    @operation(
        "getTransactionsByStatement", "GET",
        f"/finance/202501/statements/<statement_id>/{TRANSACTIONS}", RATE, query=PAGED,
    )  # fmt: skip
    def by_statement(self, asked: Asked) -> Response:
        """Return what is in a statement."""
        _sorted_by(asked, "order_create_time")
        found = self._one(asked.path["statement_id"])
        money = self.fake.trade.terms.currency
        rows = list(transactions(found, self.fake.trade))
        page = page_of(asked, "transactions", rows, MOST)
        settled, reserve = settled_of(found), reserve_of(found)
        head = {
            "id": found.ref,
            "create_time": seconds(found.ended_at),
            "status": "SETTLED",
            "currency": money,
            "total_settlement_amount": amount(settled, money),
            "total_reserve_amount": amount(reserve, money),
            "payable_amount": amount(settled + reserve, money),
        }
        return answer({**head, **page})

    @operation(
        "getTransactionsByOrder", "GET", f"/finance/202501/orders/<order_id>/{TRANSACTIONS}", RATE,
        query=SIGNED,
    )  # fmt: skip
    def by_order(self, asked: Asked) -> Response:
        """Return what was settled for an order by its SKUs, statement by statement."""
        sale = self.fake.trade.sales.get(asked.path["order_id"])
        if sale is None:
            raise Refusal(200, "21011000", "There is no such order.")
        money = self.fake.trade.terms.currency
        rows = []
        for settlement in self._settled():
            for item in sale.items:
                facts = [f for f in settlement.facts if (f.order, f.item) == (sale.ref, item.ref)]
                if facts:
                    told = sku_transaction(facts, self.fake.trade)
                    names = {"sku_id": sku_id(item.product), "statement_id": settlement.ref}
                    rows.append({**told, **names, "product_name": item.product.title})
        head = {"order_id": sale.ref, "order_create_time": seconds(sale.ordered_at)}
        return answer({**head, "currency": money, "sku_transactions": rows})

    @operation(
        "getPayments", "GET", "/finance/202605/payments", RATE,
        query=(*PAGED, "create_time_ge", "create_time_lt"),
    )  # fmt: skip
    def payments(self, asked: Asked) -> Response:
        """List what went to the bank."""
        _sorted_by(asked, "create_time")
        found = [
            each
            for each in self._settled()
            if each.total > 0 and within(asked, {}, "create_time", each.ended_at)
        ]
        page = page_of(asked, "payments", found, MOST)
        page["payments"] = [self._payment(each) for each in page["payments"]]
        del page["total_count"]
        return answer(page)

    @operation(
        "getSellerFinancialTransactions", "GET", "/finance/202309/withdrawals", RATE,
        query=(*SIGNED, "page_size", "page_token", "types", "create_time_ge", "create_time_lt"),
    )  # fmt: skip
    def withdrawals(self, asked: Asked) -> Response:
        """List what was withdrawn: each payment, as soon as it is there."""
        found = [
            each
            for each in self._settled()
            if each.total > 0
            and asked.query("types") == "WITHDRAW"
            and within(asked, {}, "create_time", each.ended_at)
        ]
        money = self.fake.trade.terms.currency
        page = page_of(asked, "withdrawals", found, MOST)
        page["withdrawals"] = [
            {
                "id": f"5{each.ref}",
                "type": "WITHDRAW",
                "amount": amount(each.total, money),
                "currency": money,
                "status": "SUCCESS",
                "create_time": seconds(each.ended_at),
            }
            for each in page["withdrawals"]
        ]
        return answer(page)

    @operation(
        "getUnsettledTransactions", "GET", "/finance/202507/orders/unsettled", RATE,
        query=(*PAGED, "search_time_ge", "search_time_lt"),
    )  # fmt: skip
    def waiting(self, asked: Asked) -> Response:
        """List what is not settled yet, by order."""
        _sorted_by(asked, "order_create_time")
        trade = self.fake.trade
        by_order: dict[str, list[Fact]] = {}
        for fact in (*trade.held, *trade.truth.facts[trade.settled :]):
            if fact.order:
                by_order.setdefault(fact.order, []).append(fact)
        rows = [unsettled(trade.sales[ref], facts, trade) for ref, facts in by_order.items()]
        return answer(page_of(asked, "transactions", rows, MOST))

    def _settled(self) -> Iterator[Settlement]:
        now = self.fake.clock.now()
        yield from (each for each in self.fake.trade.settlements if each.ended_at <= now)

    def _one(self, ref: str) -> Settlement:
        for each in self._settled():
            if each.ref == ref:
                return each
        raise Refusal(200, "28001003", "There is no such statement.")

    def _statement(self, settlement: Settlement) -> Document:
        money = self.fake.trade.terms.currency
        found = {
            "id": settlement.ref,
            "statement_time": seconds(settlement.ended_at),
            "settlement_amount": amount(settled_of(settlement), money),
            "currency": money,
            "payment_status": "PAID",
            "payment_time": seconds(settlement.ended_at),
        }
        return {**found, "payment_id": f"3{settlement.ref}"} if settlement.total > 0 else found

    def _payment(self, settlement: Settlement) -> Document:
        money = {
            "value": amount(settlement.total, self.fake.trade.terms.currency),
            "currency": self.fake.trade.terms.currency,
        }
        return {
            "id": f"3{settlement.ref}",
            "status": "PAID",
            "create_time": seconds(settlement.ended_at),
            "paid_time": seconds(settlement.ended_at),
            "amount": money,
            "settlement_amount": money,
            "payment_amount_before_exchange": money,
            "exchange_rate": "1.000000",
            "bank_account": "*1234",
        }


def _sorted_by(asked: Asked, name: str) -> None:
    if asked.query("sort_field") != name:
        raise Refusal(400, INVALID, f"The sort_field must be {name}.")

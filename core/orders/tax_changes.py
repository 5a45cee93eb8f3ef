"""Lines of booked sales whose tax a register's late answer shows to be another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm import aliased

from core.db import any_of
from core.kernel.companies import company_of
from core.orders.models import Order
from core.orders.models import OrderLine
from core.orders.models import OrderTax
from core.orders.posting import MARKETPLACE_TAX
from core.orders.taxing import AskedLine
from core.orders.taxing import AskedParcel
from core.orders.taxing import facts_of
from core.orders.told_taxes import NOTHING_TOLD
from core.orders.told_taxes import told_taxes
from core.stock.models import Document
from core.stock.warehouses import warehouses_of
from core.tax.buyers import VALID
from core.tax.deciding import decide
from core.tax.decision import TaxDecision
from core.tax.decision import tax_amount
from core.tax.models import BookedLevy
from core.tax.models import BuyerNumber
from core.tax.models import Decision
from core.tax.profile import load_profile


@dataclass(frozen=True, slots=True)
class TaxChange:
    """A line that bears another tax now: `row` as it stands, `decision` as it should be."""

    row: Any
    decision_id: int
    decision: TaxDecision
    tax: int


def tax_changes(session: Session, company_id: int, told: Sequence[int]) -> list[TaxChange]:
    """Return the lines of orders that would bear another tax if they were decided today.

    Lines with several taxes, and those whose tax a platform pays over, are not among them.
    """
    rows = _rows(session, company_id, told)
    sold = [row for row in rows if row.original_line_id is None]
    if not sold:
        return []
    decided = _decide_again(session, company_id, sold)
    again = {line_id: one for line_id, one in decided.items() if one[1].collector == "buyer"}
    return [
        TaxChange(row, decision_id, decision, tax_amount(row.net_amount, decision.charged_rate))
        for row in rows
        for decision_id, decision in [again.get(row.original_line_id or row.id, (0, None))]
        if decision is not None and decision_id != row.decision_id
    ]


def _decide_again(
    session: Session, company_id: int, rows: Sequence[Any]
) -> dict[int, tuple[int, TaxDecision]]:
    company = company_of(session, company_id)
    warehouses = warehouses_of(session, company_id)
    told = told_taxes(session, company_id, {row.order_id for row in rows})
    parcels: defaultdict[tuple[int, date], list[Any]] = defaultdict(list)
    for row in rows:
        parcels[row.document_id, max(row.booked_on, row.occurred_on)].append(row)
    asked = [
        AskedParcel(
            left_on=left_on,
            paid_on=lines[0].occurred_on,
            ship_from=warehouses[lines[0].warehouse_id].country,
            ship_to=lines[0].country,
            platform=lines[0].platform,
            currency=lines[0].currency or company.currency,
            lines=[
                AskedLine(each.id, each.kind, each.sku_id, each.net_amount, each.quantity)
                for each in lines
            ],
            from_region=warehouses[lines[0].warehouse_id].region,
            told=told.get(lines[0].order_id, NOTHING_TOLD),
        )
        for (_, left_on), lines in parcels.items()
    ]
    countries = {warehouse.country for warehouse in warehouses.values()}
    skus = {row.sku_id for row in rows if row.sku_id}
    profile = load_profile(session, company_id, company.country, countries, skus)
    facts = facts_of(session, company_id, profile, asked)
    found = decide(session, company_id, facts.values())
    return {
        row.id: found.decisions[facts[row.id]]
        for row in rows
        if facts[row.id] in found.decisions and facts[row.id] not in found.levies
    }


def _rows(session: Session, company_id: int, told: Sequence[int]) -> Sequence[Any]:
    """Return the taxed lines of orders whose buyer's number is valid, and what undoes them."""
    original = aliased(OrderLine)
    head = sa.func.coalesce(original.order_id, OrderLine.order_id)
    sale = aliased(Order)
    levied = sa.exists().where(
        BookedLevy.company_id == OrderLine.company_id, BookedLevy.line_id == OrderLine.id
    )
    query = _with_number(_with_sale(_taxed_lines(head), original), sale, head).where(
        OrderLine.company_id == company_id,
        sa.or_(any_of(session, OrderTax.id, sorted(told)), any_of(session, sale.id, sorted(told))),
        sa.not_(levied),
    )
    return session.execute(query.order_by(OrderLine.id)).all()


def _taxed_lines(head: Any) -> Any:
    """Return the query of booked lines on which the seller himself owes the tax of a sale."""
    return (
        sa.select(
            *(getattr(OrderLine, name) for name in _LINE),
            Document.booked_on,
            Document.warehouse_id,
            Document.natural_key,
            Document.currency,
            Order.platform,
            Order.account.label("seller_account"),
            Order.external_ref,
            Order.shop_id,
            Order.country.label("to"),
            head.label("sold_order"),
            Decision.account.label("tax_account"),
        )
        .join(Order, (Order.company_id == OrderLine.company_id) & (Order.id == OrderLine.order_id))
        .join(
            Document,
            (Document.company_id == OrderLine.company_id) & (Document.id == OrderLine.document_id),
        )
        .join(
            Decision,
            (Decision.company_id == OrderLine.company_id) & (Decision.id == OrderLine.decision_id),
        )
        .where(
            Document.posting_state == "posted",
            Decision.collector == "seller",
            Decision.role == "sale",
            Decision.rate > 0,
            Decision.account != MARKETPLACE_TAX,
        )
    )


def _with_sale(query: Any, original: Any) -> Any:
    """Add to a line the one that it undoes, if it does."""
    same = original.company_id == OrderLine.company_id
    return query.outerjoin(original, same & (original.id == OrderLine.original_line_id))


def _with_number(query: Any, sale: Any, head: Any) -> Any:
    """Keep the lines of orders whose buyer gave a number that is valid."""
    told = OrderTax.id.in_((sale.id, sa.func.coalesce(sale.origin_id, sale.id)))
    of_number = BuyerNumber.id == OrderTax.number_id
    return (
        query.join(sale, (sale.company_id == OrderLine.company_id) & (sale.id == head))
        .join(OrderTax, (OrderTax.company_id == sale.company_id) & told)
        .join(BuyerNumber, (BuyerNumber.company_id == OrderTax.company_id) & of_number)
        .where(BuyerNumber.status == VALID)
    )


_LINE = (
    "id order_id document_id kind sku_id occurred_on country net_amount tax_amount account quantity"
    " original_line_id decision_id"
).split()

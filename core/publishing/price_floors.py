"""What a piece of a listing costs at least: its goods, and the fees that its sale is estimated to.

Tax is taken off a price by what the shop's last sales bore. What nobody knows is not guessed: of a
SKU without a cost, or a currency without a rate, no floor can be said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.bundles import parts_of
from core.catalog.models import Sku
from core.channels.connector import LineKind
from core.channels.models import Shop
from core.db import any_of
from core.db import rows_of
from core.fees.estimators import prepare
from core.fees.facts import FeeFacts
from core.fees.plans import categories_of
from core.fees.plans import plans_of
from core.kernel.companies import company_of
from core.kernel.companies import today_in
from core.money import MICRO
from core.money import minor_digits
from core.money import round_div
from core.money import share_of
from core.orders.models import Order
from core.orders.models import OrderLine
from core.rates.finding import rates_to
from core.stock.models import Level

LAST_ORDERS = 100
"""By so many of a shop's last orders it is reckoned what tax its prices hold."""


@dataclass(frozen=True, slots=True)
class Priced:
    """A price that is tried: of a seller SKU that stands for a SKU, or for none that is known."""

    platform: str
    account: str
    sku_id: int | None
    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class Floor:
    """What a price must bring, in minor units of the company; None where nobody knows it.

    `brings` is the price without tax; `fees` are 0 where no way of estimating knows any.
    """

    cost: int | None
    fees: int
    brings: int | None

    @property
    def is_below(self) -> bool:
        """Say whether the price brings less than it costs, as far as that is known."""
        known = self.cost is not None and self.brings is not None
        return known and (self.brings or 0) < (self.cost or 0) + self.fees

    @property
    def is_known(self) -> bool:
        """Say whether anything can be said at all."""
        return self.cost is not None and self.brings is not None


def floors_of(session: Session, company_id: int, priced: Sequence[Priced]) -> list[Floor]:
    """Return the floor of each price, by a fixed number of queries."""
    company = company_of(session, company_id)
    today = today_in(company.timezone)
    currencies = {each.currency for each in priced}
    rates = rates_to(session, company_id, company.currency, {(c, today) for c in currencies})
    costs = unit_costs(
        session, company_id, company.currency, {e.sku_id for e in priced if e.sku_id}
    )
    shops = _shops(session, company_id)
    taxes = _tax_shares(session, company_id, shops)
    nets, facts = [], []
    for place, each in enumerate(priced):
        shop = _shop_of(shops, each)
        taxed, gross = taxes.get(shop.id, (0, 1)) if shop is not None else (0, 1)
        tax = share_of(each.amount, taxed, gross) if taxed else 0
        nets.append(each.amount - tax)
        facts.append((place, each, shop, tax))
    fees = _fees(session, company_id, facts, today)
    found = []
    for place, each in enumerate(priced):
        rate = rates.find(each.currency, today)
        brings = rate.convert(nets[place]) if rate is not None else None
        fee = rate.convert(fees.get(place, 0)) if rate is not None else 0
        found.append(Floor(costs.get(each.sku_id or 0), fee, brings))
    return found


def unit_costs(
    session: Session, company_id: int, currency: str, sku_ids: Collection[int]
) -> dict[int, int]:
    """Return what a piece of each SKU costs last, in minor units; one without a cost is left out.

    Of several warehouses the dearest counts; a bundle costs what its parts do.
    """
    parts = parts_of(session, company_id, sku_ids)
    pieces = {part for found in parts.values() for part, _ in found}
    query = (
        sa.select(Level.sku_id, sa.func.max(Level.last_unit_cost))
        .where(Level.company_id == company_id, any_of(session, Level.sku_id, sorted(pieces)))
        .group_by(Level.sku_id)
    )
    known = {sku_id: int(cost) for sku_id, cost in rows_of(session, query) if cost}
    step = MICRO // 10 ** minor_digits(currency)
    return {
        sku_id: round_div(sum(known[part] * count for part, count in found), step)
        for sku_id, found in parts.items()
        if all(part in known for part, _ in found)
    }


def _shops(session: Session, company_id: int) -> dict[tuple[str, str], list[Any]]:
    query = (
        sa.select(Shop.id, Shop.platform, Shop.account, Shop.currency)
        .where(Shop.company_id == company_id)
        .order_by(Shop.id)
    )
    found: defaultdict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in rows_of(session, query):
        found[row.platform, row.account].append(row)
    return found


def _shop_of(shops: dict[tuple[str, str], list[Any]], each: Priced) -> Any | None:
    """Return the shop of an account that sells in a currency."""
    own = shops.get((each.platform, each.account), [])
    return next((shop for shop in own if shop.currency == each.currency), None)


def _tax_shares(
    session: Session, company_id: int, shops: dict[tuple[str, str], list[Any]]
) -> dict[int, tuple[int, int]]:
    """Return how much of what buyers paid was tax of the seller, by shop: tax and whole."""
    ids = [shop.id for each in shops.values() for shop in each]
    if not ids:
        return {}
    ranked = (
        sa.select(
            Order.id,
            Order.shop_id,
            sa.func.row_number()
            .over(partition_by=Order.shop_id, order_by=(Order.ordered_at.desc(), Order.id.desc()))
            .label("place"),
        )
        .where(
            Order.company_id == company_id,
            Order.kind == "sale",
            Order.shop_id.in_(ids),
        )
        .subquery()
    )
    query = (
        sa.select(
            ranked.c.shop_id,
            sa.cast(sa.func.sum(OrderLine.tax_amount), sa.BigInteger),
            sa.cast(sa.func.sum(OrderLine.net_amount + OrderLine.tax_amount), sa.BigInteger),
        )
        .join(ranked, ranked.c.id == OrderLine.order_id)
        .where(
            OrderLine.company_id == company_id,
            OrderLine.kind == LineKind.SALE,
            ranked.c.place <= LAST_ORDERS,
        )
        .group_by(ranked.c.shop_id)
    )
    return {row[0]: (row[1], row[2]) for row in rows_of(session, query) if row[1] and row[2] > 0}


def _fees(
    session: Session, company_id: int, asked: Sequence[tuple[int, Priced, Any, int]], today: date
) -> dict[int, int]:
    """Return the estimated fees of a sale of one piece, in the price's currency, by place."""
    plans = plans_of(session, company_id)
    wanted = [row for row in asked if row[2] is not None and row[2].id in plans and row[1].sku_id]
    if not wanted:
        return {}
    skus = sorted({row[1].sku_id or 0 for row in wanted})
    measures = sa.select(
        Sku.id, Sku.code, Sku.weight_grams, Sku.length_mm, Sku.width_mm, Sku.height_mm
    ).where(Sku.company_id == company_id, any_of(session, Sku.id, skus))
    goods = {row.id: row for row in rows_of(session, measures)}
    categories = categories_of(session, company_id, skus)
    lines = []
    for place, each, shop, tax in wanted:
        plan, sku = plans[shop.id], goods[each.sku_id or 0]
        sides = (sku.length_mm, sku.width_mm, sku.height_mm)
        lines.append(
            FeeFacts(
                line_id=place,
                shop_id=shop.id,
                platform=plan.platform,
                market=plan.market,
                fulfilment=plan.fulfilment,
                category=categories.get((plan.platform, sku.id), plan.category),
                sku_id=sku.id,
                sku=sku.code,
                day=today,
                currency=each.currency,
                quantity=1,
                goods=each.amount,
                charges=0,
                discounts=0,
                subsidy=0,
                tax=tax,
                first=True,
                order_price=each.amount,
                weight_grams=sku.weight_grams,
                sides_mm=None if None in sides else sides,
            )
        )
    estimators = prepare(session, company_id, plans, lines)
    return {line.line_id: sum(cost.amount for cost in estimators.costs(line)) for line in lines}

"""Orders that were stored a moment ago, handed on with all that storing them has found out.

Nobody else sees them before the transaction ends: to read them back would tell the same, and cost
a small order as much as all the rest of its review.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from core.catalog.bundles import Parts
from core.kernel.companies import CompanyInfo
from core.orders.foreseen import Foreseen
from core.orders.writing import LineRow
from core.orders.writing import OrderRow
from core.orders.writing import Rows
from core.orders.writing import line_values
from core.privacy.records import AddressMarks
from core.rules.knowing import Head
from core.rules.knowing import Known
from core.rules.knowing import SoldLine


@dataclass(frozen=True, slots=True)
class Handed:
    """Some new orders; `first_of_buyer` are those whose buyer never bought before."""

    company: CompanyInfo
    orders: Sequence[Mapping[str, Any]]
    lines: Sequence[dict[str, Any]]
    parts: Mapping[int, Parts]
    marks: Mapping[int, AddressMarks]
    first_of_buyer: AbstractSet[int]
    known: Known
    foreseen: Foreseen | None = None


def hand_over(
    rows: Rows,
    entered: AbstractSet[int],
    company: CompanyInfo,
    marketplace: str,
    parts: Mapping[int, Parts],
    marks: Mapping[int, AddressMarks],
    new_customers: AbstractSet[int],
    foreseen: Foreseen | None = None,
) -> Handed:
    """Hand on the orders of a batch that were entered and have still to leave."""
    orders = [order for order in rows.orders if order.id in entered]
    lines = sorted((line for line in rows.lines if line.order.id in entered), key=_place)
    bought = Counter(order.customer_id for order in rows.orders)
    alone = {
        order.id
        for order in orders
        if order.customer_id is None
        or (order.customer_id in new_customers and bought[order.customer_id] == 1)
    }
    heads = [_head(rows, order, marketplace) for order in orders]
    sold = [_sold(line) for line in lines]
    return Handed(
        company,
        [_order(rows, order) for order in orders],
        [line_values(rows.company_id, line) for line in lines],
        parts,
        marks,
        alone,
        Known(heads, sold, foreseen.facts if foreseen else None),
        foreseen,
    )


def _place(line: LineRow) -> tuple[int, int]:
    return line.order.id, line.id


def _order(rows: Rows, order: OrderRow) -> dict[str, Any]:
    """Return an order under work: as it is stored, with nothing that comes later."""
    return {
        "id": order.id,
        "ref": order.ref,
        "platform": rows.account.platform,
        "account": rows.account.account,
        "shop_id": rows.shop_id,
        "kind": order.kind,
        "state": order.state,
        "hold": None,
        "currency": order.currency,
        "country": order.first.country,
        "customer_id": order.customer_id,
        "ordered_at": order.first.occurred_at,
        "promised_at": order.first.occurred_at,
        "row_version": order.version,
        "remote_state": order.remote_state,
        "remote_at": None,
        "origin_id": None,
        "origin_kind": None,
        "consignment_id": None,
    }


def _head(rows: Rows, order: OrderRow, marketplace: str) -> Head:
    account = rows.account
    return Head(
        order.id,
        order.ref,
        account.platform,
        account.account,
        marketplace,
        order.first.country,
        order.currency,
    )


def _sold(line: LineRow) -> SoldLine:
    source = line.source
    return SoldLine(line.order.id, source.kind, line.sku_id, source.code, line.quantity, line.net)

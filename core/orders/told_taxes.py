"""What orders tell of their tax: stored beside them, and read back for whoever decides it."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm import aliased

from core.channels.told_tax import TaxTold
from core.db import any_of
from core.db import rows_of
from core.db import table_of
from core.orders.models import Order
from core.orders.models import OrderTax
from core.prepared import Prepared
from core.prepared import among
from core.rows import bulk_insert
from core.rows import bulk_update
from core.tax.areas import postal_area
from core.tax.areas import region_code
from core.tax.buyers import store_numbers
from core.tax.models import BuyerNumber
from core.tax.numbers import TaxNumber
from core.tax.numbers import read_tax_number

NO_NUMBER = "none"
BUSINESS, CONSUMER = "business", "consumer"


@dataclass(frozen=True, slots=True)
class ToldTax:
    """What is known of an order beside its lines, as tax law sees it; empty is not known."""

    buyer: str = ""
    number_id: int | None = None
    number_status: str = NO_NUMBER
    region: str = ""
    postcode: str = ""
    ship_from: str = ""
    from_region: str = ""
    paid_on: date | None = None
    ioss_number: str = ""
    collector: str = ""
    scheme: str = ""
    consignment_value: int | None = None
    invoiced_on: date | None = None

    @property
    def kind(self) -> str:
        """Return whether a business bought, or a consumer: whoever says nothing is one."""
        return self.buyer or CONSUMER


NOTHING_TOLD = ToldTax()


def read_told(
    session: Session, company_id: int, told: Mapping[str, tuple[TaxTold, str]]
) -> dict[str, ToldTax]:
    """Return what some orders tell, by their numbers; each is told with its country of delivery.

    Numbers of buyers that are new are stored.
    """
    numbers = {
        ref: read_tax_number(each.buyer_number, each.number_country or country)
        for ref, (each, country) in told.items()
        if each.buyer_number.strip()
    }
    known = store_numbers(session, company_id, set(numbers.values())) if numbers else {}
    return {
        ref: _read(each, country, known.get(_key(numbers.get(ref))))
        for ref, (each, country) in told.items()
    }


def _key(number: TaxNumber | None) -> tuple[str, str]:
    return (number.country, number.number) if number else ("", "")


def _read(told: TaxTold, country: str, number: Any) -> ToldTax:
    # Who gives the number of a business buys as one, whatever kind of account he has.
    return ToldTax(
        buyer=BUSINESS if number else told.buyer,
        number_id=number.id if number else None,
        number_status=number.status if number else NO_NUMBER,
        region=region_code(country, told.region),
        postcode=postal_area(country, told.postcode),
        ship_from=told.ship_from,
        from_region=region_code(told.ship_from, told.from_region) if told.from_region else "",
        paid_on=told.paid_on,
        ioss_number=told.ioss_number.strip(),
        collector=told.collector,
        scheme=told.scheme,
        consignment_value=told.consignment_value,
        invoiced_on=told.invoiced_on,
    )


def store_told_taxes(
    session: Session,
    company_id: int,
    told: Mapping[int, ToldTax],
    *,
    new_orders: Collection[int] = frozenset(),
) -> None:
    """Write what is told of some orders; what was told before and is not told now stays.

    Of `new_orders` nothing can have been told before: they are not looked for.
    """
    given = {order_id: each for order_id, each in told.items() if each != NOTHING_TOLD}
    if not given:
        return
    known = _stored(session, company_id, given.keys() - set(new_orders))
    new = [
        (company_id, order_id, *_cells(each), 1)
        for order_id, each in sorted(given.items())
        if order_id not in known
    ]
    bulk_insert(session, table_of(OrderTax), [*_KEY, *_NAMES, "row_version"], new)
    changed = [
        (company_id, order_id, *_cells(grown))
        for order_id, before in sorted(known.items())
        if (grown := grown_by(before, given[order_id])) != before
    ]
    bulk_update(
        session,
        table_of(OrderTax),
        [*_KEY, *_NAMES],
        changed,
        assign=", ".join(f"{name} = {{{name}}}" for name in _NAMES)
        + ", row_version = row_version + 1",
    )


def grown_by(before: ToldTax, now: ToldTax) -> ToldTax:
    """Return what is known after more was told."""
    said = {name: value for name in _NAMES if (value := getattr(now, name)) not in ("", None)}
    if "number_id" in said:
        said["number_status"] = now.number_status
    return replace(before, **said)


def tell_again(
    session: Session,
    company_id: int,
    platform: str,
    account: str,
    told: Mapping[str, tuple[TaxTold, str]],
) -> None:
    """Note what newer versions of orders tell, by their numbers; what has left keeps its tax."""
    if not told:
        return
    query = sa.select(Order.external_ref, Order.id).where(
        Order.company_id == company_id,
        Order.platform == platform,
        Order.account == account,
        any_of(session, Order.external_ref, sorted(told)),
    )
    ids = {row[0]: row[1] for row in rows_of(session, query)}
    known = read_told(session, company_id, {ref: told[ref] for ref in ids})
    store_told_taxes(session, company_id, {ids[ref]: each for ref, each in known.items()})


def told_taxes(session: Session, company_id: int, order_ids: Collection[int]) -> dict[int, ToldTax]:
    """Return what is known of some orders; those of which nothing was told are missing.

    A part of an order, and what replaces one, bears what the first was told.
    """
    wanted = sorted(set(order_ids))
    rows = _TOLD.rows(session, company=company_id, orders=wanted) if wanted else ()
    return {row[0]: _of_row(row[1], row[2:]) for row in rows}


def _stored(session: Session, company_id: int, order_ids: Collection[int]) -> dict[int, ToldTax]:
    if not order_ids:
        return {}
    rows = _STORED.rows(session, company=company_id, orders=sorted(order_ids))
    return {row[0]: _of_row(row[1], row[2:]) for row in rows}


def _of_row(status: str | None, cells: Sequence[Any]) -> ToldTax:
    told = dict(zip(_NAMES, cells, strict=True))
    for name in _DAYS:
        day = told[name]
        told[name] = date.fromisoformat(day) if isinstance(day, str) else day
    return ToldTax(number_status=status or NO_NUMBER, **told)


def _cells(told: ToldTax) -> tuple[object, ...]:
    cells = (getattr(told, name) for name in _NAMES)
    return tuple(cell.isoformat() if isinstance(cell, date) else cell for cell in cells)


_KEY = ["company_id", "id"]
_NAMES = (
    "buyer number_id region postcode ship_from from_region paid_on ioss_number collector scheme"
    " consignment_value invoiced_on"
).split()
_DAYS = ("paid_on", "invoiced_on")

_columns = [getattr(OrderTax, name) for name in _NAMES]
_of_number = sa.and_(
    BuyerNumber.company_id == OrderTax.company_id, BuyerNumber.id == OrderTax.number_id
)
_STORED = Prepared(
    sa.select(OrderTax.id, BuyerNumber.status, *_columns)
    .outerjoin(BuyerNumber, _of_number)
    .where(OrderTax.company_id == sa.bindparam("company"), among(OrderTax.id, "orders"))
)
_own = aliased(OrderTax)
_TOLD = Prepared(
    # The order's own row, or that of the order it is of.
    sa.select(Order.id, BuyerNumber.status, *_columns)
    .outerjoin(_own, sa.and_(_own.company_id == Order.company_id, _own.id == Order.id))
    .join(
        OrderTax,
        sa.and_(
            OrderTax.company_id == Order.company_id,
            OrderTax.id == sa.func.coalesce(_own.id, Order.origin_id, Order.id),
        ),
    )
    .outerjoin(BuyerNumber, _of_number)
    .where(Order.company_id == sa.bindparam("company"), among(Order.id, "orders"))
)

"""Orders and lines by the names that people use: numbers of platforms, codes with quantities."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.channels.connector import LineKind
from core.db import any_of
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.orders.models import Order
from core.orders.models import OrderLine


def find_orders(session: Session, company_id: int, names: Iterable[str]) -> dict[str, int]:
    """Return the ids of orders by number, or by platform/account/number where several share it.

    Raises: NotFound for an unknown one, Conflict for a number that several accounts use.
    """
    wanted = list(dict.fromkeys(names))
    # A number may hold a slash itself: it is tried whole, and after the platform and the account.
    refs = {part for name in wanted for part in (name, *name.split("/", 2)[2:])}
    query = sa.select(Order.external_ref, Order.id, Order.platform, Order.account).where(
        Order.company_id == company_id, any_of(session, Order.external_ref, sorted(refs))
    )
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for ref, order_id, platform, account in session.execute(query):
        full = f"{platform}/{account}/{ref}"
        found[ref][full] = order_id
        found[full][full] = order_id
    return {name: _only(name, found.get(name, {})) for name in wanted}


def _only(name: str, found: Mapping[str, int]) -> int:
    if not found:
        raise NotFound(f"There is no order {name}.")
    if len(found) > 1:
        raise Conflict(
            f"{len(found)} orders have the number {name}.", hint=f"Name one: {', '.join(found)}."
        )
    return next(iter(found.values()))


def line_quantities(
    session: Session, company_id: int, order_id: int, wanted: Mapping[str, int], *, sent: bool
) -> dict[int, int]:
    """Spread quantities of codes over the lines of an order, of those sent or those still open.

    Raises: InputError for a code of which the order has not so many.
    """
    left_of = OrderLine.quantity - (OrderLine.returned_quantity if sent else 0)
    query = (
        sa.select(OrderLine.id, OrderLine.code, left_of.label("left"))
        .where(
            OrderLine.company_id == company_id,
            OrderLine.order_id == order_id,
            OrderLine.kind == LineKind.SALE,
            OrderLine.cancelled_quantity == 0,
            OrderLine.document_id.is_not(None) if sent else OrderLine.document_id.is_(None),
        )
        .order_by(OrderLine.id)
    )
    left = dict(wanted)
    found: dict[int, int] = {}
    for line in session.execute(query):
        if taken := min(left.get(line.code, 0), line.left):
            found[line.id] = taken
            left[line.code] -= taken
    if missing := [code for code, quantity in left.items() if quantity]:
        raise InputError(
            f"{left[missing[0]]} of {missing[0]} {'were not sent' if sent else 'are not open'}.",
            where="lines",
        )
    return found


def all_quantities(
    session: Session, company_id: int, order_id: int, *, sent: bool
) -> dict[int, int]:
    """Return all goods of an order that were sent and are out, or that are still open."""
    query = sa.select(OrderLine.code, OrderLine.quantity, OrderLine.returned_quantity).where(
        OrderLine.company_id == company_id,
        OrderLine.order_id == order_id,
        OrderLine.kind == LineKind.SALE,
        OrderLine.cancelled_quantity == 0,
        OrderLine.document_id.is_not(None) if sent else OrderLine.document_id.is_(None),
    )
    sums: defaultdict[str, int] = defaultdict(int)
    for code, quantity, returned in session.execute(query):
        sums[code] += quantity - (returned if sent else 0)
    return line_quantities(session, company_id, order_id, sums, sent=sent)


def open_lines(session: Session, company_id: int, order_id: int, codes: Sequence[str]) -> list[int]:
    """Return the lines of some codes of an order that have not left.

    Raises: InputError for a code that the order has no such line of.
    """
    query = sa.select(OrderLine.id, OrderLine.code).where(
        OrderLine.company_id == company_id,
        OrderLine.order_id == order_id,
        OrderLine.kind == LineKind.SALE,
        OrderLine.cancelled_quantity == 0,
        OrderLine.document_id.is_(None),
        any_of(session, OrderLine.code, sorted(set(codes))),
    )
    found = session.execute(query).all()
    if missing := sorted(set(codes) - {row.code for row in found}):
        raise InputError(f"{missing[0]} is on no line that is open.", where="lines")
    return [row.id for row in found]


def read_quantities(words: Sequence[str]) -> dict[str, int]:
    """Read CODE=QUANTITY.

    Raises: InputError naming what cannot be read.
    """
    found: dict[str, int] = {}
    for word in words:
        code, sign, number = word.rpartition("=")
        if not sign or not code or not number.isdecimal() or not int(number):
            raise InputError(f"{word!r} cannot be read.", hint="Write CODE=QUANTITY, as in MUG=2.")
        found[code] = found.get(code, 0) + int(number)
    return found

"""What came in of the orders of a simulated marketplace."""

from __future__ import annotations

from types import ModuleType

import pytest
import sqlalchemy as sa

from core import clock
from core.channels.models import RawOrder
from tests.selling import AnyFake
from tests.selling import Seller


def known(seller: Seller[AnyFake]) -> set[str]:
    """Return which orders came in."""
    rows = seller.world.rows("SELECT external_ref FROM channels_raw_order")
    return {ref for (ref,) in rows}


def net_of(seller: Seller[AnyFake]) -> dict[str, int]:
    """Return what each order is worth in the books of Entrepot."""
    rows = seller.world.rows(
        "SELECT o.external_ref, SUM(l.net_amount) FROM orders_order o JOIN orders_line l"
        " ON l.company_id = o.company_id AND l.order_id = o.id GROUP BY o.external_ref"
    )
    return {ref: int(total) for ref, total in rows}


def told_again(seller: Seller[AnyFake]) -> None:
    """Fetch all orders once more, and see that nothing changes."""
    first = seller.pull()
    before = seller.world.digest()

    again = seller.again()

    assert again.unchanged == again.received == first.received > 0
    assert seller.world.digest() == before


def apart(seller: Seller[AnyFake], *never: str, said: str) -> None:
    """See that what is `said` of buyers stands in no payload that is kept, nor words of `never`."""
    seller.pull()

    with seller.kernel.db.read() as session:
        payloads = "".join(session.scalars(sa.select(RawOrder.payload)))
    buyers = [sale.buyer for sale in seller.fake.trade.sales.values()]
    told = [text for each in buyers for text in (getattr(each, said), each.street)]
    assert payloads
    assert all(told)
    assert [text for text in (*told, *never) if text in payloads] == []


def shortened(
    seller: Seller[AnyFake],
    monkeypatch: pytest.MonkeyPatch,
    module: ModuleType,
    listing: str,
    order: str,
) -> None:
    """Let orders change while their list is paged through, and see that none is pushed out.

    `listing` is the operation that lists them, `order` what the platform sorts its list by.
    """
    monkeypatch.setattr(module, "PAGE", 7)
    asked = 0

    def change(_request: object, _answer: object, operation: str) -> None:
        nonlocal asked
        asked += operation == listing
        if operation == listing and asked in (2, 4):
            # As they change they leave the window, and the list becomes shorter from its start.
            sales = sorted(seller.fake.trade.sales.values(), key=lambda s: getattr(s, order))
            for sale in sales[asked : asked + 3]:
                sale.updated_at = clock.now().replace(microsecond=0)

    seller.fake.witnesses.append(change)
    seller.pull()

    assert asked >= 4
    assert known(seller) == set(seller.fake.trade.sales)

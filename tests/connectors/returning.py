"""What a simulated marketplace tells of returns, beside what truly happens to the goods there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from core.orders.announced_list import ReturnFilter
from core.orders.announced_list import list_returns
from core.orders.announced_pulling import pull_returns
from core.orders.arriving import arrive
from core.orders.record import Actor
from core.testkit.fakes.trade import Sale
from core.testkit.fakes.trade import Sending
from core.testkit.fakes.trade import Status
from core.testkit.fakes.verbs import announce
from core.testkit.fakes.verbs import move_return
from core.testkit.fakes.verbs import refund
from tests.selling import AnyFake
from tests.selling import Seller


def returns_come_in(seller: Seller[AnyFake], *, refunds_bring_goods: bool) -> None:
    """Fetch the returns of a life, then follow one from its announcement to its refund."""
    kernel, fake, trade = seller.kernel, seller.fake, seller.fake.trade
    seller.pull()
    pull_returns(kernel, seller.connection)

    truth = sorted(
        (sale.ref, each.quantity) for sale in trade.sales.values() for each in sale.returns
    )
    found = list(_rows(seller))
    assert sorted((row.order_ref, row.quantity) for row in found) == truth != []
    assert all(row.order_id is not None for row in found)
    back = [row.arrived_quantity == row.quantity for row in found]
    assert back == [refunds_bring_goods] * len(found)

    sale = next(each for each in trade.sales.values() if _can_come_back(each))
    item = sale.items[0]
    made = announce(trade, sale, item, 1, _now(seller))
    move_return(trade, sale, made, Sending.COMING, _now(seller))
    assert pull_returns(kernel, seller.connection).new == 1
    (row,) = _rows(seller, "open")
    assert (row.order_ref, row.quantity, row.state) == (sale.ref, 1, "coming")
    with kernel.db.write() as session:
        arrive(session, seller.connection.company_id, row.id, Actor("ann"), disposition="sellable")
    had = seller.world.on_hand(item.product.sku)
    refund(trade, sale, item, 1, _now(seller))
    seller.pull()
    assert pull_returns(kernel, seller.connection).changed == 1

    assert _rows(seller, "open") == []
    assert seller.world.on_hand(item.product.sku) == had
    (line,) = [each for each in seller.world.lines(sale.ref) if each.code == item.product.sku]
    assert line.returned_quantity == 1
    assert seller.world.broken() == []
    assert fake.trade.sales[sale.ref].returns[-1].state is Sending.CLOSED


def _can_come_back(sale: Sale) -> bool:
    if sale.status is not Status.SENT or sale.refunds or sale.stored:
        return False
    return not any(item.cancelled for item in sale.items)


def _now(seller: Seller[AnyFake]) -> Any:
    return seller.fake.clock.now() - timedelta(minutes=5)


def _rows(seller: Seller[AnyFake], tab: str = "all") -> list[Any]:
    with seller.kernel.db.read() as session:
        return list(
            list_returns(session, seller.connection.company_id, ReturnFilter(tab), limit=1000).rows
        )

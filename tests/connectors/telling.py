"""What a simulated marketplace is told: stock and parcels, whatever goes wrong on the way."""

from __future__ import annotations

import pytest

from core.channels.calling import calling
from core.channels.capabilities import ConfirmsShipments
from core.channels.external import PushResult
from core.channels.external import Shipment
from core.errors import OutcomeUnknown
from core.publishing.connecting import push_stock
from core.publishing.connecting import read_stock
from core.testkit.fakes.faults import Fault
from core.testkit.fakes.faults import Faults
from core.testkit.fakes.trade import Sale
from core.testkit.fakes.verbs import buy
from tests.selling import AnyFake
from tests.selling import Seller
from tests.selling import until_done


def sent(
    seller: Seller[AnyFake], connector: ConfirmsShipments, *shipments: Shipment
) -> list[PushResult]:
    """Tell which parcels left."""
    with calling(seller.kernel, seller.connection, connector) as call:
        return list(connector.confirm_shipments(call, shipments))


def bought(seller: Seller[AnyFake]) -> Sale:
    """Return an order that waits to be sent: two towels and a clock."""
    trade = seller.fake.trade
    person = next(iter(trade.sales.values())).buyer
    return buy(trade, person, {"TOWEL": 2, "CLOCK": 1}, seller.fake.clock.now())


def told_and_read_back(seller: Seller[AnyFake]) -> None:
    """Tell the stock of what is sold, and see that it is shown, and that a drift is found."""
    seller.pull()

    first = push_stock(seller.kernel, seller.connection)

    shown = seller.fake.trade.products["TOWEL"].shown
    assert (first.due, first.refused) == (first.taken, 0)
    assert 0 < shown < 900
    assert push_stock(seller.kernel, seller.connection).due == 0
    assert read_stock(seller.kernel, seller.connection)["drifted"] == 0
    seller.fake.trade.products["TOWEL"].shown = 3
    assert read_stock(seller.kernel, seller.connection)["drifted"] == 1


def arrives_whatever_goes_wrong(seller: Seller[AnyFake]) -> None:
    """Tell the stock under faults until all of it has arrived."""
    seller.pull()
    seller.fake.faults = Faults(0.4, 3)

    until_done(lambda: push_stock(seller.kernel, seller.connection))
    seller.fake.faults = Faults()

    assert push_stock(seller.kernel, seller.connection).due == 0
    assert read_stock(seller.kernel, seller.connection)["drifted"] == 0


def told_once_though_its_answer_is_lost(
    seller: Seller[AnyFake],
    connector: ConfirmsShipments,
    sale: Sale,
    parcel: Shipment,
    *,
    question: int,
    operation: str,
) -> None:
    """Lose the answer to a parcel, the `question` of that number, and tell it again."""
    seller.fake.faults = Faults(planned={question: Fault.LOST})

    with pytest.raises(OutcomeUnknown):
        sent(seller, connector, parcel)
    assert [each.taken for each in sent(seller, connector, parcel)] == [True]

    assert len(sale.parcels) == 1
    assert seller.fake.calls.made[operation] == 1

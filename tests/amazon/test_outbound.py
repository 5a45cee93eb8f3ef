"""What the simulated Amazon sends for other channels, over real HTTP."""

from __future__ import annotations

import os
from datetime import UTC
from datetime import datetime
from pathlib import Path

import pytest

from addons.amazon.connector import Amazon
from core.addresses.address import Address
from core.channels.calling import calling
from core.channels.fulfilments import FulfilmentLine
from core.channels.fulfilments import FulfilmentOrder
from core.channels.fulfilments import FulfilmentSeen
from core.channels.fulfilments import FulfilmentState
from core.config import ROOT
from core.errors import OutcomeUnknown
from core.http import client
from core.testkit.fakes.amazon import AmazonFake
from core.testkit.fakes.amazon.outbound import leave
from core.testkit.fakes.amazon.outbound import proceed
from core.testkit.fakes.faults import Fault
from core.testkit.fakes.faults import Faults
from core.testkit.specs import judge
from tests.amazon.conftest import Connected
from tests.amazon.conftest import Seller

MODELS = Path(os.environ.get("ENTREPOT_SHARED") or ROOT.parent / "shared") / "specs/amazon"
MODEL = ("fulfillmentOutbound_2020-07-01.json",)
AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
WHERE = Address("Ann Buyer", "", "1 Mill Lane\nBack door\nRing twice\nTwo floors", "", "Leeds", "",
                "LS1 4AP", "GB", "0123")  # fmt: skip


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less between attempts."""
    monkeypatch.setattr(client, "BACKOFF_SECONDS", 0.01)


@pytest.fixture
def seller(connected: Connected) -> Seller:
    return connected(AmazonFake.lived(seed=7, orders=5, factor=10_000))


def wanted(key: str = "E1", towels: int = 2, code: str = "TOWEL") -> FulfilmentOrder:
    lines = (FulfilmentLine("11", code, towels), FulfilmentLine("12", "CLOCK", 1))
    return FulfilmentOrder(key, "1001", AT, lines, WHERE)


def seen(seller: Seller, key: str = "E1") -> FulfilmentSeen:
    with calling(seller.kernel, seller.connection, Amazon()) as call:
        (found,) = Amazon().read_fulfilments(call, [key])
    return found


def test_goods_are_asked_for_followed_and_stopped(seller: Seller) -> None:
    judged = judge(MODELS / "models-oas3", MODEL, seller.fake.served.url)  # type: ignore[union-attr]
    seller.fake.witnesses.append(judged)
    connector, fake = Amazon(), seller.fake
    with calling(seller.kernel, seller.connection, connector) as call:
        offers = connector.preview_fulfilment(call, wanted())
        results = [
            connector.send_fulfilment(call, wanted(key), again=False) for key in ("E1", "E2")
        ]
        lacking = connector.send_fulfilment(call, wanted("E3", 9999), again=False)
        unknown = connector.send_fulfilment(call, wanted("E4", code="NOBODY"), again=False)
        beyond = connector.preview_fulfilment(call, wanted("E3", 9999))
        assert list(connector.read_fulfilments(call, ["E9"])) == []
    assert [(each.service, each.fee, each.currency) for each in offers] == [
        ("Standard", 599, "GBP"), ("Expedited", 899, "GBP"), ("Priority", 1299, "GBP"),
    ]  # fmt: skip
    assert [each.possible for each in beyond] == [False] * 3
    assert beyond[0].reasons == ("TOWEL: NO_INVENTORY",)
    assert [each.taken for each in (*results, lacking, unknown)] == [True, True, False, False]
    assert "not enough sellable inventory of TOWEL" in lacking.reason
    place = fake.outgoing["E1"].asked["destinationAddress"]
    assert place["addressLine3"] == "Ring twice Two floors"

    fake.outgoing["E1"].numbered = False
    first = leave(fake, "E1", {"11": 1})
    part = seen(seller)
    with calling(seller.kernel, seller.connection, connector) as call:
        stopped = [connector.cancel_fulfilment(call, key) for key in ("E1", "E2", "E2")]
    second = leave(fake, "E1")
    whole = seen(seller)

    assert (part.state, len(part.parcels)) == (FulfilmentState.STARTED, 1)
    assert part.parcels[0].lines == {"11": 1}
    assert part.parcels[0].tracking == f"TBA{first}"
    assert [each.taken for each in stopped] == [False, True, True]
    assert seen(seller, "E2").state is FulfilmentState.CANCELLED
    assert whole.state is FulfilmentState.DONE
    assert [each.ref for each in whole.parcels] == [f"D{n}/{n}" for n in (first, second)]
    assert whole.parcels[1].lines == {"11": 1, "12": 1}
    proceed(fake, "E1", "Invalid")
    assert "address is not valid" in seen(seller).reason
    assert judged.objections == []
    assert len(judged.seen) == 5


def test_what_was_sent_without_an_answer_is_not_sent_twice(seller: Seller) -> None:
    connector = Amazon()
    # The token, then the fulfilment itself.
    seller.fake.faults = Faults(planned={2: Fault.LOST})
    with calling(seller.kernel, seller.connection, connector) as call:
        with pytest.raises(OutcomeUnknown):
            connector.send_fulfilment(call, wanted(), again=False)
        assert connector.send_fulfilment(call, wanted(), again=True).taken
        assert connector.send_fulfilment(call, wanted("E5"), again=True).taken
    assert seller.fake.calls.made["createFulfillmentOrder"] == 2
    assert list(seller.fake.outgoing) == ["E1", "E5"]


def test_what_amazon_sends_for_others_is_no_order_of_its_own(seller: Seller) -> None:
    connector = Amazon()
    with calling(seller.kernel, seller.connection, connector) as call:
        connector.send_fulfilment(call, wanted(), again=False)
    leave(seller.fake, "E1")
    result = seller.pull()
    assert result.received == len(seller.fake.trade.sales)
    assert result.quarantined == 0
    refs = seller.world.rows("SELECT external_ref FROM orders_order WHERE external_ref LIKE 'S02%'")
    assert refs == []

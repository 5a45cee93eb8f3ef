"""What left is told the channel that sold it, by itself and once, over real HTTP."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.errors import OutcomeUnknown
from core.fulfilling.telling import settle_untold
from core.fulfilling.telling import tell_parcels
from core.http import client
from core.orders.approving import approve
from core.orders.record import Actor
from core.orders.releasing import release
from core.orders.shipping import ship
from core.testkit.fakes.ebay import EbayFake
from core.testkit.fakes.faults import Fault
from core.testkit.fakes.faults import Faults
from core.testkit.fakes.trade import Sale
from core.testkit.fakes.trade import Status
from core.testkit.fakes.verbs import buy
from tests.ebay.conftest import Connected
from tests.ebay.conftest import Seller
from tests.orders.life import Life


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less between attempts."""
    monkeypatch.setattr(client, "BACKOFF_SECONDS", 0.01)


@pytest.fixture
def seller(connected: Connected) -> Seller:
    return connected(EbayFake.lived(seed=11, orders=4, factor=10_000))


def bought(seller: Seller) -> Sale:
    """Return an order that has come in, of two towels and a clock."""
    trade = seller.fake.trade
    person = next(iter(trade.sales.values())).buyer
    at = seller.fake.clock.now() - timedelta(minutes=10)
    sale = buy(trade, person, {"TOWEL": 2, "CLOCK": 1}, at)
    seller.pull()
    life = Life(seller.world)
    if life.state(sale.ref)[0] != "allocated":
        life.do(approve, sale.ref)
    return sale


def states(seller: Seller) -> list[tuple[str, str]]:
    rows = seller.world.rows("SELECT state, reason FROM fulfilling_notice ORDER BY id")
    return [(row[0], row[1]) for row in rows]


def test_a_parcel_is_told_when_it_left(seller: Seller) -> None:
    sale, life = bought(seller), Life(seller.world)
    life.do(release, sale.ref)
    towel = life.line_ids(sale.ref, "TOWEL")[0]
    life.do(ship, sale.ref, quantities={towel: 1}, tracking="RM1", carrier="Royal Mail")
    life.do(ship, sale.ref, tracking="RM2", carrier="Royal Mail")
    assert states(seller) == [("waiting", "")] * 2

    # What was heard of the first is lost: it is looked up, and not told twice.
    seller.fake.faults = Faults(planned={2: Fault.LOST})
    with pytest.raises(OutcomeUnknown):
        tell_parcels(seller.kernel, seller.connection)
    assert tell_parcels(seller.kernel, seller.connection).as_json() == {"told": 2, "refused": 0}
    assert tell_parcels(seller.kernel, seller.connection).told == 0

    assert [(each.carrier, each.tracking) for each in sale.parcels] == [
        ("RoyalMail", "RM1"), ("RoyalMail", "RM2"),
    ]  # fmt: skip
    assert sale.parcels[0].quantities == {sale.items[0].ref: 1}
    assert sale.status is Status.SENT
    assert life.timeline(sale.ref)[-2:] == ["told_channel"] * 2
    life.sound()


def test_a_refusal_stands_in_a_queue(seller: Seller) -> None:
    sale, life = bought(seller), Life(seller.world)
    life.do(ship, sale.ref, tracking="D1", carrier="DPD")
    kept = seller.fake.trade.sales.pop(sale.ref)
    assert tell_parcels(seller.kernel, seller.connection).refused == 1
    assert life.state(sale.ref) == ("shipped", "untold")
    assert "Invalid Order Id" in states(seller)[0][1]

    seller.fake.trade.sales[sale.ref] = kept
    company, order = seller.world.company.id, life.id(sale.ref)
    with seller.kernel.db.write() as session:
        assert settle_untold(session, company, order, Actor("ann"), known=False) == 1
    assert tell_parcels(seller.kernel, seller.connection).told == 1
    assert life.state(sale.ref) == ("shipped", None)
    assert len(kept.parcels) == 1

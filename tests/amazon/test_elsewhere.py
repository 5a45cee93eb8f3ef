"""Orders of a till that Amazon sends from its warehouse: asked once, booked as they leave."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from core.errors import Conflict
from core.errors import OutcomeUnknown
from core.fulfilling import sending
from core.fulfilling.choosing import send_from
from core.http import client
from core.orders import orderwork
from core.orders.approving import approve
from core.orders.cancelling import cancel
from core.orders.cancelling import refuse_cancel
from core.orders.lookups import Account
from core.orders.record import Actor
from core.orders.releasing import recall
from core.orders.releasing import release
from core.orders.shipping import ship
from core.orders.statuses import StatusFact
from core.orders.statuses import apply_statuses
from core.stock.warehouses import RESERVABLE
from core.stock.warehouses import WarehouseFacts
from core.testkit.fakes.amazon import AmazonFake
from core.testkit.fakes.amazon.outbound import leave
from core.testkit.fakes.amazon.outbound import proceed
from core.testkit.fakes.faults import Fault
from core.testkit.fakes.faults import Faults
from core.warehousing.places import add_warehouse
from tests.amazon.conftest import Connected
from tests.amazon.elsewhere import Elsewhere
from tests.amazon.elsewhere import elsewhere
from tests.orders.life import Life
from tests.rules.ruling import condition
from tests.rules.ruling import live
from tests.rules.ruling import rule

TWO = ("1001 TOWEL 2 @ 5.00 on 2011-02-01 to GB", "1001 CLOCK 1 @ 9.00 on 2011-02-01 to GB")


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less between attempts."""
    monkeypatch.setattr(client, "BACKOFF_SECONDS", 0.01)


@pytest.fixture
def till(connected: Connected) -> Elsewhere:
    return elsewhere(connected(AmazonFake.lived(seed=7, orders=3, factor=10_000)), *TWO)


def test_an_order_of_the_till_leaves_amazons_warehouse(till: Elsewhere) -> None:
    life = till.life
    assert life.promised("1001") == {"TOWEL": (2, 0), "CLOCK": (1, 0)}
    till.handed_over()
    assert life.promised("1001") == {}
    assert life.state("1001") == ("released", None)
    assert till.told().taken == 1
    assert till.told().as_json() == {"taken": 0, "refused": 0, "stopped": 0}
    asked = till.outgoing[till.key].asked
    assert asked["destinationAddress"]["name"] == "Zebulon Quagmire"
    assert [(each["sellerSku"], each["quantity"]) for each in asked["items"]] == [
        ("TOWEL", 2), ("CLOCK", 1),
    ]  # fmt: skip
    with pytest.raises(Conflict, match="another warehouse"):
        life.do(ship, "1001")

    leave(till.seller.fake, till.key, {asked["items"][0]["sellerFulfillmentOrderItemId"]: 1})
    assert till.followed().parcels == 1
    assert life.state("1001") == ("partially_shipped", None)
    assert life.level("TOWEL", "FBA") == (49, 0)
    leave(till.seller.fake, till.key)
    found = till.followed()

    assert (found.parcels, found.finished) == (1, 1)
    assert till.followed().asked == 0
    assert life.state("1001") == ("shipped", None)
    assert (life.level("TOWEL", "FBA"), life.level("CLOCK", "FBA")) == ((48, 0), (49, 0))
    assert life.level("TOWEL") == (900, 0)
    assert life.world.booked("1001#")["1330"] == -2 * 300 - 400
    assert life.world.booked("1001#")["4000"] == -1900
    assert till.rows() == [("done", "", "")]
    life.sound()


def test_it_is_asked_once_though_nothing_is_heard(
    till: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.handed_over()
    till.seller.fake.faults = Faults(planned={2: Fault.LOST})
    with pytest.raises(OutcomeUnknown):
        till.told()
    assert till.rows() == [("sending", "", "")]
    assert till.told().taken == 1

    # Killed between the answer and its being kept.
    def die(*_arguments: object) -> None:
        raise KeyboardInterrupt

    life = till.life
    life.do(recall, "1001")
    with monkeypatch.context() as patched:
        patched.setattr(sending, "_keep_stop", die)
        with pytest.raises(KeyboardInterrupt):
            till.told()
    assert till.told().stopped == 1
    till.followed()
    assert life.state("1001") == ("allocated", None)
    life.do(release, "1001")
    with monkeypatch.context() as patched:
        patched.setattr(sending, "_keep", die)
        with pytest.raises(KeyboardInterrupt):
            till.told()
    assert till.told().taken == 1
    assert till.seller.fake.calls.made["createFulfillmentOrder"] == 2
    assert [each.status for each in till.outgoing.values()] == ["Cancelled", "Received"]


def test_what_is_cancelled_in_time_does_not_leave(till: Elsewhere) -> None:
    life = till.life
    till.handed_over()
    life.do(cancel, "1001")
    assert life.state("1001") == ("cancelled", None)
    assert till.told().taken == 0
    assert till.outgoing == {}
    assert till.rows() == [("cancelled", "", "")]
    life.sound()


def test_amazon_is_asked_to_stop_and_its_word_counts(connected: Connected) -> None:
    lines = (*TWO, "1002 TOWEL 1 @ 5.00 on 2011-02-01 to GB")
    till = elsewhere(connected(AmazonFake.lived(seed=7, orders=3, factor=10_000)), *lines)
    life, fake = till.life, till.seller.fake
    till.handed_over("1001")
    till.told()
    (first,) = till.outgoing
    till.handed_over("1002")
    till.told()
    second = next(key for key in till.outgoing if key != first)
    life.do(cancel, "1001")
    life.do(cancel, "1002")
    assert life.state("1001") == ("cancel_requested", None)
    proceed(fake, second, "Processing")
    assert till.told().stopped == 1
    till.followed()

    assert life.state("1001") == ("cancelled", None)
    assert life.state("1002") == ("released", None)
    assert "not_stopped" in life.timeline("1002")
    leave(fake, second)
    till.followed()
    assert life.state("1002") == ("shipped", None)
    life.sound()


def test_what_a_buyer_asks_to_cancel_is_stopped_and_waits_for_its_answer(till: Elsewhere) -> None:
    life, world = till.life, till.seller.world
    till.handed_over()
    till.told()
    order = world.order("1001")
    account = Account(world.company.id, order.platform, order.account)
    with world.kernel.db.write() as session:
        fact = StatusFact("1001", "cancel_requested", till.seller.fake.clock.now())
        apply_statuses(session, account, "connector", [fact], Actor("till"))
    assert till.told().stopped == 1
    till.followed()
    assert life.state("1001") == ("cancel_requested", None)
    life.do(refuse_cancel, "1001")
    assert life.state("1001") == ("allocated", None)
    life.sound()


def test_a_refusal_waits_with_its_reason_for_another_warehouse(till: Elsewhere) -> None:
    life, fake = till.life, till.seller.fake
    fake.trade.products["TOWEL"].stored = 0
    till.handed_over()
    assert till.told().refused == 1
    assert life.state("1001") == ("to_allocate", "warehouse")
    (state, _, reason) = till.rows()[0]
    assert (state, "not enough sellable inventory of TOWEL" in reason) == ("refused", True)
    detail = life.world.rows("SELECT detail FROM orders_exception WHERE kind = 'warehouse'")
    assert "not enough sellable" in str(detail[0][0])

    # The same once more, now that it is there; then Amazon cannot find it.
    fake.trade.products["TOWEL"].stored = 5
    life.do(approve, "1001")
    life.do(release, "1001")
    till.told()
    proceed(fake, till.key, "Unfulfillable")
    till.followed()
    assert life.state("1001") == ("to_allocate", "warehouse")
    life.do(send_from, "1001", warehouse="MAIN")
    assert life.state("1001") == ("allocated", None)
    assert life.promised("1001") == {"TOWEL": (2, 0), "CLOCK": (1, 0)}
    life.do(release, "1001")
    life.do(ship, "1001")
    assert life.state("1001") == ("shipped", None)
    assert till.told().taken == 0
    life.sound()


def test_what_the_channel_says_does_not_send_it_from_elsewhere(till: Elsewhere) -> None:
    life, world = till.life, till.seller.world
    till.handed_over()
    till.told()
    order = world.order("1001")
    account = Account(world.company.id, order.platform, order.account)
    at = order.ordered_at
    with world.kernel.db.write() as session:
        fact = StatusFact("1001", "shipped", till.seller.fake.clock.now())
        apply_statuses(session, account, "connector", [fact], Actor("till"))
    assert at is not None
    assert life.state("1001") == ("released", None)
    leave(till.seller.fake, till.key)
    till.followed()
    assert life.state("1001") == ("shipped", None)
    assert life.level("TOWEL") == (900, 0)
    life.sound()


def test_only_a_warehouse_that_sends_is_chosen(till: Elsewhere) -> None:
    life = till.life
    life.do(release, "1001")
    with pytest.raises(Conflict, match="Approve it first"):
        life.do(send_from, "1001", warehouse="FBA")
    life.do(recall, "1001")
    till.seller.world.change("UPDATE stock_warehouse SET kind = 'transit' WHERE code = 'FBA'")
    with pytest.raises(Conflict, match="No connection"):
        life.do(send_from, "1001", warehouse="FBA")


def test_a_rule_has_amazon_send_it(connected: Connected) -> None:
    seller = connected(AmazonFake.lived(seed=7, orders=3, factor=10_000))
    with seller.kernel.db.write() as session:
        add_warehouse(session, seller.world.company.id, "FBA", "platform", "GB")
    british = condition("country", "is_one_of", "GB")
    live(seller.world, rule("British", british, does="warehouse FBA"))
    till = elsewhere(seller, *TWO)
    life = till.life
    assert life.state("1001") == ("allocated", None)
    assert life.promised("1001") == {}
    life.do(release, "1001")
    assert till.told().taken == 1
    leave(seller.fake, till.key)
    till.followed()
    assert life.state("1001") == ("shipped", None)
    assert life.level("TOWEL", "FBA") == (48, 0)

    # What was bought at Amazon itself is not sent by it for another channel.
    seller.pull()
    waiting = seller.world.rows(
        "SELECT COUNT(*) FROM orders_order o JOIN fulfilling_fulfilment f"
        " ON f.order_id = o.id WHERE o.platform = 'amazon'"
    )
    assert waiting[0][0] == 0
    life.sound()


def test_goods_that_a_forwarder_promised_leave_from_there(
    till: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A forwarder's addon offers its warehouse as one whose goods we promise; Amazon stands in.
    def all_of_them(_session: object, warehouses: Mapping[int, WarehouseFacts]) -> list[int]:
        return [each.id for each in warehouses.values() if each.kind in RESERVABLE]

    monkeypatch.setattr(orderwork, "reservable_warehouses", all_of_them)
    life, world, fake = till.life, till.seller.world, till.seller.fake
    with world.kernel.db.write() as session:
        add_warehouse(session, world.company.id, "GOOD", "3pl", "GB", provider="amazon")
    world.stock_in("GOOD", "TOWEL 10 @ 3.00 on 2011-01-03", "CLOCK 10 @ 4.00 on 2011-01-03")
    life.do(send_from, "1001", warehouse="GOOD")
    assert (life.level("TOWEL", "GOOD"), life.level("TOWEL")) == ((10, 2), (900, 0))
    life.do(release, "1001")
    assert till.told().taken == 1

    (towel, clock_) = till.outgoing[till.key].asked["items"]
    leave(fake, till.key, {towel["sellerFulfillmentOrderItemId"]: 1})
    till.followed()
    assert life.level("TOWEL", "GOOD") == (9, 1)
    assert life.level("CLOCK", "GOOD") == (10, 1)
    leave(fake, till.key)
    till.followed()
    assert life.state("1001") == ("shipped", None)
    assert (life.level("TOWEL", "GOOD"), life.level("CLOCK", "GOOD")) == ((8, 0), (9, 0))
    assert clock_["quantity"] == 1
    life.sound()


def test_a_bundle_has_left_with_the_last_of_its_parts(connected: Connected) -> None:
    seller = connected(AmazonFake.lived(seed=7, orders=3, factor=10_000))
    Life(seller.world).bundle("SET", TOWEL=2, CLOCK=1)
    till = elsewhere(seller, "1001 SET 1 @ 20.00 on 2011-02-01 to GB")
    life, fake = till.life, seller.fake
    till.handed_over()
    till.told()
    (one, other) = till.outgoing[till.key].asked["items"]
    assert sorted((each["sellerSku"], each["quantity"]) for each in (one, other)) == [
        ("CLOCK", 1), ("TOWEL", 2),
    ]  # fmt: skip
    leave(fake, till.key, {one["sellerFulfillmentOrderItemId"]: one["quantity"]})
    till.followed()
    assert life.state("1001") == ("released", None)
    leave(fake, till.key)
    till.followed()
    assert life.state("1001") == ("shipped", None)
    assert (life.level("TOWEL", "FBA"), life.level("CLOCK", "FBA")) == ((48, 0), (49, 0))
    life.sound()


def test_what_left_although_it_was_cancelled_needs_a_person(till: Elsewhere) -> None:
    life, world, fake = till.life, till.seller.world, till.seller.fake
    till.handed_over()
    till.told()
    order = world.order("1001")
    account = Account(world.company.id, order.platform, order.account)
    proceed(fake, till.key, "Processing")
    with world.kernel.db.write() as session:
        fact = StatusFact("1001", "cancelled", fake.clock.now())
        apply_statuses(session, account, "connector", [fact], Actor("till"))
    assert life.state("1001") == ("cancelled", None)
    till.told()
    assert life.state("1001") == ("cancelled", "warehouse")
    leave(fake, till.key)
    assert till.followed().parcels == 1
    assert till.rows()[0][0] == "done"
    assert till.followed().asked == 0
    life.sound()

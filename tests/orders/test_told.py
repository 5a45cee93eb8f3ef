"""What files and platforms tell besides: addresses, services, parcels that left, unpaid orders."""

from __future__ import annotations

import pytest

from core.channels.connector import LineKind
from core.channels.connector import ShopFacts
from core.channels.external import ExternalLine
from core.channels.external import ExternalOrder
from core.channels.external import OrderStatus
from core.errors import Conflict
from core.orders.cancelling import cancel
from core.orders.external import documents_of
from core.orders.lookups import Account
from core.orders.merging import merge
from core.orders.soft import soft_demand
from core.orders.statuses import StatusFact
from core.orders.statuses import apply_statuses
from tests.orders.life import BEA
from tests.orders.life import UNSHIPPED
from tests.orders.life import Life
from tests.privacy.buyers import CANARIES
from tests.rules.ruling import import_waiting
from tests.stock.trading import START
from tests.world import World

LINE = "100{} MUG 1 @ 5.00 on 2011-02-0{} from ann to GB"


@pytest.fixture
def life(world: World) -> Life:
    return Life(world)


def test_orders_to_two_addresses_are_no_parcel(life: Life) -> None:
    life.world.stock("MUG 9 @ 2.00 on 2010-11-30")
    elsewhere = {**CANARIES, "street": "5 Other Lane"}
    import_waiting(
        life.world,
        (LINE.format(1, 1), CANARIES),
        (LINE.format(2, 3), {**CANARIES, "street": "77  Flibbertigibbet Row"}),
        (LINE.format(3, 5), elsewhere),
        (LINE.format(4, 7), {}),
    )

    for other in ("1003", "1004"):
        with pytest.raises(Conflict, match="two addresses"):
            life.do(merge, "1001", other)
    assert len(life.do(merge, "1001", "1002")) == 2
    life.sound()


def test_known_orders_leave_when_a_file_says_that_they_left(life: Life) -> None:
    life.world.stock("MUG 3 @ 2.00 on 2010-11-30")
    lines = [
        "1001 MUG 2 @ 5.00 on 2011-02-01 from ann to GB",
        "1002 MUG 1 @ 5.00 on 2011-02-01 from bea to GB",
        "1003 MUG 1 @ 5.00 on 2011-02-01 from eve to GB",
    ]
    life.orders(*lines)
    life.do(cancel, "1002")
    assert (life.state("1001")[0], life.state("1003")[0]) == ("allocated", "allocated")

    life.world.orders(*lines)

    states = [life.state(ref)[0] for ref in ("1001", "1002", "1003")]
    assert states == ["shipped", "cancelled", "shipped"]
    assert life.level("MUG") == (0, 0)
    assert sum(life.world.booked("/1001#").values()) == 0
    assert life.world.booked("/1001#")["4000"] == -1000
    life.sound()
    before = life.world.digest()
    life.world.orders(*lines)
    assert life.world.digest() == before


def test_the_service_that_the_buyer_asked_for_is_told_once() -> None:
    lines = tuple(ExternalLine(str(n), LineKind.SALE, "MUG", "Mug", 1, 500) for n in (1, 2))
    order = ExternalOrder(
        "1001", START, OrderStatus.UNSHIPPED, START, ShopFacts("m", "M", "GBP", "UTC"),
        "GBP", "GB", lines, 1000, service="next-day",
    )  # fmt: skip

    (document,) = documents_of(order)

    assert [line.service for line in document.lines] == ["next-day", None]


def test_unpaid_orders_show_what_they_ask_for_and_reduce_nothing(life: Life) -> None:
    life.bundle("SET", MUG=2, CUP=1)
    life.world.stock("MUG 9 @ 2.00 on 2010-11-30", "CUP 9 @ 2.00 on 2010-11-30")
    life.orders(
        "1001 MUG 3 @ 5.00 on 2011-02-01 from ann to GB",
        "1002 SET 2 @ 9.00 on 2011-02-01 from bea to GB",
        "1003 MUG 1 @ 5.00 on 2011-02-01 from eve to GB",
        mapping=UNSHIPPED,
    )
    order = life.world.order("1001")
    account = Account(life.world.company.id, order.platform, order.account)
    facts = [StatusFact(ref, "UNPAID", START) for ref in ("1001", "1002")]
    with life.world.kernel.db.write() as session:
        apply_statuses(session, account, "tiktok", facts, BEA)
    skus = {row.code: row.id for row in life.world.rows("SELECT code, id FROM catalog_sku")}

    with life.world.kernel.db.read() as session:
        asked = soft_demand(session, life.world.company.id, [skus["MUG"], skus["CUP"]])

    assert asked == {skus["MUG"]: 7, skus["CUP"]: 2}
    assert life.level("MUG") == (9, 1)
    life.sound()

"""What platforms say: facts that jump, repeat, come late, and are never lost for want of a SKU."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from core.errors import Conflict
from core.errors import MappingError
from core.errors import NotFound
from core.orders.cancelling import refuse_cancel
from core.orders.lookups import Account
from core.orders.mapping import map_code
from core.orders.platforms import status_map
from core.orders.platforms import status_maps
from core.orders.releasing import release
from core.orders.shipping import ship
from core.orders.splitting import split
from core.orders.states import TRANSITIONS
from core.orders.states import State
from core.orders.states import way
from core.orders.statuses import StatusFact
from core.orders.statuses import StatusResult
from core.orders.statuses import apply_statuses
from tests.orders.life import BEA
from tests.orders.life import UNSHIPPED
from tests.orders.life import Life
from tests.stock.trading import START
from tests.world import MAPPING
from tests.world import World

CAREFUL = UNSHIPPED.replace("create_skus = true", "create_skus = false")


@pytest.fixture
def life(world: World) -> Life:
    return Life(world)


def account(life: Life) -> Account:
    row = life.world.rows("SELECT platform, account FROM orders_order")[0]
    return Account(life.world.company.id, row.platform, row.account)


def tell(life: Life, *facts: tuple[str, str, int]) -> StatusResult:
    """Tell what TikTok says: order, state, minute."""
    told = [StatusFact(ref, state, START + timedelta(minutes=at)) for ref, state, at in facts]
    with life.world.kernel.db.write() as session:
        return apply_statuses(session, account(life), "tiktok", told, BEA)


def test_every_map_speaks_of_states_that_there_are() -> None:
    for name in status_maps():
        assert status_map(name)


def test_every_state_can_be_reached_and_left() -> None:
    every = frozenset(State)
    for state in State:
        assert state == State.DRAFT or way(State.DRAFT, state, every), state
        assert not TRANSITIONS[state] or way(state, State.CANCELLED, every) or state in (
            State.SHIPPED, State.DELIVERED
        ), state  # fmt: skip


def test_goods_leave_when_the_platform_says_so_even_if_they_are_not_there(life: Life) -> None:
    life.world.stock("MUG 1 @ 2.00 on 2010-11-30")
    life.orders("1001 MUG 3 @ 5.00 on 2011-02-01 to US")
    assert tell(life, ("1001", "IN_TRANSIT", 5)).applied == 1
    assert life.state("1001") == ("shipped", None)
    assert life.world.booked("/1001#")["5000"] == 600
    assert {line.flag for line in life.world.lines("1001")} == {"short", None}
    tell(life, ("1001", "COMPLETED", 9))
    assert life.state("1001")[0] == "completed"
    life.sound()


def test_what_is_older_or_told_twice_changes_nothing(life: Life) -> None:
    life.world.stock("MUG 3 @ 2.00 on 2010-11-30")
    life.orders("1001 MUG 3 @ 5.00 on 2011-02-01 to US")
    tell(life, ("1001", "IN_TRANSIT", 5))
    before = life.world.digest()
    again = tell(
        life, ("1001", "IN_TRANSIT", 5), ("1001", "AWAITING_SHIPMENT", 4), ("9", "UNPAID", 1)
    )
    assert (again.received, again.applied, again.superseded) == (3, 0, 2)
    assert again.unknown == ("9",)
    assert life.world.digest() == before


def test_a_state_that_nobody_knows_is_said_and_nothing_changed(life: Life) -> None:
    life.orders("1001 MUG 3 @ 5.00 on 2011-02-01 to US")
    with pytest.raises(MappingError, match="LOST_AT_SEA"):
        tell(life, ("1001", "LOST_AT_SEA", 5))


def test_an_unpaid_order_has_no_goods_until_it_is_paid(life: Life) -> None:
    life.world.stock("MUG 3 @ 2.00 on 2010-11-30")
    life.orders("1001 MUG 3 @ 5.00 on 2011-02-01 to US")
    tell(life, ("1001", "UNPAID", 1))
    assert (life.state("1001"), life.promised("1001")) == (("pending_payment", "unpaid"), {})
    tell(life, ("1001", "ON_HOLD", 2))
    assert (life.state("1001"), life.promised("1001")) == (("on_hold", None), {"MUG": (3, 0)})
    tell(life, ("1001", "AWAITING_SHIPMENT", 3))
    assert life.state("1001") == ("allocated", None)
    tell(life, ("1001", "AWAITING_COLLECTION", 4))
    assert life.state("1001") == ("packed", None)
    life.do(ship, "1001")
    life.sound()


def test_a_cancellation_never_takes_a_shipment_back(life: Life) -> None:
    life.world.stock("MUG 3 @ 2.00 on 2010-11-30")
    life.orders("1001 MUG 3 @ 5.00 on 2011-02-01 to US", "1002 MUG 1 @ 5.00 on 2011-02-02 to US")
    life.do(ship, "1001")
    tell(life, ("1001", "CANCELLED", 5), ("1002", "CANCELLED", 5))
    assert (life.state("1001")[0], life.state("1002")[0]) == ("shipped", "cancelled")
    assert life.level("MUG") == (0, 0)
    life.sound()


def test_what_is_said_of_an_order_holds_for_all_its_parts(life: Life) -> None:
    life.world.stock("MUG 3 @ 2.00 on 2010-11-30")
    life.orders("1001 MUG 3 @ 5.00 on 2011-02-01 to US")
    life.one(split, "1001", quantities={life.line_ids("1001", "MUG")[0]: 1})
    tell(life, ("1001", "DELIVERED", 5))
    assert life.state("1001")[0] == life.state("1001/2")[0] == "delivered"
    life.sound()


STORY = ("UNPAID", "AWAITING_SHIPMENT", "AWAITING_COLLECTION", "IN_TRANSIT", "DELIVERED")


def test_messages_in_any_order_twice_or_lost_end_at_the_platforms_truth(life: Life) -> None:
    chance = random.Random(4)
    refs = [f"{1000 + n}" for n in range(25)]
    life.world.stock("MUG 15 @ 2.00 on 2010-11-30")
    life.orders(*(f"{ref} MUG 1 @ 5.00 on 2011-02-01 to US" for ref in refs))
    truth = {ref: chance.choice([*STORY, "CANCELLED"]) for ref in refs}
    messages = []
    for ref in refs:
        told = STORY[: STORY.index(truth[ref])] if truth[ref] in STORY else STORY[:2]
        messages += [(ref, state, minute) for minute, state in enumerate([*told, truth[ref]])]
    messages = [m for m in messages if chance.random() > 0.2]
    messages += [m for m in messages if chance.random() < 0.3]
    chance.shuffle(messages)
    for start in range(0, len(messages), 10):
        tell(life, *messages[start : start + 10])

    # The sweep asks for the truth itself.
    tell(life, *((ref, state, 99) for ref, state in truth.items()))

    gone = {"IN_TRANSIT": "shipped", "DELIVERED": "delivered"}
    for ref, native in truth.items():
        state = life.state(ref)[0]
        if native in gone:
            assert state == gone[native]
        elif native == "CANCELLED":
            assert state == "cancelled"
        else:
            assert state in {"pending_payment", "allocated", "backordered", "packed"}, (ref, native)
    life.sound()


def test_a_code_that_is_mapped_lets_its_orders_go_on(life: Life) -> None:
    life.world.stock("MUG 3 @ 2.00 on 2010-11-30")
    life.orders("1001 B00X 1 @ 5.00 on 2011-02-01 to US", mapping=CAREFUL)
    life.orders("1002 B00X 1 @ 5.00 on 2011-02-02 to US", "1002 B00Y 1 @ 5.00 on 2011-02-02 to US",
                mapping=CAREFUL)  # fmt: skip
    life.orders("1003 B00X 1 @ 5.00 on 2011-02-03 to US",
                mapping=MAPPING.replace("create_skus = true", "create_skus = false"))  # fmt: skip
    assert life.state("1001") == ("draft", "unmapped")

    def map_to(code: str, sku: str) -> None:
        with life.world.kernel.db.write() as session:
            map_code(session, account(life), code, sku, BEA)

    with pytest.raises(NotFound, match="CHAIR"):
        map_to("B00X", "CHAIR")
    map_to("B00X", "MUG")
    assert life.state("1001") == ("allocated", None)
    assert life.state("1002") == ("draft", "unmapped")
    # The file told that this one has left.
    assert life.state("1003") == ("shipped", None)
    assert life.world.booked("/1003#")["5000"] == 200
    life.world.stock("CUP 1 @ 1.00 on 2010-11-30")
    with pytest.raises(Conflict, match="another SKU"):
        map_to("B00X", "CUP")
    map_to("B00Y", "CUP")
    assert life.state("1002") == ("allocated", None)
    life.sound()


def test_who_asked_to_cancel_is_answered_once(life: Life) -> None:
    life.world.stock("MUG 4 @ 2.00 on 2010-11-30")
    life.orders(
        "1001 MUG 2 @ 5.00 on 2011-02-01 to US",
        "1002 MUG 2 @ 5.00 on 2011-02-02 to US",
    )
    life.do(release, "1002")

    def says(state: str, at: int) -> None:
        told = [StatusFact(ref, state, START + timedelta(minutes=at)) for ref in ("1001", "1002")]
        with life.world.kernel.db.write() as session:
            apply_statuses(session, account(life), "connector", told, BEA)

    says("unshipped", 1)
    says("cancel_requested", 2)
    assert {life.state(ref)[0] for ref in ("1001", "1002")} == {"cancel_requested"}
    assert life.promised("1001") == {"MUG": (2, 0)}
    for verb in (release, ship):
        with pytest.raises(Conflict):
            life.do(verb, "1001")
    life.do(refuse_cancel, "1001", "1002")
    assert [life.state(ref)[0] for ref in ("1001", "1002")] == ["allocated", "released"]
    # The same request, told with another change, asks nobody again; the next one does.
    says("cancel_requested", 3)
    assert [life.state(ref)[0] for ref in ("1001", "1002")] == ["allocated", "released"]
    says("unshipped", 4)
    says("cancel_requested", 5)
    says("unshipped", 6)
    assert [life.state(ref)[0] for ref in ("1001", "1002")] == ["allocated", "released"]
    life.do(ship, "1001")
    says("cancel_requested", 7)
    assert [life.state(ref)[0] for ref in ("1001", "1002")] == ["shipped", "cancel_requested"]
    says("cancelled", 8)
    assert life.state("1002")[0] == "cancelled"
    life.sound()

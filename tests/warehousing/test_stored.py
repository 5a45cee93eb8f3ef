"""What a platform stores is compared with our books; what stays different is counted anew."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from core import clock
from core.channels.external import StoredGoods
from core.errors import NotFound
from core.stock.warehouses import platform_warehouse
from core.warehousing.places import add_warehouse
from core.warehousing.stored import StoredAt
from core.warehousing.stored import differences
from core.warehousing.stored import forget_untold
from core.warehousing.stored import keep_stored
from core.warehousing.stored import lasting_query
from core.warehousing.stored import note_differences
from core.warehousing.stored import take_number
from tests.world import World


@pytest.fixture
def place(world: World) -> StoredAt:
    """Give a warehouse of a platform with ten mugs and four lamps in it."""
    with world.kernel.db.write() as session:
        made = add_warehouse(session, world.company.id, "FBA", "platform", "GB")
        where = StoredAt(world.company.id, "amazon", "A1", made.id)
    world.stock_in("FBA", "MUG 10 @ 2.00 on 2010-11-30", "LAMP 4 @ 5.00 on 2010-11-30")
    return where


def tell(world: World, place: StoredAt, *told: StoredGoods) -> int:
    with world.kernel.db.write() as session:
        keep_stored(session, place, told)
        return note_differences(session, place.company_id)


def found(world: World) -> dict[tuple[str, str], int]:
    with world.kernel.db.read() as session:
        rows = differences(session, world.company.id)
    return {(each.sku, each.condition): each.difference for each in rows}


def lasting(world: World) -> int:
    with world.kernel.db.read() as session:
        query = sa.select(sa.func.count()).select_from(lasting_query(world.company.id).subquery())
        return session.scalar(query) or 0


def test_numbers_that_agree_are_no_difference(world: World, place: StoredAt) -> None:
    told = [StoredGoods("MUG", 10, inbound=5), StoredGoods("LAMP", 4)]

    assert tell(world, place, *told) == 0
    assert found(world) == {}


def test_each_condition_and_what_is_not_told_is_compared(world: World, place: StoredAt) -> None:
    assert tell(world, place, StoredGoods("MUG", 8, damaged=1), StoredGoods("ODD", 2)) == 3
    assert found(world) == {
        ("MUG", "sellable"): -2,
        ("MUG", "damaged"): 1,
        ("LAMP", "sellable"): -4,
        ("ODD", "sellable"): 2,
    }


def test_listings_of_one_sku_count_together(world: World, place: StoredAt) -> None:
    world.change(
        "INSERT INTO catalog_listing (company_id, id, platform, account, external_ref, title,"
        " sku_id, created_at, row_version) SELECT company_id, 77, 'amazon', 'A1', 'MUG-2', '', id,"
        " created_at, 1 FROM catalog_sku WHERE code = 'MUG'"
    )

    tell(world, place, StoredGoods("MUG", 7), StoredGoods("MUG-2", 3), StoredGoods("LAMP", 4))

    assert found(world) == {}


def test_what_is_told_no_more_is_gone(world: World, place: StoredAt) -> None:
    tell(world, place, StoredGoods("MUG", 10), StoredGoods("LAMP", 4))
    began = clock.now()
    with world.kernel.db.write() as session:
        keep_stored(session, place, [StoredGoods("LAMP", 4)])
        forget_untold(session, place, began)

    assert found(world) == {("MUG", "sellable"): -10}


def test_only_what_lasts_wants_a_person(world: World, place: StoredAt) -> None:
    tell(world, place, StoredGoods("MUG", 9), StoredGoods("LAMP", 4))
    assert lasting(world) == 0

    earlier = clock.now() - timedelta(days=2)
    world.change("UPDATE warehousing_stored SET differs_since = :at WHERE external_ref = 'MUG'",
                 at=earlier.strftime("%Y-%m-%d %H:%M:%S.%f"))  # fmt: skip
    assert tell(world, place, StoredGoods("MUG", 8)) == 1
    assert lasting(world) == 1

    tell(world, place, StoredGoods("MUG", 10))
    assert lasting(world) == 0


def test_a_count_takes_the_platforms_number(world: World, place: StoredAt) -> None:
    tell(world, place, StoredGoods("MUG", 7), StoredGoods("LAMP", 4))

    with world.kernel.db.write() as session:
        done = take_number(session, world.company.id, "FBA", "MUG", actor="ann")

    assert (done.differing, done.value) == (1, -600)
    assert found(world) == {}
    assert world.booked("count:") != {}
    assert world.broken() == []
    with world.kernel.db.write() as session, pytest.raises(NotFound, match="Nothing of MUG"):
        take_number(session, world.company.id, "FBA", "MUG", actor="ann")


def test_somebody_says_which_warehouse_is_meant(world: World, place: StoredAt) -> None:
    with world.kernel.db.write() as session:
        assert platform_warehouse(session, place.company_id, "") == place.warehouse_id
        add_warehouse(session, place.company_id, "FBA2", "platform", "GB")
        assert platform_warehouse(session, place.company_id, "FBA") == place.warehouse_id
        with pytest.raises(NotFound, match="stored_in"):
            platform_warehouse(session, place.company_id, "")
        with pytest.raises(NotFound, match="'MAIN' of a platform"):
            platform_warehouse(session, place.company_id, "MAIN")

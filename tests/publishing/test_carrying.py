"""What was told before there was one table of it is carried over."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.kernel import migrations
from tests.world import World

BEFORE = "core_0019"


def test_what_platforms_were_told_is_carried_over_once(world: World) -> None:
    world.stock("MUG 10 @ 2.00 on 2010-11-30", "CUP 10 @ 2.00 on 2010-11-30")
    world.orders(
        "1001 MUG 1 @ 5.00 on 2011-02-01 from ann to GB",
        "1001 CUP 1 @ 5.00 on 2011-02-01 from ann to GB",
    )
    lineage = migrations.core_lineage()
    with migrations.schema_session(world.kernel.db) as session:
        migrations.downgrade(session.connection(), lineage, BEFORE)
    known = world.rows("SELECT id, sku_id, external_ref FROM catalog_listing ORDER BY external_ref")
    cup, mug = known
    connection = world.rows(
        "SELECT id, company_id, account FROM kernel_connection WHERE label = 'Till'"
    )[0]
    at = "2026-03-01T10:00:00.000000+00:00"
    told = {"c": connection.company_id, "n": connection.id, "at": at}
    world.change("UPDATE catalog_listing SET seller_sku = 'SHARED'")
    for number, listing, desired, day in (
        (901, mug, -3, "2026-03-02"),
        (902, cup, 7, "2026-03-01"),
    ):
        world.change(
            "INSERT INTO channels_publication (company_id, id, connection_id, listing_id, desired,"
            " desired_at, version, sent, sent_version, sent_at, confirmed, error)"
            " VALUES (:c, :id, :n, :l, :d, :day, 4, 5, 3, :at, 5, NULL)",
            **told,
            id=number,
            l=listing.id,
            d=desired,
            day=f"{day}T10:00:00.000000+00:00",
        )

    with migrations.schema_session(world.kernel.db) as session:
        migrations.upgrade(session.connection(), lineage)

    rows: list[Any] = world.rows("SELECT * FROM publishing_target")
    (row,) = rows
    assert (row.id, row.seller_sku, row.sku_id, row.account) == (
        901, "SHARED", mug.sku_id, connection.account
    )  # fmt: skip
    assert (row.desired, row.version, row.sent, row.sent_version, row.confirmed) == (0, 4, 5, 3, 5)
    assert row.error == ""
    with world.kernel.db.read() as session:
        assert "channels_publication" not in sa.inspect(session.connection()).get_table_names()

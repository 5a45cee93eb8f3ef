"""Settlements of other platforms come in by a mapping, by the same rules."""

from __future__ import annotations

from core.kernel import lifecycle
from core.kernel.connections import create_connection
from core.settlements.importing import import_settlement_file
from tests.world import World

MAPPING = """
platform = "ebay"
[statement]
id = "Payout"
currency_code = "GBP"
payout_kind = "PAYOUT"
[columns]
kind = "Type"
date = "Date"
order = "Order"
sku = "SKU"
[[amount]]
column = "Item"
name = "subtotal"
[[amount]]
column = "Fee"
name = "FINAL_VALUE_FEE"
[[amount]]
column = "Robot"
name = "ROBOT_FEE"
"""


def test_a_settlement_of_ebay(world: World) -> None:
    lifecycle.install(world.kernel, "statement_files")
    lifecycle.enable(world.kernel, "statement_files")
    rules, file = world.folder / "ebay.toml", world.folder / "ebay.csv"
    rules.write_text(MAPPING)
    file.write_text(
        "Payout,Type,Date,Order,SKU,Item,Fee,Robot\n"
        "P1,SALE,2011-02-03,11-1,MUG,24.00,-3.00,\n"
        "P1,NON_SALE_CHARGE,2011-02-04,,,,,-1.00\n"
        "P1,PAYOUT,2011-02-05,,,-20.00,,\n"
    )
    settings = {"mapping": str(rules), "orders_from": "Till"}
    with world.kernel.db.write() as session:
        connection = create_connection(
            session, "statement_files", "eBay", settings, company_id=world.company.id
        )
    world.stock("MUG 10 @ 2.00 on 2010-11-30")
    world.orders("11-1 MUG 2 @ 10.00 on 2011-02-02 from ann")

    (found,) = import_settlement_file(world.kernel, connection, file).statements

    assert (found.state, found.received, found.suspense) == ("booked", 3, 1)
    assert world.booked("settled:ebay/eBay/P1/11-1") == {"1210": -2400, "1220": 2100, "6000": 300}
    assert world.open_items("1060") == {"P1": 2000}
    assert world.open_items("1590") == {"P1": 100}
    (again,) = import_settlement_file(world.kernel, connection, file).statements
    assert again.unchanged == 3
    assert world.broken() == []

"""Rules of costing that others tell in words and numbers.

The foreign purchase with a deposit (X01) is in test_foreign.py.
"""

from __future__ import annotations

from datetime import UTC
from datetime import datetime

from core.catalog.bundles import set_components
from core.catalog.services import make_skus
from core.costing.writing_down import write_down
from core.orders.shipping import ship
from core.warehousing.handling import Act
from core.warehousing.handling import Goods
from core.warehousing.handling import adjust
from tests.costing.buying import Buyer
from tests.costing.test_commands import entrepot
from tests.orders.life import Life
from tests.world import World

LATER = datetime(2011, 2, 2, 12, tzinfo=UTC)


def test_a_bundle_costs_what_its_components_cost(world: World) -> None:
    """X03: one A at 10.00 and two B at 4.00, sold as one for 50.00."""
    buyer = Buyer(world)
    buyer.receive("R1", "A 5 for 50.00", "B 5 for 20.00")
    buyer.do(lambda session, company: make_skus(session, company, {"SET": "Set"}))
    buyer.do(set_components, "SET", {"A": 1, "B": 2})
    life = Life(world)
    life.orders("1 SET 1 @ 50.00 on 2011-02-01 to GB")
    life.do(ship, "1", at=LATER)
    rows = world.rows(
        "SELECT s.code, SUM(u.value) AS cost FROM stock_layer_use u"
        " JOIN stock_layer y ON y.id = u.layer_id JOIN stock_level v ON v.id = y.level_id"
        " JOIN catalog_sku s ON s.id = v.sku_id GROUP BY s.code ORDER BY s.code"
    )
    assert [(row.code, int(row.cost)) for row in rows] == [("A", 1000), ("B", 800)]
    booked = world.booked("1")
    assert (booked["5000"], booked["4000"]) == (1800, -5000)
    buyer.sound()


def test_what_a_bundle_earned_is_split_by_what_its_parts_sell_for(world: World) -> None:
    """X03: A sells for 30.00 by itself, B for 15.00: 25.00 of the 50.00 for each."""
    buyer = Buyer(world)
    buyer.receive("R1", "A 5 for 50.00", "B 5 for 20.00")
    buyer.do(lambda session, company: make_skus(session, company, {"SET": "Set"}))
    entrepot(world, "sku", "bundle", "SET", "A=1@30.00", "B=2@15.00")
    life = Life(world)
    life.orders("1 SET 1 @ 50.00 on 2011-02-01 to GB")
    life.do(ship, "1", at=LATER)

    def split() -> list[tuple[str, int, str, str, str]]:
        rows = entrepot(world, "profit", "bundles", "1")["rows"]
        return [
            (row["sku"], row["quantity"], row["revenue"], row["cost"], row["split_by"])
            for row in rows
        ]

    assert split() == [("A", 1, "25.00", "10.00", "price"), ("B", 2, "25.00", "8.00", "price")]
    # Nobody says what A sells for: then by what the parts cost, 10.00 to 8.00.
    entrepot(world, "sku", "bundle", "SET", "A=1", "B=2@15.00")
    assert split() == [("A", 1, "27.78", "10.00", "cost"), ("B", 2, "22.22", "8.00", "cost")]
    assert "cannot be read" in entrepot(world, "sku", "bundle", "SET", "A=x", code=2)


def test_goods_written_down_are_sold_at_what_they_still_bring(world: World) -> None:
    """X05: 1,000 at 8.00 bring 6.50 each; 400 are sold."""
    buyer = Buyer(world)
    buyer.receive("R1", "MUG 1000 for 8000.00")
    lowered = buyer.do(write_down, "MUG", 6_500_000, Act("ann", "last season"))
    assert lowered.value == 150000
    buyer.sell("1", "MUG", 400)
    assert world.booked("1")["5000"] == 260000
    assert buyer.worth() == {"MAIN MUG": [(600, 390000)]}
    assert world.booked("write_down")["5140"] == 150000
    buyer.sound()


def test_an_estimate_is_reversed_and_its_difference_reaches_what_was_sold(world: World) -> None:
    """X07: 100.00 were estimated, the invoice is 84.00, a quarter of the goods is sold."""
    buyer = Buyer(world)
    buyer.receive("R1", "MUG 100 for 1000.00")
    buyer.charge("SEA", "100.00", "quantity", "R1")
    buyer.sell("1", "MUG", 25)
    buyer.invoice("SEA", "84.00")
    assert world.booked("landed_cost:SEA/estimate") == {"1300": 10000, "2120": -10000}
    assert world.booked("landed_cost:SEA/actual") == {
        "1300": -1200, "2100": -8400, "2120": 10000, "5090": -400
    }  # fmt: skip
    buyer.sound()


def test_goods_sold_short_are_trued_up_and_not_kept_at_an_old_rate(world: World) -> None:
    """E01: five are short at 100, then one comes at 10, then six.

    Others let the shortage keep its rate until it is gone. Here each receipt covers what is short
    at its own cost, and the difference is booked on the order at once; of seven that came for
    five, two are left.
    """
    buyer = Buyer(world)
    buyer.receive("R0", "MUG 1 for 100.00")
    buyer.sell("0", "MUG", 1)
    world.orders("1 MUG 5 @ 9999.00 on 2011-02-01 to GB")
    assert world.booked("1")["5000"] == 50000
    buyer.receive("R1", "MUG 1 for 10.00", at=LATER)
    (short,) = world.rows("SELECT open_quantity, open_value FROM stock_short")
    assert tuple(short) == (4, 40000)
    buyer.receive("R2", "MUG 6 for 60.00", at=LATER)
    assert world.rows("SELECT 1 FROM stock_short WHERE open_quantity > 0") == []
    assert world.layers("MUG")[-1] == (2, 2000)
    assert world.booked("cover:")["5090"] == -45000
    buyer.sound()


def test_layers_of_one_cost_stay_apart_and_leave_in_their_order(world: World) -> None:
    """E03: 1 at 10, 2 at 20, 1 at 20 and 5 at 20; four go. Others merge equal rates."""
    buyer = Buyer(world)
    for number, (units, value) in enumerate([(1, 10), (2, 40), (1, 20), (5, 100)]):
        at = datetime(2011, 1, 10 + number, 12, tzinfo=UTC)
        buyer.receive(f"R{number}", f"MUG {units} for {value}.00", at=at)
    buyer.do(adjust, Goods("MAIN", "MUG", -4), "lost", Act("ann", at=LATER))
    assert buyer.worth() == {"MAIN MUG": [(5, 10000)]}
    buyer.sound()

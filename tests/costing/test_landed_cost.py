"""Landed cost: estimated, then actual; it reaches stock, orders and losses to the penny."""

from __future__ import annotations

import pytest

from core.costing.charging import ChargeDraft
from core.costing.charging import preview
from core.costing.charging import preview_actual
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.orders.taking_back import take_back
from core.warehousing.handling import Act
from core.warehousing.handling import Goods
from core.warehousing.handling import adjust
from core.warehousing.handling import turn_up
from tests.costing.buying import Buyer
from tests.costing.buying import pence
from tests.orders.life import Life
from tests.world import World


@pytest.fixture
def buyer(world: World) -> Buyer:
    return Buyer(world)


def test_a_receipt_waits_for_its_invoice(buyer: Buyer) -> None:
    buyer.receive("R1", "MUG 12 for 30.00", "CUP 3 for 10.00")

    assert buyer.world.booked("receipt:R1") == {"1300": 4000, "2110": -4000}
    with pytest.raises(Conflict, match="done already"):
        buyer.receive("R1", "MUG 12 for 30.00")
    buyer.sound()


def test_an_estimate_makes_the_goods_dearer_and_the_invoice_corrects_it(buyer: Buyer) -> None:
    buyer.receive("R1", "MUG 4 for 100.00")
    buyer.charge("SEA1", "100.00", "quantity", "R1")
    assert buyer.worth() == {"MAIN MUG": [(4, 20000)]}
    buyer.sell("1", "MUG", 1)

    buyer.invoice("SEA1", "84.00")

    # A quarter was sold: of the 16.00 that it cost less, 4.00 are the order's.
    assert buyer.world.booked("landed_cost:SEA1/actual") == {
        "1300": -1200, "2100": -8400, "2120": 10000, "5090": -400
    }  # fmt: skip
    assert buyer.worth() == {"MAIN MUG": [(3, 13800)]}
    assert buyer.landed("1") == (4600, 2100, 0, 0)
    assert not buyer.world.booked("landed_cost:SEA1").get("2120")
    with pytest.raises(Conflict, match="booked already"):
        buyer.invoice("SEA1", "85.00")
    buyer.sound()


def test_the_order_that_used_the_goods_bears_its_part(buyer: Buyer) -> None:
    buyer.receive("R1", "MUG 100 for 1000.00")
    buyer.move("T1", "MUG", 60, "FBA")
    buyer.do(adjust, Goods("FBA", "MUG", -10), "lost", Act())
    buyer.sell("1", "MUG", 7)

    buyer.charge("INV9", "33.33", "quantity", "R1")

    assert buyer.world.booked("landed_cost:INV9") == {
        "1300": 1100, "1330": 1667, "2120": -3333, "5090": 233, "5110": 333
    }  # fmt: skip
    dimensions = buyer.world.rows(
        "SELECT o.external_ref, p.country, p.shop_id, s.code FROM ledger_posting p"
        " JOIN ledger_account a ON a.id = p.account_id JOIN catalog_sku s ON s.id = p.sku_id"
        " JOIN orders_order o ON o.id = p.order_id WHERE a.code = '5090'"
    )
    assert [(row[0], row[1], row[3]) for row in dimensions] == [("1", "GB", "MUG")]
    assert dimensions[0].shop_id is not None
    buyer.sound()


def test_goods_that_come_back_bring_their_late_cost_with_them(buyer: Buyer) -> None:
    buyer.receive("R1", "MUG 10 for 100.00")
    buyer.sell("1", "MUG", 4)
    buyer.charge("SEA1", "10.00", "quantity", "R1")
    (line,) = Life(buyer.world).line_ids("1", "MUG")

    Life(buyer.world).one(take_back, "1", quantities={line: 1}, disposition="sellable")

    assert buyer.worth() == {"MAIN MUG": [(7, 7700)]}
    assert buyer.landed("1") == (3300, 300, 0, 0)
    buyer.sound()


def test_what_turns_up_again_comes_back_at_its_own_cost(buyer: Buyer) -> None:
    buyer.receive("R1", "MUG 10 for 70.00")
    buyer.receive("R2", "MUG 10 for 90.00")
    lost = buyer.do(adjust, Goods("MAIN", "MUG", -2), "lost", Act())

    with pytest.raises(InputError, match="took 2 of MUG"):
        buyer.do(turn_up, Goods("MAIN", "MUG", 3), lost.document_id, Act())
    buyer.do(turn_up, Goods("MAIN", "MUG", 2), lost.document_id, Act())

    assert buyer.worth() == {"MAIN MUG": [(10, 7000), (10, 9000)]}
    assert buyer.world.booked("turned_up") == {"1300": 1400, "5110": -1400}
    with pytest.raises(InputError, match="took 0 of MUG"):
        buyer.do(turn_up, Goods("MAIN", "MUG", 1), lost.document_id, Act())
    with pytest.raises(NotFound, match="took nothing"):
        buyer.do(turn_up, Goods("MAIN", "MUG", 1), 1, Act())
    buyer.sound()


@pytest.mark.parametrize(
    ("rule", "mugs"),
    [
        ("quantity", 7500),
        ("weight", 3000),
        ("chargeable_weight", 6000),
        ("volume", 8571),
        ("value", 2000),
        ("equal", 5000),
    ],
)
def test_each_rule_splits_by_its_own_measure(buyer: Buyer, rule: str, mugs: int) -> None:
    buyer.receive("R1", "MUG 30 for 20.00", "BOX 10 for 80.00")
    # A mug by air counts as 350 g by its volume, a box as the 700 g that it weighs.
    buyer.measure("MUG", 100, 100, 150, 140)
    buyer.measure("BOX", 700, 100, 100, 105)

    buyer.charge("AIR1", "100.00", rule, "R1")

    shares = buyer.world.rows(
        "SELECT s.code, c.estimated FROM costing_share c JOIN catalog_sku s ON s.id = c.sku_id"
    )
    assert dict(map(tuple, shares)) == {"MUG": mugs, "BOX": 10000 - mugs}
    buyer.sound()


def test_duty_is_borne_as_customs_say(buyer: Buyer) -> None:
    buyer.receive("R1", "MUG 3 for 30.00", "BOX 1 for 80.00")
    buyer.charge("C88", "10.00", "direct", "R1", component="duty", amounts={"MUG": 1000})
    buyer.charge("SEA1", "4.00", "quantity", "R1")
    buyer.sell("1", "MUG", 1)

    assert buyer.landed("1") == (1433, 100, 333, 0)
    with pytest.raises(InputError, match="add up"):
        buyer.charge("C89", "9.00", "direct", "R1", component="duty", amounts={"MUG": 1000})
    buyer.sound()


def test_a_credit_takes_off_what_a_charge_put_on(buyer: Buyer) -> None:
    buyer.receive("R1", "MUG 3 for 30.00")
    buyer.sell("1", "MUG", 1)
    before = buyer.worth(), buyer.landed("1")
    buyer.charge("SEA1", "1.00", "quantity", "R1")
    buyer.charge("SEA1-credit", "-1.00", "quantity", "R1")

    assert (buyer.worth(), buyer.landed("1")) == before
    buyer.sound()


def test_the_preview_says_what_will_be_booked_and_books_nothing(buyer: Buyer) -> None:
    buyer.receive("R1", "MUG 10 for 100.00", "CUP 5 for 100.00")
    buyer.sell("1", "MUG", 4)
    draft = ChargeDraft("SEA1", "first_leg", "quantity", pence("10.00"), ["R1"], skus=["MUG"])
    digest = buyer.world.digest()

    with buyer.world.kernel.db.read() as session:
        effect = preview(session, buyer.world.company.id, draft)

    said = {piece.unit.account: piece.amount for piece in effect.pieces}
    assert said == {"1300": 600, "5090": 400}
    assert buyer.world.digest() == digest
    buyer.charge("SEA1", "10.00", "quantity", "R1", skus=["MUG"])
    with buyer.world.kernel.db.read() as session:
        effect = preview_actual(session, buyer.world.company.id, "SEA1", 1100)
    assert {piece.unit.account: piece.amount for piece in effect.pieces} == {
        "1300": 60, "5090": 40
    }  # fmt: skip


def test_what_is_missing_is_said_and_nothing_is_booked(buyer: Buyer) -> None:
    buyer.receive("R1", "MUG 10 for 100.00")
    digest = buyer.world.digest()

    with pytest.raises(InputError, match="MUG has no weight"):
        buyer.charge("SEA1", "10.00", "weight", "R1")
    with pytest.raises(InputError, match="MUG has no length"):
        buyer.charge("SEA1", "10.00", "volume", "R1")
    with pytest.raises(NotFound, match="no receipt 'R2'"):
        buyer.charge("SEA1", "10.00", "quantity", "R1", "R2")
    with pytest.raises(NotFound, match="'CUP' came in"):
        buyer.charge("SEA1", "10.00", "quantity", "R1", skus=["CUP"])
    with pytest.raises(InputError, match="no rule"):
        buyer.charge("SEA1", "10.00", "by moon", "R1")
    with pytest.raises(InputError, match="no component"):
        buyer.charge("SEA1", "10.00", "quantity", "R1", component="moonlight")
    assert buyer.world.digest() == digest


def test_a_cost_of_a_closed_month_is_booked_in_the_next_open_one(buyer: Buyer) -> None:
    buyer.receive("R1", "MUG 10 for 100.00")
    charge = buyer.charge("SEA1", "10.00", "quantity", "R1")
    buyer.world.close_month(f"{charge.booked_on:%Y-%m}")

    buyer.invoice("SEA1", "12.00")

    (row,) = buyer.world.rows(
        "SELECT booked_on FROM ledger_entry WHERE natural_key = 'landed_cost:SEA1/actual'"
    )
    assert str(row.booked_on)[:7] > f"{charge.booked_on:%Y-%m}"
    buyer.sound()

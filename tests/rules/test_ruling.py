"""Live rules decide when orders come in, say why, and can be asked again."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from core.errors import Conflict
from core.rules.rule import read_rule
from core.rules.storing import change_rule
from core.rules.storing import go_live
from core.rules.storing import list_rules
from core.rules.storing import move_rule
from core.rules.storing import order_rules
from core.rules.storing import put_away
from core.rules.storing import switch_rule
from core.stock.importing import COLUMNS
from core.stock.importing import import_stock_file
from core.stock.warehouses import make_warehouse
from tests.privacy.buyers import CANARIES
from tests.privacy.buyers import WAITING
from tests.privacy.buyers import write_buyers
from tests.rules.ruling import again
from tests.rules.ruling import choice
from tests.rules.ruling import condition
from tests.rules.ruling import drafted
from tests.rules.ruling import import_waiting
from tests.rules.ruling import live
from tests.rules.ruling import place
from tests.rules.ruling import rule
from tests.rules.ruling import tags
from tests.rules.ruling import trace
from tests.world import World

ONE = "1001 MUG 2 @ 5.00 on 2011-02-01 from ann to GB"
TWO = "1002 MUG 1 @ 50.00 on 2011-02-01 from bob to DE"
BRITISH = condition("country", "is_one_of", "GB")


def stocked(world: World) -> None:
    world.stock("MUG 10 @ 2.00 on 2010-11-30")


def add_coast(world: World) -> None:
    """Make a second warehouse with five mugs."""
    with world.kernel.db.write() as session:
        account = session.scalar(sa.text("SELECT inventory_account FROM stock_warehouse"))
        provider = session.scalar(sa.text("SELECT provider FROM stock_warehouse"))
        make_warehouse(session, world.company.id, "COAST", "Coast", "GB", provider, account)
    row = ("MUG", "COAST", "5", "2.00", "GBP", "2010-11-30")
    import_stock_file(world.kernel, world.company.id, world._write("stock", COLUMNS, [row]))


def test_without_rules_nothing_is_written(world: World) -> None:
    stocked(world)
    import_waiting(world, (ONE, {}))

    assert trace(world, "1001") == []
    assert choice(world, "1001") is None
    assert world.order("1001").state == "allocated"


def test_a_rule_decides_and_says_why(world: World) -> None:
    stocked(world)
    dear = condition("amount", "above", "20.00 GBP")
    live(
        world,
        rule("British", BRITISH, does="tag home; service royal-48"),
        rule("Dear", dear, does="tag dear"),
    )
    import_waiting(world, (ONE, {}), (TWO, {}))

    assert tags(world, "1001") == ["home"]
    assert tags(world, "1002") == ["dear"]
    assert choice(world, "1001").service == "royal-48"
    (hit,) = trace(world, "1002")
    assert (hit["rule"], hit["version"]) == ("Dear", 1)
    assert hit["why"] == [{**dear, "found": "50.00 GBP"}]
    assert hit["done"] == [{"do": "tag", "value": "dear"}]
    assert world.order("1001").state == "allocated"
    assert world.broken() == []


def test_a_parked_order_keeps_its_goods_and_a_locked_one_does_not(world: World) -> None:
    stocked(world)
    live(
        world,
        rule("Park", BRITISH, does="hold parked"),
        rule("Lock", condition("country", "is_one_of", "DE"), does="hold locked"),
    )
    import_waiting(world, (ONE, {}), (TWO, {}))

    assert [(world.order(ref).state, world.order(ref).hold) for ref in ("1001", "1002")] == [
        ("on_hold", "parked"),
        ("on_hold", "locked"),
    ]
    assert place(world, "1001") == "MAIN"
    assert world.rows("SELECT SUM(reserved) FROM stock_level")[0][0] == 2
    assert world.broken() == []


def test_a_rule_accepts_what_a_person_would_have_to_see(world: World) -> None:
    world.stock("MUG 10 @ 9.00 on 2010-11-30")
    loss = condition("queue", "has_any", "loss")
    live(world, rule("Clearance", loss, condition("margin", "at_least", "-90"), does="approve"))
    import_waiting(world, (ONE, {}))

    assert world.order("1001").state == "allocated"
    assert world.order("1001").exception is None
    assert [each["found"] for each in trace(world, "1001")[0]["why"]] == ["loss", "-80.00"]


def test_no_rule_accepts_what_must_be_put_right(world: World) -> None:
    live(world, rule("All", does="approve; tag seen"))
    strict = WAITING.replace("create_skus = true", "create_skus = false")

    world.order_file(write_buyers(world.folder, (ONE, {})), strict)

    assert world.order("1001").exception == "unmapped"


def test_a_rule_names_the_warehouse(world: World) -> None:
    stocked(world)
    add_coast(world)
    (coast,) = live(world, rule("Coast", BRITISH, does="warehouse COAST"))
    import_waiting(world, (ONE, {}), (TWO, {}))

    assert place(world, "1001") == "COAST"
    assert place(world, "1002") == "MAIN"
    with world.kernel.db.write() as session:
        switch_rule(session, world.company.id, coast, on=False)
    again(world, "1001", "1002")
    assert place(world, "1001") == "MAIN"
    assert choice(world, "1001").warehouse_id is None
    assert world.order("1001").state == "allocated"
    assert world.broken() == []


def test_a_draft_decides_nothing_until_it_goes_live(world: World) -> None:
    stocked(world)
    (rule_id,) = drafted(world, rule("Draft", BRITISH, does="tag home"))
    import_waiting(world, (ONE, {}))
    assert tags(world, "1001") == []

    company_id = world.company.id
    with world.kernel.db.write() as session:
        go_live(session, company_id, rule_id, 1)
        changed = read_rule(rule("Draft", BRITISH, does="tag island"))
        assert change_rule(session, company_id, rule_id, changed, "me") == 2
    again(world, "1001")
    assert tags(world, "1001") == ["home"]

    with world.kernel.db.write() as session:
        with pytest.raises(Conflict, match="written meanwhile"):
            go_live(session, company_id, rule_id, 1)
        go_live(session, company_id, rule_id, 2)
    again(world, "1001")
    assert tags(world, "1001") == ["island"]
    assert [hit["version"] for hit in trace(world, "1001")] == [1, 2]


def test_the_order_of_rules_counts(world: World) -> None:
    stocked(world)
    first, second = live(
        world, rule("Slow", does="service slow"), rule("Fast", BRITISH, does="service fast")
    )
    import_waiting(world, (ONE, {}))
    assert choice(world, "1001").service == "slow"
    assert trace(world, "1001")[1]["left"] == [
        {"do": "service", "value": "fast", "decided_by": "Slow"}
    ]

    with world.kernel.db.write() as session:
        move_rule(session, world.company.id, second, up=True)
    again(world, "1001")

    assert choice(world, "1001").service == "fast"
    with world.kernel.db.write() as session, pytest.raises(Conflict, match="changed meanwhile"):
        order_rules(session, world.company.id, [first])


def test_a_rule_that_was_put_away_can_still_be_read(world: World) -> None:
    stocked(world)
    (rule_id,) = live(world, rule("Gone", does="tag gone"))
    import_waiting(world, (ONE, {}))

    with world.kernel.db.write() as session:
        put_away(session, world.company.id, rule_id)
    again(world, "1001")

    assert tags(world, "1001") == []
    assert trace(world, "1001")[0]["rule"] == "Gone"
    with world.kernel.db.read() as session:
        assert list_rules(session, world.company.id) == []


def test_rules_ask_about_buyer_weight_and_address(world: World) -> None:
    stocked(world)
    world.change("UPDATE catalog_sku SET weight_grams = 1200 WHERE code = 'MUG'")
    live(
        world,
        rule("Note", condition("note", "contains_any", "SNORKELWICK"), does="tag note"),
        rule("Remote", condition("address", "has_any", "remote", "po_box"), does="tag far"),
        rule("Post", condition("postcode", "starts_with_any", "ZE"), does="tag shetland"),
        rule("Heavy", condition("weight", "at_least", "2400"), does="tag heavy"),
        rule("Sku", condition("sku", "has_any", "MUG"), does="tag mug"),
    )
    far = {**CANARIES, "postcode": "ZE1 0AA", "note": ""}
    import_waiting(world, (ONE, CANARIES), (TWO.replace("to DE", "to GB"), far))

    assert tags(world, "1001") == ["heavy", "mug", "note"]
    assert tags(world, "1002") == ["far", "mug", "shetland"]
    told = str(trace(world, "1001")) + str(trace(world, "1002"))
    assert "norkelwick" not in told.casefold()
    assert "ZE1" not in told


def test_orders_that_left_are_not_ruled(world: World) -> None:
    stocked(world)
    live(world, rule("All", does="tag all"))
    world.orders(ONE)

    assert tags(world, "1001") == []
    again(world, "1001")
    assert tags(world, "1001") == []


def test_importing_again_rules_nothing_again(world: World) -> None:
    stocked(world)
    live(world, rule("British", BRITISH, does="tag home"))
    import_waiting(world, (ONE, {}))
    before: Any = world.digest()

    import_waiting(world, (ONE, {}))

    assert world.digest() == before
    assert len(trace(world, "1001")) == 1


def test_a_rule_sends_what_is_there_first(world: World) -> None:
    world.stock("MUG 1 @ 2.00 on 2010-11-30")
    live(world, rule("Split", BRITISH, does="split stock"))
    import_waiting(world, (ONE, {}), (TWO.replace("MUG", "JUG"), {}))

    parts = world.rows(
        "SELECT external_ref, state FROM orders_order WHERE external_ref LIKE '1001%' ORDER BY id"
    )
    assert len(parts) == 2
    assert {tuple(part)[1] for part in parts} == {"allocated", "backordered"}
    assert world.broken() == []

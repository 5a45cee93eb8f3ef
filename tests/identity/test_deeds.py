"""The trail of deeds: in warehouses, on rules, on what is published and what codes stand for."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from sqlalchemy.orm import Session

from core.cli import build
from core.config import ROOT
from core.config import Config
from core.errors import InputError
from core.identity.deeds import MOST_LISTED
from core.identity.deeds import deed
from core.identity.deeds import part_of_another
from core.identity.deeds import say
from core.identity.models import AuditEntry
from tests.orders.life import UNSHIPPED
from tests.world import World

_DONE = sa.select(AuditEntry).where(AuditEntry.action.like("%.done")).order_by(AuditEntry.id)
_ACTIONS = _DONE.with_only_columns(AuditEntry.action)
_FACTS = _DONE.with_only_columns(AuditEntry.after)

RULES = {
    "rules": [
        {"name": name, "match": "all", "groups": [], "actions": [{"do": "tag", "value": "home"}]}
        for name in ("One", "Two")
    ]
}


def trail(world: World, prefix: str = "") -> list[tuple[str, str, Any, Any]]:
    """Return action, subject, before and after of the entries whose action begins so."""
    rows = world.rows(
        "SELECT action, subject, before, after FROM identity_audit"
        " WHERE action LIKE :prefix ORDER BY id",
        prefix=f"{prefix}%",
    )
    return [(row[0], row[1], _read(row[2]), _read(row[3])) for row in rows]


def _read(facts: Any) -> Any:
    return json.loads(facts) if isinstance(facts, str) else facts


def run(world: World, *words: str) -> None:
    """Run a command as the operator does."""
    url = world.kernel.db.url.render_as_string(hide_password=False)
    config = Config(world.folder, url, (ROOT / "addons",))
    done = CliRunner().invoke(build(), [*words], obj=config)
    assert done.exit_code == 0, done.output


def test_work_in_warehouses_is_said_without_its_texts(world: World) -> None:
    world.stock("MUG 9 @ 2.00 on 2010-11-30")

    move = ("stock", "move")
    run(world, *move, "--reason", "damaged", "--note", "by Ann", "MAIN", "MUG", "--", "-1")
    run(world, "stock", "warehouse", "add", "FAR", "--kind", "3pl", "--country", "DE")

    adjusted, added = trail(world, "sku.") + trail(world, "warehouse.")
    assert adjusted[0] == "sku.adjusted"
    assert (adjusted[3]["quantity"], adjusted[3]["reason"]) == (-1, "damaged")
    assert "Ann" not in json.dumps(adjusted)
    assert added[0] == "warehouse.added"
    assert added[3]["code"] == "FAR"


def test_relabelling_two_skus_is_one_deed(world: World) -> None:
    world.stock("MUG 9 @ 2.00 on 2010-11-30", "CUP 1 @ 1.00 on 2010-11-30")

    run(world, "stock", "move", "--to-sku", "CUP", "MAIN", "MUG", "2")

    (only,) = trail(world, "sku.")
    assert only[3]["new_sku"] == "CUP"


def test_repaired_counters_are_said(world: World) -> None:
    world.stock("MUG 9 @ 2.00 on 2010-11-30")
    run(world, "stock", "recount", "--repair")
    assert trail(world, "stock.") == []
    world.change("UPDATE stock_level SET on_hand = 8")

    run(world, "stock", "recount", "--repair")

    assert trail(world, "stock.") == [
        ("stock.repaired", "levels", None, {"wrong": 1, "repaired": 1})
    ]


def test_rules_are_said_from_the_command_line_too(world: World) -> None:
    path = world.folder / "rules.json"
    path.write_text(json.dumps(RULES), encoding="utf-8")

    run(world, "rules", "import", str(path))
    run(world, "rules", "live", "One")
    run(world, "rules", "switch", "One", "off")

    imported, live, switched = trail(world, "rule")
    assert imported[0] == "rules.imported"
    assert imported[3] == {"live": False, "added": 2, "changed": 0, "unchanged": 0}
    assert (live[0], live[2], live[3]) == (
        "rule.live",
        {"version": None, "on": True},
        {"version": 1, "on": True},
    )
    assert (switched[2], switched[3]) == ({"on": True}, {"on": False})


def test_publish_rule_is_said_with_what_held_before(world: World) -> None:
    world.stock("MUG 9 @ 2.00 on 2010-11-30")

    run(world, "publish", "set", "--cap", "5", "--note", "Ann asked")
    run(world, "publish", "set", "--cap", "3", "--buffer", "1")

    first, second = trail(world, "publish_rule.")
    everything = {"platform": "", "account": "", "sku_id": 0}
    assert first[2] is None
    assert second[2] == {"version": 1, "cap": 5}
    assert second[3] == {"scope": everything, "version": 2, "cap": 3, "buffer": 1}
    assert "Ann" not in json.dumps([first, second])


def test_mapping_is_one_entry_whatever_follows(world: World) -> None:
    world.stock("MUG 9 @ 2.00 on 2010-11-30")
    careful = UNSHIPPED.replace("create_skus = true", "create_skus = false")
    world.orders(
        "1001 B00A 1 @ 9.00 on 2011-02-03 to US",
        "1002 B00B 1 @ 9.00 on 2011-02-03 to US",
        mapping=careful,
    )

    run(world, "listings", "map", "B00A=MUG", "B00B=MUG")

    (only,) = trail(world, "listing.") + trail(world, "order.")
    assert only[:2] == ("listing.mapped", "listings")
    assert only[3] == {"way": "command", "mapped": 2, "orders": 2, "skus": ["MUG"]}


def test_code_mapped_from_its_queue_is_said(world: World) -> None:
    world.stock("MUG 9 @ 2.00 on 2010-11-30")
    careful = UNSHIPPED.replace("create_skus = true", "create_skus = false")
    world.orders("1001 B00A 1 @ 9.00 on 2011-02-03 to US", mapping=careful)
    order = world.order("1001")

    run(world, "order", "map", order.platform, order.account, "B00A", "MUG")

    (only,) = trail(world, "listing.")
    assert only[3] == {"sku": "MUG", "order": "1001", "state": "allocated"}


@pytest.fixture
def session(world: World) -> Any:
    with world.kernel.db.write() as opened:
        yield opened


def test_deed_within_another_says_nothing(world: World, session: Session) -> None:
    here = world.company.id
    with deed(session, here, "outer.done", "x:1") as outer:
        with deed(session, here, "inner.done", "x:1") as inner:
            assert inner is None
        say(session, here, "leaf.done", "x:1")
    with part_of_another():
        say(session, here, "rule.done", "x:1")
    say(session, here, "after.done", "x:1")

    assert outer is not None
    found = [row[0] for row in session.execute(_ACTIONS)]
    assert found == ["outer.done", "after.done"]


def test_deed_that_fails_says_nothing_and_ends(world: World, session: Session) -> None:
    with (
        pytest.raises(InputError),
        deed(session, world.company.id, "outer.done", "x:1"),
    ):
        raise InputError("no", where="here")
    say(session, world.company.id, "after.done", "x:1")

    assert [row[0] for row in session.execute(_ACTIONS)] == ["after.done"]


def test_long_lists_are_told_by_their_number(world: World, session: Session) -> None:
    facts = {"few": [1, 2], "many": list(range(MOST_LISTED + 1)), "text": "x" * 99}

    say(session, world.company.id, "many.done", "x:1", after=facts)

    (entry,) = session.execute(_FACTS).scalars()
    assert _read(entry) == {"few": [1, 2], "many": MOST_LISTED + 1, "text": "x" * 99}

"""A company with rules: written in a few words, let live, and asked about imported orders."""

from __future__ import annotations

import json
from typing import Any

from core.orders.record import Actor
from core.orders.ruled import apply_rules
from core.rules.rule import read_rule
from core.rules.storing import add_rule
from core.rules.storing import go_live
from tests.privacy.buyers import WAITING
from tests.privacy.buyers import write_buyers
from tests.world import World

ME = Actor("me")


def condition(field: str, operator: str, *value: str) -> dict[str, Any]:
    """Return a condition."""
    return {"field": field, "operator": operator, "value": list(value)}


def rule(name: str, *conditions: dict[str, Any], does: str, match: str = "all") -> dict[str, Any]:
    """Return a rule that does things told as `tag VIP; hold parked`."""
    actions = []
    for told in does.split("; "):
        do, _, value = told.partition(" ")
        actions.append({"do": do, "value": value})
    groups = [{"match": match, "conditions": list(conditions)}] if conditions else []
    return {"name": name, "match": "all", "groups": groups, "actions": actions}


def live(world: World, *rules: dict[str, Any]) -> list[int]:
    """Let rules decide from now on, and return their ids."""
    ids = drafted(world, *rules)
    with world.kernel.db.write() as session:
        for rule_id in ids:
            go_live(session, world.company.id, rule_id, 1)
    return ids


def drafted(world: World, *rules: dict[str, Any]) -> list[int]:
    """Store rules that decide nothing yet, and return their ids."""
    with world.kernel.db.write() as session:
        company_id = world.company.id
        return [add_rule(session, company_id, read_rule(each), "me") for each in rules]


def import_waiting(world: World, *orders: tuple[str, dict[str, str]]) -> None:
    """Import orders that have still to leave, each with what it tells of its buyer."""
    world.order_file(write_buyers(world.folder, *orders), WAITING)


def again(world: World, *refs: str) -> None:
    """Ask the live rules about orders again."""
    ids = [world.order(ref).id for ref in refs]
    with world.kernel.db.write() as session:
        apply_rules(session, world.company.id, ids, ME)


def tags(world: World, ref: str) -> list[str]:
    """Return the tags of an order."""
    query = "SELECT tag FROM rules_tag WHERE order_id = :id ORDER BY tag"
    return [row[0] for row in world.rows(query, id=world.order(ref).id)]


def choice(world: World, ref: str) -> Any:
    """Return what rules chose for an order, None if they never chose."""
    rows = world.rows("SELECT * FROM rules_choice WHERE id = :id", id=world.order(ref).id)
    return rows[0] if rows else None


def trace(world: World, ref: str) -> list[dict[str, Any]]:
    """Return the rules on an order's timeline, the latest ruling last."""
    query = "SELECT detail FROM orders_event WHERE order_id = :id AND kind = 'ruled' ORDER BY id"
    rows = world.rows(query, id=world.order(ref).id)
    return [hit for row in rows for hit in json.loads(row[0])["rules"]]


def place(world: World, ref: str) -> str:
    """Return the code of the warehouse that has promised the goods of an order."""
    query = (
        "SELECT DISTINCT w.code FROM stock_reservation r"
        " JOIN orders_line l ON l.company_id = r.company_id AND l.id = r.line_id"
        " JOIN stock_level v ON v.company_id = r.company_id AND v.id = r.level_id"
        " JOIN stock_warehouse w ON w.company_id = v.company_id AND w.id = v.warehouse_id"
        " WHERE l.order_id = :id AND r.open_quantity > 0"
    )
    rows = world.rows(query, id=world.order(ref).id)
    assert len(rows) == 1, rows
    return str(rows[0][0])

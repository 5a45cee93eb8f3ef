"""The API of the rules of orders: `/api/v1/rules`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from marshmallow import fields
from marshmallow import validate

from core.errors import NotFound
from core.identity.access import require
from core.identity.actor import current_actor
from core.orders.record import Actor
from core.orders.ruled import apply_rules
from core.orders.shapes import Done
from core.rules import simulating
from core.rules import storing
from core.rules.rule import RuleText
from core.rules.shapes import RuleHead
from core.rules.shapes import SimulationDocument
from core.web import current
from core.web import rest
from core.web.shapes import Both

blueprint = rest.blueprint("rules", __name__)

MOST_ORDERS = 1000


@blueprint.get("")
@require("rules.view")
@rest.asks()
def index() -> rest.Answer[rest.Listed[Both[RuleText, RuleHead]]]:
    """List the rules in the order in which they are asked."""
    rules = storing.list_rules(current.reading(), current.company().id)
    items = [
        {
            "id": rule.id,
            "enabled": rule.enabled,
            "version": rule.version,
            "live_version": rule.live_version,
            **rule.newest.document(),
        }
        for rule in rules
    ]
    return rest.respond({"items": items, "next": None, "previous": None})


@blueprint.post("/simulate")
@require("rules.view", "orders.view")
@rest.takes(
    rule=rest.Whole,
    orders=fields.Integer(strict=True, validate=validate.Range(1, 10_000), load_default=1000),
    since=fields.AwareDateTime(),
)
def simulate(given: dict[str, Any]) -> rest.Answer[SimulationDocument]:
    """Try all drafts, or that of one rule, on past orders; it changes nothing."""
    session, company_id = current.reading(), current.company().id
    rules = storing.list_rules(session, company_id)
    if "rule" in given and given["rule"] not in {rule.id for rule in rules}:
        raise NotFound("There is no such rule.")
    since: datetime | None = given.get("since")
    result = simulating.simulate(
        session,
        company_id,
        [rule.as_live() for rule in rules if rule.decides],
        simulating.draft_rules(rules, given.get("rule")),
        orders=given["orders"],
        since=since,
    )
    return rest.respond(result.as_json())


@blueprint.post("/apply")
@require("orders.edit")
@rest.takes(orders=fields.List(rest.Whole, required=True, validate=validate.Length(1, MOST_ORDERS)))
def apply(given: dict[str, Any]) -> rest.Answer[Done]:
    """Ask the live rules about `orders` again, and do what they say."""
    company_id = current.company().id
    actor = Actor(current_actor().name or "program", "rules applied again")
    with current.writing() as session:
        done = apply_rules(session, company_id, given["orders"], actor)
    return rest.respond({"orders": [asdict(outcome) for outcome in done]})

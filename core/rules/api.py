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
from core.rules.rule import read_rule
from core.rules.shapes import RuleHead
from core.rules.shapes import SimulationDocument
from core.rules.words import vocabulary
from core.web import current
from core.web import rest
from core.web.shapes import Both

blueprint = rest.blueprint("rules", __name__)

MOST_ORDERS = 1000
RULE: dict[str, fields.Field[Any]] = {
    "name": rest.text(200, load_default=""),
    "match": rest.one_of("all", "any", load_default="all"),
    "groups": fields.List(fields.Dict(), load_default=list, validate=validate.Length(0, 100)),
    "actions": fields.List(fields.Dict(), load_default=list, validate=validate.Length(0, 100)),
}
"""What a rule says, as the list of rules tells it."""


@blueprint.get("")
@require("rules.view")
@rest.asks()
def index() -> rest.Answer[rest.Listed[Both[RuleText, RuleHead]]]:
    """List the rules in the order in which they are asked."""
    return _listed()


@blueprint.post("")
@require("rules.manage")
@rest.takes(**RULE)
def add(told: dict[str, Any]) -> rest.Answer[Both[RuleText, RuleHead]]:
    """Write a new rule; it decides nothing until it goes live."""
    text = read_rule(told, vocabulary(current.reading()))
    with current.writing() as session:
        made = storing.add_rule(session, current.company().id, text, current_actor().name)
    return _rule(made)


@blueprint.get("/<int:rule_id>")
@require("rules.view")
@rest.asks()
def show(rule_id: int) -> rest.Answer[Both[RuleText, RuleHead]]:
    """Show a rule's newest version."""
    return _rule(rule_id)


@blueprint.post("/<int:rule_id>/versions")
@require("rules.manage")
@rest.takes(**RULE, row_version=rest.Whole)
def change(told: dict[str, Any], rule_id: int) -> rest.Answer[Both[RuleText, RuleHead]]:
    """Store a further version; the live one decides until that goes live."""
    found = storing.get_rule(current.reading(), current.company().id, rule_id)
    version = told.pop("row_version", found.row_version)
    text = read_rule(told, vocabulary(current.reading()))
    with current.writing() as session:
        storing.change_rule(
            session, current.company().id, rule_id, text, current_actor().name, version
        )
    return _rule(rule_id)


@blueprint.post("/<int:rule_id>/live")
@require("rules.manage")
@rest.takes(version=rest.Whole)
def live(told: dict[str, Any], rule_id: int) -> rest.Answer[Both[RuleText, RuleHead]]:
    """Let a version decide from now on, the newest one if none is named."""
    company_id = current.company().id
    newest = storing.get_rule(current.reading(), company_id, rule_id).version
    with current.writing() as session:
        storing.go_live(session, company_id, rule_id, told.get("version", newest))
    return _rule(rule_id)


@blueprint.post("/<int:rule_id>/switch")
@require("rules.manage")
@rest.takes(on=fields.Boolean(load_default=False))
def switch(told: dict[str, Any], rule_id: int) -> rest.Answer[Both[RuleText, RuleHead]]:
    """Switch a rule on or off."""
    with current.writing() as session:
        storing.switch_rule(session, current.company().id, rule_id, on=told["on"])
    return _rule(rule_id)


@blueprint.post("/order")
@require("rules.manage")
@rest.takes(rules=fields.List(rest.Whole, required=True, validate=validate.Length(1, MOST_ORDERS)))
def order(told: dict[str, Any]) -> rest.Answer[rest.Listed[Both[RuleText, RuleHead]]]:
    """Ask the rules in another order."""
    with current.writing() as session:
        storing.order_rules(session, current.company().id, told["rules"])
    return _listed()


@blueprint.post("/<int:rule_id>/away")
@require("rules.manage")
@rest.takes()
def put_away(rule_id: int) -> rest.Answer[rest.Listed[Both[RuleText, RuleHead]]]:
    """Take a rule out of the list; its decisions can still be read."""
    with current.writing() as session:
        storing.put_away(session, current.company().id, rule_id)
    return _listed()


def _listed() -> rest.Answer[Any]:
    rules = storing.list_rules(current.reading(), current.company().id)
    items = [_document(rule) for rule in rules]
    return rest.respond({"items": items, "next": None, "previous": None})


def _rule(rule_id: int) -> rest.Answer[Any]:
    found = storing.get_rule(current.reading(), current.company().id, rule_id)
    return rest.respond(_document(found))


def _document(rule: storing.StoredRule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "enabled": rule.enabled,
        "version": rule.version,
        "live_version": rule.live_version,
        **rule.newest.document(),
    }


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

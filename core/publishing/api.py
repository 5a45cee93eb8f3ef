"""The API of publishing: what platforms are told, and what they would be: `/api/v1/publishing`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from marshmallow import fields
from marshmallow import validate
from sqlalchemy.orm import Session

from core.catalog.services import skus_by_code
from core.errors import InputError
from core.errors import NotFound
from core.identity.access import require
from core.identity.actor import current_actor
from core.paging import read_cursor
from core.publishing import mapping
from core.publishing.pushing import publish_changes
from core.publishing.reckoning import TERMS
from core.publishing.reckoning import Terms
from core.publishing.rules import Scope
from core.publishing.rules import check_terms
from core.publishing.rules import list_rules
from core.publishing.rules import pools_of
from core.publishing.rules import set_rule
from core.publishing.shapes import ListingDocument
from core.publishing.shapes import MappedDocument
from core.publishing.shapes import PreviewDocument
from core.publishing.shapes import PublishingRule
from core.publishing.shapes import TargetDocument
from core.publishing.showing import list_targets
from core.publishing.showing import preview
from core.publishing.showing import rule_row
from core.web import current
from core.web import rest

blueprint = rest.blueprint("publishing", __name__)

MOST = 1000

NUMBERS = tuple(name for name in TERMS if name != "pool_id")
_number = fields.Integer(strict=True, validate=validate.Range(0, 10**9))
_terms: dict[str, fields.Field[Any]] = dict.fromkeys(NUMBERS, _number)


@blueprint.get("/targets")
@require("stock.view")
@rest.asks(**rest.paging(), sku=rest.text(200, load_default=""))
def targets(asked: dict[str, Any]) -> rest.Answer[rest.Listed[TargetDocument]]:
    """List what each platform is to show, was sent, confirmed and was seen to show."""
    cursor, company_id = read_cursor(asked["cursor"], str, int), current.company().id
    session = current.reading()
    return rest.listed(list_targets(session, company_id, asked["sku"], cursor, asked["limit"]))


@blueprint.post("/preview")
@require("stock.view")
@rest.takes(
    sku=rest.text(200, required=True),
    platform=rest.text(200, load_default=""),
    account=rest.text(200, load_default=""),
    pool=rest.text(200),
    **_terms,
)
def try_rule(given: dict[str, Any]) -> rest.Answer[PreviewDocument]:
    """Say how much of a SKU a shop would be told if some terms held, and why; nothing changes."""
    session, company_id = current.reading(), current.company().id
    scope, terms = _scope_and_terms(session, company_id, given)
    check_terms(session, company_id, scope, terms)
    found = preview(session, company_id, scope, terms)
    return rest.respond(
        {
            "quantity": found.quantity,
            "why": found.text(),
            "steps": [step._asdict() for step in found.steps],
        }
    )


@blueprint.get("/listings")
@require("products.view")
@rest.asks(
    cursor=rest.text(1000, load_default=""),
    show=rest.one_of("unmapped", "mapped", "all", load_default="unmapped"),
    text=rest.text(200, load_default=""),
)
def listings(asked: dict[str, Any]) -> rest.Answer[rest.Listed[ListingDocument]]:
    """List what stands for sale on platforms, and which SKU each listing stands for."""
    cursor, company_id = read_cursor(asked["cursor"], str, int), current.company().id
    session = current.reading()
    return rest.listed(
        mapping.list_listings(session, company_id, asked["show"], asked["text"], cursor)
    )


@blueprint.post("/listings")
@require("products.edit")
@rest.takes(
    listings=fields.List(fields.Dict(), load_default=list, validate=validate.Length(1, MOST))
)
def map_them(told: dict[str, Any]) -> rest.Answer[MappedDocument]:
    """Say which SKU listings stand for: `{"id": …, "sku": "…"}` each; waiting orders go on."""
    company_id, choices = current.company().id, dict(map(_choice, told["listings"]))
    with current.writing() as session:
        done = mapping.map_listings(session, company_id, choices, current_actor().name, "api")
    return rest.respond(asdict(done))


@blueprint.get("/rules")
@require("stock.view")
@rest.asks()
def rules() -> rest.Answer[rest.Items[PublishingRule]]:
    """List by which terms stock is published."""
    return _rules()


@blueprint.post("/rules")
@require("stock.edit")
@rest.takes(
    sku=rest.text(200, load_default=""),
    platform=rest.text(200, load_default=""),
    account=rest.text(200, load_default=""),
    pool=rest.text(200),
    note=rest.text(load_default=""),
    **_terms,
)
def keep_rule(given: dict[str, Any]) -> rest.Answer[rest.Items[PublishingRule]]:
    """Let new terms hold from now on; everything they touch is told to the platforms."""
    company_id, actor = current.company().id, current_actor().name
    with current.writing() as session:
        scope, terms = _scope_and_terms(session, company_id, given)
        set_rule(session, company_id, scope, terms, note=given["note"], actor=actor)
    current.close_reading()
    publish_changes(current.kernel(), company_id, full=True)
    return _rules()


def _rules() -> rest.Answer[Any]:
    session, company_id = current.reading(), current.company().id
    rows = [rule_row(session, each) for each in list_rules(session, company_id)]
    return rest.respond({"items": rows})


def _scope_and_terms(
    session: Session, company_id: int, given: Mapping[str, Any]
) -> tuple[Scope, Terms]:
    sku_id = 0
    if given["sku"]:
        sku_id = skus_by_code(session, company_id, [given["sku"]]).get(given["sku"], 0)
        if not sku_id:
            raise NotFound(f"There is no SKU {given['sku']!r}.")
    pools = pools_of(session, company_id)
    if "pool" in given and given["pool"] not in pools:
        raise NotFound(f"There is no pool {given['pool']!r}.")
    terms = Terms(
        pool_id=pools.get(given.get("pool", "")), **{name: given.get(name) for name in NUMBERS}
    )
    return Scope(given["platform"], given["account"], sku_id), terms


def _choice(told: Mapping[str, Any]) -> tuple[int, str]:
    listing, sku = told.get("id"), told.get("sku")
    if set(told) != {"id", "sku"} or type(listing) is not int or not isinstance(sku, str):
        raise InputError("each is an id and a sku.", where="listings")
    if not 0 < listing <= rest.LARGEST:
        raise InputError("this is no id.", where="listings")
    return listing, sku

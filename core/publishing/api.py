"""The API of publishing: what platforms are told, and what they would be: `/api/v1/publishing`."""

from __future__ import annotations

from typing import Any

from marshmallow import fields
from marshmallow import validate

from core.catalog.services import skus_by_code
from core.errors import NotFound
from core.identity.access import require
from core.paging import read_cursor
from core.publishing.reckoning import TERMS
from core.publishing.reckoning import Terms
from core.publishing.rules import Scope
from core.publishing.rules import check_terms
from core.publishing.rules import pools_of
from core.publishing.shapes import PreviewDocument
from core.publishing.shapes import TargetDocument
from core.publishing.showing import list_targets
from core.publishing.showing import preview
from core.web import current
from core.web import rest

blueprint = rest.blueprint("publishing", __name__)

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
    sku_id = skus_by_code(session, company_id, [given["sku"]]).get(given["sku"], 0)
    if not sku_id:
        raise NotFound(f"There is no SKU {given['sku']!r}.")
    pools = pools_of(session, company_id)
    if "pool" in given and given["pool"] not in pools:
        raise NotFound(f"There is no pool {given['pool']!r}.")
    scope = Scope(given["platform"], given["account"], sku_id)
    terms = Terms(
        pool_id=pools.get(given.get("pool", "")), **{name: given.get(name) for name in NUMBERS}
    )
    check_terms(session, company_id, scope, terms)
    found = preview(session, company_id, scope, terms)
    return rest.respond(
        {
            "quantity": found.quantity,
            "why": found.text(),
            "steps": [step._asdict() for step in found.steps],
        }
    )

"""The API of warehouses: `/api/v1/warehouses`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from core.identity.access import require
from core.identity.actor import current_actor
from core.warehousing.places import add_warehouse
from core.warehousing.places import archive_warehouse
from core.warehousing.places import list_warehouses
from core.warehousing.places import place_named
from core.warehousing.shapes import PlaceDocument
from core.web import current
from core.web import rest

blueprint = rest.blueprint("warehouses", __name__)


@blueprint.get("")
@require("stock.view")
@rest.asks()
def index() -> rest.Answer[rest.Items[PlaceDocument]]:
    """List the warehouses with what lies in each."""
    found = list_warehouses(current.reading(), current.company().id)
    return rest.respond({"items": [asdict(each) for each in found]})


@blueprint.post("")
@require("stock.edit")
@rest.takes(
    code=rest.text(40, required=True),
    kind=rest.text(40, required=True),
    country=rest.text(2, required=True),
    region=rest.text(40, load_default=""),
    name=rest.text(200, load_default=""),
)
def add(told: dict[str, Any]) -> rest.Answer[PlaceDocument]:
    """Add a warehouse of a kind."""
    company_id = current.company().id
    with current.writing() as session:
        add_warehouse(session, company_id, **told, actor=current_actor().name)
    return _place(told["code"])


@blueprint.post("/<code>/archive")
@require("stock.edit")
@rest.takes()
def archive(code: str) -> rest.Answer[PlaceDocument]:
    """Take an empty warehouse out of use."""
    with current.writing() as session:
        archive_warehouse(session, current.company().id, code, actor=current_actor().name)
    return _place(code)


def _place(code: str) -> rest.Answer[PlaceDocument]:
    return rest.respond(asdict(place_named(current.reading(), current.company().id, code)))

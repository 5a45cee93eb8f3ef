"""The API of goods sent to platforms' warehouses: `/api/v1/inbound`. Costs are minor units."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from typing import TypedDict

from marshmallow import fields
from marshmallow import validate

from core import clock
from core.addresses.address import FIELDS
from core.addresses.address import Address
from core.identity.access import require
from core.identity.actor import current_actor
from core.inbound import planning
from core.inbound.labelling import fetch_labels
from core.inbound.models import InboundRow
from core.inbound.shapes import InboundDocument
from core.inbound.shapes import InboundHead
from core.inbound.showing import head_of
from core.inbound.showing import list_plans
from core.inbound.showing import plan_sheet
from core.inbound.states import plan_by_id
from core.kernel.connections import get_connection
from core.paging import read_cursor
from core.web import current
from core.web import rest

blueprint = rest.blueprint("inbound", __name__)


class LabelsDocument(TypedDict):
    """Where labels are fetched; the address holds for minutes."""

    url: str


@blueprint.get("")
@require("stock.view", "money.view")
@rest.asks(**rest.paging())
def index(asked: dict[str, Any]) -> rest.Answer[rest.Listed[InboundHead]]:
    """List plans, the latest first."""
    cursor, company_id = read_cursor(asked["cursor"], int), current.company().id
    return rest.listed(list_plans(current.reading(), company_id, cursor, asked["limit"]), head_of)


@blueprint.post("")
@require("stock.edit", "money.view")
@rest.takes(
    connection=rest.text(200, required=True),
    transfer=rest.text(100, required=True),
    ready_on=fields.Date(),
    origin=fields.Dict(
        keys=rest.one_of(*FIELDS), values=rest.text(200), load_default=dict[str, str]
    ),
)
def begin(given: dict[str, Any]) -> rest.Answer[InboundDocument]:
    """Begin a plan for a transfer; without an `origin` that of the last plan holds."""
    company_id = current.company().id
    day = given.get("ready_on") or clock.now().date()
    with current.writing() as session:
        connection = get_connection(session, given["connection"], company_id=company_id)
        row = planning.begin_plan(
            session, connection, given["transfer"], Address(**given["origin"]), day, actor=_who()
        )
        sheet = plan_sheet(session, row)
    return rest.respond(sheet)


@blueprint.get("/<int:plan_id>")
@require("stock.view", "money.view")
@rest.asks()
def show(plan_id: int) -> rest.Answer[InboundDocument]:
    """Show a plan: its next step, what is offered and what that costs."""
    session = current.reading()
    return rest.respond(plan_sheet(session, plan_by_id(session, current.company().id, plan_id)))


@blueprint.post("/<int:plan_id>/choose")
@require("stock.edit", "money.view")
@rest.takes(
    options=fields.List(rest.text(200), load_default=list, validate=validate.Length(0, 100)),
    cost=fields.Integer(strict=True, load_default=0, validate=validate.Range(-(10**9), 10**9)),
)
def choose(given: dict[str, Any], plan_id: int) -> rest.Answer[InboundDocument]:
    """Choose among what is offered; `cost` is what it costs in all, as it was shown."""
    return _step(plan_id, planning.choose, given["options"], given["cost"])


@blueprint.post("/<int:plan_id>/pack")
@require("stock.edit", "money.view")
@rest.takes(
    boxes=fields.List(
        fields.Dict(keys=rest.text(20), values=fields.Raw()),
        load_default=list,
        validate=validate.Length(0, planning.MOST_BOXES),
    )
)
def pack(given: dict[str, Any], plan_id: int) -> rest.Answer[InboundDocument]:
    """Say what lies in which boxes: sides in mm, weight in g, `items` by the platform's SKU."""
    return _step(plan_id, planning.pack, [planning.box_of(each) for each in given["boxes"]])


@blueprint.post("/<int:plan_id>/track")
@require("stock.edit", "money.view")
@rest.takes(
    shipment=rest.text(100, load_default=""),
    numbers=fields.Dict(keys=rest.text(100), values=rest.text(64), load_default=dict[str, str]),
)
def track(given: dict[str, Any], plan_id: int) -> rest.Answer[InboundDocument]:
    """Note the carrier's number of each box of a shipment."""
    return _step(plan_id, planning.track, given["shipment"], given["numbers"])


@blueprint.post("/<int:plan_id>/again")
@require("stock.edit", "money.view")
@rest.takes()
def again(plan_id: int) -> rest.Answer[InboundDocument]:
    """Ask once more for the step that was refused, or for what is offered."""
    return _step(plan_id, planning.try_again)


@blueprint.post("/<int:plan_id>/cancel")
@require("stock.edit", "money.view")
@rest.takes()
def cancel(plan_id: int) -> rest.Answer[InboundDocument]:
    """Stop a plan, here and at the platform."""
    return _step(plan_id, planning.cancel)


@blueprint.post("/<int:plan_id>/labels")
@require("stock.edit", "money.view")
@rest.takes(shipment=rest.text(100, load_default=""))
def labels(given: dict[str, Any], plan_id: int) -> rest.Answer[LabelsDocument]:
    """Say where the labels of a shipment's boxes are fetched."""
    company_id = current.company().id
    key = plan_by_id(current.reading(), company_id, plan_id).key
    current.close_reading()
    return rest.respond({"url": fetch_labels(current.kernel(), company_id, key, given["shipment"])})


def _step(
    plan_id: int, act: Callable[..., InboundRow], *given: object
) -> rest.Answer[InboundDocument]:
    company_id = current.company().id
    with current.writing() as session:
        key = plan_by_id(session, company_id, plan_id).key
        sheet = plan_sheet(session, act(session, company_id, key, *given, actor=_who()))
    return rest.respond(sheet)


def _who() -> str:
    return current_actor().name or "program"

"""The API of stock and the work in warehouses: `/api/v1/stock`."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from typing import Any

from marshmallow import fields
from marshmallow import validate
from sqlalchemy.orm import Session

from core.errors import InputError
from core.identity.access import require
from core.identity.actor import current_actor
from core.identity.actor import may
from core.money import parse_decimal
from core.money import to_micro
from core.paging import read_cursor
from core.stock.warehouses import CONDITIONS
from core.warehousing import counting
from core.warehousing import transferring
from core.warehousing.handling import GAINS
from core.warehousing.handling import LOSSES
from core.warehousing.handling import Act
from core.warehousing.handling import Goods
from core.warehousing.handling import Handled
from core.warehousing.handling import adjust
from core.warehousing.handling import change_condition
from core.warehousing.handling import relabel
from core.warehousing.shapes import CountHead
from core.warehousing.shapes import CountSheet
from core.warehousing.shapes import LevelDocument
from core.warehousing.shapes import MovedDocument
from core.warehousing.shapes import TransferHead
from core.warehousing.shapes import TransferSheet
from core.warehousing.showing import count_sheet
from core.warehousing.showing import list_counts
from core.warehousing.showing import list_levels
from core.warehousing.showing import list_transfers
from core.warehousing.showing import transfer_sheet
from core.web import current
from core.web import rest

blueprint = rest.blueprint("stock", __name__)

REASONS = tuple(dict.fromkeys((*GAINS, *LOSSES)))
WAYS = ("reason", "to_condition", "to_sku")
NUMBERS = fields.Integer(strict=True, validate=validate.Range(0, 10**9))


@blueprint.get("/levels")
@require("stock.view")
@rest.asks(
    **rest.paging(),
    sku=rest.text(200, load_default=""),
    warehouse=rest.text(200, load_default=""),
)
def levels(asked: dict[str, Any]) -> rest.Answer[rest.Listed[LevelDocument]]:
    """List what lies where, by SKU, and how much of it is promised."""
    page = list_levels(
        current.reading(),
        current.company().id,
        asked["sku"],
        asked["warehouse"],
        read_cursor(asked["cursor"], str, int),
        asked["limit"],
    )
    return rest.listed(page)


@blueprint.post("/moves")
@require("stock.edit")
@rest.takes(
    warehouse=rest.text(200, required=True),
    sku=rest.text(200, required=True),
    quantity=fields.Integer(
        strict=True, required=True, validate=validate.Range(-rest.MOST_UNITS, rest.MOST_UNITS)
    ),
    condition=rest.one_of(*CONDITIONS, load_default="sellable"),
    reason=rest.one_of(*REASONS),
    to_condition=rest.one_of(*CONDITIONS),
    to_sku=rest.text(200),
    unit_cost=rest.text(40),
    note=rest.text(load_default=""),
)
def move(given: dict[str, Any]) -> rest.Answer[MovedDocument]:
    """Adjust goods for a `reason`, sort them `to_condition`, or relabel them `to_sku`."""
    if sum(way in given for way in WAYS) != 1:
        raise InputError(f"name exactly one of {', '.join(WAYS)}.", where="reason")
    with current.writing() as session:
        done = _moved(session, given)
    value = done.value if may("costs.view") else None
    return rest.respond(
        {"document_id": done.document_id, "quantity": done.quantity, "value": value}
    )


def _moved(session: Session, given: Mapping[str, Any]) -> Handled:
    company_id = current.company().id
    goods = Goods(given["warehouse"], given["sku"], given["quantity"], given["condition"])
    act = Act(_who(), given["note"])
    if "to_condition" in given:
        return change_condition(session, company_id, goods, given["to_condition"], act)
    if "to_sku" in given:
        return relabel(session, company_id, goods, given["to_sku"], act)
    cost = to_micro(parse_decimal(given["unit_cost"])) if "unit_cost" in given else None
    return adjust(session, company_id, goods, given["reason"], act, unit_cost=cost)


@blueprint.get("/transfers")
@require("stock.view")
@rest.asks(**rest.paging())
def transfers(asked: dict[str, Any]) -> rest.Answer[rest.Listed[TransferHead]]:
    """List transfers, the latest first."""
    cursor, company_id = read_cursor(asked["cursor"], int), current.company().id
    return rest.listed(list_transfers(current.reading(), company_id, cursor, asked["limit"]))


@blueprint.post("/transfers")
@require("stock.edit")
@rest.takes(
    origin=rest.text(200, required=True),
    target=rest.text(200, required=True),
    lines=fields.Dict(keys=rest.text(200), values=rest.Units, required=True),
    reference=rest.text(100, load_default=""),
    note=rest.text(load_default=""),
)
def plan_transfer(given: dict[str, Any]) -> rest.Answer[TransferSheet]:
    """Write down what is to be sent from one warehouse to another."""
    with current.writing() as session:
        made = transferring.plan_transfer(
            session,
            current.company().id,
            given["origin"],
            given["target"],
            given["lines"],
            reference=given["reference"],
            text=given["note"],
            actor=_who(),
        )
        sheet = transfer_sheet(session, made)
    return rest.respond(sheet)


@blueprint.get("/transfers/<reference>")
@require("stock.view")
@rest.asks()
def transfer(reference: str) -> rest.Answer[TransferSheet]:
    """Show a transfer: what left, arrived and was lost."""
    session = current.reading()
    found = transferring.find_transfer(session, current.company().id, reference)
    return rest.respond(transfer_sheet(session, found))


def _transfer_step(verb: str, step: Callable[..., Any], *named: str) -> None:
    """Offer a step of a transfer; without `lines` it is taken for all of it."""
    known: dict[str, fields.Field[Any]] = {
        "quantities": rest.Quantities,
        "condition": rest.one_of(*CONDITIONS),
        "text": rest.text(),
    }

    @require("stock.edit")
    @rest.takes(
        **{_OUTSIDE[name]: known[name] for name in named},
    )
    def view(given: dict[str, Any], reference: str) -> rest.Answer[TransferSheet]:
        options = {name: given[_OUTSIDE[name]] for name in named if _OUTSIDE[name] in given}
        with current.writing() as session:
            done = step(session, current.company().id, reference, actor=_who(), **options)
            sheet = transfer_sheet(session, done)
        return rest.respond(sheet)

    view.__doc__ = f"Do with a transfer what `{verb}` says."
    blueprint.post(f"/transfers/<reference>/{verb}", endpoint=f"{verb}_transfer")(view)


_OUTSIDE = {"quantities": "lines", "condition": "condition", "text": "note"}

_transfer_step("ship", transferring.ship_transfer, "quantities")
_transfer_step("receive", transferring.receive_transfer, "quantities", "condition")
_transfer_step("lose", transferring.lose_transfer, "quantities", "text")
_transfer_step("cancel", transferring.cancel_transfer, "text")


@blueprint.get("/counts")
@require("stock.view")
@rest.asks(**rest.paging())
def counts(asked: dict[str, Any]) -> rest.Answer[rest.Listed[CountHead]]:
    """List stock counts, the latest first."""
    cursor, company_id = read_cursor(asked["cursor"], int), current.company().id
    return rest.listed(list_counts(current.reading(), company_id, cursor, asked["limit"]))


@blueprint.post("/counts")
@require("stock.edit")
@rest.takes(
    warehouse=rest.text(200, required=True),
    skus=fields.List(rest.text(200), load_default=list, validate=validate.Length(0, 10_000)),
    condition=rest.one_of(*CONDITIONS, load_default="sellable"),
    reference=rest.text(100, load_default=""),
    note=rest.text(load_default=""),
)
def open_count(given: dict[str, Any]) -> rest.Answer[CountSheet]:
    """Make a sheet of some SKUs, or of all that were ever in the warehouse."""
    with current.writing() as session:
        made = counting.open_count(
            session,
            current.company().id,
            given["warehouse"],
            given["skus"],
            condition=given["condition"],
            reference=given["reference"],
            text=given["note"],
            actor=_who(),
        )
        sheet = _count(session, made)
    return rest.respond(sheet)


@blueprint.get("/counts/<reference>")
@require("stock.view")
@rest.asks()
def count(reference: str) -> rest.Answer[CountSheet]:
    """Show a count: what was expected, what was counted, what differs."""
    session = current.reading()
    return rest.respond(
        _count(session, counting.find_count(session, current.company().id, reference))
    )


@blueprint.post("/counts/<reference>/freeze")
@require("stock.edit")
@rest.takes()
def freeze_count(reference: str) -> rest.Answer[CountSheet]:
    """Keep what the record holds now; what is counted is compared with that."""
    return _count_step(reference, counting.freeze_count)


@blueprint.post("/counts/<reference>/enter")
@require("stock.edit")
@rest.takes(
    counted=fields.Dict(
        keys=rest.text(200), values=NUMBERS, required=True, validate=validate.Length(1, 10_000)
    )
)
def enter_counts(given: dict[str, Any], reference: str) -> rest.Answer[CountSheet]:
    """Note in `counted` how many of each SKU were counted."""
    return _count_step(reference, counting.enter_counts, given["counted"])


@blueprint.post("/counts/<reference>/cancel")
@require("stock.edit")
@rest.takes(note=rest.text(load_default=""))
def cancel_count(given: dict[str, Any], reference: str) -> rest.Answer[CountSheet]:
    """Drop a count that has not been posted."""
    return _count_step(reference, counting.cancel_count, text=given["note"])


@blueprint.post("/counts/<reference>/post")
@require("stock.edit")
@rest.takes()
def post_count(reference: str) -> rest.Answer[CountSheet]:
    """Book the differences; SKUs without a number stay as they are."""
    with current.writing() as session:
        counting.post_count(session, current.company().id, reference, actor=_who())
        sheet = _count(session, counting.find_count(session, current.company().id, reference))
    return rest.respond(sheet)


def _count_step(
    reference: str, step: Callable[..., Any], *arguments: object, **options: object
) -> rest.Answer[CountSheet]:
    with current.writing() as session:
        company_id = current.company().id
        done = step(session, company_id, reference, *arguments, actor=_who(), **options)
        sheet = _count(session, done)
    return rest.respond(sheet)


def _count(session: Session, found: Any) -> dict[str, Any]:
    """Return the sheet of a count, without values for who may not see costs."""
    sheet = count_sheet(session, found)
    if not may("costs.view"):
        sheet["lines"] = [{**line, "value": None} for line in sheet["lines"]]
    return sheet


def _who() -> str:
    return current_actor().name or "program"

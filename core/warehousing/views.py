"""Pages of the work in warehouses: transfers, stock counts, adjustments, warehouses."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from uuid import uuid4

import sqlalchemy as sa
from flask import Blueprint
from flask import abort
from flask import flash
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core.errors import EntrepotError
from core.errors import InputError
from core.identity.access import require
from core.identity.actor import current_actor
from core.money import parse_decimal
from core.money import to_micro
from core.paging import read_cursor
from core.stock import listing
from core.stock.storing import SELLABLE
from core.stock.warehouses import CONDITIONS
from core.warehousing import counting
from core.warehousing import showing
from core.warehousing import stored
from core.warehousing import transferring
from core.warehousing.handling import GAINS
from core.warehousing.handling import LOSSES
from core.warehousing.handling import Act
from core.warehousing.handling import Goods
from core.warehousing.handling import adjust
from core.warehousing.handling import change_condition
from core.warehousing.handling import relabel
from core.warehousing.models import Count
from core.warehousing.models import Transfer
from core.warehousing.places import add_warehouse
from core.warehousing.places import archive_warehouse
from core.warehousing.places import list_warehouses
from core.warehousing.places import open_places
from core.warehousing.timeline import steps
from core.web import current
from core.web.errors import status_of

blueprint = Blueprint("warehousing", __name__, url_prefix="/stock")

Row = TypeVar("Row", Transfer, Count)
Answer = str | tuple[str, int] | Response


@blueprint.get("/transfers")
@require("stock.view")
def transfers() -> Answer:
    """List transfers, with a form for a new one."""
    return _transfers([])


@blueprint.post("/transfers")
@require("stock.edit")
def plan() -> Answer:
    """Write down a transfer."""
    form = request.form

    def act(session: Session, company_id: int, actor: str) -> int:
        return transferring.plan_transfer(
            session,
            company_id,
            form.get("origin", ""),
            form.get("target", ""),
            _lines(form.get("lines", "")),
            reference=form.get("reference", "").strip(),
            text=form.get("note", "").strip(),
            actor=actor,
        ).id

    made, problem = _tried(act)
    if problem is not None:
        return _transfers([str(problem)]), status_of(problem)
    return redirect(url_for(".transfer", transfer_id=made), 303)


@blueprint.get("/transfers/<int:transfer_id>")
@require("stock.view")
def transfer(transfer_id: int) -> Answer:
    """Show a transfer and what can be done with it."""
    return _transfer(transfer_id, [])


@blueprint.post("/transfers/<int:transfer_id>/<any(ship,receive,lose,cancel):verb>")
@require("stock.edit")
def step_transfer(transfer_id: int, verb: str) -> Answer:
    """Send a transfer off, take it in, write it off, or drop it."""
    reference = _one(Transfer, transfer_id).reference
    condition = request.form.get("condition", SELLABLE)

    def act(session: Session, company_id: int, actor: str) -> None:
        if verb == "cancel":
            transferring.cancel_transfer(session, company_id, reference, actor=actor)
            return
        found = transferring.find_transfer(session, company_id, reference)
        lines = showing.transfer_sheet(session, found)["lines"]
        quantities = _numbers({str(line["sku_id"]): line["sku"] for line in lines})
        if verb == "ship":
            transferring.ship_transfer(session, company_id, reference, quantities, actor=actor)
        elif verb == "lose":
            transferring.lose_transfer(session, company_id, reference, quantities, actor=actor)
        else:
            transferring.receive_transfer(
                session, company_id, reference, quantities, condition=condition, actor=actor
            )

    _done, problem = _tried(act)
    if problem is not None:
        return _transfer(transfer_id, [str(problem)]), status_of(problem)
    return redirect(url_for(".transfer", transfer_id=transfer_id), 303)


@blueprint.get("/counts")
@require("stock.view")
def counts() -> Answer:
    """List stock counts, with a form for a new one."""
    return _counts([])


@blueprint.post("/counts/stored")
@require("stock.edit")
def take_stored() -> Answer:
    """Book a SKU's difference by a count with the platform's own number."""
    form = request.form

    def act(session: Session, company_id: int, actor: str) -> None:
        stored.take_number(
            session, company_id, form.get("warehouse", ""), form.get("sku", ""), actor=actor
        )

    _done, problem = _tried(act)
    if problem is not None:
        return _counts([str(problem)]), status_of(problem)
    flash(_("The books hold what the platform says now."), "success")
    return redirect(url_for(".counts"), 303)


@blueprint.post("/counts")
@require("stock.edit")
def open_count() -> Answer:
    """Make a sheet."""
    form = request.form

    def act(session: Session, company_id: int, actor: str) -> int:
        return counting.open_count(
            session,
            company_id,
            form.get("warehouse", ""),
            form.get("skus", "").split(),
            condition=form.get("condition", SELLABLE),
            reference=form.get("reference", "").strip(),
            text=form.get("note", "").strip(),
            actor=actor,
        ).id

    made, problem = _tried(act)
    if problem is not None:
        return _counts([str(problem)]), status_of(problem)
    return redirect(url_for(".count", count_id=made), 303)


@blueprint.get("/counts/<int:count_id>")
@require("stock.view")
def count(count_id: int) -> Answer:
    """Show a count: its sheet, what was counted, what differs."""
    return _count(count_id, [])


@blueprint.post("/counts/<int:count_id>/<any(freeze,enter,post,cancel):verb>")
@require("stock.edit")
def step_count(count_id: int, verb: str) -> Answer:
    """Freeze a count, note numbers, post it, or drop it."""
    reference = _one(Count, count_id).reference
    sheet = showing.count_sheet(current.reading(), _one(Count, count_id))
    known = {str(line["sku_id"]): line["sku"] for line in sheet["lines"]}

    def act(session: Session, company_id: int, actor: str) -> None:
        if verb == "freeze":
            counting.freeze_count(session, company_id, reference, actor=actor)
        elif verb == "enter":
            counted = _numbers(known)
            counting.enter_counts(session, company_id, reference, counted, actor=actor)
        elif verb == "post":
            counting.post_count(session, company_id, reference, actor=actor)
        else:
            counting.cancel_count(session, company_id, reference, actor=actor)

    _done, problem = _tried(act)
    if problem is not None:
        return _count(count_id, [str(problem)]), status_of(problem)
    return redirect(url_for(".count", count_id=count_id), 303)


@blueprint.get("/warehouses")
@require("stock.view")
def warehouses() -> Answer:
    """List the warehouses with what lies in each."""
    return _warehouses([])


@blueprint.post("/warehouses")
@require("stock.edit")
def add() -> Answer:
    """Add a warehouse, or take an empty one out of use."""
    form = request.form

    def act(session: Session, company_id: int, actor: str) -> None:
        if "archive" in form:
            archive_warehouse(session, company_id, form["archive"], actor=actor)
            return
        add_warehouse(
            session,
            company_id,
            form.get("code", "").strip(),
            form.get("kind", ""),
            form.get("country", "").strip().upper(),
            name=form.get("name", "").strip(),
            region=form.get("region", ""),
            actor=actor,
        )

    _done, problem = _tried(act)
    if problem is not None:
        return _warehouses([str(problem)]), status_of(problem)
    return redirect(url_for(".warehouses"), 303)


@blueprint.get("/<int:sku_id>/handle")
@require("stock.edit")
def handle(sku_id: int) -> Answer:
    """Offer what can be done with the goods of a SKU."""
    return _handle(sku_id, [])


@blueprint.post("/<int:sku_id>/handle")
@require("stock.edit")
def do_handle(sku_id: int) -> Answer:
    """Adjust, sort or relabel goods; the same form sent twice acts once."""
    sku = listing.get_sku(current.reading(), current.company().id, sku_id).code
    form = request.form

    def do(session: Session, company_id: int, actor: str) -> None:
        act = Act(actor, form.get("note", "").strip(), form.get("key", ""))
        goods = Goods(
            form.get("warehouse", ""),
            sku,
            _whole(form.get("quantity", "")),
            form.get("condition", SELLABLE),
        )
        verb = form.get("verb")
        if verb == "sort":
            change_condition(session, company_id, goods, form.get("to_condition", ""), act)
        elif verb == "relabel":
            relabel(session, company_id, goods, form.get("to_sku", "").strip(), act)
        else:
            cost = form.get("unit_cost", "").strip()
            unit_cost = to_micro(parse_decimal(cost)) if cost else None
            reason = form.get("reason", "")
            adjust(session, company_id, goods, reason, act, unit_cost=unit_cost)

    _done, problem = _tried(do)
    if problem is not None:
        return _handle(sku_id, [str(problem)]), status_of(problem)
    flash(_("It is booked."), "success")
    return redirect(url_for("stock.show", sku_id=sku_id), 303)


def _tried(
    act: Callable[[Session, int, str], int | None],
) -> tuple[int | None, EntrepotError | None]:
    """Do something in one transaction; return what came of it, or why it was refused."""
    company_id = current.company().id
    try:
        with current.writing() as session:
            return act(session, company_id, current_actor().name), None
    except EntrepotError as error:
        return None, error


def _one(model: type[Row], row_id: int) -> Row:
    found = current.reading().scalar(
        sa.select(model).where(model.company_id == current.company().id, model.id == row_id)
    )
    if found is None:
        abort(404)
    return found


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise InputError(f"{text!r} is no whole number.", where="quantity") from None


def _numbers(known: dict[str, str]) -> dict[str, int]:
    """Return the numbers that were typed beside SKUs; what was left empty is not meant."""
    typed = {code: request.form.get(f"sku-{key}", "").strip() for key, code in known.items()}
    return {code: _whole(text) for code, text in typed.items() if text}


def _lines(text: str) -> dict[str, int]:
    """Read lines of SKU and quantity.

    Raises: InputError naming the line that cannot be read.
    """
    found: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        code, _sep, quantity = line.strip().rpartition(" ")
        code = code.strip()
        if not code or not quantity.isdecimal() or code in found:
            raise InputError(
                "a line is a SKU, a space and a whole number; each SKU once.",
                where=f"line {number}",
            )
        found[code] = int(quantity)
    return found


def _places() -> list[str]:
    return open_places(current.reading(), current.company().id)


def _transfers(problems: list[str]) -> str:
    cursor = read_cursor(request.args.get("page"), int)
    return render_template(
        "warehousing/transfers.html",
        page=showing.list_transfers(current.reading(), current.company().id, cursor),
        places=_places(),
        problems=problems,
    )


def _transfer(transfer_id: int, problems: list[str]) -> str:
    found = _one(Transfer, transfer_id)
    session, company = current.reading(), current.company()
    return render_template(
        "warehousing/transfer.html",
        transfer_id=transfer_id,
        sheet=showing.transfer_sheet(session, found),
        steps=steps(session, company.id, "transfer", transfer_id),
        conditions=CONDITIONS,
        problems=problems,
    )


def _counts(problems: list[str]) -> str:
    cursor = read_cursor(request.args.get("page"), int)
    return render_template(
        "warehousing/counts.html",
        page=showing.list_counts(current.reading(), current.company().id, cursor),
        stored=stored.differences(current.reading(), current.company().id),
        places=_places(),
        conditions=CONDITIONS,
        problems=problems,
    )


def _count(count_id: int, problems: list[str]) -> str:
    found = _one(Count, count_id)
    session, company = current.reading(), current.company()
    return render_template(
        "warehousing/count.html",
        count_id=count_id,
        sheet=showing.count_sheet(session, found),
        steps=steps(session, company.id, "count", count_id),
        problems=problems,
    )


def _warehouses(problems: list[str]) -> str:
    return render_template(
        "warehousing/warehouses.html",
        places=list_warehouses(current.reading(), current.company().id),
        problems=problems,
    )


def _handle(sku_id: int, problems: list[str]) -> str:
    session, company = current.reading(), current.company()
    sku = listing.get_sku(session, company.id, sku_id)
    return render_template(
        "warehousing/handle.html",
        sku=sku,
        steps=steps(session, company.id, "sku", sku_id),
        places=_places(),
        conditions=CONDITIONS,
        reasons=list(dict.fromkeys((*GAINS, *LOSSES))),
        key=request.form.get("key") or uuid4().hex,
        problems=problems,
    )

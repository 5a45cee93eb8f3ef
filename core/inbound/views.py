"""Pages of goods sent to platforms' warehouses: the plans, and one with its next step."""

from __future__ import annotations

import io
from datetime import date

from flask import Blueprint
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core import clock
from core.addresses.address import address_of
from core.errors import EntrepotError
from core.errors import InputError
from core.identity.access import require
from core.identity.actor import current_actor
from core.inbound import planning
from core.inbound.labelling import fetch_labels
from core.inbound.models import InboundRow
from core.inbound.reading import read_boxes
from core.inbound.showing import list_plans
from core.inbound.showing import plan_sheet
from core.inbound.states import plan_by_id
from core.kernel.connections import get_connection
from core.paging import read_cursor
from core.web import current
from core.web.errors import status_of

blueprint = Blueprint("inbound", __name__, url_prefix="/stock/inbound")

Answer = str | tuple[str, int] | Response


@blueprint.get("")
@require("stock.view", "money.view")
def index() -> Answer:
    """List plans, with a form for a new one."""
    return _index([])


@blueprint.post("")
@require("stock.edit", "money.view")
def begin() -> Answer:
    """Begin a plan for a transfer."""
    form, company_id = request.form, current.company().id
    try:
        with current.writing() as session:
            connection = get_connection(session, form.get("connection", ""), company_id=company_id)
            row = planning.begin_plan(
                session,
                connection,
                form.get("transfer", "").strip(),
                address_of(form),
                _day(form.get("ready", "")),
                actor=current_actor().name,
            )
            made = row.id
    except EntrepotError as error:
        return _index([str(error)]), status_of(error)
    return redirect(url_for(".show", plan_id=made), 303)


@blueprint.get("/<int:plan_id>")
@require("stock.view", "money.view")
def show(plan_id: int) -> Answer:
    """Show a plan and what can be done with it now."""
    return _show(plan_id, [])


@blueprint.post("/<int:plan_id>/<any(choose,pack,track,again,cancel):verb>")
@require("stock.edit", "money.view")
def step(plan_id: int, verb: str) -> Answer:
    """Choose, pack, tell numbers, ask once more, or stop a plan."""
    plan_by_id(current.reading(), current.company().id, plan_id)
    try:
        with current.writing() as session:
            row = plan_by_id(session, current.company().id, plan_id)
            _act(session, row, verb)
    except EntrepotError as error:
        return _show(plan_id, [str(error)]), status_of(error)
    return redirect(url_for(".show", plan_id=plan_id), 303)


@blueprint.post("/<int:plan_id>/labels")
@require("stock.edit", "money.view")
def labels(plan_id: int) -> Answer:
    """Lead to the labels of a shipment's boxes."""
    company_id = current.company().id
    key = plan_by_id(current.reading(), company_id, plan_id).key
    current.close_reading()
    try:
        address = fetch_labels(current.kernel(), company_id, key, request.form.get("shipment", ""))
    except EntrepotError as error:
        return _show(plan_id, [str(error)]), status_of(error)
    return redirect(address, 303)


def _act(session: Session, row: InboundRow, verb: str) -> None:
    form, company_id, who = request.form, row.company_id, current_actor().name
    if verb == "choose":
        # Each button and each list sends an option with what it was shown to cost.
        chosen = [each.rpartition("=")[::2] for each in form.getlist("option") if each]
        cost = sum(_number(cost) for _, cost in chosen)
        planning.choose(session, company_id, row.key, [ref for ref, _ in chosen], cost, actor=who)
    elif verb == "pack":
        codes = {sku: each["code"] for sku, each in row.lines.items()}
        boxes = read_boxes(io.StringIO(form.get("boxes", "")), "boxes", codes)
        planning.pack(session, company_id, row.key, boxes, actor=who)
    elif verb == "track":
        told = {
            name.removeprefix("number-"): value.strip()
            for name, value in form.items()
            if name.startswith("number-") and value.strip()
        }
        planning.track(session, company_id, row.key, form.get("shipment", ""), told, actor=who)
    elif verb == "again":
        planning.try_again(session, company_id, row.key, actor=who)
    else:
        planning.cancel(session, company_id, row.key, actor=who)


def _show(plan_id: int, problems: list[str]) -> str:
    session = current.reading()
    row = plan_by_id(session, current.company().id, plan_id)
    return render_template(
        "warehousing/inbound_plan.html", sheet=plan_sheet(session, row), problems=problems
    )


def _index(problems: list[str]) -> str:
    session, company_id = current.reading(), current.company().id
    cursor = read_cursor(request.args.get("page"), int)
    return render_template(
        "warehousing/inbound.html",
        page=list_plans(session, company_id, cursor),
        takers=planning.takers(session, company_id),
        problems=problems,
    )


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise InputError("choose one of the options.", where="option") from None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text) if text.strip() else clock.now().date()
    except ValueError as error:
        raise InputError(f"{text!r} is no day.", where="ready") from error

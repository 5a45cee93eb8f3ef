"""Page of customs: declarations, and a form that compares before it books."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from flask import flash
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core.customs.declaring import WAYS
from core.customs.declaring import check
from core.customs.declaring import declare
from core.customs.declaring import list_declarations
from core.customs.reading import Told
from core.customs.reading import pairs
from core.customs.reading import read_declaration
from core.customs.showing import checked_document
from core.errors import EntrepotError
from core.identity.access import require
from core.identity.actor import current_actor
from core.web import current
from core.web.errors import status_of
from core.web.once import leave_undone

blueprint = Blueprint("customs", __name__, url_prefix="/costs/customs")

Answer = str | tuple[str, int] | Response


@blueprint.get("")
@require("stock.view", "costs.view")
def index() -> Answer:
    """List declarations, with a form for a new one."""
    return _page([])


@blueprint.post("")
@require("ledger.post", "stock.view", "costs.view")
def enter() -> Answer:
    """Compare a declaration with the customs rate of its month, or book it."""
    company = current.company()
    try:
        draft = read_declaration(_told())
        if request.form.get("step") != "book":
            checked = check(current.reading(), company.id, draft)
            leave_undone()
            return _page([], checked_document(draft, checked))
        with current.writing() as session:
            declare(session, company.id, draft, actor=current_actor().name)
    except EntrepotError as error:
        leave_undone()
        return _page([str(error)]), status_of(error)
    flash(_("It is booked."), "success")
    return redirect(url_for(".index"), 303)


def _told() -> Told:
    form = request.form
    names = ("reference", "country", "on", "currency", "vat", "value_currency", "further")
    said = {name: form.get(name, "") for name in (*names, "vat_rate", "supplier")}
    return Told(
        receipts=form.get("receipts", "").replace("，", ",").split(","),
        duties=pairs(form.get("duties", "").splitlines(), between=None, where=_("Duty")),
        values=pairs(form.get("values", "").splitlines(), between=None, where=_("Invoice")),
        way=form.get("way", WAYS[0]),
        **said,
    )


def _page(problems: list[str], checked: dict[str, Any] | None = None) -> str:
    return render_template(
        "customs/index.html",
        declarations=list_declarations(current.reading(), current.company().id),
        ways=WAYS,
        checked=checked,
        problems=problems,
    )

"""Pages of rules: their list, one to edit, and a try on past orders before it goes live."""

from __future__ import annotations

from flask import Blueprint
from flask import flash
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core.errors import EntrepotError
from core.errors import InputError
from core.identity.access import require
from core.rules import simulating
from core.rules import storing
from core.rules.forms import EMPTY
from core.rules.forms import RuleForm
from core.rules.forms import form_of
from core.rules.forms import read_form
from core.rules.rule import read_rule
from core.rules.storing import StoredRule
from core.rules.words import vocabulary
from core.web import current
from core.web.errors import status_of
from core.web.once import leave_undone

TRIED_ORDERS = 1000

blueprint = Blueprint("rules", __name__, url_prefix="/rules")

Answer = str | tuple[str, int] | Response


@blueprint.get("")
@require("rules.view")
def index() -> str:
    """List the rules in the order in which they are asked."""
    session = current.reading()
    rules = storing.list_rules(session, current.company().id)
    return render_template("rules/index.html", rules=rules, may_change=current.may("rules.manage"))


@blueprint.route("/add", methods=["GET", "POST"])
@require("rules.manage")
def add() -> Answer:
    """Write a new rule; it decides nothing until it goes live."""
    if request.method == "GET":
        return _page(None, EMPTY)
    form = read_form(request.form)
    if "more" in request.form:
        leave_undone()
        return _page(None, form)
    try:
        text = read_rule(form.document(), vocabulary(current.reading()))
        with current.writing() as session:
            company_id = current.company().id
            rule_id = storing.add_rule(session, company_id, text, _author())
    except EntrepotError as error:
        return _page(None, form, str(error)), status_of(error)
    return redirect(url_for("rules.simulate", rule_id=rule_id), 303)


@blueprint.get("/<int:rule_id>")
@require("rules.view")
def show(rule_id: int) -> str:
    """Show a rule's newest version to edit."""
    rule = _rule(rule_id)
    return _page(rule, form_of(rule.newest))


@blueprint.post("/<int:rule_id>")
@require("rules.manage")
def change(rule_id: int) -> Answer:
    """Store a further version; the live one decides until that goes live."""
    rule, form = _rule(rule_id), read_form(request.form)
    if "more" in request.form:
        leave_undone()
        return _page(rule, form)
    try:
        text = read_rule(form.document(), vocabulary(current.reading()))
        with current.writing() as session:
            company_id = current.company().id
            version = _number("row_version")
            storing.change_rule(session, company_id, rule_id, text, _author(), version)
    except EntrepotError as error:
        return _page(rule, form, str(error)), status_of(error)
    return redirect(url_for("rules.simulate", rule_id=rule_id), 303)


@blueprint.get("/<int:rule_id>/simulate")
@require("rules.view", "orders.view")
def simulate(rule_id: int) -> str:
    """Try a rule's newest version on past orders and show what would differ."""
    session, company = current.reading(), current.company()
    rules = storing.list_rules(session, company.id)
    rule = _rule(rule_id)
    now = [each.as_live() for each in rules if each.decides]
    draft = simulating.draft_rules(rules, rule_id)
    result = simulating.simulate(session, company.id, now, draft, orders=TRIED_ORDERS)
    may_change = current.may("rules.manage")
    return render_template("rules/simulate.html", rule=rule, result=result, may_change=may_change)


@blueprint.post("/<int:rule_id>/live")
@require("rules.manage")
def live(rule_id: int) -> Response:
    """Let the version that was tried decide from now on."""
    _rule(rule_id)
    with current.writing() as session:
        version = _number("version")
        storing.go_live(session, current.company().id, rule_id, version)
    flash(_("The rule decides from now on."), "success")
    return redirect(url_for("rules.index"), 303)


@blueprint.post("/<int:rule_id>/switch")
@require("rules.manage")
def switch(rule_id: int) -> Response:
    """Switch a rule on or off."""
    on = request.form.get("on") == "1"
    with current.writing() as session:
        storing.switch_rule(session, current.company().id, rule_id, on=on)
    return redirect(url_for("rules.index"), 303)


@blueprint.post("/<int:rule_id>/move")
@require("rules.manage")
def move(rule_id: int) -> Response:
    """Let a rule change places with its neighbour."""
    up = request.form.get("up") == "1"
    with current.writing() as session:
        storing.move_rule(session, current.company().id, rule_id, up=up)
    return redirect(url_for("rules.index"), 303)


@blueprint.post("/order")
@require("rules.manage")
def order() -> Response:
    """Ask the rules in another order, as they were dragged."""
    sent = request.form.get("rules", "").split(",")
    ids = [int(each) for each in sent if each.isascii() and each.isdecimal()]
    with current.writing() as session:
        storing.order_rules(session, current.company().id, ids)
    return redirect(url_for("rules.index"), 303)


@blueprint.post("/<int:rule_id>/away")
@require("rules.manage")
def put_away(rule_id: int) -> Response:
    """Take a rule out of the list."""
    with current.writing() as session:
        storing.put_away(session, current.company().id, rule_id)
    flash(_("The rule was put away; its decisions can still be read."), "success")
    return redirect(url_for("rules.index"), 303)


def _page(rule: StoredRule | None, form: RuleForm, problem: str = "") -> str:
    return render_template(
        "rules/show.html",
        rule=rule,
        form=form.with_spare_rows(),
        words=vocabulary(current.reading()),
        problems=[problem] if problem else [],
        may_change=current.may("rules.manage"),
    )


def _rule(rule_id: int) -> StoredRule:
    return storing.get_rule(current.reading(), current.company().id, rule_id)


def _number(name: str) -> int:
    text = request.form.get(name, "")
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise InputError("The form is not complete.", where=name, hint="Load the page again.")
    return int(text)


def _author() -> str:
    here = current.visitor()
    return here.name if here is not None else ""

"""The page of addons: what there is, how it fares, and the switch."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from flask import Blueprint
from flask import abort
from flask import flash
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core.errors import EntrepotError
from core.identity.access import require
from core.identity.fields import when_allowed
from core.kernel import faults
from core.kernel import lifecycle
from core.kernel.impact import impact_of
from core.kernel.settings import save_addon_settings
from core.kernel.settings import settings_schema
from core.kernel.settings import shown_settings
from core.web import current
from core.web.fresh import ask_again
from core.web.fresh import ask_before_secrets
from core.web.once import leave_undone
from core.web.settings import filled_form
from core.web.settings import refusal_of

blueprint = Blueprint("addons", __name__, url_prefix="/addons")


@blueprint.get("")
@require("addons.view")
def index() -> str:
    """List every addon that was found, with its state, its faults and its switch."""
    return render_template(
        "addons/index.html",
        addons=current.kernel().overview(),
        faults=faults.counted(current.reading()),
        may_switch=current.may("addons.manage"),
    )


@blueprint.get("/<name>")
@require("addons.view")
def show(name: str) -> str:
    """Show one addon and what it did wrong."""
    addon = next((each for each in current.kernel().overview() if each.name == name), None)
    if addon is None:
        abort(404)
    return render_template(
        "addons/show.html",
        addon=addon,
        # What failed may tell of any company's rows.
        faults=when_allowed(lambda: faults.recorded(current.reading(), name), [], "addons.manage"),
        has_settings=settings_schema(current.kernel(), name) is not None,
        may_switch=current.may("addons.manage"),
    )


@blueprint.route("/<name>/settings", methods=["GET", "POST"])
@require("addons.view")
def settings(name: str) -> str | tuple[str, int] | Response:
    """Change the settings of an addon that hold for the whole installation."""
    kernel = current.kernel()
    kind = settings_schema(kernel, name)
    if kind is None:
        abort(404)
    stored = shown_settings(current.reading(), name)
    form = filled_form(name, kind, stored.data, stored.secrets)
    row_version = request.form.get("row_version", stored.row_version, type=int)
    problems: list[str] = []
    status = 200
    if request.method == "POST":
        if not current.may("addons.manage"):
            abort(403)
        again = ask_before_secrets(kind, form.given(), request.path)
        if again is not None:
            return again
        try:
            with current.writing() as session:
                save_addon_settings(session, name, form.given(), row_version=row_version)
        except EntrepotError as error:
            problems, status = refusal_of(form, error)
        else:
            flash(_("The settings were saved."), "success")
            return redirect(url_for("addons.settings", name=name), 303)
    page = render_template(
        "addons/settings.html",
        addon=kernel.manifest(name),
        form=form,
        row_version=row_version,
        problems=problems,
        may_change=current.may("addons.manage"),
    )
    return page, status


@blueprint.get("/<name>/impact")
@require("addons.view")
def impact(name: str) -> str:
    """Show what disabling, uninstalling or purging an addon would mean, before it is done."""
    kernel = current.kernel()
    addon = next((each for each in kernel.overview() if each.name == name), None)
    if addon is None or addon.state == "discovered":
        abort(404)
    return render_template(
        "addons/impact.html",
        addon=addon,
        impact=impact_of(kernel, current.reading(), name),
        may_switch=current.may("addons.manage"),
    )


@blueprint.post("/<name>/enable")
@require("addons.manage")
def enable(name: str) -> Response:
    """Enable an addon."""
    return _act(name, lifecycle.enable, _("%(addon)s is enabled.", addon=name))


@blueprint.post("/<name>/disable")
@require("addons.manage")
def disable(name: str) -> Response:
    """Disable an addon, with those that need it if the visitor said so; its data stays."""
    verb = partial(lifecycle.disable, dependents_too=request.form.get("with_dependents") == "1")
    return _act(name, verb, _("%(addon)s is disabled; its data is kept.", addon=name))


@blueprint.post("/<name>/retry")
@require("addons.manage")
def retry(name: str) -> Response:
    """Enable an addon again that was quarantined."""
    return _act(name, lifecycle.retry, _("%(addon)s is enabled.", addon=name))


def _act(name: str, verb: Callable[..., object], said: str) -> Response:
    return switched(name, verb, said, url_for("addons.index"))


def switched(name: str, verb: Callable[..., object], said: str, back: str) -> Response:
    """Switch an addon for somebody who has just shown who he is, and go back."""
    visitor = current.visitor()
    if visitor is None:
        abort(403)
    again = ask_again(back)
    if again is not None:
        return again
    # The act opens a transaction of its own.
    current.close_reading()
    try:
        verb(current.kernel(), name, by=visitor.name)
        flash(said, "success")
    except EntrepotError as refusal:
        leave_undone()
        flash(f"{refusal.message} {refusal.hint}".strip(), "danger")
    return redirect(back, 303)

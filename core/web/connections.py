"""The pages of connections: how they fare, making one, changing it, pausing it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask import Blueprint
from flask import abort
from flask import flash
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask_babel import gettext as _
from marshmallow import Schema
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core import clock
from core.channels.health import connection_health
from core.channels.health import next_run
from core.channels.health import own_schedules
from core.channels.health import poll_every
from core.channels.health import run_now
from core.errors import EntrepotError
from core.errors import InputError
from core.http.log import recent_requests
from core.http.oauth import oauth_of
from core.http.tokens import authorised_until
from core.identity.access import require
from core.kernel import connecting
from core.kernel import connection_states
from core.kernel import connections
from core.kernel import secrets
from core.kernel.connections import ConnectionInfo
from core.kernel.forms import SettingsForm
from core.kernel.schema import secret_fields
from core.web import current
from core.web.fresh import ask_before_secrets
from core.web.settings import filled_form
from core.web.settings import refusal_of

blueprint = Blueprint("connections", __name__, url_prefix="/connections")

SOON = timedelta(days=14)
"""So long before an authorisation runs out its page says so."""

Answer = str | tuple[str, int] | Response


@blueprint.get("")
@require("connections.view")
def index() -> str:
    """List the company's connections with their state and last success."""
    return render_template(
        "connections/index.html",
        connections=connections.list_connections(
            current.reading(), company_id=current.company().id
        ),
        may_change=current.may("connections.manage"),
    )


@blueprint.get("/add")
@require("connections.manage")
def choose() -> str:
    """Offer the addons through which an account can be connected."""
    kernel = current.kernel()
    offered = connecting.connectable(kernel)
    found = [each for each in kernel.overview() if each.name in offered]
    return render_template("connections/choose.html", addons=found)


@blueprint.route("/add/<addon>", methods=["GET", "POST"])
@require("connections.manage")
def add(addon: str) -> Answer:
    """Connect an account through an addon; it is tried before it is stored."""
    if addon not in connecting.connectable(current.kernel()):
        abort(404)
    kind = _schema(addon)
    # Asked for before anything is typed, and again if it took long.
    again = ask_before_secrets(kind, secret_fields(kind), request.path)
    if again is not None:
        return again
    form = filled_form(addon, kind, {})
    problems: list[str] = []
    status = 200
    if request.method == "POST":
        # The platform is asked in between: no transaction may be open meanwhile.
        current.close_reading()
        try:
            made = connecting.connect(
                current.kernel(),
                addon,
                request.form.get("label", "").strip(),
                form.given(),
                company_id=current.company().id,
                account=request.form.get("account", "").strip(),
            )
        except EntrepotError as error:
            problems, status = refusal_of(form, error)
        else:
            flash(_("%(label)s is connected.", label=made.label), "success")
            return redirect(url_for("connections.show", connection_id=made.id), 303)
    shown = next(each for each in current.kernel().overview() if each.name == addon)
    page = render_template("connections/add.html", addon=shown, form=form, problems=problems)
    return page, status


@blueprint.get("/<int:connection_id>")
@require("connections.view")
def show(connection_id: int) -> str:
    """Show a connection with its settings, of secrets only that they are stored."""
    connection = _connection(connection_id)
    return _page(connection, _form(connection), connection.row_version, [])


@blueprint.post("/<int:connection_id>")
@require("connections.manage")
def change(connection_id: int) -> Answer:
    """Change a connection's settings; the new ones are tried before they are stored."""
    connection = _connection(connection_id)
    row_version = _row_version()
    form = _form(connection)
    back = url_for("connections.show", connection_id=connection_id)
    again = ask_before_secrets(_schema(connection.addon), form.given(), back)
    if again is not None:
        return again
    current.close_reading()
    try:
        connecting.reconnect(current.kernel(), connection, form.given(), row_version=row_version)
    except EntrepotError as error:
        problems, status = refusal_of(form, error)
        return _page(connection, form, row_version, problems), status
    flash(_("%(label)s was changed.", label=connection.label), "success")
    return _back(connection)


@blueprint.post("/<int:connection_id>/test")
@require("connections.operate")
def test(connection_id: int) -> Response:
    """Try a connection with its stored settings."""
    connection = _connection(connection_id)
    current.close_reading()
    tried = connecting.test_connection(current.kernel(), connection)
    if tried.last_error:
        flash(tried.last_error, "danger")
    else:
        flash(_("%(label)s works.", label=tried.label), "success")
    return _back(tried)


@blueprint.post("/<int:connection_id>/pause")
@require("connections.operate")
def pause(connection_id: int) -> Response:
    """Stop what a connection does by itself."""
    return _switch(connection_id, connection_states.pause)


@blueprint.post("/<int:connection_id>/resume")
@require("connections.operate")
def resume(connection_id: int) -> Response:
    """Let a paused connection go on."""
    return _switch(connection_id, connection_states.resume)


def _switch(connection_id: int, act: Callable[..., ConnectionInfo]) -> Response:
    connection = _connection(connection_id)
    row_version = _row_version()
    with current.writing() as session:
        act(session, connection, row_version=row_version)
    return _back(connection)


@blueprint.post("/<int:connection_id>/run")
@require("connections.operate")
def run(connection_id: int) -> Response:
    """Let a connection do now what it does by itself."""
    connection = _connection(connection_id)
    with current.writing() as session:
        run_now(session, connection)
    flash(_("%(label)s runs as soon as a worker is free.", label=connection.label), "success")
    return _back(connection)


@blueprint.post("/<int:connection_id>/schedule")
@require("connections.manage")
def schedule(connection_id: int) -> Response:
    """Change when a connection does something by itself."""
    connection = _connection(connection_id)
    name, timing = request.form.get("name", ""), request.form.get("timing", "").strip()
    row_version = _row_version()
    with current.writing() as session:
        poll_every(session, connection, name, timing, row_version=row_version)
    flash(_("%(label)s was changed.", label=connection.label), "success")
    return _back(connection)


@blueprint.get("/<int:connection_id>/requests")
@require("connections.view")
def requests(connection_id: int) -> str:
    """Show the latest requests of a connection."""
    connection = _connection(connection_id)
    failed = request.args.get("failed") == "1"
    return render_template(
        "connections/requests.html",
        connection=connection,
        failed=failed,
        requests=recent_requests(current.reading(), connection, failed=failed),
    )


def _connection(connection_id: int) -> ConnectionInfo:
    return connections.connection_by_id(
        current.reading(), connection_id, company_id=current.company().id
    )


def _schema(addon: str) -> type[Schema]:
    return connections.connection_schema(current.kernel(), addon) or Schema


def _form(connection: ConnectionInfo) -> SettingsForm:
    stored = _stored(current.reading(), connection)
    return filled_form(connection.addon, _schema(connection.addon), connection.settings, stored)


def _stored(session: Session, connection: ConnectionInfo) -> frozenset[str]:
    return secrets.stored_fields(session, connections.scope_of(connection))


def _page(
    connection: ConnectionInfo, form: SettingsForm, row_version: int, problems: list[str]
) -> str:
    enabled = connection.addon in current.kernel().enabled
    until = authorised_until(current.reading(), connection)
    return render_template(
        "connections/show.html",
        connection=connection,
        form=form,
        row_version=row_version,
        problems=problems,
        enabled=enabled,
        authorises=oauth_of(current.kernel(), connection.addon) is not None,
        authorised_until=until,
        runs_out=until is not None and until - clock.now() < SOON,
        schedules=[(each, next_run(each)) for each in own_schedules(current.reading(), connection)],
        health=connection_health(current.reading(), connection),
        may_change=current.may("connections.manage") and enabled,
    )


def _row_version() -> int:
    text = request.form.get("row_version", "")
    if not text.isdecimal() or len(text) > 18:
        raise InputError("must be a number.", where="row_version")
    return int(text)


def _back(connection: ConnectionInfo) -> Response:
    return redirect(url_for("connections.show", connection_id=connection.id), 303)

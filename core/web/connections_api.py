"""The API of connections: `/api/v1/connections`. Secrets go in, and never come out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from marshmallow import fields
from marshmallow import validate
from sqlalchemy.orm import Session

from core.channels.health import connection_health
from core.channels.health import own_schedules
from core.channels.health import poll_every
from core.channels.health import run_now
from core.errors import NotFound
from core.http.log import recent_requests
from core.identity.access import require
from core.kernel import connecting
from core.kernel import connection_states
from core.kernel import connections
from core.kernel import secrets
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import connection_schema
from core.web import current
from core.web import rest
from core.web.confirming import require_password_for_secrets
from core.web.connections_shapes import ConnectionHead
from core.web.connections_shapes import ConnectionMore
from core.web.connections_shapes import OfferDocument
from core.web.connections_shapes import RequestDocument
from core.web.connections_shapes import SettingsDocument
from core.web.connections_shapes import TasksDocument
from core.web.connections_shapes import connection_head
from core.web.connections_shapes import fields_document
from core.web.connections_shapes import health_document
from core.web.connections_shapes import settings_document
from core.web.jobs_shapes import ScheduleDocument
from core.web.jobs_shapes import schedule_document
from core.web.preconditions import check_unchanged
from core.web.preconditions import if_match
from core.web.shapes import Both

blueprint = rest.blueprint("connections", __name__)

ConnectionDocument = Both[ConnectionHead, ConnectionMore]

SETTINGS: dict[str, fields.Field[Any]] = {
    "settings": fields.Dict(keys=rest.text(100), values=fields.Raw(allow_none=True)),
    "test": fields.Boolean(load_default=True),
}
VERSION = fields.Integer(strict=True, validate=validate.Range(0, rest.LARGEST))


@blueprint.get("")
@require("connections.view")
@rest.asks()
def index() -> rest.Answer[rest.Items[ConnectionHead]]:
    """List the company's connections with their state and last success."""
    found = connections.list_connections(current.reading(), company_id=current.company().id)
    return rest.respond({"items": [connection_head(each) for each in found]})


@blueprint.get("/offered")
@require("connections.manage")
@rest.asks()
def offered() -> rest.Answer[rest.Items[OfferDocument]]:
    """List the addons through which an account can be connected, with the settings they take."""
    kernel = current.kernel()
    known = connecting.connectable(kernel)
    items = [
        {
            "addon": each.name,
            "title": each.title,
            "settings": fields_document(connection_schema(kernel, each.name)),
        }
        for each in kernel.overview()
        if each.name in known
    ]
    return rest.respond({"items": items})


@blueprint.post("")
@require("connections.view", "connections.manage")
@rest.takes(
    addon=rest.text(100, required=True),
    label=rest.text(100, required=True),
    account=rest.text(200, load_default=""),
    **SETTINGS,
)
def add(told: dict[str, Any]) -> rest.Answer[ConnectionDocument]:
    """Connect an account; it is tried before it is stored. Secrets ask for the password."""
    kernel, settings = current.kernel(), told.get("settings", {})
    if told["addon"] not in connecting.connectable(kernel):
        raise NotFound("No account can be connected through such an addon.")
    require_password_for_secrets(connection_schema(kernel, told["addon"]), settings)
    company_id = current.company().id
    # The platform is asked in between: no transaction may be open meanwhile.
    current.close_reading()
    made = connecting.connect(
        kernel,
        told["addon"],
        told["label"].strip(),
        settings,
        company_id=company_id,
        account=told["account"].strip(),
        test=told["test"],
    )
    return _shown(made)


@blueprint.get("/<int:connection_id>")
@require("connections.view")
@rest.asks()
def show(connection_id: int) -> rest.Answer[ConnectionDocument]:
    """Show a connection: settings, health, schedules; of secrets only that they are stored."""
    return _shown(_connection(connection_id))


@blueprint.get("/<int:connection_id>/settings")
@require("connections.view")
@rest.asks()
def settings(connection_id: int) -> rest.Answer[SettingsDocument]:
    """Show a connection's settings; the ETag is what a change of them is sent with."""
    return rest.respond(_settings(current.reading(), _connection(connection_id)))


@blueprint.put("/<int:connection_id>/settings")
@require("connections.view", "connections.manage")
@rest.takes(**SETTINGS)
@if_match
def change(told: dict[str, Any], connection_id: int) -> rest.Answer[SettingsDocument]:
    """Replace settings, tried before they are stored; a secret left out stays as it is."""
    connection, given = _connection(connection_id), told.get("settings", {})
    check_unchanged(_settings(current.reading(), connection))
    require_password_for_secrets(connection_schema(current.kernel(), connection.addon), given)
    current.close_reading()
    made = connecting.reconnect(
        current.kernel(),
        connection,
        given,
        row_version=connection.row_version,
        test=told["test"],
    )
    return rest.respond(_settings(current.reading(), made))


@blueprint.post("/<int:connection_id>/test")
@require("connections.view", "connections.operate")
@rest.takes()
def test(connection_id: int) -> rest.Answer[ConnectionDocument]:
    """Try a connection with its stored settings; `state` and `last_error` tell how it went."""
    connection = _connection(connection_id)
    current.close_reading()
    return _shown(connecting.test_connection(current.kernel(), connection))


@blueprint.post("/<int:connection_id>/pause")
@require("connections.view", "connections.operate")
@rest.takes(row_version=VERSION)
def pause(told: dict[str, Any], connection_id: int) -> rest.Answer[ConnectionDocument]:
    """Stop what a connection does by itself."""
    return _switch(connection_id, connection_states.pause, told.get("row_version"))


@blueprint.post("/<int:connection_id>/resume")
@require("connections.view", "connections.operate")
@rest.takes(row_version=VERSION)
def resume(told: dict[str, Any], connection_id: int) -> rest.Answer[ConnectionDocument]:
    """Let a paused connection go on."""
    return _switch(connection_id, connection_states.resume, told.get("row_version"))


@blueprint.post("/<int:connection_id>/run")
@require("connections.view", "connections.operate")
@rest.takes()
def run(connection_id: int) -> rest.Answer[TasksDocument]:
    """Let a connection do now what it does by itself."""
    connection = _connection(connection_id)
    with current.writing() as session:
        tasks = run_now(session, connection)
    return rest.respond({"tasks": tasks})


@blueprint.post("/<int:connection_id>/schedule")
@require("connections.view", "connections.manage")
@rest.takes(
    name=rest.text(200, load_default=""),
    timing=rest.text(100, load_default=""),
    row_version=VERSION,
)
def schedule(told: dict[str, Any], connection_id: int) -> rest.Answer[rest.Items[ScheduleDocument]]:
    """Change when a connection does something by itself; empty: as its addon declares."""
    connection, name = _connection(connection_id), told["name"]
    with current.writing() as session:
        known = {each.name: each.row_version for each in own_schedules(session, connection)}
        version = told.get("row_version", known.get(name, 0))
        poll_every(session, connection, name, told["timing"].strip(), row_version=version)
        now = [schedule_document(each) for each in own_schedules(session, connection)]
    return rest.respond({"items": now})


@blueprint.get("/<int:connection_id>/requests")
@require("connections.view")
@rest.asks(failed=fields.Boolean(load_default=False))
def requests(asked: dict[str, Any], connection_id: int) -> rest.Answer[rest.Items[RequestDocument]]:
    """Show the latest requests of a connection, or only those that failed."""
    connection = _connection(connection_id)
    found = recent_requests(current.reading(), connection, failed=asked["failed"])
    named = RequestDocument.__annotations__
    items = [{name: getattr(row, name) for name in named} for row in found]
    return rest.respond({"items": items})


def _switch(
    connection_id: int, act: Callable[..., ConnectionInfo], row_version: int | None
) -> rest.Answer[ConnectionDocument]:
    connection = _connection(connection_id)
    with current.writing() as session:
        act(session, connection, row_version=row_version)
    return _shown(_connection(connection_id))


def _connection(connection_id: int) -> ConnectionInfo:
    return connections.connection_by_id(
        current.reading(), connection_id, company_id=current.company().id
    )


def _settings(session: Session, connection: ConnectionInfo) -> dict[str, Any]:
    stored = secrets.stored_fields(session, connections.scope_of(connection))
    return settings_document(connection.settings, stored, connection.row_version)


def _shown(connection: ConnectionInfo) -> rest.Answer[ConnectionDocument]:
    session = current.reading()
    more = _settings(session, connection) | {
        "health": health_document(connection_health(session, connection)),
        "schedules": [schedule_document(each) for each in own_schedules(session, connection)],
    }
    return rest.respond(connection_head(connection) | more)

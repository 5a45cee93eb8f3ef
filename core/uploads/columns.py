"""Choosing what the columns of a sent file mean: it is looked at, and a mapping is written."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import UTC
from datetime import datetime
from pathlib import Path
from typing import cast

from flask import Blueprint
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from werkzeug.wrappers import Response

from core.channels.calling import as_addon
from core.channels.calling import connector_with
from core.channels.columns import ADDRESS
from core.channels.columns import NEEDED
from core.channels.columns import PART_KINDS
from core.channels.columns import ROLES
from core.channels.columns import ChoosesColumns
from core.channels.columns import ColumnChoice
from core.channels.columns import FileSeen
from core.errors import EntrepotError
from core.identity.access import require
from core.identity.actor import may
from core.identity.deeds import say
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import connection_by_id
from core.kernel.jobs import enqueue
from core.kernel.jobs import managing
from core.uploads import keeping
from core.uploads.jobs import LOOK
from core.uploads.jobs import REMEMBERING
from core.web import current
from core.web.errors import status_of
from core.web.once import leave_undone

blueprint = Blueprint("columns", __name__)

PERMISSION = "orders.edit"
_LONGEST = 200
_EXAMPLE = datetime(2026, 12, 31, 23, 58, 5, tzinfo=UTC)

Given = Mapping[str, str]
"""What the form says, by the names of its fields."""


@blueprint.get("/imports/columns/<int:connection_id>/<key>")
@require(PERMISSION)
def choose(connection_id: int, key: str) -> str:
    """Show the columns of a file that was sent, and ask what they mean."""
    connection, path = _sent(connection_id, key)
    seen = _seen(connection, path)
    return _page(connection, path, seen, _chosen_before() or _suggested(seen, connection), [])


@blueprint.post("/imports/columns/<int:connection_id>/<key>")
@require(PERMISSION)
def look(connection_id: int, key: str) -> str | tuple[str, int] | Response:
    """Write the mapping that was chosen, and let a job say what the file would do by it."""
    connection, path = _sent(connection_id, key)
    given = {name: value[:_LONGEST] for name, value in request.form.items()}
    given.pop("csrf_token", None)
    try:
        text = _written(connection, given)
    except EntrepotError as error:
        leave_undone()
        page = _page(connection, path, _seen(connection, path), given, [str(error)])
        return page, status_of(error)
    instance = current.kernel().config.instance
    args = {
        "kind": "orders",
        "company_id": connection.company_id,
        "connection_id": connection.id,
        "file": path.name,
        "upload": key,
        "mapping": keeping.keep(instance, io.BytesIO(text.encode()), "columns.toml"),
        "columns": given,
        "remember": bool(given.get("remember")) and may(REMEMBERING),
    }
    with current.writing() as session:
        say(session, connection.company_id, "file.sent", f"orders {path.name}")
        job = enqueue(session, LOOK, args, company_id=connection.company_id)
    return redirect(url_for("uploads.preview", job_id=job), 303)


def _sent(connection_id: int, key: str) -> tuple[ConnectionInfo, Path]:
    company = current.company()
    connection = connection_by_id(current.reading(), connection_id, company_id=company.id)
    return connection, keeping.find(current.kernel().config.instance, key)


def _connector(connection: ConnectionInfo) -> ChoosesColumns:
    found = connector_with(
        current.kernel(), connection, "look_at_columns", "knows the columns of its files by itself"
    )
    return cast(ChoosesColumns, found)


def _seen(connection: ConnectionInfo, path: Path) -> FileSeen:
    connector = _connector(connection)
    # A large file takes its time, and no transaction may wait for it.
    current.close_reading()
    with as_addon(current.kernel(), connection.addon, "look_at_columns", "Nothing was imported."):
        return connector.look_at_columns(path)


def _written(connection: ConnectionInfo, given: Given) -> str:
    connector = _connector(connection)
    current.close_reading()
    with as_addon(current.kernel(), connection.addon, "write_mapping", "Nothing was imported."):
        return connector.write_mapping(_choice(given))


def _chosen_before() -> Given:
    """Return what was chosen for the preview that somebody comes back from."""
    job_id = request.args.get("from", type=int)
    if job_id is None:
        return {}
    job = managing.find_job(current.reading(), job_id, company_id=current.company().id)
    return cast(Given, job.args.get("columns", {}))


def _suggested(seen: FileSeen, connection: ConnectionInfo) -> Given:
    company = current.company()
    formats = seen.date_formats
    return {
        **{f"role.{role}": name for role, name in seen.roles.items()},
        **{f"address.{field}": name for field, name in seen.address.items()},
        # Days and months that cannot be told apart are for a person to say.
        "date_format": formats[0] if len(formats) == 1 else "",
        "decimal": seen.decimal,
        "currency": company.currency,
        "country": "" if seen.roles.get("country") else company.country,
        "timezone": company.timezone,
        "marketplace": connection.label,
        "takes_back": "1",
        "remember": "1",
    }


def _choice(given: Given) -> ColumnChoice:
    def told(prefix: str, names: tuple[str, ...]) -> dict[str, str]:
        return {name: value for name in names if (value := given.get(f"{prefix}.{name}"))}

    def codes(kind: str) -> tuple[str, ...]:
        said = given.get(f"codes.{kind}", "").split(",")
        return tuple(code for each in said if (code := each.strip()))

    return ColumnChoice(
        roles=told("role", ROLES),
        address=told("address", ADDRESS),
        date_format=given.get("date_format", ""),
        decimal=given.get("decimal", "."),
        basis=given.get("basis", "unit"),
        currency=given.get("currency", "").strip().upper(),
        country=given.get("country", "").strip().upper(),
        timezone=given.get("timezone", "").strip(),
        marketplace=given.get("marketplace", "").strip(),
        codes={kind: codes(kind) for kind in PART_KINDS},
        takes_back=bool(given.get("takes_back")),
        create_skus=bool(given.get("create_skus")),
        shipped=bool(given.get("shipped")),
    )


def _page(
    connection: ConnectionInfo, path: Path, seen: FileSeen, given: Given, problems: list[str]
) -> str:
    return render_template(
        "imports/columns.html",
        connection=connection,
        file=path.name,
        seen=seen,
        given=given,
        problems=problems,
        date_formats=_connector(connection).date_formats,
        example=_EXAMPLE,
        part_kinds=PART_KINDS,
        may_remember=may(REMEMBERING),
        needed=NEEDED,
        roles=ROLES,
        address=ADDRESS,
    )

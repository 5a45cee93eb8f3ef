"""The API of files: `/api/v1/imports`. A file is sent as a form, and a job reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import abort
from marshmallow import fields
from werkzeug.datastructures import FileStorage

from core.errors import Conflict
from core.identity.access import require
from core.kernel.jobs.managing import JobInfo
from core.paging import read_cursor
from core.uploads import keeping
from core.uploads import sending
from core.uploads.jobs import keys_of
from core.uploads.kinds import KINDS
from core.uploads.kinds import offered
from core.uploads.sending import SentFile
from core.uploads.shapes import FailedRow
from core.uploads.shapes import FileText
from core.uploads.shapes import ImportDocument
from core.uploads.shapes import ImportHead
from core.uploads.shapes import PreviewDocument
from core.uploads.shapes import SentDocument
from core.uploads.views import LARGEST
from core.web import current
from core.web import rest
from core.web.failed_rows import failed_rows
from core.web.import_list import find_import
from core.web.import_list import list_imports
from core.web.import_list import list_set_aside
from core.web.import_rows import cells_of
from core.web.import_rows import masked
from core.web.import_rows import may_see_cells
from core.web.sizes import up_to

blueprint = rest.blueprint("imports", __name__)

MOST_PARTS = 50
"""Of a thousand rows each: more than anybody corrects by hand."""


@blueprint.get("")
@require("imports.view")
@rest.asks(**rest.paging())
def index(asked: dict[str, Any]) -> rest.Answer[rest.Listed[ImportHead]]:
    """List files that came in, the latest first."""
    cursor, company_id = read_cursor(asked["cursor"], int), current.company().id
    page = list_imports(current.reading(), company_id, cursor, asked["limit"])
    return rest.listed(page, _named(ImportHead))


@blueprint.get("/<int:import_id>")
@require("imports.view")
@rest.asks()
def show(import_id: int) -> rest.Answer[ImportDocument]:
    """Show a file that came in: how it was read, and what became of its rows."""
    found = find_import(current.reading(), current.company().id, import_id)
    return rest.respond(_named(ImportDocument)(found))


@blueprint.get("/<int:import_id>/rows")
@require("imports.view")
@rest.asks(**rest.paging())
def rows(asked: dict[str, Any], import_id: int) -> rest.Answer[rest.Listed[FailedRow]]:
    """List the rows of a file that were set aside, and why; cells as this token may see them."""
    session, company_id = current.reading(), current.company().id
    file = find_import(session, company_id, import_id)
    cursor, plain = read_cursor(asked["cursor"], int), may_see_cells(file.kind)

    def shown(row: Any) -> dict[str, Any]:
        cells = cells_of(row.payload, file.header)
        seen = cells if plain else masked(cells)
        named = ("id", "line_number", "document_ref", "reason")
        values = {name: getattr(row, name) for name in named}
        return values | {"cells": {each.column: each.value for each in seen}}

    return rest.listed(
        list_set_aside(session, company_id, import_id, cursor, asked["limit"]), shown
    )


@blueprint.get("/<int:import_id>/rows.csv")
@require("imports.view")
@rest.asks()
def rows_as_csv(import_id: int) -> rest.Answer[FileText]:
    """Hand out the rows that were set aside as a CSV to correct and send again."""
    company_id = current.company().id
    file = find_import(current.reading(), company_id, import_id)
    plain, text = may_see_cells(file.kind), list[str]()
    for part in failed_rows(current.kernel().db, company_id, file, plain=plain):
        text.append(part)
        if len(text) > MOST_PARTS + 1:
            raise Conflict("These are too many rows for one answer.", hint="Walk the list instead.")
    return rest.respond({"filename": f"rows-{import_id}.csv", "text": "".join(text)})


@blueprint.post("")
@require("imports.view")
@up_to(LARGEST)
@rest.takes_form(
    files=("file", "mapping"),
    kind=rest.one_of(*KINDS, required=True),
    connection=fields.Integer(validate=rest.IDS),
    preview=fields.Boolean(load_default=False),
)
def send(told: dict[str, Any]) -> rest.Answer[SentDocument]:
    """Send a `file` of orders (with a `mapping`, if any), stock or settlements for a job to read.

    Orders need the scope orders.edit, stock stock.edit, settlements ledger.post.
    """
    if told["kind"] not in offered():
        abort(403)
    mapping, company_id = told.get("mapping"), current.company().id
    current.close_reading()
    job = sending.send_file(
        current.kernel(),
        company_id,
        told["kind"],
        _sent(told["file"]),
        connection_id=told.get("connection"),
        mapping=None if mapping is None else _sent(mapping),
        preview=told["preview"],
    )
    return rest.respond({"job_id": job, "preview": told["preview"]})


@blueprint.get("/previews/<int:job_id>")
@require("imports.view")
@rest.asks()
def preview(job_id: int) -> rest.Answer[PreviewDocument]:
    """Show what would become of a file that was sent with `preview`."""
    job, instance = _looked(job_id), current.kernel().config.instance
    here = all(keeping.is_here(instance, key) for key in keys_of(job.args))
    return rest.respond(
        {
            "job_id": job.id,
            "state": job.state,
            "kind": job.args["kind"],
            "file": job.args["file"],
            "error": job.error,
            "found": job.result,
            "may_be_taken": here and job.state == "done",
        }
    )


@blueprint.post("/previews/<int:job_id>/take")
@require("imports.view")
@rest.takes()
def take(job_id: int) -> rest.Answer[SentDocument]:
    """Import a file whose preview was seen."""
    job = _looked(job_id)
    with current.writing() as session:
        made = sending.take_preview(session, current.company().id, job)
    return rest.respond({"job_id": made, "preview": False})


def _looked(job_id: int) -> JobInfo:
    """Return the job of a preview, if who acts may import such a file."""
    job = sending.find_preview(current.reading(), current.company().id, job_id)
    if job.args["kind"] not in offered():
        abort(403)
    return job


def _sent(file: FileStorage) -> SentFile:
    return SentFile(file.filename or "", file.stream)


def _named(kind: Any) -> Any:
    def show(row: Any) -> Mapping[str, Any]:
        return {name: getattr(row, name) for name in kind.__annotations__}

    return show

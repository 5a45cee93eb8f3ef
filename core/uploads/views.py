"""Sending a file from the page of imports: it is kept, and a job reads it."""

from __future__ import annotations

from flask import Blueprint
from flask import abort
from flask import flash
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from core.errors import EntrepotError
from core.errors import InputError
from core.identity.access import require
from core.identity.actor import may
from core.kernel.connections import connection_by_id
from core.kernel.job_models import RUNNING
from core.kernel.job_models import WAITING
from core.kernel.jobs.managing import JobInfo
from core.uploads import keeping
from core.uploads import sending
from core.uploads.jobs import keys_of
from core.uploads.kinds import KINDS
from core.uploads.kinds import offered
from core.uploads.sending import SentFile
from core.web import current
from core.web.errors import status_of
from core.web.imports import show_imports
from core.web.once import leave_undone
from core.web.sizes import up_to

blueprint = Blueprint("uploads", __name__)

LARGEST = 300_000_000
"""Bytes: two million lines of orders, or more."""

REFRESH_SECONDS = 2

Answer = str | tuple[str, int] | Response


@blueprint.post("/imports")
@require("imports.view")
@up_to(LARGEST)
def send() -> Answer:
    """Keep a file, and let a job import it."""
    kind = request.form.get("kind", "")
    if kind not in offered():
        abort(403 if kind in KINDS else 400)
    act = request.form.get("act")
    preview = act == "look"
    try:
        if act == "columns":
            return _to_columns(kind)
        job = _enqueue(kind, preview=preview)
    except EntrepotError as error:
        leave_undone()
        return show_imports([str(error)]), status_of(error)
    if preview and job is not None:
        return redirect(url_for(".preview", job_id=job), 303)
    return _to_import(job)


def _to_columns(kind: str) -> Response:
    """Keep a file of orders, and go where its columns are chosen."""
    if kind != "orders":
        raise InputError("only files of orders have columns to choose.", where="kind")
    file, company_id = _file(), current.company().id
    connection = _connection(company_id)
    address = url_for(
        "columns.choose", connection_id=connection, key=sending.keep_file(current.kernel(), file)
    )
    return redirect(address, 303)


@blueprint.get("/imports/preview/<int:job_id>")
@require("imports.view")
def preview(job_id: int) -> str:
    """Show what would become of a file that was sent."""
    job = _looked(job_id)
    refresh = REFRESH_SECONDS if job.state in (WAITING, RUNNING) else None
    instance = current.kernel().config.instance
    return render_template(
        "imports/preview.html",
        job=job,
        found=job.result,
        kind=job.args["kind"],
        here=all(keeping.is_here(instance, key) for key in keys_of(job.args)),
        refresh=refresh,
    )


@blueprint.post("/imports/preview/<int:job_id>")
@require("imports.view")
def take_it(job_id: int) -> Response:
    """Import a file whose preview was seen."""
    job, company_id = _looked(job_id), current.company().id
    with current.writing() as session:
        made = sending.take_preview(session, company_id, job)
    return _to_import(made)


def _looked(job_id: int) -> JobInfo:
    """Return the job of a preview, if who acts may import such a file."""
    job = sending.find_preview(current.reading(), current.company().id, job_id)
    if job.args["kind"] not in offered():
        abort(403)
    return job


def _to_import(job: int | None) -> Response:
    flash(_("The file is being imported; reload this page to see what came of it."), "success")
    if may("jobs.view") and job is not None:
        return redirect(url_for("jobs.show", job_id=job), 303)
    return redirect(url_for("imports.index"), 303)


def _enqueue(kind: str, *, preview: bool) -> int | None:
    mapping = request.files.get("mapping")
    file = _file()
    current.close_reading()
    return sending.send_file(
        current.kernel(),
        current.company().id,
        kind,
        file,
        connection_id=request.form.get("connection", type=int),
        mapping=_sent(mapping) if mapping and mapping.filename else None,
        preview=preview,
    )


def _file() -> SentFile:
    file = request.files.get("file")
    if not file or not file.filename:
        raise InputError("choose a file.", where="file")
    return _sent(file)


def _sent(file: FileStorage) -> SentFile:
    return SentFile(file.filename or "", file.stream)


def _connection(company_id: int) -> int:
    chosen = request.form.get("connection", type=int)
    if chosen is None:
        raise InputError("choose the connection whose file it is.", where="connection")
    return connection_by_id(current.reading(), chosen, company_id=company_id).id

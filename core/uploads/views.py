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
from core.errors import NotFound
from core.identity.access import require
from core.identity.actor import may
from core.identity.deeds import say
from core.kernel.connections import connection_by_id
from core.kernel.job_models import RUNNING
from core.kernel.job_models import WAITING
from core.kernel.jobs import enqueue
from core.kernel.jobs import managing
from core.kernel.jobs.managing import JobInfo
from core.uploads import keeping
from core.uploads.jobs import LOOK
from core.uploads.jobs import TAKE
from core.uploads.jobs import keys_of
from core.uploads.kinds import KINDS
from core.uploads.kinds import offered
from core.web import current
from core.web.errors import status_of
from core.web.imports import show_imports
from core.web.once import leave_undone

blueprint = Blueprint("uploads", __name__)

LARGEST = 300_000_000
"""Bytes: two million lines of orders, or more."""

REFRESH_SECONDS = 2

Answer = str | tuple[str, int] | Response


@blueprint.before_request
def _allow_large_files() -> None:
    request.max_content_length = LARGEST


@blueprint.post("/imports")
@require("imports.view")
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
        job = _enqueue(kind, LOOK if preview else TAKE)
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
    address = url_for("columns.choose", connection_id=connection, key=_kept(file))
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
        say(session, company_id, "file.sent", f"{job.args['kind']} {job.args['file']}")
        made = enqueue(
            session, TAKE, job.args, company_id=company_id, unique=f"upload {job.args['upload']}"
        )
    return _to_import(made)


def _looked(job_id: int) -> JobInfo:
    """Return the job of a preview, if who acts may import such a file."""
    job = managing.find_job(current.reading(), job_id, company_id=current.company().id)
    if job.task != LOOK:
        raise NotFound("There is no such preview.")
    if job.args["kind"] not in offered():
        abort(403)
    return job


def _to_import(job: int | None) -> Response:
    flash(_("The file is being imported; reload this page to see what came of it."), "success")
    if may("jobs.view") and job is not None:
        return redirect(url_for("jobs.show", job_id=job), 303)
    return redirect(url_for("imports.index"), 303)


def _enqueue(kind: str, task: str) -> int | None:
    file, mapping = _file(), request.files.get("mapping")
    name = (file.filename or "")[:200]
    company_id = current.company().id
    args: dict[str, object] = {"kind": kind, "company_id": company_id, "file": name}
    if kind != "stock":
        args["connection_id"] = _connection(company_id)
    # Before the transaction: a large file would keep everybody else from writing.
    args["upload"] = _kept(file)
    if kind == "orders" and mapping and mapping.filename:
        args["mapping"] = _kept(mapping)
    with current.writing() as session:
        say(session, company_id, "file.sent", f"{kind} {name}")
        return enqueue(session, task, args, company_id=company_id)


def _file() -> FileStorage:
    file = request.files.get("file")
    if not file or not file.filename:
        raise InputError("choose a file.", where="file")
    return file


def _connection(company_id: int) -> int:
    chosen = request.form.get("connection", type=int)
    if chosen is None:
        raise InputError("choose the connection whose file it is.", where="connection")
    return connection_by_id(current.reading(), chosen, company_id=company_id).id


def _kept(file: FileStorage) -> str:
    return keeping.keep(current.kernel().config.instance, file.stream, file.filename or "file")

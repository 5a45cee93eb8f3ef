"""Sending a file from the page of imports: it is kept, and a job reads it."""

from __future__ import annotations

from flask import Blueprint
from flask import abort
from flask import flash
from flask import redirect
from flask import request
from flask import url_for
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from core.errors import EntrepotError
from core.errors import InputError
from core.identity.access import require
from core.identity.actor import may
from core.identity.deeds import say
from core.kernel.connections import connection_by_id
from core.kernel.jobs import enqueue
from core.uploads import keeping
from core.uploads.jobs import TAKE
from core.uploads.kinds import KINDS
from core.uploads.kinds import offered
from core.web import current
from core.web.errors import status_of
from core.web.imports import show_imports
from core.web.once import leave_undone

blueprint = Blueprint("uploads", __name__)

LARGEST = 300_000_000
"""Bytes: two million lines of orders, or more."""

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
    try:
        job = _enqueue(kind)
    except EntrepotError as error:
        leave_undone()
        return show_imports([str(error)]), status_of(error)
    flash(_("The file is being imported; reload this page to see what came of it."), "success")
    if may("jobs.view") and job is not None:
        return redirect(url_for("jobs.show", job_id=job), 303)
    return redirect(url_for("imports.index"), 303)


def _enqueue(kind: str) -> int | None:
    file, mapping = request.files.get("file"), request.files.get("mapping")
    if not file or not file.filename:
        raise InputError("choose a file.", where="file")
    company_id = current.company().id
    args: dict[str, object] = {"kind": kind, "company_id": company_id, "file": file.filename[:200]}
    if kind != "stock":
        args["connection_id"] = _connection(company_id)
    # Before the transaction: a large file would keep everybody else from writing.
    args["upload"] = _kept(file)
    if kind == "orders" and mapping and mapping.filename:
        args["mapping"] = _kept(mapping)
    with current.writing() as session:
        say(session, company_id, "file.sent", f"{kind} {file.filename[:200]}")
        return enqueue(session, TAKE, args, company_id=company_id)


def _connection(company_id: int) -> int:
    chosen = request.form.get("connection", type=int)
    if chosen is None:
        raise InputError("choose the connection whose file it is.", where="connection")
    return connection_by_id(current.reading(), chosen, company_id=company_id).id


def _kept(file: FileStorage) -> str:
    return keeping.keep(current.kernel().config.instance, file.stream, file.filename or "file")

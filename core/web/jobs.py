"""The pages of background work: what is to be done, how it fares, and what a person can do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint
from flask import flash
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core.identity.access import require
from core.identity.reach import reaches_house
from core.kernel.job_models import RUNNING
from core.kernel.job_models import STATES
from core.kernel.job_models import WAITING
from core.kernel.jobs import health
from core.kernel.jobs import managing
from core.kernel.jobs import steering
from core.paging import read_cursor
from core.web import current

blueprint = Blueprint("jobs", __name__, url_prefix="/jobs")

REFRESH_SECONDS = 5


@blueprint.get("")
@require("jobs.view")
def index() -> str:
    """List jobs, the latest first."""
    session, company = current.reading(), current.company()
    state = request.args.get("state") or None
    page = managing.list_jobs(
        session,
        company_id=company.id,
        house=reaches_house(session, "jobs.view"),
        state=state,
        cursor=read_cursor(request.args.get("page"), int),
    )
    return render_template(
        "jobs/index.html",
        page=page,
        state=state,
        states=STATES,
        found=health.jobs_health(session),
        refresh=REFRESH_SECONDS if any(row.state == RUNNING for row in page.rows) else None,
    )


@blueprint.get("/<int:job_id>")
@require("jobs.view")
def show(job_id: int) -> str:
    """Show a job with its progress, its result or its last error."""
    session = current.reading()
    house = reaches_house(session, "jobs.view")
    job = managing.find_job(session, job_id, company_id=current.company().id, house=house)
    refresh = REFRESH_SECONDS if job.state in (WAITING, RUNNING) else None
    return render_template("jobs/show.html", job=job, refresh=refresh)


@blueprint.post("/<int:job_id>/retry")
@require("jobs.manage")
def retry(job_id: int) -> Response:
    """Let a job run again, or at once."""
    return _act(job_id, managing.retry, _("The job is tried again."))


@blueprint.post("/<int:job_id>/cancel")
@require("jobs.manage")
def cancel(job_id: int) -> Response:
    """Cancel a job; one that runs is asked first, and killed if it does not stop."""
    return _act(job_id, managing.cancel, _("The job is cancelled, or stops soon."))


@blueprint.get("/schedules")
@require("jobs.view")
def list_schedules() -> str:
    """List what is done by itself, and when next."""
    session, house = current.reading(), reaches_house(current.reading(), "jobs.view")
    found = steering.list_schedules(session, current.company().id, house=house)
    rows = [(each, steering.next_firing(each)) for each in found]
    return render_template("jobs/schedules.html", rows=rows)


@blueprint.post("/schedules/<name>/<any(pause, resume, run):act>")
@require("jobs.manage")
def change_schedule(name: str, act: str) -> Response:
    """Pause a schedule, let it go on, or do at once what it does."""
    with current.writing() as session:
        house = reaches_house(session, "jobs.manage")
        found = steering.find_schedule(session, name, current.company().id, house=house)
        if act == "run":
            job = steering.run_schedule(session, found)
            return redirect(url_for("jobs.show", job_id=job), 303)
        steering.pause_schedule(session, found, paused=act == "pause")
    return redirect(url_for("jobs.list_schedules"), 303)


def _act(job_id: int, act: Callable[..., Any], said: str) -> Response:
    with current.writing() as session:
        house = reaches_house(session, "jobs.manage")
        act(session, job_id, company_id=current.company().id, house=house)
    flash(said, "success")
    return redirect(url_for("jobs.show", job_id=job_id), 303)

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
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core import clock
from core.identity.access import require
from core.identity.audit import audit
from core.identity.reach import reaches_house
from core.kernel.job_models import RUNNING
from core.kernel.job_models import STATES
from core.kernel.job_models import WAITING
from core.kernel.jobs import health
from core.kernel.jobs import managing
from core.kernel.jobs import schedules
from core.kernel.jobs.schedules import Planned
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
    session, company = current.reading(), current.company()
    now = clock.now()
    seen = {company.id, None} if reaches_house(session, "jobs.view") else {company.id}
    rows = [
        (each, schedules.next_slot(each, now) if each.active else None)
        for each in schedules.planned(session, current.kernel())
        if each.company_id in seen
    ]
    return render_template("jobs/schedules.html", rows=rows)


@blueprint.post("/schedules/<name>/<any(pause, resume, run):act>")
@require("jobs.manage")
def change_schedule(name: str, act: str) -> Response:
    """Pause a schedule, let it go on, or do at once what it does."""
    with current.writing() as session:
        kernel, company = current.kernel(), current.company()
        house = reaches_house(session, "jobs.manage")
        found = schedules.find(session, kernel, name, company_id=company.id, house=house)
        if act == "run":
            job = schedules.run_now(session, found)
            audit(session, "schedule.run", f"schedule:{name}")
            return redirect(url_for("jobs.show", job_id=job), 303)
        _pause(session, found, paused=act == "pause")
    return redirect(url_for("jobs.list_schedules"), 303)


def _pause(session: Session, schedule: Planned, *, paused: bool) -> None:
    schedules.change(session, schedule, paused=paused)
    audit(session, "schedule.changed", f"schedule:{schedule.name}", after={"paused": paused})


def _act(job_id: int, act: Callable[..., Any], said: str) -> Response:
    with current.writing() as session:
        house = reaches_house(session, "jobs.manage")
        act(session, job_id, company_id=current.company().id, house=house)
    flash(said, "success")
    return redirect(url_for("jobs.show", job_id=job_id), 303)

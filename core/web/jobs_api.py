"""The API of background work: `/api/v1/jobs`. A token sees the work of its company."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from core.identity.access import require
from core.identity.reach import reaches_house
from core.kernel.job_models import STATES
from core.kernel.jobs import managing
from core.kernel.jobs import steering
from core.paging import read_cursor
from core.web import current
from core.web import rest
from core.web.jobs_shapes import JobHead
from core.web.jobs_shapes import JobMore
from core.web.jobs_shapes import ScheduleDocument
from core.web.jobs_shapes import job_document
from core.web.jobs_shapes import job_head
from core.web.jobs_shapes import schedule_document
from core.web.shapes import Both

blueprint = rest.blueprint("jobs", __name__)

JobDocument = Both[JobHead, JobMore]


@blueprint.get("")
@require("jobs.view")
@rest.asks(**rest.paging(), state=rest.one_of(*STATES), task=rest.text(200))
def index(asked: dict[str, Any]) -> rest.Answer[rest.Listed[JobHead]]:
    """List jobs, the latest first."""
    session = current.reading()
    page = managing.list_jobs(
        session,
        company_id=current.company().id,
        house=reaches_house(session, "jobs.view"),
        state=asked.get("state"),
        task=asked.get("task"),
        cursor=read_cursor(asked["cursor"], int),
        limit=asked["limit"],
    )
    return rest.listed(page, job_head)


@blueprint.get("/<int:job_id>")
@require("jobs.view")
@rest.asks()
def show(job_id: int) -> rest.Answer[JobDocument]:
    """Show a job with its progress, its result or its last error."""
    return rest.respond(_document(current.reading(), job_id, "jobs.view"))


@blueprint.post("/<int:job_id>/retry")
@require("jobs.view", "jobs.manage")
@rest.takes()
def retry(job_id: int) -> rest.Answer[JobDocument]:
    """Let a job run again, or at once."""
    return _act(job_id, managing.retry)


@blueprint.post("/<int:job_id>/cancel")
@require("jobs.view", "jobs.manage")
@rest.takes()
def cancel(job_id: int) -> rest.Answer[JobDocument]:
    """Cancel a job; one that runs is asked first, and killed if it does not stop."""
    return _act(job_id, managing.cancel)


@blueprint.get("/schedules")
@require("jobs.view")
@rest.asks()
def list_schedules() -> rest.Answer[rest.Items[ScheduleDocument]]:
    """List what is done by itself, and when next."""
    session, house = current.reading(), reaches_house(current.reading(), "jobs.view")
    found = steering.list_schedules(session, current.company().id, house=house)
    return rest.respond({"items": [schedule_document(each) for each in found]})


@blueprint.post("/schedules/<name>/pause")
@require("jobs.view", "jobs.manage")
@rest.takes()
def pause(name: str) -> rest.Answer[ScheduleDocument]:
    """Pause a schedule."""
    return _switch(name, paused=True)


@blueprint.post("/schedules/<name>/resume")
@require("jobs.view", "jobs.manage")
@rest.takes()
def resume(name: str) -> rest.Answer[ScheduleDocument]:
    """Let a paused schedule go on."""
    return _switch(name, paused=False)


@blueprint.post("/schedules/<name>/run")
@require("jobs.view", "jobs.manage")
@rest.takes()
def run(name: str) -> rest.Answer[JobDocument]:
    """Do at once what a schedule does; the answer is the job."""
    with current.writing() as session:
        house = reaches_house(session, "jobs.manage")
        found = steering.find_schedule(session, name, current.company().id, house=house)
        job = steering.run_schedule(session, found)
        document = _document(session, job, "jobs.manage")
    return rest.respond(document)


def _act(job_id: int, act: Callable[..., Any]) -> rest.Answer[JobDocument]:
    with current.writing() as session:
        house = reaches_house(session, "jobs.manage")
        act(session, job_id, company_id=current.company().id, house=house)
        document = _document(session, job_id, "jobs.manage")
    return rest.respond(document)


def _switch(name: str, *, paused: bool) -> rest.Answer[ScheduleDocument]:
    with current.writing() as session:
        house, company_id = reaches_house(session, "jobs.manage"), current.company().id
        found = steering.find_schedule(session, name, company_id, house=house)
        steering.pause_schedule(session, found, paused=paused)
        now = steering.find_schedule(session, name, company_id, house=house)
        document = schedule_document(now)
    return rest.respond(document)


def _document(session: Session, job_id: int, permission: str) -> dict[str, Any]:
    house = reaches_house(session, permission)
    job = managing.find_job(session, job_id, company_id=current.company().id, house=house)
    return job_document(job)

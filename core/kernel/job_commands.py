"""Commands for jobs and schedules."""

from __future__ import annotations

from typing import Any

import click
from sqlalchemy.orm import Session

from core import clock
from core.identity.audit import audit
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_table
from core.kernel.console import say
from core.kernel.console import subgroup
from core.kernel.job_models import STATES
from core.kernel.jobs import health
from core.kernel.jobs import managing
from core.kernel.jobs import schedules
from core.kernel.jobs.schedules import Planned
from core.kernel.kernel import Kernel


def register(group: click.Group) -> None:
    """Add the commands."""
    jobs = subgroup(group, "jobs", "Background work and its schedules.")
    for command in (list_all, show, retry, cancel, list_schedules, change, run_now, status):
        jobs.add_command(command)


@click.command("list")
@click.option("--state", type=click.Choice(STATES), help="Only those in this state.")
@click.option("--task", help="Only those of this task.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@json_option
@pass_kernel
def list_all(
    kernel: Kernel, state: str | None, task: str | None, limit: int, as_json: bool
) -> None:
    """List jobs, the latest first."""
    with kernel.db.read() as session:
        page = managing.list_jobs(session, state=state, task=task, limit=limit)
    if as_json:
        print_json([each.as_document() for each in page.rows])
        return
    rows = [
        (
            each.id,
            each.task,
            each.state,
            f"{each.attempts}/{each.max_attempts}",
            _progress(each),
            each.reason or each.error or "",
        )
        for each in page.rows
    ]
    print_table(("Job", "Task", "State", "Attempts", "Progress", "Why"), rows)


@click.command("show")
@click.argument("job", type=int)
@json_option
@pass_kernel
def show(kernel: Kernel, job: int, as_json: bool) -> None:
    """Show a job with its progress, its result, or its last error."""
    with kernel.db.read() as session:
        document = managing.find_job(session, job).as_document()
    if as_json:
        print_json(document)
        return
    for key, value in document.items():
        if value not in (None, "", {}, 0):
            click.echo(f"{key}: {value}")


@click.command("retry")
@click.argument("job", type=int)
@json_option
@pass_kernel
def retry(kernel: Kernel, job: int, as_json: bool) -> None:
    """Let a dead or cancelled job run again, or a waiting one at once."""
    with kernel.db.write() as session:
        managing.retry(session, job)
    say({"retried": job}, f"Waiting: job {job}.", as_json)


@click.command("cancel")
@click.argument("job", type=int)
@json_option
@pass_kernel
def cancel(kernel: Kernel, job: int, as_json: bool) -> None:
    """Cancel a job; one that runs is asked to stop first, and killed if it does not."""
    with kernel.db.write() as session:
        state = managing.cancel(session, job)
    said = f"Cancelled: job {job}." if state == "cancelled" else f"Job {job} is asked to stop."
    say({"job": job, "state": state}, said, as_json)


@click.command("schedules")
@json_option
@pass_kernel
def list_schedules(kernel: Kernel, as_json: bool) -> None:
    """List schedules: what is enqueued by itself, and when next."""
    with kernel.db.read() as session:
        documents = [_document(each) for each in schedules.planned(session, kernel)]
    if as_json:
        print_json(documents)
        return
    rows = [
        (each["name"], each["timing"], each["state"], each["fired_at"] or "", each["next_at"] or "")
        for each in documents
    ]
    print_table(("Schedule", "When", "State", "Last", "Next"), rows)


@click.command("change")
@click.argument("schedule")
@click.option("--when", help="An interval such as 15m or a crontab's line; empty: as declared.")
@click.option("--pause/--resume", default=None, help="Stop it, or let it go on.")
@json_option
@pass_kernel
def change(
    kernel: Kernel, schedule: str, when: str | None, pause: bool | None, as_json: bool
) -> None:
    """Change when a schedule fires, pause it, or let it go on."""
    with kernel.db.write() as session:
        found = schedules.find(session, kernel, schedule)
        schedules.change(session, found, timing=when, paused=pause)
        audit(
            session,
            "schedule.changed",
            f"schedule:{schedule}",
            after={"when": when, "paused": pause},
        )
        document = _again(session, kernel, schedule)
    say(document, f"{schedule} is {document['state']}, {document['timing']}.", as_json)


@click.command("run-now")
@click.argument("schedule")
@json_option
@pass_kernel
def run_now(kernel: Kernel, schedule: str, as_json: bool) -> None:
    """Enqueue at once what a schedule does."""
    with kernel.db.write() as session:
        job = schedules.run_now(session, schedules.find(session, kernel, schedule))
    say({"job": job}, f"Enqueued: job {job}.", as_json)


@click.command("status")
@json_option
@pass_kernel
def status(kernel: Kernel, as_json: bool) -> None:
    """Say which workers are alive and what waits; ends with 1 if something needs a person."""
    with kernel.db.read() as session:
        found = health.jobs_health(session)
    document: dict[str, Any] = {
        "workers": found.workers,
        "waiting": found.waiting,
        "running": found.running,
        "troubles": found.troubles,
        "last_seen_at": found.last_seen_at,
    }
    said = "; ".join(f"{key}: {_listed(value)}" for key, value in document.items())
    say(document, said, as_json)
    if found.troubles:
        click.get_current_context().exit(1)


def _again(session: Session, kernel: Kernel, name: str) -> dict[str, Any]:
    return _document(schedules.find(session, kernel, name))


def _document(schedule: Planned) -> dict[str, Any]:
    active = schedule.active
    return {
        "name": schedule.name,
        "task": schedule.task.name,
        "connection": schedule.connection or None,
        "timing": schedule.timing.text,
        "timezone": schedule.timing.timezone,
        "state": "paused" if schedule.paused else "held" if schedule.held else "active",
        "reason": schedule.paused_reason,
        "failures": schedule.failures,
        "fired_at": schedule.fired_at,
        "next_at": schedules.next_slot(schedule, clock.now()) if active else None,
    }


def _progress(job: managing.JobInfo) -> str:
    if job.progress_done is None:
        return ""
    total = "" if job.progress_total is None else f"/{job.progress_total}"
    return f"{job.progress_done}{total} {job.progress_text or ''}".strip()


def _listed(value: object) -> object:
    return (", ".join(map(str, value)) or "none") if isinstance(value, tuple) else value

"""`entrepot jobs`: what is to be done, and what persons do about it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner
from click.testing import Result

from core.cli import build
from core.config import Config
from core.kernel.job_models import Job
from core.kernel.jobs import health
from core.kernel.kernel import Kernel
from tests.kernel.jobs.working import get
from tests.kernel.jobs.working import put


@pytest.fixture
def entrepot(kernel: Kernel, config: Config) -> Callable[..., Result]:
    def call(*arguments: str) -> Result:
        return CliRunner().invoke(build(), ["jobs", *arguments], obj=config)

    return call


def document(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def kill(kernel: Kernel, job: int) -> None:
    with kernel.db.write() as session:
        row = session.get_one(Job, job)
        row.state, row.attempts, row.reason = "dead", 8, "It failed 8 times."


def test_jobs_are_listed_shown_retried_and_cancelled(
    kernel: Kernel, entrepot: Callable[..., Result]
) -> None:
    first, second = put(kernel, "answer", order=1), put(kernel, "fail")
    kill(kernel, second)

    assert [each["id"] for each in document(entrepot("list", "--json"))] == [second, first]
    assert [each["id"] for each in document(entrepot("list", "--state", "dead", "--json"))] == [
        second
    ]
    assert "It failed 8 times." in entrepot("show", str(second)).stdout
    assert "workshop.answer" in entrepot("list").stdout
    assert document(entrepot("retry", str(second), "--json")) == {"retried": second}
    again = get(kernel, second)
    assert (again.state, again.attempts, again.reason) == ("waiting", 0, None)
    assert document(entrepot("cancel", str(first), "--json"))["state"] == "cancelled"

    refused = entrepot("cancel", str(first))
    assert refused.exit_code == 2
    assert "nothing to cancel" in refused.stderr
    assert entrepot("show", "4711").exit_code == 2


def test_schedules_are_listed_changed_and_run(
    kernel: Kernel, entrepot: Callable[..., Result]
) -> None:
    (daily,) = [
        each
        for each in document(entrepot("schedules", "--json"))
        if each["name"] == "workshop.daily"
    ]
    assert (daily["timing"], daily["state"]) == ("0 6 * * *", "active")

    changed = document(entrepot("change", "workshop.daily", "--when", "2h", "--pause", "--json"))
    assert (changed["timing"], changed["state"]) == ("2h", "paused")
    assert "workshop.daily" in entrepot("schedules").stdout
    job = document(entrepot("run-now", "workshop.daily", "--json"))["job"]
    assert get(kernel, job).schedule == "workshop.daily"
    assert entrepot("change", "workshop.daily", "--when", "soon").exit_code == 2


def test_status_says_that_nobody_works(kernel: Kernel, entrepot: Callable[..., Result]) -> None:
    put(kernel, "answer")
    silent = entrepot("status", "--json")
    assert silent.exit_code == 1
    assert json.loads(silent.stdout)["troubles"] == ["no_worker"]

    with kernel.db.write() as session:
        health.alive(session, health.Presence("here:1:a", "here", 1, 2), scheduler=True)
    assert document(entrepot("status", "--json"))["waiting"] == 1

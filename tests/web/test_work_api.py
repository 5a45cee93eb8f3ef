"""Background work by the API: what a token sees of it and does with it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from core.kernel.job_models import Job
from core.kernel.jobs import enqueue
from tests.http.conftest import ADDONS as HTTP_ADDONS
from tests.http.conftest import connect_vendor
from tests.web.asking import Program
from tests.web.asking import program_of
from tests.web.conftest import Site
from tests.web.test_api import Api
from tests.web.test_api import api as _api

api = _api


def put(api: Api, company_id: int | None, task: str = "http.purge", **values: object) -> int:
    """Enqueue a job and put it into a state."""
    with api.life.world.kernel.db.write() as session:
        job = enqueue(session, task, {}, company_id=company_id)
        assert job
        if values:
            session.execute(sa.update(Job).where(Job.id == job).values(**values))
    return job


def test_jobs_are_followed_cancelled_and_tried_again(api: Api) -> None:
    company_id = api.life.world.company.id
    house = put(api, None, "privacy.purge")
    first = put(api, company_id, state="dead", error="ValueError: no")
    second = put(api, company_id)
    viewer = api.program("viewer", "jobs.view")

    page = api.get("/jobs", limit=1).json
    assert [row["id"] for row in page["items"]] == [second]
    later = api.get("/jobs", cursor=page["next"]).json["items"]
    assert [row["id"] for row in later] == [first], "the work of the house is no company's"
    assert [row["id"] for row in api.get("/jobs", state="dead").json["items"]] == [first]
    assert api.get(f"/jobs/{first}").json["error"] == "ValueError: no"
    assert api.get(f"/jobs/{house}").status_code == 404
    assert api.post(f"/jobs/{house}/cancel").status_code == 404
    assert api.post(f"/jobs/{second}/cancel", viewer).status_code == 403

    stopped = api.post(f"/jobs/{second}/cancel", key="once")
    assert stopped.json["state"] == "cancelled"
    again = api.post(f"/jobs/{second}/cancel", key="once")
    assert (again.json, again.headers["Idempotency-Replayed"]) == (stopped.json, "true")
    assert api.post(f"/jobs/{second}/cancel").status_code == 409
    assert api.post(f"/jobs/{first}/retry").json["state"] == "waiting"


@pytest.fixture
def program(site_with: Callable[..., Site]) -> Program:
    """Give a program of an installation with a connection that works by itself."""
    place = site_with("vendor", HTTP_ADDONS)
    return program_of(place)


def test_connection_is_run_and_its_schedule_paused(program: Program) -> None:
    here, other = (connect_vendor(program.site.kernel, id_, "Main").id for id_ in program.companies)
    name, foreign = f"vendor.sync@{here}", f"vendor.sync@{other}"

    (planned,) = program.get("/jobs/schedules").json["items"]
    assert (planned["name"], planned["state"], planned["timing"]) == (name, "active", "15m")
    assert program.post(f"/jobs/schedules/{foreign}/pause").status_code == 404
    assert program.post(f"/jobs/schedules/{name}/pause").json["next_at"] is None
    assert program.post(f"/jobs/schedules/{name}/resume").json["state"] == "active"
    assert program.post("/jobs/schedules/http.purge/run").status_code == 404, "the house's"
    job = program.post(f"/jobs/schedules/{name}/run").json
    assert (job["task"], job["connection_id"], job["state"]) == ("vendor.sync", here, "waiting")

    path = f"/connections/{here}"
    assert program.post(f"{path}/run").json == {"tasks": ["vendor.sync"]}
    (changed,) = program.post(f"{path}/schedule", name=name, timing="5m").json["items"]
    assert changed["timing"] == "5m"
    stale = program.post(f"{path}/schedule", name=name, timing="7m", row_version=1)
    assert stale.status_code == 409
    assert program.post(f"{path}/pause").json["state"] == "paused"
    assert program.post(f"{path}/run").status_code == 409
    assert program.post(f"{path}/resume").json["state"] == "ok"
    assert program.get(f"/connections/{other}").status_code == 404
    assert program.get(f"{path}/requests", failed="true").json == {"items": []}

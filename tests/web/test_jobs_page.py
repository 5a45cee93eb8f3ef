"""The pages of background work, as a person uses them, and what machines ask."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from core import clock
from core.config import ROOT
from core.identity.actor import HOUSE
from core.kernel.job_models import Job
from core.kernel.job_models import Worker
from core.kernel.jobs import enqueue
from core.kernel.jobs import health
from tests.web.conftest import Site
from tests.web.conftest import form_token
from tests.web.conftest import sign_in
from tests.web.people import browser_of
from tests.web.people import make_user

NOBODY_WORKS = "No worker is running"
CLOCK_STOPPED = "The clock of schedules stands still"


@pytest.fixture
def place(site_with: Callable[..., Site]) -> Site:
    """Give an installation of its own, with the workshop of the tests of jobs."""
    return site_with("workshop", ROOT / "tests" / "kernel" / "jobs" / "addons")


@pytest.fixture
def person(place: Site) -> FlaskClient:
    """Give a browser that is signed in."""
    browser = place.visitor()
    sign_in(browser, place.new_token())
    return browser


def send(person: FlaskClient, address: str) -> Any:
    return person.post(address, data={"csrf_token": form_token(person, "/")})


def put(place: Site, company_id: int | None = None, **values: Any) -> int:
    """Enqueue a job and put it into a state."""
    with place.kernel.db.write() as session:
        job = enqueue(session, "workshop.fail", {"what": "x"}, company_id=company_id)
        assert job
        if values:
            session.execute(sa.update(Job).where(Job.id == job).values(**values))
    return job


def state(place: Site, job: int) -> str:
    with place.kernel.db.read() as session:
        return session.get_one(Job, job).state


def test_a_job_is_seen_followed_and_tried_again(place: Site, person: FlaskClient) -> None:
    dead = put(place, state="dead", reason="It failed 8 times.", error="ValueError: <b>no</b>")
    busy = put(
        place,
        state="running",
        started_at=clock.now() - timedelta(seconds=30),
        progress_done=25,
        progress_total=100,
        progress_text="orders",
    )

    listed = person.get("/jobs").text
    assert f'href="/jobs/{dead}"' in listed
    assert "Given up" in listed
    assert f'href="/jobs/{busy}"' not in person.get("/jobs?state=dead").text
    running = person.get(f"/jobs/{busy}").text
    assert 'http-equiv="refresh"' in running
    assert 'max="100" value="25"' in running
    assert "s left" in running
    given_up = person.get(f"/jobs/{dead}").text
    assert "It failed 8 times." in given_up
    assert "&lt;b&gt;no" in given_up
    assert 'http-equiv="refresh"' not in given_up

    assert send(person, f"/jobs/{dead}/retry").status_code == 303
    assert state(place, dead) == "waiting"
    assert send(person, f"/jobs/{dead}/cancel").status_code == 303
    assert state(place, dead) == "cancelled"
    assert send(person, f"/jobs/{busy}/retry").status_code == 409
    assert person.post(f"/jobs/{busy}/cancel").status_code == 400
    assert person.get("/jobs?state=absent").status_code == 400


def test_jobs_of_another_company_are_not_there(place: Site, person: FlaskClient) -> None:
    with place.kernel.db.read() as session:
        mine = session.scalar(sa.text("SELECT min(id) FROM kernel_company"))
    foreign = place.other.id if place.other.id != mine else place.company.id
    job = put(place, company_id=foreign)

    assert person.get(f"/jobs/{job}").status_code == 404
    assert f"/jobs/{job}" not in person.get("/jobs").text
    assert send(person, f"/jobs/{job}/cancel").status_code == 404
    assert state(place, job) == "waiting"


def test_a_schedule_is_paused_resumed_and_run(place: Site, person: FlaskClient) -> None:
    page = person.get("/jobs/schedules").text
    assert "workshop.daily" in page

    assert send(person, "/jobs/schedules/workshop.daily/pause").status_code == 303
    assert "Paused" in person.get("/jobs/schedules").text
    assert send(person, "/jobs/schedules/workshop.daily/resume").status_code == 303
    started = send(person, "/jobs/schedules/workshop.daily/run")
    assert person.get(started.location).status_code == 200
    assert send(person, "/jobs/schedules/absent/run").status_code == 404


def test_dead_workers_and_clocks_are_told_on_every_page_and_to_machines(
    place: Site, person: FlaskClient
) -> None:
    assert NOBODY_WORKS in person.get("/").text
    assert place.visitor().get("/health").status_code == 503
    with place.kernel.db.write() as session:
        health.arrive(session, health.Presence("here:1:a", "here", 1, 2))
    # A worker that has just started has not yet shown that its clock runs.
    assert NOBODY_WORKS not in person.get("/").text

    def age(**values: Any) -> None:
        with place.kernel.db.write() as session:
            session.execute(sa.update(Worker).values(**values))

    now = clock.now()
    age(started_at=now - timedelta(minutes=5), scheduler_at=now - timedelta(seconds=60))
    assert CLOCK_STOPPED in person.get("/").text
    age(scheduler_at=now)
    assert CLOCK_STOPPED not in person.get("/").text
    sound = place.visitor().get("/health")
    assert (sound.status_code, sound.json["status"], sound.json["workers"]) == (200, "ok", 1)
    age(alive_at=now - timedelta(seconds=60))
    assert NOBODY_WORKS in person.get("/orders").text
    assert place.visitor().get("/health").json["troubles"] == ["no_worker"]


@pytest.fixture
def clerk(place: Site) -> FlaskClient:
    """Give a browser of somebody who may manage the jobs of one company."""
    make_user(place, "clerk", "integrator", place.company.id)
    return browser_of(place, "clerk")


def test_jobs_of_the_house_are_not_those_of_a_company(place: Site, clerk: FlaskClient) -> None:
    own = put(place, place.company.id, state="dead", attempts=8)
    house = put(place, state="dead", attempts=8, error="It tells of all companies.")
    foreign = put(place, place.other.id, state="dead", attempts=8)

    listed = clerk.get("/jobs").text

    assert f'href="/jobs/{own}"' in listed
    for job in (house, foreign):
        assert f'href="/jobs/{job}"' not in listed
        assert clerk.get(f"/jobs/{job}").status_code == 404
        for act in ("retry", "cancel"):
            assert send(clerk, f"/jobs/{job}/{act}").status_code == 404
        assert state(place, job) == "dead"
    assert send(clerk, f"/jobs/{own}/retry").status_code == 303
    assert state(place, own) == "waiting"


def test_schedules_of_the_house_are_not_those_of_a_company(
    place: Site, clerk: FlaskClient, person: FlaskClient
) -> None:
    address = "/jobs/schedules/http.purge"

    assert "http.purge" not in clerk.get("/jobs/schedules").text
    for act in ("pause", "resume", "run"):
        assert send(clerk, f"{address}/{act}").status_code == 404
    assert "http.purge" in person.get("/jobs/schedules").text
    assert send(person, f"{address}/run").status_code == 303


def test_who_may_manage_jobs_everywhere_manages_those_of_the_house(place: Site) -> None:
    make_user(place, "chief", "integrator", HOUSE)
    chief, job = browser_of(place, "chief"), put(place, state="dead", attempts=8)

    assert f'href="/jobs/{job}"' in chief.get("/jobs").text
    assert send(chief, f"/jobs/{job}/retry").status_code == 303
    assert state(place, job) == "waiting"

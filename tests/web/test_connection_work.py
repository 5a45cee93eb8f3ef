"""How a connection keeps up, its requests, and its work begun by hand; on pages and by command."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask.testing import FlaskClient

from core import clock
from core.channels.health import connection_health
from core.cli import build
from core.http.log import LogLine
from core.http.log import RequestLog
from core.kernel import connection_states
from core.kernel.connections import ConnectionInfo
from core.kernel.cursors import CursorInfo
from core.kernel.cursors import advance_cursor
from core.kernel.job_models import Job
from core.outbox.putting import put
from tests.http.conftest import ADDONS
from tests.http.conftest import connect_vendor
from tests.web.conftest import Site
from tests.web.conftest import form_token
from tests.web.conftest import sign_in


@pytest.fixture
def place(site_with: Callable[..., Site]) -> Site:
    """Give an installation with a connection of the addon `vendor` that has been at work."""
    return site_with("vendor", ADDONS)


@pytest.fixture
def connection(place: Site) -> ConnectionInfo:
    """Give a connection that has been at work."""
    made = connect_vendor(place.kernel, place.company.id)
    log = RequestLog(place.kernel.db, made)
    for status, error in ((200, ""), (None, "ReadTimeout")):
        log.add(
            LogLine(
                at=clock.now(),
                operation="orders.list",
                method="GET",
                host="api.vendor.test",
                path="/orders",
                attempt=1,
                status=status,
                error=error,
                milliseconds=41,
                bytes_sent=0,
                bytes_received=7,
                request_ref="ab12",
                vendor_ref="V-9",
            )
        )
    log.flush()
    through = clock.now() - timedelta(minutes=90)
    with place.kernel.db.write() as session:
        advance_cursor(session, made, CursorInfo("orders"), {"page": 2}, through_at=through)
        put(session, made, "stock.push", "SKU-1", {}, 1)
    return made


@pytest.fixture
def person(place: Site) -> FlaskClient:
    """Give a browser that is signed in."""
    browser = place.visitor()
    sign_in(browser, place.new_token())
    return browser


def test_the_page_tells_how_far_behind_a_connection_is(
    connection: ConnectionInfo, person: FlaskClient
) -> None:
    page = person.get(f"/connections/{connection.id}").text
    requests = person.get(f"/connections/{connection.id}/requests").text
    failed = person.get(f"/connections/{connection.id}/requests?failed=1").text

    assert "<dt>Behind the platform</dt><dd>90 min</dd>" in page
    assert "<dt>Jobs that wait</dt><dd>1</dd>" in page
    assert '<td class="mono" translate="no">orders</td>' in page
    assert ("ReadTimeout" in requests, "<td>200</td>" in requests) == (True, True)
    assert ("ReadTimeout" in failed, "<td>200</td>" in failed) == (True, False)


def test_the_backlog_counts_what_waits(place: Site, connection: ConnectionInfo) -> None:
    with place.kernel.db.read() as session:
        health = connection_health(session, connection)

    assert (health.effects, health.jobs, health.backlog) == ({"waiting": 1}, {"waiting": 1}, 2)


def tasks(place: Site) -> list[str]:
    return [row[0] for row in place.rows(sa.select(Job.task).order_by(Job.id))]


def test_a_connection_is_run_now_once(
    place: Site, connection: ConnectionInfo, person: FlaskClient
) -> None:
    address = f"/connections/{connection.id}/run"
    for _ in range(2):
        answer = person.post(address, data={"csrf_token": form_token(person, "/")})
        assert answer.status_code == 303

    assert tasks(place) == ["outbox.send", "vendor.sync"]


def test_how_often_it_works_is_changed_for_one_connection(
    place: Site, connection: ConnectionInfo, person: FlaskClient
) -> None:
    name, address = f"vendor.sync@{connection.id}", f"/connections/{connection.id}/schedule"

    def change(timing: str, version: int, schedule: str = name) -> int:
        token = form_token(person, "/")
        form = {"name": schedule, "timing": timing, "row_version": version, "csrf_token": token}
        return person.post(address, data=form).status_code

    assert [change("5m", 0), change("often", 2), change("7m", 0)] == [303, 400, 409]
    assert change("5m", 0, "http.purge") == 404
    page = person.get(f"/connections/{connection.id}").text
    assert 'name="timing" value="5m"' in page
    assert change("", 2) == 303
    assert 'name="timing" value="15m"' in person.get(f"/connections/{connection.id}").text


def test_a_paused_connection_does_not_run(
    place: Site, connection: ConnectionInfo, person: FlaskClient
) -> None:
    with place.kernel.db.write() as session:
        connection_states.pause(session, connection)

    answer = person.post(
        f"/connections/{connection.id}/run", data={"csrf_token": form_token(person, "/")}
    )

    assert answer.status_code == 409
    assert tasks(place) == ["outbox.send"]


def test_another_company_s_work_is_not_there(place: Site, person: FlaskClient) -> None:
    foreign = connect_vendor(place.kernel, place.other.id, "Foreign")

    assert person.get(f"/connections/{foreign.id}/requests").status_code == 404
    data = {"csrf_token": form_token(person, "/")}
    assert person.post(f"/connections/{foreign.id}/run", data=data).status_code == 404


def command(place: Site, *arguments: str) -> str:
    environment = {
        "ENTREPOT_INSTANCE": str(place.config.instance),
        "ENTREPOT_DATABASE_URL": place.config.database_url,
        "ENTREPOT_ADDONS_PATH": str(ADDONS),
    }
    given = ["connections", *arguments, "--company", place.company.code]
    result = CliRunner().invoke(build(), given, env=environment)
    assert result.exit_code == 0, result.output
    return result.output


def test_commands(place: Site, connection: ConnectionInfo) -> None:
    assert "vendor.sync" in command(place, "run", "Main")
    (line,) = json.loads(command(place, "log", "Main", "--failed", "--json"))
    (cursor,) = json.loads(command(place, "cursor", "Main", "--json"))
    after = command(place, "cursor", "Main", "--reset", "orders", "--json")

    assert (line["path"], line["error"], line["status"]) == ("/orders", "ReadTimeout", None)
    assert (cursor["stream"], cursor["value"]) == ("orders", {"page": 2})
    assert json.loads(after) == []
    assert "api.vendor.test" in command(place, "log", "Main")
    assert "Stream" in command(place, "cursor", "Main")

"""Error answers: a page with the next step, or a problem document, never a trace."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from core.errors import Conflict
from core.ledger import listing
from core.web import health
from tests.web.conftest import Site

SECRET = "the password is swordfish"


def test_missing_page_says_what_to_do_next(client: FlaskClient) -> None:
    answer = client.get("/nothing", headers={"Accept-Language": "zh-CN"})

    assert answer.status_code == 404
    assert "这里没有内容" in answer.text
    assert 'href="/"' in answer.text


def test_missing_address_of_the_api_is_a_problem_document(client: FlaskClient) -> None:
    answer = client.get("/api/v1/nothing")

    assert answer.mimetype == "application/problem+json"
    assert answer.json["status"] == answer.status_code == 404
    assert answer.json["correlation_id"] == answer.headers["X-Request-Id"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RuntimeError(SECRET), 500),
        (OperationalError("SELECT 1", {}, Exception(SECRET)), 503),
        (Conflict("The period is closed.", hint="Open it."), 409),
    ],
)
def test_failing_page_tells_its_number_and_no_secret(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def fail(*_arguments: object) -> None:
        raise error

    monkeypatch.setattr(listing, "trial_balance", fail)

    answer = client.get("/ledger")

    assert answer.status_code == status
    assert SECRET not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["X-Request-Id"] in answer.text
    assert ("docs/reference/errors.md#conflict" in answer.text) == (status == 409)
    assert ("Retry-After" in answer.headers) == (status == 503)
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    "address",
    ["/orders/{}", "/orders/lines/{}", "/stock/{}", "/imports/{}", "/raw/{}", "/ledger/entries/{}"],
)
def test_number_that_no_row_can_have_leads_nowhere(client: FlaskClient, address: str) -> None:
    assert client.get(address.format("9" * 23)).status_code == 404


@pytest.mark.parametrize(
    "address",
    ["/orders?text=%00", "/orders?kind=a%00", "/profit/lines?by=country&key=%00", "/addons/%00"],
)
def test_nul_in_an_address_is_refused(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 400


def test_wrong_method_is_said(client: FlaskClient) -> None:
    answer = client.get("/logout")

    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_answers_carry_the_headers(site: Site) -> None:
    for address in ("/login", "/healthz", "/static/app.css", "/nothing"):
        answer = site.visitor().get(address)
        answer.close()
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert re.fullmatch(r"[0-9a-f]{12}", answer.headers["X-Request-Id"])


def test_pages_are_not_kept_by_caches_but_their_files_are(site: Site) -> None:
    page = site.visitor().get("/login")
    file = re.search(r'href="(/static/app\.css\?v=[^"]+)"', page.text)
    assert file is not None

    assert page.headers["Cache-Control"] == "no-store"
    with site.visitor().get(file[1]) as kept:
        assert "immutable" in kept.headers["Cache-Control"]


def test_health_needs_no_session(site: Site) -> None:
    assert site.visitor().get("/healthz").json == {"status": "ok"}
    assert site.visitor().get("/readyz").json["status"] == "ready"


def test_not_ready_without_database(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr(health.current, "reading", fail)

    assert site.visitor().get("/readyz").status_code == 503
    assert site.visitor().get("/healthz").status_code == 200

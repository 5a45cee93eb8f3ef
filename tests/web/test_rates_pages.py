"""The page of rates: what holds and where it comes from, what waits, own rates by hand and file."""

from __future__ import annotations

import io
from datetime import date
from datetime import timedelta

from flask.testing import FlaskClient

from core import clock
from core.rates.feeds import note_success
from core.rates.feeds import note_trouble
from core.rates.models import Feed
from tests.web.conftest import Site
from tests.web.conftest import form_token
from tests.web.people import browser_of
from tests.web.people import make_user


def say(browser: FlaskClient, **form: object) -> tuple[int, str]:
    answer = browser.post("/rates", data={**form, "csrf_token": form_token(browser, "/rates")})
    return answer.status_code, answer.text


def test_rates_are_said_by_hand_and_by_file_and_shown_by_day(
    site: Site, client: FlaskClient
) -> None:
    home = site.company.currency
    told = {"base": "twd", "quote": home, "date": "2026-09-03", "rate": "0.91"}
    assert say(client, **told)[0] == 303
    file = io.BytesIO(f"date,base,quote,rate\n2026-09-10,TWD,{home},0.925\n".encode())
    assert say(client, file=(file, "rates.csv"))[0] == 303
    page = client.get("/rates?base=twd&from=2026-09-01&until=2026-09-30").text
    assert "TWD/" + home in page
    assert f"TWD/{home} 0.925 (own, 2026-09-10)" in page
    assert "rates.csv" in page
    items = client.get(f"/api/v1/rates?base=TWD&quote={home}&since=2026-09-01&until=2026-09-30")
    assert [(row["day"], row["rate"], row["source"]) for row in items.json["items"]] == [
        ("2026-09-10", "0.925", "own"), ("2026-09-03", "0.91", "own")
    ]  # fmt: skip
    own = client.get("/api/v1/rates/own?base=TWD").json["items"]
    assert [row["rate"] for row in own] == ["0.925", "0.91"]


def test_what_cannot_be_is_said_and_changes_nothing(client: FlaskClient) -> None:
    status, text = say(client, base="TWD", quote="TWD", date="2026-09-03", rate="1")
    assert status == 400
    assert 'role="alert"' in text
    file = io.BytesIO(b"date,base,quote,rate\n2026-09-10,TWD,GBP,much\n")
    status, text = say(client, file=(file, "rates.csv"))
    assert status == 400
    assert "line 2" in text
    assert client.get("/rates?base=XXX9").status_code == 200
    assert client.get("/rates?from=today").status_code == 400


def test_customs_rates_are_said_for_a_month(client: FlaskClient) -> None:
    token = form_token(client, "/rates")
    told = {"base": "usd", "quote": "gbp", "month": "2026-03", "rate": "0.74"}
    assert client.post("/rates/customs", data={**told, "csrf_token": token}).status_code == 303
    (row,) = [
        each for each in client.get("/api/v1/rates/customs").json["items"]
        if each["month"] == "2026-03"
    ]  # fmt: skip
    assert (row["base"], row["quote"], row["rate"]) == ("USD", "GBP", "0.74")
    assert "USD/GBP" in client.get("/rates").text
    token = form_token(client, "/rates")
    wrong = {**told, "month": "March", "csrf_token": token}
    assert client.post("/rates/customs", data=wrong).status_code == 400


def test_a_source_that_fails_is_seen(site: Site, client: FlaskClient) -> None:
    with site.kernel.db.write() as session:
        note_success(session, "Bank", "rates_bank", date(2026, 9, 1), "")
        note_trouble(session, "Bank", "rates_bank", "The bank is closed.")
    try:
        assert "The bank is closed." in client.get("/rates").text
        assert "Rates that are not fetched" in client.get("/").text
        (feed,) = client.get("/api/v1/rates/feeds").json["items"]
        assert (feed["last_day"], feed["problem"]) == ("2026-09-01", "The bank is closed.")
        # A failure of a moment is a person's matter; one of days is the machine's too.
        assert "rates_not_fetched" not in client.get("/health").json["troubles"]
        with site.kernel.db.write() as session:
            session.get_one(Feed, "Bank").failing_since = clock.now() - timedelta(days=4)
        answer = client.get("/health")
        assert (answer.status_code, "rates_not_fetched" in answer.json["troubles"]) == (503, True)
    finally:
        with site.kernel.db.write() as session:
            note_success(session, "Bank", "rates_bank", date(2026, 9, 1), "")


def test_who_may_not_post_sees_no_form(site: Site) -> None:
    make_user(site, "rates.auditor", "auditor", site.company.id)
    browser = browser_of(site, "rates.auditor")
    page = browser.get("/rates")
    assert page.status_code == 200
    assert 'name="rate"' not in page.text

"""Doing one thing with many orders from their list."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient

from tests.web.conftest import Site
from tests.web.conftest import form_token
from tests.web.people import browser_of
from tests.web.people import make_user


def send(browser: FlaskClient, **form: Any) -> Any:
    token = form_token(browser, "/orders")
    return browser.post("/orders/several", data={"csrf_token": token, **form})


def test_list_offers_what_can_be_done_with_many(client: FlaskClient) -> None:
    page = client.get("/orders?country=DE").text

    assert 'action="/orders/several"' in page
    assert re.search(r'<option value="release">', page)
    assert 'name="list_country" value="DE"' in page


def test_each_order_says_what_came_of_it(client: FlaskClient) -> None:
    ids = re.findall(r'name="order" value="(\d+)"', client.get("/orders").text)[:3]

    answer = send(client, verb="pick", order=ids, list_kind="sale")

    assert answer.status_code == 200
    assert answer.text.count("Its state does not allow it.") == 3
    assert 'href="/orders?kind=sale"' in answer.text
    assert "Try the refused again" in answer.text


def test_all_that_match_are_meant_without_ticking_them(client: FlaskClient) -> None:
    answer = send(client, verb="pick", all="1", list_kind="charge")

    listed = client.get("/orders?kind=charge").text
    assert answer.text.count("Its state does not allow it.") == listed.count('name="order"') > 0


def test_nothing_chosen_and_unknown_verbs_change_nothing(client: FlaskClient) -> None:
    empty = send(client, verb="hold", list_country="DE")

    assert (empty.status_code, empty.location) == (303, "/orders?country=DE")
    assert send(client, verb="dance", order="1").status_code == 404


def test_who_may_not_ship_is_offered_no_shipping(site: Site) -> None:
    make_user(site, "several.support", "auditor", site.company.id)
    browser = browser_of(site, "several.support")

    assert "/orders/several" not in browser.get("/orders").text
    assert send(browser, verb="ship", order="1").status_code == 403

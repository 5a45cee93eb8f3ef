"""Views of the list of orders, its columns, its shortcuts, and the undo of what was done there."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient

from core.orders.models import OrderException
from tests.web.conftest import Site
from tests.web.conftest import form_token
from tests.web.people import browser_of
from tests.web.people import make_user


def person(site: Site, name: str, role: str = "owner") -> FlaskClient:
    make_user(site, f"lists.{name}", role, site.company.id)
    return browser_of(site, f"lists.{name}")


def send(browser: FlaskClient, address: str, **form: Any) -> Any:
    token = form_token(browser, "/account")
    return browser.post(address, data={"csrf_token": token, **form})


def tabs(browser: FlaskClient, address: str = "/orders") -> dict[str, str]:
    """Return the tabs of the list with their addresses; the one shown is starred."""
    found = re.search(r'<nav class="tabs".*?</nav>', browser.get(address).text, re.DOTALL)
    assert found is not None
    links = re.findall(r'<a href="([^"]+)"([^>]*)>(.*?)</a>', found[0], re.DOTALL)
    named = {}
    for url, marks, text in links:
        name = re.sub(r"<svg.*?</svg>|<span.*?</span>", "", text, flags=re.DOTALL).strip()
        named[f"{name}{' *' if 'aria-current' in marks else ''}"] = url.replace("&amp;", "&")
    return named


def test_view_is_a_tab_of_whoever_saved_it(site: Site) -> None:
    ann, bob = person(site, "ann"), person(site, "bob")

    answer = send(ann, "/lists/orders/views", name=" Germany  now ", country="DE", kind="sale")

    assert (answer.status_code, answer.location) == (303, "/orders?kind=sale&country=DE")
    assert tabs(ann)["Germany now"] == answer.location
    assert [each for each in tabs(ann, answer.location) if "*" in each] == ["Germany now *"]
    assert [each for each in tabs(ann, "/orders?country=DE") if "*" in each] == ["All *"]
    assert "Germany now" not in tabs(bob)


def test_shared_view_is_everybodys_tab_but_its_owners_to_change(site: Site) -> None:
    cid, dan = person(site, "cid"), person(site, "dan", "support")
    send(cid, "/lists/orders/views", name="Ours", state="shipped", shared="1")
    at = tabs(cid)["Ours"]
    number = re.search(r"/lists/orders/views/(\d+)", cid.get(at).text)
    assert number is not None

    assert tabs(dan)["Ours"] == at
    assert "/lists/orders/views/" not in dan.get(at).text
    assert send(dan, f"/lists/orders/views/{number[1]}", name="Mine").status_code == 404
    assert send(dan, f"/lists/orders/views/{number[1]}/delete").status_code == 404
    assert send(cid, f"/lists/orders/views/{number[1]}", name="My own").location == at
    assert "My own" in tabs(cid)
    assert not {"Ours", "My own"} & tabs(dan).keys()


def test_view_that_was_taken_away_can_be_had_back(site: Site) -> None:
    eve = person(site, "eve")
    send(eve, "/lists/orders/views", name="Gone", country="FR", shared="1")
    at = tabs(eve)["Gone"]
    number = re.search(r"/lists/orders/views/(\d+)", eve.get(at).text)
    assert number is not None
    send(eve, f"/lists/orders/views/{number[1]}/delete")

    page = eve.get("/orders").text
    offered = re.search(r'<form class="end".*?</form>', page, re.DOTALL)
    assert offered is not None
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', offered[0]))

    assert "Gone" not in tabs(eve)
    assert eve.post("/lists/orders/views", data=fields).location == at
    assert tabs(eve)["Gone"] == at


def test_name_of_a_view_is_one_and_short(site: Site) -> None:
    fay = person(site, "fay")
    send(fay, "/lists/orders/views", name="One", country="FR")

    for name in ("One", "", "x" * 41):
        send(fay, "/lists/orders/views", name=name, country="DE")
        assert "notice bad" in fay.get("/orders").text
    assert list(tabs(fay)).count("One") == 1
    assert send(fay, "/lists/no_list/views", name="Two").status_code == 404


def test_columns_are_remembered_for_each_user(site: Site, client: FlaskClient) -> None:
    gus = person(site, "gus")
    usual = heads(gus)

    answer = send(
        gus, "/lists/orders/columns", column=["state", "promised_at", "no"], list_kind="sale"
    )

    assert answer.location == "/orders?kind=sale"
    assert heads(gus) == ["Choose", "Document", "Ship by", "State"]
    assert heads(client) == usual
    send(gus, "/lists/orders/columns", usual="1", column="state")
    assert heads(gus) == usual


def heads(browser: FlaskClient) -> list[str]:
    found = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', browser.get("/orders").text)
    return [re.sub(r"<[^>]+>", "", each).strip() for each in found]


def test_exceptions_narrow_the_list(site: Site, client: FlaskClient) -> None:
    def listed(kind: str) -> int:
        page = client.get(f"/orders?exception={kind}").text
        found = re.search(r"(\d+) documents?</span>", page)
        assert found is not None
        return int(found[1])

    # Other tests may have put orders beside those of the demo.
    waits = sa.select(OrderException.order_id).where(
        OrderException.company_id == site.company.id, OrderException.solved_at.is_(None)
    )
    short = waits.where(OrderException.kind == "short")
    assert listed("") - listed("none") == len({*site.rows(waits)})
    assert listed("short") == len({*site.rows(short)})
    assert listed("none") >= 69


def test_shortcuts_are_told_and_can_be_turned_off(site: Site) -> None:
    hal = person(site, "hal")

    assert "data-shortcuts" in hal.get("/orders").text
    send(hal, "/preferences", shortcuts="off")

    page = hal.get("/orders").text
    assert "data-shortcuts" not in page
    assert "<dialog" not in page
    assert 'value="on"' in hal.get("/account").text


def test_undo_asks_for_marks_of_ours_and_for_the_permission(site: Site) -> None:
    ida, joe = person(site, "ida"), person(site, "joe", "auditor")

    assert send(ida, "/orders/several/undo", undo="nonsense").status_code == 404
    assert send(ida, "/orders/several/undo", undo="999999:1:hold").status_code == 404
    assert send(joe, "/orders/several/undo", undo="1:1:hold").status_code == 403

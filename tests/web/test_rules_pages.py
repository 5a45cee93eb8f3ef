"""Pages of rules and of addresses: written, tried, let live, and said on the order."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from core.kernel.connections import create_connection
from core.kernel.connections import get_connection
from core.orders.importing import import_order_file
from core.orders.models import Order
from core.rules.models import Rule
from core.rules.models import RuleVersion
from tests.privacy.buyers import CANARIES
from tests.privacy.buyers import WAITING
from tests.privacy.buyers import write_buyers
from tests.web.conftest import Site
from tests.web.conftest import form_token
from tests.web.people import browser_of
from tests.web.people import make_user

FORM = {
    "name": "British",
    "match": "all",
    "g0-match": "all",
    "g0-c0-field": "country",
    "g0-c0-operator": "is_one_of",
    "g0-c0-value": "GB, IE",
    "a0-do": "tag",
    "a0-value": "home",
}
NUMBERS = itertools.count(1)


def post(client: FlaskClient, address: str, **data: str):
    return client.post(address, data={**data, "csrf_token": form_token(client, "/account")})


def newest(site: Site, name: str) -> int:
    query = sa.select(sa.func.max(RuleVersion.rule_id)).where(RuleVersion.name == name)
    return site.rows(query)[0][0]


def imported(site: Site, folder: Path, **buyer: str) -> int:
    """Import an order that has still to leave, and return its id."""
    ref = f"R{next(NUMBERS)}"
    line = f"{ref} MUG 1 @ 5.00 on 2026-09-01 from ann to GB"
    path = write_buyers(folder, (line, {**CANARIES, **buyer}))
    mapping = folder / "waiting.toml"
    mapping.write_text(WAITING, encoding="utf-8")
    label = f"Pages of {ref}"
    with site.kernel.db.write() as session:
        create_connection(session, "file_channel", label, {}, company_id=site.company.id)
    with site.kernel.db.read() as session:
        connection = get_connection(session, label, company_id=site.company.id)
    import_order_file(site.kernel, connection, path, mapping=mapping)
    query = sa.select(Order.id).where(Order.external_ref == ref)
    return site.rows(query)[0][0]


def test_a_rule_is_written_tried_and_goes_live(
    site: Site, client: FlaskClient, tmp_path: Path
) -> None:
    answer = post(client, "/rules/add", **FORM)
    rule_id = newest(site, "British")
    tried = client.get(answer.location).text

    assert answer.status_code == 303
    assert f"/rules/{rule_id}/simulate" in answer.location
    assert "home" in tried
    before = imported(site, tmp_path)
    assert post(client, f"/rules/{rule_id}/live", version="1").status_code == 303
    after = imported(site, tmp_path)
    assert "British" not in client.get(f"/orders/{before}").text
    page = client.get(f"/orders/{after}").text
    assert "British" in page
    assert "home" in page
    assert post(client, f"/rules/{rule_id}/switch", on="0").status_code == 303
    assert post(client, f"/rules/{rule_id}/away").status_code == 303
    assert client.get(f"/rules/{rule_id}").status_code == 404


def test_a_bad_rule_is_refused_with_what_was_typed(client: FlaskClient) -> None:
    answer = post(client, "/rules/add", **{**FORM, "name": "Bad", "g0-c0-operator": "above"})

    assert answer.status_code == 400
    assert "cannot be asked of country" in answer.text
    assert 'value="Bad"' in answer.text


def test_more_rows_can_be_had_without_script(client: FlaskClient) -> None:
    page = post(client, "/rules/add", **FORM, more="1").text

    assert 'name="g0-c2-field"' in page
    assert 'name="g1-c0-field"' in page
    assert 'value="GB, IE"' in page


def test_rules_are_moved_by_buttons_and_by_dragging(site: Site, client: FlaskClient) -> None:
    for name in ("Upper", "Lower"):
        post(client, "/rules/add", **{**FORM, "name": name})
    upper, lower = newest(site, "Upper"), newest(site, "Lower")

    def order() -> list[int]:
        mine = Rule.company_id == site.company.id
        query = sa.select(Rule.id).where(mine, Rule.archived_at.is_(None)).order_by(Rule.position)
        return [row[0] for row in site.rows(query)]

    assert order().index(upper) < order().index(lower)
    post(client, f"/rules/{lower}/move", up="1")
    assert order().index(lower) < order().index(upper)
    dragged = ",".join(map(str, reversed(order())))
    assert post(client, "/rules/order", rules=dragged).status_code == 303
    assert ",".join(map(str, order())) == dragged
    assert post(client, "/rules/order", rules=str(upper)).status_code == 409


def test_who_may_only_look_changes_nothing(site: Site, client: FlaskClient) -> None:
    post(client, "/rules/add", **{**FORM, "name": "Seen"})
    make_user(site, "rules.auditor", "auditor", site.company.id)
    browser = browser_of(site, "rules.auditor")

    assert "Seen" in browser.get("/rules").text
    assert "/rules/add" not in browser.get("/rules").text
    assert post(browser, "/rules/add", **FORM).status_code == 403


def test_an_address_is_corrected_and_the_order_goes_on(
    site: Site, client: FlaskClient, tmp_path: Path
) -> None:
    order_id = imported(site, tmp_path, postcode="99999")
    page = client.get(f"/orders/{order_id}").text
    assert "99999" in page
    address = f"/orders/{order_id}/address"
    form = client.get(address).text
    version = form.split('name="row_version" value="')[1].split('"')[0]
    fields = {"name": "Ann", "street": "1 High St", "city": "London", "country": "GB"}

    refused = post(client, address, **fields, postcode="1", row_version=version)
    taken = post(client, address, **fields, postcode="sw1a2aa", row_version=version)
    stale = post(client, address, **fields, postcode="sw1a2aa", row_version=version)

    assert (refused.status_code, taken.status_code, stale.status_code) == (400, 303, 409)
    page = client.get(f"/orders/{order_id}").text
    assert "SW1A 2AA" in page
    assert "99999" in page
    exception = site.rows(sa.select(Order.exception).where(Order.id == order_id))[0][0]
    assert exception != "address"


def test_who_may_not_see_buyers_sees_none(site: Site, tmp_path: Path) -> None:
    order_id = imported(site, tmp_path)
    make_user(site, "rules.support", "support", site.company.id)
    browser = browser_of(site, "rules.support")

    page = browser.get(f"/orders/{order_id}")

    assert page.status_code == 200
    assert "Zebulon" not in page.text
    assert browser.get(f"/orders/{order_id}/address").status_code == 403


@pytest.mark.parametrize("language", ["en", "zh_Hans"])
def test_pages_speak_both_languages(client: FlaskClient, language: str) -> None:
    client.post(
        "/preferences",
        data={"language": language, "csrf_token": form_token(client, "/account"), "next": "/"},
    )

    page = client.get("/rules/add").text

    assert ("须满足的条件组" in page) == (language == "zh_Hans")

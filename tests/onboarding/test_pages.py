"""The pages of the set-up: each step is left, found again and walked to the end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.app import create_app
from core.config import ROOT
from core.config import Config
from core.identity import first_run
from core.onboarding.steps import STEPS
from tests.web.conftest import form_token
from tests.web.conftest import sign_in
from tests.world import World


@pytest.fixture
def app(world: World) -> Iterator[Flask]:
    made = create_app(Config(world.folder, world.kernel.config.database_url, (ROOT / "addons",)))
    yield made
    made.extensions["entrepot"].db.dispose()


@pytest.fixture
def browser(world: World, app: Flask) -> FlaskClient:
    with world.kernel.db.write() as session:
        token = first_run.ensure_admin(session, world.folder)
    assert token is not None
    made = app.test_client()
    assert sign_in(made, token).status_code == 303
    return made


def send(browser: FlaskClient, address: str, **form: str) -> tuple[int, str]:
    data = {"csrf_token": form_token(browser, "/setup/skus"), **form}
    answer = browser.post(address, data=data)
    return answer.status_code, answer.location or answer.text


def test_new_company_is_led_from_home_through_every_step(browser: FlaskClient) -> None:
    home = browser.get("/").text
    company = {"name": "Harbour", "country": "CN", "currency": "CNY", "timezone": "Asia/Shanghai"}

    assert [code for code in STEPS if f'href="/setup/{code}"' not in home] == []
    assert browser.get("/setup").location == "/setup/company"
    assert send(browser, "/setup/company", **company) == (303, "/setup/source")
    assert "Harbour" in browser.get("/").text
    for code in STEPS[1:]:
        page = browser.get(f"/setup/{code}")
        assert page.status_code == 200, code
        assert 'aria-current="step"' in page.text
        status, _where = send(browser, f"/setup/mark/{code}", state="done")
        assert status == 303
    assert browser.get("/setup").location == "/setup/live"


def test_what_is_put_off_stays_on_the_list(browser: FlaskClient) -> None:
    assert send(browser, "/setup/mark/fees", state="later") == (303, "/setup/publish")

    page = browser.get("/setup/publish", headers={"Accept-Language": "zh-Hans"}).text

    assert "稍后" in page
    assert "费用与增值税" in page
    assert send(browser, "/setup/mark/fees", state="open") == (303, "/setup/fees")
    assert send(browser, "/setup/mark/fees", state="perhaps")[0] == 400
    assert send(browser, "/setup/mark/dance", state="done")[0] == 404


def test_list_is_put_away_from_home(browser: FlaskClient, world: World) -> None:
    world.stock("MUG 9 @ 2.00 on 2010-11-30")
    world.orders("1001 MUG 1 @ 5.00 on 2011-02-01 to US")
    before = browser.get("/").text

    assert send(browser, "/setup/mark/all", state="done") == (303, "/")

    assert "Put the list away" in before
    assert "Put the list away" not in browser.get("/").text


def test_wrong_company_is_told_beside_what_was_typed(browser: FlaskClient) -> None:
    status, page = send(
        browser, "/setup/company", name="Harbour", country="CN", currency="XXQ", timezone="UTC"
    )

    assert status == 400
    assert "XXQ" in page
    assert 'value="Harbour"' in page

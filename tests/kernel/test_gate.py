"""The gate in front of the web application."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from threading import Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.config import ROOT
from core.config import Config
from core.kernel import lifecycle
from core.kernel.faults import recorded
from core.kernel.gate import addon_of
from core.kernel.gate import guard
from core.kernel.kernel import Kernel

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")
ADDRESSES = (
    "/x/pages/list/",
    "/x/pages/list",  # Flask answers 308: the slash is missing
    "/x//pages/list/",  # Flask answers 308: one slash too many
    "/x/pages/fails",
    "/x/pages/static/nothing.css",
    "/x/pages",
    "/api/v1/x/pages/things",
    "/hooks/pages/1",  # Flask answers 405 to GET
    "/hooks/pages/not-a-number",
)


def make_app(kernel: Kernel) -> Flask:
    app = Flask(__name__)
    app.config.update(API_TITLE="Test", API_VERSION="v1", OPENAPI_VERSION="3.1.0")
    app.add_url_rule("/core", view_func=lambda: "the core")
    guard(app, kernel)
    return app


@pytest.fixture
def client(running: Callable[..., Kernel]) -> FlaskClient:
    return make_app(running("pages")).test_client()


def kernel_of(client: FlaskClient) -> Kernel:
    return client.application.wsgi_app.kernel


def disable_in_another_process(config: Config) -> None:
    subprocess.run(
        [sys.executable, "-m", "core.cli", "addons", "disable", "pages"],
        cwd=ROOT,
        env={
            **os.environ,
            "ENTREPOT_INSTANCE": str(config.instance),
            "ENTREPOT_DATABASE_URL": config.database_url,
            "ENTREPOT_ADDONS_PATH": str(config.addon_paths[0]),
        },
        check=True,
        capture_output=True,
    )


def test_an_enabled_addon_answers(client: FlaskClient) -> None:
    assert client.get("/x/pages/list/").text == "the list"
    assert client.get("/api/v1/x/pages/things").json == {"things": 1}
    assert client.post("/hooks/pages/7").text == "7"
    # What Flask says of a wrong method or a missing slash tells that the address exists.
    assert client.get("/hooks/pages/7").status_code == 405
    assert client.get("/x/pages/list").status_code == 308


def test_a_disabled_addon_is_not_there_for_any_method(client: FlaskClient) -> None:
    lifecycle.disable(kernel_of(client), "pages")

    answers = {
        (method, address): client.open(address, method=method)
        for method in METHODS
        for address in ADDRESSES
    }

    assert {key: answer.status_code for key, answer in answers.items()} == dict.fromkeys(
        answers, 404
    )
    assert not any({"Allow", "Location"} & {*answer.headers.keys()} for answer in answers.values())


def test_an_unknown_addon_looks_the_same_as_a_disabled_one(client: FlaskClient) -> None:
    lifecycle.disable(kernel_of(client), "pages")

    disabled, unknown = client.get("/x/pages/list/"), client.get("/x/nothing/list/")

    assert (disabled.status, disabled.data) == (unknown.status, unknown.data)


def test_the_next_request_after_a_change_in_another_process_is_404(
    client: FlaskClient, config: Config
) -> None:
    assert client.get("/x/pages/list/").status_code == 200

    disable_in_another_process(config)

    assert client.get("/x/pages/list/").status_code == 404
    assert client.get("/core").text == "the core"


def test_an_addon_enabled_again_answers_at_once(client: FlaskClient) -> None:
    kernel = kernel_of(client)
    lifecycle.disable(kernel, "pages")
    assert client.get("/x/pages/list/").status_code == 404

    lifecycle.enable(kernel, "pages")

    assert client.get("/x/pages/list/").status_code == 200


def test_one_request_sees_one_enabled_set(running: Callable[..., Kernel]) -> None:
    kernel = running("pages")
    seen: list[frozenset[str]] = []
    app = make_app(kernel)

    def toggles() -> str:
        seen.append(kernel.enabled)
        # Another thread: it has no part in this request.
        other = Thread(target=lifecycle.disable, args=(kernel, "pages"))
        other.start()
        other.join(60)
        seen.append(kernel.enabled)
        return ""

    app.add_url_rule("/toggles", view_func=toggles)

    app.test_client().get("/toggles")

    assert seen == [{"pages"}, {"pages"}]
    assert kernel.enabled == frozenset()


@pytest.mark.parametrize("answered", [False, True])
def test_a_failing_view_is_a_fault_of_its_addon(client: FlaskClient, answered: bool) -> None:
    if answered:  # an application that answers every error itself
        client.application.register_error_handler(Exception, lambda _error: ("sorry", 500))

    assert client.get("/x/pages/fails").status_code == 500

    with kernel_of(client).db.read() as session:
        [fault] = recorded(session)
        assert (fault.addon, fault.error, fault.message) == ("pages", "RuntimeError", "a bug")


def test_a_view_that_refuses_is_no_fault(client: FlaskClient) -> None:
    assert client.get("/x/pages/refuses").status_code == 404

    with kernel_of(client).db.read() as session:
        assert recorded(session) == []


def test_a_hidden_address_is_answered_by_the_error_page_and_nothing_before_it(
    running: Callable[..., Kernel],
) -> None:
    kernel = running("pages")
    app = make_app(kernel)
    app.register_error_handler(404, lambda _error: ("our own page", 404))
    app.before_request(lambda: ("sign in first", 302))
    lifecycle.disable(kernel, "pages")

    answer = app.test_client().get("/x/pages/list/")

    assert (answer.status_code, answer.text) == (404, "our own page")


def test_an_error_page_that_fails_is_still_404(running: Callable[..., Kernel]) -> None:
    kernel = running("pages")
    app = make_app(kernel)

    def fails(_error: Exception) -> str:
        raise KeyError("no such template")

    app.register_error_handler(404, fails)
    lifecycle.disable(kernel, "pages")

    assert app.test_client().get("/x/pages/list/").status_code == 404


def test_a_view_that_ends_the_process_is_answered_500(client: FlaskClient) -> None:
    assert client.get("/x/pages/exits").status_code == 500

    with kernel_of(client).db.read() as session:
        [fault] = recorded(session)
        assert (fault.addon, fault.error) == ("pages", "SystemExit")


@pytest.mark.parametrize(
    ("path", "addon"),
    [
        ("/", None),
        ("/x", None),
        ("/x/", None),
        ("/x/one", "one"),
        ("/x/one/two", "one"),
        ("//x///one//", "one"),
        ("/api/v1/x/one", "one"),
        ("/api/v1/orders", None),
        ("/api/v1/x", None),
        ("/hooks/one/3", "one"),
        ("/orders/x/one", None),
        ("", None),
    ],
)
def test_addresses_of_addons_are_recognised(path: str, addon: str | None) -> None:
    assert addon_of(path) == addon

"""Every view says who may reach it; one that does not say it is closed."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint
from flask import Flask

from core.identity.access import is_declared
from core.identity.access import needs_of
from core.identity.permissions import is_known
from core.identity.rights import declared_permissions
from core.web.guarding import needs
from core.web.guarding import serves_files
from tests.web.conftest import Site


def test_every_view_declares_who_may_reach_it(site: Site) -> None:
    silent = [
        endpoint
        for endpoint, view in site.app.view_functions.items()
        if not endpoint.endswith("static") and not is_declared(view)
    ]

    assert silent == []


def test_every_permission_that_a_view_asks_for_exists(site: Site) -> None:
    declared = declared_permissions(site.kernel)
    unknown = {
        endpoint: needs_of(view)
        for endpoint, view in site.app.view_functions.items()
        if not endpoint.endswith("static")
        and not all(is_known(name, declared) for name in needs_of(view))
    }

    assert unknown == {}


def test_only_files_are_open_under_the_name_of_files(tmp_path: Path) -> None:
    app = Flask("wolves", static_folder=None)
    sheep = Blueprint("sheep", "sheep", static_folder=str(tmp_path), url_prefix="/sheep")
    wolf = Blueprint("wolf", "wolf", url_prefix="/wolf")
    wolf.add_url_rule("/", endpoint="static", view_func=lambda: "all orders")
    fox = Blueprint("fox", "fox", static_folder=str(tmp_path), url_prefix="/fox")
    for each in (sheep, wolf, fox):
        app.register_blueprint(each)
    app.view_functions["fox.static"] = lambda: "all orders"

    with app.app_context():
        found = {each: serves_files(each) for each in app.view_functions}
        assert needs("wolf.static") == needs_of(app.view_functions["wolf.static"]) != ()

    assert found == {"sheep.static": True, "wolf.static": False, "fox.static": False}

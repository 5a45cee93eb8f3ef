"""The twenty broken addons of the test-kit: none harms the core or another addon."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from core import clock
from core.app import create_app
from core.config import ROOT
from core.config import Config
from core.errors import KernelError
from core.errors import MigrationFailed
from core.identity import first_run
from core.kernel import hooks
from core.kernel import lifecycle
from core.kernel.companies import create_company
from core.kernel.faults import recorded
from core.kernel.kernel import Kernel
from core.kernel.models import Addon
from core.kernel.probe import refuse_harm
from core.setup import prepare_company

BROKEN = ROOT / "core" / "testkit" / "broken"
HEALTHY = Path(__file__).parent / "healthy"
BOOT_SECONDS = 5.0

# What each does wrong, and where that is seen.
RUNS = {
    "bad_template": "view:bad_template.page",
    "clashing": "hook:blueprints",
    "closes": "hook:orders_imported",
    "commits": "hook:orders_imported",
    "exits": "hook:orders_imported",
    "huge_form": "view:huge_form.form",
    "leaves_open": "hook:orders_imported",
    "raises_everywhere": "hook:orders_imported",
    "shouts": "hook:orders_imported",
    "wrong_type": "hook:blueprints",
}
NOT_LOADED = {"bad_import": "no_such_package_anywhere", "bad_syntax": "SyntaxError"}
UNUSABLE = {"bad_manifest": "utf-8", "ring_one": "in a circle", "ring_two": "in a circle"}
REFUSED = {
    "crashes": "ended with 4",
    "eats_memory": "MemoryError",
    "loops": "did not end",
    "patches_core": "core.api.hookimpl",
    "sleeps": "did not end",
}
MIGRATES = {"bad_upgrade"}


def test_every_folder_is_looked_at() -> None:
    folders = {each.name for each in BROKEN.iterdir() if (each / "manifest.toml").exists()}

    # The two of the ring are one fault.
    assert len(folders) == 21
    assert folders == {*RUNS, *NOT_LOADED, *UNUSABLE, *REFUSED, *MIGRATES}


@pytest.mark.parametrize(("name", "said"), sorted(REFUSED.items()))
def test_what_would_end_a_process_is_refused_before_it_is_imported(name: str, said: str) -> None:
    seconds = 3.0 if said == "did not end" else 30.0

    with pytest.raises(KernelError, match=said):
        refuse_harm(name, [BROKEN], seconds=seconds)


@pytest.fixture
def crowded(database_url: str, tmp_path: Path) -> Config:
    """Give an installation in which every addon is enabled that can be."""
    config = Config(tmp_path, database_url, (BROKEN, HEALTHY))
    kernel = Kernel.boot(config)
    for name in ("healthy", *RUNS):
        lifecycle.install(kernel, name)
        lifecycle.enable(kernel, name)
    for name in MIGRATES:
        with pytest.raises(MigrationFailed):
            lifecycle.install(kernel, name)
    with kernel.db.write() as session:
        for name in NOT_LOADED:
            session.add(
                Addon(name=name, state="enabled", version="1.0", tables=[], changed_at=clock.now())
            )
        company = create_company(
            session, "Shop", country="GB", currency="GBP", timezone="Europe/London"
        )
        prepare_company(session, company)
    kernel.db.dispose()
    return config


def test_none_of_them_harms_the_core_or_another_addon(
    crowded: Config, request: pytest.FixtureRequest
) -> None:
    began = time.monotonic()
    app = create_app(crowded)
    seconds = time.monotonic() - began
    kernel: Kernel = app.extensions["entrepot"]
    request.addfinalizer(kernel.db.dispose)
    assert seconds <= BOOT_SECONDS
    assert kernel.enabled == {"healthy", *RUNS}

    with kernel.db.write() as session:
        first_run.ensure_admin(session, crowded.instance)
        token = first_run.renew_admin_token(session, crowded.instance)
        hooks.observe(session, "orders_imported", orders=[], connection=None)
        hooks.collect(session, "reports")
    assert kernel.addon("healthy").told == 1

    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    client.post("/login", data={"token": token})
    answers = {
        rule.rule: client.get(rule.rule).status_code
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments and rule.rule[:3] != "/x/"
    }
    assert {page: code for page, code in answers.items() if code >= 500} == {}
    assert answers["/orders"] == answers["/addons"] == 200
    assert client.get("/x/healthy/").text == "healthy"
    for name in ("huge_form", "bad_template"):
        assert client.get(f"/x/{name}/").status_code == 500

    expected: dict[str, str] = {
        **RUNS,
        **dict.fromkeys(NOT_LOADED, "import"),
        **dict.fromkeys(MIGRATES, "migration"),
    }
    with kernel.db.read() as session:
        seen = {(fault.addon, fault.place): fault for fault in recorded(session)}
    for name, place in expected.items():
        assert (name, place) in seen
        page = client.get(f"/addons/{name}").text
        assert place in page
        assert seen[name, place].error in page
    infos = {info.name: info for info in kernel.overview()}
    for name, said in (NOT_LOADED | UNUSABLE).items():
        assert infos[name].state == "broken"
        assert said in infos[name].reason
    assert not [addon for addon, _ in seen if addon == "healthy"]

"""The broken addons of the test-kit: none harms the core or another addon."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from pkgutil import resolve_name

import pytest
import sqlalchemy as sa
from flask import Flask

from core import clock
from core.app import create_app
from core.bootstrap import CompanyWish
from core.bootstrap import initialise
from core.config import ROOT
from core.config import Config
from core.demo import loading
from core.errors import AddonFailed
from core.errors import KernelError
from core.errors import MigrationFailed
from core.kernel import hooks
from core.kernel import lifecycle
from core.kernel import states
from core.kernel.faults import recorded
from core.kernel.hookspecs import Kind
from core.kernel.job_models import Job
from core.kernel.jobs import enqueue
from core.kernel.kernel import Kernel
from core.kernel.models import Addon
from core.kernel.models import Fault
from core.kernel.probe import refuse_harm
from core.kernel.quarantine import FAULTS
from core.kernel.reference import hooks_of
from core.kernel.registry import HOOKSPECS
from core.kernel.registry import hook_names
from tests.kernel.jobs.working import ended
from tests.kernel.jobs.working import working
from tests.pages import answers
from tests.pages import signed_in

BROKEN = ROOT / "core" / "testkit" / "broken"
HEALTHY = Path(__file__).parent / "healthy"
BOOT_SECONDS = 5.0
LOG_BYTES = 20_000_000

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
    "twice": "hook:blueprints",
    "wrong_items": "hook:blueprints",
    "wrong_type": "hook:blueprints",
}
# What fails whenever orders come in, and does not decide taxes.
TAKEN_OUT = {"closes", "commits", "exits", "leaves_open", "shouts"}
NOT_LOADED = {"bad_import": "no_such_package_anywhere", "bad_syntax": "SyntaxError"}
UNUSABLE = {"bad_manifest": "utf-8", "ring_one": "in a circle", "ring_two": "in a circle"}
REFUSED = {
    "crashes": "ended with 4",
    "eats_memory": "MemoryError",
    "loops": "did not end",
    "patches_core": "core.api.hookimpl",
    "sleeps": "did not end",
}
MIGRATES = {"bad_upgrade", "clashing_table"}
IN_JOBS = {
    "crashes": "SIGSEGV",
    "eats_memory": "Error",
    "ends": "ended with 4",
    "exits": "SystemExit: 3",
    "fails": "raised on purpose",
    "loops": "took longer",
    "shouts": "xxxx",
    "sleeps": "took longer",
}

SHIPPED = {
    "amazon",
    "amazon_settlements",
    "file_channel",
    "own_warehouse",
    "profit_report",
    "rates_ecb",
    "statement_files",
    "tax_uk",
}
HOOKS: dict[str, Kind] = {
    hook.__name__: vars(hook)["entrepot_kind"] for module in HOOKSPECS for hook in hooks_of(module)
}


def test_every_folder_is_looked_at() -> None:
    folders = {each.name for each in BROKEN.iterdir() if (each / "manifest.toml").exists()}

    assert folders == {*RUNS, *NOT_LOADED, *UNUSABLE, *REFUSED, *MIGRATES, "bad_jobs"}


@pytest.mark.parametrize(("name", "said"), sorted(REFUSED.items()))
def test_what_would_end_a_process_is_refused_before_it_is_imported(name: str, said: str) -> None:
    seconds = 3.0 if said == "did not end" else 30.0

    with pytest.raises(KernelError, match=said):
        refuse_harm(name, [BROKEN], seconds=seconds)


@dataclass(frozen=True)
class Crowd:
    """A running application beside every broken addon, and how long it took to start."""

    app: Flask
    kernel: Kernel
    wall: float
    processor: float


@pytest.fixture
def log_file(tmp_path: Path) -> Iterator[Path]:
    """Write the log as the server does, to a file; what addons shout would fill pytest's memory."""
    settings = tomllib.loads((ROOT / "config" / "logging.toml").read_text(encoding="utf-8"))
    line = settings["formatters"]["line"]
    file = tmp_path / "server.log"
    handler = logging.FileHandler(file)
    handler.setFormatter(resolve_name(line["class"])(line["format"]))
    loggers = [logging.getLogger(name) for name in ("addons", "core")]
    for each in loggers:
        each.addHandler(handler)
        each.propagate = False
    yield file
    for each in loggers:
        each.removeHandler(handler)
        each.propagate = True
    handler.close()


@pytest.fixture
def crowd(empty_database_url: str, tmp_path: Path, log_file: Path) -> Iterator[Crowd]:
    """Give an installation with the demo company in which every addon is enabled that can be."""
    config = Config(tmp_path, empty_database_url, (ROOT / "addons", BROKEN, HEALTHY))
    made = initialise(config, CompanyWish(loading.NAME, loading.COUNTRY))
    kernel = Kernel.boot(config)
    assert loading.load_demo(kernel, made.company)
    for name in ("healthy", *RUNS, "bad_jobs"):
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
        enqueue(session, "bad_jobs.fails", {})
    kernel.db.dispose()

    wall, processor = time.monotonic(), time.process_time()
    app = create_app(config)
    wall, processor = time.monotonic() - wall, time.process_time() - processor
    yield Crowd(app, app.extensions["entrepot"], wall, processor)
    app.extensions["entrepot"].db.dispose()


def call_every_hook(kernel: Kernel) -> None:
    """Call each declared hook once, with empty arguments."""
    with kernel.db.write() as session:
        for name, kind in HOOKS.items():
            spec = kernel.registry._caller(name).spec
            assert spec is not None
            given = {key: () for key in spec.argnames if key != "session"}
            if kind == "observe":
                hooks.observe(session, name, **given)
            elif kind == "collect":
                hooks.collect(session, name, **given)
            elif kind == "transform":
                given.pop(spec.argnames[0])
                assert hooks.transform(session, name, {"own": 1}, **given) == {
                    "own": 1,
                    "healthy": 1,
                }
            else:
                # These fail closed: the act is refused in words, and the addon is named.
                call = hooks.check if kind == "check" else hooks.resolve
                with pytest.raises(AddonFailed, match="raises_everywhere failed in"):
                    call(session, name, **given)


def test_two_addons_implement_every_hook_that_is_declared(crowd: Crowd) -> None:
    for name in ("healthy", "raises_everywhere", "wrong_type"):
        assert crowd.kernel.registry.hooks_of(name) == hook_names() == set(HOOKS)


def test_none_of_them_harms_the_core_or_another_addon(
    crowd: Crowd, log_file: Path, record_property: pytest.RecordProperty
) -> None:
    kernel, app = crowd.kernel, crowd.app
    record_property("boot_wall_seconds", round(crowd.wall, 2))
    record_property("boot_processor_seconds", round(crowd.processor, 2))
    # Processor time: others may use this machine too.
    assert crowd.processor <= BOOT_SECONDS
    assert kernel.enabled == {"healthy", "bad_jobs", *SHIPPED, *RUNS}

    call_every_hook(kernel)
    told = kernel.addon("healthy").told
    heard = {name for name, kind in HOOKS.items() if kind in ("observe", "collect", "transform")}
    assert {name for name in heard if not told[name]} == set()

    client = signed_in(app)
    codes = answers(app, client)
    # A job waits and no worker runs, and this page is there to say so.
    assert codes["health.healthy"].popitem() == ("/health", 503)
    assert {
        address: code for found in codes.values() for address, code in found.items() if code >= 500
    } == {}
    for endpoint in ("orders.show", "stock.show", "ledger.entry", "jobs.show"):
        assert set(codes[endpoint].values()) == {200}
    assert client.get("/x/healthy/").text == "healthy"
    for name in ("huge_form", "bad_template"):
        assert client.get(f"/x/{name}/").status_code == 500

    faults_are_shown(app, kernel)
    are_taken_out(kernel)
    assert log_file.stat().st_size < LOG_BYTES
    boots_in_safe_mode(kernel)


def faults_are_shown(app: Flask, kernel: Kernel) -> None:
    """Each fault stands on the page of its addon with place and trace, and nobody else has any."""
    expected = set(RUNS.items())
    expected |= {(name, "import") for name in NOT_LOADED}
    expected |= {(name, "migration") for name in MIGRATES}
    expected |= {("raises_everywhere", f"hook:{name}") for name in HOOKS if name != "reports"}
    answered = [name for name, kind in HOOKS.items() if kind in ("collect", "transform")]
    expected |= {("wrong_type", f"hook:{name}") for name in answered}
    with kernel.db.read() as session:
        seen = {(fault.addon, fault.place): fault for fault in recorded(session)}
    assert expected - set(seen) == set()
    assert {addon for addon, _ in seen} == {*RUNS, *NOT_LOADED, *MIGRATES}

    client = signed_in(app)
    for addon, place in expected:
        page = unescape(client.get(f"/addons/{addon}").text)
        fault = seen[addon, place]
        assert place in page
        assert fault.error in page
        trace = fault.traceback.strip()
        assert re.search(r'File ".+", line \d+', trace)
        assert trace in page
    infos = {info.name: info for info in kernel.overview()}
    for name, said in (NOT_LOADED | UNUSABLE).items():
        assert infos[name].state == "broken"
        assert said in infos[name].reason


def are_taken_out(kernel: Kernel) -> None:
    """What fails again and again is out of service for every process, and only that."""
    for _ in range(FAULTS):
        with kernel.db.write() as session:
            hooks.observe(session, "orders_imported", orders=[], connection=None)
    assert {name for name in kernel.rows if kernel.rows[name].state == states.QUARANTINED} == {
        *TAKEN_OUT,
        *NOT_LOADED,
    }
    assert kernel.enabled & TAKEN_OUT == set()
    assert {"healthy", *SHIPPED} <= kernel.enabled
    told = kernel.addon("healthy").told["orders_imported"]
    with kernel.db.write() as session:
        hooks.observe(session, "orders_imported", orders=[], connection=None)
    assert kernel.addon("healthy").told["orders_imported"] == told + 1


def boots_in_safe_mode(kernel: Kernel) -> None:
    """Even what ends the process when it is imported is not in the way then."""
    with kernel.db.write() as session:
        for name in REFUSED:
            session.add(
                Addon(name=name, state="enabled", version="1.0", tables=[], changed_at=clock.now())
            )
    environment = {
        **os.environ,
        "ENTREPOT_INSTANCE": str(kernel.config.instance),
        "ENTREPOT_DATABASE_URL": kernel.config.database_url,
        "ENTREPOT_ADDONS_PATH": os.pathsep.join(map(str, (BROKEN, HEALTHY))),
        "ENTREPOT_SAFE_MODE": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "core.cli", "addons", "list", "--json"],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
    )
    enabled = {info["name"] for info in json.loads(done.stdout) if info["state"] == "enabled"}
    # Whatever the folder has by now of shipped addons, and nothing of ours.
    assert enabled == kernel.enabled & {each.name for each in (ROOT / "addons").iterdir()}
    assert enabled >= SHIPPED


def test_an_answer_of_a_wrong_type_refuses_the_act(crowd: Crowd) -> None:
    lifecycle.disable(crowd.kernel, "raises_everywhere", force=True)

    with (
        crowd.kernel.db.write() as session,
        pytest.raises(AddonFailed, match="wrong_type failed in warehouse_for_orders: TypeError"),
    ):
        hooks.resolve(session, "warehouse_for_orders", orders=[])


def test_jobs_that_harm_their_process_only_fail(database_url: str, tmp_path: Path) -> None:
    kernel = Kernel.boot(Config(tmp_path, database_url, (BROKEN, HEALTHY)))
    for name in ("bad_jobs", "healthy"):
        lifecycle.install(kernel, name)
        lifecycle.enable(kernel, name)
    with kernel.db.write() as session:
        jobs = {name: enqueue(session, f"bad_jobs.{name}", {}) for name in IN_JOBS}
        # It bears the name of another addon's job, and waits behind all of them.
        behind = enqueue(session, "healthy.fails", {})
        # One more death of the process is enough, or this would take minutes.
        session.execute(sa.update(Job).values(losses=4))
    numbers = [job for job in (*jobs.values(), behind) if job is not None]
    assert len(numbers) == len(IN_JOBS) + 1

    with working(kernel, 2):
        *dead, done = ended(kernel, *numbers, seconds=400)

    assert {job.state for job in dead} == {"dead"}
    for job, said in zip(dead, IN_JOBS.values(), strict=True):
        assert said in (job.error or ""), job.task
    assert (done.state, done.result) == ("done", "works")
    with kernel.db.read() as session:
        faults = {fault.place for fault in session.scalars(sa.select(Fault))}
        assert {fault.addon for fault in session.scalars(sa.select(Fault))} == {"bad_jobs"}
    assert faults == {f"job:{name}" for name in IN_JOBS}
    kernel.db.dispose()

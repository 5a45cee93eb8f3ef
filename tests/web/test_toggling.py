"""Switching, installing and upgrading addons while clients ask several gunicorn workers.

In the suite a few switches with two workers; at full count three workers and forty (`-m soak`).
"""

from __future__ import annotations

import itertools
import shutil
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

import httpx2
import pytest

from core.bootstrap import CompanyWish
from core.bootstrap import initialise
from core.config import ROOT
from core.config import Config
from core.identity import first_run
from core.kernel import lifecycle
from core.kernel.kernel import Kernel
from tests.web.serving import PATIENCE
from tests.web.serving import ask
from tests.web.serving import command
from tests.web.serving import fields
from tests.web.serving import server

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
# The page of the addon that is switched, and what lies beneath it and beside it.
PAGE = "/x/profit_report/"
PATHS = (PAGE, "/x/profit_report", "/x/profit_report/nowhere", "/api/v1/x/profit_report/")
WAYS = tuple(itertools.product(METHODS, PATHS))
CORE = "/orders"

ADDON = """
from core.api import AddonBlueprint, hookimpl

pages = AddonBlueprint("{name}", __name__)


@pages.get("/")
def page():
    return "version {version}"


class Addon:
    @hookimpl
    def blueprints(self):
        return [pages]
"""

Operate = Callable[[Config, str, str], None]


@dataclass(frozen=True)
class Asked:
    """A request: when it began and ended, and what came."""

    began: float
    ended: float
    method: str
    path: str
    status: int
    text: str


@dataclass
class Load:
    """Clients that ask again and again, each time over a new connection."""

    address: str
    cookie: str
    pause: float
    asked: list[Asked] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self, number: int) -> None:
        """Be one client: every third request is for a page of the core."""
        while not self.stopping.wait(self.pause):
            number += 1
            self.ask("GET", CORE) if number % 3 == 0 else self.ask(*WAYS[number % len(WAYS)])

    def ask(self, method: str, path: str) -> Asked:
        """Ask once and remember it."""
        began = time.monotonic()
        status, text = ask(self.address, self.cookie, method, path)
        self.asked.append(Asked(began, time.monotonic(), method, path, status, text))
        return self.asked[-1]

    def every_way(self) -> None:
        """Ask for the switched addon by every method at every address, some at a time."""
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda way: self.ask(*way), WAYS))

    def until(self, path: str, text: str) -> None:
        """Wait until new code answers, whichever worker is asked."""
        deadline = time.monotonic() + PATIENCE
        while {self.ask("GET", path).text for _ in range(12)} != {text}:
            assert time.monotonic() < deadline, f"{path} does not say {text}"
            time.sleep(0.1)


@dataclass(frozen=True)
class Toggle:
    """A switch: while it is made nobody can say what holds."""

    began: float
    committed: float
    enabled: bool


def switch(kernel: Kernel, browser: httpx2.Client, count: int, load: Load) -> list[Toggle]:
    """Switch an addon, by a worker's page and from this process in turn; ask in between."""
    toggles = []
    for number in range(count):
        enabled = bool(number % 2)
        form = fields(browser, "/addons")
        began = time.monotonic()
        if number % 4 < 2:
            verb = "enable" if enabled else "disable"
            assert browser.post(f"/addons/profit_report/{verb}", data=form).status_code == 303
        else:
            (lifecycle.enable if enabled else lifecycle.disable)(kernel, "profit_report")
        toggles.append(Toggle(began, time.monotonic(), enabled))
        load.every_way()
    return toggles


def judge(asked: list[Asked], toggles: list[Toggle]) -> tuple[list[Asked], int]:
    """Return the answers that contradict the switch as it stood all the while; and how many not."""
    stale, judged = [], 0
    ends = [*(each.began for each in toggles[1:]), float("inf")]
    for toggle, until in zip(toggles, ends, strict=True):
        for each in asked:
            if each.path not in PATHS or each.began < toggle.committed or each.ended > until:
                continue
            judged += 1
            # While it is enabled its page is there whatever the method, and nothing else need be.
            hidden = each.status == 404
            if (not toggle.enabled and not hidden) or (
                toggle.enabled and hidden and each.path == PAGE
            ):
                stale.append(each)
    return stale, judged


def write_addon(folder: Path, name: str, version: str) -> None:
    """Put a version of an addon on the path."""
    shutil.rmtree(folder / name, ignore_errors=True)
    (folder / name).mkdir(parents=True)
    (folder / name / "__init__.py").touch()
    (folder / name / "addon.py").write_text(ADDON.format(name=name, version=version))
    (folder / name / "manifest.toml").write_text(
        f'name = "{name}"\ntitle = "Fresh"\nversion = "{version}"\n'
        'core = ">=1,<2"\ncategory = "app"\n'
    )


def by_command(config: Config, verb: str, name: str) -> None:
    """Act as an integrator does."""
    command(config, "addons", verb, name)


def in_process(config: Config, verb: str, name: str) -> None:
    """Do the same here: a command takes seconds to start."""
    kernel = Kernel.boot(config)
    try:
        (lifecycle.enable if verb == "enable" else lifecycle.install)(kernel, name)
    finally:
        kernel.db.dispose()
        for module in [each for each in sys.modules if each.startswith(f"addons.{name}")]:
            del sys.modules[module]


def renew(config: Config, load: Load, operate: Operate) -> None:
    """Install an addon and upgrade it; the workers take its new code while they are asked."""
    folder = config.addon_paths[1]
    # A name for each engine: a process finds an addon where it found the first of its name.
    name = "fresh_" + config.database_url.partition(":")[0]
    path = f"/x/{name}/"
    write_addon(folder, name, "1.0")
    operate(config, "install", name)
    operate(config, "enable", name)
    load.until(path, "version 1.0")
    write_addon(folder, name, "2.0")
    operate(config, "upgrade", name)
    upgraded = time.monotonic()
    load.until(path, "version 2.0")
    later = {each.text for each in load.asked if each.path == path and each.began > upgraded}
    # Held back until the code has come, but never the old code on the new data.
    assert "version 1.0" not in later


@pytest.mark.parametrize(
    ("count", "workers", "clients", "pause", "operate"),
    [
        pytest.param(4, 2, 3, 0.05, in_process, id="4 toggles"),
        pytest.param(40, 3, 8, 0.0, by_command, id="40 toggles", marks=pytest.mark.soak),
    ],
)
def test_no_answer_is_stale_and_none_fails(
    database_url: str,
    tmp_path: Path,
    count: int,
    workers: int,
    clients: int,
    pause: float,
    operate: Operate,
) -> None:
    config = Config(tmp_path, database_url, (ROOT / "addons", tmp_path / "more"))
    initialise(config, CompanyWish("Shop", "GB"))
    kernel = Kernel.boot(config)

    with server(config, workers) as address, httpx2.Client(base_url=address, timeout=60) as browser:
        token = first_run.shown_token(tmp_path)
        assert token is not None
        browser.post("/login", data={"token": token, **fields(browser, "/login")})
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        load = Load(address, cookie, pause)
        threads = [threading.Thread(target=load.run, args=(each * 5,)) for each in range(clients)]
        for thread in threads:
            thread.start()
        try:
            toggles = switch(kernel, browser, count, load)
            switched = len(load.asked)
            renew(config, load, operate)
        finally:
            load.stopping.set()
            for thread in threads:
                thread.join(PATIENCE)
            kernel.db.dispose()

    stale, judged = judge(load.asked[:switched], toggles)
    failed = [each for each in load.asked if each.status == 0 or each.status >= 500]
    statuses = Counter(each.status for each in load.asked)
    longest = max(each.ended - each.began for each in load.asked)
    print(
        f"{len(load.asked)} requests {dict(statuses)}, {judged} judged, {len(stale)} stale,"
        f" {len(failed)} failed, the longest took {longest:.1f} s"
    )
    assert stale == []
    assert failed == []
    assert judged >= count * len(WAYS)
    assert {each.status for each in load.asked if each.path == CORE} == {200}

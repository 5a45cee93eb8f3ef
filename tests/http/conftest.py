"""A kernel with the addon `vendor`, and a connection of it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.config import Config
from core.http import client as client_module
from core.http.circuit import Circuit
from core.http.client import HttpClient
from core.kernel import lifecycle
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import create_connection
from core.kernel.kernel import Kernel
from tests.kernel.platforms import make_company

ADDONS = Path(__file__).parent / "addons"


def boot_vendor(url: str, folder: Path, *opened: str) -> Kernel:
    """Boot a kernel with the addon `vendor` enabled."""
    kernel = Kernel.boot(Config(folder, url, (ADDONS,), http_allow=opened))
    if "vendor" not in kernel.enabled:
        lifecycle.install(kernel, "vendor")
        lifecycle.enable(kernel, "vendor")
    return kernel


def connect_vendor(
    kernel: Kernel, company_id: int, label: str = "Main", **settings: Any
) -> ConnectionInfo:
    """Make a connection with the vendor."""
    with kernel.db.write() as session:
        return create_connection(session, "vendor", label, settings, company_id=company_id)


@pytest.fixture
def vendor(database_url: str, tmp_path: Path) -> Iterator[Callable[..., Kernel]]:
    """Boot kernels on one database."""
    made: list[Kernel] = []

    def boot(*opened: str) -> Kernel:
        made.append(boot_vendor(database_url, tmp_path, *opened))
        return made[-1]

    yield boot
    for kernel in made:
        kernel.db.dispose()


@pytest.fixture
def quiet_vendor(sqlite_url: str, tmp_path: Path) -> Iterator[Callable[..., Kernel]]:
    """Boot kernels on SQLite only, for what does not touch the database."""
    made: list[Kernel] = []

    def boot(*opened: str) -> Kernel:
        made.append(boot_vendor(sqlite_url, tmp_path, *opened))
        return made[-1]

    yield boot
    for kernel in made:
        kernel.db.dispose()


@pytest.fixture(autouse=True)
def fresh_circuit(monkeypatch: pytest.MonkeyPatch) -> Circuit:
    """Let no test learn from another one that a host is silent."""
    made = Circuit()
    monkeypatch.setattr(client_module, "circuit", made)
    return made


def opened_client(kernel: Kernel, **options: Any) -> tuple[HttpClient, list[float]]:
    """Return a client of a new connection, and the waits that it would have slept."""
    company_id = make_company(kernel)
    connection = connect_vendor(kernel, company_id)
    client = HttpClient(kernel, "vendor", connection, **options)
    waits: list[float] = []
    client._sleep = waits.append
    return client, waits

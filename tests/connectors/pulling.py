"""A process that fetches orders, to be killed: `python -m tests.connectors.pulling ADDON …`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType

from core.config import ROOT
from core.config import Config
from core.http.calls import Operation
from core.http.calls import Rate
from core.kernel.companies import find_company
from core.kernel.connections import list_connections
from core.kernel.kernel import Kernel
from core.orders.pulling import pull_orders


def module_of(addon: str) -> ModuleType:
    """Return the module of an addon that fetches orders; its page and operations stand in it."""
    return import_module(f"addons.{addon}.pulling")


def scaled(operation: Operation, factor: float) -> Operation:
    """Return an operation so many times faster, as it is at a simulated marketplace."""
    assert operation.rate is not None
    rate = Rate(operation.rate.per_second * factor, operation.rate.burst)
    return replace(operation, rate=rate)


def faster(module: ModuleType, factor: float) -> Iterator[tuple[str, Operation]]:
    """Yield the operations of a module that have a rate of their own, so many times faster."""
    for name, value in list(vars(module).items()):
        if isinstance(value, Operation) and value.rate is not None:
            yield name, scaled(value, factor)


def main(addon: str, folder: str, url: str, host: str, page: str, factor: str) -> None:
    """Fetch the orders of the connection once."""
    module = module_of(addon)
    for name, value in (("PAGE", int(page)), *faster(module, float(factor))):
        setattr(module, name, value)
    config = Config(Path(folder), url, (ROOT / "addons",))
    kernel = Kernel.boot(replace(config, http_allow=(host,)))
    with kernel.db.read() as session:
        company = find_company(session)
        found = list_connections(session, company_id=company.id)
    (connection,) = [each for each in found if each.addon == addon]
    pull_orders(kernel, connection)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""A process that fetches orders, to be killed: `python -m tests.ebay.pulling FOLDER …`."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from addons.ebay import pulling
from core.config import ROOT
from core.config import Config
from core.http.calls import Operation
from core.http.calls import Rate
from core.kernel.companies import find_company
from core.kernel.connections import get_connection
from core.kernel.kernel import Kernel
from core.orders.pulling import pull_orders


def scaled(operation: Operation, factor: float) -> Operation:
    """Return an operation so many times faster, as it is at a simulated marketplace."""
    assert operation.rate is not None
    rate = Rate(operation.rate.per_second * factor, operation.rate.burst)
    return replace(operation, rate=rate)


def main(folder: str, url: str, host: str, page: str, factor: str) -> None:
    """Fetch the orders of the connection once."""
    pulling.PAGE, pulling.GET_ORDERS = int(page), scaled(pulling.GET_ORDERS, float(factor))
    config = Config(Path(folder), url, (ROOT / "addons",))
    kernel = Kernel.boot(replace(config, http_allow=(host,)))
    with kernel.db.read() as session:
        company = find_company(session)
        connection = get_connection(session, "eBay", company_id=company.id)
    pull_orders(kernel, connection)


if __name__ == "__main__":
    main(*sys.argv[1:])

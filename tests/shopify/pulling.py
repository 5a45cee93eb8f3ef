"""A process that fetches orders, to be killed: `python -m tests.shopify.pulling FOLDER …`."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from addons.shopify import pulling
from core.config import ROOT
from core.config import Config
from core.kernel.companies import find_company
from core.kernel.connections import get_connection
from core.kernel.kernel import Kernel
from core.orders.pulling import pull_orders


def main(folder: str, url: str, host: str, page: str) -> None:
    """Fetch the orders of the connection once."""
    pulling.PAGE = int(page)
    config = Config(Path(folder), url, (ROOT / "addons",))
    kernel = Kernel.boot(replace(config, http_allow=(host,)))
    with kernel.db.read() as session:
        company = find_company(session)
        connection = get_connection(session, "Shopify", company_id=company.id)
    pull_orders(kernel, connection)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""A process that fetches settlements, to be killed: `python -m tests.amazon.fetching FOLDER …`."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from addons.amazon import reports
from core.config import ROOT
from core.config import Config
from core.kernel.companies import find_company
from core.kernel.connections import get_connection
from core.kernel.kernel import Kernel
from core.settlements.pulling import pull_settlements


def main(folder: str, url: str, host: str, page: str) -> None:
    """Fetch the settlements of the connection once."""
    reports.PAGE = int(page)
    config = Config(Path(folder), url, (ROOT / "addons",))
    kernel = Kernel.boot(replace(config, http_allow=(host,)))
    with kernel.db.read() as session:
        company = find_company(session)
        connection = get_connection(session, "Amazon API", company_id=company.id)
    pull_settlements(kernel, connection)


if __name__ == "__main__":
    main(*sys.argv[1:])

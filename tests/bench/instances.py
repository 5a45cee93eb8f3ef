"""Fresh databases and instances to measure on, with the durability of production."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import zstandard

from core.bootstrap import CompanyWish
from core.bootstrap import initialise
from core.collector import leave_loaded_alone
from core.config import load_config
from core.kernel.companies import find_company
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import create_connection
from core.kernel.kernel import Kernel
from core.stock.importing import import_stock_file
from tests.postgres import server

ENGINES = ("sqlite", "postgresql")
WISH = CompanyWish("Demo", "GB", "GBP", "Europe/London")


@dataclass(frozen=True)
class DatabasePair:
    """The database of the import, and the one for the raw inserts, on the same server or disk."""

    imported: str
    raw: str


@contextmanager
def databases(engine: str, folder: Path) -> Iterator[DatabasePair]:
    """Make two empty databases that wait for the disk."""
    if engine == "sqlite":
        yield DatabasePair(*(f"sqlite:///{folder / name}.sqlite" for name in ("imported", "raw")))
        return
    with server(durable=True) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE imported")
            connection.execute("CREATE DATABASE raw")
        parts = urlsplit(url)
        yield DatabasePair(*(parts._replace(path=f"/{n}").geturl() for n in ("imported", "raw")))


def first_lines(orders: Path, count: int | None, folder: Path) -> Path:
    """Return a file of the first lines of a packed file of orders; all of them are itself."""
    if count is None:
        return orders
    excerpt = folder / f"orders_{count}.csv"
    with (
        zstandard.open(orders, "rt", encoding="utf-8", newline="") as source,
        excerpt.open("w", encoding="utf-8", newline="") as target,
    ):
        writer = csv.writer(target, lineterminator="\n")
        writer.writerows(itertools.islice(csv.reader(source), count + 1))
    return excerpt


def make_instance(url: str, folder: Path, opening: Path) -> tuple[Kernel, ConnectionInfo]:
    """Make a company that has its opening stock, and a connection for files."""
    config = load_config({"ENTREPOT_INSTANCE": str(folder), "ENTREPOT_DATABASE_URL": url})
    initialise(config, WISH)
    kernel = Kernel.boot(config)
    # As the command line and the workers do.
    leave_loaded_alone()
    with kernel.db.write() as session:
        company_id = find_company(session).id
        connection = create_connection(session, "file_channel", "retail", {}, company_id=company_id)
    import_stock_file(kernel, connection.company_id, opening)
    return kernel, connection

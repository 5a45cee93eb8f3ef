"""Loading the demo company: what `sku load`, `import stock` and `import orders` would do."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import date
from importlib.resources import as_file
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from core.catalog.files import products_in
from core.catalog.keeping import keep_skus
from core.channels.models import Import
from core.demo.dating import moved
from core.errors import NotFound
from core.kernel.companies import CompanyInfo
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import create_connection
from core.kernel.connections import get_connection
from core.kernel.kernel import Kernel
from core.kernel.models import Company
from core.orders.importing import import_order_file
from core.stock.importing import import_stock_file

NAME = "Harbour & Finch"
CODE = "harbour-finch"
COUNTRY = "GB"
CHANNEL = "file_channel"
LABEL = "harbour-finch.example"


def load_demo(
    kernel: Kernel,
    company: CompanyInfo,
    say: Callable[[str], None] = lambda _line: None,
    *,
    until: date | None = None,
) -> bool:
    """Fill the demo company once; return whether there was anything to do.

    Its days end with `until`, or where the files end.

    A loading that broke off is taken up again, since importing a row twice changes nothing.
    Any other company is left alone.
    """
    if company.code != CODE or CHANNEL not in kernel.enabled or _loaded(kernel, company.id):
        return False
    with ExitStack() as stack:
        products, stock, orders, mapping = (
            stack.enter_context(as_file(files("core.demo") / name))
            for name in ("products.csv", "stock.csv", "orders.csv", "mapping.toml")
        )
        if until is not None:
            folder = Path(stack.enter_context(TemporaryDirectory()))
            stock, orders = (moved(each, folder, until) for each in (stock, orders))
        _describe(kernel, company, products, say)
        _import(kernel, company, stock, orders, mapping, say)
    return True


def first_day(kernel: Kernel, company: CompanyInfo) -> date:
    """Return the day on which a company was made: it stays, however often loading is taken up."""
    with kernel.db.read() as session:
        made = session.scalars(sa.select(Company.created_at).where(Company.id == company.id)).one()
    return made.astimezone(ZoneInfo(company.timezone)).date()


def _describe(
    kernel: Kernel, company: CompanyInfo, products: Path, say: Callable[[str], None]
) -> None:
    with kernel.db.write() as session:
        kept = keep_skus(session, company.id, products_in(products.read_bytes(), products.name))
    say(f"Products: {kept.made + kept.changed}.")


def _import(
    kernel: Kernel,
    company: CompanyInfo,
    stock: Path,
    orders: Path,
    mapping: Path,
    say: Callable[[str], None],
) -> None:
    connection = _connection(kernel, company.id)
    received = import_stock_file(kernel, company.id, stock)
    say(f"Opening stock: {received.applied} rows.")
    booked = import_order_file(kernel, connection, orders, mapping=mapping)
    say(f"Orders: {booked.applied} lines booked, {booked.quarantined} set aside.")


def _loaded(kernel: Kernel, company_id: int) -> bool:
    done = sa.select(Import.id).where(
        Import.company_id == company_id, Import.kind == "orders", Import.state == "done"
    )
    with kernel.db.read() as session:
        return session.scalars(done.limit(1)).first() is not None


def _connection(kernel: Kernel, company_id: int) -> ConnectionInfo:
    with kernel.db.write() as session:
        try:
            return get_connection(session, LABEL, company_id=company_id)
        except NotFound:
            return create_connection(session, CHANNEL, LABEL, {}, company_id=company_id)

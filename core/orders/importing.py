"""Importing a file of orders: staged whole, then applied in batches that each commit."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from sqlalchemy.orm import Session

from core.channels.calling import as_addon
from core.channels.calling import connector_with
from core.channels.connector import FileConnector
from core.channels.connector import OrderFileFacts
from core.channels.importing import ImportResult
from core.channels.importing import begin_import
from core.channels.importing import file_digest
from core.channels.importing import finish_import
from core.channels.shops import raw_scope_of
from core.channels.shops import shop_of
from core.collector import collecting_seldom
from core.errors import InputError
from core.kernel.companies import company_of
from core.kernel.connection_states import note_success
from core.kernel.connections import ConnectionInfo
from core.kernel.kernel import Kernel
from core.ledger.chart import require_accounts
from core.ledger.periods import closed_months
from core.orders.applying import BatchResult
from core.orders.applying import apply_documents
from core.orders.batch import ImportContext
from core.orders.leaving import ship_known
from core.orders.lookups import Account
from core.orders.record import Actor
from core.orders.staging import SourceDocument
from core.orders.staging import StagedFile
from core.stock.reserving import take_with_commit
from core.stock.warehouses import WarehouseFacts
from core.stock.warehouses import warehouses_of

BATCH_LINES = 750

Progress = Callable[[str, int, int], None]
"""Called with the step, how many lines are done, and of how many (0 if not known yet)."""


def import_order_file(
    kernel: Kernel,
    connection: ConnectionInfo,
    path: Path,
    *,
    mapping: Path | str | None = None,
    on_progress: Progress = lambda _step, _done, _total: None,
    batch_lines: int | None = None,
) -> ImportResult:
    """Import a file of orders through a connection; importing it again changes nothing.

    A transaction takes whole documents, `batch_lines` lines or a few more. Raises: InputError if
    the file or the mapping cannot be read; then nothing was changed.
    """
    connector: FileConnector = connector_with(kernel, connection, "open_orders", "reads no files")
    mapping = mapping or mapping_of(connection)
    with StagedFile() as staged, collecting_seldom():
        with as_addon(kernel, connection.addon, "orders file", "Nothing was imported."):
            file = connector.open_orders(path, mapping=mapping, account=connection.account)
            staged.fill(file, lambda done: on_progress("reading", done, 0))
        with kernel.db.write() as session:
            require_accounts(session, connection.company_id, staged.accounts)
            context = _begin(session, connection, connector.platform, file.facts, path)
        result = ImportResult(received=staged.received, by_kind=dict(staged.by_kind))
        for documents in _batches(staged.documents(), batch_lines or BATCH_LINES):
            result.add(take_with_commit(kernel.db, partial(_apply, context, documents)))
            on_progress("booking", result.done, staged.received)
    with kernel.db.write() as session:
        finish_import(session, connection.company_id, context.import_id, result)
        note_success(session, connection)
    return result


def _apply(
    context: ImportContext, documents: Sequence[SourceDocument], session: Session
) -> BatchResult:
    done = apply_documents(session, context, documents)
    if context.shipped and done.unchanged:
        # What came in before it left has left by now.
        refs = [document.ref for document in documents]
        ship_known(session, context.account, refs, Actor(context.connection.label))
    return done


def mapping_of(connection: ConnectionInfo) -> Path | str | None:
    """Return the mapping, a file or its text, that a connection uses when none is named."""
    told = connection.settings.get("mapping")
    return told if told and "\n" in told else Path(told) if told else None


def _begin(
    session: Session,
    connection: ConnectionInfo,
    platform: str,
    facts: OrderFileFacts,
    path: Path,
) -> ImportContext:
    company_id = connection.company_id
    company = company_of(session, company_id)
    account = Account(company_id, platform, connection.account)
    shop_id = shop_of(session, account, facts.shop)
    warehouses = warehouses_of(session, company_id)
    return ImportContext(
        connection=connection,
        account=account,
        company=company,
        shop_id=shop_id,
        marketplace=facts.shop.marketplace,
        scope_id=raw_scope_of(session, account),
        import_id=begin_import(
            session,
            company_id,
            shop_id,
            "orders",
            path.name,
            file_digest(path),
            facts.mapping,
            facts.header,
        ),
        warehouses=warehouses,
        default_warehouse=_leaving_from(warehouses, facts.warehouse),
        create_skus=facts.create_skus,
        shipped=facts.shipped,
        closed=closed_months(session, company_id),
        has_left_there=bool(facts.warehouse),
    )


def _leaving_from(warehouses: Mapping[int, WarehouseFacts], code: str) -> WarehouseFacts:
    """Return the warehouse that a file names, or the company's first one.

    Raises: InputError for one that the company does not have.
    """
    if not code:
        return next(iter(warehouses.values()))
    found = next((each for each in warehouses.values() if each.code == code), None)
    if found is None:
        known = ", ".join(sorted(each.code for each in warehouses.values()))
        raise InputError(
            f"There is no warehouse {code!r} from which these goods could have left.",
            where="warehouse",
            hint=f"Correct the mapping's [options]; known are {known}.",
        )
    return found


def _batches(
    documents: Iterable[SourceDocument], batch_lines: int
) -> Iterator[list[SourceDocument]]:
    """Group documents so that a batch holds the write lock for a moment only."""
    batch: list[SourceDocument] = []
    size = 0
    for document in documents:
        batch.append(document)
        size += len(document.lines) + len(document.rejected)
        if size >= batch_lines:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch

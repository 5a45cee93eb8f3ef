"""Fetching orders from a platform's API: page by page, each with its cursor in one transaction.

A process may end at any moment: what is in the database stays, the next run goes on at the page
that was not stored yet, and what it brings again changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import httpx2
from sqlalchemy.orm import Session

from core.channels.calling import calling
from core.channels.calling import connector_with
from core.channels.calling import noting_failure
from core.channels.connector import ShopFacts
from core.channels.cursors import LAG
from core.channels.cursors import Place
from core.channels.cursors import place_of
from core.channels.cursors import store_place
from core.channels.cursors import sweep_place
from core.channels.external import ExternalOrder
from core.channels.external import OrderPage
from core.channels.external import OrderStatus
from core.channels.external import Rejected
from core.channels.importing import ImportResult
from core.channels.importing import begin_import
from core.channels.importing import finish_import
from core.channels.raw_orders import APPLIED
from core.channels.raw_orders import QUARANTINED
from core.channels.raw_orders import SUPERSEDED
from core.channels.raw_orders import WAITING
from core.channels.raw_orders import Received
from core.channels.raw_orders import hash_of
from core.channels.raw_orders import known_hashes
from core.channels.raw_orders import newest_versions
from core.channels.raw_orders import store
from core.channels.shops import raw_scope_of
from core.channels.shops import shop_of
from core.channels.verifying import faults_of_order
from core.channels.walking import fetcher
from core.channels.walking import walk
from core.collector import collecting_seldom
from core.config import Config
from core.errors import EntrepotError
from core.errors import NotFound
from core.kernel.companies import company_of
from core.kernel.connection_states import note_success
from core.kernel.connections import ConnectionInfo
from core.kernel.cursors import CursorInfo
from core.kernel.cursors import read_cursor
from core.kernel.kernel import Kernel
from core.ledger.periods import closed_months
from core.orders.applying import apply_documents
from core.orders.arriving import money_only_where_taken
from core.orders.batch import ImportContext
from core.orders.cutting import cut_lines
from core.orders.external import documents_of
from core.orders.lookups import Account
from core.orders.record import Actor
from core.orders.refunded import link_refunds
from core.orders.statuses import StatusFact
from core.orders.statuses import apply_statuses
from core.orders.told_taxes import tell_again
from core.stock.warehouses import platform_warehouse
from core.stock.warehouses import warehouses_of

CAPABILITY = "orders.import"
BATCH_ORDERS = 200
STATUS_MAP = "connector"
LACKS = "has no orders to fetch"


@dataclass(slots=True)
class PullResult:
    """What became of the orders of a run; lines are counted as in an import of a file."""

    pages: int = 0
    received: int = 0
    applied: int = 0
    unchanged: int = 0
    waiting: int = 0
    superseded: int = 0
    quarantined: int = 0

    def as_json(self) -> dict[str, int]:
        """Return the result as the command line shows it."""
        return asdict(self)


def pull_orders(
    kernel: Kernel,
    connection: ConnectionInfo,
    *,
    transport: httpx2.BaseTransport | None = None,
    on_page: Callable[[PullResult], None] = lambda _result: None,
) -> PullResult:
    """Fetch what changed since the last run and derive it; told again it changes nothing.

    Raises: ConnectorError as the connector raised it, AddonFailed; what came before is kept.
    """
    with kernel.db.read() as session:
        read = read_cursor(session, connection, CAPABILITY)
    connector = connector_with(kernel, connection, "pull_orders", LACKS)
    place = place_of(read, getattr(connector, "lag", LAG))
    return _walk(kernel, connection, read, place, transport, on_page)


def sweep_orders(
    kernel: Kernel,
    connection: ConnectionInfo,
    *,
    transport: httpx2.BaseTransport | None = None,
    on_page: Callable[[PullResult], None] = lambda _result: None,
) -> PullResult:
    """Fetch the last days once more, for what was shown late or lost; the cursor stays.

    Raises: what `pull_orders` raises.
    """
    with kernel.db.read() as session:
        place = sweep_place(read_cursor(session, connection, CAPABILITY))
    if place is None:
        return PullResult()
    return _walk(kernel, connection, None, place, transport, on_page)


def _walk(
    kernel: Kernel,
    connection: ConnectionInfo,
    read: CursorInfo | None,
    place: Place,
    transport: httpx2.BaseTransport | None,
    on_page: Callable[[PullResult], None],
) -> PullResult:
    """Walk a window page by page; a cursor that is given moves along."""
    connector = connector_with(kernel, connection, "pull_orders", LACKS)
    result, lines = PullResult(), ImportResult()
    with (
        noting_failure(kernel, connection),
        collecting_seldom(),
        calling(kernel, connection, connector, transport) as call,
    ):
        with kernel.db.write() as session:
            work = _Work(session, connection, connector.platform, kernel.config, read)
        for page, following in walk(fetcher(kernel, connector, "pull_orders", call), place):
            _store_page(kernel, work, page, following, result, lines)
            on_page(result)
    with kernel.db.write() as session:
        finish_import(session, connection.company_id, work.import_id, lines)
        note_success(session, connection)
    return result


def _store_page(
    kernel: Kernel,
    work: _Work,
    page: OrderPage,
    following: Place,
    result: PullResult,
    lines: ImportResult,
) -> None:
    """Store and derive the orders of a page; the cursor moves with the last of them."""
    records = list(page.records)
    chunks = [records[at : at + BATCH_ORDERS] for at in range(0, len(records), BATCH_ORDERS)]
    outcomes: Counter[str] = Counter()
    for number, chunk in enumerate(chunks or [[]], 1):
        with kernel.db.write() as session:
            outcomes += work.apply(session, chunk, lines)
            if number >= len(chunks) and work.read is not None:
                moved = store_place(session, work.connection, work.read, following)
    if work.read is not None:
        work.read = moved
    result.pages += 1
    result.received += len(records)
    for name, count in outcomes.items():
        setattr(result, name, getattr(result, name) + count)


class _Work:
    """What a run knows of its company, and the verdict on each order."""

    def __init__(
        self,
        session: Session,
        connection: ConnectionInfo,
        platform: str,
        config: Config,
        read: CursorInfo | None,
    ) -> None:
        self.connection = connection
        self.actor = Actor(connection.label)
        self.read = read
        self.config = config
        self.account = Account(connection.company_id, platform, connection.account)
        self.import_id = begin_import(
            session, connection.company_id, None, "orders", platform, "", "", ()
        )
        self.stored_in: int | None = None
        with suppress(NotFound):
            named = str(connection.settings.get("stored_in") or "")
            self.stored_in = platform_warehouse(session, connection.company_id, named)

    def apply(
        self, session: Session, records: Sequence[ExternalOrder | Rejected], lines: ImportResult
    ) -> Counter[str]:
        """Store what is new of some records and derive what is ready."""
        received, unchanged = self._judge(session, records)
        store(session, self.account, self.import_id, received, self.config)
        # Of one moment's versions the last received counts: one document must not come twice.
        ready = {
            each.record.external_id: each.record
            for each in received
            if each.outcome == APPLIED and isinstance(each.record, ExternalOrder)
        }
        ready |= money_only_where_taken(session, self.account, ready.values())
        for group, orders in _groups(ready.values()):
            documents = [document for order in orders for document in documents_of(order)]
            context = self._context(session, *group)
            documents.sort(key=lambda document: document.lines[0].occurred_at)
            lines.received += sum(len(document.lines) for document in documents)
            lines.add(apply_documents(session, context, documents))
        link_refunds(session, self.account, ready.values())
        told = {each.external_id: (each.tax, each.country) for each in ready.values() if each.tax}
        ours = self.account
        tell_again(session, ours.company_id, ours.platform, ours.account, told)
        # What was known before may have left, or been cancelled, since; in part first, so that
        # nothing leaves that nobody wants.
        scope_id = raw_scope_of(session, self.account)
        cut_lines(session, self.account, scope_id, list(ready.values()), self.actor)
        apply_statuses(session, self.account, STATUS_MAP, _facts(ready.values()), self.actor)
        return Counter(each.outcome for each in received) + Counter(unchanged=unchanged)

    def _judge(
        self, session: Session, records: Sequence[ExternalOrder | Rejected]
    ) -> tuple[list[Received], int]:
        """Say of each record what becomes of it; how many were known is the second."""
        refs = sorted({record.external_id for record in records})
        known = set(known_hashes(session, self.account, refs))
        fresh = []
        for record in records:
            mark = (record.external_id, hash_of(record))
            if mark not in known:
                known.add(mark)
                fresh.append(record)
        reasons = [_reason(record) for record in fresh]
        newest = newest_versions(session, self.account, refs)
        for record, reason in zip(fresh, reasons, strict=True):
            if isinstance(record, ExternalOrder) and reason is None:
                latest = newest.get(record.external_id, record.updated_at)
                newest[record.external_id] = max(latest, record.updated_at)
        received = [
            self._verdict(record, reason, newest)
            for record, reason in zip(fresh, reasons, strict=True)
        ]
        return received, len(records) - len(fresh)

    def _verdict(
        self,
        record: ExternalOrder | Rejected,
        reason: str | None,
        newest: dict[str, datetime],
    ) -> Received:
        """Say what becomes of a record that was not known; the newest version wins."""
        if reason is not None or isinstance(record, Rejected):
            return Received(record, QUARANTINED, reason)
        if record.updated_at < newest[record.external_id]:
            return Received(record, SUPERSEDED)
        return Received(record, WAITING if self._waits(record) else APPLIED)

    def _context(
        self, session: Session, shop: ShopFacts, shipped: bool, stored: bool
    ) -> ImportContext:
        company_id = self.connection.company_id
        company = company_of(session, company_id)
        shop_id = shop_of(session, self.account, shop)
        warehouses = warehouses_of(session, company_id)
        return ImportContext(
            connection=self.connection,
            account=self.account,
            company=company,
            shop_id=shop_id,
            marketplace=shop.marketplace,
            scope_id=raw_scope_of(session, self.account),
            import_id=self.import_id,
            warehouses=warehouses,
            default_warehouse=warehouses[self.stored_in]
            if stored and self.stored_in is not None
            else next(iter(warehouses.values())),
            create_skus=False,
            shipped=shipped,
            closed=closed_months(session, company_id),
            has_left_there=stored and self.stored_in is not None,
        )

    def _waits(self, order: ExternalOrder) -> bool:
        """Say whether an order is not ours to promise: not paid, or still with the platform."""
        with_platform = order.stored and self.stored_in is not None
        is_open = order.status in (OrderStatus.UNSHIPPED, OrderStatus.CANCEL_REQUESTED)
        return order.status is OrderStatus.PENDING or (with_platform and is_open)


def _facts(orders: Iterable[ExternalOrder]) -> list[StatusFact]:
    return [StatusFact(each.external_id, str(each.status), each.updated_at) for each in orders]


def _reason(record: ExternalOrder | Rejected) -> str | None:
    """Say why a record cannot be derived, None if it can."""
    if isinstance(record, Rejected):
        return record.reason
    try:
        return " ".join(faults_of_order(record)) or None
    except EntrepotError as error:
        return str(error)


def _groups(
    orders: Iterable[ExternalOrder],
) -> Iterator[tuple[tuple[ShopFacts, bool, bool], list[ExternalOrder]]]:
    """Group orders by their shop, by whether the goods have left, and from where."""

    def key(order: ExternalOrder) -> tuple[ShopFacts, bool, bool]:
        return order.shop, order.status is OrderStatus.SHIPPED, order.stored

    def text(order: ExternalOrder) -> str:
        return repr(key(order))

    for _, found in groupby(sorted(orders, key=text), key=text):
        members = list(found)
        yield key(members[0]), members

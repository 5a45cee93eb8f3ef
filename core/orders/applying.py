"""Applying a batch of sales documents: lines, stock, tax and entries in one transaction.

This is the main way through the house: raw rows are stored, what is new is matched to SKUs and
buyers, stock is reserved and leaves, tax is decided, and each document becomes one balanced entry.
The events are worked out in the order of time and written by sets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import date

from sqlalchemy.orm import Session

from core import clock
from core.channels.connector import LineKind
from core.channels.connector import SourceLine
from core.channels.raw import Occurrences
from core.channels.raw import write_raw_rows
from core.db import id_stream
from core.kernel import hooks
from core.kernel.connections import ConnectionInfo
from core.ledger.journal import Dimensions
from core.ledger.journal import EntryDraft
from core.ledger.journal import Journal
from core.orders import covering
from core.orders import lookups
from core.orders import writing
from core.orders.posting import ADJUSTING
from core.orders.posting import RECEIVABLE
from core.orders.posting import STOCK_COUNT
from core.orders.posting import STOCK_LOSS
from core.orders.posting import STOCKED
from core.orders.posting import TAXED
from core.orders.posting import BookableLine
from core.orders.posting import account_of
from core.orders.posting import book_line
from core.orders.returning import BuyerCode
from core.orders.returning import SoldLine
from core.orders.returning import SoldLines
from core.orders.staging import SourceDocument
from core.orders.writing import EventRow
from core.orders.writing import LineRow
from core.orders.writing import OrderRow
from core.stock.batch import StockBatch
from core.stock.states import Why
from core.tax.deciding import Decided
from core.tax.deciding import decide
from core.tax.deciding import tax_amount
from core.tax.regime import TaxFacts


@dataclass(frozen=True, slots=True)
class ImportContext:
    """Where a batch comes from and where its goods lie."""

    connection: ConnectionInfo
    account: lookups.Account
    company_country: str
    currency: str
    shop_id: int
    import_id: int
    warehouse_id: int
    warehouse_country: str
    inventory_account: str
    create_skus: bool
    shipped: bool
    closed: frozenset[date]


@dataclass(slots=True)
class BatchResult:
    """What became of the rows of a batch."""

    applied: int = 0
    unchanged: int = 0
    quarantined: int = 0
    quarantine: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ImportedOrder:
    """A document of a batch as addons see it."""

    id: int
    external_ref: str
    kind: str
    state: str
    country: str
    new: bool


@dataclass(slots=True, eq=False)
class _NewLine:
    source: SourceLine
    raw_row_id: int
    occurrence: int


class DocumentBatch:
    """A batch of documents of one account on its way into the books."""

    def __init__(self, session: Session, context: ImportContext) -> None:
        self.session = session
        self.context = context
        company_id = context.account.company_id
        self._ids = id_stream(session)
        self._now = clock.now()
        self._journal = Journal(session, company_id, context.currency)
        self._stock = StockBatch(
            session, company_id, context.currency, context.warehouse_id, self._ids
        )
        self._rows = writing.Rows(company_id, context.account, context.shop_id, self._now)
        self._raw: list[tuple[object, ...]] = []
        self.result = BatchResult()

    def apply(self, documents: Sequence[SourceDocument]) -> BatchResult:
        """Book what is new in some documents, given in the order of time."""
        fresh = self._keep_new(documents)
        if fresh:
            self._look_up([line for _, lines in fresh for line in lines], fresh)
            for document, lines in fresh:
                self._apply_document(document.ref, lines)
            self._book_covers()
        self._write()
        return self.result

    def _keep_new(
        self, documents: Sequence[SourceDocument]
    ) -> list[tuple[SourceDocument, list[_NewLine]]]:
        context = self.context
        known = Occurrences(
            self.session, context.account.company_id, context.shop_id, [d.ref for d in documents]
        )
        fresh: list[tuple[SourceDocument, list[_NewLine]]] = []
        for document in documents:
            lines: list[_NewLine] = []
            for source in document.lines:
                occurrence = known.number_if_new(document.ref, source.fingerprint)
                if occurrence is None:
                    self.result.unchanged += 1
                    continue
                raw_row_id = next(self._ids)
                self._keep_raw(raw_row_id, occurrence, source, source.kind, None)
                lines.append(_NewLine(source, raw_row_id, occurrence))
            self.result.applied += len(lines)
            for rejected in document.rejected:
                self.result.quarantined += 1
                self.result.quarantine.append((rejected.line_number, rejected.reason))
                occurrence = known.number_if_new(document.ref, rejected.fingerprint)
                if occurrence is not None:
                    self._keep_raw(
                        next(self._ids), occurrence, rejected, "quarantined", rejected.reason
                    )
            if lines:
                fresh.append((document, lines))
        return fresh

    def _keep_raw(
        self, raw_row_id: int, occurrence: int, line: writing.RawLine, kind: str, reason: str | None
    ) -> None:
        context = self.context
        self._raw.append(
            (context.account.company_id, raw_row_id, context.shop_id, context.import_id)
            + (line.document_ref, line.fingerprint, occurrence, line.line_number, kind)
            + (line.payload, reason)
        )

    def _look_up(
        self,
        lines: Sequence[_NewLine],
        fresh: Sequence[tuple[SourceDocument, list[_NewLine]]],
    ) -> None:
        """Fetch all that the batch refers to, a query for each kind of thing."""
        session, context = self.session, self.context
        account = context.account
        sources = [line.source for line in lines]
        titles = {s.code: s.title for s in reversed(sources) if s.kind in STOCKED}
        self._skus = lookups.skus_of(session, account, titles, create=context.create_skus)
        refs = {s.customer_ref for s in sources if s.customer_ref is not None}
        self._customers = lookups.customers_of(session, account, refs)
        self._orders = lookups.orders_of(session, account, [d.ref for d, _ in fresh])
        self._journal.know_items(RECEIVABLE, [self._key(ref) for ref in self._orders])
        self._facts = {s.fingerprint: self._facts_of(s) for s in sources if s.kind in TAXED}
        self._decided: Decided = decide(session, account.company_id, self._facts.values())
        self._sold = SoldLines(
            session,
            account.company_id,
            {key for s in sources if s.quantity < 0 and (key := self._buyer_code(s)) is not None},
        )
        self._stock.lock(set(self._skus.values()), self._sold.line_ids())

    def _facts_of(self, source: SourceLine) -> TaxFacts:
        context = self.context
        return TaxFacts(
            taxed_on=source.occurred_on,
            ship_from=context.warehouse_country,
            ship_to=source.country,
            seller_country=context.company_country,
            platform=context.account.platform,
            item="delivery" if source.kind is LineKind.POSTAGE else "goods",
        )

    def _buyer_code(self, source: SourceLine) -> BuyerCode | None:
        if source.customer_ref is None:
            return None
        return self._customers[source.customer_ref], source.code

    def _key(self, document_ref: str) -> str:
        account = self.context.account
        return f"{account.platform}/{account.account}/{document_ref}"

    def _apply_document(self, ref: str, lines: Sequence[_NewLine]) -> None:
        adjusting = [line for line in lines if line.source.kind in ADJUSTING]
        trading = [line for line in lines if line.source.kind not in ADJUSTING]
        if trading:
            self._apply_sale(ref, trading)
        if adjusting:
            self._apply_adjustment(ref, adjusting)

    def _apply_sale(self, ref: str, lines: Sequence[_NewLine]) -> None:
        first = lines[0].source
        known = self._orders.get(ref)
        order_id, version = (known[0], known[1] + 1) if known else (next(self._ids), 1)
        order = OrderRow(order_id, version, ref, _kind(lines), first)
        order.customer_id = self._customers.get(first.customer_ref or "")
        self._rows.orders.append(order)
        parcel = _Parcel(self, order, lines)
        if self._unmapped(lines):
            parcel.hold("unmapped")
        elif not self.context.shipped:
            parcel.reserve()
        else:
            parcel.ship()

    def _unmapped(self, lines: Iterable[_NewLine]) -> bool:
        return any(
            line.source.kind in STOCKED and line.source.code not in self._skus for line in lines
        )

    def _apply_adjustment(self, ref: str, lines: Sequence[_NewLine]) -> None:
        """Book goods that were written off or found; a document may do so in several files."""
        first = lines[0]
        context, stock = self.context, self._stock
        key = f"{self._key(ref)}#{first.source.fingerprint:x}.{first.occurrence}"
        day, at = first.source.occurred_on, first.source.occurred_at
        event = stock.document(next(self._ids), "adjustment", key, at, day)
        entry = self._journal.entry(
            next(self._ids),
            f"adjustment:{key}",
            "stock_adjustment",
            day,
            document_id=event.id,
            narration=f"Stock adjustment {ref}",
        )
        for line in lines:
            source = line.source
            sku_id = self._skus[source.code]
            dimensions = Dimensions(
                context.shop_id, source.country, None, None, sku_id, context.warehouse_id
            )
            why = Why(str(source.kind), None, line.raw_row_id)
            if source.kind is LineKind.WRITE_OFF:
                value = -stock.write_off(event.id, at, None, sku_id, -source.quantity, why)
                account = source.account or STOCK_LOSS
            else:
                value = stock.find(event.id, at, sku_id, source.quantity, why)
                account = source.account or STOCK_COUNT
            entry.add(context.inventory_account, value, dimensions)
            entry.add(account, -value, dimensions)

    def _book_covers(self) -> None:
        covering.book_covers(
            self.session,
            self._journal,
            self._stock,
            self.context.inventory_account,
            self.context.warehouse_id,
            self._rows.dimensions,
            self._ids,
        )

    def _write(self) -> None:
        session = self.session
        write_raw_rows(session, self._raw)
        if not self._rows.orders and not self._stock.documents:
            return
        self._rows.write(session)
        self._sold.write()
        self._stock.write()
        self._journal.post()
        if self._stock.moves and hooks.wanted(session, "observe", "stock_moved"):
            hooks.observe(session, "stock_moved", moves=self._stock.moved())
        if self._rows.orders and hooks.wanted(session, "observe", "orders_imported"):
            hooks.observe(
                session,
                "orders_imported",
                orders=self._imported(),
                connection=self.context.connection,
            )

    def _imported(self) -> tuple[ImportedOrder, ...]:
        return tuple(
            ImportedOrder(o.id, o.ref, o.kind, o.state, o.first.country, o.version == 1)
            for o in self._rows.orders
        )


class _Parcel:
    """The new lines of one document, as one event and one entry."""

    def __init__(self, batch: DocumentBatch, order: OrderRow, lines: Sequence[_NewLine]) -> None:
        self.batch = batch
        self.order = order
        self.lines = lines
        self.key = f"{batch._key(order.ref)}#{order.version}"
        self._event("imported", lines=len(lines), import_id=batch.context.import_id)

    def hold(self, exception: str) -> None:
        """Keep the lines without moving or booking anything, until the exception is solved."""
        self.order.state, self.order.exception = "draft", exception
        for line in self.lines:
            self._row(line, line.source.quantity, line.source.net_amount)
        self._event("held", reason=exception)

    def reserve(self) -> None:
        """Promise stock to the lines; what is not there is a visible shortage."""
        batch, missing = self.batch, 0
        for line in self.lines:
            row = self._row(line, line.source.quantity, line.source.net_amount)
            if line.source.kind is LineKind.SALE and row.sku_id is not None:
                granted = batch._stock.reserve(row.id, row.sku_id, row.quantity)
                missing += row.quantity - granted
        self.order.state = "allocated"
        if missing:
            self.order.exception = "short"
        self._event("reserved", missing=missing)

    def ship(self) -> None:
        """Let the goods leave or come back, and book the document."""
        batch, order = self.batch, self.order
        source = order.first
        event = batch._stock.document(
            next(batch._ids),
            order.event_kind,
            self.key,
            source.occurred_at,
            source.occurred_on,
            order.id,
        )
        self.event_id = event.id
        event.waiting_for = self._waits_for()
        entry: EntryDraft | None = None
        if event.waiting_for is None:
            entry = batch._journal.entry(
                next(batch._ids),
                f"{order.kind}:{self.key}",
                order.kind,
                source.occurred_on,
                order_id=order.id,
                document_id=event.id,
                narration=f"{_TITLES[order.kind]} {order.ref}",
            )
        owed = 0
        for line in self.lines:
            for row in self._move(line):
                if entry is not None:
                    owed += book_line(entry, self._bookable(row))
        if entry is not None and owed:
            self._owe(entry, owed)
        self._finish(event.waiting_for)

    def _waits_for(self) -> str | None:
        """Return why the document cannot be booked yet, None if it can."""
        batch = self.batch
        if self.order.first.currency != batch.context.currency:
            return f"No rate from {self.order.first.currency} to {batch.context.currency}."
        if self.order.first.occurred_on.replace(day=1) in batch.context.closed:
            return f"The period {self.order.first.occurred_on:%Y-%m} is closed."
        for line in self.lines:
            facts = batch._facts.get(line.source.fingerprint)
            if facts is not None and facts in batch._decided.unresolved:
                return batch._decided.unresolved[facts]
        return None

    def _move(self, line: _NewLine) -> Iterable[LineRow]:
        source, batch = line.source, self.batch
        if source.quantity < 0 and source.kind in (LineKind.RETURN, LineKind.POSTAGE):
            return self._take_back(line)
        row = self._row(line, source.quantity, source.net_amount)
        row.event_id = self.event_id
        if source.kind is LineKind.SALE and row.sku_id is not None:
            reserved = batch._stock.reserve(row.id, row.sku_id, row.quantity)
            row.cost = batch._stock.ship(
                self.event_id,
                source.occurred_at,
                row.id,
                row.sku_id,
                row.quantity,
                reserved,
                Why("sale", row.id, line.raw_row_id),
            )
            row.shipped = row.quantity
            if reserved < row.quantity:
                row.flag = "short"
                self.order.exception = "short"
        if row.quantity > 0 and (key := batch._buyer_code(source)) is not None:
            batch._sold.sell(
                key,
                SoldLine(
                    row.id,
                    self.order.id,
                    source.occurred_at,
                    row.quantity,
                    0,
                    row.decision_id,
                    row.tax_rate,
                    row.tax_account,
                ),
            )
        return (row,)

    def _take_back(self, line: _NewLine) -> list[LineRow]:
        """Split a returned line among the sales that it undoes, each at its own cost and tax."""
        source, batch = line.source, self.batch
        key = batch._buyer_code(source)
        parts = list(batch._sold.take(key, -source.quantity, source.occurred_at))
        amounts = writing.split_amount(source.net_amount, [quantity for _, quantity in parts])
        rows = []
        for place, ((sold, quantity), net) in enumerate(zip(parts, amounts, strict=True)):
            row = self._row(line, -quantity, net, sold=sold, place=place)
            row.event_id = self.event_id
            if source.kind is LineKind.RETURN and row.sku_id is not None:
                self._restock(line, row, sold, quantity)
            if sold is None:
                row.flag = "no_original_sale"
            rows.append(row)
        return rows

    def _restock(self, line: _NewLine, row: LineRow, sold: SoldLine | None, quantity: int) -> None:
        stock = self.batch._stock
        why = Why("return", row.id, line.raw_row_id)
        sku_id = row.sku_id or 0
        taken, cost = 0, 0
        if sold is not None:
            taken, cost = stock.put_back(self.event_id, sku_id, sold.id, quantity, why)
        if taken < quantity:
            at = line.source.occurred_at
            cost += stock.find(self.event_id, at, sku_id, quantity - taken, why)
        row.cost = -cost

    def _row(
        self,
        line: _NewLine,
        quantity: int,
        net: int,
        *,
        sold: SoldLine | None = None,
        place: int = 0,
    ) -> LineRow:
        source, batch = line.source, self.batch
        suffix = f"/{place + 1}" if place else ""
        row = LineRow(
            next(batch._ids),
            self.order,
            f"{source.fingerprint:x}.{line.occurrence}{suffix}",
            source,
            batch._skus.get(source.code) if source.kind in STOCKED else None,
            quantity,
            net,
            account_of(source.kind, net, source.account),
            line.raw_row_id,
        )
        self._decide(row, sold)
        row.customer_id = self.order.customer_id
        batch._rows.lines.append(row)
        return row

    def _decide(self, row: LineRow, sold: SoldLine | None) -> None:
        """Give a line its tax: the original sale's where there is one, else the day's."""
        batch = self.batch
        if sold is not None:
            row.original_line_id, row.profit_order_id = sold.id, sold.order_id
        if sold is not None and sold.decision_id is not None:
            row.decision_id, row.tax_rate = sold.decision_id, sold.tax_rate
            row.tax_account = sold.tax_account
        elif (facts := batch._facts.get(row.source.fingerprint)) in batch._decided.decisions:
            decision_id, decision = batch._decided.decisions[facts]
            row.decision_id, row.tax_rate = decision_id, decision.rate
            row.tax_account = decision.account
        row.tax = tax_amount(row.net, row.tax_rate) if row.tax_rate else 0

    def _bookable(self, row: LineRow) -> BookableLine:
        context = self.batch.context
        dimensions = Dimensions(
            context.shop_id,
            row.source.country,
            row.profit_order_id,
            row.id,
            row.sku_id,
            context.warehouse_id,
        )
        self.batch._rows.dimensions[row.id] = dimensions
        return BookableLine(
            row.source.kind,
            row.account,
            row.net,
            row.tax,
            row.tax_account,
            row.decision_id,
            row.cost,
            context.inventory_account,
            dimensions,
        )

    def _owe(self, entry: EntryDraft, amount: int) -> None:
        batch, order = self.batch, self.order
        item_id = batch._journal.owe(
            RECEIVABLE, batch._key(order.ref), next(batch._ids), amount, order.id
        )
        dimensions = Dimensions(batch.context.shop_id, order.first.country, order.id)
        entry.add(RECEIVABLE, amount, dimensions, item_id=item_id)

    def _finish(self, waiting_for: str | None) -> None:
        order = self.order
        order.state = "shipped" if order.kind == "sale" else "closed"
        if order.event_kind != "charge":
            self._event("returned" if order.kind == "credit_note" else "shipped", parcel=self.key)
        if waiting_for is None:
            self._event("posted", parcel=self.key)
        else:
            order.exception = "waiting"
            self._event("waiting", reason=waiting_for)

    def _event(self, kind: str, **detail: object) -> None:
        batch = self.batch
        batch._rows.events.append(
            EventRow(
                next(batch._ids),
                self.order.id,
                self.order.first.occurred_at,
                kind,
                batch.context.connection.label,
                detail,
            )
        )


_TITLES = {"sale": "Sale", "credit_note": "Credit note", "charge": "Charge"}


def _kind(lines: Sequence[_NewLine]) -> str:
    kinds = Counter(line.source.kind for line in lines)
    if kinds.keys() == {LineKind.FEE}:
        return "charge"
    credit = LineKind.RETURN in kinds or all(line.source.net_amount < 0 for line in lines)
    return "credit_note" if credit else "sale"

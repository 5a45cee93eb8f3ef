"""The new lines of one sales document: one physical event and one balanced entry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from collections.abc import Iterable
from collections.abc import Sequence

from core.channels.connector import LineKind
from core.fees.estimating import ParcelLine
from core.fees.estimating import SentParcel
from core.fees.reversing import ReturnedLine
from core.ledger.journal import Dimensions
from core.ledger.journal import EntryDraft
from core.ledger.periods import open_day
from core.money import share_of
from core.orders.batch import NewLine
from core.orders.batch import OrderBatch
from core.orders.posting import ADJUSTING
from core.orders.posting import STOCKED
from core.orders.posting import TAXED
from core.orders.posting import BookableLine
from core.orders.posting import SalesEntry
from core.orders.posting import account_of
from core.orders.posting import missing_rate
from core.orders.posting import title_of
from core.orders.returning import SoldLine
from core.orders.writing import EventRow
from core.orders.writing import LineRow
from core.orders.writing import OrderRow
from core.orders.writing import split_amount
from core.rates.rate import Rate
from core.stock.states import Why
from core.tax.booking import charged_on
from core.tax.booking import line_taxes
from core.tax.booking import undone

CAN_COME_BACK = frozenset({LineKind.RETURN, LineKind.POSTAGE})
"""Lines whose negative quantity undoes an earlier sale of the same code."""


def apply_sale(batch: OrderBatch, ref: str, lines: Sequence[NewLine]) -> None:
    """Hold, promise or ship the new lines of a document, whichever they are ready for."""
    first = lines[0].source
    order_id, version = batch.refs.orders[ref]
    order = OrderRow(order_id, version, ref, _kind(lines), first)
    order.foreign_currency = next(
        (line.source.currency for line in lines if line.source.currency != batch.context.currency),
        None,
    )
    order.customer_id = batch.refs.customers.ids.get(first.customer_ref or "")
    if batch.context.shipped:
        order.remote_state = "shipped"
    batch.rows.orders.append(order)
    parcel = Parcel(batch, order, lines)
    if not _is_mapped(batch, lines):
        parcel.hold("unmapped")
    elif moves(batch, lines):
        parcel.ship()
    else:
        parcel.enter()


def moves(batch: OrderBatch, lines: Sequence[NewLine]) -> bool:
    """Say whether the goods of new lines leave or come back with them, and are not to be sent."""
    return _is_mapped(batch, lines) and (batch.context.shipped or _kind(lines) != "sale")


def _is_mapped(batch: OrderBatch, lines: Sequence[NewLine]) -> bool:
    return all(
        line.source.kind not in STOCKED or line.source.code in batch.refs.skus for line in lines
    )


def _kind(lines: Sequence[NewLine]) -> str:
    kinds = Counter(line.source.kind for line in lines)
    if kinds.keys() <= ADJUSTING:
        return "adjustment"
    if kinds.keys() == {LineKind.FEE}:
        return "charge"
    credit = LineKind.RETURN in kinds or all(line.source.net_amount < 0 for line in lines)
    return "credit_note" if credit else "sale"


def _lacks_decision(row: LineRow) -> bool:
    """Say whether a line undoes a sale whose own tax is not decided yet."""
    return row.original_line_id is not None and row.decision_id is None and row.source.kind in TAXED


def _is_mixed(lines: Sequence[NewLine]) -> bool:
    return len({line.source.currency for line in lines}) > 1


class Parcel:
    """A document's new lines on their way."""

    def __init__(self, batch: OrderBatch, order: OrderRow, lines: Sequence[NewLine]) -> None:
        self.batch = batch
        self.order = order
        self.lines = lines
        self.warehouse = batch.refs.routes[order.ref]
        self.stock = batch.stock_in(self.warehouse)
        self.key = f"{batch.key(order.ref)}#{order.version}"
        self.rate: Rate | None = None
        self._event("imported", lines=len(lines), import_id=batch.context.import_id)

    def hold(self, exception: str) -> None:
        """Keep the lines without moving or booking anything, until the exception is solved."""
        self.order.state, self.order.exception = "draft", exception
        for line in self.lines:
            self._row(line, line.source.quantity, line.source.net_amount)
        self._event("held", reason=exception)

    def enter(self) -> None:
        """Keep the lines of an order that has still to leave; its goods are promised next."""
        for line in self.lines:
            self._row(line, line.source.quantity, line.source.net_amount)
        self.order.state = "to_review"
        self.batch.entered.append(self.order.id)

    def ship(self) -> None:
        """Let the goods leave or come back, and book the document."""
        batch, order = self.batch, self.order
        source = order.first
        event = self.stock.document(
            next(batch.ids),
            order.event_kind,
            self.key,
            source.occurred_at,
            source.occurred_on,
            order.id,
        )
        self.event_id = event.id
        event.currency = None if _is_mixed(self.lines) else order.currency
        event.waiting_for = self._waits_for()
        moved = [(line, row) for line in self.lines for row in self._move(line)]
        rows = [row for _, row in moved]
        if event.waiting_for is None and batch.refs.decided.unresolved:
            event.waiting_for = self._undecided(moved)
        if event.waiting_for is None and any(_lacks_decision(row) for row in rows):
            event.waiting_for = "The sale that it undoes waits itself."
        if event.waiting_for is None:
            self._book(rows)
        self._finish(event.waiting_for)

    def _waits_for(self) -> str | None:
        """Return why the document cannot be booked yet, None if it can."""
        batch, order, refs = self.batch, self.order, self.batch.refs
        if order.currency != batch.context.currency:
            day, currency = order.first.occurred_on, order.currency
            told = None if _is_mixed(self.lines) else currency
            key = batch.key(order.ref)
            if (why := missing_rate(batch.journal, refs.rates, key, told, day)) is not None:
                return why
            self.rate = refs.rates.find(currency, day)
        return None

    def _undecided(self, moved: Sequence[tuple[NewLine, LineRow]]) -> str | None:
        """Return why a line has no tax, None if each has one.

        What undoes a sale bears the sale's, so that goods come back whatever became of the regime
        that decided it.
        """
        refs = self.batch.refs
        reasons = (
            refs.decided.unresolved.get(refs.facts[line.key])
            for line, row in moved
            if row.decision_id is None and line.key in refs.facts
        )
        return next((reason for reason in reasons if reason is not None), None)

    def _move(self, line: NewLine) -> Iterable[LineRow]:
        source, batch = line.source, self.batch
        if source.quantity < 0 and source.kind in CAN_COME_BACK:
            return self._take_back(line)
        row = self._row(line, source.quantity, source.net_amount)
        row.event_id = self.event_id
        if source.kind is LineKind.SALE and row.sku_id is not None:
            self._send(line, row, row.sku_id)
        # Money alone is no sale, though it may bear the code of one.
        is_sold = source.quantity > 0 and source.kind is not LineKind.ADJUSTMENT
        if is_sold and (key := batch.buyer_code(source)) is not None:
            batch.sold.sell(
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
                    row.net,
                    row.taxes,
                    platform_tax=row.platform_tax,
                ),
            )
        return (row,)

    def _send(self, line: NewLine, row: LineRow, sku_id: int) -> None:
        why = Why("sale", line.raw_row_id, self._dimensions(row))
        at = line.source.occurred_at
        for part_id, each in self.batch.refs.parts[sku_id]:
            needed = row.quantity * each
            reserved = self.stock.reserve(row.id, part_id, needed)
            row.cost += self.stock.ship(self.event_id, at, row.id, part_id, needed, reserved, why)
            if reserved < needed:
                # The goods have left whatever the books say: a short until a receipt covers it.
                row.flag = "short"
        row.shipped = row.quantity

    def _take_back(self, line: NewLine) -> list[LineRow]:
        """Split a returned line among the sales that it undoes, each at its own cost and tax."""
        source, batch = line.source, self.batch
        parts = list(
            batch.sold.take(batch.buyer_code(source), -source.quantity, source.occurred_at)
        )
        amounts = split_amount(source.net_amount, [quantity for _, quantity in parts])
        rows = []
        for place, ((sold, quantity), net) in enumerate(zip(parts, amounts, strict=True)):
            row = self._row(line, -quantity, net, sold=sold, place=place)
            row.event_id = self.event_id
            if source.kind is LineKind.RETURN and row.sku_id is not None:
                row.cost = -self._restock(line, row, row.sku_id, sold)
            if sold is None:
                row.flag = "no_original_sale"
            rows.append(row)
        return rows

    def _restock(self, line: NewLine, row: LineRow, sku_id: int, sold: SoldLine | None) -> int:
        """Put goods back at their original cost, or at the last cost where that is unknown."""
        why = Why("return", line.raw_row_id, self._dimensions(row))
        at, total = line.source.occurred_at, 0
        for part_id, each in self.batch.refs.parts[sku_id]:
            quantity, taken, cost = -row.quantity * each, 0, 0
            if sold is not None:
                taken, cost = self.stock.put_back(self.event_id, part_id, sold.id, quantity, why)
            if taken < quantity:
                cost += self.stock.find(self.event_id, at, part_id, quantity - taken, why)
            total += cost
        return total

    def _row(
        self,
        line: NewLine,
        quantity: int,
        net: int,
        *,
        sold: SoldLine | None = None,
        place: int = 0,
    ) -> LineRow:
        source, batch = line.source, self.batch
        suffix = f"/{place + 1}" if place else ""
        row = LineRow(
            next(batch.ids),
            self.order,
            f"{source.fingerprint:x}.{line.occurrence}{suffix}",
            source,
            batch.refs.skus.get(source.code) if source.kind in STOCKED else None,
            quantity,
            net,
            account_of(source.kind, net, source.account),
            line.raw_row_id,
        )
        if source.platform_tax is not None:
            # A line that comes back is split by value, and so is the tax that came back with it.
            row.platform_tax = share_of(source.platform_tax, net, source.net_amount)
        elif sold is not None and sold.platform_tax is not None and net:
            row.platform_tax = sold.platform_tax_of(-quantity)
        self._tax(row, sold, line.key)
        row.customer_id = self.order.customer_id
        batch.rows.lines.append(row)
        return row

    def _tax(self, row: LineRow, sold: SoldLine | None, key: Hashable) -> None:
        """Give a line its tax: the original sale's where there is one, else the day's."""
        refs = self.batch.refs
        facts = refs.facts.get(key)
        if sold is not None:
            row.original_line_id, row.profit_order_id = sold.id, sold.order_id
            row.decision_id, row.tax_rate = sold.decision_id, sold.tax_rate
            row.tax_account = sold.tax_account
            row.taxes = undone(sold.taxes, row.net, sold.net)
        elif facts is not None and (found := refs.decided.decisions.get(facts)) is not None:
            row.decision_id, decision = found
            row.tax_rate, row.tax_account = decision.charged_rate, decision.account
            if refs.decided.levies and facts in refs.decided.levies:
                row.taxes = line_taxes(refs.decided.levies[facts], row.net)
            if refs.decided.days:
                row.tax_days = refs.decided.days.get(facts)
        told = row.platform_tax
        row.tax, row.taxes = charged_on(row.net, row.tax_rate, row.tax_account, row.taxes, told)

    def _book(self, rows: Sequence[LineRow]) -> None:
        batch, order = self.batch, self.order
        entry = batch.journal.entry(
            next(batch.ids),
            f"{order.kind}:{self.key}",
            order.kind,
            open_day(order.first.occurred_on, batch.context.closed),
            happened_on=order.first.occurred_on,
            order_id=order.id,
            document_id=self.event_id,
            narration=title_of(order.kind, order.ref),
        )
        sale = SalesEntry(batch.journal, batch.ids, entry, batch.key(order.ref), self.rate)
        for row in rows:
            line = self._bookable(row)
            sale.add(line)
            batch.taxes.sold(entry.booked_on, order.currency, line.parts())
            batch.taxes.note(entry.id, entry.booked_on, row.id, order.currency, row.taxes)
            decided = (row.id, row.decision_id, row.taxes)
            left_on, days = order.first.occurred_on, row.tax_days
            batch.taxes.declare(entry.id, entry.booked_on, decided, left_on, days)
        sale.finish(Dimensions(batch.context.shop_id, order.first.country, order.id))
        self._note_fees(entry, rows)

    def _note_fees(self, entry: EntryDraft, rows: Sequence[LineRow]) -> None:
        batch, order, shop_id = self.batch, self.order, self.batch.context.shop_id
        if order.kind == "sale":
            lines = [
                ParcelLine(
                    row.id, row.source.kind, row.account, row.sku_id, row.source.country,
                    row.quantity, row.net, row.tax,
                )
                for row in rows
            ]  # fmt: skip
            batch.fees.sent(
                SentParcel(
                    entry, batch.key(order.ref), order.id, order.id, shop_id,
                    order.first.country, order.currency, order.first.occurred_on, lines, self.rate,
                )
            )  # fmt: skip
        for row in rows:
            if row.original_line_id is not None:
                batch.fees.returned(
                    ReturnedLine(
                        entry, row.id, shop_id, row.original_line_id, row.profit_order_id,
                        -row.net - row.tax, -row.quantity, self.rate,
                    )
                )  # fmt: skip

    def _bookable(self, row: LineRow) -> BookableLine:
        return BookableLine(
            row.account,
            row.net,
            row.tax,
            row.tax_account,
            row.decision_id,
            row.cost,
            self.warehouse.inventory_account,
            self._dimensions(row),
            row.taxes,
        )

    def _dimensions(self, row: LineRow) -> Dimensions:
        return Dimensions(
            self.batch.context.shop_id,
            row.source.country,
            row.profit_order_id,
            row.id,
            row.sku_id,
            self.warehouse.id,
        )

    def _finish(self, waiting_for: str | None) -> None:
        order = self.order
        order.state = "shipped" if order.kind == "sale" else "closed"
        if order.event_kind != "charge":
            self._event("returned" if order.kind == "credit_note" else "shipped", parcel=self.key)
        if waiting_for is None:
            self._event("posted", parcel=self.key)
        else:
            order.exception, order.exception_detail = "waiting", {"reason": waiting_for}
            self._event("waiting", reason=waiting_for)

    def _event(self, kind: str, **detail: object) -> None:
        batch = self.batch
        batch.rows.events.append(
            EventRow(
                next(batch.ids),
                self.order.id,
                self.order.first.occurred_at,
                kind,
                batch.context.connection.label,
                detail,
            )
        )

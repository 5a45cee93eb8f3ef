"""Applying a batch of sales documents in one transaction: the main way through the house.

Raw rows are stored, what is new is matched to SKUs, buyers and warehouses, tax is decided, stock
is promised and leaves, and each document becomes one balanced entry. Documents are worked out one
after the other in the order of time; everything is read and written by sets.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import date

from sqlalchemy.orm import Session

from core.catalog.bundles import answered_parts
from core.catalog.bundles import asked_parts
from core.channels.raw import Occurrences
from core.channels.raw import write_raw_rows
from core.errors import NotFound
from core.kernel import hooks
from core.orders import lookups
from core.orders.adjusting import apply_adjustment
from core.orders.allocating import OrderToRoute
from core.orders.approving import review_new
from core.orders.batch import ImportContext
from core.orders.batch import NewLine
from core.orders.batch import OrderBatch
from core.orders.batch import References
from core.orders.buyers import store_buyers
from core.orders.foreseen import foresee
from core.orders.handed import hand_over
from core.orders.parcel import apply_sale
from core.orders.parcel import moves
from core.orders.posting import ADJUSTING
from core.orders.posting import DEPOSITS
from core.orders.posting import MARKETPLACE_TAX
from core.orders.posting import RECEIVABLE
from core.orders.posting import STOCKED
from core.orders.posting import TAXED
from core.orders.posting import known_accounts_only
from core.orders.record import Actor
from core.orders.returning import SoldLines
from core.orders.staging import SourceDocument
from core.orders.taxing import facts_of
from core.orders.told_taxes import NOTHING_TOLD
from core.orders.told_taxes import ToldTax
from core.orders.told_taxes import grown_by
from core.orders.told_taxes import read_told
from core.orders.told_taxes import store_told_taxes
from core.orders.told_taxes import told_taxes
from core.orders.writing import RawLine
from core.prepared import ask_together
from core.privacy.records import AddressMarks
from core.rates.finding import rates_to
from core.rules.ruling import note_services
from core.stock.covering import book_covers
from core.stock.warehouses import WarehouseFacts
from core.tax.deciding import decide
from core.tax.profile import asked_goods
from core.tax.profile import load_profile


@dataclass(slots=True)
class BatchResult:
    """What became of the rows of a batch."""

    applied: int = 0
    unchanged: int = 0
    quarantined: int = 0
    quarantine: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ImportedOrder:
    """A document of a batch as addons see it; `new` unless it was known and got new lines."""

    id: int
    company_id: int
    external_ref: str
    kind: str
    state: str
    country: str
    new: bool


@dataclass(slots=True)
class _NewDocument:
    ref: str
    trading: list[NewLine]
    adjusting: list[NewLine]

    def taxed(self) -> Mapping[tuple[date, str], list[NewLine]]:
        """Return the lines whose tax is asked for, by their day and destination."""
        lines: defaultdict[tuple[date, str], list[NewLine]] = defaultdict(list)
        for line in self.trading:
            if line.source.kind in TAXED:
                lines[line.source.occurred_on, line.source.country].append(line)
        return lines

    def hold_unmapped(self, skus: Mapping[str, int]) -> None:
        """Let adjustments of unknown codes be held with the document, as its other lines are."""
        unmapped = [line for line in self.adjusting if line.source.code not in skus]
        if unmapped:
            self.trading += unmapped
            self.adjusting = [line for line in self.adjusting if line.source.code in skus]


def apply_documents(
    session: Session, context: ImportContext, documents: Sequence[SourceDocument]
) -> BatchResult:
    """Book what is new in some documents, given in the order of time.

    Raises: Conflict if the stock changed meanwhile, Veto if an addon refuses the entries; the
    caller's transaction is then to be rolled back.
    """
    result = BatchResult()
    batch = OrderBatch(session, context)
    known = _known(batch, documents)
    fresh = _keep_new(batch, documents, known, result)
    if fresh:
        _look_up(batch, fresh, lookups.answered_ahead(known.also))
        for document in fresh:
            if document.trading:
                apply_sale(batch, document.ref, document.trading)
            if document.adjusting:
                apply_adjustment(batch, document.ref, document.adjusting)
        for stock in batch.stocks:
            account = context.warehouses[stock.warehouse_id].inventory_account
            book_covers(batch.journal, stock, account, batch.ids, context.closed)
        _write(batch, fresh)
    return result


def _known(batch: OrderBatch, documents: Sequence[SourceDocument]) -> Occurrences:
    """Lock the account, and ask at once for all of the documents that stands in them."""
    refs = [document.ref for document in documents]
    sources = [line for document in documents for line in document.lines]
    codes = {source.code for source in sources if source.kind in STOCKED}
    customers = {source.customer_ref for source in sources if source.customer_ref}
    also = lookups.asked_ahead(batch.context.account, codes, refs, customers)
    return Occurrences(batch.session, batch.company_id, batch.context.scope_id, refs, also)


def _keep_new(
    batch: OrderBatch,
    documents: Sequence[SourceDocument],
    known: Occurrences,
    result: BatchResult,
) -> list[_NewDocument]:
    """Store the raw rows that are new and return their documents."""
    raw: list[tuple[object, ...]] = []
    fresh: list[_NewDocument] = []
    for document in documents:
        new = _NewDocument(document.ref, [], [])
        for source in document.lines:
            occurrence = known.number_if_new(document.ref, source.fingerprint)
            if occurrence is None:
                result.unchanged += 1
                continue
            line = NewLine(source, next(batch.ids), occurrence)
            raw.append(_raw(batch, line.raw_row_id, occurrence, source, source.kind, None))
            (new.adjusting if source.kind in ADJUSTING else new.trading).append(line)
        for rejected in document.rejected:
            result.quarantine.append((rejected.line_number, rejected.reason))
            occurrence = known.number_if_new(document.ref, rejected.fingerprint)
            if occurrence is not None:
                raw.append(
                    _raw(
                        batch, next(batch.ids), occurrence, rejected, "quarantined", rejected.reason
                    )
                )
        if new.trading or new.adjusting:
            fresh.append(new)
            result.applied += len(new.trading) + len(new.adjusting)
    result.quarantined = len(result.quarantine)
    write_raw_rows(batch.session, raw)
    return fresh


def _raw(
    batch: OrderBatch, row_id: int, occurrence: int, line: RawLine, kind: str, reason: str | None
) -> tuple[object, ...]:
    context = batch.context
    return (batch.company_id, row_id, context.scope_id, context.import_id, line.document_ref) + (
        line.fingerprint,
        occurrence,
        line.line_number,
        str(kind),
        line.payload,
        reason,
    )


def _look_up(batch: OrderBatch, fresh: Sequence[_NewDocument], ahead: lookups.Ahead) -> None:
    """Fetch all that the batch refers to, one query for each kind of thing, then lock the stock."""
    session, context = batch.session, batch.context
    sources = [line.source for d in fresh for line in (*d.trading, *d.adjusting)]
    titles = {s.code: s.title for s in reversed(sources) if s.kind in STOCKED}
    account = context.account
    skus = lookups.skus_of(session, account, titles, create=context.create_skus, ahead=ahead)
    for document in fresh:
        document.hold_unmapped(skus)
    trading = [document.ref for document in fresh if document.trading]
    known = {ref: ahead.orders[ref] for ref in trading if ref in ahead.orders}
    orders = {ref: known.get(ref) or (next(batch.ids), 0) for ref in trading}
    sku_ids = set(skus.values())
    buyers = {s.customer_ref for s in sources if s.customer_ref}
    made = lookups.make_customers(session, account, buyers, ahead)
    entered = 0 if context.shipped else len(trading)
    foresight = foresee(session, batch.company_id, context.warehouses, sku_ids, entered)
    stored, parts, goods, *ahead_of_review = ask_together(
        session,
        [
            lookups.asked_made(account, made),
            asked_parts(batch.company_id, sku_ids),
            asked_goods(batch.company_id, sku_ids),
            *foresight.questions(),
        ],
    )
    refs = References(
        skus=skus,
        parts=answered_parts(parts, sku_ids),
        customers=lookups.customers_in(ahead, made, stored),
        routes=_route(batch, orders),
        told=_told(batch, fresh, known),
        foreseen=foresight.answered(ahead_of_review),
    )
    batch.refs = refs
    taxed = [
        batch.asked(document.ref, lines)
        for document in fresh
        for lines in document.taxed().values()
    ]
    if taxed:
        profile = load_profile(
            session,
            batch.company_id,
            context.company.country,
            {warehouse.country for warehouse in context.warehouses.values()},
            goods=goods,
        )
        refs.facts = facts_of(session, batch.company_id, profile, taxed)
    decided = decide(session, batch.company_id, refs.facts.values())
    refs.decided = known_accounts_only(decided, batch.journal)
    keys = {key for s in sources if s.quantity < 0 and (key := batch.buyer_code(s)) is not None}
    batch.sold = SoldLines(session, batch.company_id, keys)
    batch.journal.know_items(RECEIVABLE, [batch.key(ref) for ref in known])
    foreign = {(s.currency, s.occurred_on) for s in sources if s.currency != context.currency}
    if foreign:
        batch.journal.know_items(MARKETPLACE_TAX, [batch.key(ref) for ref in known])
        refs.rates = rates_to(session, batch.company_id, context.currency, foreign)
    _lock(batch, fresh)
    orders |= lookups.lock_orders(session, batch.company_id, known)
    # Only now: who books a payment holds the order, and what is left of its deposit.
    leaving = (document for document in fresh if document.trading)
    paid = [batch.key(each.ref) for each in leaving if moves(batch, each.trading)]
    batch.journal.know_items(DEPOSITS, paid, locked=True)
    refs.orders = {ref: (order_id, version + 1) for ref, (order_id, version) in orders.items()}


def _told(
    batch: OrderBatch, fresh: Sequence[_NewDocument], known: Mapping[str, tuple[int, int]]
) -> dict[str, ToldTax]:
    """Return what the documents tell of their tax, and what known ones told before."""
    said = {
        document.ref: (tax, document.trading[0].source.country)
        for document in fresh
        if (tax := next((t for line in document.trading if (t := line.source.tax)), None))
    }
    told = read_told(batch.session, batch.company_id, said) if said else {}
    if not known:
        return told
    before = told_taxes(batch.session, batch.company_id, {each for each, _ in known.values()})
    grown = {
        ref: grown_by(before[order_id], told.get(ref, NOTHING_TOLD))
        for ref, (order_id, _) in known.items()
        if order_id in before
    }
    return told | grown


def _route(batch: OrderBatch, orders: dict[str, tuple[int, int]]) -> dict[str, WarehouseFacts]:
    """Return the warehouse of each document: an addon's choice, else the company's default."""
    context = batch.context
    chosen: dict[int, int] = {}
    asked = bool(orders) and not context.has_left_there
    if asked and hooks.wanted(batch.session, "resolve", "warehouse_for_orders"):
        routed = tuple(OrderToRoute(order_id, batch.company_id) for order_id, _ in orders.values())
        chosen = hooks.resolve(batch.session, "warehouse_for_orders", default={}, orders=routed)
    default = context.default_warehouse.id
    if unknown := sorted(set(chosen.values()) - context.warehouses.keys()):
        raise NotFound(
            f"An addon sends orders to warehouse {unknown[0]}, which the company does not have.",
            hint="Disable or correct the addon that answers warehouse_for_orders.",
        )
    return {
        ref: context.warehouses[chosen.get(order_id, default)]
        for ref, (order_id, _) in orders.items()
    }


def _lock(batch: OrderBatch, fresh: Sequence[_NewDocument]) -> None:
    """Lock the levels that the documents concern, warehouse by warehouse in a fixed order.

    An order that is only entered moves nothing; its goods are locked when they are promised.
    """
    wanted: dict[int, set[int]] = {}
    for document in fresh:
        for lines, warehouse in (
            (document.trading, batch.refs.routes.get(document.ref)),
            (document.adjusting, batch.context.default_warehouse),
        ):
            if warehouse is not None and lines:
                batch.stock_in(warehouse)
                if lines is document.trading and not moves(batch, lines):
                    continue
                codes = (line.source.code for line in lines if line.source.kind in STOCKED)
                skus, parts = batch.refs.skus, batch.refs.parts
                sold = {skus[code] for code in codes if code in skus}
                wanted.setdefault(warehouse.id, set()).update(
                    part for sku_id in sold for part, _ in parts[sku_id]
                )
    line_ids = batch.sold.line_ids()
    for stock in batch.stocks:
        stock.lock(wanted.get(stock.warehouse_id, ()), line_ids)


def _write(batch: OrderBatch, fresh: Sequence[_NewDocument]) -> None:
    session = batch.session
    batch.fees.look_up()
    batch.journal.open_months()
    batch.rows.write(session)
    ids = {ref: order_id for ref, (order_id, _) in batch.refs.orders.items()}
    told = {ids[ref]: each for ref, each in batch.refs.told.items()}
    new = {order_id for order_id, version in batch.refs.orders.values() if version == 1}
    store_told_taxes(session, batch.company_id, told, new_orders=new)
    marks = store_buyers(batch, {document.ref: document.trading for document in fresh})
    _note_services(batch, fresh)
    batch.sold.write()
    for stock in batch.stocks:
        stock.write()
    batch.fees.write()
    batch.taxes.write()
    batch.journal.post()
    if hooks.wanted(session, "observe", "stock_moved"):
        moves = tuple(move for stock in batch.stocks for move in stock.moved())
        hooks.observe(session, "stock_moved", moves=moves)
    states = _review(batch, marks)
    if hooks.wanted(session, "observe", "orders_imported"):
        orders = tuple(
            ImportedOrder(
                o.id,
                batch.company_id,
                o.ref,
                o.kind,
                states.get(o.id, o.state),
                o.first.country,
                o.version == 1,
            )
            for o in batch.rows.orders
        )
        hooks.observe(
            session, "orders_imported", orders=orders, connection=batch.context.connection
        )


def _note_services(batch: OrderBatch, fresh: Sequence[_NewDocument]) -> None:
    services = {
        batch.refs.orders[document.ref][0]: line.source.service
        for document in fresh
        for line in reversed(document.trading)
        if line.source.service
    }
    note_services(batch.session, batch.company_id, services)


def _review(batch: OrderBatch, marks: Mapping[int, AddressMarks]) -> dict[int, str]:
    """Promise goods to the orders that came in, and return the states that they are in now."""
    if not batch.entered:
        return {}
    context, entered = batch.context, frozenset(batch.entered)
    actor = Actor(context.connection.label)
    known = {order.id for order in batch.rows.orders if order.version > 1}
    # What the batch has moved itself was not foreseen.
    foreseen = None if any(s.moves for s in batch.stocks) else batch.refs.foreseen
    handed = None
    if unseen := known.isdisjoint(entered):
        handed = hand_over(
            batch.rows,
            entered,
            context.company,
            context.marketplace,
            batch.refs.parts,
            marks,
            batch.refs.customers.new,
            foreseen,
        )
    reviewed = review_new(
        batch.session, batch.company_id, batch.entered, actor, unseen=unseen, handed=handed
    )
    return {outcome.id: outcome.state for outcome in reviewed}

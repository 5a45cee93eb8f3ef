"""Entering own costs: many bills by one batch of entries, each reference once."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.catalog.models import Sku
from core.channels.models import Shop
from core.db import any_of
from core.db import rows_of
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.expenses.models import Bill
from core.expenses.types import require_type
from core.identity.deeds import say
from core.ids import id_stream
from core.kernel.companies import company_of
from core.ledger.journal import Dimensions
from core.ledger.journal import EntryDraft
from core.ledger.journal import Journal
from core.ledger.models import Account
from core.ledger.models import Entry
from core.ledger.periods import closed_months
from core.ledger.periods import open_day
from core.ledger.reversing import reverse_entry
from core.money import minor_digits
from core.orders.models import Order
from core.rates.finding import Rates
from core.rates.finding import rates_to
from core.stock.models import Warehouse

OWN_COST = "own_cost"
PAYABLE = "2100"
PAID_FROM = ("2100", "1000", "1010", "1050")
"""What is owed to a supplier, or where the money left."""


@dataclass(frozen=True, slots=True)
class BillDraft:
    """A bill as it is told; `where` names the line of a file or the field of a form.

    A positive amount is a cost, a negative one a credit, in minor units of its currency.
    """

    reference: str
    type: str
    billed_on: date
    currency: str
    amount: int
    shop: str = ""
    country: str = ""
    order: str = ""
    sku: str = ""
    warehouse: str = ""
    paid_from: str = PAYABLE
    note: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class Entered:
    """What became of bills: new ones, and those that were there already as told."""

    added: int
    unchanged: int


def enter_bills(
    session: Session, company_id: int, drafts: Sequence[BillDraft], *, by: str
) -> Entered:
    """Book bills that are new; all of them or, on an error, none.

    A foreign amount is booked at the rate of its day, a bill of a closed month in the next open
    one. Raises: InputError and NotFound naming what cannot be, Conflict for a reference that is
    taken by another bill, Unresolved where a rate is missing.
    """
    batch = _Batch(session, company_id, drafts)
    fresh = [draft for draft in batch.checked() if not batch.is_known(draft)]
    for draft in fresh:
        batch.book(draft, by)
    batch.write()
    if fresh:
        after: dict[str, object] = {"bills": [draft.reference for draft in fresh]}
        say(session, company_id, "bills.entered", "bills", after=after)
    return Entered(len(fresh), len(drafts) - len(fresh))


def reverse_bill(
    session: Session, company_id: int, reference: str, *, reason: str, on: date | None = None
) -> EntryDraft:
    """Book the opposite of a bill's entry; the bill stays as it was entered.

    Raises: NotFound, and what `reverse_entry` raises.
    """
    found = sa.exists().where(Bill.company_id == company_id, Bill.reference == reference)
    if not session.scalar(sa.select(found)):
        raise NotFound(
            f"There is no bill {reference!r}.", hint="`entrepot expense list` shows them."
        )
    return reverse_entry(session, company_id, _entry_key(reference), reason=reason, on=on)


def list_bills(session: Session, company_id: int, limit: int = 200) -> Sequence[Any]:
    """Return the latest bills with the names of what they concern; `reversed_by` if they were."""
    undone = sa.orm.aliased(Entry)
    query = (
        sa.select(
            *(Bill.id, Bill.reference, Bill.type, Bill.billed_on, Bill.currency, Bill.amount),
            *(Bill.account, Bill.paid_from, Bill.country, Bill.note, Bill.entry_id),
            Shop.name.label("shop"),
            Order.external_ref.label("order_ref"),
            Bill.order_id,
            Sku.code.label("sku"),
            Warehouse.code.label("warehouse"),
            undone.natural_key.label("reversed_by"),
        )
        .outerjoin(Shop, (Shop.company_id == Bill.company_id) & (Shop.id == Bill.shop_id))
        .outerjoin(Order, (Order.company_id == Bill.company_id) & (Order.id == Bill.order_id))
        .outerjoin(Sku, (Sku.company_id == Bill.company_id) & (Sku.id == Bill.sku_id))
        .outerjoin(
            Warehouse,
            (Warehouse.company_id == Bill.company_id) & (Warehouse.id == Bill.warehouse_id),
        )
        .outerjoin(
            undone,
            (undone.company_id == Bill.company_id) & (undone.reverses_id == Bill.entry_id),
        )
        .where(Bill.company_id == company_id)
        .order_by(Bill.billed_on.desc(), Bill.id.desc())
        .limit(limit)
    )
    return session.execute(query).all()


class _Batch:
    """Bills on their way into the books, with all that they name looked up by sets."""

    def __init__(self, session: Session, company_id: int, drafts: Sequence[BillDraft]) -> None:
        self.session = session
        self.company_id = company_id
        self.drafts = drafts
        self.currency = company_of(session, company_id).currency
        self.ids = id_stream(session)
        self.journal = Journal(session, company_id, self.currency)
        self._closed = closed_months(session, company_id)
        self._rates: Rates = rates_to(
            session, company_id, self.currency, {(d.currency, d.billed_on) for d in drafts}
        )
        self._shops = self._names(Shop.name, Shop.id, {d.shop for d in drafts})
        self._skus = self._names(Sku.code, Sku.id, {d.sku for d in drafts})
        self._places = self._names(Warehouse.code, Warehouse.id, {d.warehouse for d in drafts})
        self._orders = self._find_orders({d.order for d in drafts if d.order})
        self._accounts = set(
            session.scalars(sa.select(Account.code).where(Account.company_id == company_id))
        )
        self._known = self._find_known()
        self._bills: list[Bill] = []

    def checked(self) -> list[BillDraft]:
        """Return the bills, each of which can be booked."""
        seen: set[str] = set()
        for draft in self.drafts:
            self._check(draft)
            if draft.reference in seen:
                raise Conflict(f"{draft.where or 'bill'}: {draft.reference} is told twice.")
            seen.add(draft.reference)
        return list(self.drafts)

    def is_known(self, draft: BillDraft) -> bool:
        """Say whether a bill is there already, as it is told now."""
        known = self._known.get(draft.reference)
        if known is None:
            return False
        now = (draft.type, draft.billed_on, draft.currency, draft.amount, draft.paid_from)
        if (*now, *self._where(draft)[:5]) != known:
            raise Conflict(
                f"{draft.where or draft.reference}: there is a bill {draft.reference} that says"
                " something else.",
                hint="Reverse it and enter the right one under a reference of its own.",
            )
        return True

    def book(self, draft: BillDraft, by: str) -> None:
        """Add a bill and its entry: rule 7, a cost without a settlement."""
        kind = require_type(draft.type)
        rate = self._rates.require(draft.currency, draft.billed_on)
        amount, original = rate.convert(draft.amount), rate.original(draft.amount)
        entry = self.journal.entry(
            next(self.ids),
            _entry_key(draft.reference),
            OWN_COST,
            open_day(draft.billed_on, self._closed),
            narration=draft.note or f"{kind.title}, {draft.reference}",
            happened_on=draft.billed_on,
        )
        entry.rate = rate.note
        shop, country, order, sku, warehouse = self._where(draft)
        where = Dimensions(shop, country, order, None, sku, warehouse)
        entry.add(kind.account, amount, where, original=original)
        back = rate.original(-draft.amount)
        entry.add(draft.paid_from, -amount, Dimensions(), original=back)
        self._bills.append(
            Bill(
                company_id=self.company_id,
                id=next(self.ids),
                reference=draft.reference,
                type=draft.type,
                billed_on=draft.billed_on,
                currency=draft.currency,
                amount=draft.amount,
                account=kind.account,
                paid_from=draft.paid_from,
                shop_id=shop,
                country=country,
                order_id=order,
                sku_id=sku,
                warehouse_id=warehouse,
                note=draft.note,
                entry_id=entry.id,
                made_at=clock.now(),
                made_by=by,
            )
        )

    def write(self) -> None:
        """Post the entries and keep the bills."""
        self.journal.post()
        self.session.add_all(self._bills)
        self.session.flush()

    def _check(self, draft: BillDraft) -> None:
        where = draft.where or draft.reference
        if not draft.reference.strip():
            raise InputError("give the bill a reference.", where=draft.where or "reference")
        kind = require_type(draft.type, where=draft.where or "type")
        minor_digits(draft.currency)
        if not draft.amount:
            raise InputError("a bill of nothing is none.", where=where)
        if draft.paid_from not in PAID_FROM:
            raise InputError(
                f"{draft.paid_from} is no account from which a bill is paid.",
                where=where,
                hint=f"Choose of {', '.join(PAID_FROM)}.",
            )
        if kind.account not in self._accounts:
            raise NotFound(f"{where}: the chart of accounts has no account {kind.account}.")
        if draft.country and not (len(draft.country) == 2 and draft.country.isupper()):
            raise InputError(f"{draft.country!r} is no country, such as DE.", where=where)
        named: Iterable[tuple[str, str, Mapping[str, Any]]] = (
            ("shop", draft.shop, self._shops),
            ("order", draft.order, self._orders),
            ("SKU", draft.sku, self._skus),
            ("warehouse", draft.warehouse, self._places),
        )
        for what, name, known in named:
            if name and name not in known:
                raise NotFound(f"{where}: there is no {what} {name!r}.")

    def _where(
        self, draft: BillDraft
    ) -> tuple[int | None, str | None, int | None, int | None, int | None]:
        order_id, shop_id, country = self._orders.get(draft.order, (None, None, None))
        return (
            self._shops.get(draft.shop, shop_id),
            draft.country or country,
            order_id,
            self._skus.get(draft.sku),
            self._places.get(draft.warehouse),
        )

    def _names(self, name: Any, key: Any, wanted: Iterable[str]) -> dict[str, int]:
        query = sa.select(name, key).where(
            key.class_.company_id == self.company_id,
            any_of(self.session, name, sorted(filter(None, wanted))),
        )
        return dict(rows_of(self.session, query))

    def _find_orders(self, refs: Iterable[str]) -> dict[str, tuple[int, int, str]]:
        query = sa.select(Order.external_ref, Order.id, Order.shop_id, Order.country).where(
            Order.company_id == self.company_id,
            any_of(self.session, Order.external_ref, sorted(refs)),
        )
        found: dict[str, tuple[int, int, str]] = {}
        for ref, *facts in rows_of(self.session, query):
            if ref in found:
                raise Conflict(f"There are several orders {ref!r}.", hint="Name the shop's own.")
            found[ref] = (facts[0], facts[1], facts[2])
        return found

    def _find_known(self) -> dict[str, tuple[Any, ...]]:
        query = sa.select(
            *(Bill.reference, Bill.type, Bill.billed_on, Bill.currency, Bill.amount),
            *(Bill.paid_from, Bill.shop_id, Bill.country, Bill.order_id, Bill.sku_id),
            Bill.warehouse_id,
        ).where(
            Bill.company_id == self.company_id,
            any_of(self.session, Bill.reference, sorted({d.reference for d in self.drafts})),
        )
        return {row[0]: tuple(row[1:]) for row in rows_of(self.session, query)}


def _entry_key(reference: str) -> str:
    return f"own_cost:{reference}"

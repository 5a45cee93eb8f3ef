"""Recording what a payment provider tells: each reference once, by sets, day by day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from types import MappingProxyType

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm import aliased

from core.db import any_of
from core.db import rows_of
from core.errors import InputError
from core.identity.deeds import say
from core.ids import id_stream
from core.kernel.companies import company_of
from core.ledger.journal import Dimensions
from core.ledger.journal import Journal
from core.ledger.models import Entry
from core.ledger.periods import closed_months
from core.ledger.periods import open_day
from core.orders.models import Order
from core.orders.models import OrderLine
from core.psp import posting
from core.psp.posting import Paid
from core.psp.posting import PaymentBook
from core.rates.finding import rates_to

RULES: Mapping[str, Callable[[PaymentBook, Paid], None]] = MappingProxyType(
    {
        "payment": PaymentBook.receive_payment,
        "refund": PaymentBook.give_back,
        "dispute_opened": PaymentBook.open_dispute,
        "dispute_won": PaymentBook.win_dispute,
        "dispute_lost": PaymentBook.lose_dispute,
        "fee": PaymentBook.charge,
        "fee_returned": PaymentBook.return_fee,
        "reserve": PaymentBook.hold_reserve,
        "reserve_released": PaymentBook.release_reserve,
        "payout": PaymentBook.pay_out,
    }
)
"""What a provider tells of, each with its posting rule."""

OF_ORDERS = ("payment", "refund", "dispute_opened", "dispute_won", "dispute_lost")
WITH_FEE = ("payment", "refund", "dispute_opened")


@dataclass(frozen=True, slots=True)
class PaymentDraft:
    """What a provider tells; `order` is the number of the order in its shop.

    Amounts are positive minor units of `currency`, only a payout that the provider takes from the
    bank is negative; `fee` is what the provider keeps for it, and `import_charges` the duty and tax
    of the import that the buyer paid with the order.
    """

    reference: str
    kind: str
    on: date
    currency: str
    amount: int
    order: str = ""
    fee: int = 0
    import_charges: int = 0
    where: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """How many were booked, and how many were there already."""

    added: int
    unchanged: int


def record_payments(
    session: Session,
    company_id: int,
    provider: str,
    house: tuple[str, str],
    drafts: Sequence[PaymentDraft],
) -> Recorded:
    """Book what a provider tells of the orders of an account, told as `(platform, account)`.

    All of it or, on an error, nothing. What is told twice is booked once. Raises: InputError for
    what cannot be, Unresolved without the rate of a day.
    """
    if not provider or "/" in provider:
        raise InputError("name the provider, without a stroke.", where="provider")
    for draft in drafts:
        _require_sound(draft)
    company = company_of(session, company_id)
    keys = {draft.reference: f"{posting.ENTRIES}{provider}/{draft.reference}" for draft in drafts}
    known = _known(session, company_id, set(keys.values()))
    fresh = {d.reference: d for d in drafts if keys[d.reference] not in known}
    told = sorted(fresh.values(), key=lambda draft: (draft.on, draft.reference))
    journal, ids = Journal(session, company_id, company.currency), id_stream(session)
    orders = _orders(session, company_id, house, {d.order for d in told if d.order})
    notes = _credit_notes(session, company_id, house, orders)
    items = ["/".join((*house, draft.order)) for draft in told if draft.order]
    items += [key for found in notes.values() for key in found]
    # The deposit before what is owed, as parcels take them.
    for account in (posting.DEPOSITS, posting.RECEIVABLE, posting.HOLD):
        journal.know_items(account, items, locked=True)
    purses = {draft.currency: f"{posting.ITEMS}{provider}/{draft.currency}" for draft in told}
    for account in (posting.BALANCE, posting.HOLD):
        journal.know_items(account, list(purses.values()), locked=True)
    rates = rates_to(session, company_id, company.currency, {(d.currency, d.on) for d in told})
    closed, book = closed_months(session, company_id), PaymentBook(journal, ids)
    for draft in told:
        where = orders.get(draft.order, Dimensions())
        entry = journal.entry(
            next(ids), keys[draft.reference], f"psp_{draft.kind}", open_day(draft.on, closed),
            order_id=where.order_id, happened_on=draft.on,
            narration=f"{provider}: {draft.kind.replace('_', ' ')} {draft.reference}",
        )  # fmt: skip
        paid = Paid(
            entry, rates.require(draft.currency, draft.on), draft.amount, draft.fee,
            draft.import_charges, purses[draft.currency], "/".join((*house, draft.order)), where,
            f"{posting.ITEMS}{provider}/{draft.reference}", tuple(notes.get(draft.order, ())),
        )  # fmt: skip
        _require_same_money(journal, draft, (paid.order, *paid.notes))
        RULES[draft.kind](book, paid)
        book.finish(paid)
    journal.post()
    if told:
        after: dict[str, object] = {"payments": len(told)}
        say(session, company_id, "psp.recorded", f"provider:{provider}", after=after)
    return Recorded(len(told), len(drafts) - len(told))


def _require_sound(draft: PaymentDraft) -> None:
    where = draft.where or draft.reference or "payment"
    if not draft.reference.strip():
        raise InputError("give the payment a reference.", where=where)
    if draft.kind not in RULES:
        raise InputError(
            f"{draft.kind!r} is nothing that a provider tells.",
            where=where,
            hint=f"Known: {', '.join(RULES)}.",
        )
    size = abs(draft.amount) if draft.kind == "payout" else draft.amount
    if size <= 0 or not 0 <= draft.import_charges <= size:
        raise InputError("an amount is above zero, and holds the import charges.", where=where)
    if draft.kind in OF_ORDERS and not draft.order:
        raise InputError("say of which order it is.", where=where)
    if draft.fee and draft.kind not in WITH_FEE:
        raise InputError(f"a {draft.kind} has no fee of its own.", where=where)


def _require_same_money(journal: Journal, draft: PaymentDraft, keys: Sequence[str]) -> None:
    """Refuse a payment in another currency than what is open of its order."""
    places = product((posting.RECEIVABLE, posting.DEPOSITS, posting.HOLD), keys)
    for account, key in places if draft.order else ():
        currency = journal.currency_of(account, key)
        if currency not in (None, draft.currency):
            raise InputError(
                f"order {draft.order} is open in {currency}, not in {draft.currency}.",
                where=draft.where or draft.reference,
                hint="Tell its payments in the currency of the order.",
            )


def _known(session: Session, company_id: int, keys: set[str]) -> set[str]:
    query = sa.select(Entry.natural_key).where(
        Entry.company_id == company_id, any_of(session, Entry.natural_key, sorted(keys))
    )
    return set(session.scalars(query))


def _orders(
    session: Session, company_id: int, house: tuple[str, str], refs: set[str]
) -> dict[str, Dimensions]:
    """Return what orders are; no parcel of them leaves until the transaction ends."""
    query = (
        sa.select(Order.external_ref, Order.shop_id, Order.country, Order.id)
        .where(
            Order.company_id == company_id,
            Order.platform == house[0],
            Order.account == house[1],
            any_of(session, Order.external_ref, sorted(refs)),
        )
        .order_by(Order.id)
        .with_for_update()
    )
    return {ref: Dimensions(*where) for ref, *where in rows_of(session, query)}


def _credit_notes(
    session: Session, company_id: int, house: tuple[str, str], orders: Mapping[str, Dimensions]
) -> dict[str, list[str]]:
    """Return the keys of what is owed back for orders, by order: of the notes that undo them."""
    refs = {where.order_id: ref for ref, where in orders.items()}
    if not refs:
        return {}
    sold, back, note = aliased(OrderLine), aliased(OrderLine), aliased(Order)
    query = (
        sa.select(sold.order_id, note.external_ref)
        .join(back, (back.company_id == sold.company_id) & (back.original_line_id == sold.id))
        .join(note, (note.company_id == back.company_id) & (note.id == back.order_id))
        .where(
            sold.company_id == company_id,
            any_of(session, sold.order_id, sorted(i for i in refs if i is not None)),
        )
        .distinct()
        .order_by(note.external_ref)
    )
    found: defaultdict[str, list[str]] = defaultdict(list)
    for order_id, ref in rows_of(session, query):
        found[refs[order_id]].append("/".join((*house, ref)))
    return dict(found)

"""Landed-cost documents: estimated when the goods come in, actual when the invoice is there.

An estimate raises the goods' value against what is accrued; the invoice clears the accrual, and the
difference goes to every unit wherever it is now. Source: DOMAIN §2.3 rules 23 to 25.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.costing.books import Books
from core.costing.models import Charge
from core.costing.models import Share
from core.costing.receipts import Received
from core.costing.receipts import goods_received
from core.costing.splitting import DIRECT
from core.costing.splitting import split
from core.costing.splitting import weigh
from core.costing.suppliers import charge_key
from core.costing.suppliers import name_supplier
from core.costing.suppliers import owe
from core.costing.suppliers import rate_of
from core.costing.tracing import COMPONENTS
from core.costing.tracing import Piece
from core.costing.tracing import merged
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.identity.deeds import say
from core.ids import next_id
from core.ids import next_ids
from core.ledger.journal import Dimensions
from core.rates.rate import converted
from core.stock.models import Document

ACCRUED = "2120"
ESTIMATED, ACTUAL = "estimated", "actual"


@dataclass(frozen=True, slots=True)
class ChargeDraft:
    """A landed cost before it is booked; `amount` in minor units, may be negative for a credit.

    The amounts are in `currency`, the company's own if none is named. `skus` narrows the receipts
    down. With the rule `direct`, `amounts` says what each SKU bears.
    """

    reference: str
    component: str
    rule: str
    amount: int
    receipts: Sequence[str]
    skus: Sequence[str] = ()
    amounts: Mapping[str, int] = field(default_factory=dict)
    note: str = ""
    currency: str | None = None
    supplier: str = ""


@dataclass(frozen=True, slots=True)
class Effect:
    """Where a cost goes: `pieces` by place, and what it is for each of the goods in all."""

    goods: Sequence[Received]
    amounts: Sequence[int]
    pieces: Sequence[Piece]


def preview(session: Session, company_id: int, draft: ChargeDraft) -> Effect:
    """Return where a cost would go, without booking it.

    Raises: InputError, NotFound as `estimate` does.
    """
    goods, weights = _weighed(session, company_id, draft)
    books = Books(session, company_id)
    rate = rate_of(books.journal, draft.currency, books.told_on)
    amounts = split(converted(rate, draft.amount)[0], weights)
    return Effect(goods, amounts, merged(books.pieces(goods, amounts)))


def preview_actual(
    session: Session, company_id: int, reference: str, amount: int, currency: str | None = None
) -> Effect:
    """Return where the difference of an actual amount would go, without booking it."""
    charge = find_charge(session, company_id, reference)
    goods, shares = _shared(session, charge)
    books = Books(session, company_id)
    rate = rate_of(books.journal, currency, books.told_on)
    differences = _differences(charge, shares, converted(rate, amount)[0])
    return Effect(goods, differences, merged(books.pieces(goods, differences)))


def estimate(
    session: Session,
    company_id: int,
    draft: ChargeDraft,
    *,
    actor: str = "",
    at: datetime | None = None,
) -> Charge:
    """Book what a landed cost will be, before its invoice; goods sold already bear their part.

    Raises: InputError for a rule, component or measure that is missing, NotFound for a receipt or
    SKU, Conflict for a reference that is taken.
    """
    _require_new(session, company_id, draft.reference)
    goods, weights = _weighed(session, company_id, draft)
    books = Books(session, company_id, at)
    rate = rate_of(books.journal, draft.currency, books.told_on)
    amount, _ = converted(rate, draft.amount)
    amounts = split(amount, weights)
    charge = _write_charge(session, books, draft, amount, actor)
    _write_shares(session, charge, goods, weights, amounts)
    entry = books.entry(f"landed_cost:{draft.reference}/estimate", _said(draft))
    entry.rate = rate.note if rate else None
    booked = books.book(entry, goods, amounts, draft.component, "estimate")
    entry.add(ACCRUED, -booked, Dimensions(), tag="estimate")
    books.post()
    name_supplier(session, company_id, charge_key(draft.reference), draft.supplier)
    say(session, company_id, "costs.estimated", _subject(charge), after=_facts(charge))
    return charge


def settle(
    session: Session,
    company_id: int,
    reference: str,
    amount: int,
    *,
    invoice: str,
    currency: str | None = None,
    at: datetime | None = None,
) -> Charge:
    """Book the invoice of a landed cost; its difference to the estimate reaches every unit.

    `amount` is in `currency`, the company's own if none is named, at the rate of the invoice's day.

    Raises: NotFound, Conflict if the invoice was booked already, Unresolved without a rate.
    """
    charge = find_charge(session, company_id, reference)
    session.refresh(charge, with_for_update=True)
    if charge.state != ESTIMATED:
        raise Conflict(
            f"The invoice of {reference} was booked already.",
            hint="Book a further invoice or a credit as a charge of its own.",
        )
    goods, shares = _shared(session, charge)
    books = Books(session, company_id, at)
    rate = rate_of(books.journal, currency, books.told_on)
    own = rate.original(-amount) if rate else None
    amount, _ = converted(rate, amount)
    differences = _differences(charge, shares, amount)
    entry = books.entry(f"landed_cost:{reference}/actual", f"Invoice {invoice} of {reference}")
    entry.rate = rate.note if rate else None
    books.book(entry, goods, differences, charge.component, "trueup")
    entry.add(ACCRUED, charge.estimated, Dimensions(), tag="reversal")
    owe(books.journal, entry, charge_key(reference), next_id(session), amount, own)
    books.post()
    for share, difference in zip(shares, differences, strict=True):
        share.actual = share.estimated + difference
    charge.actual, charge.state, charge.invoice = amount, ACTUAL, invoice
    charge.row_version += 1
    session.flush()
    say(session, company_id, "costs.settled", _subject(charge), after=_facts(charge))
    return charge


def find_charge(session: Session, company_id: int, reference: str) -> Charge:
    """Return a landed cost by its reference.

    Raises: NotFound.
    """
    query = sa.select(Charge).where(Charge.company_id == company_id, Charge.reference == reference)
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound(
            f"There is no landed cost {reference!r}.", hint="`entrepot cost list` shows them."
        )
    return found


def shares_of(session: Session, charge: Charge) -> Sequence[Share]:
    """Return what of a landed cost falls to which goods, in order of arrival."""
    query = (
        sa.select(Share)
        .where(Share.company_id == charge.company_id, Share.charge_id == charge.id)
        .order_by(Share.document_id, Share.sku_id)
    )
    return session.scalars(query).all()


def _weighed(
    session: Session, company_id: int, draft: ChargeDraft
) -> tuple[Sequence[Received], Sequence[int]]:
    if draft.component not in COMPONENTS:
        raise InputError(
            f"{draft.component!r} is no component of a cost.",
            where="component",
            hint=f"Known: {', '.join(COMPONENTS)}.",
        )
    if not draft.receipts:
        raise InputError("name at least one receipt.", where="receipts")
    if draft.rule != DIRECT:
        goods = goods_received(session, company_id, draft.receipts, draft.skus)
        return goods, weigh(draft.rule, [each.load for each in goods])
    if sum(draft.amounts.values()) != draft.amount or not draft.amounts:
        raise InputError(
            "the amounts of the SKUs do not add up to the whole.",
            where="amounts",
            hint="With `direct` each SKU bears what is named for it, and nothing is spread.",
        )
    if len({*map(_sign, draft.amounts.values())} - {0}) > 1:
        raise InputError("amounts and credits are two documents.", where="amounts")
    goods = goods_received(session, company_id, draft.receipts, list(draft.amounts))
    if len(goods) > len(draft.amounts):
        raise InputError("a SKU came in with several of the receipts.", where="receipts",
                         hint="Write a document for each receipt.")  # fmt: skip
    return goods, [abs(draft.amounts[each.load.sku]) for each in goods]


def _shared(session: Session, charge: Charge) -> tuple[Sequence[Received], Sequence[Share]]:
    shares = shares_of(session, charge)
    query = sa.select(Document.natural_key).where(
        Document.company_id == charge.company_id,
        Document.id.in_({share.document_id for share in shares}),
    )
    goods = goods_received(session, charge.company_id, session.scalars(query).all())
    by_key = {each.key: each for each in goods}
    return [by_key[share.document_id, share.sku_id] for share in shares], shares


def _differences(charge: Charge, shares: Sequence[Share], amount: int) -> list[int]:
    actual = split(amount, [int(share.weight) for share in shares])
    return [new - share.estimated for new, share in zip(actual, shares, strict=True)]


def _write_charge(
    session: Session, books: Books, draft: ChargeDraft, amount: int, actor: str
) -> Charge:
    charge = Charge(
        company_id=books.company_id,
        id=next_id(session),
        reference=draft.reference,
        component=draft.component,
        rule=draft.rule,
        state=ESTIMATED,
        estimated=amount,
        invoice="",
        note=draft.note,
        booked_on=books.day,
        created_at=clock.now(),
        created_by=actor,
    )
    session.add(charge)
    session.flush()
    return charge


def _write_shares(
    session: Session,
    charge: Charge,
    goods: Sequence[Received],
    weights: Sequence[int],
    amounts: Sequence[int],
) -> None:
    session.add_all(
        Share(
            company_id=charge.company_id,
            id=new_id,
            charge_id=charge.id,
            document_id=each.document_id,
            sku_id=each.sku_id,
            weight=str(weight),
            estimated=amount,
        )
        for new_id, each, weight, amount in zip(
            next_ids(session, len(goods)), goods, weights, amounts, strict=True
        )
    )
    session.flush()


def _require_new(session: Session, company_id: int, reference: str) -> None:
    if not reference.strip():
        raise InputError("give the document a reference.", where="reference")
    taken = sa.exists().where(Charge.company_id == company_id, Charge.reference == reference)
    if session.scalar(sa.select(taken)):
        raise Conflict(f"There is a landed cost {reference} already.")


def _subject(charge: Charge) -> str:
    return f"landed cost {charge.reference}"


def _facts(charge: Charge) -> dict[str, object]:
    facts: dict[str, object] = {"component": charge.component, "rule": charge.rule}
    return facts | {"estimated": charge.estimated, "actual": charge.actual}


def _said(draft: ChargeDraft) -> str:
    return draft.note or f"Landed cost {draft.reference}, {draft.component}, by {draft.rule}"


def _sign(amount: int) -> int:
    return (amount > 0) - (amount < 0)

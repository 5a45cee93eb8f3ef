"""Rule 27: what somebody pays for goods that were lost on a transfer.

The whole loss stands on 5120 when the goods are given up; a claim that a carrier or platform
accepts takes it back from there, and what is paid beyond the cost of the goods is a compensation
(4450). An accepted claim is owed (1240) until the money comes. Source: DOMAIN §2.3.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.banking.models import BankProfile
from core.db import any_of
from core.db import rows_of
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.ids import id_stream
from core.kernel.companies import company_of
from core.ledger.journal import Dimensions
from core.ledger.journal import Journal
from core.ledger.models import Account
from core.ledger.models import Entry
from core.ledger.models import Posting
from core.ledger.periods import closed_months
from core.ledger.periods import open_day
from core.money import allocate
from core.stock.models import Document
from core.warehousing.timeline import note
from core.warehousing.transferring import TRANSIT_LOSS
from core.warehousing.transferring import find_transfer

CLAIMS, COMPENSATION = "1240", "4450"


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim for a transfer; `amount` in minor units of the company."""

    reference: str
    transfer: str
    amount: int
    on: date


def accept_claim(session: Session, company_id: int, claim: Claim, *, actor: str = "") -> int:
    """Book that a claim for lost goods was accepted; return how much of the loss it takes back.

    Raises: NotFound for a transfer, InputError for an amount that cannot be, Conflict for a claim
    that is booked already or a transfer of which nothing was lost.
    """
    if claim.amount <= 0 or not claim.reference.strip():
        raise InputError("a claim has a reference, and an amount above zero.", where="claim")
    transfer = find_transfer(session, company_id, claim.transfer)
    key = f"claim:{claim.reference}"
    _require_new(session, company_id, key)
    documents = _loss_documents(session, company_id, claim.transfer)
    losses = _losses(session, company_id, documents)
    if not losses:
        raise Conflict(
            f"Of transfer {claim.transfer} nothing was lost that is not claimed yet.",
            hint="Write off first what did not arrive: `entrepot stock transfer lose`.",
        )
    company = company_of(session, company_id)
    journal, ids = Journal(session, company_id, company.currency), id_stream(session)
    day = open_day(claim.on, closed_months(session, company_id))
    entry = journal.entry(
        next(ids), key, "claim_accepted", day, happened_on=claim.on, document_id=documents[0],
        narration=f"Claim {claim.reference} for transfer {claim.transfer}",
    )  # fmt: skip
    item = journal.owe(CLAIMS, key, next(ids), claim.amount, None)
    entry.add(CLAIMS, claim.amount, Dimensions(), item_id=item)
    back = min(claim.amount, sum(losses.values()))
    shares = allocate(back, list(losses.values()))
    for where, share in zip(losses, shares, strict=True):
        entry.add(TRANSIT_LOSS, -share, where)
    whole = allocate(claim.amount - back, list(losses.values()))
    for where, share in zip(losses, whole, strict=True):
        entry.add(COMPENSATION, -share, where)
    journal.post()
    facts: dict[str, object] = {"claim": claim.reference, "amount": claim.amount}
    note(session, company_id, "transfer", transfer.id, "claimed", actor, **facts)
    return back


def receive_claim(
    session: Session, bank: BankProfile, reference: str, amount: int, on: date
) -> int:
    """Book that a claim was paid to a bank; return what of it is still owed.

    Raises: NotFound for a claim that is not booked, InputError for a bank in another currency or
    more than is owed.
    """
    company = company_of(session, bank.company_id)
    if bank.currency != company.currency:
        raise InputError(f"{bank.name} holds {bank.currency}.", where="bank",
                         hint="Claims are in the company's currency.")  # fmt: skip
    key = f"claim:{reference}"
    journal, ids = Journal(session, company.id, company.currency), id_stream(session)
    journal.know_items(CLAIMS, [key], locked=True)
    if journal.currency_of(CLAIMS, key) is None:
        raise NotFound(f"There is no claim {reference!r}.")
    is_open = journal.open_amount(CLAIMS, key)
    if not 0 < amount <= is_open:
        raise InputError(f"of claim {reference} {is_open} minor units are owed.", where="amount")
    entry = journal.entry(
        next(ids), f"{key}/paid/{is_open}", "claim_paid",
        open_day(on, closed_months(session, company.id)), happened_on=on,
        narration=f"Claim {reference} is paid",
    )  # fmt: skip
    item = journal.owe(CLAIMS, key, 0, -amount, None)
    entry.add(CLAIMS, -amount, Dimensions(), item_id=item)
    entry.add(bank.account, amount, Dimensions())
    journal.post()
    return is_open - amount


def _loss_documents(session: Session, company_id: int, transfer: str) -> list[int]:
    query = sa.select(Document.id).where(
        Document.company_id == company_id,
        Document.kind == "transfer_loss",
        Document.natural_key.startswith(f"{transfer}/lose", autoescape=True),
    )
    return list(session.scalars(query.order_by(Document.id)))


def _losses(session: Session, company_id: int, documents: list[int]) -> dict[Dimensions, int]:
    """Return what stands on the loss of some events, by SKU; claims before took their part."""
    query = (
        sa.select(Posting.sku_id, Posting.warehouse_id, Posting.amount)
        .join(Entry, (Entry.company_id == Posting.company_id) & (Entry.id == Posting.entry_id))
        .join(
            Account, (Account.company_id == Posting.company_id) & (Account.id == Posting.account_id)
        )
        .where(
            Posting.company_id == company_id,
            Account.code == TRANSIT_LOSS,
            any_of(session, Entry.document_id, documents),
        )
    )
    sums: Counter[tuple[int, int]] = Counter()
    for sku_id, warehouse_id, amount in rows_of(session, query):
        sums[sku_id, warehouse_id] += amount
    return {
        Dimensions(sku_id=sku, warehouse_id=place): amount
        for (sku, place), amount in sorted(sums.items())
        if amount > 0
    }


def _require_new(session: Session, company_id: int, key: str) -> None:
    taken = sa.exists().where(Entry.company_id == company_id, Entry.natural_key == key)
    if session.scalar(sa.select(taken)):
        raise Conflict("That claim is booked already.", hint="Each claim has a reference.")

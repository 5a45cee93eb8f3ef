"""To whom invoices were issued: kept sealed, since laws want invoices for ten years."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from dataclasses import field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.addresses.address import Address
from core.addresses.address import address_of
from core.errors import KernelError
from core.invoicing.models import Invoice
from core.invoicing.models import InvoiceBuyer
from core.kernel.keys import Keyring
from core.kernel.sealing import Sealer
from core.privacy.records import keyring_of


@dataclass(frozen=True, slots=True)
class InvoiceTo:
    """Who an invoice goes to; `number` is his tax number, empty for a consumer."""

    address: Address = field(default_factory=Address)
    number: str = ""

    def text(self) -> str:
        """Return it in the one form that is sealed."""
        return json.dumps({**self.address.given(), "number": self.number}, sort_keys=True)

    def lines(self) -> list[str]:
        """Return name and address line by line."""
        one = self.address
        place = " ".join(part for part in (one.postcode, one.city) if part)
        parts = [one.company, one.name, *one.street.splitlines(), one.district, place]
        return [part for part in (*parts, one.region, one.country) if part]


def digest_of(buyer: InvoiceTo) -> str:
    """Return what proves that the buyer of an invoice is the same still."""
    return hashlib.sha256(buyer.text().encode()).hexdigest()


def store_buyer(session: Session, company_id: int, invoice_id: int, buyer: InvoiceTo) -> None:
    """Keep the buyer of an invoice."""
    key_id, sealed = _sealer(session).seal(_place(company_id, invoice_id), buyer.text().encode())
    session.add(InvoiceBuyer(company_id=company_id, id=invoice_id, sealed=sealed, key_id=key_id))


def read_buyer(session: Session, company_id: int, invoice_id: int) -> InvoiceTo:
    """Return the buyer of an invoice.

    Raises: KernelError when the key is missing, or he is not the one it was issued to.
    """
    query = (
        sa.select(InvoiceBuyer.sealed, InvoiceBuyer.key_id, Invoice.buyer_digest)
        .join(
            Invoice,
            (Invoice.company_id == InvoiceBuyer.company_id) & (Invoice.id == InvoiceBuyer.id),
        )
        .where(InvoiceBuyer.company_id == company_id, InvoiceBuyer.id == invoice_id)
    )
    sealed, key_id, digest = session.execute(query).one()
    text = _sealer(session).unseal(_place(company_id, invoice_id), key_id, sealed).decode()
    said = json.loads(text)
    buyer = InvoiceTo(address_of(said), said["number"])
    if digest_of(buyer) != digest:
        raise KernelError(f"The buyer of invoice {invoice_id} was changed after it was issued.")
    return buyer


def seal_anew(session: Session, keyring: Keyring, limit: int = 500) -> int:
    """Seal with the newest key what needs an older one; return how many were."""
    sealer = Sealer(keyring)
    rows = session.scalars(
        sa.select(InvoiceBuyer)
        .where(InvoiceBuyer.key_id.in_(keyring.ids[1:]))
        .order_by(InvoiceBuyer.company_id, InvoiceBuyer.id)
        .limit(limit)
    ).all()
    for row in rows:
        place = _place(row.company_id, row.id)
        text = sealer.unseal(place, row.key_id, row.sealed)
        row.key_id, row.sealed = sealer.seal(place, text)
    session.flush()
    return len(rows)


def _sealer(session: Session) -> Sealer:
    return Sealer(keyring_of(session))


def _place(company_id: int, invoice_id: int) -> str:
    return f"invoice/{company_id}/{invoice_id}"

"""The buyer of an order as its page shows him."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.addresses.address import Address
from core.addresses.address import address_of
from core.addresses.checking import Checked
from core.addresses.checking import check_address
from core.errors import KernelError
from core.privacy.models import PersonalRecord
from core.privacy.person import Person
from core.privacy.records import holders_of
from core.privacy.records import read_people


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who an order goes to; without an address it was forgotten, or its key is missing."""

    order_id: int
    row_version: int
    forgotten_at: datetime | None
    person: Person | None
    checked: Checked | None

    @property
    def lines(self) -> list[str]:
        """Return the address in order, line by line."""
        return _lines(self.checked.address) if self.checked else []

    @property
    def latin_lines(self) -> list[str]:
        """Return the address in Latin letters."""
        return _lines(self.checked.latin) if self.checked else []

    @property
    def received_lines(self) -> list[str]:
        """Return the address as it came in."""
        if self.person is None or not self.person.received:
            return []
        return _lines(address_of(self.person.received[0]))

    @property
    def note(self) -> str:
        """Return what the buyer wrote."""
        return self.person.note if self.person else ""


def buyer_of(session: Session, company_id: int, order_id: int) -> Buyer | None:
    """Return the buyer of an order, None if nothing personal of it ever came in."""
    holder = holders_of(session, company_id, [order_id]).get(order_id, order_id)
    row = session.execute(
        sa.select(PersonalRecord.row_version, PersonalRecord.forgotten_at).where(
            PersonalRecord.company_id == company_id, PersonalRecord.id == holder
        )
    ).one_or_none()
    if row is None:
        return None
    try:
        person = read_people(session, company_id, [holder]).get(holder)
    except KernelError:
        person = None
    checked = check_address(person.address) if person is not None else None
    return Buyer(holder, row.row_version, row.forgotten_at, person, checked)


def _lines(address: Address) -> list[str]:
    place = " ".join(filter(None, (address.postcode, address.city)))
    rows = (
        address.name,
        address.company,
        *address.street.splitlines(),
        address.district,
        place,
        address.region,
        address.country,
    )
    return [row for row in rows if row]

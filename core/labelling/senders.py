"""Where parcels leave from: the address of a warehouse, which carriers print on their labels."""

from __future__ import annotations

from dataclasses import fields
from dataclasses import replace

from sqlalchemy.orm import Session

from core.addresses.address import Address
from core.errors import InputError
from core.errors import NotFound
from core.identity.deeds import say
from core.labelling.models import Sender
from core.stock.models import Warehouse
from core.warehousing.floor import warehouse_named

NEEDED = ("name", "street", "city", "postcode", "phone")
"""Without these no carrier takes a parcel; some want the region and an e-mail address too."""


def set_sender(session: Session, company_id: int, warehouse: str, told: Address) -> Address:
    """Say from which address the parcels of a warehouse leave; its country is the warehouse's.

    Raises: NotFound for a warehouse that there is not, InputError for an address that lacks a part.
    """
    place = warehouse_named(session, company_id, warehouse)
    address = replace(told, country=place.country)
    if lacking := [name for name in NEEDED if not getattr(address, name).strip()]:
        raise InputError(
            f"The address lacks {', '.join(lacking)}.",
            where=lacking[0],
            hint=f"Carriers ask for {', '.join(NEEDED)}, many for the region and an e-mail too.",
        )
    values = {each.name: getattr(address, each.name).strip() for each in fields(Address)}
    del values["country"]
    row = session.get(Sender, (company_id, place.id))
    if row is None:
        session.add(Sender(company_id=company_id, id=place.id, **values))
    else:
        for name, value in values.items():
            setattr(row, name, value)
        row.row_version += 1
    session.flush()
    say(session, company_id, "sender.set", f"warehouse:{place.code}", after={"city": address.city})
    return address


def sender_of(session: Session, company_id: int, warehouse_id: int) -> Address:
    """Return the address from which the parcels of a warehouse leave.

    Raises: NotFound while nobody has said it.
    """
    place = session.get_one(Warehouse, (company_id, warehouse_id))
    found = kept_sender(session, company_id, place)
    if found is None:
        raise NotFound(
            f"Nobody has said from which address the parcels of {place.code} leave.",
            hint=f"`entrepot label sender {place.code} --name … --street … --city … --postcode …"
            " --phone …` says it, or the page of the warehouse's address.",
        )
    return found


def kept_sender(session: Session, company_id: int, place: Warehouse) -> Address | None:
    """Return the address from which a warehouse's parcels leave; None while nobody has said it."""
    row = session.get(Sender, (company_id, place.id))
    if row is None:
        return None
    names = {each.name for each in fields(Address)} - {"country"}
    return Address(**{name: getattr(row, name) for name in names}, country=place.country)

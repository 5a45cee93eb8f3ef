"""What is known of an order's buyer in the clear, and how it becomes the columns of its record."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from core.addresses.address import FIELDS
from core.addresses.address import Address
from core.addresses.address import address_of
from core.addresses.phones import normal_phone
from core.kernel.blinding import blind
from core.kernel.sealing import Sealer

NOTE = "note"
EMAIL = "email"
PHONE = "phone"
ADDRESS = "address"

Part = Mapping[str, str]
"""Personal values of one row or document by field; fields that are no address are kept too."""


@dataclass(frozen=True, slots=True)
class Person:
    """What came in of a buyer, each different part once, and the address if it was corrected."""

    received: tuple[Part, ...]
    edited: Address | None = None

    @property
    def address(self) -> Address:
        """Return where the parcel goes."""
        if self.edited is not None:
            return self.edited
        return address_of(_joined(self.received))

    @property
    def note(self) -> str:
        """Return what the buyer wrote to the seller."""
        return "\n".join(dict.fromkeys(part[NOTE] for part in self.received if part.get(NOTE)))

    @property
    def others(self) -> dict[str, str]:
        """Return what came in beside address and note."""
        known = {*FIELDS, NOTE}
        return {name: text for name, text in _joined(self.received).items() if name not in known}


@dataclass(frozen=True, slots=True)
class SealedPerson:
    """The columns of a record that hold a person."""

    received: str
    edited: str | None
    key_id: str
    email_index: str | None
    phone_index: str | None
    address_index: str | None


def seal_person(sealer: Sealer, owner: str, person: Person) -> SealedPerson:
    """Encrypt a person for the order `owner` with the newest key."""
    key_id, received = _seal(sealer, owner, "received", [dict(part) for part in person.received])
    edited = None
    if person.edited is not None:
        edited = _seal(sealer, owner, "edited", person.edited.given())[1]
    indexes = {
        kind: blind(sealer.keyring.keys[0], kind, value)
        for kind, value in index_values(person.address).items()
    }
    return SealedPerson(
        received,
        edited,
        key_id,
        indexes.get(EMAIL),
        indexes.get(PHONE),
        indexes.get(ADDRESS),
    )


def open_person(
    sealer: Sealer, owner: str, received: str, edited: str | None, key_id: str
) -> Person:
    """Return the person of a record.

    Raises: KernelError when the key is missing, or the record was changed or is another order's.
    """
    parts = json.loads(sealer.unseal(f"{owner}/received", key_id, received))
    if edited is None:
        return Person(tuple(parts))
    cells = json.loads(sealer.unseal(f"{owner}/edited", key_id, edited))
    return Person(tuple(parts), Address(**cells))


def index_values(address: Address) -> dict[str, str]:
    """Return by what an order can be found, in the one form that its spellings share."""
    values = {
        EMAIL: normal_email(address.email),
        PHONE: _digits(normal_phone(address.phone, address.country) or "") if address.phone else "",
        ADDRESS: _place(address),
    }
    return {kind: value for kind, value in values.items() if value}


def normal_email(text: str) -> str:
    """Return an e-mail address in the form in which it is looked up."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _place(address: Address) -> str:
    if not address.street or not (address.postcode or address.city):
        return ""
    parts = (address.country, address.postcode or address.city, address.street)
    return "\x1f".join(_letters(part) for part in parts)


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())


def _digits(phone: str) -> str:
    return phone.partition(";")[0]


def _joined(parts: tuple[Part, ...]) -> dict[str, str]:
    """Return of each field the first part's value that holds something."""
    joined: dict[str, str] = {}
    for part in parts:
        for name, text in part.items():
            if text:
                joined.setdefault(name, text)
    return joined


def _seal(sealer: Sealer, owner: str, field: str, document: object) -> tuple[str, str]:
    text = json.dumps(document, ensure_ascii=False, sort_keys=True)
    return sealer.seal(f"{owner}/{field}", text.encode())

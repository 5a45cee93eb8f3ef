"""Storing personal data of orders, and reading it back, by sets."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from typing import Any
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm import aliased

from core import clock
from core.addresses.address import Address
from core.addresses.checking import Checked
from core.addresses.checking import check_address
from core.db import any_of
from core.db import json_text
from core.db import rows_of
from core.db import table_of
from core.db import utc_text
from core.kernel import keys
from core.kernel.keys import Keyring
from core.kernel.sealing import Sealer
from core.orders.models import Order
from core.prepared import Prepared
from core.prepared import among
from core.privacy.models import PersonalRecord
from core.privacy.person import Part
from core.privacy.person import Person
from core.privacy.person import open_person
from core.privacy.person import seal_person
from core.rows import bulk_insert

PLACE = ("street", "city", "region", "postcode")


class AccountFacts(Protocol):
    """A seller account on a platform."""

    @property
    def company_id(self) -> int: ...
    @property
    def platform(self) -> str: ...
    @property
    def account(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Told:
    """What came in of the buyer of an order, which may be `new`; `country` is where it goes."""

    order_id: int
    ref: str
    country: str
    parts: Sequence[Part]
    new: bool = False


def owner_of(company_id: int, platform: str, account: str, ref: str) -> str:
    """Return the name of an order to which its personal data is bound."""
    return f"{company_id}/{platform}/{account}/{ref}"


def keyring_of(session: Session) -> Keyring:
    """Return the keys of the installation; where there are none, make the first."""
    return keys.ensure_keys(session.info["kernel"].config)


def _sealer(session: Session) -> Sealer:
    return Sealer(keyring_of(session))


def store_told(
    session: Session, account: AccountFacts, told: Sequence[Told]
) -> dict[int, tuple[Person, Checked]]:
    """Store what came in of the buyers of some orders; what is known already changes nothing.

    Return of each order the person and the address as it was checked. What was forgotten comes
    back only with an order that came in again, and is forgotten again when due.
    """
    if not told:
        return {}
    company_id, sealer = account.company_id, _sealer(session)
    known = _rows(session, company_id, [each.order_id for each in told if not each.new])
    new, found = [], {}
    for each in told:
        owner = owner_of(company_id, account.platform, account.account, each.ref)
        row = known.get(each.order_id)
        before = _open(sealer, owner, row) if row is not None else None
        person = _grown(before, each)
        checked = _checked(person)
        found[each.order_id] = (person, checked)
        if row is None:
            new.append(
                _new_row(company_id, each.order_id, seal_person(sealer, owner, person), checked)
            )
        elif before != person:
            _write(session, company_id, each.order_id, sealer, owner, person, checked)
    bulk_insert(session, table_of(PersonalRecord), _COLUMNS, new)
    return found


def store_edited(
    session: Session, company_id: int, order_id: int, address: Address, row_version: int
) -> Checked | None:
    """Store a corrected address beside what was received; None if it was changed meanwhile."""
    sealer = _sealer(session)
    row = _rows(session, company_id, [order_id]).get(order_id)
    if row is None or row.row_version != row_version:
        return None
    owner = _owners(session, company_id, [order_id])[order_id]
    before = _open(sealer, owner, row) or Person(())
    checked = check_address(address)
    person = replace(before, edited=checked.address)
    _write(session, company_id, order_id, sealer, owner, person, checked)
    return checked


def read_people(session: Session, company_id: int, order_ids: Collection[int]) -> dict[int, Person]:
    """Return who some orders go to; those without personal data, or with forgotten, are missing.

    A part of an order, or what replaces one, goes to whom the first went. Raises: KernelError when
    a key is missing.
    """
    holders = holders_of(session, company_id, order_ids)
    rows = _rows(session, company_id, set(holders.values()))
    if not rows:
        return {}
    sealer = _sealer(session)
    owners = _owners(session, company_id, rows)
    opened = {order_id: _open(sealer, owners[order_id], row) for order_id, row in rows.items()}
    return {
        order_id: person
        for order_id, holder in holders.items()
        if (person := opened.get(holder)) is not None
    }


def holders_of(session: Session, company_id: int, order_ids: Collection[int]) -> dict[int, int]:
    """Return for each order the one that keeps its personal data: itself, or the one it is of."""
    query = (
        sa.select(Order.id, Order.origin_id, PersonalRecord.id)
        .outerjoin(
            PersonalRecord,
            sa.and_(PersonalRecord.company_id == Order.company_id, PersonalRecord.id == Order.id),
        )
        .where(Order.company_id == company_id, any_of(session, Order.id, sorted(order_ids)))
    )
    return {row[0]: row[2] or row[1] or row[0] for row in rows_of(session, query)}


def address_indexes(
    session: Session, company_id: int, order_ids: Collection[int]
) -> dict[int, str]:
    """Return for each order whose address is known the blind index of it: the same, one address."""
    holders = holders_of(session, company_id, order_ids)
    query = sa.select(PersonalRecord.id, PersonalRecord.address_index).where(
        PersonalRecord.company_id == company_id,
        any_of(session, PersonalRecord.id, sorted(set(holders.values()))),
        PersonalRecord.address_index.is_not(None),
    )
    known = {row[0]: row[1] or "" for row in session.execute(query)}
    return {order_id: known[each] for order_id, each in holders.items() if each in known}


@dataclass(frozen=True, slots=True)
class AddressMarks:
    """What is to be noticed in the address of an order, and each field with what is wrong."""

    flags: tuple[str, ...]
    problems: tuple[tuple[str, str], ...]


def marks_of(checked: Checked) -> AddressMarks:
    """Return the marks of an address that was checked."""
    problems = tuple((problem.field, problem.code) for problem in checked.problems)
    return AddressMarks(tuple(checked.flags), problems)


def address_marks(
    session: Session, company_id: int, order_ids: Collection[int]
) -> dict[int, AddressMarks]:
    """Return the marks of the addresses of some orders; those without an address are missing."""
    return {
        row[0]: AddressMarks(tuple(row.flags), tuple((each[0], each[1]) for each in row.problems))
        for row in _MARKS.rows(session, company=company_id, orders=sorted(order_ids))
    }


def seal_anew(session: Session, keyring: Keyring, limit: int = 500) -> int:
    """Encrypt records with the newest key that need an older one; return how many were."""
    table, sealer = table_of(PersonalRecord), Sealer(keyring)
    query = (
        sa.select(*table.columns)
        .where(table.c.key_id.is_not(None), table.c.key_id.in_(keyring.ids[1:]))
        .order_by(table.c.company_id, table.c.id)
        .limit(limit)
    )
    rows = rows_of(session, query)
    for company_id in sorted({row.company_id for row in rows}):
        mine = {row.id: row for row in rows if row.company_id == company_id}
        owners = _owners(session, company_id, mine)
        changes = []
        for order_id, row in mine.items():
            person = _open(sealer, owners[order_id], row)
            if person is not None:
                changes.append(
                    _sealed_values(company_id, order_id, sealer, owners[order_id], person)
                )
        _update(session, changes)
    return len(rows)


def _grown(before: Person | None, told: Told) -> Person:
    """Return a person with the parts that were not known; the first tells where the parcel goes."""
    parts = [*(before.received if before is not None else ())]
    for part in told.parts:
        given = {name: text for name, text in part.items() if text}
        if given and (given := {"country": told.country, **given}) not in parts:
            parts.append(given)
    return Person(tuple(parts), before.edited if before is not None else None)


def _checked(person: Person) -> Checked:
    """Check an address; of a buyer whose place nobody told there is nothing to check."""
    checked = check_address(person.address)
    if any(getattr(person.address, name) for name in PLACE):
        return checked
    return replace(checked, problems=(), flags=())


def _rows(session: Session, company_id: int, order_ids: Iterable[int]) -> dict[int, Any]:
    wanted = sorted(order_ids)
    rows = _RECORDS.rows(session, company=company_id, orders=wanted) if wanted else ()
    return {row.id: row for row in rows}


def _owners(session: Session, company_id: int, order_ids: Iterable[int]) -> dict[int, str]:
    query = sa.select(Order.id, Order.platform, Order.account, Order.external_ref).where(
        Order.company_id == company_id, any_of(session, Order.id, sorted(order_ids))
    )
    return {row[0]: owner_of(company_id, *row[1:]) for row in rows_of(session, query)}


def _open(sealer: Sealer, owner: str, row: Any) -> Person | None:
    if row.received is None:
        return None
    return open_person(sealer, owner, row.received, row.edited, row.key_id)


def _new_row(company_id: int, order_id: int, sealed: Any, checked: Checked) -> tuple[object, ...]:
    return (
        (company_id, order_id, sealed.received, sealed.edited, sealed.key_id)
        + (sealed.email_index, sealed.phone_index, sealed.address_index)
        + (json_text(list(checked.flags)), json_text(_problems(checked)), utc_text(clock.now()), 1)
    )


def _problems(checked: Checked) -> list[list[str]]:
    return [[problem.field, problem.code] for problem in checked.problems]


def _write(
    session: Session,
    company_id: int,
    order_id: int,
    sealer: Sealer,
    owner: str,
    person: Person,
    checked: Checked,
) -> None:
    values = _sealed_values(company_id, order_id, sealer, owner, person)
    values |= {"flags": list(checked.flags), "problems": _problems(checked)}
    values |= {"forgotten_at": None, "forgotten_why": None}
    _update(session, [values])


def _sealed_values(
    company_id: int, order_id: int, sealer: Sealer, owner: str, person: Person
) -> dict[str, Any]:
    sealed = seal_person(sealer, owner, person)
    columns = {name: getattr(sealed, name) for name in sealed.__slots__}
    return {"b_company": company_id, "b_id": order_id, **columns}


def _update(session: Session, changes: Sequence[Mapping[str, Any]]) -> None:
    if not changes:
        return
    table = table_of(PersonalRecord)
    names = [name for name in changes[0] if not name.startswith("b_")]
    session.connection().execute(
        sa.update(table)
        .where(table.c.company_id == sa.bindparam("b_company"), table.c.id == sa.bindparam("b_id"))
        .values(
            {table.c[name]: sa.bindparam(name) for name in names}
            | {table.c.row_version: table.c.row_version + 1}
        ),
        list(changes),
    )


_own = aliased(PersonalRecord)
_MARKS = Prepared(
    # The order's own record, or that of the order it is of.
    sa.select(Order.id, PersonalRecord.flags, PersonalRecord.problems)
    .outerjoin(_own, sa.and_(_own.company_id == Order.company_id, _own.id == Order.id))
    .join(
        PersonalRecord,
        sa.and_(
            PersonalRecord.company_id == Order.company_id,
            PersonalRecord.id == sa.func.coalesce(_own.id, Order.origin_id, Order.id),
        ),
    )
    .where(Order.company_id == sa.bindparam("company"), among(Order.id, "orders"))
)
_RECORDS = Prepared(
    sa.select(*table_of(PersonalRecord).columns).where(
        PersonalRecord.company_id == sa.bindparam("company"), among(PersonalRecord.id, "orders")
    )
)

_COLUMNS = (
    "company_id id received edited key_id email_index phone_index address_index flags problems"
    " received_at row_version"
).split()

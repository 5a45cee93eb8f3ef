"""Finding, or making, what a batch of documents refers to: SKUs, customers and orders."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.catalog.models import Listing
from core.catalog.services import create_skus
from core.catalog.services import name_skus
from core.catalog.services import skus_by_code
from core.db import table_of
from core.db import utc_text
from core.ids import next_ids
from core.orders.models import Order
from core.partners.models import Customer
from core.prepared import Prepared
from core.prepared import Question
from core.prepared import among
from core.rows import bulk_insert
from core.rows import upsert_missing


@dataclass(frozen=True, slots=True)
class Account:
    """A seller account on a platform."""

    company_id: int
    platform: str
    account: str


@dataclass(frozen=True, slots=True)
class Ahead:
    """What a batch refers to as it was known before it was looked at, by what it is called."""

    listings: dict[str, int | None]
    orders: dict[str, tuple[int, int]]
    customers: dict[str, int]


def asked_ahead(
    account: Account, codes: Collection[str], orders: Collection[str], customers: Collection[str]
) -> list[Question]:
    """Return the questions about a batch whose answers depend on nothing else."""
    return [
        (_LISTINGS, {**_named(account), "refs": codes}),
        (_ORDERS, {**_named(account), "refs": orders}),
        (_CUSTOMERS, {**_named(account), "refs": customers}),
    ]


def answered_ahead(answers: Sequence[Iterable[Any]]) -> Ahead:
    """Return what was answered to `asked_ahead`."""
    listings, orders, customers = answers
    known = {ref: (order_id, version) for ref, order_id, version in orders}
    return Ahead(dict(listings), known, dict(customers))


def skus_of(
    session: Session,
    account: Account,
    titles: Mapping[str, str],
    *,
    create: bool,
    ahead: Ahead | None = None,
) -> dict[str, int]:
    """Return the SKU of each platform code; codes that are not mapped yet are missing.

    `titles` holds the codes with their titles. With `create` an unknown code becomes a SKU of the
    same name.
    """
    found = _mapped(session, account, titles) if ahead is None else ahead.listings
    missing = {code: title for code, title in titles.items() if code not in found}
    if missing:
        if create:
            create_skus(session, account.company_id, missing)
        _create_listings(session, account, missing)
        found = _mapped(session, account, titles)
    return {code: sku_id for code, sku_id in found.items() if sku_id is not None}


def unknown_codes(session: Session, account: Account, codes: Collection[str]) -> list[str]:
    """Return the codes, in order, that no listing of the account maps and that are no SKU."""
    mapped = {code for code, sku_id in _mapped(session, account, codes).items() if sku_id}
    known = mapped | skus_by_code(session, account.company_id, codes).keys()
    return sorted(set(codes) - known)


def _mapped(session: Session, account: Account, codes: Iterable[str]) -> dict[str, int | None]:
    return dict(_LISTINGS.rows(session, **_named(account), refs=list(codes)))


def _create_listings(session: Session, account: Account, titles: Mapping[str, str]) -> None:
    """Make listings of unknown codes, mapped where the code is a SKU of the company."""
    skus = skus_by_code(session, account.company_id, titles)
    name_skus(session, account.company_id, {code: titles[code] for code in skus})
    codes = sorted(titles)
    now = clock.now()
    rows = [
        {"company_id": account.company_id, "id": new_id, "platform": account.platform}
        | {"account": account.account, "external_ref": code, "title": titles[code] or code}
        | {"sku_id": skus.get(code), "created_at": now, "row_version": 1}
        for new_id, code in zip(next_ids(session, len(codes)), codes, strict=True)
    ]
    upsert_missing(session, table_of(Listing), rows)


@dataclass(frozen=True, slots=True)
class Customers:
    """The ids of customers by what their platform calls them; `new` were made just now."""

    ids: Mapping[str, int]
    new: frozenset[int] = frozenset()


def make_customers(
    session: Session, account: Account, refs: Iterable[str], ahead: Ahead
) -> dict[str, int]:
    """Make customers of those who are not known, unless another writer was faster."""
    missing = sorted(set(refs) - ahead.customers.keys())
    now = utc_text(clock.now())
    made = dict(zip(missing, next_ids(session, len(missing)), strict=True))
    rows = [
        (account.company_id, new_id, account.platform, account.account, ref, now)
        for ref, new_id in made.items()
    ]
    columns = "company_id id platform account external_ref created_at".split()
    bulk_insert(session, table_of(Customer), columns, rows, missing=True)
    return made


def asked_made(account: Account, made: Collection[str]) -> Question:
    """Return the question which customers there are by now, to be asked with others."""
    return _CUSTOMERS, {**_named(account), "refs": made}


def customers_in(ahead: Ahead, made: Mapping[str, int], stored: Iterable[Any]) -> Customers:
    """Return the customers of a batch; of those that were made, what is `stored` holds."""
    ids = dict(stored)
    new = frozenset(new_id for ref, new_id in made.items() if ids[ref] == new_id)
    return Customers({**ahead.customers, **ids}, new)


def lock_orders(
    session: Session, company_id: int, known: Mapping[str, tuple[int, int]]
) -> dict[str, tuple[int, int]]:
    """Lock known documents until the transaction ends, and return them as they are now.

    Goods are locked before orders, everywhere: then no two ever wait for each other in a circle.
    """
    if not known:
        return {}
    ids = sorted(order_id for order_id, _ in known.values())
    versions = dict(_LOCKED.rows(session, company=company_id, ids=ids))
    return {ref: (order_id, versions[order_id]) for ref, (order_id, _) in known.items()}


def _named(account: Account) -> dict[str, Any]:
    return {
        "company": account.company_id,
        "platform": account.platform,
        "account": account.account,
    }


def _of(kind: Any) -> tuple[Any, ...]:
    """Return the condition that rows are those of some numbers of an account."""
    return (
        kind.company_id == sa.bindparam("company"),
        kind.platform == sa.bindparam("platform"),
        kind.account == sa.bindparam("account"),
        among(kind.external_ref, "refs"),
    )


_LISTINGS = Prepared(sa.select(Listing.external_ref, Listing.sku_id).where(*_of(Listing)))
_CUSTOMERS = Prepared(sa.select(Customer.external_ref, Customer.id).where(*_of(Customer)))
_ORDERS = Prepared(sa.select(Order.external_ref, Order.id, Order.row_version).where(*_of(Order)))
_LOCKED = Prepared(
    sa.select(Order.id, Order.row_version)
    .where(Order.company_id == sa.bindparam("company"), among(Order.id, "ids"))
    .order_by(Order.id)
    .with_for_update()
)

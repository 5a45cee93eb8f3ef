"""Finding, or making, what a batch of documents refers to: SKUs, customers and orders."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.catalog.models import Listing
from core.catalog.services import create_skus
from core.catalog.services import name_skus
from core.catalog.services import skus_by_code
from core.db import bulk_insert
from core.db import next_ids
from core.db import table_of
from core.db import upsert_missing
from core.db import utc_text
from core.orders.models import Order
from core.partners.models import Customer
from core.prepared import Prepared
from core.prepared import among


@dataclass(frozen=True, slots=True)
class Account:
    """A seller account on a platform."""

    company_id: int
    platform: str
    account: str


def skus_of(
    session: Session, account: Account, titles: Mapping[str, str], *, create: bool
) -> dict[str, int]:
    """Return the SKU of each platform code; codes that are not mapped yet are missing.

    `titles` holds the codes with their titles. With `create` an unknown code becomes a SKU of the
    same name.
    """
    found = _mapped(session, account, titles)
    missing = {code: title for code, title in titles.items() if code not in found}
    if missing:
        if create:
            create_skus(session, account.company_id, missing)
        _create_listings(session, account, missing)
        found = _mapped(session, account, titles)
    return {code: sku_id for code, sku_id in found.items() if sku_id is not None}


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


def customers_of(session: Session, account: Account, refs: Iterable[str]) -> Customers:
    """Return an account's customers; those that are new are made."""
    wanted = sorted(set(refs))
    if not wanted:
        return Customers({})
    found = _customers(session, account, wanted)
    missing = [ref for ref in wanted if ref not in found]
    if missing:
        now = utc_text(clock.now())
        rows = [
            (account.company_id, new_id, account.platform, account.account, ref, now)
            for new_id, ref in zip(next_ids(session, len(missing)), missing, strict=True)
        ]
        columns = "company_id id platform account external_ref created_at".split()
        if bulk_insert(session, table_of(Customer), columns, rows, missing=True) == len(rows):
            return Customers(
                found | {row[4]: row[1] for row in rows}, frozenset(row[1] for row in rows)
            )
        found |= _customers(session, account, missing)
    return Customers(found)


def _customers(session: Session, account: Account, refs: list[str]) -> dict[str, int]:
    return dict(_CUSTOMERS.rows(session, **_named(account), refs=refs))


def orders_of(
    session: Session, account: Account, refs: Iterable[str]
) -> dict[str, tuple[int, int]]:
    """Return id and row version of the documents of an account that are known already."""
    rows = _ORDERS.rows(session, **_named(account), refs=list(refs))
    return {ref: (order_id, version) for ref, order_id, version in rows}


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

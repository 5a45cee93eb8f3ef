"""A digest of the business rows: the same facts give the same digest, on any database.

Rows are told by natural keys and values, never by ids or by the moment of recording. Each row is
hashed by itself and the hashes are added up, so that the order in which rows come does not matter
and nothing has to be sorted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.banking.models import BankLine
from core.banking.models import BankProfile
from core.catalog.models import Component
from core.catalog.models import Listing
from core.catalog.models import Sku
from core.channels.models import RawOrder
from core.channels.models import RawRow
from core.channels.models import Shop
from core.db import Base
from core.db import table_of
from core.fees.models import Drift
from core.fees.models import Estimate
from core.fees.models import FeeRate
from core.fees.models import Finality
from core.fees.models import Meaning
from core.fees.models import Plan
from core.fees.models import Recent
from core.fees.models import SkuCategory
from core.kernel.models import Company
from core.ledger.models import Account
from core.ledger.models import Balance
from core.ledger.models import Entry
from core.ledger.models import Item
from core.ledger.models import Posting
from core.ledger.models import Profit
from core.orders.models import Order
from core.orders.models import OrderException
from core.orders.models import OrderLine
from core.orders.models import OrderTax
from core.partners.models import Customer
from core.rates.models import OwnRate
from core.settlements.models import Booking
from core.settlements.models import Statement
from core.settlements.models import StatementRow
from core.stock.models import Document
from core.stock.models import Layer
from core.stock.models import LayerUse
from core.stock.models import Level
from core.stock.models import Move
from core.stock.models import Reservation
from core.stock.models import Short
from core.stock.models import Warehouse
from core.tax.models import BookedLevy
from core.tax.models import BuyerNumber
from core.tax.models import Decision
from core.tax.models import Declared
from core.tax.models import NumberCheck
from core.tax.models import ReturnStep
from core.tax.models import SellerRegistration
from core.tax.models import SellingChannel
from core.tax.models import SoldUnder
from core.tax.models import TaxedGoods

FACTS = (
    Company,
    Shop,
    Warehouse,
    Account,
    Sku,
    Component,
    Listing,
    Customer,
    RawOrder,
    RawRow,
    Meaning,
    FeeRate,
    Plan,
    SkuCategory,
    Statement,
    StatementRow,
    BankProfile,
    OwnRate,
    SellerRegistration,
    SellingChannel,
    TaxedGoods,
    ReturnStep,
    BuyerNumber,
    NumberCheck,
    OrderTax,
)
DERIVED = (
    Decision,
    BookedLevy,
    Declared,
    SoldUnder,
    Order,
    OrderLine,
    OrderException,
    Level,
    Document,
    Move,
    Layer,
    LayerUse,
    Short,
    Reservation,
    Entry,
    Posting,
    Item,
    Balance,
    Profit,
    Estimate,
    Drift,
    Recent,
    Finality,
    Booking,
    BankLine,
)

# How rows of other tables are named: these columns, references among them resolved likewise.
_NATURAL_KEYS: dict[str, tuple[type[Base], tuple[str, ...]]] = {
    "company_id": (Company, ("code",)),
    "shop_id": (Shop, ("platform", "account", "marketplace")),
    "warehouse_id": (Warehouse, ("code",)),
    "account_id": (Account, ("code",)),
    "sku_id": (Sku, ("code",)),
    "bundle_id": (Sku, ("code",)),
    "component_id": (Sku, ("code",)),
    "customer_id": (Customer, ("platform", "account", "external_ref")),
    "number_id": (BuyerNumber, ("country", "number")),
    "decision_id": (Decision, ("natural_key",)),
    "order_id": (Order, ("platform", "account", "external_ref")),
    "origin_id": (Order, ("platform", "account", "external_ref")),
    "consignment_id": (Order, ("platform", "account", "external_ref")),
    "line_id": (OrderLine, ("order_id", "external_ref")),
    "original_line_id": (OrderLine, ("order_id", "external_ref")),
    "document_id": (Document, ("kind", "natural_key")),
    "level_id": (Level, ("warehouse_id", "sku_id", "condition", "lot_id")),
    "layer_id": (Layer, ("document_id", "level_id", "received_at")),
    "entry_id": (Entry, ("natural_key",)),
    "reverses_id": (Entry, ("natural_key",)),
    "item_id": (Item, ("account_id", "natural_key")),
    "profile_id": (BankProfile, ("name",)),
    "statement_id": (Statement, ("platform", "account", "external_ref", "rejection")),
}

# Surrogate ids, and what tells of the moment of recording instead of the fact.
_LEFT_OUT = frozenset(
    "id root_id import_id raw_row_id line_number scope_id created_at recorded_at row_version"
    " archived_at raised_at solved_at solved_by received_at outcome personal personal_key"
    " personal_until made_at made_by samples due_at attempts checked_at".split()
)

_MODULUS = 1 << 256


@dataclass(frozen=True, slots=True)
class Digest:
    """SHA-256 digests as hexadecimal text: of everything, of each scope, of each table."""

    whole: str
    facts: str
    derived: str
    tables: dict[str, str]


def digest(session: Session) -> Digest:
    """Return the digest of all business rows."""
    names = _Names(session)
    tables = {m.__tablename__: _of_table(session, m, names) for m in (*FACTS, *DERIVED)}
    facts = _of_texts(tables[model.__tablename__] for model in FACTS)
    derived = _of_texts(tables[model.__tablename__] for model in DERIVED)
    return Digest(_of_texts([facts, derived]), facts, derived, tables)


def _of_texts(texts: Any) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def _of_table(session: Session, model: type[Base], names: _Names) -> str:
    total = count = 0
    for text in _rows(session, model, names):
        count += 1
        total += int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")
    return hashlib.sha256(f"{count} {total % _MODULUS:064x}".encode()).hexdigest()


def _rows(session: Session, model: type[Base], names: _Names) -> Iterator[str]:
    columns = [c for c in table_of(model).columns if c.name not in _LEFT_OUT]
    lookups = [names.of(c.name) if c.name in _NATURAL_KEYS else None for c in columns]
    query = sa.select(*columns).execution_options(yield_per=5000)
    for row in session.execute(query):
        yield "\x1f".join(
            "\\N" if value is None else str(value) if lookup is None else lookup[value]
            for value, lookup in zip(row, lookups, strict=True)
        )


class _Names:
    """The natural keys of rows that others refer to, a table at a time."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._known: dict[type[Base], dict[int, str]] = {}

    def of(self, column: str) -> dict[int, str]:
        model, key = _NATURAL_KEYS[column]
        if model not in self._known:
            self._known[model] = self._load(model, key)
        return self._known[model]

    def _load(self, model: type[Base], key: tuple[str, ...]) -> dict[int, str]:
        table = table_of(model)
        lookups = [self.of(name) if name in _NATURAL_KEYS else None for name in key]
        query = sa.select(table.c.id, *[table.c[name] for name in key])
        return {
            row[0]: "\x1e".join(
                str(value) if lookup is None else lookup[value]
                for value, lookup in zip(row[1:], lookups, strict=True)
            )
            for row in self.session.execute(query.execution_options(yield_per=5000))
        }

"""A batch of sales documents on its way into the books: what every step of it works on."""

from __future__ import annotations

from collections.abc import Hashable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import date

from sqlalchemy.orm import Session

from core import clock
from core.catalog.bundles import Parts
from core.channels.connector import SourceLine
from core.fees.estimating import ParcelFees
from core.ids import id_stream
from core.kernel.companies import CompanyInfo
from core.kernel.connections import ConnectionInfo
from core.ledger.journal import Journal
from core.orders.foreseen import Foreseen
from core.orders.lookups import Account
from core.orders.lookups import Customers
from core.orders.returning import BuyerCode
from core.orders.returning import SoldLines
from core.orders.taxing import AskedLine
from core.orders.taxing import AskedParcel
from core.orders.told_taxes import NOTHING_TOLD
from core.orders.told_taxes import ToldTax
from core.orders.writing import Rows
from core.rates.finding import Rates
from core.stock.batch import StockBatch
from core.stock.warehouses import WarehouseFacts
from core.tax.booking import TaxBook
from core.tax.deciding import Decided
from core.tax.facts import TaxFacts


@dataclass(frozen=True, slots=True)
class ImportContext:
    """Where a batch comes from and where its goods may lie.

    `has_left_there` says that the goods left from the default warehouse: nobody is asked then.
    """

    connection: ConnectionInfo
    account: Account
    company: CompanyInfo
    shop_id: int
    marketplace: str
    scope_id: int
    import_id: int
    warehouses: Mapping[int, WarehouseFacts]
    default_warehouse: WarehouseFacts
    create_skus: bool
    shipped: bool
    closed: frozenset[date]
    has_left_there: bool = False

    @property
    def currency(self) -> str:
        """Return the currency of the books."""
        return self.company.currency


@dataclass(slots=True, eq=False)
class NewLine:
    """A line that was not known before, stored as the raw row `raw_row_id`."""

    source: SourceLine
    raw_row_id: int
    occurrence: int

    @property
    def key(self) -> tuple[int, int]:
        """Return what names the line among all of a batch."""
        return self.source.fingerprint, self.occurrence


@dataclass(slots=True)
class References:
    """What the lines of a batch refer to, looked up by sets before the first is applied."""

    skus: Mapping[str, int] = field(default_factory=dict)
    customers: Customers = field(default_factory=lambda: Customers({}))
    orders: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    parts: Mapping[int, Parts] = field(default_factory=dict)
    routes: Mapping[str, WarehouseFacts] = field(default_factory=dict)
    told: Mapping[str, ToldTax] = field(default_factory=dict)
    facts: Mapping[Hashable, TaxFacts] = field(default_factory=dict)
    decided: Decided = field(default_factory=lambda: Decided({}, {}))
    rates: Rates = field(default_factory=lambda: Rates(""))
    foreseen: Foreseen | None = None


class OrderBatch:
    """The state of one batch: its journal, its stock and its rows, written together."""

    def __init__(self, session: Session, context: ImportContext) -> None:
        self.session = session
        self.context = context
        self.company_id = context.account.company_id
        self.ids: Iterator[int] = id_stream(session)
        self.journal = Journal(session, self.company_id, context.currency)
        self.fees = ParcelFees(session, self.company_id, context.currency, self.journal, self.ids)
        self.rows = Rows(self.company_id, context.account, context.shop_id, clock.now())
        self.refs = References()
        self.taxes = TaxBook(session, self.company_id, self.ids)
        self.entered: list[int] = []
        self.sold = SoldLines(session, self.company_id, ())
        self._stock: dict[int, StockBatch] = {}

    @property
    def stocks(self) -> list[StockBatch]:
        """Return the stock of the warehouses that the batch touches, in the order of their ids."""
        return [self._stock[warehouse_id] for warehouse_id in sorted(self._stock)]

    def stock_in(self, warehouse: WarehouseFacts) -> StockBatch:
        """Return the batch's stock in a warehouse."""
        stock = self._stock.get(warehouse.id)
        if stock is None:
            stock = self._stock[warehouse.id] = StockBatch(
                self.session, self.company_id, self.context.currency, warehouse.id, self.ids
            )
        return stock

    def key(self, document_ref: str) -> str:
        """Return the natural key of a document within the company."""
        account = self.context.account
        return f"{account.platform}/{account.account}/{document_ref}"

    def buyer_code(self, source: SourceLine) -> BuyerCode | None:
        """Return who bought what, None for an anonymous buyer."""
        if source.customer_ref is None:
            return None
        return self.refs.customers.ids[source.customer_ref], source.code

    def asked(self, ref: str, lines: Sequence[NewLine]) -> AskedParcel:
        """Return what is asked of the tax of a document's lines."""
        first, warehouse = lines[0].source, self.refs.routes[ref]
        return AskedParcel(
            left_on=first.occurred_on,
            paid_on=first.occurred_on,
            ship_from=warehouse.country,
            ship_to=first.country,
            platform=self.context.account.platform,
            currency=first.currency,
            lines=[
                AskedLine(
                    line.key,
                    line.source.kind,
                    self.refs.skus.get(line.source.code),
                    line.source.net_amount,
                    line.source.quantity,
                )
                for line in lines
            ],
            from_region=warehouse.region,
            told=self.refs.told.get(ref, NOTHING_TOLD),
        )

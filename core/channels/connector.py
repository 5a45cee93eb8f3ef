"""What a platform connector is, and the facts that it hands over."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import date
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from core.channels.told_tax import TaxTold


class LineKind(StrEnum):
    """What a line of a sales document is, which decides stock, tax and account."""

    SALE = "sale"
    RETURN = "return"
    POSTAGE = "postage"
    FEE = "fee"
    DISCOUNT = "discount"
    ADJUSTMENT = "adjustment"
    SAMPLE = "sample"
    VOUCHER = "voucher"
    WRITE_OFF = "write_off"
    STOCK_GAIN = "stock_gain"


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One line of a sales document as a platform sent it.

    `quantity` and `net_amount` are signed as the seller sees them: a return has both negative, a
    fee has a negative amount. `net_amount` is in minor units of `currency` without tax, rounded
    once; `unit_price` in millionths. `payload` is the raw row, `fingerprint` a 63-bit hash of its
    canonical values. `account` overrides the account of the kind.

    `personal` is what the row tells of the buyer, by field: name, company, street, district, city,
    region, postcode, phone, email, note, or `column:` and the name of a column. It is stored
    encrypted and forgotten when due, so `payload` and `fingerprint` must hold none of it. `service`
    is how the buyer wants it sent, in the platform's words. `tax` is what the tax of the whole
    document depends on, on one line of it at least; it is no part of the payload either.
    `platform_tax` is the line's tax in the platform's own figures, signed as `net_amount`.
    """

    line_number: int
    payload: str
    fingerprint: int
    document_ref: str
    kind: LineKind
    code: str
    title: str
    quantity: int
    unit_price: int
    net_amount: int
    currency: str
    occurred_at: datetime
    occurred_on: date
    country: str
    customer_ref: str | None
    account: str | None
    personal: tuple[tuple[str, str], ...] | None = field(default=None, repr=False)
    service: str | None = None
    tax: TaxTold | None = field(default=None, repr=False)
    platform_tax: int | None = None


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """A line that no careful bookkeeper could book; `reason` is for a person.

    It holds no personal data: whoever corrects the file sends that again.
    """

    line_number: int
    payload: str
    fingerprint: int
    document_ref: str
    reason: str


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """The shop that a file or an account sells through."""

    marketplace: str
    name: str
    currency: str
    timezone: str


@dataclass(frozen=True, slots=True)
class OrderFileFacts:
    """What holds for a whole file of orders.

    `create_skus` lets unknown codes become SKUs; without it their orders wait for a mapping.
    `shipped` says that the file tells of goods that have left already, `warehouse` the code of
    where its goods leave from, such as the platform's own; empty for the company's first one.
    """

    mapping: str
    header: Sequence[str]
    shop: ShopFacts
    create_skus: bool
    shipped: bool
    warehouse: str = ""


class OrderFile(Protocol):
    """An opened file of orders, read from its start each time `lines` is called."""

    facts: OrderFileFacts

    def lines(self) -> Iterator[SourceLine | RejectedLine]:
        """Yield every row of the file in its order, in bounded memory.

        Raises: InputError naming the line, if the file as a whole cannot be trusted.
        """


class FileConnector(Protocol):
    """A connector whose orders come as files."""

    platform: str

    def open_orders(self, path: Path, *, mapping: Path | str | None, account: str) -> OrderFile:
        """Open a file of orders through a mapping: a file of its own, or its text.

        Raises: InputError if the file or the mapping cannot be read.
        """

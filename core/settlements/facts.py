"""What an addon that reads settlements hands over, and what it must offer."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Protocol

from core.fees.dictionary import FeeCode


@dataclass(frozen=True, slots=True)
class Extract:
    """That a file tells of a stretch of time, and so perhaps of a part of a settlement only.

    `payout` is what the file says was paid out for the settlement, None where it tells of none.
    """

    since: datetime
    until: datetime
    payout: int | None


@dataclass(frozen=True, slots=True)
class StatementFacts:
    """The head of a settlement; `total` is the platform's own sum of its rows, in minor units.

    `external_ref` is the platform's id of the settlement: whatever format tells of it, it is booked
    once for each account. Without `deposited_on` nothing is known of a payout. `platform` is set by
    a connector that reads the files of many. An `extract` is compared with the settlement that
    counts, and counts itself only if its rows are what was paid out.
    """

    external_ref: str
    currency: str
    started_at: datetime
    ended_at: datetime
    total: int
    deposited_on: date | None
    format: str
    platform: str = ""
    extract: Extract | None = None


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One amount of a settlement as the platform sent it; positive is money for the seller.

    `payload` is the row as received. `order_ref` is set only where it names an order: a shipment to
    a warehouse is `shipment_ref`. `item_ref` is the platform's id of the order's line. A `deferred`
    line tells of money that is not released yet: it belongs to no sum and is not booked.
    """

    line_number: int
    payload: str
    code: FeeCode
    amount: int
    posted_at: datetime
    order_ref: str = ""
    item_ref: str = ""
    sku: str = ""
    shipment_ref: str = ""
    marketplace: str = ""
    quantity: int | None = None
    deferred: bool = False

    @property
    def fingerprint(self) -> int:
        """Return a 63-bit hash of what the line says, whatever its place in the file."""
        kind, group, name = self.code
        said = (
            f"{kind}\x1f{group}\x1f{name}\x1f{self.amount}\x1f{self.posted_at.isoformat()}"
            f"\x1f{self.order_ref}\x1f{self.item_ref}\x1f{self.sku}\x1f{self.shipment_ref}"
            f"\x1f{self.marketplace}\x1f{self.quantity}\x1f{self.deferred}"
        )
        return int.from_bytes(blake2b(said.encode(), digest_size=8).digest(), "big") >> 1


class StatementFile(Protocol):
    """One settlement of an opened file, read from its start each time `lines` is called."""

    facts: StatementFacts

    def lines(self) -> Iterator[StatementLine]:
        """Yield every amount in the order of the file, in bounded memory.

        Raises: InputError naming the line, if the file as a whole cannot be trusted.
        """


class SettlementFiles(Protocol):
    """A connector whose settlements come as files.

    With `read_held(path, settings)` as well it tells which money of a file the platform holds back:
    `HeldMoney`, which belongs to no settlement yet.
    """

    platform: str

    def open_settlements(
        self, path: Path, settings: Mapping[str, object]
    ) -> Sequence[StatementFile]:
        """Open a file by the settings of its connection and return the settlements in it.

        Raises: InputError if the file cannot be read.
        """

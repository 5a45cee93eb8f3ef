"""A statement as a settlement, from what was fetched or from the file that a seller downloads."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import UTC
from datetime import datetime
from pathlib import Path
from typing import Any

from addons.tiktok_shop.amounts import amount_of
from addons.tiktok_shop.amounts import moment_of
from addons.tiktok_shop.fetching import FORMAT
from addons.tiktok_shop.movements import movements_of
from addons.tiktok_shop.reports import is_report
from addons.tiktok_shop.reports import open_report
from core.api import InputError
from core.api import MappingError
from core.api import StatementFacts
from core.api import StatementFile
from core.api import StatementLine
from core.api import open_fetched
from core.api import write_json

HINT = "Give the exported income statement, or fetch it with `entrepot settlement pull`."
Document = Mapping[str, Any]


class FetchedStatement:
    """One statement with its transactions."""

    def __init__(self, document: Document) -> None:
        told = document["statement"]
        # What went back must not come before what was paid.
        self._rows = sorted(document["transactions"], key=_place)
        self._currency = str(told["currency"])
        self._made = moment_of(told["create_time"], "statement.create_time")
        self.facts = StatementFacts(
            external_ref=str(told["id"]),
            currency=self._currency,
            started_at=_begin(self._made),
            ended_at=self._made,
            total=amount_of(told["payable_amount"], self._currency, "payable_amount"),
            deposited_on=self._made.date(),
            format=FORMAT,
        )

    def lines(self) -> Iterator[StatementLine]:
        """Yield every amount, by the SKU of its order where one is told.

        Raises: InputError naming the transaction that cannot be understood.
        """
        number = 0
        for row in self._rows:
            payload = write_json({name: row[name] for name in row if name != "skus"})
            try:
                movements = list(movements_of(row, self._currency, self._made))
            except (MappingError, LookupError, TypeError) as error:
                raise InputError(str(error), where=str(row.get("id"))) from None
            for each in movements:
                number += 1
                yield StatementLine(
                    number,
                    payload,
                    each.code,
                    each.amount,
                    each.at,
                    order_ref=each.order,
                    item_ref=each.item,
                )


def _place(row: Document) -> tuple[int, str]:
    return int(row.get("order_create_time") or 0), str(row["id"])


def _begin(made: datetime) -> datetime:
    """Return when a statement began: each is of the day before it was made."""
    return datetime.fromtimestamp(made.timestamp() - 86_400, UTC)


def open_statements(path: Path) -> Sequence[StatementFile]:
    """Open what was fetched of a statement, or the file that a seller downloaded.

    Raises: InputError if it is neither.
    """
    if is_report(path):
        return open_report(path)
    return open_fetched(path, FORMAT, FetchedStatement, name="statement of TikTok Shop", hint=HINT)

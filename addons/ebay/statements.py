"""A payout as a settlement, from what was fetched or from the file that a seller downloads."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from addons.ebay.amounts import amount_of
from addons.ebay.movements import SALE
from addons.ebay.movements import movements_of
from addons.ebay.payouts import FORMAT
from addons.ebay.reports import is_report
from addons.ebay.reports import open_report
from core.api import InputError
from core.api import MappingError
from core.api import StatementFacts
from core.api import StatementFile
from core.api import StatementLine
from core.api import moment
from core.api import open_fetched
from core.api import write_json

HINT = "Give the transaction report as CSV, or fetch it with `entrepot settlement pull`."
Document = Mapping[str, Any]


class PayoutStatement:
    """One payout with what moved on the balance for it."""

    def __init__(self, document: Document) -> None:
        payout = document["payout"]
        # eBay tells the newest first; what went back must not come before what was paid.
        self._rows = sorted(document["transactions"], key=_place)
        self._currency = payout["amount"]["currency"]
        began = moment(payout["payoutDate"], path="payoutDate")
        moments = [moment(row["transactionDate"], path="transactionDate") for row in self._rows]
        self.facts = StatementFacts(
            external_ref=str(payout["payoutId"]),
            currency=self._currency,
            started_at=min([began, *moments]),
            ended_at=began,
            total=amount_of(payout["amount"], self._currency, "payout.amount"),
            deposited_on=began.date(),
            format=FORMAT,
        )

    def lines(self) -> Iterator[StatementLine]:
        """Yield every amount, and every fee by the line of its order.

        Raises: InputError naming the movement that cannot be understood.
        """
        number = 0
        for row in self._rows:
            payload = write_json(row)
            try:
                movements = list(movements_of(row, self._currency))
            except (MappingError, LookupError, TypeError) as error:
                raise InputError(str(error), where=str(row.get("transactionId"))) from None
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


def _place(row: Document) -> tuple[str, bool]:
    return str(row["transactionDate"]), row["transactionType"] != SALE


def open_payouts(path: Path) -> Sequence[StatementFile]:
    """Open what was fetched of a payout, or the transaction report that a seller downloaded.

    Raises: InputError if it is neither.
    """
    if is_report(path):
        return open_report(path)
    return open_fetched(path, FORMAT, PayoutStatement, name="payout of eBay", hint=HINT)

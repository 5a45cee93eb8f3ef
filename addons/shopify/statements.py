"""A payout as a settlement, from what was fetched or from the file that a seller downloads."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from addons.shopify.amounts import plain_amount
from addons.shopify.asking import number_of
from addons.shopify.exports import is_export
from addons.shopify.exports import open_export
from addons.shopify.orders import SIGN
from addons.shopify.payouts import FORMAT
from core.api import FeeCode
from core.api import InputError
from core.api import MappingError
from core.api import StatementFacts
from core.api import StatementFile
from core.api import StatementLine
from core.api import moment
from core.api import open_fetched
from core.api import write_json

AMOUNT, FEE = "amount", "fee"
HINT = "Give the export of transactions as CSV, or fetch it with `entrepot settlement pull`."
Document = Mapping[str, Any]


class PayoutStatement:
    """One payout with what moved on the balance for it."""

    def __init__(self, document: Document) -> None:
        payout, self._rows = document["payout"], document["transactions"]
        self._currency = payout["net"]["currencyCode"]
        issued = moment(payout["issuedAt"], path="issuedAt")
        moments = [moment(row["transactionDate"], path="transactionDate") for row in self._rows]
        total = plain_amount(payout["net"], self._currency, "payout.net")
        self.facts = StatementFacts(
            external_ref=number_of(payout["id"], "ShopifyPaymentsPayout"),
            currency=self._currency,
            started_at=min([issued, *moments]),
            ended_at=issued,
            total=total,
            deposited_on=issued.date(),
            format=FORMAT,
        )

    def lines(self) -> Iterator[StatementLine]:
        """Yield every amount and every fee.

        Raises: InputError naming the line that cannot be understood.
        """
        number = 0
        for row in self._rows:
            if row["test"]:
                continue
            for name, amount in self._amounts(row):
                number += 1
                yield self._line(row, number, name, amount)

    def _amounts(self, row: Document) -> Iterator[tuple[str, int]]:
        """Return what a row holds: its amount, and its fee as what it takes away."""
        try:
            amount, fee, net = (
                plain_amount(row[name], self._currency, name) for name in ("amount", "fee", "net")
            )
        except MappingError as error:
            raise InputError(str(error), where=str(row["id"])) from None
        if amount - fee != net:
            raise InputError("Amount less fee is not what it says remains.", where=str(row["id"]))
        yield AMOUNT, amount
        if fee:
            yield FEE, -fee

    def _line(self, row: Document, number: int, name: str, amount: int) -> StatementLine:
        order = row.get("associatedOrder") or {}
        return StatementLine(
            number,
            write_json(row),
            FeeCode(row["type"], row.get("adjustmentReason") or "", name),
            amount,
            moment(row["transactionDate"], path="transactionDate"),
            order_ref=(order.get("name") or "").removeprefix(SIGN),
        )


def open_payouts(path: Path) -> Sequence[StatementFile]:
    """Open what was fetched of a payout, or the transactions that a seller exported.

    Raises: InputError if it is neither.
    """
    if is_export(path):
        return open_export(path)
    return open_fetched(path, FORMAT, PayoutStatement, name="payout of Shopify", hint=HINT)

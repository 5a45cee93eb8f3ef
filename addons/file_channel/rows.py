"""Rows of a file as lines of sales documents."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from json.encoder import encode_basestring
from operator import itemgetter

from addons.file_channel import values
from addons.file_channel.mapping import ROLES
from addons.file_channel.mapping import Rule
from addons.file_channel.personal import Personal
from addons.file_channel.personal import PersonalCells
from addons.file_channel.rules import Traits
from addons.file_channel.rules import matching_rule
from addons.file_channel.rules import prefix_length
from addons.file_channel.table import Row
from addons.file_channel.table import Table
from addons.file_channel.taxes import TaxCells
from addons.file_channel.values import BadValue
from addons.file_channel.values import Memo
from addons.file_channel.values import UnknownCurrency
from addons.file_channel.values import within_reason
from core.api import InputError
from core.api import RejectedLine
from core.api import SourceLine
from core.api import amount_of
from core.api import round_div

_MICRO = 1_000_000
_MASK = (1 << 63) - 1
_LARGEST_AMOUNT = 10**15

# When so many lines and no other are rejected at the start, the mapping is for another file.
_HOPELESS = 200

Line = SourceLine | RejectedLine


class RowReader:
    """Turns rows into lines by a mapping; what it has once read it remembers."""

    def __init__(self, table: Table, header: list[str]) -> None:
        mapping = self._mapping = table.mapping
        self._table = table
        at = {role: header.index(name) for role, name in mapping.columns.named().items()}
        # Every row gets an empty cell at its end, which stands for the columns that are not there.
        self._pick = itemgetter(*(at.get(role, -1) for role in ROLES))
        self._document_at = at["document"]
        self._personal = PersonalCells(mapping, header)
        self._tax = TaxCells(mapping, header)
        self._quantities = values.quantities(mapping)
        self._prices = values.prices(mapping)
        self._moments = values.moments(mapping)
        self._countries = values.country_codes(mapping)
        self._rules: Memo[Traits, Rule] = Memo(self._decide)
        self._currencies = values.currencies(mapping)
        self._prefix = prefix_length(mapping.rules)
        self._per_line = mapping.price_basis == "line"

    def lines(self, rows: Iterator[Row]) -> Iterator[Line]:
        """Yield the line of every row; one that cannot be booked comes with its reason.

        Raises: InputError for a currency that does not exist, or when no line can be read.
        """
        read, readable, rejected = self._line, False, 0
        for number, cells in rows:
            raw = [*cells] if self._tax.has_columns else cells
            told = self._personal.take(cells)
            payload = _json(cells)
            trimmed = [cell.strip() for cell in cells]
            trimmed.append("")
            try:
                line = read(number, trimmed, payload, told, raw)
            except UnknownCurrency as error:
                raise self._table.error(
                    f"{self._mapping.columns.currency}: {error} is not an ISO 4217 currency.",
                    number,
                    "Write the three-letter code, such as GBP, EUR or JPY.",
                ) from None
            except BadValue as error:
                rejected += 1
                if rejected == _HOPELESS and not readable:
                    raise self._mapping_misfits(f"{error}") from None
                yield self._rejected(number, trimmed, payload, error)
            else:
                readable = True
                yield line

    def _rejected(
        self, number: int, cells: list[str], payload: str, error: BadValue
    ) -> RejectedLine:
        return RejectedLine(
            line_number=number,
            payload=payload,
            fingerprint=_fingerprint("\x1f".join(cells)),
            document_ref=cells[self._document_at],
            reason=f"{error}.",
        )

    def _mapping_misfits(self, reason: str) -> InputError:
        return self._table.error(
            f"None of the first {_HOPELESS} lines can be read; the last because {reason}.",
            None,
            f"Correct the mapping {self._table.mapping.name}, or choose another.",
        )

    def _line(
        self,
        number: int,
        cells: list[str],
        payload: str,
        told: Personal | None,
        raw: list[str],
    ) -> SourceLine:
        """Return the line that the cells tell of; `raw` are they before the buyer's were hidden.

        Raises: BadValue with the reason if it cannot be booked.
        """
        document, code, title, quantity_text, date_text, price_text, *rest = self._pick(cells)
        customer, country, money, service = rest
        if not document or not code:
            raise self._missing(document)
        quantity, price = self._quantities[quantity_text], self._prices[price_text]
        moment, currency = self._moments[date_text], self._currencies[money]
        canonical = (
            f"{within_reason(document)}\x1f{code}\x1f{title}\x1f{quantity}\x1f{moment.canonical}"
            f"\x1f{price}\x1f{customer}\x1f{country}\x1f{currency}"
        )
        beginning = document[: self._prefix]
        rule = self._rules[code, beginning, _sign(quantity), _sign(price), customer != ""]
        quantity, price, amount = self._amounts(rule, quantity, price, currency)
        tax = self._tax.amount(raw, currency)
        return SourceLine(
            line_number=number,
            payload=payload,
            fingerprint=_fingerprint(canonical),
            document_ref=document,
            kind=rule.kind,
            code=code,
            title=title,
            quantity=quantity,
            unit_price=price,
            net_amount=amount,
            currency=currency,
            occurred_at=moment.at,
            occurred_on=moment.on,
            country=self._countries[country],
            customer_ref=customer or None,
            account=rule.account,
            personal=told,
            service=service or None,
            tax=self._tax.take(raw, currency),
            # A file may write the tax of a refund without its sign.
            platform_tax=None if tax is None else abs(tax) if amount >= 0 else -abs(tax),
        )

    def _amounts(
        self, rule: Rule, quantity: int, price: int, currency: str
    ) -> tuple[int, int, int]:
        """Return quantity, unit price and amount, with the signs that the rule asks for."""
        if rule.sign == "positive":
            quantity, price = abs(quantity), abs(price)
        elif rule.sign == "negative":
            quantity, price = -abs(quantity), -abs(price) if self._per_line else abs(price)
        if self._per_line:
            if quantity == 0:
                raise BadValue("the quantity is zero, so the total has no unit price")
            amount = amount_of(1, price, currency)
            price = round_div(price if quantity > 0 else -price, abs(quantity))
        else:
            amount = amount_of(quantity, price, currency)
        if not -_LARGEST_AMOUNT <= amount <= _LARGEST_AMOUNT:
            raise BadValue(f"the amount of {quantity} × {price / _MICRO:,.2f} is too large")
        return quantity, price, amount

    def _missing(self, document: str) -> BadValue:
        columns = self._mapping.columns
        return BadValue(f"{columns.code if document else columns.document}: is empty")

    def _decide(self, traits: Traits) -> Rule:
        within_reason(traits[0])
        rule = matching_rule(self._mapping.rules, traits)
        if rule is None:
            raise BadValue(f"no rule of the mapping says what {traits[0]!r} is on such a line")
        return rule


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def _fingerprint(canonical: str) -> int:
    """Return a hash that is the same in every process and fits a signed 64-bit column."""
    digest = blake2b(canonical.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") & _MASK


def _json(cells: list[str]) -> str:
    """Return the cells as a JSON array; as `json.dumps` would, five times as fast."""
    return f"[{','.join(map(encode_basestring, cells))}]"

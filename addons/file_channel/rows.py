"""Rows of a file as lines of sales documents."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from hashlib import blake2b
from json.encoder import encode_basestring

from addons.file_channel import values
from addons.file_channel.mapping import Rule
from addons.file_channel.rules import Traits
from addons.file_channel.rules import matching_rule
from addons.file_channel.rules import prefix_length
from addons.file_channel.table import Row
from addons.file_channel.table import Table
from addons.file_channel.values import BadValue
from addons.file_channel.values import Memo
from core.api import InputError
from core.api import RejectedLine
from core.api import SourceLine
from core.api import amount_of
from core.api import minor_digits
from core.api import round_div

_MASK = (1 << 63) - 1
_LARGEST_AMOUNT = 10**15

Line = SourceLine | RejectedLine


class RowReader:
    """Turns rows into lines by a mapping; what it has once read it remembers."""

    def __init__(self, table: Table, header: list[str]) -> None:
        mapping = self._mapping = table.mapping
        self._table = table
        self._at = {role: header.index(name) for role, name in mapping.columns.named().items()}
        self._quantities = values.quantities(mapping)
        self._prices = values.prices(mapping)
        self._moments = values.moments(mapping)
        self._countries = values.country_codes(mapping)
        self._rules: Memo[Traits, Rule] = Memo(self._decide)
        self._known_currencies = {mapping.currency}

    def lines(self, rows: Iterator[Row]) -> Iterator[Line]:
        """Yield the line of every row; one that cannot be booked comes with its reason.

        Raises: InputError for a currency that does not exist.
        """
        read = self._line_function()
        for number, cells in rows:
            payload = _json(cells)
            trimmed = [cell.strip() for cell in cells]
            try:
                yield read(number, trimmed, payload)
            except BadValue as error:
                yield RejectedLine(
                    number,
                    payload,
                    _fingerprint("\x1f".join(trimmed)),
                    trimmed[self._at["document"]],
                    f"{error}.",
                )

    def _line_function(self) -> Callable[[int, list[str], str], SourceLine]:
        """Return the function from one row to its line, with all that it uses at hand."""
        document_at, code_at = self._at["document"], self._at["code"]
        quantity_at, price_at, date_at = self._at["quantity"], self._at["price"], self._at["date"]
        customer_at, country_at = self._at.get("customer"), self._at.get("country")
        currency_at, title_at = self._at.get("currency"), self._at.get("title")
        quantities, prices, moments = self._quantities, self._prices, self._moments
        countries, rules, fixed_currency = self._countries, self._rules, self._mapping.currency
        prefix, per_line = prefix_length(self._mapping.rules), self._mapping.price_basis == "line"

        def read(number: int, cells: list[str], payload: str) -> SourceLine:
            document, code = cells[document_at], cells[code_at]
            if not document or not code:
                raise self._missing(document)
            quantity, price = quantities[cells[quantity_at]], prices[cells[price_at]]
            moment = moments[cells[date_at]]
            customer = cells[customer_at] if customer_at is not None else ""
            country = cells[country_at] if country_at is not None else ""
            title = cells[title_at] if title_at is not None else ""
            currency = fixed_currency
            if currency_at is not None:
                currency = self._currency(cells[currency_at], number)
            canonical = (
                f"{document}\x1f{code}\x1f{title}\x1f{quantity}\x1f{moment.canonical}\x1f{price}"
                f"\x1f{customer}\x1f{country}\x1f{currency}"
            )
            rule = rules[
                code,
                document[:prefix],
                (quantity > 0) - (quantity < 0),
                (price > 0) - (price < 0),
                bool(customer),
            ]
            if rule.sign != "as_is":
                quantity, price = _signed(rule.sign, quantity, price, per_line=per_line)
            if per_line:
                price, amount = _shared(price, quantity, currency)
            else:
                amount = amount_of(quantity, price, currency)
            if not -_LARGEST_AMOUNT <= amount <= _LARGEST_AMOUNT:
                raise BadValue(f"the amount {quantity} × {price / 10**6} is too large")
            return SourceLine(
                number,
                payload,
                _fingerprint(canonical),
                document,
                rule.kind,
                code,
                title,
                quantity,
                price,
                amount,
                currency,
                moment.at,
                moment.on,
                countries[country],
                customer or None,
                rule.account,
            )

        return read

    def _missing(self, document: str) -> BadValue:
        columns = self._mapping.columns
        return BadValue(f"{columns.code if document else columns.document}: is empty")

    def _decide(self, traits: Traits) -> Rule:
        rule = matching_rule(self._mapping.rules, traits)
        if rule is None:
            raise BadValue(f"no rule of the mapping says what {traits[0]!r} is on such a line")
        return rule

    def _currency(self, text: str, number: int) -> str:
        if text not in self._known_currencies:
            try:
                minor_digits(text)
            except InputError:
                raise self._table.error(
                    f"{self._mapping.columns.currency}: {text!r} is not an ISO 4217 currency.",
                    number,
                    "Write the three-letter code, such as GBP, EUR or JPY.",
                ) from None
            self._known_currencies.add(text)
        return text


def _signed(sign: str, quantity: int, price: int, *, per_line: bool) -> tuple[int, int]:
    """Give the quantity and the amount the sign that the rule asks for."""
    if sign == "positive":
        return abs(quantity), abs(price)
    return -abs(quantity), -abs(price) if per_line else abs(price)


def _shared(total: int, quantity: int, currency: str) -> tuple[int, int]:
    """Return unit price and amount of a line whose price column holds the total, in millionths."""
    if quantity == 0:
        raise BadValue("the quantity is zero, so the total has no unit price")
    unit = round_div(total if quantity > 0 else -total, abs(quantity))
    return unit, amount_of(1, total, currency)


def _fingerprint(canonical: str) -> int:
    """Return a hash that is the same in every process and fits a signed 64-bit column."""
    digest = blake2b(canonical.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") & _MASK


def _json(cells: list[str]) -> str:
    """Return the cells as a JSON array; as `json.dumps` would, five times as fast."""
    return f"[{','.join(map(encode_basestring, cells))}]"

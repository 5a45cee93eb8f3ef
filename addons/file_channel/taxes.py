"""Cells on which the tax of an order depends, and the tax in the file's own figures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from addons.file_channel import values
from addons.file_channel.mapping import Mapping
from addons.file_channel.values import BadValue
from addons.file_channel.values import Memo
from addons.file_channel.values import within_reason
from core.api import TaxTold
from core.api import amount_of


class TaxCells:
    """Reads what a row tells of the tax; where the mapping names no such column it is nothing."""

    def __init__(self, mapping: Mapping, header: list[str]) -> None:
        tax = mapping.tax
        self.has_columns = bool(tax.columns)
        self._at = {role: header.index(name) for role, name in tax.columns.items()}
        self._names = tax.columns
        self._default_country = Memo(values.country_of(mapping))
        self._days = values.days(mapping)
        self._amounts = values.amounts(mapping)
        self._business = frozenset(each.casefold() for each in tax.business)
        self._marketplace = frozenset(each.casefold() for each in tax.marketplace)
        self._told: Memo[tuple[str, ...], TaxTold | None] = Memo(self._read)
        self._roles = [role for role in self._at if role != "amount"]
        self._money = tuple(role for role in self._roles if role == "consignment_value")

    def take(self, cells: list[str], currency: str) -> TaxTold | None:
        """Return what a row tells of its order.

        Raises: BadValue naming the column that cannot be read.
        """
        if not self._roles:
            return None
        told = tuple(within_reason(cells[self._at[role]].strip()) for role in self._roles)
        return self._told[(*told, currency if self._money else "")] if any(told) else None

    def amount(self, cells: list[str], currency: str) -> int | None:
        """Return the tax of a row in minor units, None where it tells none.

        Raises: BadValue for what is no amount.
        """
        place = self._at.get("amount")
        text = cells[place].strip() if place is not None else ""
        return amount_of(1, self._amounts(self._names["amount"], text), currency) if text else None

    def _read(self, cells: tuple[str, ...]) -> TaxTold | None:
        told = dict(zip(self._roles, cells, strict=False))
        value = told.get("consignment_value", "")
        name = self._names.get("consignment_value", "")
        return TaxTold(
            buyer=self._one_of("buyer_type", told, self._business, "business", "consumer"),
            buyer_number=told.get("buyer_number", ""),
            region=told.get("region", ""),
            postcode=told.get("postcode", ""),
            ship_from=self._read_by("ship_from", told, self._default_country.__getitem__),
            from_region=told.get("ship_from_region", ""),
            paid_on=self._day("paid_on", told),
            ioss_number=told.get("ioss_number", ""),
            collector=self._one_of(
                "collected_by", told, self._marketplace, "marketplace", "seller"
            ),
            scheme=told.get("scheme", ""),
            consignment_value=amount_of(1, self._amounts(name, value), cells[-1])
            if value
            else None,
            invoiced_on=self._day("invoiced_on", told),
        )

    def _one_of(
        self, role: str, told: dict[str, str], known: frozenset[str], yes: str, no: str
    ) -> str:
        text = told.get(role, "").casefold()
        return (yes if text in known else no) if text else ""

    def _day(self, role: str, told: dict[str, str]) -> date | None:
        text = told.get(role, "")
        return self._days(self._names[role], text) if text else None

    def _read_by(self, role: str, told: dict[str, str], read: Callable[[str], str]) -> str:
        text = told.get(role, "")
        try:
            return read(text) if text else ""
        except BadValue as error:
            raise BadValue(f"{self._names[role]}: {error}") from None

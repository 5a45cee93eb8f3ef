"""Reading a declaration from texts, as a command, a form or a program tells it."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import date

from core.customs.declaring import PAID
from core.customs.declaring import DeclarationDraft
from core.errors import InputError
from core.money import parse_decimal
from core.money import to_micro
from core.money import to_minor


@dataclass(frozen=True, slots=True)
class Told:
    """A declaration in words; amounts are decimal text, `vat_rate` percent."""

    reference: str
    country: str
    on: str
    currency: str
    receipts: Sequence[str]
    duties: Mapping[str, str] = field(default_factory=dict)
    vat: str = ""
    way: str = PAID
    values: Mapping[str, str] = field(default_factory=dict)
    value_currency: str = ""
    further: str = ""
    vat_rate: str = ""
    supplier: str = ""


def read_declaration(told: Told) -> DeclarationDraft:
    """Return a declaration.

    Raises: InputError for a day or an amount that cannot be.
    """
    try:
        day = date.fromisoformat(told.on.strip())
    except ValueError:
        raise InputError(f"{told.on!r} is no day, such as 2026-09-30.", where="on") from None
    code = told.currency.strip().upper()
    foreign = told.value_currency.strip().upper() or code
    rate = parse_decimal(told.vat_rate.strip(), where="vat_rate") / 100 if told.vat_rate else None
    return DeclarationDraft(
        told.reference.strip(),
        told.country.strip().upper(),
        day,
        code,
        [each for each in (part.strip() for part in told.receipts) if each],
        {sku: _minor(text, code, sku) for sku, text in told.duties.items()},
        _minor(told.vat, code, "vat"),
        told.way,
        {sku: _minor(text, foreign, sku) for sku, text in told.values.items()},
        foreign,
        _minor(told.further, code, "further"),
        to_micro(rate) if rate is not None else None,
        told.supplier,
    )


def pairs(lines: Iterable[str], *, between: str | None, where: str) -> dict[str, str]:
    """Return SKUs with what is said of each, one a line.

    Raises: InputError naming the line that cannot be read, or a SKU that stands twice.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        parts = line.strip().rsplit(between, 1)
        if len(parts) < 2 or parts[0] in found:
            raise InputError(
                f"{line!r} is no SKU with its amount, or it stands twice.",
                where=f"{where}, line {number}",
            )
        found[parts[0].strip()] = parts[1].strip()
    return found


def _minor(text: str, currency: str, where: str) -> int:
    return to_minor(parse_decimal(text.strip(), where=where), currency) if text.strip() else 0

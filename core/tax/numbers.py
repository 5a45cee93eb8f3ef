"""Tax numbers of sellers and buyers: whose they are, in one spelling, with their check digits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from stdnum import ean
from stdnum.eu import oss
from stdnum.exceptions import ValidationError
from stdnum.util import get_cc_module

from core.errors import InputError

_EORI = re.compile(r"[A-Z]{2}[A-Z0-9]{1,15}")
_PLAIN = re.compile(r"[^0-9A-Z*+]")
_NZBN = re.compile(r"94\d{11}")

EU_STATES = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()
)

NUMBERS = {
    **dict.fromkeys((*sorted(EU_STATES), "GB"), "vat"),
    "AU": "abn",
    "CA": "bn",
    "CH": "uid",
    "IN": "gstin",
    "JP": "cn",
    "NO": "mva",
    "NZ": "ird",
    "SG": "uen",
    "XI": "vat",
}
"""What python-stdnum calls the tax number of a country."""

EXAMPLES = {
    "AU": "83 914 571 673",
    "CA": "12302 6635",
    "CH": "CHE-100.155.212",
    "DE": "DE136695976",
    "FR": "FR40303265045",
    "GB": "GB980780684",
    "IN": "27AAPFU0939F1ZV",
    "JP": "T5835678256246",
    "NO": "995 525 828 MVA",
    "NZ": "49-091-850",
    "SG": "00192200M",
}
"""A number of a country that is well formed, to be shown where one is not."""

SAME_AS = {"EL": "GR", "XI": "GB"}
"""Prefixes of VAT numbers that are no country of their own: Greece, and Northern Ireland."""

ONLINE = EU_STATES | {"XI"}
"""Where the law asks whether a number was valid on the day, and a service answers it."""

LOCAL, EORI, OSS, IOSS = "local", "eori", "oss", "ioss"


@dataclass(frozen=True, slots=True)
class TaxNumber:
    """A number as it is kept: `country` issued it (`XI`: Northern Ireland), `number` is compact.

    `fault` says what is wrong with it, empty if its form and check digits hold. `known` says
    whether numbers of that country can be checked at all.
    """

    country: str
    number: str
    fault: str = ""
    known: bool = True

    @property
    def online(self) -> bool:
        """Say whether a service has to be asked about it."""
        return self.country in ONLINE

    @property
    def text(self) -> str:
        """Return the number as its country writes it, with the prefix where there is one."""
        if self.country not in ONLINE and self.country != "GB":
            return self.number
        return ("EL" if self.country == "GR" else self.country) + self.number


def read_tax_number(text: str, country: str) -> TaxNumber:
    """Read a number that a buyer gave: its prefix names the country, else `country` does."""
    compact = _PLAIN.sub("", text.upper())
    prefix = "GR" if compact[:2] == "EL" else compact[:2]
    if prefix in EU_STATES or prefix in ("GB", "XI"):
        country, compact = prefix, compact[2:]
    elif country == "EL":
        country = "GR"
    return _validated(country, compact)


def _validated(country: str, compact: str) -> TaxNumber:
    module = _validator(country)
    if module is None:
        return TaxNumber(country, compact, known=False)
    try:
        return TaxNumber(country, _compact(country, module, compact))
    except ValidationError as error:
        return TaxNumber(country, compact, str(error))


def _compact(country: str, module: Any, text: str) -> str:
    """Return a number without prefix and suffix.

    Raises: ValidationError saying what is wrong.
    """
    if country == "CH":
        text = re.sub(r"(MWST|TVA|IVA|TPV|HR)$", "", text)
        text = text if text.startswith("CHE") else f"CHE{text}"
    elif country == "JP":
        text = text.removeprefix("T")
    elif country == "NO":
        # The suffix says that an organisation is registered; its number is the same without.
        text = text.removeprefix("NO").removesuffix("MVA") + "MVA"
    elif country == "NZ" and _NZBN.fullmatch(text):
        return str(ean.validate(text))
    return str(module.validate(text))


def check_number(country: str, scheme: str, number: str) -> str:
    """Return a seller's own number in its compact form; an empty one is let through.

    Only numbers whose form is public knowledge are checked: VAT, GST and business numbers of a
    `local` registration, those of the one-stop shops, and EORI numbers. Raises: InputError saying
    what is wrong.
    """
    text = number.strip()
    if not text:
        return ""
    if scheme == EORI:
        return _eori(text)
    if scheme == IOSS:
        return _checked(oss, text, "IOSS number")
    if scheme == OSS:
        return _oss(text)
    module = _validator(country) if scheme == LOCAL else None
    if module is None:
        return text
    read = _validated(country, _without_prefix(country, text))
    if read.fault:
        example = EXAMPLES.get(country)
        raise InputError(
            f"{text!r} is no tax number of {country}: {read.fault}",
            hint=f"Check its digits; {example} would be one." if example else "Check its digits.",
        )
    return read.number


def check_buyer_number(text: str, country: str) -> str:
    """Return the tax number of a buyer as it is written abroad; its prefix names its country.

    Raises: InputError saying what is wrong with it.
    """
    read = read_tax_number(text, country)
    if read.fault:
        raise InputError(
            f"{text.strip()!r} is no tax number of {read.country}: {read.fault}",
            hint="Ask the buyer, or leave it empty: he then is a consumer.",
            where="number",
        )
    return read.text


def _without_prefix(country: str, text: str) -> str:
    compact = _PLAIN.sub("", text.upper())
    prefixes = {"GR": ("EL", "GR")}.get(country, (country,))
    if country in EU_STATES or country in ("GB", "XI"):
        for prefix in prefixes:
            compact = compact.removeprefix(prefix)
    return compact


def _oss(text: str) -> str:
    """Return a number of the one-stop shop: of the non-Union scheme, or a member state's own."""
    read = read_tax_number(text, "")
    if read.country in EU_STATES and not read.fault:
        return read.text
    try:
        return str(oss.validate(text))
    except ValidationError as error:
        raise InputError(
            f"{text!r} is no number of the one-stop shop: {read.fault or error}",
            hint="It is the VAT number of the member state in which you file, such as DE136695976,"
            " or one that begins with EU.",
        ) from None


def _eori(text: str) -> str:
    compact = re.sub(r"[\s.-]", "", text).upper()
    if _EORI.fullmatch(compact) is None:
        raise InputError(
            f"{text!r} is no EORI number.", hint="It is a country and up to 15 characters."
        )
    return compact


def _checked(module: Any, text: str, what: str) -> str:
    try:
        return str(module.validate(text))
    except ValidationError as error:
        raise InputError(f"{text!r} is no {what}: {error}", hint="Check its digits.") from None


@cache
def _validator(country: str) -> Any:
    name = NUMBERS.get(country)
    return get_cc_module(SAME_AS.get(country, country), name) if name else None

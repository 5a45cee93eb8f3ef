"""Which taxes the provinces and territories levy, beside the federal one or as part of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Province:
    """`harmonised` provinces have HST in place of GST; others may add a tax of their own.

    From `platforms_from` who runs a marketplace collects that tax of all its sellers.
    """

    harmonised: bool = False
    own_tax: str = ""
    platforms_from: date = date.max
    law: str = ""


_HST = Province(harmonised=True)
_GST = Province()

PROVINCES = {
    **dict.fromkeys(("NB", "NL", "NS", "ON", "PE"), _HST),
    **dict.fromkeys(("AB", "NT", "NU", "YT"), _GST),
    "QC": Province(own_tax="QST"),
    "BC": Province(
        own_tax="PST",
        platforms_from=date(2022, 7, 1),
        law="marketplace facilitators: Provincial Sales Tax Act (BC), s. 179.1; Bulletin PST 142",
    ),
    "SK": Province(
        own_tax="PST",
        platforms_from=date(2020, 1, 1),
        law="marketplace facilitators: Provincial Sales Tax Act (SK), s. 3.2; Bulletin PST-81",
    ),
    "MB": Province(
        own_tax="RST",
        platforms_from=date(2021, 12, 1),
        law="online sales platforms: Retail Sales Tax Act (MB); Bulletin 062",
    ),
}

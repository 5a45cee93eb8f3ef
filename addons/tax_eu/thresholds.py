"""From which distance sales on their VAT is that of the destination."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from addons.tax_eu.places import is_member
from addons.tax_eu.treatments import CODE
from core.api import EITHER_YEAR
from core.api import TaxDecision
from core.api import Threshold
from core.api import limit_table

SCHEMES = frozenset({"origin_below_10000", "union_OSS", "distance_sale_local"})
ANSWERS = ("oss", "distance_sales")


def thresholds() -> Sequence[Threshold]:
    """Return the thresholds of sellers in the Union and of all others."""
    limits = limit_table("addons.tax_eu")
    return [
        Threshold(
            "eu_distance_sales",
            "Distance sales in the Union",
            "EU",
            limits.history("EU", "distance_sales"),
            _is_distance_sale,
            EITHER_YEAR,
            ANSWERS,
            sellers=_is_inside,
        ),
        Threshold(
            "eu_distance_sales_abroad",
            "Distance sales in the Union by a seller from outside it",
            "EU",
            limits.history("EU", "distance_sales_abroad"),
            _is_distance_sale,
            EITHER_YEAR,
            ANSWERS,
            sellers=lambda country: not _is_inside(country),
        ),
    ]


def _is_distance_sale(decision: TaxDecision) -> bool:
    return decision.regime == CODE and decision.scheme in SCHEMES


def _is_inside(country: str) -> bool:
    return is_member(country, date.max)

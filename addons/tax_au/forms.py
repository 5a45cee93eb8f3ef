"""The GST boxes of the business activity statement."""

from __future__ import annotations

from core.api import BoxRule
from core.api import ReturnForm
from core.api import TaxDecision
from core.api import postponed_imports


def _is_ours(decision: TaxDecision) -> bool:
    return decision.is_charged and decision.collector == "seller"


def _is_free(decision: TaxDecision) -> bool:
    return _is_ours(decision) and not decision.rate


def _is_export(decision: TaxDecision) -> bool:
    return decision.role == "export"


_G1 = (("G1.net", 1), ("G1.gst", 1), ("G2", 1))

_NINE = (("1A", 1), ("7A", 1), ("1B", -1))

FORMS = (
    ReturnForm(
        code="au_bas",
        title="Business activity statement, GST",
        regime="au_gst",
        jurisdiction="AU",
        currency="AUD",
        months=3,
        due=(1, 28),
        due_after=((12, (2, 28)),),
        boxes=(
            BoxRule("G1.net", "Sales in Australia without GST", "base", _is_ours),
            BoxRule("G1.gst", "GST on those sales", "tax", _is_ours),
            BoxRule("G2", "Export sales", "base", _is_export),
            BoxRule("G1", "Total sales, GST included", "sum", of=_G1),
            BoxRule("G3", "Other GST-free sales", "base", _is_free),
            BoxRule("G10", "Capital purchases, GST included", "manual"),
            BoxRule("G11", "Other purchases, GST included", "manual"),
            BoxRule("1A", "GST on sales", "tax", _is_ours),
            postponed_imports("7A", "Deferred GST on imports"),
            BoxRule("1B", "GST on purchases", "accounts", accounts=("1500", "1510")),
            BoxRule("9", "To pay, or a refund if negative", "sum", of=_NINE),
        ),
    ),
)

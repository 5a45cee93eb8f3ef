"""The Singapore GST returns: F5, and what overseas vendors file pay-only."""

from __future__ import annotations

from core.api import BoxRule
from core.api import ReturnForm
from core.api import TaxDecision
from core.api import postponed_imports


def _is_ours(decision: TaxDecision) -> bool:
    return decision.is_charged and decision.collector == "seller"


def _is_standard(decision: TaxDecision) -> bool:
    return _is_ours(decision) and decision.rate > 0


def _is_zero(decision: TaxDecision) -> bool:
    return decision.role == "export" or (_is_ours(decision) and not decision.rate)


def _is_low_value(decision: TaxDecision) -> bool:
    return _is_ours(decision) and decision.scheme == "low_value_goods"


FORMS = (
    ReturnForm(
        code="sg_f5",
        title="GST return (F5)",
        regime="sg_gst",
        jurisdiction="SG",
        currency="SGD",
        months=3,
        due=(1, 0),
        boxes=(
            BoxRule("1", "Standard-rated supplies", "base", _is_standard),
            BoxRule("2", "Zero-rated supplies", "base", _is_zero),
            BoxRule("3", "Exempt supplies", "manual"),
            BoxRule("4", "Total supplies", "sum", of=(("1", 1), ("2", 1), ("3", 1))),
            BoxRule("5", "Taxable purchases", "manual"),
            BoxRule("6", "Output tax due", "tax", _is_ours),
            BoxRule("7", "Input tax and refunds claimed", "accounts", accounts=("1500", "1510")),
            BoxRule("8", "GST to pay, or to claim if negative", "sum", of=(("6", 1), ("7", -1))),
            postponed_imports("deferred", "Deferred import GST (import GST deferment scheme)"),
            BoxRule("total", "Box 8 with it", "sum", of=(("8", 1), ("deferred", 1))),
        ),
    ),
    ReturnForm(
        code="sg_ovr",
        title="GST return of an overseas vendor (pay-only)",
        regime="sg_gst",
        jurisdiction="SG",
        currency="SGD",
        months=3,
        schemes=("ovr",),
        due=(1, 0),
        boxes=(
            BoxRule("1", "Low-value goods supplied to consumers", "base", _is_low_value),
            BoxRule("6", "Output tax due", "tax", _is_low_value),
        ),
    ),
)

"""The Canadian returns: GST/HST, QST, and one for each province with a sales tax of its own."""

from __future__ import annotations

from collections.abc import Callable

from core.api import BoxRule
from core.api import ReturnForm
from core.api import TaxDecision


def _is_ours(decision: TaxDecision) -> bool:
    return decision.is_charged and decision.collector == "seller"


def _is_federal(decision: TaxDecision) -> bool:
    return _is_ours(decision) and decision.tax in ("GST", "HST")


def _is_supply(decision: TaxDecision) -> bool:
    return _is_federal(decision) or decision.role == "export"


def _of(jurisdiction: str, tax: str) -> Callable[[TaxDecision], bool]:
    return lambda each: _is_ours(each) and (each.jurisdiction, each.tax) == (jurisdiction, tax)


def _provincial(code: str, title: str, jurisdiction: str, tax: str) -> ReturnForm:
    ours = _of(jurisdiction, tax)
    boxes = (
        BoxRule("sales", "Taxable sales", "base", ours),
        BoxRule("tax", "Tax charged", "tax", ours),
        BoxRule("commission", "Commission for collecting, and corrections", "manual"),
    )
    return ReturnForm(code, title, "ca_gst", jurisdiction, "CAD", 3, boxes)


_QST = _of("CA-QC", "QST")

FORMS = (
    ReturnForm(
        code="ca_gst34",
        title="GST/HST return (GST34)",
        regime="ca_gst",
        jurisdiction="CA",
        currency="CAD",
        months=3,
        due=(1, 0),
        boxes=(
            BoxRule("101", "Sales and other revenue without tax", "base", _is_supply),
            BoxRule("103", "GST/HST collected or collectible", "tax", _is_federal),
            BoxRule("104", "Adjustments to be added", "manual"),
            BoxRule("105", "Total GST/HST and adjustments", "sum", of=(("103", 1), ("104", 1))),
            BoxRule("106", "Input tax credits", "accounts", accounts=("1500", "1510")),
            BoxRule("107", "Adjustments to be deducted", "manual"),
            BoxRule("108", "Total credits and adjustments", "sum", of=(("106", 1), ("107", 1))),
            BoxRule("109", "Net tax, a refund if negative", "sum", of=(("105", 1), ("108", -1))),
        ),
    ),
    ReturnForm(
        code="ca_qst",
        title="QST return",
        regime="ca_gst",
        jurisdiction="CA-QC",
        currency="CAD",
        months=3,
        due=(1, 0),
        boxes=(
            BoxRule("201", "Sales in Quebec without tax", "base", _QST),
            BoxRule("203", "QST collected or collectible", "tax", _QST),
            BoxRule("204", "Adjustments to be added", "manual"),
            BoxRule("205", "Total QST and adjustments", "sum", of=(("203", 1), ("204", 1))),
            BoxRule("206", "Input tax refunds", "manual"),
            BoxRule("209", "Net tax, a refund if negative", "sum", of=(("205", 1), ("206", -1))),
        ),
    ),
    _provincial("ca_pst_bc", "British Columbia PST return", "CA-BC", "PST"),
    _provincial("ca_pst_sk", "Saskatchewan PST return", "CA-SK", "PST"),
    _provincial("ca_rst_mb", "Manitoba RST return", "CA-MB", "RST"),
)

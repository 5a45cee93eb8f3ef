"""The Indian returns of a seller: GSTR-3B, and what marketplaces withheld from him."""

from __future__ import annotations

from collections.abc import Callable

from core.api import BoxRule
from core.api import ReturnForm
from core.api import TaxDecision


def _is_taxable(decision: TaxDecision) -> bool:
    return decision.is_charged and decision.collector == "seller" and decision.rate > 0


def _is_nil(decision: TaxDecision) -> bool:
    return decision.is_charged and decision.collector == "seller" and not decision.rate


def _tax(*kinds: str) -> Callable[[TaxDecision], bool]:
    return lambda decision: _is_taxable(decision) and decision.tax in kinds


def _withheld(*kinds: str) -> Callable[[TaxDecision], bool]:
    return lambda decision: decision.role == "withholding" and decision.tax in kinds


# State tax is levied on the same price as central tax: its base counts once.
_PRICE = _tax("IGST", "CGST")
_TCS = (("tcs.igst", 1), ("tcs.cgst", 1), ("tcs.sgst", 1))
_OUTPUT = (("3.1.a.igst", 1), ("3.1.a.cgst", 1), ("3.1.a.sgst", 1))

FORMS = (
    ReturnForm(
        code="in_gstr3b",
        title="GSTR-3B",
        regime="in_gst",
        jurisdiction="IN",
        currency="INR",
        months=1,
        due=(1, 20),
        boxes=(
            BoxRule("3.1.a", "Outward taxable supplies", "base", _PRICE),
            BoxRule("3.1.a.igst", "Integrated tax on them", "tax", _tax("IGST")),
            BoxRule("3.1.a.cgst", "Central tax on them", "tax", _tax("CGST")),
            BoxRule("3.1.a.sgst", "State tax on them", "tax", _tax("SGST")),
            BoxRule("3.1.b", "Zero-rated supplies", "base", lambda each: each.role == "export"),
            BoxRule("3.1.c", "Nil-rated and exempt supplies", "base", _is_nil),
            BoxRule("4.a", "Input tax credit", "accounts", accounts=("1500", "1510")),
            BoxRule("6.1", "Tax to pay", "sum", of=(*_OUTPUT, ("4.a", -1))),
        ),
    ),
    ReturnForm(
        code="in_withheld",
        title="What marketplaces withheld: TCS by their GSTR-8, and TDS",
        regime="in_gst",
        jurisdiction="IN",
        currency="INR",
        months=1,
        schemes=(),
        account="",
        boxes=(
            BoxRule(
                "net",
                "Taxable supplies through marketplaces",
                "base",
                _withheld("IGST_TCS", "CGST_TCS"),
            ),
            BoxRule("tcs.igst", "Integrated tax collected at source", "tax", _withheld("IGST_TCS")),
            BoxRule("tcs.cgst", "Central tax collected at source", "tax", _withheld("CGST_TCS")),
            BoxRule("tcs.sgst", "State tax collected at source", "tax", _withheld("SGST_TCS")),
            BoxRule("tcs", "TCS in all", "sum", of=_TCS),
            BoxRule("tds", "Income tax deducted at source", "tax", _withheld("TDS")),
            BoxRule("booked", "TCS and TDS booked by settlements", "accounts", accounts=("1520",)),
        ),
    ),
)

"""Returns: Germany's, Poland's, any other member state's, EC sales lists, OSS and IOSS."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

from addons.tax_eu.places import member_states
from addons.tax_eu.treatments import CODE
from addons.tax_eu.treatments import IOSS_VAT
from addons.tax_eu.treatments import OSS_VAT
from addons.tax_eu.treatments import OUTPUT_VAT
from core.api import BoxRule
from core.api import ReturnForm
from core.api import TaxDecision
from core.api import postponed_imports

Where = Callable[[TaxDecision], bool]

_INPUT = ("1500",)
_IMPORT = ("1510",)


def taxable(state: str, *rates: int) -> Where:
    """Select what the seller pays to a state in its own return, at some rates or at any."""

    def where(decision: TaxDecision) -> bool:
        return (
            decision.is_charged
            and decision.account == OUTPUT_VAT
            and decision.jurisdiction == state
            and (not rates or decision.rate in rates)
        )

    return where


def taxable_otherwise(state: str, *rates: int) -> Where:
    """Select what the seller pays to a state at any other than some rates."""
    every = taxable(state)

    def where(decision: TaxDecision) -> bool:
        return every(decision) and decision.rate not in rates

    return where


def dispatched(state: str, supply: str, scheme: str = "") -> Where:
    """Select what leaves a state, or is supplied there to a marketplace, by its exemption."""

    def where(decision: TaxDecision) -> bool:
        return (
            decision.origin == state
            and decision.supply == supply
            and (not scheme or decision.scheme == scheme)
        )

    return where


def acquired(state: str) -> Where:
    """Select what was acquired in a state from another one."""

    def where(decision: TaxDecision) -> bool:
        return decision.role == "acquisition" and decision.jurisdiction == state

    return where


def charged_on(account: str) -> Where:
    """Select what is charged on an account."""

    def where(decision: TaxDecision) -> bool:
        return decision.is_charged and decision.account == account

    return where


def _germany() -> ReturnForm:
    acquisition = acquired("DE")
    total = (("81.tax", 1), ("86.tax", 1), ("36", 1), ("89.tax", 1))
    return ReturnForm(
        code="de_ustva",
        title="Umsatzsteuer-Voranmeldung",
        regime=CODE,
        jurisdiction="DE",
        currency="EUR",
        months=1,
        due=(1, 10),
        boxes=(
            BoxRule("81", "Sales at 19 %", "base", taxable("DE", 190_000)),
            BoxRule("81.tax", "VAT on sales at 19 %", "tax", taxable("DE", 190_000)),
            BoxRule("86", "Sales at 7 %", "base", taxable("DE", 70_000)),
            BoxRule("86.tax", "VAT on sales at 7 %", "tax", taxable("DE", 70_000)),
            BoxRule("35", "Other rates", "base", taxable_otherwise("DE", 190_000, 70_000)),
            BoxRule("36", "VAT at other rates", "tax", taxable_otherwise("DE", 190_000, 70_000)),
            BoxRule(
                "41",
                "Exempt intra-EU supplies, own goods among them",
                "base",
                dispatched("DE", "exempt_intra_EU"),
            ),
            BoxRule(
                "43",
                "Other exempt supplies with credit: exports, supplies to marketplaces",
                "base",
                dispatched("DE", "exempt_with_credit"),
            ),
            BoxRule("89", "Intra-EU acquisitions", "base", acquisition, sign=1),
            BoxRule("89.tax", "VAT on intra-EU acquisitions", "tax", acquisition),
            BoxRule("61", "Input VAT of intra-EU acquisitions", "tax", acquisition),
            BoxRule("62", "Import VAT paid", "accounts", accounts=_IMPORT),
            BoxRule("66", "Input VAT of invoices", "accounts", accounts=_INPUT),
            BoxRule(
                "83",
                "To pay, or to be refunded if negative",
                "sum",
                of=(*total, ("61", -1), ("62", -1), ("66", -1)),
            ),
        ),
    )


def _poland() -> ReturnForm:
    acquisition = acquired("PL")
    return ReturnForm(
        code="pl_jpk_v7m",
        title="JPK_V7M",
        regime=CODE,
        jurisdiction="PL",
        currency="PLN",
        months=1,
        due=(1, 25),
        boxes=(
            BoxRule("K_15", "Domestic, 5 %", "base", taxable("PL", 50_000)),
            BoxRule("K_16", "VAT, 5 %", "tax", taxable("PL", 50_000)),
            BoxRule("K_17", "Domestic, 8 %", "base", taxable("PL", 80_000)),
            BoxRule("K_18", "VAT, 8 %", "tax", taxable("PL", 80_000)),
            BoxRule("K_19", "Domestic, 23 %", "base", taxable("PL", 230_000)),
            BoxRule("K_20", "VAT, 23 %", "tax", taxable("PL", 230_000)),
            BoxRule("K_21", "Intra-EU supplies", "base", dispatched("PL", "exempt_intra_EU")),
            BoxRule("K_22", "Exports", "base", dispatched("PL", "exempt_with_credit", "export")),
            BoxRule("K_23", "Intra-EU acquisitions", "base", acquisition),
            BoxRule("K_24", "VAT on acquisitions", "tax", acquisition),
            postponed_imports("K_26", "VAT on imports accounted for here (art. 33a)"),
            BoxRule("K_43.acquisitions", "Input VAT of acquisitions", "tax", acquisition),
            BoxRule(
                "K_43.purchases", "Input VAT of purchases", "accounts", accounts=_INPUT + _IMPORT
            ),
            BoxRule(
                "K_43", "Input VAT", "sum", of=(("K_43.acquisitions", 1), ("K_43.purchases", 1))
            ),
        ),
    )


@cache
def _usual(name: str = "returns") -> dict[str, Any]:
    """Return how each member state wants its returns or its lists filed: when, in which money."""
    return tomllib.loads(files(__package__).joinpath(f"tables/{name}.toml").read_text("utf-8"))


def _due_after(usual: dict[str, Any]) -> tuple[tuple[int, tuple[int, int]], ...]:
    return tuple((int(last), tuple(day)) for last, day in usual.get("due_after", {}).items())


def _other(state: str) -> ReturnForm:
    acquisition = acquired(state)
    usual = _usual()[state]
    return ReturnForm(
        code=f"{state.lower()}_vat",
        title=f"VAT in {state}, by rate",
        regime=CODE,
        jurisdiction=state,
        currency=usual["currency"],
        months=usual["months"],
        due=tuple(usual["due"]),
        due_after=_due_after(usual),
        boxes=(
            BoxRule("sales.base", "Taxable sales", "base", taxable(state), by=("rate",)),
            BoxRule("sales.tax", "VAT on sales", "tax", taxable(state), by=("rate",)),
            BoxRule("intra_eu", "Exempt supplies", "base", dispatched(state, "exempt_intra_EU")),
            BoxRule(
                "exempt", "Exempt with credit", "base", dispatched(state, "exempt_with_credit")
            ),
            BoxRule("acquisitions.base", "Acquisitions", "base", acquisition),
            BoxRule("acquisitions.tax", "VAT on acquisitions", "tax", acquisition),
            postponed_imports("imports.tax", "VAT on imports accounted for in the return"),
            BoxRule("input", "Input and import VAT", "accounts", accounts=_INPUT + _IMPORT),
        ),
    )


def _sales_list(state: str) -> ReturnForm:
    usual = _usual("sales_lists").get(state, {})
    return ReturnForm(
        code=f"{state.lower()}_sales_list",
        title=f"EC sales list of {state}",
        regime=CODE,
        jurisdiction=state,
        currency="EUR",
        months=1,
        schemes=(),
        due=tuple(usual["due"]) if usual else None,
        due_after=_due_after(usual),
        account="",
        boxes=(
            BoxRule(
                "goods",
                "Supplies to businesses",
                "base",
                dispatched(state, "exempt_intra_EU", "intra_EU_supply_exempt"),
                by=("jurisdiction",),
            ),
            BoxRule(
                "own_goods",
                "Own goods moved, under the seller's own numbers",
                "base",
                dispatched(state, "exempt_intra_EU", "own_goods_dispatch"),
            ),
        ),
    )


def _one_stop_shop(code: str, title: str, account: str, months: int, *by: str) -> ReturnForm:
    where = charged_on(account)
    return ReturnForm(
        code=code,
        title=title,
        regime=CODE,
        jurisdiction="EU",
        currency="EUR",
        months=months,
        boxes=(
            BoxRule("base", "Taxable amount", "base", where, by=by),
            BoxRule("tax", "VAT", "tax", where, by=by),
            BoxRule("total", "VAT to pay", "sum", of=(("tax", 1),)),
        ),
        corrections=True,
        schemes=(code.removeprefix("eu_"),),
        due=(1, 0),
        account=account,
    )


_NAMED = ("DE", "PL")

RETURNS = (
    _germany(),
    _poland(),
    *(_other(state) for state in member_states() if state not in _NAMED),
    *(_sales_list(state) for state in member_states()),
    _one_stop_shop("eu_oss", "Union one-stop shop", OSS_VAT, 3, "origin", "jurisdiction", "rate"),
    _one_stop_shop("eu_ioss", "Import one-stop shop", IOSS_VAT, 1, "jurisdiction", "rate"),
)

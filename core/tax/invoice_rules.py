"""What a law wants on an invoice: its title, the name of the seller's number, notes by case."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from functools import cache
from importlib.resources import files
from typing import Any

from core.errors import InputError
from core.tax.decision import TaxDecision

SELLER, MARKETPLACE = "seller", "marketplace"
ENGLISH = "en"

Texts = Mapping[str, str]
"""A text in several languages, by code; there is always an English one."""


@dataclass(frozen=True, slots=True)
class InvoiceCase:
    """What a scheme wants: who issues the invoice, and what it must say."""

    issuer: str = SELLER
    note: Texts = field(default_factory=dict)
    why: str = ""


@dataclass(frozen=True, slots=True)
class InvoiceRules:
    """The rules of a regime; where they name no title, an invoice is an invoice.

    `number` is what the seller's tax number is called there, `cases` are by scheme.
    """

    number: str = "VAT no."
    title: Texts = field(default_factory=dict)
    credit_title: Texts = field(default_factory=dict)
    cases: Mapping[str, InvoiceCase] = field(default_factory=dict)

    def case(self, decision: TaxDecision) -> InvoiceCase:
        """Return what holds for a decision; a marketplace that supplies the buyer invoices him."""
        if decision.scheme in self.cases:
            return self.cases[decision.scheme]
        by_platform = decision.collector == "marketplace" and decision.role == "sale"
        why = "it is the supplier to the buyer" if by_platform else ""
        return InvoiceCase(MARKETPLACE if by_platform else SELLER, {}, why)


NO_RULES = InvoiceRules()


@cache
def invoice_rules(package: str, name: str = "tables/invoice.toml") -> InvoiceRules:
    """Return the rules that an addon ships, read once.

        number = "ABN"
        title.en = "Tax invoice"
        [case.export]
        note.en = "GST-free export"
        [case.deemed_supplier]
        issuer = "marketplace"
        why = "it is the deemed supplier (art. 14a)"

    Raises: InputError for a case that lacks its English text or names another issuer.
    """
    file = files(package).joinpath(name)
    if not file.is_file():
        return NO_RULES
    said = tomllib.loads(file.read_text(encoding="utf-8"))
    cases = {
        scheme: _case(row, f"{package}/{name}: {scheme}")
        for scheme, row in said.get("case", {}).items()
    }
    title, credit = said.get("title", {}), said.get("credit_title", {})
    return InvoiceRules(said.get("number", "VAT no."), title, credit, cases)


def text_in(texts: Texts, language: str) -> str:
    """Return a text in a language, in English where there is none; empty for no text."""
    return texts.get(language) or texts.get(ENGLISH, "")


def _case(row: Mapping[str, Any], where: str) -> InvoiceCase:
    case = InvoiceCase(row.get("issuer", SELLER), row.get("note", {}), row.get("why", ""))
    if case.issuer not in (SELLER, MARKETPLACE) or (case.note and ENGLISH not in case.note):
        raise InputError("An invoice's case has no English note, or no issuer.", where=where)
    return case

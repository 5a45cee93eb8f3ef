"""Declarations as commands, pages and the API show them; amounts as decimal text."""

from __future__ import annotations

from typing import Any

from core.customs.declaring import Checked
from core.customs.declaring import DeclarationDraft
from core.customs.models import Declaration
from core.money import to_text


def declaration_document(made: Declaration) -> dict[str, Any]:
    """Return a declaration."""
    return {
        "reference": made.reference,
        "country": made.country,
        "declared_on": made.declared_on,
        "currency": made.currency,
        "customs_value": to_text(made.value, made.currency),
        "duty": to_text(made.duty, made.currency),
        "vat": to_text(made.vat, made.currency),
        "way": made.way,
        "customs_rate": made.rate,
    }


def checked_document(draft: DeclarationDraft, checked: Checked) -> dict[str, Any]:
    """Return what the customs rate makes of a declaration, and how far that is from it."""
    code, difference = draft.currency, checked.difference(draft.vat)
    expected = checked.vat_expected
    return {
        "currency": code,
        "customs_rate": checked.rate,
        "customs_value": to_text(checked.value, code),
        "duty": to_text(draft.duty, code),
        "vat_base": to_text(checked.vat_base, code),
        "vat": to_text(draft.vat, code),
        "vat_expected": None if expected is None else to_text(expected, code),
        "vat_difference": None if difference is None else to_text(difference, code),
    }

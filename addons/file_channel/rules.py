"""What a line is: the first rule of the mapping whose conditions it meets."""

from __future__ import annotations

from fnmatch import fnmatchcase

from addons.file_channel.mapping import Rule

Traits = tuple[str, str, int, int, bool]
"""Code, beginning of the document number, sign of quantity, sign of price, has a customer."""

_SIGNS = {"negative": -1, "zero": 0, "positive": 1}


def prefix_length(rules: tuple[Rule, ...]) -> int:
    """Return how much of a document's number the rules look at."""
    return max((len(rule.document_prefix) for rule in rules), default=0)


def matching_rule(rules: tuple[Rule, ...], traits: Traits) -> Rule | None:
    """Return the first rule that fits, or None."""
    return next((rule for rule in rules if _fits(rule, traits)), None)


def _fits(rule: Rule, traits: Traits) -> bool:
    code, prefix, quantity, price, has_customer = traits
    return (
        prefix.startswith(rule.document_prefix)
        and _fits_code(rule, code)
        and (rule.quantity is None or _SIGNS[rule.quantity] == quantity)
        and (rule.price is None or _SIGNS[rule.price] == price)
        and (rule.customer is None or (rule.customer == "present") == has_customer)
    )


def _fits_code(rule: Rule, code: str) -> bool:
    """Tell whether a code is listed or looks like a pattern; codes differ by case."""
    if rule.codes is None and rule.code_patterns is None:
        return True
    return code in (rule.codes or ()) or any(
        fnmatchcase(code, pattern) for pattern in rule.code_patterns or ()
    )

"""What a condition may ask of an order: each field with its kind, and the kinds' operators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from typing import Literal

Kind = Literal["text", "set", "number", "money", "percent"]
Value = str | frozenset[str] | int | tuple[int, str] | None

TEXT_OPERATORS = {
    "is_one_of": "is one of",
    "is_none_of": "is none of",
    "contains_any": "contains one of",
    "starts_with_any": "starts with one of",
    "is_empty": "is empty",
    "is_given": "is given",
}
SET_OPERATORS = {
    "has_any": "has one of",
    "has_all": "has all of",
    "has_none": "has none of",
    "any_starts_with": "has one that starts with",
    "is_empty": "is empty",
    "is_given": "is given",
}
NUMBER_OPERATORS = {
    "equals": "equals",
    "below": "is below",
    "at_most": "is at most",
    "at_least": "is at least",
    "above": "is above",
    "between": "is between",
}
OPERATORS: Mapping[str, Mapping[str, str]] = {
    "text": TEXT_OPERATORS,
    "set": SET_OPERATORS,
    "number": NUMBER_OPERATORS,
    "money": NUMBER_OPERATORS,
    "percent": NUMBER_OPERATORS,
}
WITHOUT_VALUE = frozenset({"is_empty", "is_given"})


@dataclass(slots=True)
class OrderFacts:
    """What is known of an order when rules are asked; None is what nobody knows.

    Texts that people write are in small letters. `amount` is in minor units of `currency`, net of
    tax; `weight` in grams; `margin` in hundredths of a percent of the net amount.
    """

    id: int
    ref: str = ""
    shop: str = ""
    platform: str = ""
    account: str = ""
    country: str = ""
    currency: str = ""
    service: str = ""
    note: str | None = None
    postcode: str | None = None
    skus: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    flags: frozenset[str] | None = frozenset()
    queues: frozenset[str] = frozenset()
    items: int = 0
    lines: int = 0
    weight: int | None = None
    amount: int = 0
    profit: int | None = None
    margin: int | None = None
    extra: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RuleField:
    """A field that a condition may ask for; `name` of an addon's field is `<addon>.<word>`.

    The hook `rule_values` is asked for its values. `fold` compares without regard to capitals; a
    `personal` value is never written down.
    """

    name: str
    kind: Kind
    title: str
    help: str = ""
    fold: bool = False
    personal: bool = False

    @property
    def operators(self) -> Mapping[str, str]:
        """Return the operators of the field's kind with their words."""
        return OPERATORS[self.kind]


FIELDS: Mapping[str, RuleField] = {
    each.name: each
    for each in (
        RuleField(
            "shop",
            "text",
            "Shop",
            "Platform, account and marketplace, as in `amazon/A1B2/DE`.",
        ),
        RuleField("platform", "text", "Platform", "The addon's name for it, such as `file`."),
        RuleField(
            "account", "text", "Seller account", "What the platform calls the seller's account."
        ),
        RuleField("country", "text", "Country", "Two letters of ISO 3166: where the parcel goes."),
        RuleField("currency", "text", "Currency", "Three letters of ISO 4217."),
        RuleField(
            "service",
            "text",
            "Shipping service asked for",
            "The platform's words for what the buyer chose.",
            fold=True,
        ),
        RuleField("sku", "set", "SKU", "The seller's own codes among the lines."),
        RuleField("tag", "set", "Tag", "Tags on the order, those of earlier rules too.", fold=True),
        RuleField(
            "address",
            "set",
            "Address flags",
            "Of `po_box`, `military`, `remote`, `not_latin`, `no_phone`, `bad_phone`, `problem`.",
        ),
        RuleField(
            "queue",
            "set",
            "Exceptions",
            "Queues that the order is in, such as `duplicate`, `loss`, `address`, `unmapped`.",
        ),
        RuleField("items", "number", "Number of items", "All quantities of goods together."),
        RuleField("lines", "number", "Number of lines", "Lines of goods."),
        RuleField(
            "weight",
            "number",
            "Weight in grams",
            "The sum over all items; not known while one SKU has no weight.",
        ),
        RuleField(
            "amount",
            "money",
            "Amount",
            "All lines net of tax, in the order's currency; another currency is not compared.",
        ),
        RuleField(
            "profit",
            "money",
            "Expected profit",
            "Amount less the last known cost of the goods; not known without one.",
        ),
        RuleField(
            "margin",
            "percent",
            "Expected margin in percent",
            "Expected profit of the amount.",
        ),
        RuleField(
            "note",
            "text",
            "Buyer's note",
            "Not known once personal data was forgotten.",
            fold=True,
            personal=True,
        ),
        RuleField(
            "postcode",
            "text",
            "Postcode",
            "As its country writes it; not known once personal data was forgotten.",
            personal=True,
        ),
    )
}

ATTRIBUTES = {"sku": "skus", "tag": "tags", "address": "flags", "queue": "queues"}
"""Where a field's value stands in the facts, if not under its own name."""

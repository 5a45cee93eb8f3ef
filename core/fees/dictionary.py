"""The fee dictionary: what a platform's codes mean on a day, as packs and the company say."""

from __future__ import annotations

import csv
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple
from typing import Protocol

from core.errors import InputError

ANY = "*"


class FeeCode(NamedTuple):
    """How a platform names an amount: what happened, which group it stands in, and its own name."""

    kind: str
    group: str
    name: str


class Category(StrEnum):
    """What an amount is to the books, which decides how it is posted."""

    SALE = "sale"
    SALE_TAX = "sale_tax"
    WITHHELD = "withheld_tax"
    REFUND = "refund"
    REFUND_TAX = "refund_tax"
    FEE = "fee"
    ESTIMATED = "estimated_fee"
    OTHER = "other"
    RESERVE = "reserve"
    CARRY = "carry"
    TRANSFER = "transfer"
    UNKNOWN = "unknown"


LEVELS = frozenset({"order", "sku", "shipment", "account"})
SIGNS = frozenset({"in", "out", "any"})
TAXES = frozenset({"", "pass_through", "input", "withheld"})


@dataclass(frozen=True, slots=True)
class FeeRule:
    """What a code means from a day on; `*` stands for any kind, group or name.

    `sign` is which way the money goes (`in` to the seller, `out`, `any`): an amount that goes the
    other way is not understood. `level` is what it belongs to by nature, `tax` what kind of tax it
    is, if any.
    """

    code: FeeCode
    category: Category
    account: str
    level: str = "order"
    sign: str = "any"
    tax: str = ""
    since: date = date.min
    own: bool = False

    def fits(self, amount: int) -> bool:
        """Say whether an amount goes the way that the rule expects."""
        return self.sign == "any" or amount == 0 or (amount > 0) == (self.sign == "in")


class FeePack(Protocol):
    """The rules for the codes of one platform, as an addon offers them."""

    @property
    def platform(self) -> str:
        """Return the platform whose codes it knows."""

    @property
    def version(self) -> str:
        """Return what names this state of the rules."""

    @property
    def rules(self) -> Sequence[FeeRule]:
        """Return the rules."""


@dataclass(frozen=True)
class FeeTable:
    """A pack read from a table."""

    platform: str
    version: str
    rules: tuple[FeeRule, ...]


def read_fee_table(text: str, platform: str, version: str) -> FeeTable:
    """Read a pack from CSV: since,kind,group,name,category,account,level,sign,tax.

    Raises: InputError naming the line that cannot be used.
    """
    rows = csv.DictReader(text.splitlines())
    return FeeTable(
        platform, version, tuple(_rule(row, number) for number, row in enumerate(rows, 2))
    )


def _rule(row: dict[str, str], number: int) -> FeeRule:
    try:
        rule = FeeRule(
            FeeCode(row["kind"], row["group"], row["name"]),
            Category(row["category"]),
            row["account"],
            row["level"],
            row["sign"] or "any",
            row["tax"],
            date.fromisoformat(row["since"]) if row["since"] else date.min,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"The fee rule cannot be used: {error}.", where=f"line {number}") from None
    known = rule.level in LEVELS and rule.sign in SIGNS and rule.tax in TAXES
    if not (known and rule.code.name and rule.account.isdigit()):
        raise InputError(f"{row} is no fee rule.", where=f"line {number}")
    return rule


class Dictionary:
    """The rules that hold for one company and platform; the most particular one answers.

    Of two equally particular rules the company's own comes before the pack's, then the one that
    holds since the later day.
    """

    def __init__(self, version: str, rules: Iterable[FeeRule]) -> None:
        self.version = version
        self._rules: defaultdict[tuple[str, str, str], list[FeeRule]] = defaultdict(list)
        self._known: dict[tuple[FeeCode, date], FeeRule | None] = {}
        self.input_accounts: set[str] = set()
        for rule in rules:
            if rule.tax == "input":
                self.input_accounts.add(rule.account)
            kind, group, name = rule.code
            self._rules[plain_code(kind), plain_code(group), plain_code(name)].append(rule)
        for found in self._rules.values():
            found.sort(key=lambda rule: rule.since)

    def find(self, code: FeeCode, day: date) -> FeeRule | None:
        """Return the rule for a code on a day, None if nobody knows the code."""
        key = (code, day)
        if key not in self._known:
            self._known[key] = self._search(code, day)
        return self._known[key]

    def _search(self, code: FeeCode, day: date) -> FeeRule | None:
        kind, group, name = (plain_code(part) for part in code)
        for place in (
            (kind, group, name),
            (ANY, group, name),
            (kind, ANY, name),
            (ANY, ANY, name),
            (kind, group, ANY),
            (ANY, group, ANY),
        ):
            rules = self._rules.get(place, [])
            for own in (True, False):
                held = [rule for rule in rules if rule.own == own]
                if index := bisect_right(held, day, key=lambda rule: rule.since):
                    return held[index - 1]
        return None


def plain_code(text: str) -> str:
    """Return a part of a code without what formats write differently: case, spaces, dashes."""
    return ANY if text == ANY else "".join(c for c in text.casefold() if c.isalnum())

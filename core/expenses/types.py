"""The kinds of a seller's own costs, as data: account, level, how they are shared."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from core.errors import InputError


@dataclass(frozen=True, slots=True)
class ExpenseType:
    """A kind of cost; `elsewhere` is the command where it is entered if not as a bill."""

    code: str
    title: str
    account: str
    level: str
    rule: str
    elsewhere: str = ""


@cache
def expense_types() -> Mapping[str, ExpenseType]:
    """Return the kinds by code, in the order of the file."""
    text = files("core.expenses").joinpath("types.toml").read_text(encoding="utf-8")
    found = [ExpenseType(**raw) for raw in tomllib.loads(text)["type"]]
    return MappingProxyType({each.code: each for each in found})


def require_type(code: str, *, where: str = "type") -> ExpenseType:
    """Return a kind of cost that is entered as a bill.

    Raises: InputError for one that is not known, or is entered elsewhere.
    """
    found = expense_types().get(code)
    if found is None:
        raise InputError(
            f"{code!r} is no kind of cost.",
            where=where,
            hint="`entrepot expense types` lists them.",
        )
    if found.elsewhere:
        raise InputError(
            f"{found.title} is not entered as a bill.",
            where=where,
            hint=f"It belongs to goods or documents: use {found.elsewhere}.",
        )
    return found

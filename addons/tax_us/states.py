"""The states: who levies sales tax, whether places add to it, and whether it falls on delivery."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from core.api import InputError

WITHOUT_TAX = frozenset({"AK", "DE", "MT", "NH", "OR"})
"""States that levy no sales tax; some places in Alaska do."""


@dataclass(frozen=True, slots=True)
class State:
    """A state that levies sales tax."""

    name: str
    local: bool
    delivery: bool
    facilitator: date
    delivery_changed: date = date.min

    def taxes_delivery(self, day: date) -> bool:
        """Say whether delivery that is stated apart is taxed with taxable goods on a day."""
        return self.delivery if day >= self.delivery_changed else not self.delivery


@cache
def states() -> dict[str, State]:
    """Return the states that levy sales tax, by code."""
    text = files(__package__).joinpath("tables", "states.toml").read_text("utf-8")
    return {code: State(**row) for code, row in tomllib.loads(text).items()}


def state_of(region: str) -> State | None:
    """Return a state, None for one that levies no sales tax.

    Raises: InputError for anything that is no state.
    """
    if region in WITHOUT_TAX:
        return None
    state = states().get(region)
    if state is None:
        raise InputError(
            f"A sale in the United States goes to {region or 'no state'!r}; its tax depends on it.",
            hint="Give the order a state such as TX. Territories are not covered.",
        )
    return state

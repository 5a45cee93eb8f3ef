"""What platforms' own states mean, and what they let a seller do: data in platforms.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from core.errors import MappingError
from core.errors import NotFound
from core.orders.states import State

STOCK_EFFECTS = frozenset({"none", "soft", "hard", "consume", "consume shipped", "release", "keep"})


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a platform's state is here; no state: the order keeps the one it has."""

    state: State | None
    stock: str


@cache
def _data() -> dict[str, Any]:
    text = files("core.orders").joinpath("platforms.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def status_maps() -> list[str]:
    """Return the names of the maps of states."""
    return list(_data()["status"])


@cache
def status_map(name: str) -> dict[str, Meaning]:
    """Return a platform's states with their meaning.

    Raises: NotFound for a map that is not there, MappingError for a line of it that means nothing.
    """
    maps = _data()["status"]
    if name not in maps:
        raise NotFound(f"There is no map of states {name!r}.", hint=f"Known: {', '.join(maps)}.")
    meanings = {}
    for native, (state, stock) in maps[name].items():
        if stock not in STOCK_EFFECTS or (state and state not in set(State)):
            raise MappingError(
                f"state {native!r} of the map {name}",
                f"{state}, {stock}",
                hint="The state is one of core.orders.states, the stock one of platforms.toml.",
            )
        meanings[native] = Meaning(State(state) if state else None, stock)
    return meanings


def meaning_of(name: str, native: str) -> Meaning:
    """Return what a platform's state means.

    Raises: MappingError for a state that the map does not know: it must be seen, not guessed.
    """
    known = status_map(name)
    if native not in known:
        raise MappingError(
            f"the map of states {name}",
            native,
            hint="Add it to core/orders/platforms.toml, then apply the message again.",
        )
    return known[native]


def allows(platform: str, verb: str) -> bool:
    """Say whether a platform lets a seller `merge` or `split` its orders."""
    return bool(_data()["limits"].get(platform, {}).get(verb, True))


def consignment_limit(country: str) -> tuple[str, int] | None:
    """Return the goods value up to which a parcel to a country is a small consignment."""
    data = _data()["consignment"]
    found = data["EU"] if country in data["EU_MEMBERS"] else data.get(country)
    return None if found is None else (found[0], found[1])

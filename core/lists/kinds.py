"""The lists of which views can be saved and columns chosen."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl
from urllib.parse import urlencode

from core.errors import NotFound
from core.orders import order_list

LONGEST = 2000


@dataclass(frozen=True, slots=True)
class ListKind:
    """A list: its page, who may see it, what narrows it, and its columns, all and the usual."""

    endpoint: str
    permission: str
    filters: tuple[str, ...]
    columns: tuple[str, ...]
    usual: tuple[str, ...]

    def query_of(self, values: Mapping[str, str]) -> str:
        """Return the filters that were chosen as they stand in an address, always alike."""
        return urlencode({name: values[name] for name in self.filters if values.get(name)})

    def values_of(self, query: str) -> dict[str, str]:
        """Return the filters that a saved view names; what is known no longer is left out."""
        return {name: value for name, value in parse_qsl(query) if name in self.filters}

    def chosen(self, names: Iterable[str]) -> list[str]:
        """Return columns in the order of the list; the usual ones where none of them is known."""
        wanted = set(names)
        return [each for each in self.columns if each in wanted] or list(self.usual)


LISTS: Mapping[str, ListKind] = {
    "orders": ListKind(
        "orders.index",
        "orders.view",
        order_list.FILTERS,
        order_list.COLUMNS,
        order_list.USUAL,
    ),
}


def list_kind(name: str) -> ListKind:
    """Return a list by its name.

    Raises: NotFound.
    """
    if name not in LISTS:
        raise NotFound(f"There is no list {name!r}.")
    return LISTS[name]

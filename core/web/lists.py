"""What a visitor keeps of lists, as pages show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.lists import keeping
from core.lists.kinds import LISTS
from core.web import current


@dataclass(frozen=True, slots=True)
class ViewTab:
    """A saved view as a tab: its filters, and whether the list is narrowed by just these."""

    id: int
    name: str
    values: Mapping[str, str]
    shared: bool
    own: bool
    here: bool


def saved_views(name: str, chosen: Mapping[str, str]) -> list[ViewTab]:
    """Return the views of a list that the visitor finds; `chosen` is what narrows it now."""
    visitor, kind = current.visitor(), LISTS[name]
    if visitor is None:
        return []
    query = kind.query_of(chosen)
    found = keeping.views_of(current.reading(), current.company().id, name, visitor.user_id)
    return [
        ViewTab(
            each.id, each.name, kind.values_of(each.query), each.shared, each.own,
            here=bool(query) and each.query == query,
        )
        for each in found
    ]  # fmt: skip


def chosen_columns(name: str) -> list[str]:
    """Return the columns of a list that the visitor looks at."""
    visitor, kind = current.visitor(), LISTS[name]
    kept = visitor and keeping.preference(current.reading(), visitor.user_id, f"{name}.columns")
    return kind.chosen(kept or kind.usual)

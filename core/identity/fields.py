"""Fields that not everybody may see, wherever they are shown.

A column says it in its model, a dataclass for its fields and properties:

    cost_amount: Mapped[int] = mapped_column(info=seen_with("costs.view"))

    class StockRow:
        NEEDS: ClassVar = {"value": "costs.view"}

Templates read every value through `shown_value`, JSON is made by `visible_fields`, and a table of a
report leaves such columns out. In the rows of a query a column is known by its name: a sum keeps
the name of what it is the sum of.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import fields
from dataclasses import is_dataclass
from typing import Any

import sqlalchemy as sa

from core.db import Base
from core.identity.actor import may

KEY = "entrepot_seen_with"
NEEDS = "NEEDS"
MASK = "•••"


class Hidden:
    """What stands for a value that is not shown: no number, no text, and any sum with it is it."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]  # nothing is filed under it

    def __str__(self) -> str:
        return MASK

    __repr__ = __str__

    def __eq__(self, _other: object) -> bool:
        return False

    def _same(self, *_others: object) -> Hidden:
        return self

    def _never(self, _other: object) -> bool:
        return False

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = _same
    __rtruediv__ = __neg__ = __abs__ = __round__ = _same
    __lt__ = __le__ = __gt__ = __ge__ = _never

    def __iter__(self) -> Iterator[object]:
        return iter(())


HIDDEN = Hidden()


def seen_with(permission: str) -> dict[str, str]:
    """Return the `info` of a column that only who has the permission may see."""
    return {KEY: permission}


def needed_for(kind: type[Any], name: str) -> str:
    """Return the permission that a field of a kind of object asks for; empty for none."""
    if kind not in _rows:
        _rows[kind] = issubclass(kind, sa.Row | sa.RowMapping)
    if _rows[kind]:
        return _by_name().get(name, "")
    return _of_kind(kind).get(name, "")


_rows: dict[type[Any], bool] = {}
"""Which kinds of objects are rows: to ask that of an abstract class takes its time."""


def shown_value(owner: object, name: str, value: object) -> object:
    """Return a field's value, or what stands for it when who acts may not see it."""
    kind: type[Any] = type(owner)
    permission = needed_for(kind, name)
    return HIDDEN if permission and not may(permission) else value


def visible_fields(owner: Any) -> dict[str, Any]:
    """Return the fields of a row or dataclass by name, None for what who acts may not see."""
    if isinstance(owner, sa.Row):
        names = list(owner._fields)
    elif is_dataclass(owner):
        names = [each.name for each in fields(owner)]
    else:
        names = [each.key for each in sa.inspect(type(owner)).columns]
    found = {name: shown_value(owner, name, getattr(owner, name)) for name in names}
    return {name: None if value is HIDDEN else value for name, value in found.items()}


def when_allowed(act: Callable[[], Any], otherwise: Any, *permissions: str) -> Any:
    """Return what a function returns, or something else for who may not see it."""
    return act() if may(*permissions) else otherwise


_kinds: dict[Any, dict[str, str]] = {}


def _of_kind(kind: type[Any]) -> dict[str, str]:
    known = _kinds.get(kind)
    if known is None:
        known = _kinds[kind] = _tags_of(kind)
    return known


def _tags_of(kind: type[Any]) -> dict[str, str]:
    declared = getattr(kind, NEEDS, None)
    found: dict[str, str] = dict(declared) if isinstance(declared, dict) else {}
    if issubclass(kind, Base) and hasattr(kind, "__table__"):
        mapper = sa.inspect(kind)
        found |= {each.key: each.info[KEY] for each in mapper.columns if KEY in each.info}
    return found


_names: tuple[int, dict[str, str]] = (0, {})


def _by_name() -> dict[str, str]:
    """Return the permission that each name of a tagged column asks for, of all tables known now."""
    global _names  # noqa: PLW0603 - a cache that grows with the tables of addons
    tables = Base.metadata.tables
    if _names[0] != len(tables):
        columns = (column for table in tables.values() for column in table.columns)
        _names = len(tables), {c.name: c.info[KEY] for c in columns if KEY in c.info}
    return _names[1]

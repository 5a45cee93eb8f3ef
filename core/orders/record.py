"""What changes on orders that are stored: states, exceptions and the timeline, written by sets."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from core import clock
from core.db import json_text
from core.db import table_of
from core.db import utc_text
from core.ids import next_ids
from core.orders import exceptions
from core.orders.models import Order
from core.orders.models import OrderEvent
from core.rows import bulk_insert
from core.rows import bulk_update


@dataclass(frozen=True, slots=True)
class Actor:
    """Who or what acts, and why if he says so."""

    name: str
    why: str = ""


@dataclass(slots=True)
class _Event:
    order_id: int
    happened_at: datetime
    kind: str
    detail: dict[str, object]


@dataclass(slots=True)
class Record:
    """Changes of orders of one company by one actor; call `write` last."""

    session: Session
    company_id: int
    actor: Actor
    now: datetime = field(default_factory=clock.now)
    _values: defaultdict[int, dict[str, Any]] = field(default_factory=lambda: defaultdict(dict))
    _events: list[_Event] = field(default_factory=list)
    _raised: dict[tuple[int, str], dict[str, object]] = field(default_factory=dict)
    _solved: set[tuple[int, str]] = field(default_factory=set)

    def set(self, order_id: int, **values: object) -> None:
        """Change columns of an order."""
        self._values[order_id].update(values)

    def event(
        self, order_id: int, kind: str, at: datetime | None = None, /, **detail: object
    ) -> None:
        """Put a step on an order's timeline, with the actor's reason."""
        if self.actor.why:
            detail.setdefault("why", self.actor.why)
        self._events.append(_Event(order_id, at or self.now, kind, detail))

    def raise_exception(self, order_id: int, kind: str, **detail: object) -> None:
        """Put an order into a queue."""
        self._solved.discard((order_id, kind))
        self._raised[order_id, kind] = detail

    def solve(self, order_id: int, kind: str) -> None:
        """Take an order out of a queue."""
        self._raised.pop((order_id, kind), None)
        self._solved.add((order_id, kind))

    def write(self) -> None:
        """Write what was recorded; every order that changed gets its next version."""
        self._write_values()
        touched = {order_id for order_id, _ in (*self._raised, *self._solved)}
        if touched:
            exceptions.write_solved(self.session, self.company_id, self._solved, self.actor.name)
            raised = [(order_id, kind, d) for (order_id, kind), d in self._raised.items()]
            exceptions.write_raised(self.session, self.company_id, raised)
            exceptions.show_most_urgent(self.session, self.company_id, touched)
        self._write_events()

    def _write_values(self) -> None:
        """Update the orders, those with the same columns by one statement."""
        groups: defaultdict[tuple[str, ...], list[tuple[object, ...]]] = defaultdict(list)
        for order_id, values in sorted(self._values.items()):
            names = tuple(sorted(values))
            cells = (_plain(values[name]) for name in names)
            groups[names].append((self.company_id, order_id, *cells))
        for names, rows in groups.items():
            assign = "".join(f"{name} = {{{name}}}, " for name in names)
            bulk_update(
                self.session,
                table_of(Order),
                ["company_id", "id", *names],
                rows,
                assign=f"{assign}row_version = row_version + 1",
            )

    def _write_events(self) -> None:
        now = utc_text(self.now)
        rows = [
            (self.company_id, new_id, event.order_id, utc_text(event.happened_at), now)
            + (event.kind, self.actor.name, json_text(event.detail))
            for new_id, event in zip(
                next_ids(self.session, len(self._events)), self._events, strict=True
            )
        ]
        columns = "company_id id order_id happened_at recorded_at kind actor detail".split()
        bulk_insert(self.session, table_of(OrderEvent), columns, rows)


def _plain(value: object) -> object:
    """Return a value as bulk statements take it."""
    return utc_text(value) if isinstance(value, datetime) else value

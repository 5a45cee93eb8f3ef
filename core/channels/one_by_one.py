"""Settlements that are listed first and fetched one by one: the cursor holds what waits."""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.channels.external import ExternalSettlement
from core.channels.external import Page
from core.errors import ConnectorError

Document = Mapping[str, Any]
Place = int | str | None


@dataclass(frozen=True)
class OneByOne:
    """How a platform's settlements are listed and fetched, for one call.

    `listed` returns the settlements of the list from a place on (None: its start), the oldest
    first, and the place that follows (None: its end). `fetched` returns one with all that is in it.
    `packed` returns one in as few texts as hold it, since the cursor is stored, and `unpacked`
    makes it of them. `name` is what they are called.
    """

    name: str
    listed: Callable[[Place], tuple[Sequence[Document], Place]]
    fetched: Callable[[Document], ExternalSettlement]
    packed: Callable[[Document], Sequence[object]]
    unpacked: Callable[..., Document]

    def page(self, cursor: str | None) -> Page[ExternalSettlement]:
        """Return the next settlement: one a page, since each is stored before the next.

        Raises: ConnectorError, also for a cursor that is none of these.
        """
        waiting, after = self._read(cursor)
        if not waiting and (cursor is None or after is not None):
            waiting, after = self.listed(after)
        if not waiting:
            return Page([], self._write([], after))
        first, *rest = waiting
        return Page([self.fetched(first)], self._write(rest, after))

    def _read(self, cursor: str | None) -> tuple[Sequence[Document], Place]:
        if cursor is None:
            return [], None
        try:
            place = json.loads(cursor)
            return [self.unpacked(*each) for each in place["waiting"]], place["after"]
        except (ValueError, KeyError, TypeError) as error:
            raise ConnectorError(f"The place in the list of {self.name} cannot be read.") from error

    def _write(self, waiting: Sequence[Document], after: Place) -> str | None:
        if not waiting and after is None:
            return None
        packed = [list(self.packed(each)) for each in waiting]
        return json.dumps({"waiting": packed, "after": after}, separators=(",", ":"), default=str)

"""Walking the pages of a window: each with the place behind it, and never in a circle."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

from core.channels.calling import as_addon
from core.channels.calling import is_passing
from core.channels.capabilities import Call
from core.channels.cursors import Place
from core.channels.external import Page
from core.errors import ConnectorError
from core.kernel.kernel import Kernel

Fetch = Callable[[Place], Page[Any]]


def fetcher(kernel: Kernel, connector: Any, method: str, call: Call) -> Fetch:
    """Return what asks a connector for the page at a place."""
    addon = call.connection.addon

    def fetch(place: Place) -> Page[Any]:
        hint = f"What came before is kept; `entrepot addons info {addon}` shows the fault."
        with as_addon(kernel, addon, f"connector:{method}", hint):
            page: Page[Any] = getattr(connector, method)(call, place.window, place.page)
            return page

    return fetch


def walk(fetch: Fetch, place: Place) -> Iterator[tuple[Page[Any], Place]]:
    """Yield each page with the place behind it; a place that the platform forgot is left.

    Raises: ConnectorError when a platform sends its own cursor again: it would never end.
    """
    seen: set[str] = set()
    while True:
        try:
            page = fetch(place)
        except ConnectorError as error:
            # A cursor of an earlier run may have expired: then the window is walked anew.
            if seen or place.page is None or is_passing(error):
                raise
            place = place.after(None)
            page = fetch(place)
        place = place.after(page.next_cursor)
        if place.page in seen and not page.later:
            raise ConnectorError(f"The platform repeats its page {place.page!r}.")
        yield page, place
        if place.page is None or page.later:
            return
        seen.add(place.page)

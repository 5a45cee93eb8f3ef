"""Hooks around tax."""

from __future__ import annotations

from collections.abc import Sequence

from core.kernel.hookspecs import hookspec


@hookspec(kind="collect")
def tax_regimes() -> Sequence[object]:
    """Offer tax regimes, each with the countries and dates for which it answers.

    The core picks exactly one per sale by sender, destination, date and kind of buyer; two
    regimes that claim the same case are an error, never a matter of order.
    """
    raise NotImplementedError

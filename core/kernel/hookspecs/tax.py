"""Hooks around tax."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.kernel.hookspecs import hookspec

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@hookspec(kind="collect")
def tax_regimes(session: Session) -> Sequence[object]:
    """Offer tax regimes (`core.api.TaxRegime`); the session is for reading your settings.

    The core asks every regime about every sale of a batch. Exactly one may answer for a sale: two
    that claim it are an error, never a matter of order, and where one fails the sale waits.
    """
    raise NotImplementedError


@hookspec(kind="collect")
def tax_place_rates(session: Session, places: Sequence[object]) -> Sequence[object]:
    """Give the rates (`core.api.PlaceRate`) that you know of some places (`core.api.TaxPlace`).

    For regimes whose rates depend on the address, such as sales tax in the United States. Answer
    from what you fetched before: the books are open, so nothing may wait for the network here.
    """
    raise NotImplementedError

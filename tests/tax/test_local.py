"""Rates of places: what addons know, and two that disagree."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest

from core.errors import InputError
from core.kernel import hooks
from core.tax.local import PlaceRate
from core.tax.local import TaxPlace
from core.tax.local import place_rates
from core.tax.rates import TaxRate

DALLAS = TaxPlace("US", "TX", "75201", date(2026, 5, 1))


def said(monkeypatch: pytest.MonkeyPatch, *rates: tuple[str, int]) -> None:
    answers = [
        (addon, PlaceRate(DALLAS, TaxRate(date(2026, 1, 1), rate, addon))) for addon, rate in rates
    ]
    monkeypatch.setattr(hooks, "collect", lambda *_, **__: answers)


def test_addons_say_what_they_know(monkeypatch: pytest.MonkeyPatch) -> None:
    session = SimpleNamespace()
    said(monkeypatch, ("one", 82_500), ("other", 82_500))
    found = place_rates(session, [DALLAS])  # type: ignore[arg-type]
    assert {place: rate.rate for place, rate in found.items()} == {DALLAS: 82_500}
    said(monkeypatch)
    assert place_rates(session, [DALLAS]) == {}  # type: ignore[arg-type]


def test_two_that_disagree_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    said(monkeypatch, ("one", 82_500), ("other", 80_000))
    with pytest.raises(InputError, match="one and other know different rates of TX 75201"):
        place_rates(SimpleNamespace(), [DALLAS])  # type: ignore[arg-type]

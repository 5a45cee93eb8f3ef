"""Prices as the core tells them to the simulated Amazon."""

from __future__ import annotations

import pytest

from core.http import client
from core.testkit.fakes.amazon import AmazonFake
from tests.amazon.conftest import Connected
from tests.connectors.pricing import prices_arrive_whatever_goes_wrong


def test_prices_arrive_whatever_goes_wrong(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "BACKOFF_SECONDS", 0.01)
    seller = connected(AmazonFake.lived(seed=7, orders=12, stored=0.0, factor=10_000))
    prices_arrive_whatever_goes_wrong(seller)

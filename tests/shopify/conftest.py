"""A company that is connected to the simulated Shopify over real HTTP."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from core.config import ROOT
from core.http import client
from core.http.circuit import Circuit
from core.testkit.fakes.shopify import ShopifyFake
from tests import selling
from tests.databases import ENGINES
from tests.world import Worlds

SHARED = Path(os.environ.get("ENTREPOT_SHARED") or ROOT.parent / "shared")
INTROSPECTION = SHARED / "specs" / "shopify" / "admin_2026-10.json.gz"
Seller = selling.Seller[ShopifyFake]
Connected = selling.Joining[ShopifyFake]


def settings_of(fake: ShopifyFake, **changes: object) -> dict[str, object]:
    assert fake.served is not None
    return {**fake.credentials(), "simulator": fake.served.url, **changes}


@pytest.fixture(autouse=True)
def _fresh_circuit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test learn from another one that a host is silent."""
    monkeypatch.setattr(client, "circuit", Circuit())


@pytest.fixture(params=ENGINES)
def connected(
    request: pytest.FixtureRequest, worlds: Worlds, tmp_path: Path
) -> Iterator[Connected]:
    """Return what connects companies, on each engine in turn."""
    with ExitStack() as stack:
        yield Connected(
            worlds, request.param, tmp_path, stack, "shopify", "Shopify", "shop", settings_of
        )

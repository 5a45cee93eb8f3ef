"""A company that is connected to the simulated Amazon over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from core.http import client
from core.http.circuit import Circuit
from core.testkit.fakes.amazon import AmazonFake
from tests import selling
from tests.databases import ENGINES
from tests.world import Worlds

Seller = selling.Seller[AmazonFake]
Connected = selling.Joining[AmazonFake]
PERSONAL = {"personal": True, "application_id": "amzn1.sp.solution.fake"}


def settings_of(fake: AmazonFake, **changes: object) -> dict[str, object]:
    assert fake.served is not None
    return {**fake.credentials(), "simulator": fake.served.url, **PERSONAL, **changes}


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
            worlds, request.param, tmp_path, stack, "amazon", "Amazon API", "seller_id", settings_of
        )

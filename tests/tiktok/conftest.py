"""A company that is connected to the simulated TikTok Shop over real HTTP."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest

from core.config import ROOT
from core.http import client
from core.http.circuit import Circuit
from core.testkit.fakes.tiktok import TiktokFake
from core.testkit.specs import Judge
from core.testkit.specs import judge
from tests import selling
from tests.databases import ENGINES
from tests.world import Worlds

SHARED = Path(os.environ.get("ENTREPOT_SHARED") or ROOT.parent / "shared")
DOCUMENTS = SHARED / "specs" / "tiktokshop"
DOCUMENT = "tiktok-shop-derived.openapi.json"
Seller = selling.Seller[TiktokFake]
Connected = selling.Joining[TiktokFake]


def settings_of(fake: TiktokFake, **changes: object) -> dict[str, object]:
    assert fake.served is not None
    given = {**fake.credentials(), "simulator": fake.served.url, "vat_in_prices": "GB 20"}
    given |= {"messages": True}
    return {**given, **changes}


def judged_by_tiktok(seller: Seller) -> Judge:
    """Let everything that is said from now on be compared with the platform's own document."""
    # To read it takes seconds; what it says holds for every address.
    found = Judge(_document().documents)
    seller.fake.witnesses.append(found)
    return found


@cache
def _document() -> Judge:
    return judge(DOCUMENTS, [DOCUMENT], "")


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
            worlds, request.param, tmp_path, stack, "tiktok_shop", "TikTok", "shop", settings_of
        )

"""A company that is connected to the simulated eBay over real HTTP."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from core.config import ROOT
from core.http import client
from core.http.circuit import Circuit
from core.testkit.fakes.ebay import EbayFake
from core.testkit.specs import Judge
from core.testkit.specs import judge
from tests import selling
from tests.databases import ENGINES
from tests.world import Worlds

SHARED = Path(os.environ.get("ENTREPOT_SHARED") or ROOT.parent / "shared")
DOCUMENTS = SHARED / "specs" / "ebay"
PATHS = {
    "sell_fulfillment_v1_oas3.json": "/sell/fulfillment/v1",
    "sell_inventory_v1_oas3.json": "/sell/inventory/v1",
    "sell_account_v1_oas3.json": "/sell/account/v1",
    "sell_finances_v1_oas3.json": "/sell/finances/v1",
    "sell_marketing_v1_oas3.json": "/sell/marketing/v1",
    "commerce_message_v1_oas3.json": "/commerce/message/v1",
    "commerce_identity_v1_oas3.json": "/commerce/identity/v1",
    "commerce_notification_v1_oas3.json": "/commerce/notification/v1",
    "developer_key_management_v1_oas3.json": "/developer/key_management/v1",
    "developer_analytics_v1_beta_oas3.json": "/developer/analytics/v1_beta",
}
Seller = selling.Seller[EbayFake]
Connected = selling.Joining[EbayFake]


def settings_of(fake: EbayFake, **changes: object) -> dict[str, object]:
    assert fake.served is not None
    given = {**fake.credentials(), "simulator": fake.served.url, "vat_in_prices": "GB 20"}
    given |= {"messages": True}
    return {**given, **changes}


def judged_by_ebay(seller: Seller) -> Judge:
    """Let everything that is said from now on be compared with eBay's own documents."""
    assert seller.fake.served is not None
    found = judge(DOCUMENTS, PATHS, seller.fake.served.url, PATHS)
    for path in found.documents["sell_fulfillment_v1_oas3.json"][0]["paths"].values():
        # Disputes name a host of their own, which the simulated one stands for too.
        for each in (path, *(told for told in path.values() if isinstance(told, dict))):
            each.pop("servers", None)
    marketing, _ = found.documents["sell_marketing_v1_oas3.json"]
    # eBay's document calls a packed file of values between tabs an object.
    report = marketing["paths"]["/sell/marketing/v1/ad_report/{report_id}"]["get"]
    report["responses"]["200"].pop("content")
    inventory, _ = found.documents["sell_inventory_v1_oas3.json"]
    for name in ("Product", "InventoryItemGroup"):
        # eBay's document calls them text, and shows an object of lists in every sample.
        aspects = inventory["components"]["schemas"][name]["properties"]["aspects"]
        aspects["type"] = "object"
    seller.fake.witnesses.append(found)
    return found


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
            worlds, request.param, tmp_path, stack, "ebay", "eBay", "seller", settings_of
        )

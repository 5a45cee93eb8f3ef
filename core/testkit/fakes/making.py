"""Marketplaces by their names."""

from __future__ import annotations

from core.testkit.fakes.amazon import AmazonFake
from core.testkit.fakes.ebay import EbayFake
from core.testkit.fakes.fake import Fake
from core.testkit.fakes.faults import Faults
from core.testkit.fakes.shopify import ShopifyFake
from core.testkit.fakes.tiktok import TiktokFake
from core.testkit.fakes.time import FakeClock
from core.testkit.fakes.vies import ViesFake

Kind = type[AmazonFake] | type[EbayFake] | type[ShopifyFake] | type[TiktokFake] | type[ViesFake]
PLATFORMS: dict[str, Kind] = {
    "amazon": AmazonFake,
    "ebay": EbayFake,
    "shopify": ShopifyFake,
    "tiktok": TiktokFake,
    "vies": ViesFake,
}


def make(
    platform: str,
    *,
    seed: int = 7,
    orders: int = 300,
    factor: float = 1.0,
    faults: float = 0.0,
    clock: FakeClock | None = None,
) -> Fake:
    """Return a marketplace after a month of trade."""
    schedule = Faults(faults, seed)
    return PLATFORMS[platform].lived(seed, orders, clock=clock, factor=factor, faults=schedule)

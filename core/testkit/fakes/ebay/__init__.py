"""A marketplace like eBay's, spoken to by its REST APIs."""

from __future__ import annotations

from core.testkit.fakes.ebay.marketplace import EbayFake

__all__ = ["EbayFake"]

"""A shop like Shopify's, spoken to by the Admin GraphQL API."""

from __future__ import annotations

from core.testkit.fakes.shopify.shop import ShopifyFake

__all__ = ["ShopifyFake"]

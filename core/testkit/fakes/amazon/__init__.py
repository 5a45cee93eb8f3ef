"""A marketplace like Amazon's, spoken to as by the Selling Partner API."""

from __future__ import annotations

from core.testkit.fakes.amazon.marketplace import AmazonFake

__all__ = ["AmazonFake"]

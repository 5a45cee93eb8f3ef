"""A marketplace like TikTok Shop, spoken to by its signed API."""

from __future__ import annotations

from core.testkit.fakes.tiktok.marketplace import TiktokFake

__all__ = ["TiktokFake"]

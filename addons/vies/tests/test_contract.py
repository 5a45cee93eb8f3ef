"""The connector of VIES keeps the contract of addons."""

from __future__ import annotations

from core.testkit.addon import AddonContract


class TestAddon(AddonContract):
    """The addon by the contract."""

    addon = "vies"

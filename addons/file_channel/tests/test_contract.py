"""Order files keep the contract that every addon must keep."""

from __future__ import annotations

from core.testkit.addon import AddonContract


class TestAddon(AddonContract):
    """The addon by the contract."""

    addon = "file_channel"

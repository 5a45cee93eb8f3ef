"""The own warehouse keeps the contract of warehouse providers."""

from __future__ import annotations

import pytest

from addons.own_warehouse.provider import OwnWarehouse
from core.testkit.addon import AddonContract
from core.testkit.warehouse import WarehouseContract


class TestAddon(AddonContract):
    """The addon by the contract."""

    addon = "own_warehouse"


class TestOwnWarehouse(WarehouseContract):
    """The own warehouse by the contract."""

    addon = "own_warehouse"

    @pytest.fixture
    def provider(self) -> OwnWarehouse:
        """Return the own warehouse."""
        return OwnWarehouse()

"""What the addon offers to the kernel."""

from __future__ import annotations

from collections.abc import Sequence

from addons.amazon_settlements.connector import AmazonSettlements
from addons.amazon_settlements.pack import amazon_fees
from addons.amazon_settlements.pack import amazon_schedules
from addons.amazon_settlements.settings import AmazonSettlementsConnection
from core.api import FeePack
from core.api import FeeSchedule
from core.api import SettlementFiles
from core.api import hookimpl


class Addon:
    """Amazon settlements."""

    connection_schema = AmazonSettlementsConnection

    @hookimpl
    def connectors(self) -> Sequence[SettlementFiles]:
        """Offer the connector that reads settlement reports."""
        return [AmazonSettlements()]

    @hookimpl
    def fee_packs(self) -> Sequence[FeePack]:
        """Offer what Amazon's codes mean."""
        return [amazon_fees()]

    @hookimpl
    def fee_schedules(self) -> Sequence[FeeSchedule]:
        """Offer what Amazon charges."""
        return amazon_schedules()

"""What the addon offers to the kernel."""

from __future__ import annotations

from collections.abc import Sequence

from addons.statement_files.connector import StatementFiles
from addons.statement_files.packs import packs
from addons.statement_files.packs import schedules
from addons.statement_files.settings import StatementFilesConnection
from core.api import FeePack
from core.api import FeeSchedule
from core.api import SettlementFiles
from core.api import hookimpl


class Addon:
    """Settlement files."""

    connection_schema = StatementFilesConnection

    @hookimpl
    def connectors(self) -> Sequence[SettlementFiles]:
        """Offer the connector that reads settlements through a mapping."""
        return [StatementFiles()]

    @hookimpl
    def fee_packs(self) -> Sequence[FeePack]:
        """Offer what the codes of platforms without an addon of their own mean."""
        return packs()

    @hookimpl
    def fee_schedules(self) -> Sequence[FeeSchedule]:
        """Offer what platforms without an addon of their own charge."""
        return schedules()

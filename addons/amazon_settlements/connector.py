"""The connector for settlement reports that were downloaded."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path

from addons.amazon_settlements.report import SettlementReport
from core.api import StatementFile


class AmazonSettlements:
    """Reads settlement reports of any marketplace."""

    platform = "amazon"

    def open_settlements(
        self, path: Path, settings: Mapping[str, object]
    ) -> Sequence[StatementFile]:
        """Open a report.

        Raises: InputError if the file is none, or leaves a doubt of what it says.
        """
        return [SettlementReport(path)]

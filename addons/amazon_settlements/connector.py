"""The connector for reports of settlements that were downloaded."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path

from addons.amazon_settlements.daterange import DateRange
from addons.amazon_settlements.daterange import DateRangeStatement
from addons.amazon_settlements.daterange import held_money
from addons.amazon_settlements.daterange import is_date_range
from addons.amazon_settlements.report import SettlementReport
from core.api import HeldMoney
from core.api import StatementFile


class AmazonSettlements:
    """Reads settlement reports of any marketplace."""

    platform = "amazon"

    def open_settlements(
        self, path: Path, settings: Mapping[str, object]
    ) -> Sequence[StatementFile]:
        """Open a settlement report, or a date-range report with all settlements in it.

        Raises: InputError if the file is none, or leaves a doubt of what it says.
        """
        if is_date_range(path):
            report = DateRange(path)
            return [DateRangeStatement(report, ref, head) for ref, head in report.heads.items()]
        return [SettlementReport(path)]

    def read_held(self, path: Path, settings: Mapping[str, object]) -> Iterable[HeldMoney]:
        """Return what a date-range report says that Amazon holds back; others tell of none."""
        return held_money(DateRange(path)) if is_date_range(path) else ()

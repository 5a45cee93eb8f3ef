"""Hooks around reports and exports."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.kernel.hookspecs import hookspec

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.ledger.report import Report


@hookspec(kind="collect")
def reports() -> Sequence[Report]:
    """Offer reports (`core.api.Report`); their figures must tie to the ledger.

    `core.testkit.report.ReportContract` says what that means.
    """
    raise NotImplementedError


@hookspec(kind="transform", answer=Mapping)
def export_row(row: Mapping[str, object], report: str, session: Session) -> Mapping[str, object]:
    """Change one row of an export before it is written; return the new row.

    `row` has a value for each column by its key: text, a whole number, or money as a `Decimal` of
    the major unit. A new key becomes a further column. `report` is the report's code. The row of
    totals is not passed. If an addon fails, the row passes on as the addon received it.
    """
    raise NotImplementedError

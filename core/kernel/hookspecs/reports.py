"""Hooks around reports and exports."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.kernel.hookspecs import hookspec

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@hookspec(kind="collect")
def reports() -> Sequence[object]:
    """Offer reports for the reports page and for `entrepot report`."""
    raise NotImplementedError


@hookspec(kind="transform")
def export_row(row: Mapping[str, object], report: str, session: Session) -> Mapping[str, object]:
    """Change one row of an export before it is written; return the new row.

    If an addon fails, the row passes on as the addon received it.
    """
    raise NotImplementedError

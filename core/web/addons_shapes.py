"""What the API answers about addons."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from typing import TypedDict

from core.kernel.impact import Impact
from core.kernel.kernel import AddonInfo
from core.kernel.models import Fault


class AddonHead(TypedDict):
    """An addon that was found or is installed, and why it does not run, if it does not."""

    name: str
    title: str
    summary: str
    category: str
    version: str
    installed_version: str
    state: str
    reason: str
    depends: list[str]
    faults: int


class FaultDocument(TypedDict):
    """What went wrong inside an addon at one place, and how often."""

    place: str
    error: str
    message: str
    count: int
    first_at: datetime
    last_at: datetime


class AddonMore(TypedDict):
    """An addon with what it may do, its quality, and what it did wrong; that needs addons.manage.

    `hosts` are those that it talks to, `quality` its level on the scale.
    """

    permissions: list[str]
    hosts: list[str]
    capabilities: list[str]
    tables: list[str]
    quality: str
    has_settings: bool
    recorded: list[FaultDocument] | None


class TableRows(TypedDict):
    """A table of an addon, and how many rows it has."""

    table: str
    rows: int


class ImpactDocument(TypedDict):
    """What switching an addon off, or taking it away, would mean here and now.

    `dependents` are disabled with it, `needed_by` are to be uninstalled first, and it is not
    purged while tables are `referring` to its own.
    """

    addon: str
    state: str
    dependents: list[str]
    needed_by: list[str]
    hooks: list[str]
    pages: bool
    connections: int
    tables: list[TableRows]
    referring: list[str]
    records: int
    settings: int
    secrets: int
    faults: int


def addon_head(addon: AddonInfo, faults: int) -> dict[str, Any]:
    """Return an addon as a list shows it."""
    named = [name for name in AddonHead.__annotations__ if name != "faults"]
    return {name: getattr(addon, name) for name in named} | {"faults": faults}


def fault_document(fault: Fault) -> dict[str, Any]:
    """Return a fault, without its trace."""
    return {name: getattr(fault, name) for name in FaultDocument.__annotations__}


def impact_document(impact: Impact) -> dict[str, Any]:
    """Return an impact; of connections how many, for they are those of all companies."""
    named = {name: getattr(impact, name) for name in ImpactDocument.__annotations__}
    return named | {
        "connections": len(impact.connections),
        "tables": [{"table": table, "rows": rows} for table, rows in impact.tables],
    }

"""What would become of a file that was sent, as a job keeps it and the page shows it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.kernel.connections import ConnectionInfo
from core.kernel.kernel import Kernel
from core.orders.previewing import preview_order_file
from core.settlements.importing import preview_settlement_file
from core.stock.previewing import preview_stock_file


def preview_stock(kernel: Kernel, company_id: int, path: Path) -> dict[str, Any]:
    """Return what an opening file would do."""
    return asdict(preview_stock_file(kernel, company_id, path))


def preview_of_connection(
    kernel: Kernel, kind: str, connection: ConnectionInfo, path: Path, mapping: Path | None
) -> dict[str, Any]:
    """Return what a file of orders or settlements would do."""
    if kind == "settlements":
        return {
            "statements": [asdict(e) for e in preview_settlement_file(kernel, connection, path)]
        }
    return asdict(preview_order_file(kernel, connection, path, mapping=mapping))

"""The real sales file of a British gift shop: where it lies, and opening stock made to fit it.

    python -m tests.online_retail ORDERS OUT

writes the opening stock: of each product its total sold quantity, at half its median price, as if
received the day before the first sale.
"""

from __future__ import annotations

import csv
import os
import sys
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from statistics import median_high
from statistics import median_low

import pytest

from addons.file_channel.connector import OrderFiles
from core.api import LineKind
from core.api import RejectedLine
from core.api import SourceLine

ORDERS = "data/online_retail_2010-12_2011-06.csv.zst"
TRUTH = "data/truth_online_retail_2010-12_2011-06.json"
MAPPING = Path("online_retail")

WAREHOUSE = "MAIN"
RECEIVED_ON = "2010-11-30"
STOCKED = frozenset({LineKind.SALE, LineKind.RETURN, LineKind.WRITE_OFF, LineKind.STOCK_GAIN})
HEADER = ("sku", "warehouse", "quantity", "unit_cost", "currency", "received_on")

_ROOT = Path(__file__).resolve().parents[1]


def shared_file(name: str) -> Path:
    """Return a file of the shared folder, or skip the test that needs it."""
    folder = Path(os.environ.get("ENTREPOT_SHARED") or _ROOT.parent / "shared")
    path = folder / name
    if not path.is_file():
        pytest.skip(f"{name} is not in {folder}; ENTREPOT_SHARED names the folder that has it")
    return path


def make_opening_stock(orders_path: Path, out_csv: Path) -> int:
    """Write the opening stock for a file of orders and return its number of rows."""
    orders = OrderFiles().open_orders(orders_path, mapping=MAPPING, account="online_retail")
    rows = opening_stock(orders.lines())
    with out_csv.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(rows)
    return len(rows)


def opening_stock(lines: Iterable[SourceLine | RejectedLine]) -> list[tuple[str | int, ...]]:
    """Return the rows of the opening stock, sorted by code; what was never sold has none."""
    quantities: defaultdict[str, int] = defaultdict(int)
    prices: defaultdict[str, list[int]] = defaultdict(list)
    for line in lines:
        if isinstance(line, RejectedLine) or line.kind not in STOCKED:
            continue
        if line.quantity > 0:
            quantities[line.code] += line.quantity
        if line.unit_price > 0:
            prices[line.code].append(line.unit_price)
    return [
        (code, WAREHOUSE, quantity, _half_of_median(prices[code]), "GBP", RECEIVED_ON)
        for code, quantity in sorted(quantities.items())
    ]


def _half_of_median(prices: list[int]) -> str:
    """Return half the median in pounds, exactly; without any price nothing is known but zero."""
    if not prices:
        return "0"
    return f"{Decimal(median_low(prices) + median_high(prices)) / 4 / 10**6:f}"


if __name__ == "__main__":
    print(make_opening_stock(Path(sys.argv[1]), Path(sys.argv[2])), "rows")

"""What would become of an opening file of stock: read to its end, and nothing is changed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

from core.kernel.kernel import Kernel
from core.money import amount_of
from core.money import to_text
from core.stock.importing import read_stock_file

SHOWN_PROBLEMS = 100


@dataclass(slots=True)
class StockFilePreview:
    """What an opening file tells of; `problems` are the first lines that would be set aside.

    `units` are by warehouse; `value` is decimal text in the company's currency.
    """

    currency: str
    rows: int = 0
    skus: int = 0
    refused: int = 0
    value: str = ""
    units: dict[str, int] = field(default_factory=dict)
    problems: list[tuple[int, str]] = field(default_factory=list)


def preview_stock_file(kernel: Kernel, company_id: int, path: Path) -> StockFilePreview:
    """Read an opening file and say what would become of it.

    Raises: InputError naming file and line if the file cannot be read.
    """
    found = read_stock_file(kernel, company_id, path)
    sound = [line for line in found.lines if line.problem is None]
    bad = [(line.number, line.problem) for line in found.lines if line.problem is not None]
    currency = found.company.currency
    units: Counter[str] = Counter()
    for line in sound:
        units[line.warehouse] += line.quantity
    value = sum(amount_of(line.quantity, line.unit_cost, currency) for line in sound)
    return StockFilePreview(
        currency,
        len(found.lines),
        len({line.sku for line in sound}),
        len(bad),
        to_text(value, currency),
        dict(units),
        bad[:SHOWN_PROBLEMS],
    )

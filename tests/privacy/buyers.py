"""Files of orders that tell of their buyers."""

from __future__ import annotations

import csv
from pathlib import Path

from tests.world import HEADER
from tests.world import MAPPING
from tests.world import World
from tests.world import order_row

FIELDS = (
    "name",
    "company",
    "street",
    "city",
    "region",
    "postcode",
    "phone",
    "email",
    "note",
)

ADDRESS = '\n[address]\nstreet = ["street", "street 2"]\n' + "".join(
    f'{name} = "{name}"\n' for name in FIELDS if name != "street"
)
SHIPPED = MAPPING + ADDRESS
WAITING = SHIPPED.replace("shipped = true", "shipped = false")

CANARIES = {
    "name": "Zebulon Quagmire",
    "company": "Xylophant Widgets",
    "street": "77 Flibbertigibbet Row",
    "city": "Vexmouth",
    "postcode": "SW1A 2AA",
    "phone": "020 7946 0958",
    "email": "Zeb.Quagmire@canary.example",
    "note": "please ring thrice, Snorkelwick",
}
"""A buyer whose every word is unmistakable."""

SECRET_TEXTS = (
    "Zebulon",
    "Quagmire",
    "Xylophant",
    "Flibbertigibbet",
    "Vexmouth",
    # Four digits alone stand in some number of thousands by chance.
    "7946 0958",
    "79460958",
    "canary.example",
    "Snorkelwick",
)


def import_buyers(
    world: World, *orders: tuple[str, dict[str, str]], mapping: str = SHIPPED
) -> None:
    """Import order lines told in words, each with what it tells of its buyer."""
    world.order_file(write_buyers(world.folder, *orders), mapping)


def write_buyers(folder: Path, *orders: tuple[str, dict[str, str]]) -> Path:
    """Write a file of order lines with their buyers and return its path."""
    path = folder / f"buyers{len(list(folder.glob('buyers*')))}.csv"
    columns = [*FIELDS, "street 2"]
    with path.open("w", encoding="utf-8", newline="") as stream:
        out = csv.writer(stream)
        out.writerow([*HEADER, *columns])
        for line, buyer in orders:
            out.writerow([*order_row(line), *(buyer.get(name, "") for name in columns)])
    return path


def order_id(world: World, ref: str) -> int:
    """Return the id of an order."""
    return int(world.order(ref).id)

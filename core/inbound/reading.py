"""Reading what people give plans: boxes from a CSV file, or a program's list."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from collections.abc import Mapping
from decimal import Decimal
from decimal import InvalidOperation
from typing import TextIO

from core.addresses.address import FIELDS
from core.addresses.address import Address
from core.addresses.address import address_of
from core.channels.inbound import InboundBox
from core.errors import InputError

COLUMNS = ("box", "boxes", "length_cm", "width_cm", "height_cm", "weight_kg", "sku", "quantity")


def read_boxes(stream: TextIO, name: str, codes: Mapping[str, str]) -> list[InboundBox]:
    """Read a CSV file with a row for each SKU in each kind of box; `codes` are the platform's.

    The first row of a box says its sides in cm, its weight in kg and how many equal ones there are;
    further rows of the same box may leave that empty. A column `group` is only needed where the
    platform named several. Raises: InputError naming the line.
    """
    reader = csv.DictReader(stream)
    if missing := [column for column in COLUMNS if column not in (reader.fieldnames or ())]:
        raise InputError(f"the column {missing[0]} is missing.", where=f"{name}, line 1")
    rows = [
        ({k: (v or "").strip() for k, v in row.items() if k}, reader.line_num) for row in reader
    ]
    return boxes_of(((row, f"{name}, line {line}") for row, line in rows), codes)


def boxes_of(
    rows: Iterable[tuple[Mapping[str, str], str]], codes: Mapping[str, str]
) -> list[InboundBox]:
    """Return the boxes that rows tell of, each row with where it stands.

    Raises: InputError.
    """
    heads: dict[str, InboundBox] = {}
    items: dict[str, dict[str, int]] = {}
    for row, where in rows:
        box, sku = row.get("box", ""), row.get("sku", "")
        if sku not in codes:
            raise InputError(f"{sku!r} is not sent by this plan.", where=where)
        if box not in heads:
            heads[box] = _head(row, where)
        held = items.setdefault(box, {})
        held[codes[sku]] = held.get(codes[sku], 0) + _number(row, "quantity", 1, where)
    return [
        InboundBox(
            each.group, each.quantity, each.length, each.width, each.height, each.weight, items[box]
        )
        for box, each in heads.items()
    ]


def read_origin(stream: TextIO) -> Address:
    """Read where goods come from: a JSON object with the fields of an address.

    Raises: InputError.
    """
    try:
        told = json.load(stream)
    except ValueError as error:
        raise InputError(f"it is no JSON: {error}.", where="origin") from error
    if not isinstance(told, dict) or not all(isinstance(each, str) for each in told.values()):
        raise InputError("write a JSON object of texts.", where="origin")
    if unknown := sorted(told.keys() - set(FIELDS)):
        raise InputError(f"an address has no {unknown[0]}.", where="origin")
    return address_of(told)


def _head(row: Mapping[str, str], where: str) -> InboundBox:
    return InboundBox(
        row.get("group", ""),
        _number(row, "boxes", 1, where),
        _number(row, "length_cm", 10, where),
        _number(row, "width_cm", 10, where),
        _number(row, "height_cm", 10, where),
        _number(row, "weight_kg", 1000, where),
        {},
    )


def _number(row: Mapping[str, str], column: str, unit: int, where: str) -> int:
    try:
        value = Decimal(row.get(column, "")) * unit
    except InvalidOperation:
        raise InputError("give a number.", where=f"{where}, {column}") from None
    if not value.is_finite() or value != value.to_integral_value() or not 0 < value < 10**9:
        raise InputError(f"{row[column]} is no such number.", where=f"{where}, {column}")
    return int(value)

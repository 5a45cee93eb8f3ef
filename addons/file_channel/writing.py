"""The text of a mapping file for what somebody chose on a page."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator

from marshmallow import ValidationError

from addons.file_channel.mapping import build_mapping
from addons.file_channel.mapping import sentence_of
from core.api import ColumnChoice
from core.api import InputError

Value = str | bool | tuple[str, ...]


def write_mapping(choice: ColumnChoice) -> str:
    """Return the text of the mapping that reads a file as it was chosen.

    Raises: InputError naming what is missing or means nothing.
    """
    text = "\n".join(_lines(choice)) + "\n"
    try:
        build_mapping("columns", tomllib.loads(text))
    except ValidationError as error:
        raise InputError(
            f"{sentence_of(error.messages_dict)}.", hint="Choose it, and look once more."
        ) from error
    return text


def _lines(choice: ColumnChoice) -> Iterator[str]:
    yield from _table("columns", **choice.roles)
    yield from _table("address", **choice.address)
    yield from _table("dates", formats=(choice.date_format,))
    thousands = "," if choice.decimal == "." else "."
    yield from _table("numbers", decimal=choice.decimal, thousands=thousands)
    yield from _table("prices", basis=choice.basis, tax="excluded", currency=choice.currency)
    yield from _table("countries", default=choice.country)
    yield from _table("shop", marketplace=choice.marketplace, timezone=choice.timezone)
    yield from _table("options", create_skus=choice.create_skus, shipped=choice.shipped)
    for kind, codes in choice.codes.items():
        if codes:
            yield from _table("[rule]", kind=kind, codes=codes)
    if choice.takes_back:
        yield from _table("[rule]", kind="return", quantity="negative")
    yield from _table("[rule]", kind="sale")


def _table(name: str, /, **values: Value) -> Iterator[str]:
    yield f"[{name}]"
    for key, value in values.items():
        if value != "":
            # A text of JSON is one of TOML too, as is a list of them, and true and false.
            yield f"{key} = {json.dumps(value, ensure_ascii=False)}"
    yield ""

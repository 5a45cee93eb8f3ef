"""The settings of a connection for settlement files."""

from __future__ import annotations

from pathlib import Path

from marshmallow import ValidationError
from marshmallow import fields

from addons.statement_files.mapping import load_mapping
from core.api import InputError
from core.api import SettingsSchema


def _check_mapping(name: str) -> None:
    path = Path(name)
    if not path.is_absolute() or path.suffix != ".toml":
        raise ValidationError("Give the full path of a .toml file.")
    try:
        load_mapping(path)
    except InputError as error:
        raise ValidationError(str(error)) from error


class StatementFilesConnection(SettingsSchema):
    """How the files of an account are read, and whose orders they pay."""

    mapping = fields.String(
        required=True,
        validate=_check_mapping,
        metadata={
            "label": "Mapping",
            "help": "The full path of the .toml file that says what the columns mean.",
        },
    )
    orders_from = fields.String(
        metadata={
            "label": "Orders come through",
            "help": "The label of the connection that brings this account's orders.",
        },
    )

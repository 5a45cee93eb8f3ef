"""The settings of a connection for files."""

from __future__ import annotations

from pathlib import Path

from marshmallow import ValidationError
from marshmallow import fields

from addons.file_channel.mapping import load_mapping
from core.api import InputError
from core.api import SettingsSchema


def _check_mapping(told: str) -> None:
    path = Path(told)
    text = "\n" in told
    if not text and path.name != told and not (path.is_absolute() and path.suffix == ".toml"):
        raise ValidationError("Give the name of a bundled mapping or a full path to a .toml file.")
    try:
        load_mapping(told if text else path)
    except InputError as error:
        raise ValidationError(str(error)) from error


class FileConnection(SettingsSchema):
    """How the files of one seller account are read when nothing else is said."""

    mapping = fields.String(
        validate=_check_mapping,
        metadata={
            "label": "Mapping",
            "lines": True,
            "help": "Used when an import names no mapping: a bundled one such as online_retail,"
            " the full path of a .toml file, or the text of a mapping, as the page on which columns"
            " are chosen writes it. Empty: the bundled one that fits the columns.",
        },
    )

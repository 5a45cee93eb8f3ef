"""The README shows a mapping that works and names every key that there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from marshmallow import Schema
from marshmallow import fields

from addons.file_channel.schema import MappingSchema
from addons.file_channel.tests.files import mapping_of

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def keys_of(schema: Schema) -> list[str]:
    """Return the names of all keys, those of the sections included."""
    names = []
    for name, field in schema.fields.items():
        inner = field.inner if isinstance(field, fields.List) else field
        names.append(name)
        names += keys_of(inner.schema) if isinstance(inner, fields.Nested) else []
    return names


def test_mapping_of_the_readme_is_valid() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)

    assert mapping_of(example).columns.document == "Order"


@pytest.mark.parametrize("key", sorted(set(keys_of(MappingSchema()))))
def test_key_is_explained(key: str) -> None:
    table = README[README.index("| Key |") :]

    assert f"`{key}`" in table or f"[{key}]" in table

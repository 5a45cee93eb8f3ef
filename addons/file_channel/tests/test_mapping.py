"""A mapping file is checked as a whole, and what is wrong is named by its key."""

from __future__ import annotations

from pathlib import Path

import pytest

from addons.file_channel.mapping import BUNDLED
from addons.file_channel.mapping import bundled_names
from addons.file_channel.mapping import load_mapping
from addons.file_channel.tests.files import BASE
from core.api import InputError


def refusal(folder: Path, text: str) -> str:
    """Return what is said of a mapping file that is wrong."""
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_mapping(path)
    assert str(caught.value).startswith(f"{path}: ")
    return str(caught.value)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("colour = 1\n", "colour: Unknown field"),
        ("file.colour = 1\n", "file.colour: Unknown field"),
        ("limits.ratio = 1\n", "limits.ratio: Unknown field"),
        ('file.encoding = "utf8000"\n', "file.encoding: 'utf8000' is not an encoding"),
        ('file.encoding = "rot13"\n', "file.encoding: 'rot13' is not an encoding"),
        ('file.delimiter = "::"\n', "file.delimiter: Longer than maximum length 1"),
        ('numbers.decimal = ";"\n', "numbers.decimal: Must be one of: ., ,"),
        ('numbers.thousands = "."\n', "numbers.thousands: must differ from decimal"),
        ('countries.default = "XX9"\n', "countries.default: 'XX9' is not a two-letter"),
        ('countries.names = { EIRE = "Q1" }\n', "countries.names.EIRE.value: 'Q1' is not a"),
        ('options.shipped = "yes"\n', "options.shipped: Not a valid boolean"),
        ("limits.columns = 0\n", "limits.columns: Must be greater than or equal to 1"),
    ],
)
def test_key_that_is_wrong_is_named(tmp_path: Path, more: str, words: str) -> None:
    assert words in refusal(tmp_path, more + BASE)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('code = "Code"\n', "", "columns.code: Missing data for required field"),
        ('"excluded"', '"included"', 'prices.tax: must be "excluded"'),
        ('"GBP"', '"XYZ"', "prices.currency: 'XYZ' is not an ISO 4217 currency"),
        ('"Europe/London"', '"Europe/Leeds"', "shop.timezone: 'Europe/Leeds' is not a time zone"),
        ("%Y-%m-%d %H:%M:%S", "%H:%M", "dates.formats.0: '%H:%M' does not give a whole date"),
        ('"return"', '"refund"', "rule.0.kind: Must be one of: sale, return"),
        ("document_prefix", "prefix", "rule.0.prefix: Unknown field"),
        ('country = "Country"\n', "", "columns: name the column of the country, or give"),
    ],
)
def test_value_that_is_wrong_is_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in BASE

    assert words in refusal(tmp_path, BASE.replace(old, new))


def test_mapping_without_rules_is_refused(tmp_path: Path) -> None:
    assert "rule: Missing data" in refusal(tmp_path, BASE[: BASE.index("[[rule]]")])


def test_mapping_that_is_not_toml_is_refused(tmp_path: Path) -> None:
    assert "The mapping is not valid TOML" in refusal(tmp_path, "columns = [")


def test_mapping_that_is_not_there_is_refused_with_the_bundled_names(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="one of the bundled mappings: .*online_retail"):
        load_mapping(tmp_path / "none.toml")


@pytest.mark.parametrize("name", bundled_names())
def test_bundled_mapping_is_found_by_its_name(name: str) -> None:
    assert load_mapping(Path(name)) == load_mapping(BUNDLED / f"{name}.toml")
    assert load_mapping(Path(f"{name}.toml")).name == name

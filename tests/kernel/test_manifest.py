"""What a manifest may say."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.config import ROOT
from core.errors import ManifestError
from core.kernel.manifest import RESERVED
from core.kernel.manifest import read_manifest

GOOD = """
name = "amazon"
title = "Amazon Selling Partner"
version = "1.4.0"
core = ">=1.0,<2"
category = "connector"
depends = ["stock_feeds"]
after = ["vat_eu"]
python = ["flask>=3"]
permissions = ["amazon.manage"]
[entry]
addon = "addons.amazon.addon:Amazon"
"""


def read(folder: Path, text: str):
    file = folder / "manifest.toml"
    file.write_text(text, encoding="utf-8")
    return read_manifest(file)


def test_a_good_manifest_is_read(tmp_path: Path) -> None:
    manifest = read(tmp_path, GOOD)

    assert manifest.name == "amazon"
    assert str(manifest.version) == "1.4.0"
    assert manifest.depends == ("stock_feeds",)
    assert manifest.conflicts == ()
    assert manifest.entry == {"addon": "addons.amazon.addon:Amazon"}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('title = "Amazon Selling Partner"\n', "", "title: Missing data"),
        ("after =", "before =", "before: Unknown field"),
        ('"amazon"\n', '"Amazon"\n', "name: must be 2 to 31"),
        ('"amazon"\n', '"a__b"\n', "two underscores"),
        ('"amazon"\n', '"ledger"\n', "part of the core"),
        ('"amazon"\n', '"core"\n', "part of the core"),
        ('["stock_feeds"]', '["core"]', "depends.0: is the name of a part of the core"),
        ('"1.4.0"', '"one"', "version: 'one' cannot be read"),
        ('">=1.0,<2"', '"1.x"', "core: '1.x' cannot be read"),
        ('"connector"', '"gadget"', "category: Must be one of"),
        ('["flask>=3"]', '["flask >= "]', "python.0"),
        ('["amazon.manage"]', '["kernel.manage"]', "must begin with amazon."),
        ("addons.amazon.addon:Amazon", "addons.amazon.addon", "entry.addon"),
        ("[entry]", "[entry", "cannot be read"),
    ],
)
def test_a_wrong_manifest_is_refused_with_the_reason(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    assert before in GOOD

    with pytest.raises(ManifestError) as caught:
        read(tmp_path, GOOD.replace(before, after, 1))

    assert said in str(caught.value)
    assert "manifest.toml" in str(caught.value)


def test_a_manifest_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.toml").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(ManifestError, match=r"manifest\.toml: cannot be read"):
        read_manifest(tmp_path / "manifest.toml")


def test_no_addon_may_bear_the_name_of_a_part_of_the_core() -> None:
    parts = {each.parent.name for each in (ROOT / "core").glob("*/__init__.py")}

    assert parts - RESERVED == set()

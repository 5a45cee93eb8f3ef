"""Every posting rule has its code and its test, as the page of the rules says."""

from __future__ import annotations

import re
from functools import reduce
from importlib import import_module

import pytest

from core.config import ROOT

PAGE = ROOT / "docs" / "explanation" / "posting-rules.md"
ROW = re.compile(
    r"\| (?P<rule>\d+) \| [^|]+ \| [^|]+ \| `(?P<module>[\w.]+):(?P<name>[\w.]+)`"
    r" \| `(?P<file>[\w/.]+)::(?P<test>\w+)` \|"
)
FOUND = [found for line in PAGE.read_text("utf-8").splitlines() if (found := ROW.fullmatch(line))]


def test_each_rule_stands_on_the_page_once() -> None:
    assert [int(row["rule"]) for row in FOUND] == list(range(1, 34))


@pytest.mark.parametrize("row", FOUND, ids=[row["rule"] for row in FOUND])
def test_the_code_and_the_test_are_there(row: re.Match[str]) -> None:
    code = reduce(getattr, row["name"].split("."), import_module(row["module"]))
    assert callable(code)
    assert code.__doc__
    text = (ROOT / row["file"]).read_text(encoding="utf-8")
    assert f"def {row['test']}(" in text

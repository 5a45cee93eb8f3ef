"""The tutorial of the first connector asks for few lines, and ends at a level of the scale."""

from __future__ import annotations

from core.config import ROOT
from tests.docs import steps
from tests.docs.pages import shown

PAGE = ROOT / "docs" / "tutorials" / "first-connector.md"
MOST_LINES = 150


def test_it_takes_fewer_lines_than_it_says() -> None:
    files = {block.name: block.text.splitlines() for block, _ in shown(PAGE) if block.name}
    commands = [
        line for block, _ in shown(PAGE) if block.language == "console"
        for line in block.text.splitlines() if line.startswith("$ ")
    ]  # fmt: skip
    written = [line for lines in files.values() for line in lines if line.strip()] + commands

    assert sorted(files) == ["shop.py", "stock.csv"]
    assert 50 < len(written) < MOST_LINES, len(written)


def test_it_ends_at_bronze() -> None:
    # The page itself is run by another test, which compares what is printed.
    told = [step.shown for step in steps.steps(PAGE) if "addons info acme" in step.lines]

    assert told == ["quality: bronze"]

"""The pages of the documentation, and the blocks in them that can be run.

A fenced block is what a reader sees. Comments of HTML beside it say what he does not need to:

<!-- starts from: shop -->           the page begins with the books that tests/docs/shop makes
<!-- needs: postgresql -->           PGHOST and its like lead to a server
<!-- here: 4711 = $(next_job) -->    what stands in the commands below for this example
<!-- run                             commands before the next block; `run python` for Python
touch orders.csv
-->
<!-- not run: it serves for ever --> the next block only shows something
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.config import ROOT

FENCED = re.compile(
    r"^(?P<indent> *)```(?P<language>\w*) ?(?P<name>\S*)\n(?P<text>.*?)^(?P=indent)```$"
    r"|^ *<!-- (?P<word>run python|run|not run|here|needs|starts from)(?::|\n)(?P<said>.*?)-->$",
    re.MULTILINE | re.DOTALL,
)
INDENTED = re.compile(r"\n\n {4}(?! *(?:\d+\.|[-*]) )\S.*", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block, or what a comment says."""

    page: Path
    line: int
    language: str
    name: str
    text: str
    word: str = ""

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    """Return every page of the documentation."""
    found = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    return sorted([*found, *(ROOT / "addons").glob("*/README.md"), ROOT / "core/demo/README.md"])


def blocks(page: Path) -> Iterator[Block]:
    """Yield blocks and comments of a page in their order."""
    text = page.read_text("utf-8")
    for found in FENCED.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        if found["word"]:
            yield Block(page, line, "", "", found["said"].strip(), found["word"])
            continue
        indent = found["indent"]
        lines = found["text"].splitlines()
        content = "".join(f"{each.removeprefix(indent)}\n" for each in lines)
        yield Block(page, line, found["language"], found["name"], content)


def shown(page: Path) -> list[tuple[Block, str]]:
    """Return the blocks that a reader sees, each with the reason why it is not run, or nothing."""
    found = []
    reason = ""
    for block in blocks(page):
        if not block.word:
            found.append((block, reason))
        reason = block.text if block.word == "not run" else ""
    return found


def indented(page: Path) -> list[str]:
    """Return the first lines of blocks that are marked by spaces alone, which nobody would run."""
    without = FENCED.sub("", page.read_text("utf-8"))
    return [found[0].strip() for found in INDENTED.finditer(without)]

"""Tutorials work as they are written: every file is made, every command run, every output shown."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.config import ROOT

TUTORIALS = sorted((ROOT / "docs" / "tutorials").glob("*.md"))
BLOCK = re.compile(r"^```(\w+) ?(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = "--- the next step ---"
ANYTHING = "..."


@dataclass(frozen=True)
class Step:
    """A line for the shell, and what the tutorial says that it prints."""

    line: str
    shown: str = ""

    def fits(self, printed: str) -> bool:
        """Tell whether this was printed; three dots stand for anything."""
        parts = (re.escape(part) for part in self.shown.split(ANYTHING))
        return re.fullmatch(".*".join(parts), printed, re.DOTALL) is not None


def steps(text: str) -> Iterator[Step]:
    """Yield the steps of a tutorial: files by the name behind the language, and commands."""
    for language, name, content in BLOCK.findall(text):
        if name:
            yield Step(f"printf %s {shlex.quote(content)} > {shlex.quote(name)}")
        elif language == "console":
            for command in content.removeprefix("$ ").split("\n$ "):
                line, _, shown = command.strip().partition("\n")
                yield Step(line, shown)


def run(todo: list[Step], home: Path) -> list[str]:
    """Run steps in one shell and return what each printed, without spaces at ends of lines."""
    (home / "entrepot" / ".venv").mkdir(parents=True)
    (home / "entrepot" / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    script = "".join(f"{step.line}\necho '{MARK}'\n" for step in todo)
    kept = {name: text for name, text in os.environ.items() if not name.startswith("ENTREPOT_")}
    done = subprocess.run(
        ["bash", "-e"],
        input=script,
        env={**kept, "HOME": str(home)},
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    printed = re.sub(r" +$", "", done.stdout, flags=re.MULTILINE)
    return [part.strip("\n") for part in printed.split(f"{MARK}\n")[:-1]]


@pytest.mark.parametrize("page", TUTORIALS, ids=lambda page: page.stem)
def test_tutorial_works(page: Path, tmp_path: Path) -> None:
    todo = list(steps(page.read_text("utf-8")))

    printed = run(todo, tmp_path)

    assert len(printed) == len(todo) > 10
    for step, text in zip(todo, printed, strict=True):
        assert step.fits(text), f"$ {step.line}\n{text}\n--- but the page says ---\n{step.shown}"


def test_every_link_of_the_documentation_leads_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CHANGES.md", *(ROOT / "docs").rglob("*.md")]
    pages += (ROOT / "addons").glob("*/README.md")
    links = [
        (page, link)
        for page in pages
        for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text("utf-8"))
        if "://" not in link
    ]

    assert len(links) > 5
    assert [
        f"{page.name}: {link}" for page, link in links if not (page.parent / link).exists()
    ] == []

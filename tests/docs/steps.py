"""From a page to the steps of one shell, and running them."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.docs.pages import Block
from tests.docs.pages import blocks

MARK = "--- the next step ---"
ANYTHING = "..."
SECONDS = 240
PROGRAMS = ("entrepot", "pytest")


@dataclass(frozen=True)
class Step:
    """Lines for the shell, and what the page says that they print; None where it says nothing."""

    block: Block
    lines: str
    shown: str | None = None

    def fits(self, printed: str) -> bool:
        """Tell whether this was printed; three dots stand for anything."""
        if self.shown is None:
            return True
        parts = (re.escape(part) for part in self.shown.split(ANYTHING))
        return re.fullmatch(".*".join(parts), printed, re.DOTALL) is not None


def steps(page: Path) -> Iterator[Step]:
    """Yield the steps of a page: files by the name behind the language, commands, Python."""
    stands_for: dict[str, str] = {}
    skipped = False
    for block in blocks(page):
        if block.word == "here":
            example, _, value = block.text.partition(" = ")
            stands_for[example] = value
        elif not skipped:
            yield from _steps(block, stands_for)
        skipped = block.word == "not run"


def _steps(block: Block, stands_for: Mapping[str, str]) -> Iterator[Step]:
    if block.name:
        yield Step(block, _file(block.text, block.name))
    elif block.word == "run" or block.language == "bash":
        yield Step(block, _filled(block.text, stands_for))
    elif block.word == "run python" or block.language == "python":
        yield Step(block, f"run-python {shlex.quote(block.text)}")
    elif block.language == "console":
        for command in block.text.removeprefix("$ ").split("\n$ "):
            line, _, printed = command.strip().partition("\n")
            yield Step(block, _filled(line, stands_for), printed)


def _filled(text: str, stands_for: Mapping[str, str]) -> str:
    for example, value in stands_for.items():
        text = text.replace(example, value)
    return text


def _file(text: str, name: str) -> str:
    place = shlex.quote(name)
    return f'mkdir -p "$(dirname {place})"\nprintf %s {shlex.quote(text)} > {place}'


def run(todo: list[Step], home: Path, environment: Mapping[str, str]) -> list[str]:
    """Run steps in one shell and return what each printed, without spaces at ends of lines."""
    script = "".join(f"{step.lines}\necho '{MARK}'\n" for step in todo)
    kept = {name: text for name, text in os.environ.items() if not name.startswith("ENTREPOT_")}
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        env={**kept, "HOME": str(home), **environment},
        cwd=home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    printed = re.sub(r" +$", "", done.stdout, flags=re.MULTILINE)
    parts = [part.strip("\n") for part in printed.split(f"{MARK}\n")]
    assert done.returncode == 0, f"{todo[len(parts) - 1].block}\n{printed}"
    return parts[:-1]


def make_programs(home: Path, address: Path) -> Path:
    """Make the .venv of a page's reader; our own programs in it ask the server of processes."""
    folder = home / "entrepot" / ".venv" / "bin"
    folder.mkdir(parents=True)
    for program in Path(sys.executable).parent.iterdir():
        if program.name not in PROGRAMS:
            (folder / program.name).symlink_to(program)
    for name in ("lib", "pyvenv.cfg"):
        (folder.parent / name).symlink_to(Path(sys.prefix) / name)
    asking = Path(__file__).with_name("asking.py").read_text("utf-8")
    for name in (*PROGRAMS, "run-python"):
        (folder / name).write_text(f"#!{sys.executable} -SE\nADDRESS = {str(address)!r}\n{asking}")
        (folder / name).chmod(0o755)
    return folder

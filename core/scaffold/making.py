"""Making a new addon from the templates beside this file; nothing is ever overwritten."""

from __future__ import annotations

import keyword
import re
import shutil
from collections.abc import Collection
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from marshmallow import ValidationError

from core.errors import Conflict
from core.errors import InputError
from core.kernel.manifest import addon_name

KINDS = ("connector", "warehouse", "tax", "report")
TEMPLATES = Path(__file__).parent
SUFFIX = ".txt"
_IMPORTS = re.compile(r"^(?:from (?!__)\S+ import \w+\n)+", re.MULTILINE)
PROJECT = "project."
"""Begins the names of files for a project of its own, beside the package."""


@dataclass(frozen=True)
class Plan:
    """Which files will be made where, and how the addon is imported."""

    name: str
    package: str
    root: Path
    files: dict[Path, str]


def check_name(name: str, taken: Collection[str]) -> None:
    """Refuse a name that cannot be an addon's, or is one already.

    Raises: InputError or Conflict.
    """
    try:
        addon_name(name)
    except ValidationError as error:
        said = " ".join(map(str, error.messages))
        raise InputError(f"{name!r} {said}.", where="NAME", hint="Try for example acme.") from None
    if keyword.iskeyword(name):
        raise InputError(f"{name!r} is a word of Python.", where="NAME")
    if name in taken:
        raise Conflict(f"There is an addon {name} already.", hint="Choose another name.")


def plan(kind: str, name: str, parent: Path, *, inside: bool) -> Plan:
    """Say what an addon consists of: a folder on the addon path, or a project to be installed."""
    package = f"addons.{name}" if inside else f"entrepot_{name}"
    root = parent / name if inside else parent / f"entrepot-{name.replace('_', '-')}"
    folder = root if inside else root / package
    words = {
        "name": name,
        "dashed": name.replace("_", "-"),
        "title": name.replace("_", " ").title(),
        "package": package,
    }
    files: dict[Path, str] = {}
    for file, text in _templates(kind):
        if file.name.startswith(PROJECT):
            if not inside:
                files[root / file.name.removeprefix(PROJECT)] = _filled(text, words)
        else:
            files[folder / file] = _filled(text, words)
    if not inside:
        # A package index shows the README of the project, a person reads that of the folder.
        files[root / "README.md"] = files[folder / "README.md"]
    return Plan(name, package, root, files)


def make(wanted: Plan) -> list[Path]:
    """Write the files and return them; nothing is written when the folder is there.

    Raises: Conflict.
    """
    if wanted.root.exists():
        raise Conflict(
            f"{wanted.root} is there already.", hint="Choose another name or another --path."
        )
    try:
        for file, text in wanted.files.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    except OSError as error:
        shutil.rmtree(wanted.root, ignore_errors=True)
        raise InputError(
            f"cannot be written: {error.strerror}.", where=str(wanted.root), hint="Give --path."
        ) from error
    return sorted(wanted.files)


def _templates(kind: str) -> Iterator[tuple[Path, str]]:
    for folder in ("common", kind):
        root = TEMPLATES / folder
        for file in sorted(root.rglob(f"*{SUFFIX}")):
            target = file.relative_to(root).with_suffix("")
            yield target, file.read_text(encoding="utf-8")


def _filled(text: str, words: dict[str, str]) -> str:
    for word, value in words.items():
        text = text.replace("{{" + word + "}}", value)
    # The package's name decides where its imports stand among the others.
    return _IMPORTS.sub(_sorted_by_module, text)


def _sorted_by_module(found: re.Match[str]) -> str:
    return "".join(sorted(found[0].splitlines(keepends=True), key=lambda line: line.split()[1]))

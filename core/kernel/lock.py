"""The hash lock: which files the addons had when somebody last looked at them.

It tells what has changed since; it says nothing about who wrote an addon, nor stops it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import InputError
from core.errors import NotFound
from core.kernel.discovery import Found

NAME = "addons.lock"


@dataclass(frozen=True)
class Changed:
    """An addon that is not as it was locked, and which files differ."""

    addon: str
    files: tuple[str, ...]
    what: str
    """`changed`, `new` (not in the lock) or `missing` (not on disk)."""


def write_lock(found: Mapping[str, Found], instance: Path) -> Path:
    """Write down the hash of every file of every addon."""
    file = instance / NAME
    document = {name: hashes(addon.folder) for name, addon in sorted(found.items())}
    beside = file.with_suffix(".new")
    beside.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    beside.replace(file)
    return file


def changes(found: Mapping[str, Found], instance: Path) -> list[Changed]:
    """Return every addon that differs from the lock.

    Raises: NotFound where there is no lock, InputError when it cannot be read.
    """
    locked = _read(instance / NAME)
    if locked is None:
        raise NotFound("Nothing is locked yet.", hint="Run `entrepot addons lock`.")
    present = {name: hashes(addon.folder) for name, addon in found.items()}
    return [
        Changed(
            name,
            _differing(locked.get(name, {}), present.get(name, {})),
            _what(name, locked, present),
        )
        for name in sorted({*locked, *present})
        if locked.get(name) != present.get(name)
    ]


def change_of(found: Found, instance: Path) -> str:
    """Say in a sentence that an addon's files differ from the lock; empty if not, or unlocked."""
    locked = _read(instance / NAME)
    if locked is None:
        return ""
    if found.name not in locked:
        return "It is not in addons.lock."
    files = _differing(locked[found.name], hashes(found.folder))
    return f"Changed since it was locked: {', '.join(files)}." if files else ""


def hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of an addon, but for what Python makes of them."""
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    }


def _differing(one: Mapping[str, str], other: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(file for file in sorted({*one, *other}) if one.get(file) != other.get(file))


def _what(name: str, locked: Mapping[str, object], present: Mapping[str, object]) -> str:
    if name not in locked:
        return "new"
    return "changed" if name in present else "missing"


def _read(file: Path) -> dict[str, dict[str, str]] | None:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read: {error}.", where=str(file)) from error
    if not isinstance(document, dict):
        raise InputError("is not a lock of addons.", where=str(file))
    return document

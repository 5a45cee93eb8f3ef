"""Installed Python packages, looked through again only after a folder of the path has changed.

To read the metadata of some eighty packages takes as long as all else that starting does.
"""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from importlib import metadata

_Stamp = tuple[tuple[str, int], ...]


def installed_version(name: str) -> str | None:
    """Return the version of an installed package, or None."""
    return _version(name, _stamp())


def entry_points_of(group: str) -> tuple[metadata.EntryPoint, ...]:
    """Return the entry points of a group, in the order of their names."""
    return _entry_points(group, _stamp())


@lru_cache(maxsize=512)
def _version(name: str, _stamp: _Stamp) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


@lru_cache(maxsize=16)
def _entry_points(group: str, _stamp: _Stamp) -> tuple[metadata.EntryPoint, ...]:
    return tuple(sorted(metadata.entry_points(group=group), key=lambda point: point.name))


def _stamp() -> _Stamp:
    """Return when each folder of the path was last changed: installing adds a folder to one."""
    return tuple((folder, _changed_at(folder or os.curdir)) for folder in sys.path)


def _changed_at(folder: str) -> int:
    try:
        return os.stat(folder).st_mtime_ns
    except OSError:
        return 0

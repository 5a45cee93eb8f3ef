"""Addons that are known to do harm in some version, listed in `blocked.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from packaging.version import Version

from core.kernel.manifest import Manifest

FILE = Path(__file__).with_name("blocked.toml")


def blocked_reason(manifest: Manifest, file: Path | None = None) -> str | None:
    """Return why an addon must not run in its version, or None."""
    for entry in _entries(file or FILE):
        below = entry.get("below")
        if entry["name"] != manifest.name or (below and manifest.version >= Version(below)):
            continue
        remedy = f"install version {below} or later" if below else "no version is known to be safe"
        return f"Blocked: {entry['reason'].rstrip('.')}; {remedy}."
    return None


@cache
def _entries(file: Path) -> tuple[dict[str, Any], ...]:
    return tuple(tomllib.loads(file.read_text(encoding="utf-8")).get("addon", ()))

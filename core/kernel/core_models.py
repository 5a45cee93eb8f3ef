"""All tables of the core, for what looks at a database as a whole."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import core


def import_models() -> None:
    """Import every `core.<package>.models`, so that the metadata knows all tables of the core."""
    for package in pkgutil.iter_modules(core.__path__):
        if package.ispkg and (Path(core.__path__[0]) / package.name / "models.py").is_file():
            importlib.import_module(f"core.{package.name}.models")

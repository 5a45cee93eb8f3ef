"""Databases for a test run that brings none of its own; `core.testkit.plugin` decides."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def entrepot_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with the tables of the core, made once."""
    from core.db import Database
    from core.kernel.migrations import upgrade_core

    file = tmp_path_factory.mktemp("entrepot") / "template.sqlite"
    database = Database(f"sqlite:///{file}")
    try:
        upgrade_core(database)
    finally:
        database.dispose()
    return file


@pytest.fixture
def database_url(entrepot_template: Path, tmp_path: Path) -> str:
    """Return the URL of a fresh SQLite database with the tables of the core.

    A `database_url` in a conftest.py or in a plugin given with `-p` takes its place.
    """
    copy = tmp_path / "entrepot.sqlite"
    shutil.copyfile(entrepot_template, copy)
    return f"sqlite:///{copy}"

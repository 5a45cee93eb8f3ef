"""Sealing personal data anew after the key was changed, in batches that each commit."""

from __future__ import annotations

import importlib

from core.db import Database
from core.kernel.keys import Keyring

BATCH = 500

_modules: list[str] = []


def resealed_by(module: str) -> None:
    """Name a module whose `seal_anew(session, keyring, limit)` seals rows with the newest key.

    It returns how many rows it looked at, 0 when none is left.
    """
    if module not in _modules:
        _modules.append(module)


def seal_all_anew(database: Database, keyring: Keyring) -> int:
    """Seal with the newest key whatever needs an older one; return how many rows were."""
    count = 0
    for name in _modules:
        seal_anew = importlib.import_module(name).seal_anew
        done = -1
        while done:
            with database.write() as session:
                done = seal_anew(session, keyring, BATCH)
            count += done
    return count

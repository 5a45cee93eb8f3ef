"""Named places where a test ends the process, to see whether what was begun can be repeated.

Nothing happens unless ENTREPOT_FAILPOINTS says so: `name=kill` (SIGKILL), `name=raise`, or
`*=trace:FILE` to write down every place that is passed; several are joined by commas. A place that
is passed several times has a number behind a colon: `addons.migrated:2`.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

VARIABLE = "ENTREPOT_FAILPOINTS"
ANY = "*"

NAMES: dict[str, str] = {
    "addons.locked": "Before the first change of the schema, in its transaction.",
    "addons.migrated": "After each migration and its row in the version table.",
    "addons.data_loaded": "After the records of each data file.",
    "addons.data_removed": "After the records that the files have no more were taken away.",
    "addons.remembered": "After the addon's row was written.",
    "addons.dropped": "After the tables of a purged addon were dropped.",
    "addons.forgotten": "After the kernel's rows of a purged addon were deleted.",
    "addons.bumped": "After the generations were raised, before the commit.",
    "addons.committed": "After the commit, before this process knows of it.",
    "addons.backed_up": "After the backup before an upgrade, before anything else.",
    "db.copied": "After the rows of each table were copied into another database.",
}
"""Every failpoint and where it stands; a test compares this with the calls in the code."""


class Failed(RuntimeError):
    """A failpoint raised, as it was told to."""


_armed: dict[str, str] = {}


def arm(text: str) -> None:
    """Say anew what happens where; an empty text disarms all."""
    _armed.clear()
    for part in filter(None, text.split(",")):
        name, _, action = part.partition("=")
        if name != ANY and name.partition(":")[0] not in NAMES:
            raise ValueError(f"{VARIABLE}: there is no failpoint {name}")
        _armed[name] = action


def failpoint(name: str, number: int | None = None) -> None:
    """Do here what ENTREPOT_FAILPOINTS says; by default nothing."""
    if not _armed:
        return
    place = name if number is None else f"{name}:{number}"
    action, _, argument = _armed.get(place, _armed.get(ANY, "")).partition(":")
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif action == "raise":
        raise Failed(place)
    elif action == "trace":
        with Path(argument).open("a", encoding="utf-8") as file:
            file.write(f"{place}\n")


arm(os.environ.get(VARIABLE, ""))

"""Import an addon in a process of its own: what it does there harms nobody here."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.config import ROOT
from core.errors import KernelError

SECONDS = 20.0

# Run in a process of its own: there nothing of the addon has been imported yet.
SCRIPT = """
import json, resource, socket, sqlite3, sys, time
import core.api
from core.kernel.discovery import discover
from core.kernel.registry import load_addon, open_namespace
from pathlib import Path

name, memory, *paths = sys.argv[1:]
if int(memory):
    resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
found = discover([Path(path) for path in paths]).found[name]
open_namespace({found.folder.parent})

def refuse(*arguments, **options):
    raise RuntimeError("an addon may not open connections while it is imported")

def functions():
    return {
        (module, key): id(value)
        for module, content in list(sys.modules.items())
        if module == "core" or module.startswith("core.")
        for key, value in list(vars(content).items())
        if callable(value)
    }

socket.socket.connect = sqlite3.connect = refuse
before, began = functions(), time.process_time()
__import__("importlib").import_module(found.package)
load_addon(found)
seconds, after = time.process_time() - began, functions()
changed = [".".join(key) for key, value in before.items() if after.get(key) != value]
print(json.dumps({"seconds": seconds, "changed": changed}))
"""

MEMORY = 1 << 30


@dataclass(frozen=True)
class Probed:
    """What an import did: how long it took, and which names of the core it changed."""

    seconds: float
    changed: tuple[str, ...]


def probe(name: str, paths: Sequence[Path], *, seconds: float = SECONDS) -> Probed:
    """Import an addon elsewhere and return what happened there.

    Raises: KernelError when the import fails, takes too long or ends the process.
    """
    command = [sys.executable, "-c", SCRIPT, name, str(MEMORY), *map(str, paths)]
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=seconds
        )
    except subprocess.TimeoutExpired as error:
        raise KernelError(f"Importing {name} did not end within {seconds:g} seconds.") from error
    if done.returncode:
        raise KernelError(f"Importing {name} failed: {_last(done.stderr, done.returncode)}.")
    try:
        seen = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError) as error:
        raise KernelError(f"Importing {name} ended the process.") from error
    return Probed(seen["seconds"], tuple(seen["changed"]))


def refuse_harm(name: str, paths: Sequence[Path], *, seconds: float = SECONDS) -> None:
    """Import an addon elsewhere first: a loop or an exit would end every process of the server.

    Raises: KernelError when the import fails, or changes the core.
    """
    changed = probe(name, paths, seconds=seconds).changed
    if changed:
        raise KernelError(f"Importing {name} changes the core: {', '.join(changed)}.")


def _last(text: str, code: int) -> str:
    lines = text.strip().splitlines()
    return lines[-1][:500].rstrip(".") if lines else f"the process ended with {code}"

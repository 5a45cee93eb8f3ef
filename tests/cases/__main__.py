"""Runs a file of worked cases through the real services: `python -m tests.cases KIND FILE`.

It prints `N passed, N failed`, what failed and how, and apart what cannot be run and why. A case is
known by the facts it gives, never by its name or number.
"""

from __future__ import annotations

import importlib
import json
import sys
import tempfile
from pathlib import Path

from tests.cases.running import Failed
from tests.cases.running import NotRun

KINDS = {
    "costing": "tests.cases.costing",
    "orders": "tests.cases.orders",
    "tax": "tests.cases.tax",
}


def main(kind: str, path: Path) -> int:
    """Run the cases of a file and return how many failed."""
    document = json.loads(path.read_text(encoding="utf-8"))
    failed: list[str] = []
    left_out: list[str] = []
    passed = 0
    with tempfile.TemporaryDirectory(prefix="entrepot-cases-") as folder:
        for name, check in importlib.import_module(KINDS[kind]).checks(document, Path(folder)):
            try:
                check()
            except Failed as difference:
                failed.append(f"{name}: {difference}")
            except NotRun as reason:
                left_out.append(f"{name}: {reason}")
            else:
                passed += 1
    print(f"{passed} passed, {len(failed)} failed")
    for title, lines in (("Failed", failed), ("Not run", left_out)):
        for line in lines:
            print(f"{title}: {line}")
    return len(failed)


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in KINDS:
        sys.exit(f"Usage: python -m tests.cases {{{','.join(KINDS)}}} FILE")
    sys.exit(1 if main(sys.argv[1], Path(sys.argv[2])) else 0)

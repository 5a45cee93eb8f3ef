"""The connector for settlements in CSV files."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path

from addons.statement_files.mapping import load_mapping
from addons.statement_files.reading import open_statements
from core.api import InputError
from core.api import StatementFile


class StatementFiles:
    """Reads settlements of any platform through a mapping."""

    platform = "file"

    def open_settlements(
        self, path: Path, settings: Mapping[str, object]
    ) -> Sequence[StatementFile]:
        """Open a file, by the mapping of its connection.

        Raises: InputError if the file or the mapping cannot be read.
        """
        mapping = settings.get("mapping")
        if not isinstance(mapping, str):
            raise InputError("The connection names no mapping.", hint="Set it: mapping=PATH.")
        return open_statements(path, load_mapping(Path(mapping)))

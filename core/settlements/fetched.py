"""A file that a connector wrote of a settlement which it fetched, opened again as a statement."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.channels.external import read_json
from core.errors import InputError
from core.errors import MappingError
from core.settlements.facts import StatementFile


def open_fetched(
    path: Path,
    expected: str,
    made: Callable[[Mapping[str, Any]], StatementFile],
    *,
    name: str,
    hint: str,
) -> Sequence[StatementFile]:
    """Return the statement that `made` makes of a file whose format is the `expected` one.

    `name` says what such a file is, as `payout of eBay`, and `hint` what to give instead.
    Raises: InputError if it is none.
    """
    try:
        document = read_json(path.read_bytes())
        if document["format"] != expected:
            raise InputError(f"This is no {name}.", where=path.name, hint=hint)
        return [made(document)]
    except MappingError as error:
        raise InputError(str(error), where=path.name, hint=hint) from None
    except (KeyError, TypeError, ValueError) as error:
        said = f"This is no {name}: {type(error).__name__}: {error}."
        raise InputError(said, where=path.name, hint=hint) from None

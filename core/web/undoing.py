"""Saying on the next page that something was done, with a button that takes it back."""

from __future__ import annotations

from collections.abc import Iterable

from flask import flash


def flash_done(text: str, address: str = "", fields: Iterable[tuple[str, str]] = ()) -> None:
    """Say what was done; where it can be undone, the form at the address does it with the fields.

    It is kept with the visitor's form cookie until he opens a page, and no longer than for one.
    """
    given = [list(each) for each in fields]
    flash({"text": text, "undo": address, "fields": given} if address else text, "success")  # type: ignore[arg-type]

"""Lines of the log."""

from __future__ import annotations

import logging
import tomllib
from pkgutil import resolve_name

import pytest

from core.config import ROOT
from core.logs import LIMIT


def line_of(message: str, error: BaseException | None = None) -> str:
    """Format a record as the server does."""
    settings = tomllib.loads((ROOT / "config" / "logging.toml").read_text(encoding="utf-8"))
    line = settings["formatters"]["line"]
    formatter: logging.Formatter = resolve_name(line["class"])(line["format"])
    info = (type(error), error, error.__traceback__) if error is not None else None
    return formatter.format(
        logging.LogRecord("addons.shop", logging.ERROR, __file__, 1, message, (), info)
    )


def fail() -> None:
    raise RuntimeError("y" * 1_000_000 + " the end")


def test_a_line_of_usual_length_is_kept() -> None:
    assert line_of("It failed.").endswith("ERROR   addons.shop: It failed.")
    assert line_of("x" * (LIMIT // 2)).endswith("x" * (LIMIT // 2))


def test_of_a_line_that_nobody_reads_begin_and_end_are_kept() -> None:
    line = line_of("x" * 1_000_000)

    assert len(line) < LIMIT + 100
    assert "ERROR   addons.shop: xxx" in line
    assert "characters left out" in line

    with pytest.raises(RuntimeError) as caught:
        fail()
    line = line_of("It failed.", caught.value)

    assert len(line) < LIMIT + 100
    assert "It failed.\nTraceback" in line
    assert line.endswith(" the end")

"""The page of commands says what the command line says."""

from __future__ import annotations

from core.command_reference import FILE
from core.command_reference import write_reference


def test_reference_is_up_to_date() -> None:
    assert FILE.read_text(encoding="utf-8") == write_reference()


def test_every_command_explains_itself() -> None:
    sections = write_reference().split("\n## ")[1:]
    silent = [section.splitlines()[0] for section in sections if not section.splitlines()[2]]

    assert len(sections) > 10
    assert silent == []

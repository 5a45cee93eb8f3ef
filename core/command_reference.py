"""The reference of commands, written from the command line: `python -m core.command_reference`."""

from __future__ import annotations

from collections.abc import Iterator

import click

from core.cli import build
from core.config import ROOT

FILE = ROOT / "docs" / "reference" / "commands.md"

INTRODUCTION = """# Commands

This page is written from the command line itself by `python -m core.command_reference`.

Every command ends with 0 when it did what was asked, and with 2 and one line on the error output
when it could not: what, what to do, and in brackets where to read on. Then nothing was changed.
`entrepot verify` ends with 1 when something is broken. With `--json` a command prints exactly one
JSON document; amounts are decimal text.
"""


def write_reference() -> str:
    """Return the page."""
    commands = build()
    commands.load()
    return "\n".join([INTRODUCTION, *_group(commands, "entrepot")])


def _group(group: click.Group, path: str) -> Iterator[str]:
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from _group(command, f"{path} {name}")
        else:
            yield from _command(command, f"{path} {name}")


def _command(command: click.Command, path: str) -> Iterator[str]:
    context = click.Context(command)
    arguments = [p.make_metavar(context) for p in command.params if isinstance(p, click.Argument)]
    yield f"## `{' '.join([path, *arguments])}`"
    yield ""
    yield " ".join((command.help or "").split())
    yield ""
    options = [p for p in command.params if isinstance(p, click.Option)]
    for option in options:
        names = ", ".join(f"`{name}`" for name in option.opts)
        yield f"- {names}{f': {option.help}' if option.help else ''}"
    if options:
        yield ""


if __name__ == "__main__":
    FILE.write_text(write_reference(), encoding="utf-8")

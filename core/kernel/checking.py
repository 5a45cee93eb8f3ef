"""What can be said about an addon without any database: `entrepot addons check`."""

from __future__ import annotations

import ast
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.pofile import PoFileError
from babel.messages.pofile import read_po

from core.config import Config
from core.errors import KernelError
from core.errors import NotFound
from core.kernel import faults
from core.kernel.discovery import Found
from core.kernel.kernel import look
from core.kernel.lock import change_of
from core.kernel.migrations import Lineage
from core.kernel.probe import probe
from core.kernel.registry import Registry
from core.kernel.registry import hook_names

IMPORT_SECONDS = 0.3
ALLOWED = ("core.api",)


@dataclass(frozen=True)
class Finding:
    """Something about an addon that does not hold, and which rule it breaks."""

    rule: str
    what: str


def check_addon(config: Config, name: str) -> list[Finding]:
    """Return everything that is wrong with an addon; nothing is installed or changed.

    Raises: NotFound when there is no such addon.
    """
    found, graph = look(config)
    if name in graph.broken:
        return [Finding("usable", graph.broken[name])]
    if name not in found:
        raise NotFound(
            f"There is no addon {name}.", hint="`entrepot addons list` shows all of them."
        )
    addon = found[name]
    findings = [Finding(rule, what) for rule, check in RULES.items() for what in check(addon)]
    imported = [Finding("import", what) for what in _import(config, name)]
    if not any(finding.what.startswith("Importing") for finding in imported):
        findings += [Finding("hooks", what) for what in _hooks(found, graph.order, addon)]
    changed = change_of(addon, config.instance)
    return [*findings, *imported, *([Finding("lock", changed)] if changed else [])]


def foreign_imports(folder: Path) -> list[str]:
    """Return what an addon imports of the core beside `core.api`, its own tests left out."""
    return [
        f"{file.relative_to(folder)}: {name}"
        for file in sorted(folder.rglob("*.py"))
        if "tests" not in file.relative_to(folder).parts
        for name in imports_of(file)
        if name.split(".")[0] == "core" and not name.startswith(ALLOWED)
    ]


def stray_templates(folder: Path, name: str) -> list[str]:
    """Return templates that lie outside the folder of the addon's name."""
    root = folder / "templates"
    return [
        file.relative_to(root).as_posix()
        for file in sorted(root.rglob("*"))
        if file.is_file() and file.relative_to(root).parts[0] != name
    ]


def catalogue_errors(folder: Path) -> list[str]:
    """Return what is wrong with an addon's translations."""
    wrong: list[str] = []
    for file in sorted((folder / "translations").rglob("*.po")):
        try:
            with file.open("rb") as stream:
                catalogue = read_po(stream, abort_invalid=True)
            wrong += [str(error) for _, errors in catalogue.check() for error in errors]
        except (PoFileError, ValueError) as error:
            wrong.append(f"{file.relative_to(folder)}: {error}")
    return wrong


def _import(config: Config, name: str) -> Iterator[str]:
    try:
        seen = probe(name, config.addon_paths)
    except KernelError as error:
        yield error.message
        return
    if seen.seconds > IMPORT_SECONDS:
        yield f"It takes {seen.seconds:.2f} s to import; allowed are {IMPORT_SECONDS} s."
    yield from (f"Its import changes {each} of the core." for each in seen.changed)


def _hooks(found: dict[str, Found], order: tuple[str, ...], addon: Found) -> Iterator[str]:
    needed = {addon.name, *addon.manifest.depends}
    registry = Registry(found, [each for each in order if each in needed])
    if addon.name in registry.broken:
        yield registry.broken[addon.name]
        return
    if hook_names().isdisjoint(dir(registry.addons[addon.name])):
        yield "It implements no hook, so it does nothing."


def _core_imports(addon: Found) -> Iterator[str]:
    try:
        yield from (f"{each} is not core.api." for each in foreign_imports(addon.folder))
    except (SyntaxError, ValueError) as error:
        yield f"A file cannot be read: {error}."


def _migrations(addon: Found) -> Iterator[str]:
    try:
        script = Lineage(addon.name, addon.folder / "migrations").script()
        heads = script.get_heads() if script is not None else ["none"]
    except faults.BOUNDARY as error:
        yield f"They cannot be read: {error}."
        return
    if len(heads) != 1:
        yield f"They end in {len(heads)} heads: {', '.join(sorted(heads))}."


def _templates(addon: Found) -> Iterator[str]:
    for file in stray_templates(addon.folder, addon.name):
        yield f"{file} must lie in templates/{addon.name}/."


def _translations(addon: Found) -> Iterator[str]:
    yield from catalogue_errors(addon.folder)


def imports_of(file: Path) -> Iterator[str]:
    """Yield the modules that a file imports."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            # `from core import api` and `from core.api import x` are the same thing.
            yield from (
                (f"core.{alias.name}" for alias in node.names)
                if node.module == "core"
                else (node.module,)
            )


RULES: dict[str, Callable[[Found], Iterator[str]]] = {
    "imports": _core_imports,
    "migrations": _migrations,
    "templates": _templates,
    "translations": _translations,
}

"""What a machine can tell of an addon's quality: each check yields what is missing.

Nothing of the addon is imported; its files are read.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path

from babel.messages.pofile import read_po

from core.kernel import checking
from core.kernel.discovery import Found

README_WORDS = 40
NETWORK = frozenset(
    {"aiohttp", "ftplib", "http.client", "httpx", "paramiko", "pycurl", "requests", "smtplib"}
    | {"socket", "urllib.request", "urllib3", "websockets"}
)
CONTRACTS = {
    "connector": "ConnectorContract",
    "warehouse": "WarehouseContract",
    "tax": "TaxRegimeContract",
    "report": "ReportContract",
}


def sound(addon: Found) -> Iterator[str]:
    """Yield what `entrepot addons check` finds in the files."""
    for rule, check in checking.RULES.items():
        for what in check(addon):
            yield f"{rule}: {what}"


def licence(addon: Found) -> Iterator[str]:
    """Yield which of licence and author the manifest leaves out."""
    for key in ("license", "author"):
        if not getattr(addon.manifest, key):
            yield f"manifest.toml has no {key}."


def links(addon: Found) -> Iterator[str]:
    """Yield when the manifest leads nowhere."""
    if not (addon.manifest.homepage or addon.manifest.docs):
        yield "manifest.toml has neither homepage nor docs."


def readme(addon: Found) -> Iterator[str]:
    """Yield when there is hardly any README."""
    count = len(_text(addon.folder / "README.md").split())
    if count < README_WORDS:
        yield f"README.md has {count} words."


def limits(addon: Found) -> Iterator[str]:
    """Yield when the README names no limits."""
    yield from _said(addon, ("limits", "not cover"), "what is not covered")


def removal(addon: Found) -> Iterator[str]:
    """Yield when the README does not tell how to remove the addon."""
    yield from _said(addon, (f"addons disable {addon.name}",), "how the addon is removed")


def troubleshooting(addon: Found) -> Iterator[str]:
    """Yield when the README has no section on trouble."""
    wanted = ("## when something", "## troubleshooting")
    yield from _said(addon, wanted, "what to do when something goes wrong, in a section")


def bilingual(addon: Found) -> Iterator[str]:
    """Yield when there is no README in Chinese."""
    text = _text(addon.folder / "README.zh.md")
    if not any("\u4e00" <= sign <= "\u9fff" for sign in text):
        yield "README.zh.md is missing, or holds no Chinese."


def network(addon: Found) -> Iterator[str]:
    """Yield the network libraries that the addon imports."""
    for file in _sources(addon.folder):
        for name in _imported(file):
            if any(name == each or name.startswith(f"{each}.") for each in NETWORK):
                yield f"{file.relative_to(addon.folder)} imports {name}."


def contract(addon: Found) -> Iterator[str]:
    """Yield when no test holds the addon to the contract of every addon."""
    yield from _kept(addon.folder, "AddonContract")


def kind_contract(addon: Found) -> Iterator[str]:
    """Yield when no test holds the addon to the contract of its category."""
    yield from _kept(addon.folder, CONTRACTS[addon.manifest.category])


def recorded(addon: Found) -> Iterator[str]:
    """Yield when no answer of the platform was recorded."""
    if not any((addon.folder / "tests" / "cassettes").glob("*.json")):
        yield "tests/cassettes holds no recorded answer."


def chinese(addon: Found) -> Iterator[str]:
    """Yield texts without a translation, or that there is no catalogue."""
    files = sorted((addon.folder / "translations").glob("zh*/LC_MESSAGES/*.po"))
    if not files:
        yield "translations holds no catalogue of Chinese."
    for file in files:
        with file.open("rb") as stream:
            missing = [each.id for each in read_po(stream) if each.id and not each.string]
        for text in missing:
            yield f"{file.name}: {text!r} is not translated."


def typed(addon: Found) -> Iterator[str]:
    """Yield functions that leave out the type of an argument or of the result."""
    for file in _sources(addon.folder):
        for node in ast.walk(_tree(file)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not _annotated(node):
                yield f"{file.relative_to(addon.folder)}: {node.name} is not annotated."


CHECKS: dict[str, Callable[[Found], Iterator[str]]] = {
    check.__name__: check
    for check in (
        *(sound, licence, links, readme, limits, removal, troubleshooting, bilingual, network),
        *(contract, kind_contract, recorded, chinese, typed),
    )
}


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""


def _said(addon: Found, words: tuple[str, ...], what: str) -> Iterator[str]:
    text = _text(addon.folder / "README.md").lower()
    if not any(word in text for word in words):
        yield f"README.md does not say {what}."


def _sources(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.rglob("*.py")):
        if "tests" not in file.relative_to(folder).parts:
            yield file


def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def _imported(file: Path) -> Iterator[str]:
    for node in ast.walk(_tree(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            # `from urllib import request` and `import urllib.request` are the same thing.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _kept(folder: Path, name: str) -> Iterator[str]:
    for file in sorted((folder / "tests").rglob("test_*.py")):
        for node in ast.walk(_tree(file)):
            if isinstance(node, ast.ClassDef) and name in map(_last, node.bases):
                return
    yield f"No test of it inherits from {name}."


def _last(base: ast.expr) -> str:
    return ast.unparse(base).rpartition(".")[2]


def _annotated(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    given = function.args
    named = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    named += [each for each in (given.vararg, given.kwarg) if each is not None]
    untyped = [each.arg for each in named if each.annotation is None]
    return function.returns is not None and set(untyped) <= {"self", "cls"}

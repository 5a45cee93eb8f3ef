"""The manifest of an addon: a static TOML file that is read without importing any code."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from functools import lru_cache
from pathlib import Path
from typing import Any

from marshmallow import Schema
from marshmallow import ValidationError
from marshmallow import fields
from marshmallow import validate
from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement
from packaging.specifiers import InvalidSpecifier
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion
from packaging.version import Version

from core.errors import ManifestError

FILE_NAME = "manifest.toml"
CATEGORIES = ("connector", "warehouse", "tax", "report", "ledger", "app")

MAX_HOST = 253
_HOST = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")

# An addon of such a name would own the tables or the pages of the core.
RESERVED = frozenset(
    "addons addresses allocation api app attention banking catalog channels closing config core"
    " costing customs demo disputes expenses fees fulfilling hooks http identity inbound"
    " invoicing kernel labelling ledger lists messages migrations moving oauth onboarding orders"
    " outbox partners payables privacy profit profits psp publishing rates rules scaffold"
    " settlements static stock tax testkit translations uploads warehousing web webhooks".split()
)


@dataclass(frozen=True)
class Manifest:
    """What an addon says about itself."""

    name: str
    title: str
    version: Version
    core: SpecifierSet
    category: str
    summary: str = ""
    depends: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    python: tuple[Requirement, ...] = ()
    capabilities: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    user_host: str = ""
    optional: bool = False
    author: str = ""
    license: str = ""
    homepage: str = ""
    docs: str = ""
    entry: Mapping[str, str] = field(default_factory=dict)


def addon_name(value: str) -> None:
    """Refuse what cannot be the name of an addon, its tables, pages and translations at once."""
    validate.Regexp(
        r"^[a-z][a-z0-9_]{1,30}\Z", error="must be 2 to 31 of a-z, 0-9 and _, a letter first"
    )(value)
    if "__" in value or value.endswith("_"):
        raise ValidationError("may not hold two underscores in a row, nor end in one")
    if value in RESERVED:
        raise ValidationError("is the name of a part of the core")


def host_pattern(value: str) -> None:
    """Refuse what is neither the name of a host nor `*.` before one of at least two parts."""
    name = value.removeprefix("*.")
    labels = name.split(".")
    if (
        not _HOST.fullmatch(name)
        or labels[-1].isdecimal()
        or len(labels) < 2
        or len(value) > MAX_HOST
    ):
        raise ValidationError(
            f"{value!r} is not a host; write for example api.example.com or *.example.com"
        )


def _parses(kind: Any, error: type[Exception], example: str) -> Any:
    """Return a validator for text that `kind` must be able to read."""

    def check(value: str) -> None:
        try:
            kind(value)
        except error:
            raise ValidationError(
                f"{value!r} cannot be read; write for example {example}"
            ) from None

    return check


def _names() -> fields.List[str]:
    return fields.List(fields.String(validate=addon_name), load_default=list)


def _texts(*, check: Any = None) -> fields.List[str]:
    return fields.List(fields.String(validate=check), load_default=list)


class _Entry(Schema):
    addon = fields.String(
        validate=validate.Regexp(r"^[\w.]+:\w+\Z", error="must be written package.module:Name")
    )


class _ManifestSchema(Schema):
    name = fields.String(required=True, validate=addon_name)
    title = fields.String(required=True, validate=validate.Length(min=1))
    version = fields.String(required=True, validate=_parses(Version, InvalidVersion, '"1.4.0"'))
    core = fields.String(
        required=True, validate=_parses(SpecifierSet, InvalidSpecifier, '">=1,<2"')
    )
    category = fields.String(required=True, validate=validate.OneOf(CATEGORIES))
    summary = fields.String(load_default="")
    depends = _names()
    after = _names()
    conflicts = _names()
    python = _texts(check=_parses(Requirement, InvalidRequirement, '"httpx2>=2.16"'))
    capabilities = _texts()
    permissions = _texts()
    hosts = _texts(check=host_pattern)
    user_host = fields.String(load_default="")
    optional = fields.Boolean(load_default=False)
    author = fields.String(load_default="")
    license = fields.String(load_default="")
    homepage = fields.String(load_default="")
    docs = fields.String(load_default="")
    entry = fields.Nested(_Entry, load_default=dict)


def read_manifest(path: Path) -> Manifest:
    """Read and check a manifest file.

    Raises: ManifestError naming the file, the key and what is wrong with it.
    """
    try:
        status = path.stat()
        return _read(path, status.st_mtime_ns, status.st_size)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ManifestError(f"{path}: cannot be read: {error}.") from error
    except ValidationError as error:
        raise ManifestError(f"{path}: {_sentence(error.messages_dict)}.") from error


@lru_cache(maxsize=256)
def _read(path: Path, _changed: int, _size: int) -> Manifest:
    """Read a manifest, again only when its file has changed."""
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    return _build(_ManifestSchema().load(raw))


def _build(data: dict[str, Any]) -> Manifest:
    foreign = [p for p in data["permissions"] if not p.startswith(f"{data['name']}.")]
    if foreign:
        raise ValidationError({"permissions": [f"{foreign[0]} must begin with {data['name']}."]})
    lists = {key: tuple(value) for key, value in data.items() if isinstance(value, list)}
    converted = {
        "version": Version(data["version"]),
        "core": SpecifierSet(data["core"]),
        "python": tuple(Requirement(line) for line in data["python"]),
    }
    return Manifest(**{**data, **lists, **converted})


def _sentence(messages: Mapping[str, Any]) -> str:
    """Turn marshmallow's messages into one line."""
    parts = []
    for key, problem in messages.items():
        if isinstance(problem, Mapping):
            parts.append(f"{key}.{_sentence({str(k): v for k, v in problem.items()})}")
        else:
            parts.append(f"{key}: {' '.join(str(line) for line in problem)}".rstrip("."))
    return "; ".join(parts)

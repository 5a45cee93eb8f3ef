"""What must be known before the database is: where things are, and safe mode.

Later sources win: config/default.toml, then instance/config.toml, then the environment. All other
settings live in the database.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from core.errors import InputError

ROOT = Path(__file__).resolve().parent.parent
DEFAULTS = ROOT / "config" / "default.toml"

PASSWORD_PROFILES = ("plain", "marketplace")
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"", "0", "false", "no", "off"}


@dataclass(frozen=True)
class Config:
    """The settings of one process."""

    instance: Path
    database_url: str
    addon_paths: tuple[Path, ...]
    safe_mode: bool = False
    host: str = "127.0.0.1"
    port: int = 8000
    secret_keys: str = field(default="", repr=False)
    public_url: str = ""
    http_allow: tuple[str, ...] = ()
    password_profile: str = "plain"  # noqa: S105 - a name of ours
    slow_hook: float = 5.0

    @property
    def shipped_addons(self) -> Path:
        """Return the folder of the addons that come with Entrepot."""
        return ROOT / "addons"


def load_config(
    environment: Mapping[str, str] | None = None, *, defaults: Path = DEFAULTS
) -> Config:
    """Read the configuration and make the instance folder, readable by its owner only.

    Raises: InputError naming the file or variable that cannot be used.
    """
    given = os.environ if environment is None else environment
    instance = Path(given.get("ENTREPOT_INSTANCE") or ROOT / "instance").absolute()
    _make_private(instance)
    values = _read(defaults)
    _merge(values, _read(instance / "config.toml"), instance / "config.toml")
    return _build(values, given, instance)


def _build(values: Mapping[str, Any], given: Mapping[str, str], instance: Path) -> Config:
    url = given.get("ENTREPOT_DATABASE_URL") or values["database"]["url"]
    extra = given.get("ENTREPOT_ADDONS_PATH")
    paths = extra.split(os.pathsep) if extra else values["addons"]["paths"]
    switch = given.get("ENTREPOT_SAFE_MODE")
    return Config(
        instance=instance,
        database_url=url or f"sqlite:///{instance / 'entrepot.sqlite'}",
        addon_paths=(
            ROOT / "addons",
            instance / "addons",
            *(instance / path for path in paths if path),
        ),
        safe_mode=values["addons"]["safe_mode"] if switch is None else _switch(switch),
        host=given.get("ENTREPOT_HOST") or values["server"]["host"],
        port=_port(given.get("ENTREPOT_PORT") or values["server"]["port"]),
        secret_keys=given.get("ENTREPOT_SECRET_KEYS") or "",
        public_url=_address(given.get("ENTREPOT_PUBLIC_URL") or values["server"]["public_url"]),
        slow_hook=_seconds(given.get("ENTREPOT_SLOW_HOOK"), values["addons"]["slow_hook"]),
        http_allow=_hosts(given.get("ENTREPOT_HTTP_ALLOW"), values["http"]["allow"]),
        password_profile=_profile(values["identity"]["password_profile"]),
    )


def _make_private(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"the instance folder cannot be made: {error.strerror}.",
            where=str(folder),
            hint="Set ENTREPOT_INSTANCE to a folder that you may write.",
        ) from error


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"cannot be read: {error}.", where=str(file)) from error


def _merge(values: dict[str, Any], more: Mapping[str, Any], file: Path) -> None:
    """Lay the instance's settings over the defaults; what has no default is a typing mistake."""
    for section, settings in more.items():
        for key, value in settings.items() if isinstance(settings, dict) else [("", None)]:
            if section not in values or key not in values[section]:
                name = f"[{section}] {key}".strip()
                raise InputError(f"{name} is not a setting.", where=str(file))
            if type(value) is not type(values[section][key]):
                kind = type(values[section][key]).__name__
                raise InputError(f"[{section}] {key} must be of type {kind}.", where=str(file))
            values[section][key] = value


def _switch(value: str) -> bool:
    if value.lower() in _TRUE | _FALSE:
        return value.lower() in _TRUE
    raise InputError(f"{value!r} is neither 1 nor 0.", where="ENTREPOT_SAFE_MODE")


def _profile(value: str) -> str:
    if value in PASSWORD_PROFILES:
        return value
    raise InputError(
        f"{value!r} is not a profile of passwords.",
        where="[identity] password_profile",
        hint=f"Choose of {', '.join(PASSWORD_PROFILES)}.",
    )


def _port(value: str | int) -> int:
    if str(value).isdecimal() and int(value) < 65536:
        return int(value)
    raise InputError(f"{value!r} is not a port number.", where="ENTREPOT_PORT")


def _seconds(given: str | None, stored: int) -> float:
    text = str(stored) if given is None else given
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if 0 <= seconds < 86_400:
        return seconds
    raise InputError(f"{text!r} is no number of seconds; 0: never.", where="ENTREPOT_SLOW_HOOK")


def _address(text: str) -> str:
    parts = urlsplit(text)
    if text and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.query):
        raise InputError(
            f"{text!r} is not an address such as https://erp.example.com.",
            where="ENTREPOT_PUBLIC_URL",
        )
    return text.rstrip("/")


def _hosts(given: str | None, stored: list[str]) -> tuple[str, ...]:
    entries = stored if given is None else given.split(",")
    return tuple(entry.strip() for entry in entries if entry.strip())

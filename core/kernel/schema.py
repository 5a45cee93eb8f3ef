"""What an addon's settings look like: one marshmallow schema for form, command line and storage."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as member
from typing import Any

from marshmallow import Schema
from marshmallow import ValidationError
from marshmallow import fields
from marshmallow import validate

from core.errors import AuthFailed
from core.errors import InputError
from core.errors import KernelError
from core.kernel.secrets import SecretText
from core.kernel.secrets import variable_of

# What `$env:` may not name: the keys to all secrets, and the database.
RESERVED = "ENTREPOT_"


class SettingsSchema(Schema):
    """The settings of an addon, or of each of its connections.

    Raise `version` when stored settings no longer fit, and turn the old ones into new ones in
    `migrate_settings`.
    """

    version = 1

    @classmethod
    def migrate_settings(cls, old_version: int, data: dict[str, Any]) -> dict[str, Any]:
        """Return settings stored by an older version in the form of this one."""
        return data


class Choice(fields.String):
    """One of a few values; a mapping gives each value the words that a person reads."""

    def __init__(
        self,
        choices: Iterable[str] | Mapping[str, str],
        *,
        label: str = "",
        help: str = "",  # noqa: A002 - the word that authors of forms know
        **options: Any,
    ) -> None:
        self.choices = dict(choices) if isinstance(choices, Mapping) else {c: c for c in choices}
        options.setdefault("validate", validate.OneOf(list(self.choices)))
        super().__init__(metadata={"label": label, "help": help}, **options)


def readable_by(reader: Callable[[str], object]) -> Callable[[str], None]:
    """Return a validator that refuses what a reader of the same text refuses, in its words."""

    def check(text: str) -> None:
        try:
            reader(text)
        except InputError as error:
            raise ValidationError(error.message) from error

    return check


class Secret(fields.String):
    """A value that is stored encrypted, shown to nobody, and loaded as a `SecretText`.

    `$env:NAME` in its place is looked up in the environment at each use.
    """

    def __init__(self, *, label: str = "", help: str = "", **options: Any) -> None:  # noqa: A002
        metadata = {"label": label, "help": help}
        super().__init__(load_only=True, metadata=metadata, **options)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any
    ) -> Any:
        if isinstance(value, SecretText):
            return value
        text = str(super()._deserialize(value, attr, data, **options)).strip()
        if (variable_of(text) or "").startswith(RESERVED):
            raise ValidationError(f"Variables named {RESERVED}… are not for addons.")
        secret = SecretText(text)
        try:
            secret.reveal()
        except AuthFailed as error:
            raise ValidationError(error.message) from None
        return secret

    def _validate(self, value: Any) -> None:
        super()._validate(value.reveal() if isinstance(value, SecretText) else value)


class SettingsRefused(InputError):
    """Settings that a schema does not accept, with what it said of each field."""

    def __init__(self, messages: Mapping[str, Any], known: Iterable[str]) -> None:
        self.messages = {name: said(problem) for name, problem in messages.items()}
        name, problems = next(iter(self.messages.items()))
        names = ", ".join(sorted(known)) or "none"
        super().__init__(
            " ".join(problems), where=f"setting {name}", hint=f"Known settings: {names}."
        )


@dataclass(frozen=True)
class Checked:
    """Settings that a schema has accepted."""

    loaded: Mapping[str, Any] = member(repr=False)
    """What the addon works with."""
    stored: dict[str, Any] = member(repr=False)
    """What is stored as it is."""
    secrets: dict[str, str] = member(repr=False)
    """What is stored encrypted: the secrets that were given, not those that were kept."""
    version: int = 1


def check_settings(
    kind: type[Schema] | None,
    given: Mapping[str, Any],
    kept: Mapping[str, SecretText] | None = None,
) -> Checked:
    """Return the settings as the schema reads them; a secret left empty is the one kept.

    Raises: SettingsRefused.
    """
    schema = kind() if kind is not None else Schema()
    hidden = secret_fields(kind)
    # A secret whose field the schema no longer has stays stored, for the version that had it.
    still = {name: secret for name, secret in (kept or {}).items() if name in hidden}
    new = {k: v for k, v in given.items() if k not in hidden or (v is not None and str(v).strip())}
    try:
        loaded = schema.load({**still, **new})
        stored: dict[str, Any] = schema.dump(loaded)
    except ValidationError as error:
        # Without the cause: it holds what was entered.
        raise SettingsRefused(error.messages_dict, schema.fields) from None
    secrets = {name: str(new[name]).strip() for name in hidden if name in new}
    return Checked(loaded, stored, secrets, version_of(kind))


def secret_fields(kind: type[Schema] | None) -> frozenset[str]:
    """Return the names of a schema's secrets."""
    declared = kind().fields if kind is not None else {}
    return frozenset(name for name, field in declared.items() if isinstance(field, Secret))


def version_of(kind: type[Schema] | None) -> int:
    """Return the version of a schema."""
    return int(getattr(kind, "version", 1))


def up_to_date(
    kind: type[Schema] | None, version: int, data: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return stored settings in the form of the schema's present version.

    Raises: KernelError when a newer version has stored them.
    """
    present = version_of(kind)
    if version == present or kind is None:
        return data
    if version > present:
        raise KernelError(
            f"These settings were stored by version {version} of their schema; this is {present}.",
            hint="Install the newer version of the addon again.",
        )
    migrate = getattr(kind, "migrate_settings", None)
    changed: Mapping[str, Any] = migrate(version, dict(data)) if migrate else data
    return changed


def said(problem: Any) -> list[str]:
    """Return the messages of a field, those of its parts too, as one list."""
    if isinstance(problem, Mapping):
        return [
            f"{name}: {text}" if name not in ("key", "value") else text
            for name, part in problem.items()
            for text in said(part)
        ]
    return [str(each) for each in problem] if isinstance(problem, list) else [str(problem)]

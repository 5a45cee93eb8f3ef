"""What the API answers about connections; a secret is told by its name alone."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from typing import TypedDict

from marshmallow import Schema
from marshmallow import fields

from core.channels.health import ConnectionHealth
from core.kernel.connections import ConnectionInfo
from core.kernel.schema import Secret
from core.web.jobs_shapes import ScheduleDocument


class ConnectionHead(TypedDict):
    """An account with a platform, and how it fares."""

    id: int
    addon: str
    label: str
    account: str
    state: str
    last_error: str | None
    last_ok_at: datetime | None
    row_version: int


class StreamDocument(TypedDict):
    """Up to which moment the platform's truth is known in one stream."""

    stream: str
    through_at: datetime | None
    changed_at: datetime | None


class HealthDocument(TypedDict):
    """Whether a connection keeps up; effects and jobs are counted by their state."""

    lag_seconds: float | None
    backlog: int
    webhooks_waiting: int
    webhooks_refused: int
    effects: dict[str, int]
    jobs: dict[str, int]
    streams: list[StreamDocument]


class ConnectionMore(TypedDict):
    """A connection with its settings, its health and what it does by itself."""

    settings: dict[str, Any]
    secrets: list[str]
    health: HealthDocument
    schedules: list[ScheduleDocument]


class SettingField(TypedDict):
    """A setting that an addon takes; a secret is never told again."""

    name: str
    type: str
    required: bool
    secret: bool
    label: str


class OfferDocument(TypedDict):
    """An addon through which an account can be connected, with the settings that it takes."""

    addon: str
    title: str
    settings: list[SettingField]


class SettingsDocument(TypedDict):
    """Settings as they are stored, and which secrets are."""

    settings: dict[str, Any]
    secrets: list[str]
    row_version: int


class RequestDocument(TypedDict):
    """A request to a platform, without anything that was sent."""

    at: datetime
    operation: str
    method: str
    host: str
    path: str
    attempt: int
    status: int | None
    error: str
    milliseconds: int
    bytes_sent: int
    bytes_received: int
    request_ref: str
    vendor_ref: str


class TasksDocument(TypedDict):
    """What was put to be done."""

    tasks: list[str]


def connection_head(connection: ConnectionInfo) -> dict[str, Any]:
    """Return a connection as a list shows it."""
    return {name: getattr(connection, name) for name in ConnectionHead.__annotations__}


def settings_document(
    settings: Mapping[str, Any], stored: Collection[str], row_version: int
) -> dict[str, Any]:
    """Return settings without secrets, and the names of the secrets that are stored."""
    return {
        "settings": dict(settings),
        "secrets": sorted(stored),
        "row_version": row_version,
    }


def health_document(health: ConnectionHealth) -> dict[str, Any]:
    """Return how a connection fares."""
    named = ("lag_seconds", "backlog", "webhooks_waiting", "webhooks_refused")
    return {name: getattr(health, name) for name in named} | {
        "effects": dict(health.effects),
        "jobs": dict(health.jobs),
        "streams": [
            {"stream": each.stream, "through_at": each.through_at, "changed_at": each.changed_at}
            for each in health.cursors
        ],
    }


def fields_document(kind: type[Schema] | None) -> list[dict[str, Any]]:
    """Return the settings that a schema takes, in its order."""
    return [
        {
            "name": name,
            "type": _type_of(field),
            "required": field.required,
            "secret": isinstance(field, Secret),
            "label": str(field.metadata.get("label") or name),
        }
        for name, field in (kind().load_fields.items() if kind is not None else ())
    ]


def _type_of(field: fields.Field[Any]) -> str:
    kinds = (
        (fields.Boolean, "boolean"),
        (fields.Integer, "integer"),
        (fields.Float, "number"),
        (fields.Date, "date"),
        (fields.List, "list"),
        (fields.Dict, "object"),
    )
    return next((word for kind, word in kinds if isinstance(field, kind)), "string")

"""A connector to a platform that does what the test says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from marshmallow import fields
from marshmallow import validate

from core.api import Choice
from core.api import Secret
from core.api import SettingsSchema
from core.api import hookimpl


class PlatformConnection(SettingsSchema):
    """One of each kind of field."""

    region = Choice({"eu": "Europe", "na": "America"}, required=True, label="Region")
    token = Secret(required=True, validate=validate.Length(min=4), label="Token")
    proxy_password = Secret()
    minutes = fields.Integer(load_default=15, validate=validate.Range(5, 60))
    shops = fields.List(fields.String(validate=validate.OneOf(["uk", "de", "fr"])))
    codes = fields.List(fields.String())
    rates = fields.Dict(keys=fields.String(), values=fields.Integer())
    since = fields.Date()
    live = fields.Boolean(load_default=False)


class HouseSettings(SettingsSchema):
    """Settings for the whole installation."""

    application = fields.String(required=True)
    application_secret = Secret()


class Connector:
    """Tries settings by calling `act`, a function that the test sets."""

    platform = "platform"

    def __init__(self) -> None:
        self.tried: list[dict[str, Any]] = []
        self.act: Callable[[], Any] = lambda: None

    def test(self, settings: dict[str, Any]) -> None:
        self.tried.append(dict(settings))
        self.act()


class Addon:
    """Offers the connector and remembers how connections fared."""

    connection_schema = PlatformConnection
    settings_schema = HouseSettings

    def __init__(self) -> None:
        self.connector = Connector()
        self.told: list[tuple[str, str, str]] = []

    @hookimpl
    def connectors(self):
        return [self.connector]

    @hookimpl
    def connection_state_changed(self, connection, before):
        self.told.append((connection.label, before, connection.state))

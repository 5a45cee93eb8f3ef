"""An addon whose connector reaches a platform over the network."""

from __future__ import annotations

from marshmallow import fields

from core.api import Secret
from core.api import SettingsSchema
from core.api import hookimpl


class VendorConnection(SettingsSchema):
    """How the account is reached."""

    shop_host = fields.String(load_default="")
    client_id = fields.String(load_default="client-1")
    client_secret = Secret()
    webhook_secret = Secret()


class Connector:
    """Serves connections; the tests call the kernel's parts themselves."""

    platform = "vendor"


class Addon:
    """The addon of the network's tests."""

    connection_schema = VendorConnection

    @hookimpl
    def connectors(self):
        return [Connector()]

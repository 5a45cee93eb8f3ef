"""An addon whose connector reaches a platform over the network."""

from __future__ import annotations

import json

from marshmallow import fields

from core.api import BodySignature
from core.api import Secret
from core.api import SettingsSchema
from core.api import WebhookMessage
from core.api import Webhooks
from core.api import hookimpl


class VendorConnection(SettingsSchema):
    """How the account is reached."""

    shop_host = fields.String(load_default="")
    client_id = fields.String(load_default="client-1")
    client_secret = Secret()
    webhook_secret = Secret()
    webhook_secret_next = Secret()


class Connector:
    """Serves connections; the tests call the kernel's parts themselves."""

    platform = "vendor"


def number_of(message: WebhookMessage) -> str:
    return str(json.loads(message.body).get("event", ""))


def order_of(message: WebhookMessage) -> str:
    return str(json.loads(message.body).get("order", ""))


class Addon:
    """The addon of the network's tests."""

    connection_schema = VendorConnection
    webhooks = Webhooks(
        verifier=BodySignature("X-Vendor-Hmac"),
        secrets=("webhook_secret", "webhook_secret_next"),
        tasks={"": "vendor.fetch"},
        topic=lambda message: message.header("X-Vendor-Topic"),
        about=order_of,
        event_id=number_of,
        keep_headers=("X-Vendor-Topic", "X-Vendor-Shop"),
    )

    @hookimpl
    def connectors(self):
        return [Connector()]

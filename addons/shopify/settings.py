"""What a seller enters to connect a shop."""

from __future__ import annotations

from marshmallow import fields
from marshmallow import validate

from core.api import Secret
from core.api import SettingsSchema


class ShopifyConnection(SettingsSchema):
    """One shop."""

    shop = fields.String(
        required=True,
        validate=validate.Regexp(
            r"[a-z0-9][a-z0-9-]*\.myshopify\.com$",
            error="It ends with .myshopify.com, as my-shop.myshopify.com.",
        ),
        metadata={
            "label": "Shop",
            "help": "Shopify admin, Settings, Domains: the one that ends with .myshopify.com.",
        },
    )
    access_token = Secret(
        label="Access token",
        help="Of a custom app: Settings, Apps, Develop apps, API credentials; it begins with"
        " shpat_. Empty: authorise on Shopify's page once the connection is stored.",
    )
    client_id = fields.String(
        load_default="",
        metadata={
            "label": "Client id",
            "help": "Of your app in Shopify's Dev Dashboard, Settings. Only to authorise on"
            " Shopify's page.",
        },
    )
    client_secret = Secret(
        label="Client secret",
        help="Beside the client id. It also proves that a webhook of the app comes from Shopify.",
    )
    webhook_secret = Secret(
        label="Key of webhooks",
        help="Settings, Notifications, Webhooks: the key under the list. Only for webhooks that you"
        " make there.",
    )
    personal = fields.Boolean(
        load_default=True,
        metadata={
            "label": "Names and addresses",
            "help": "Ask for buyers and where their goods go. Switch it off where Shopify does not"
            " let your app see protected customer data; orders then count as sent to the"
            " shop's own country.",
        },
    )
    disputes = fields.Boolean(
        load_default=False,
        metadata={
            "label": "Disputes",
            "help": "Fetch what buyers ask their banks back of payments by Shopify Payments. The"
            " app needs the scope read_shopify_payments_disputes for it.",
        },
    )
    location = fields.String(
        load_default="",
        validate=validate.Regexp(r"\d*$", error="Give its number, or nothing."),
        metadata={
            "label": "Location",
            "help": "Whose stock is told: the number at the end of its address in Settings,"
            " Locations. Empty: the shop's first location.",
        },
    )
    backfill_days = fields.Integer(
        load_default=60,
        validate=validate.Range(1, 3650),
        metadata={
            "label": "Days to begin with",
            "help": "How far back the first run fetches orders. For more than 60 the app needs the"
            " scope read_all_orders.",
        },
    )
    simulator = fields.String(
        load_default="",
        validate=validate.Regexp(r"(https?://[^/\s]+)?$", error="Give an address, or nothing."),
        metadata={
            "label": "Simulated shop",
            "help": "The address that `entrepot fake up shopify` prints. Empty: Shopify itself.",
        },
    )

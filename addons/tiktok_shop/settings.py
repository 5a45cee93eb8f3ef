"""What a seller enters to connect a shop."""

from __future__ import annotations

from marshmallow import fields
from marshmallow import validate

from addons.tiktok_shop.regions import regions
from core.api import Choice
from core.api import Secret
from core.api import SettingsSchema
from core.api import read_vat
from core.api import readable_by

WORLD, UNITED_STATES = "services.tiktokshop.com", "services.us.tiktokshop.com"


class TiktokConnection(SettingsSchema):
    """One shop."""

    shop = fields.String(
        required=True,
        validate=validate.Length(1, 64),
        metadata={
            "label": "Shop code",
            "help": "Seller Center, Account settings, Shop information: the code of the shop, as"
            " GBLCABCDEF.",
        },
    )
    region = Choice(
        {name: shop.name for name, shop in regions().items()},
        required=True,
        label="Where it sells",
        help="A seller with shops in several countries connects each of them.",
    )
    app_key = fields.String(
        required=True,
        metadata={
            "label": "App key",
            "help": "partner.tiktokshop.com, App & Service: the App key of your app.",
        },
    )
    app_secret = Secret(
        required=True,
        label="App secret",
        help="Beside the App key. It also proves that a webhook comes from TikTok Shop.",
    )
    service_id = fields.String(
        load_default="",
        validate=validate.Regexp(r"\d*$", error="Give its number, or nothing."),
        metadata={
            "label": "Service id",
            "help": "In the authorisation link of your app, behind service_id=. Only to authorise"
            " on TikTok Shop's page.",
        },
    )
    services = Choice(
        {WORLD: "All other sellers", UNITED_STATES: "Sellers of the United States"},
        load_default=WORLD,
        label="Page to authorise on",
        help="TikTok Shop has one of its own for sellers of the United States.",
    )
    refresh_token = Secret(
        label="Refresh token",
        help="Of a shop that is authorised already. Empty: authorise on TikTok Shop's page once the"
        " connection is stored.",
    )
    vat_in_prices = fields.String(
        load_default="",
        validate=readable_by(read_vat),
        metadata={
            "label": "VAT in your prices",
            "help": "Country and percent of the VAT that you owe yourself and that buyers pay"
            " within your prices, as `GB 20, DE 19`. Empty: your prices hold none. Tax that TikTok"
            " Shop collects is told by it, and stands apart.",
        },
    )
    warehouse = fields.String(
        load_default="",
        validate=validate.Length(max=64),
        metadata={
            "label": "Warehouse",
            "help": "With several warehouses in Seller Center: the number of the one whose stock"
            " Entrepot tells; the others keep what they show. Empty: the default one has all of"
            " it, the others none.",
        },
    )
    fees_by_sku = fields.Boolean(
        load_default=True,
        metadata={
            "label": "Fees by SKU",
            "help": "Ask for every settled order what was charged for each of its SKUs: one"
            " question an order. Switched off, fees belong to the order alone.",
        },
    )
    label_format = Choice(
        {"PDF": "PDF", "ZPL": "ZPL"},
        load_default="PDF",
        label="Labels",
        help="As what shipping labels of TikTok's come; ZPL is for label printers.",
    )
    messages = fields.Boolean(
        load_default=False,
        metadata={
            "label": "Messages of buyers",
            "help": "Fetch what buyers write and send them your answers. The app needs the scope"
            " Customer Service for it.",
        },
    )
    backfill_days = fields.Integer(
        load_default=90,
        validate=validate.Range(1, 730),
        metadata={
            "label": "Days to begin with",
            "help": "How far back the first run fetches orders and statements.",
        },
    )
    simulator = fields.String(
        load_default="",
        validate=validate.Regexp(r"(https?://[^/\s]+)?$", error="Give an address, or nothing."),
        metadata={
            "label": "Simulated marketplace",
            "help": "The address that `entrepot fake up tiktok` prints. Empty: TikTok Shop itself.",
        },
    )

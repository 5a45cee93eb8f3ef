"""What a seller enters to connect an account."""

from __future__ import annotations

from marshmallow import fields
from marshmallow import validate

from addons.ebay.marketplaces import marketplaces
from core.api import Choice
from core.api import Secret
from core.api import SettingsSchema
from core.api import read_vat
from core.api import readable_by

PRODUCTION, SANDBOX = "ebay.com", "sandbox.ebay.com"


class EbayConnection(SettingsSchema):
    """One seller account."""

    seller = fields.String(
        required=True,
        validate=validate.Length(1, 64),
        metadata={
            "label": "Seller",
            "help": "Your user name on eBay, as buyers see it.",
        },
    )
    marketplace = Choice(
        {name: shop.name for name, shop in marketplaces().items()},
        required=True,
        label="Marketplace",
        help="Where you registered. Orders come from every marketplace of the account.",
    )
    site = Choice(
        {PRODUCTION: "eBay itself", SANDBOX: "The sandbox of eBay"},
        load_default=PRODUCTION,
        label="Environment",
        help="The sandbox has users, keys and orders of its own.",
    )
    client_id = fields.String(
        required=True,
        metadata={
            "label": "App ID",
            "help": "developer.ebay.com, Application Keys: the App ID (Client ID) of your keyset.",
        },
    )
    client_secret = Secret(
        required=True,
        label="Cert ID",
        help="Beside the App ID: the Cert ID (Client Secret).",
    )
    ru_name = fields.String(
        load_default="",
        metadata={
            "label": "RuName",
            "help": "User Tokens, Get a Token from eBay via Your Application: the eBay Redirect URL"
            " name. Only to authorise on eBay's page.",
        },
    )
    refresh_token = Secret(
        label="Refresh token",
        help="Of a user token that you already have. Empty: authorise on eBay's page once the"
        " connection is stored. It holds for 18 months.",
    )
    signing_key = Secret(
        label="Signing key",
        help="Only if your application has one already: the privateKey of its digital signature."
        " Empty: eBay makes one when the account is authorised.",
    )
    signing_jwe = Secret(
        label="Signing key's JWE",
        help="Beside the private key: the public key as JWE.",
    )
    vat_in_prices = fields.String(
        load_default="",
        validate=readable_by(read_vat),
        metadata={
            "label": "VAT in your prices",
            "help": "Country and percent of the VAT that you owe yourself and that buyers pay"
            " within your prices, as `GB 20, DE 19`. Empty: your prices hold none. Tax that eBay"
            " collects is told by eBay, and stands apart.",
        },
    )
    notification_token = Secret(
        validate=validate.Regexp(
            r"([A-Za-z0-9_-]{32,80})?$", error="It has 32 to 80 letters, digits, - or _."
        ),
        label="Verification token",
        help="Of your choice, 32 to 80 letters, digits, - or _; enter the same at eBay, Alerts and"
        " Notifications. Only to hear of buyers who close their accounts.",
    )
    messages = fields.Boolean(
        load_default=False,
        metadata={
            "label": "Messages of buyers",
            "help": "Fetch what buyers write and send them your answers. Switch it on before you"
            " authorise: eBay's page then asks for messages too.",
        },
    )
    disputes = fields.Boolean(
        load_default=False,
        metadata={
            "label": "Payment disputes",
            "help": "Fetch every hour which buyers asked their bank for the money back, or eBay for"
            " their goods. It is a permission of its own: authorise an older connection once more"
            " first.",
        },
    )
    ads = fields.Boolean(
        load_default=False,
        metadata={
            "label": "Advertising by the click",
            "help": "Fetch once a day for which goods advertising that is paid by the click was."
            " Switch it on before you authorise: eBay's page then asks for it too.",
        },
    )
    backfill_days = fields.Integer(
        load_default=90,
        validate=validate.Range(1, 730),
        metadata={
            "label": "Days to begin with",
            "help": "How far back the first run fetches orders; 730 at most.",
        },
    )
    simulator = fields.String(
        load_default="",
        validate=validate.Regexp(r"(https?://[^/\s]+)?$", error="Give an address, or nothing."),
        metadata={
            "label": "Simulated marketplace",
            "help": "The address that `entrepot fake up ebay` prints. Empty: eBay itself.",
        },
    )

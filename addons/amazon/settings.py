"""What a seller enters to connect an account."""

from __future__ import annotations

from marshmallow import fields
from marshmallow import validate

from addons.amazon.marketplaces import MARKETPLACES
from core.api import Choice
from core.api import Secret
from core.api import SettingsSchema


class AmazonConnection(SettingsSchema):
    """One seller account in one region."""

    seller_id = fields.String(
        required=True,
        validate=validate.Regexp(r"A[0-9A-Z]{9,}", error="It begins with A, as A2EXAMPLE0001."),
        metadata={
            "label": "Seller id",
            "help": "Seller Central, Settings, Account info, Your merchant token.",
        },
    )
    marketplace = Choice(
        {each.id: f"{each.name} ({each.country})" for each in MARKETPLACES.values()},
        required=True,
        label="Marketplace",
        help="Whose listings are told stock and prices; it also names the region. Orders come from"
        " every marketplace of the region.",
    )
    client_id = fields.String(
        required=True,
        metadata={
            "label": "Client id",
            "help": "Of your private application: Seller Central, Apps and services, Develop apps,"
            " LWA credentials.",
        },
    )
    client_secret = Secret(
        required=True,
        label="Client secret",
        help="Beside the client id. Amazon lets it run out after 180 days: make a new one there and"
        " enter it here.",
    )
    refresh_token = Secret(
        label="Refresh token",
        help="Develop apps, Authorize, Generate refresh token. Empty: authorise on Amazon's page"
        " once the connection is stored. It holds for a year.",
    )
    application_id = fields.String(
        load_default="",
        metadata={
            "label": "Application id",
            "help": "Only to authorise on Amazon's page: amzn1.sp.solution…",
        },
    )
    seller_central = fields.String(
        load_default="sellercentral-europe.amazon.com",
        validate=validate.OneOf(["sellercentral-europe.amazon.com", "sellercentral.amazon.com"]),
        metadata={
            "label": "Seller Central",
            "help": "The page on which you authorise: of Europe, or of all others.",
        },
    )
    personal = fields.Boolean(
        load_default=False,
        metadata={
            "label": "Names and addresses",
            "help": "Ask for buyers and where their goods go. Your application needs the role"
            " Direct-to-Consumer Shipping for it; without it Amazon refuses every order.",
        },
    )
    backfill_days = fields.Integer(
        load_default=60,
        validate=validate.Range(1, 730),
        metadata={
            "label": "Days to begin with",
            "help": "How far back the first run fetches orders; 730 at most.",
        },
    )
    stored_in = fields.String(
        load_default="",
        metadata={
            "label": "Warehouse of Amazon",
            "help": "The code of the warehouse, of the kind platform, that stands for Amazon's own"
            " in your books. Empty: the only one of that kind.",
        },
    )
    mcf_speed = Choice(
        {"Standard": "Standard", "Expedited": "Expedited", "Priority": "Priority"},
        load_default="Standard",
        label="Speed for other channels",
        help="How fast Amazon sends orders of your other channels that leave its warehouse.",
    )
    mcf_blank_box = fields.Boolean(
        load_default=False,
        metadata={
            "label": "Plain boxes for other channels",
            "help": "No box with Amazon's name on it. Amazon does not send everything so, and"
            " refuses what it cannot.",
        },
    )
    mcf_comment = fields.String(
        load_default="",
        validate=validate.Length(max=750),
        metadata={
            "label": "Words on the packing slip for other channels",
            "help": "Empty: Thank you for your order!",
        },
    )
    inbound_prep = Choice(
        {"NONE": "Not needed", "SELLER": "We", "AMAZON": "Amazon, for a fee"},
        load_default="NONE",
        label="Who prepares goods sent in",
        help="Bags and bubble wrap for what goes to Amazon's warehouses. Amazon refuses what does"
        " not suit the goods, and says what would.",
    )
    inbound_labels = Choice(
        {"SELLER": "We", "AMAZON": "Amazon, for a fee", "NONE": "Not needed"},
        load_default="SELLER",
        label="Who labels goods sent in",
        help="The label with Amazon's code on each piece that goes to its warehouses.",
    )
    inbound_paper = Choice(
        {
            "PackageLabel_A4_2": "A4, two labels",
            "PackageLabel_A4_4": "A4, four labels",
            "PackageLabel_Letter_2": "Letter, two labels",
            "PackageLabel_Letter_6": "Letter, six labels",
            "PackageLabel_Plain_Paper": "Plain paper",
            "PackageLabel_Thermal": "Thermal printer",
        },
        load_default="PackageLabel_A4_2",
        label="Paper of box labels",
        help="What the labels of boxes for Amazon's warehouses are printed on.",
    )
    label_format = Choice(
        {"PDF": "PDF", "PNG": "PNG", "ZPL203": "ZPL, 203 dpi", "ZPL300": "ZPL, 300 dpi"},
        load_default="PDF",
        label="Labels",
        help="As what the shipping labels come that you buy of Amazon; ZPL is for label printers.",
    )
    label_delivery = Choice(
        {
            "DeliveryConfirmationWithoutSignature": "Followed, no signature",
            "DeliveryConfirmationWithSignature": "Followed, with a signature",
            "DeliveryConfirmationWithAdultSignature": "Followed, an adult signs",
            "NoTracking": "Not followed",
        },
        load_default="DeliveryConfirmationWithoutSignature",
        label="Delivery of bought labels",
        help="What carriers shall do when they hand over a parcel whose label you buy of Amazon.",
    )
    reports = fields.Boolean(
        load_default=False,
        metadata={
            "label": "Reports of Amazon's warehouses, and fees",
            "help": "Once a day: returns, the ledger of stock, reimbursements, storage fees, what"
            " selling would cost, and in Europe transactions with VAT. Your application needs the"
            " roles Amazon Fulfillment, Pricing and Tax Invoicing; without them Amazon refuses.",
        },
    )
    ads_profile = fields.String(
        load_default="",
        metadata={
            "label": "Profile of Amazon Ads",
            "help": "The number of your advertising profile on this marketplace. Empty: what ads"
            " cost is not fetched, and shared by your own rules.",
        },
    )
    ads_client_id = fields.String(
        load_default="",
        metadata={
            "label": "Client id of Amazon Ads",
            "help": "Of your application for the Amazon Ads API, which has a login of its own.",
        },
    )
    ads_client_secret = Secret(label="Client secret of Amazon Ads", help="Beside that client id.")
    ads_refresh_token = Secret(
        label="Refresh token of Amazon Ads",
        help="What you got when you let that application see your advertising.",
    )
    simulator = fields.String(
        load_default="",
        validate=validate.Regexp(r"(https?://[^/\s]+)?$", error="Give an address, or nothing."),
        metadata={
            "label": "Simulated marketplace",
            "help": "The address that `entrepot fake up amazon` prints. Empty: Amazon itself.",
        },
    )

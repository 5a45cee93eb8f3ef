"""Words for the codes that stand in the database; a code without words is shown as it is."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

LABELS: dict[str, dict[str, LazyString]] = {
    "order_kind": {
        "sale": _l("Sale"),
        "credit_note": _l("Credit note"),
        "charge": _l("Charge"),
    },
    "order_state": {
        "draft": _l("Draft"),
        "pending_payment": _l("Waits for payment"),
        "on_hold": _l("On hold"),
        "to_review": _l("To review"),
        "to_allocate": _l("To allocate"),
        "backordered": _l("Backordered"),
        "allocated": _l("Allocated"),
        "released": _l("Released"),
        "picking": _l("Picking"),
        "packed": _l("Packed"),
        "partially_shipped": _l("Partly shipped"),
        "shipped": _l("Shipped"),
        "delivered": _l("Delivered"),
        "completed": _l("Completed"),
        "cancel_requested": _l("Cancellation asked for"),
        "cancelled": _l("Cancelled"),
        "closed": _l("Closed"),
    },
    "exception": {
        "unmapped": _l("SKU not mapped"),
        "no_route": _l("No warehouse can send it"),
        "address": _l("Address to be checked"),
        "unpaid": _l("Not paid"),
        "duplicate": _l("Looks like a duplicate"),
        "loss": _l("Would lose money"),
        "short": _l("Goods are missing"),
        "waiting": _l("Waiting to be booked"),
    },
    "line_kind": {
        "sale": _l("Sale"),
        "return": _l("Return"),
        "postage": _l("Postage"),
        "fee": _l("Fee"),
        "discount": _l("Discount"),
        "adjustment": _l("Adjustment"),
        "sample": _l("Sample"),
        "voucher": _l("Voucher"),
        "write_off": _l("Write-off"),
        "stock_gain": _l("Stock gain"),
        "stock": _l("Opening stock"),
        "quarantined": _l("Quarantined"),
    },
    "flag": {
        "short": _l("Beyond stock"),
        "no_original_sale": _l("No sale found for this return"),
    },
    "event": {
        "imported": _l("Imported"),
        "held": _l("Held"),
        "reserved": _l("Stock reserved"),
        "pending_payment": _l("Waits for payment"),
        "on_hold": _l("On hold"),
        "to_review": _l("To review"),
        "to_allocate": _l("To allocate"),
        "backordered": _l("Backordered"),
        "allocated": _l("Allocated"),
        "released": _l("Released"),
        "picking": _l("Picking"),
        "packed": _l("Packed"),
        "partially_shipped": _l("Partly shipped"),
        "delivered": _l("Delivered"),
        "completed": _l("Completed"),
        "cancel_requested": _l("Cancellation asked for"),
        "cancelled": _l("Cancelled"),
        "short": _l("Goods went missing"),
        "line_cancelled": _l("Line cancelled"),
        "solved": _l("Taken out of its queue"),
        "mapped": _l("Mapped to a SKU"),
        "split": _l("Split"),
        "merged": _l("Leaves with another order"),
        "separated": _l("Leaves by itself"),
        "taken_back": _l("Goods taken back"),
        "inspected": _l("Inspected"),
        "replaced": _l("Replaced"),
        "platform": _l("What the platform said"),
        "shipped": _l("Shipped"),
        "returned": _l("Goods came back"),
        "posted": _l("Booked"),
        "waiting": _l("Waiting to be booked"),
        "address_changed": _l("Address corrected"),
        "forgotten": _l("Personal data forgotten"),
    },
    "document": {
        "shipment": _l("Parcel"),
        "return": _l("Return"),
        "charge": _l("Charge"),
        "adjustment": _l("Stock adjustment"),
        "receipt": _l("Receipt"),
    },
    "condition": {"sellable": _l("Sellable"), "new": _l("New")},
    "posting_state": {"posted": _l("Booked"), "waiting": _l("Waiting")},
    "move": {
        "sale": _l("Sale"),
        "return": _l("Return"),
        "short_cover": _l("Covers an earlier sale"),
        "write_off": _l("Write-off"),
        "stock_gain": _l("Stock gain"),
        "opening": _l("Opening stock"),
    },
    "entry": {
        "sale": _l("Sale"),
        "credit_note": _l("Credit note"),
        "charge": _l("Charge"),
        "stock_adjustment": _l("Stock adjustment"),
        "goods_receipt": _l("Goods receipt"),
        "short_cover": _l("Cost of goods sold short"),
    },
    "posting_tag": {
        "actual": _l("actual"),
        "estimate": _l("estimate"),
        "trueup": _l("true-up"),
    },
    "account_kind": {
        "asset": _l("Asset"),
        "liability": _l("Liability"),
        "equity": _l("Equity"),
        "income": _l("Income"),
        "expense": _l("Expense"),
    },
    "import_kind": {"orders": _l("Orders"), "stock": _l("Stock")},
    "import_state": {"running": _l("Running"), "done": _l("Done")},
    "addon_state": {
        "enabled": _l("Enabled"),
        "disabled": _l("Disabled"),
        "discovered": _l("Not installed"),
        "broken": _l("Broken"),
        "waiting": _l("Waiting"),
        "upgrade_pending": _l("Upgrade pending"),
        "newer_data": _l("Files are too old"),
        "quarantined": _l("Quarantined"),
        "uninstalled": _l("Uninstalled"),
    },
    "connection_state": {
        "ok": _l("Works"),
        "needs_credentials": _l("Needs credentials"),
        "retrying": _l("Trying again"),
        "paused": _l("Paused"),
        "error": _l("Error"),
    },
    "addon_category": {
        "connector": _l("Sales channel"),
        "warehouse": _l("Warehouse"),
        "tax": _l("Tax"),
        "report": _l("Report"),
        "ledger": _l("Ledger"),
        "app": _l("Application"),
    },
    "profit_line": {
        "sales": _l("Sales"),
        "net_revenue": _l("Net revenue"),
        "shipping": _l("Shipping"),
        "discounts": _l("Discounts"),
        "refunds": _l("Refunds"),
        "other_income": _l("Other income"),
        "cogs": _l("Cost of goods"),
        "stock_losses": _l("Stock losses"),
        "fees": _l("Fees"),
        "fulfilment": _l("Fulfilment"),
        "marketing": _l("Marketing"),
        "overhead": _l("Overhead"),
        "finance": _l("Finance"),
    },
    "profit_state": {
        "estimated": _l("Estimated"),
        "partly_settled": _l("Partly settled"),
        "settled": _l("Settled"),
        "reconciled": _l("Reconciled"),
        "incomplete": _l("Incomplete"),
        "actual": _l("Actual"),
    },
    "profit_by": {
        "month": _l("Month"),
        "country": _l("Country"),
        "sku": _l("SKU"),
        "order": _l("Order"),
        "shop": _l("Shop"),
    },
}

TONES = {
    "good": {"enabled", "posted", "settled", "reconciled", "done", "actual", "ok"},
    "warn": {
        "short",
        "waiting",
        "unmapped",
        "no_original_sale",
        "no_route",
        "address",
        "unpaid",
        "duplicate",
        "loss",
        "backordered",
        "on_hold",
        "cancel_requested",
        "draft",
        "partly_settled",
        "estimated",
        "upgrade_pending",
        "newer_data",
        "retrying",
        "paused",
    },
    "bad": {"cancelled", "broken", "quarantined", "incomplete", "needs_credentials", "error"},
    "info": {"credit_note", "return", "running"},
}


def label(group: str, code: str | None) -> str:
    """Return the words for a code."""
    if not code:
        return ""
    words = LABELS[group].get(code)
    return str(words) if words is not None else code.replace("_", " ")


def tone_of(_group: str, code: str | None) -> str:
    """Return the colour in which a code is shown; words always stand beside it."""
    return next((tone for tone, codes in TONES.items() if code in codes), "")


def init_labels(app: Flask) -> None:
    """Offer the words to templates."""
    app.jinja_env.globals.update(label=label, tone_of=tone_of)

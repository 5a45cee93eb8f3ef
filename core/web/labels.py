"""Words for the codes that stand in the database; a code without words is shown as it is."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from flask import Flask
from flask_babel.speaklater import LazyString

from core.web.words import books
from core.web.words import costs
from core.web.words import onboarding
from core.web.words import orders
from core.web.words import profit
from core.web.words import rules
from core.web.words import stock
from core.web.words import work

LABELS: Mapping[str, Mapping[str, LazyString]] = MappingProxyType(
    orders.WORDS
    | stock.WORDS
    | books.WORDS
    | costs.WORDS
    | profit.WORDS
    | work.WORDS
    | rules.WORDS
    | onboarding.WORDS
)
"""The words of every group of codes."""

TONES = {
    "good": {
        "live",
        "enabled",
        "posted",
        "settled",
        "reconciled",
        "done",
        "actual",
        "ok",
        "booked",
        "applied",
        "invoiced",
        "filed",
        "registered",
        "corrected",
    },
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
        "suspense",
        "backordered",
        "on_hold",
        "cancel_requested",
        "draft",
        "partly_settled",
        "estimated",
        "not_invoiced",
        "upgrade_pending",
        "newer_data",
        "retrying",
        "paused",
        "prepared",
        "sending",
        "near",
        "correcting",
    },
    "bad": {
        "cancelled",
        "broken",
        "quarantined",
        "incomplete",
        "needs_credentials",
        "error",
        "failed",
        "unknown",
        "crossed",
    },
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
    app.jinja_env.globals.update(label=label, tone_of=tone_of, LABELS_OF=LABELS.__getitem__)

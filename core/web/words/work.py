"""Words for the codes of imports, addons, connections and background work."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

WORDS: dict[str, dict[str, LazyString]] = {
    "import_kind": {
        "orders": _l("Orders"),
        "stock": _l("Stock"),
        "settlement": _l("Settlement"),
        "settlements": _l("Settlements"),
        "bank": _l("Bank statement"),
        "documents": _l("Documents"),
    },
    "preview_verdict": {
        "new": _l("New"),
        "known": _l("Known already"),
        "refused": _l("Would be kept aside"),
    },
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
    "job_state": {
        "waiting": _l("Waiting"),
        "held": _l("Held"),
        "running": _l("Running"),
        "done": _l("Done"),
        "dead": _l("Given up"),
        "cancelled": _l("Cancelled"),
    },
    "schedule_state": {
        "active": _l("Active"),
        "paused": _l("Paused"),
        "held": _l("Held"),
    },
    "trouble": {
        "no_worker": _l("No worker is running: nothing is fetched or sent by itself."),
        "no_scheduler": _l("The clock of schedules stands still: nothing starts by itself."),
    },
    "effect_state": {
        "waiting": _l("Waiting"),
        "sending": _l("On its way"),
        "failed": _l("Failed"),
        "unknown": _l("Outcome unknown"),
    },
    "user_state": {
        "active": _l("Active"),
        "invited": _l("Invited"),
        "disabled": _l("Disabled"),
    },
    "addon_category": {
        "connector": _l("Sales channel"),
        "warehouse": _l("Warehouse"),
        "tax": _l("Tax"),
        "report": _l("Report"),
        "ledger": _l("Ledger"),
        "app": _l("Application"),
    },
}

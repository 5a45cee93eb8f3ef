"""Words for the steps of setting a company up: what each is, and what it is good for."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

WORDS: dict[str, dict[str, LazyString]] = {
    "setup_step": {
        "company": _l("Your company"),
        "source": _l("Where orders come from"),
        "connect": _l("Connect and test"),
        "shops": _l("Marketplaces and first day"),
        "warehouses": _l("Warehouses"),
        "skus": _l("Products and listings"),
        "stock": _l("Opening stock"),
        "fees": _l("Fees and VAT"),
        "publish": _l("How much is published"),
        "trial": _l("Dry run"),
        "live": _l("Go live"),
    },
    "setup_why": {
        "company": _l(
            "The books are kept in one currency and in one time zone. Both are fixed once"
            " anything is booked."
        ),
        "source": _l(
            "Connect a marketplace, try everything with a simulated one, or send files: any of"
            " them may be added later."
        ),
        "connect": _l(
            "Each connection is tried before it is kept, and may be tried again at any time."
        ),
        "shops": _l(
            "A connection brings the orders of its marketplaces from the first day that its"
            " settings say."
        ),
        "warehouses": _l(
            "Where goods lie. A platform's own warehouse is one of yours too, of the kind platform."
        ),
        "skus": _l(
            "Each listing of a platform stands for a product. Those with the same code are paired"
            " by themselves, the others wait for you; their orders are kept meanwhile."
        ),
        "stock": _l(
            "What lies where, and what a unit cost: the first layers from which sales take their"
            " cost."
        ),
        "fees": _l(
            "Fees are estimated as soon as goods leave and corrected by settlements. Tax is decided"
            " by where you are registered."
        ),
        "publish": _l(
            "A rule may keep some units back. Nothing is told to a platform while its connection is"
            " paused."
        ),
        "trial": _l(
            "Look at what the last 30 days brought before anything leaves: orders, what waits for"
            " somebody, and what is not final yet."
        ),
        "live": _l(
            "From here on connections work by themselves: they fetch orders and tell platforms what"
            " is for sale."
        ),
    },
    "setup_state": {"done": _l("done"), "later": _l("later"), "open": _l("open")},
}

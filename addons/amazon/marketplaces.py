"""Amazon's marketplaces: their ids, and where the Selling Partner API answers for them.

From Amazon's documentation of marketplace ids and endpoints, as of November 2026.
"""

from __future__ import annotations

from dataclasses import dataclass

HOSTS = {
    "na": "https://sellingpartnerapi-na.amazon.com",
    "eu": "https://sellingpartnerapi-eu.amazon.com",
    "fe": "https://sellingpartnerapi-fe.amazon.com",
}


@dataclass(frozen=True, slots=True)
class Marketplace:
    """One marketplace; `name` is what orders and settlements call it."""

    id: str
    name: str
    country: str
    currency: str
    timezone: str
    region: str


def _rows(region: str, *rows: str) -> list[Marketplace]:
    return [Marketplace(*row.split(), region) for row in rows]


_ALL = [
    *_rows(
        "na",
        "ATVPDKIKX0DER Amazon.com US USD America/Los_Angeles",
        "A2EUQ1WTGCTBG2 Amazon.ca CA CAD America/Los_Angeles",
        "A1AM78C64UM0Y8 Amazon.com.mx MX MXN America/Mexico_City",
        "A2Q3Y263D00KWC Amazon.com.br BR BRL America/Sao_Paulo",
    ),
    *_rows(
        "eu",
        "A1F83G8C2ARO7P Amazon.co.uk GB GBP Europe/London",
        "A1PA6795UKMFR9 Amazon.de DE EUR Europe/Berlin",
        "A13V1IB3VIYZZH Amazon.fr FR EUR Europe/Paris",
        "APJ6JRA9NG5V4 Amazon.it IT EUR Europe/Rome",
        "A1RKKUPIHCS9HS Amazon.es ES EUR Europe/Madrid",
        "A1805IZSGTT6HS Amazon.nl NL EUR Europe/Amsterdam",
        "AMEN7PMS3EDWL Amazon.com.be BE EUR Europe/Brussels",
        "A28R8C7NBKEWEA Amazon.ie IE EUR Europe/Dublin",
        "A2NODRKZP88ZB9 Amazon.se SE SEK Europe/Stockholm",
        "A1C3SOZRARQ6R3 Amazon.pl PL PLN Europe/Warsaw",
        "A33AVAJ2PDY3EV Amazon.com.tr TR TRY Europe/Istanbul",
        "A17E79C6D8DWNP Amazon.sa SA SAR Asia/Riyadh",
        "A2VIGQ35RCS4UG Amazon.ae AE AED Asia/Dubai",
        "ARBP9OOSHTCHU Amazon.eg EG EGP Africa/Cairo",
        "A21TJRUUN4KGV Amazon.in IN INR Asia/Kolkata",
        "AE08WJ6YKNBMC Amazon.co.za ZA ZAR Africa/Johannesburg",
    ),
    *_rows(
        "fe",
        "A1VC38T7YXB528 Amazon.co.jp JP JPY Asia/Tokyo",
        "A39IBJ37TRP1C6 Amazon.com.au AU AUD Australia/Sydney",
        "A19VAU5U5O7RUS Amazon.sg SG SGD Asia/Singapore",
    ),
]
MARKETPLACES = {each.id: each for each in _ALL}

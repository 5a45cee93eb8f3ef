"""Where the account sells."""

from __future__ import annotations

from werkzeug.wrappers import Response

from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.fake import operation
from core.testkit.fakes.rates import Published


class Sellers(Part):
    """Sellers v1."""

    @operation(
        "getMarketplaceParticipations",
        "GET",
        "/sellers/v1/marketplaceParticipations",
        Published(0.016, 15),
    )
    def participations(self, _asked: Asked) -> Response:
        """List the marketplaces of the account."""
        terms = self.fake.trade.terms
        marketplace = {
            "id": self.fake.credentials()["marketplace"],
            "name": "Amazon.co.uk",
            "countryCode": terms.country,
            "defaultCurrencyCode": terms.currency,
            "defaultLanguageCode": "en_GB",
            "domainName": "www.amazon.co.uk",
        }
        held = {"isParticipating": True, "hasSuspendedListings": False}
        store = "Fake store"
        row = {"marketplace": marketplace, "participation": held, "storeName": store}
        return as_json({"payload": [row]})

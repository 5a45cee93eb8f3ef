"""Product fees v0: what selling a listing at a price would cost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from werkzeug.wrappers import Response

from core.money import minor_digits
from core.money import round_div
from core.money import to_minor
from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.fake import operation
from core.testkit.fakes.rates import Published

MOST = 20


class Fees(Part):
    """Estimates, by the very rules that orders are charged by."""

    @operation("getMyFeesEstimates", "POST", "/products/fees/v0/feesEstimate", Published(0.5, 1))
    def estimate(self, asked: Asked) -> Response:
        """Estimate the fees of at most twenty listings."""
        wanted = asked.document()
        if not isinstance(wanted, list) or not 1 <= len(wanted) <= MOST:
            raise Refusal(400, "InvalidInput", "Ask for 1 to 20 listings.")
        try:
            return as_json([self._one(each) for each in wanted])
        except (KeyError, TypeError, ArithmeticError):
            raise Refusal(400, "InvalidInput", "A request lacks its price.") from None

    def _one(self, asked: dict[str, Any]) -> dict[str, Any]:
        trade, said = self.fake.trade, asked["FeesEstimateRequest"]
        price = said["PriceToEstimateFees"]["ListingPrice"]
        about = {
            "MarketplaceId": said["MarketplaceId"],
            "SellerId": self.fake.credentials()["seller_id"],
            "IdType": asked["IdType"],
            "IdValue": asked["IdValue"],
            "IsAmazonFulfilled": said.get("IsAmazonFulfilled", False),
            "PriceToEstimateFees": said["PriceToEstimateFees"],
            "SellerInputIdentifier": said["Identifier"],
        }
        if asked["IdValue"] not in trade.products:
            error = {"Type": "Sender", "Code": "InvalidParameterValue", "Message": "No such SKU."}
            return {"Status": "ClientError", "FeesEstimateIdentifier": about, "Error": error}
        gross = to_minor(Decimal(str(price["Amount"])), price["CurrencyCode"])
        parts = {"ReferralFee": round_div(gross * trade.terms.commission, 1000)}
        if about["IsAmazonFulfilled"]:
            parts["FBAFees"] = trade.terms.fulfilment
        estimate = {
            "TimeOfFeesEstimation": self.fake.clock.now().isoformat(),
            "TotalFeesEstimate": self._money(sum(parts.values())),
            "FeeDetailList": [
                {"FeeType": name, "FeeAmount": self._money(fee), "FinalFee": self._money(fee)}
                for name, fee in parts.items()
            ],
        }
        return {"Status": "Success", "FeesEstimateIdentifier": about, "FeesEstimate": estimate}

    def _money(self, amount: int) -> dict[str, Any]:
        currency = self.fake.trade.terms.currency
        digits = minor_digits(currency)
        return {"CurrencyCode": currency, "Amount": round(amount / 10**digits, digits)}

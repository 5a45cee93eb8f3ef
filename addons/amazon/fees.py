"""What Amazon says that selling a listing would cost: asked by twenties, kept, and answered from.

An estimate holds for a price. The commission follows the price of the line that leaves; what Amazon
takes for sending a piece does not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from addons.amazon.listings import shown
from addons.amazon.operations import FEES
from addons.amazon.operations import SEARCH_LISTINGS
from core.api import Call
from core.api import DocumentRow
from core.api import FeeAnswer
from core.api import FeeFacts
from core.api import MappingError
from core.api import minor_digits
from core.api import money
from core.api import round_div

KIND = "fee_estimates"
PAGE = 20
"""So many Amazon estimates at once, and lists on a page."""
COMMISSION, SENDING = "6000", "6020"
# Amazon's names of the fees that each account holds; another one is in the total only.
ACCOUNTS = {"ReferralFee": COMMISSION, "FBAFees": SENDING, "FBAPickAndPack": SENDING}
PLATFORM, SELLER = "platform", "seller"

Document = Mapping[str, Any]


def page(call: Call, token: str) -> tuple[list[DocumentRow], str]:
    """Return the estimates of a page of listings, and where the next one begins; "" if nowhere."""
    place = call.settings["marketplace"]
    query = {
        "marketplaceIds": place,
        "pageSize": PAGE,
        "includedData": "summaries,offers,fulfillmentAvailability",
        "pageToken": token or None,
    }
    path = {"seller_id": call.settings["seller_id"]}
    body = call.http.call(SEARCH_LISTINGS, path=path, query=query).json()
    items = body.get("items") if isinstance(body, dict) else None
    if not isinstance(items, list):
        raise MappingError("items", type(items).__name__)
    asking = [asked for item in items if (asked := _of_listing(item, place)) is not None]
    rows = estimates(call, asking) if asking else []
    return rows, str((body.get("pagination") or {}).get("nextToken") or "")


def request(sku: str, price: Document, fulfilled: bool, marketplace: str) -> Document:
    """Return what asks for the fees of one listing at its price."""
    return {
        "FeesEstimateRequest": {
            "MarketplaceId": marketplace,
            "IsAmazonFulfilled": fulfilled,
            "PriceToEstimateFees": {"ListingPrice": price},
            "Identifier": f"{sku}/{PLATFORM if fulfilled else SELLER}",
        },
        "IdType": "SellerSKU",
        "IdValue": sku,
    }


def estimates(call: Call, asking: Sequence[Document]) -> list[DocumentRow]:
    """Return a row for each listing that Amazon could estimate."""
    told = call.http.call(FEES, json=list(asking)).json()
    if not isinstance(told, list):
        raise MappingError("fees", type(told).__name__)
    return [_row(each) for each in told if each.get("Status") == "Success"]


def answers(
    lines: Sequence[FeeFacts], rows: Mapping[int, Mapping[str, Mapping[str, str]]]
) -> Iterator[FeeAnswer]:
    """Yield what the kept estimates say of lines; `rows` are those of each shop by their refs."""
    for line in lines:
        row = rows.get(line.shop_id, {}).get(ref_of(line))
        if row is None or row["currency"] != line.currency or int(row["price"]) <= 0:
            continue
        if COMMISSION in row:
            told = int(row[COMMISSION]) * line.price
            yield FeeAnswer(line.line_id, COMMISSION, round_div(told, int(row["price"])))
        if SENDING in row:
            yield FeeAnswer(line.line_id, SENDING, int(row[SENDING]) * line.quantity)


def ref_of(line: FeeFacts) -> str:
    """Return what the estimate of a line is kept under."""
    return f"{line.sku}/{line.fulfilment}"


def _of_listing(item: Document, marketplace: str) -> Document | None:
    offer = next((each for each in item.get("offers") or () if each["offerType"] == "B2C"), None)
    if offer is None:
        return None
    told = offer["price"]
    digits = minor_digits(told["currencyCode"])
    # Amazon wants a number; this one is written with the digits that it has.
    amount = money(told["amount"], told["currencyCode"], path="offers.price") / 10**digits
    price = {"CurrencyCode": told["currencyCode"], "Amount": amount}
    return request(item["sku"], price, shown(item) is None, marketplace)


def _row(told: Document) -> DocumentRow:
    about = told["FeesEstimateIdentifier"]
    price = about["PriceToEstimateFees"]["ListingPrice"]
    currency = price["CurrencyCode"]
    estimate = told["FeesEstimate"]
    sums: defaultdict[str, int] = defaultdict(int)
    for each in estimate.get("FeeDetailList") or ():
        account = ACCOUNTS.get(each["FeeType"], f"other {each['FeeType']}")
        final = each["FinalFee"]
        sums[account] += money(final["Amount"], final["CurrencyCode"], path=each["FeeType"])
    total = estimate["TotalFeesEstimate"]
    cells = {
        "sku": str(about["IdValue"]),
        "fulfilment": PLATFORM if about.get("IsAmazonFulfilled") else SELLER,
        "currency": currency,
        "price": str(money(price["Amount"], currency, path="ListingPrice")),
        "total": str(money(total["Amount"], total["CurrencyCode"], path="TotalFeesEstimate")),
        **{name: str(amount) for name, amount in sorted(sums.items())},
    }
    return DocumentRow(f"{cells['sku']}/{cells['fulfilment']}", cells)

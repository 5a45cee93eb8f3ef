"""Amazon Ads: what advertising cost by product and campaign, from its reporting of version 3.

It is another API than the Selling Partner API, with a login of its own. What it tells says for
which goods the settlement's cost of advertising was; that cost itself is not booked twice.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from collections.abc import Mapping
from datetime import date
from datetime import datetime
from decimal import Decimal
from typing import Any

from addons.amazon.login import exchange_ads
from addons.amazon.marketplaces import MARKETPLACES
from addons.amazon.months import first_of_month
from addons.amazon.months import month_before
from core.api import Call
from core.api import CostWeight
from core.api import DocumentRow
from core.api import ExternalDocument
from core.api import MappingError
from core.api import Operation
from core.api import Rate
from core.api import Rejected
from core.api import setting_text
from core.api import to_micro

HOSTS = {
    "na": "https://advertising-api.amazon.com",
    "eu": "https://advertising-api-eu.amazon.com",
    "fe": "https://advertising-api-fe.amazon.com",
}
CREATE = "/reporting/reports"
ASKING = "application/vnd.createasyncreportrequest.v3+json"
COLUMNS = ("date", "campaignId", "campaignName", "advertisedSku", "cost", "impressions", "clicks")
TEXT = "%Y-%m-%dT%H:%M:%SZ"
RATE = Rate(1, 5)
"""Amazon publishes none for it; so often nobody is refused."""


def is_connected(settings: Mapping[str, Any]) -> bool:
    """Say whether the account's advertising is connected too."""
    return bool(settings.get("ads_profile") and settings.get("ads_refresh_token"))


def months(until: datetime) -> Iterator[tuple[str, str]]:
    """Yield the month before and this one: Amazon corrects what ads cost for weeks."""
    before = month_before(until)
    yield first_of_month(before).strftime(TEXT), before.strftime(TEXT)
    yield first_of_month(until).strftime(TEXT), until.strftime(TEXT)


def begin(call: Call, since: str, until: str) -> str:
    """Ask for a report by product and day, and return its number; asked twice it is the same."""
    body = {
        "name": f"Entrepot {since[:10]}",
        "startDate": since[:10],
        "endDate": until[:10],
        "configuration": {
            "adProduct": "SPONSORED_PRODUCTS",
            "reportTypeId": "spAdvertisedProduct",
            "groupBy": ["advertiser"],
            "columns": list(COLUMNS),
            "timeUnit": "DAILY",
            "format": "GZIP_JSON",
        },
    }
    operation = Operation("ads.create", "POST", f"{_host(call)}{CREATE}", RATE, signed=False)
    headers = {**_headers(call), "Content-Type": ASKING}
    answer = call.http.call(operation, json=body, headers=headers, expect=(425,))
    told = answer.json()
    if answer.status == 425:
        # It is being made already; the answer ends with its number.
        return str(told.get("detail", "")).rpartition(":")[2].strip()
    return str(told["reportId"])


def finished(call: Call, ref: str, since: str) -> list[ExternalDocument | Rejected] | None:
    """Return the report when it is done; None while it is being made."""
    path = f"{_host(call)}{CREATE}/{{report_id}}"
    operation = Operation("ads.get", "GET", path, RATE, signed=False)
    told = call.http.call(operation, path={"report_id": ref}, headers=_headers(call)).json()
    name = f"ads {since[:10]} {ref}"
    if told.get("status") in ("FAILURE", "FAILED"):
        return [Rejected(name, f"Amazon could not make it: {told.get('failureReason') or 'why'}")]
    if told.get("status") != "COMPLETED":
        return None
    place = str(told["url"]).replace("{", "%7B").replace("}", "%7D")
    content = call.http.call(Operation("ads.fetch", "GET", place, signed=False)).content
    try:
        return [read_report(name, content, date.fromisoformat(since[:10]))]
    except MappingError as error:
        return [Rejected(name, str(error))]


def read_report(name: str, content: bytes, month: date) -> ExternalDocument:
    """Return a report: a row for each campaign, product and day, and what each product cost.

    Raises: MappingError.
    """
    try:
        text = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
        told = json.loads(text, parse_float=Decimal)
    except (OSError, EOFError, ValueError) as error:
        raise MappingError("document", "neither packed nor plain JSON") from error
    if not isinstance(told, list):
        raise MappingError("document", type(told).__name__)
    rows, costs = [], Counter[str]()
    for each in told:
        cost = Decimal(each["cost"])
        costs[str(each["advertisedSku"])] += to_micro(cost)
        cells = {column: str(each.get(column, "")) for column in COLUMNS}
        ref = f"{each['date']}/{each['campaignId']}/{each['advertisedSku']}"
        rows.append(DocumentRow(ref, cells))
    weights = [CostWeight(month, sku, weight) for sku, weight in sorted(costs.items()) if sku]
    return ExternalDocument(name, "ads", rows, "ads", weights)


def _headers(call: Call) -> dict[str, str]:
    token = exchange_ads(call.http, call.settings)
    return {
        "Authorization": f"Bearer {token}",
        "Amazon-Advertising-API-ClientId": setting_text(call.settings, "ads_client_id"),
        "Amazon-Advertising-API-Scope": str(call.settings["ads_profile"]),
    }


def _host(call: Call) -> str:
    simulator = call.settings.get("simulator")
    return str(simulator or HOSTS[MARKETPLACES[call.settings["marketplace"]].region])

"""Advertising paid by the click: which listings it was for, from eBay's reports of campaigns.

What is paid by the sale names its order in the payout. What is paid by the click is one amount for
the account: the report says for which goods, and that amount itself is not booked a second time.
Names of dimensions and metrics are from eBay's page of reports of Promoted Listings.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections import Counter
from collections.abc import Collection
from datetime import date
from datetime import datetime
from datetime import timedelta
from decimal import Decimal
from decimal import InvalidOperation
from zoneinfo import ZoneInfo

from addons.ebay.asking import ask
from addons.ebay.asking import following
from addons.ebay.asking import list_page
from addons.ebay.asking import place_in
from addons.ebay.asking import text_of
from addons.ebay.operations import BEGIN_AD_REPORT
from addons.ebay.operations import GET_AD_REPORT
from addons.ebay.operations import GET_AD_TASK
from addons.ebay.operations import GET_ORDERS
from core.api import Call
from core.api import ConnectorError
from core.api import CostWeight
from core.api import DocumentRow
from core.api import ExternalDocument
from core.api import MappingError
from core.api import Page
from core.api import Rejected
from core.api import Window
from core.api import to_micro

API, KIND = "marketing", "ads"
LISTING, FEES = "listing_id", "cpc_ad_fees_listingsite_currency"
DIMENSIONS = ("campaign_id", "ad_group_id", LISTING)
METRICS = ("cpc_impressions", "cpc_clicks", FEES)
MADE, UNDER_WAY = "SUCCESS", ("PENDING", "SCHEDULED", "IN_PROGRESS", "RUNNING")
LATEST = 10
"""Until this day of a month eBay may still correct the month before: it is asked for as well."""
ZONE = ZoneInfo("America/Phoenix")
"""A day of eBay's reports of advertising is one of Mountain Standard Time."""
PAGE = 200


def pull(call: Call, window: Window, cursor: str | None) -> Page[ExternalDocument]:
    """Return the report of a month once it is made; before that it is asked for.

    The cursor holds the month and eBay's number of what was asked for, so that it is asked once.
    """
    if not call.settings.get("ads"):
        return Page([])
    if cursor is None:
        first = window.until.date().replace(day=1)
        early = window.until.day <= LATEST
        return _begin(call, (first - timedelta(days=1)).replace(day=1) if early else first, window)
    text, mark, ref = cursor.partition("|")
    try:
        month = date.fromisoformat(text)
    except ValueError:
        month, mark = date.min, ""
    if not mark:
        raise ConnectorError("The place in the reports of advertising cannot be read.")
    found = _finished(call, ref, month, window)
    if found is None:
        return Page([], cursor, later=True)
    after = _next(month)
    if after > window.until.date():
        return Page([found])
    begun = _begin(call, after, window)
    return Page([found], begun.next_cursor, later=True)


def read_report(name: str, content: bytes, month: date) -> ExternalDocument:
    """Return a report: a row for each campaign and listing, and what each listing cost.

    Raises: MappingError.
    """
    try:
        text = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
        lines = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig")), delimiter="\t"))
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise MappingError("report", type(error).__name__) from error
    if lines and not {LISTING, FEES} <= set(lines[0]):
        raise MappingError("report", ", ".join(map(str, lines[0])))
    rows, costs = [], Counter[str]()
    for line in lines:
        costs[line[LISTING]] += _micro(line[FEES])
        cells = {column: str(line.get(column) or "") for column in (*DIMENSIONS, *METRICS)}
        ref = "/".join([f"{month:%Y-%m}", *(cells[column] for column in DIMENSIONS)])
        rows.append(DocumentRow(ref, cells))
    weights = [CostWeight(month, code, weight) for code, weight in sorted(costs.items()) if weight]
    return ExternalDocument(name, KIND, rows, KIND, weights)


def _begin(call: Call, month: date, window: Window) -> Page[ExternalDocument]:
    """Ask for the report of a month; asked for twice it is made twice, which does no harm."""
    since, until = _bounds(month, window.until)
    body = {
        "reportType": "CAMPAIGN_PERFORMANCE_REPORT",
        "marketplaceId": call.settings["marketplace"],
        "dateFrom": text_of(since),
        "dateTo": text_of(until),
        "dimensions": [{"dimensionKey": name} for name in DIMENSIONS],
        "metricKeys": list(METRICS),
        "fundingModels": ["COST_PER_CLICK"],
        "reportFormat": "TSV_GZIP",
    }
    answer = call.http.call(BEGIN_AD_REPORT, json=body, expect=(202,))
    ref = answer.headers.get("location", "").rstrip("/").rpartition("/")[2]
    if not ref:
        raise ConnectorError("eBay does not say which report of advertising it makes.")
    return Page([], f"{month}|{ref}", later=True)


def _finished(
    call: Call, ref: str, month: date, window: Window
) -> ExternalDocument | Rejected | None:
    told = ask(call.http, GET_AD_TASK, api=API, path={"task": ref}) or {}
    status, name = str(told.get("reportTaskStatus")), f"ads {month:%Y-%m} {ref}"
    if status in UNDER_WAY:
        return None
    if status != MADE:
        why = told.get("reportTaskStatusMessage") or status
        return Rejected(name, f"eBay could not make the report of advertising: {why}")
    path = {"report": told.get("reportId") or ref}
    content = call.http.call(GET_AD_REPORT, path=path).content
    try:
        found = read_report(name, content, month)
    except MappingError as error:
        return Rejected(name, str(error))
    return _by_sku(call, found, month, window)


def _by_sku(call: Call, found: ExternalDocument, month: date, window: Window) -> ExternalDocument:
    """Return a report whose weights name SKUs: those by which its listings were sold that month.

    A listing of several SKUs is shared evenly among those sold; one that sold nothing keeps its
    number, and its weight counts once somebody says which SKU it is.
    """
    skus = _sold(call, {each.code for each in found.weights}, month, window.until)
    costs: Counter[str] = Counter()
    for each in found.weights:
        codes = sorted(skus.get(each.code) or {f"item {each.code}"})
        for place, code in enumerate(codes):
            costs[code] += each.weight // len(codes) + (place < each.weight % len(codes))
    weights = [CostWeight(month, code, weight) for code, weight in sorted(costs.items())]
    return ExternalDocument(found.external_id, found.kind, found.rows, found.weighs, weights)


def _sold(
    call: Call, listings: Collection[str], month: date, until: datetime
) -> dict[str, set[str]]:
    since, end = _bounds(month, until)
    found: dict[str, set[str]] = {}
    cursor, going = None, bool(listings)
    while going:
        offset, total = place_in(cursor)
        page = list_page(
            call.http,
            GET_ORDERS,
            "orders",
            api="fulfillment",
            filter=f"creationdate:[{text_of(since)}..{text_of(end)}]",
            limit=PAGE,
            offset=offset,
        )
        for line in (line for order in page.rows for line in order.get("lineItems") or ()):
            if line.get("legacyItemId") in listings and line.get("sku"):
                found.setdefault(str(line["legacyItemId"]), set()).add(str(line["sku"]))
        cursor = following(page, offset, total)
        going = cursor is not None
    return found


def _bounds(month: date, until: datetime) -> tuple[datetime, datetime]:
    since = datetime(month.year, month.month, 1, tzinfo=ZONE)
    after = _next(month)
    end = datetime(after.year, after.month, 1, tzinfo=ZONE) - timedelta(seconds=1)
    return since, max(since + timedelta(seconds=1), min(end, until))


def _next(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def _micro(text: str | None) -> int:
    try:
        return to_micro(Decimal((text or "0").replace(",", "").strip() or "0"))
    except InvalidOperation as error:
        raise MappingError(FEES, text) from error

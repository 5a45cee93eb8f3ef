"""Settlement reports: which ones Amazon has published, and what stands in them.

They come by themselves for every payout, cannot be asked for, and are kept for about 90 days.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime
from datetime import timedelta
from typing import Any

from addons.amazon.operations import GET_REPORT_DOCUMENT
from addons.amazon.operations import GET_REPORTS
from core.api import Call
from core.api import ConnectorError
from core.api import ExternalSettlement
from core.api import MappingError
from core.api import Operation
from core.api import Page
from core.api import Window

KIND = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
KEPT = timedelta(days=89)
LATE = timedelta(days=1)
"""A report is listed by when it was begun, and may be done later: so far back is looked again."""
PAGE = 40
"""So many reports wait in a cursor: it is stored, and must stay small."""


def pull_reports(call: Call, window: Window, cursor: str | None) -> Page[ExternalSettlement]:
    """Return the next report of a window: one a page, since each is stored before the next.

    The cursor holds the documents that were listed and not fetched yet, and where the list goes on.
    """
    waiting, token = _read(cursor)
    if not waiting and (cursor is None or token is not None):
        waiting, token = _listed(call, window, token)
    if not waiting:
        return Page([], _write([], token))
    document, *rest = waiting
    return Page([fetched(call, document)], _write(rest, token))


def _listed(call: Call, window: Window, token: str | None) -> tuple[list[str], str | None]:
    """Return the documents of the next page of the list, the oldest first, and what follows."""
    query: Mapping[str, object] = {"nextToken": token}
    if token is None:
        earliest = window.until - KEPT
        query = {
            "reportTypes": KIND,
            "processingStatuses": "DONE",
            "pageSize": PAGE,
            "createdSince": _text(max(window.since - LATE if window.since else earliest, earliest)),
            "createdUntil": _text(window.until),
        }
    body = call.http.call(GET_REPORTS, query=query).json()
    reports = body.get("reports") if isinstance(body, dict) else None
    if not isinstance(reports, list):
        raise MappingError("reports", type(reports).__name__)
    found = [str(each["reportDocumentId"]) for each in reports if _is_wanted(each)]
    following = body.get("nextToken")
    return found[::-1], str(following) if following else None


def _is_wanted(report: Mapping[str, Any]) -> bool:
    return report.get("reportType") == KIND and bool(report.get("reportDocumentId"))


def fetched(call: Call, document: str) -> ExternalSettlement:
    """Return a report that is done, as it was received.

    Raises: MappingError, ConnectorError.
    """
    told = call.http.call(GET_REPORT_DOCUMENT, path={"document_id": document}).json()
    url = told.get("url") if isinstance(told, dict) else None
    if not isinstance(url, str) or "://" not in url:
        raise MappingError("url", type(url).__name__)
    # The address is its own permission, and holds for five minutes; the account's token must not
    # leave with it.
    place = url.replace("{", "%7B").replace("}", "%7D")
    answer = call.http.call(Operation("reports.fetch", "GET", place, signed=False))
    if not answer.content:
        raise ConnectorError(f"The report {document} is empty.")
    return ExternalSettlement(document, answer.content)


def _read(cursor: str | None) -> tuple[list[str], str | None]:
    if cursor is None:
        return [], None
    try:
        place = json.loads(cursor)
        return [str(each) for each in place["waiting"]], place["token"]
    except (ValueError, KeyError, TypeError) as error:
        raise ConnectorError("The place in the list of reports cannot be read.") from error


def _write(waiting: Sequence[str], token: str | None) -> str | None:
    if not waiting and token is None:
        return None
    return json.dumps({"waiting": list(waiting), "token": token})


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")

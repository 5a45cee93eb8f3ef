"""Reports that are made when they are asked for: begun, waited for, fetched, and read.

The cursor holds what is still to be begun, and what was begun with Amazon's numbers: a report that
was asked for is never asked for twice, since each costs of a small quota.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import replace
from datetime import datetime
from typing import Any

from addons.amazon import ads
from addons.amazon import fees
from addons.amazon.inventory import skus_by_label
from addons.amazon.kinds import ADS
from addons.amazon.kinds import FEES
from addons.amazon.kinds import KINDS
from addons.amazon.kinds import STORAGE
from addons.amazon.kinds import Kind
from addons.amazon.marketplaces import MARKETPLACES
from addons.amazon.operations import CREATE_REPORT
from addons.amazon.operations import GET_REPORT
from addons.amazon.operations import GET_REPORTS
from addons.amazon.packed import unpacked
from addons.amazon.reports import fetched
from addons.amazon.rows import rows_of
from addons.amazon.rows import storage_weights
from core.api import AuthFailed
from core.api import Call
from core.api import ConnectorError
from core.api import ExternalDocument
from core.api import MappingError
from core.api import Page
from core.api import Rejected
from core.api import RequestRefused
from core.api import Window

DONE, EMPTY, FAILED = "DONE", "CANCELLED", "FATAL"
UNDER_WAY = ("IN_QUEUE", "IN_PROGRESS")
START = "1|"
"""Fees are estimated page by page: the number of the page, and where it begins."""
TEXT = "%Y-%m-%dT%H:%M:%SZ"
Found = list[ExternalDocument | Rejected]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A report of a time; `ref` is Amazon's number for it once it was begun."""

    kind: str
    since: str
    until: str
    ref: str = ""


def pull(call: Call, window: Window, cursor: str | None) -> Page[ExternalDocument]:
    """Go one step: begin a report, or fetch one that is ready."""
    todo = _read(cursor) if cursor is not None else _plan(call, window.until)
    if not todo:
        return Page([])
    for place, wanted in enumerate(todo):
        if not wanted.ref:
            return _began(call, wanted, todo, place)
    for place, wanted in enumerate(todo):
        if wanted.kind == FEES:
            return _estimated(call, wanted, todo, place)
        found = _fetched(call, wanted)
        if found is not None:
            return Page(found, _write([*todo[:place], *todo[place + 1 :]]))
    return Page([], _write(todo), later=True)


def _plan(call: Call, until: datetime) -> list[Wanted]:
    region = MARKETPLACES[call.settings["marketplace"]].region
    todo = [
        Wanted(kind.name, kind.since(until).strftime(TEXT), until.strftime(TEXT))
        for kind in KINDS.values()
        if call.settings["reports"] and (not kind.only or region in kind.only)
    ]
    if call.settings["reports"]:
        todo.append(Wanted(FEES, until.strftime(TEXT), until.strftime(TEXT), START))
    if ads.is_connected(call.settings):
        todo += [Wanted(ADS, since, last) for since, last in ads.months(until)]
    return todo


def _estimated(
    call: Call, wanted: Wanted, todo: list[Wanted], place: int
) -> Page[ExternalDocument]:
    """Let Amazon estimate the fees of the next listings; it answers at once."""
    number, _, token = wanted.ref.partition("|")
    rows, following = fees.page(call, token)
    name = f"{wanted.kind} {wanted.until} {number}"
    after = [replace(wanted, ref=f"{int(number) + 1}|{following}")] if following else []
    rest = [*todo[:place], *after, *todo[place + 1 :]]
    return Page([ExternalDocument(name, FEES, rows)] if rows else [], _write(rest))


def _began(call: Call, wanted: Wanted, todo: list[Wanted], place: int) -> Page[ExternalDocument]:
    """Begin a report; one that Amazon refuses is left out, with the reason."""
    try:
        if wanted.kind == ADS:
            ref = ads.begin(call, wanted.since, wanted.until)
        else:
            ref = begun(call, KINDS[wanted.kind], wanted.since, wanted.until)
    except RequestRefused as error:
        return _left_out(wanted, todo, place, f"Amazon refuses to make it: {error}")
    except AuthFailed as error:
        if wanted.kind != ADS:
            raise
        # Advertising has a login of its own: that of the orders still holds.
        return _left_out(wanted, todo, place, str(error))
    return Page([], _write([*todo[:place], replace(wanted, ref=ref), *todo[place + 1 :]]))


def _left_out(
    wanted: Wanted, todo: list[Wanted], place: int, reason: str
) -> Page[ExternalDocument]:
    rest = [*todo[:place], *todo[place + 1 :]]
    return Page([Rejected(_name(wanted), reason)], _write(rest))


def begun(call: Call, kind: Kind, since: str, until: str) -> str:
    """Return the number of a report: of one that somebody else has begun, or of a new one.

    Amazon ends a report without a result when the same one is asked for twice at a time.
    """
    place = call.settings["marketplace"]
    query = {
        "reportTypes": kind.report,
        "processingStatuses": ",".join(UNDER_WAY),
        "marketplaceIds": place,
    }
    told = call.http.call(GET_REPORTS, query=query).json()
    under_way = told.get("reports") if isinstance(told, dict) else None
    if not isinstance(under_way, list):
        raise MappingError("reports", type(under_way).__name__)
    for report in under_way:
        if _moment(report.get("dataStartTime")) <= _moment(since):
            return str(report["reportId"])
    body: dict[str, Any] = {
        "reportType": kind.report,
        "dataStartTime": since,
        "dataEndTime": until,
        "marketplaceIds": [place],
    }
    if kind.options:
        body["reportOptions"] = dict(kind.options)
    return str(call.http.call(CREATE_REPORT, json=body).json()["reportId"])


def _fetched(call: Call, wanted: Wanted) -> Found | None:
    """Return what became of a report; one of advertising that is refused is left out."""
    try:
        return asked(call, wanted)
    except AuthFailed as error:
        if wanted.kind != ADS:
            raise
        return [Rejected(_name(wanted), str(error))]


def asked(call: Call, wanted: Wanted) -> Found | None:
    """Return what became of a report; None while it is being made."""
    if wanted.kind == ADS:
        return ads.finished(call, wanted.ref, wanted.since)
    told = call.http.call(GET_REPORT, path={"report_id": wanted.ref}).json()
    status = told.get("processingStatus")
    if status == EMPTY:
        return []
    if status == FAILED:
        return [Rejected(_name(wanted), "Amazon could not make it.")]
    if status != DONE:
        return None
    return [_document(call, wanted, fetched(call, str(told["reportDocumentId"])).content)]


def _document(call: Call, wanted: Wanted, content: bytes) -> ExternalDocument | Rejected:
    try:
        rows = rows_of(unpacked(content), KINDS[wanted.kind])
        if wanted.kind != STORAGE:
            return ExternalDocument(_name(wanted), wanted.kind, rows)
        weights = storage_weights(rows, skus_by_label(call))
        return ExternalDocument(_name(wanted), wanted.kind, rows, "storage", weights)
    except MappingError as error:
        return Rejected(_name(wanted), str(error))


def _name(wanted: Wanted) -> str:
    return f"{wanted.kind} {wanted.since[:10]} {wanted.ref}".strip()


def _moment(text: object) -> datetime:
    return datetime.fromisoformat(str(text))


def _read(cursor: str) -> list[Wanted]:
    try:
        return [Wanted(**each) for each in json.loads(cursor)]
    except (ValueError, TypeError) as error:
        raise ConnectorError("The place among the reports cannot be read.") from error


def _write(todo: list[Wanted]) -> str | None:
    rows: list[Mapping[str, str]] = [asdict(each) for each in todo]
    return json.dumps(rows) if rows else None

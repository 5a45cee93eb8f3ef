"""Reports 2021-06-30: settlements that come by themselves, others that are asked for."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta

from werkzeug.wrappers import Response

from core.testkit.fakes.amazon.settlement import settlement_report
from core.testkit.fakes.amazon.written import BUILDERS
from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.fake import operation
from core.testkit.fakes.rates import Published
from core.testkit.fakes.time import text_of

SETTLEMENT = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
WORK_SECONDS = 2


@dataclass
class Report:
    """A report; it is done a moment after it was asked for."""

    ref: str
    kind: str
    created_at: datetime
    text: str
    started_at: datetime | None = None
    ended_at: datetime | None = None


class Reports(Part):
    """What the marketplace writes down."""

    def __init__(self, fake: object) -> None:
        super().__init__(fake)
        self._asked_for: dict[str, Report] = {}

    @operation(
        "getReports",
        "GET",
        "/reports/2021-06-30/reports",
        Published(0.0222, 10),
        query=("reportTypes", "processingStatuses", "marketplaceIds", "pageSize", "createdSince")
        + ("createdUntil", "nextToken"),
    )
    def find(self, asked: Asked) -> Response:
        """List reports, the newest first; a token stands alone."""
        token = asked.query("nextToken")
        if token and len(asked.request.args) > 1:
            raise Refusal(400, "InvalidInput", "nextToken takes no other parameters.")
        kinds, since, size, at = _filter(asked, token)
        wanted = asked.listed("processingStatuses")
        found = [
            report
            for report in self._all().values()
            if report.kind in kinds and report.created_at >= since
            if not wanted or self._status(report) in wanted
        ]
        found.sort(key=lambda report: (report.created_at, report.ref), reverse=True)
        body: dict[str, object] = {
            "reports": [self._document(report) for report in found[at : at + size]]
        }
        if at + size < len(found):
            body["nextToken"] = f"{','.join(kinds)}|{since.isoformat()}|{size}|{at + size}"
        return as_json(body)

    @operation("createReport", "POST", "/reports/2021-06-30/reports", Published(0.0167, 15))
    def create(self, asked: Asked) -> Response:
        """Begin a report."""
        said, trade = asked.document(), self.fake.trade
        kind, now = said.get("reportType"), self.fake.clock.now()
        if kind == SETTLEMENT:
            raise Refusal(400, "InvalidInput", "Settlement reports cannot be requested.")
        if kind not in BUILDERS:
            raise Refusal(400, "InvalidInput", f"Report type {kind!r} is not simulated.")
        try:
            since = datetime.fromisoformat(said.get("dataStartTime") or text_of(trade.started_at))
            until = datetime.fromisoformat(said.get("dataEndTime") or text_of(now))
        except ValueError:
            raise Refusal(400, "InvalidInput", "A date is no ISO 8601 moment.") from None
        ref = trade.next_number()
        text = BUILDERS[kind](trade, since, until)
        self._asked_for[ref] = Report(ref, kind, now, text, since, until)
        return as_json({"reportId": ref}, 202)

    @operation("getReport", "GET", "/reports/2021-06-30/reports/<report_id>", Published(2, 15))
    def get(self, asked: Asked) -> Response:
        """Say how far a report is."""
        return as_json(self._document(self._report(asked.path["report_id"])))

    @operation(
        "getReportDocument",
        "GET",
        "/reports/2021-06-30/documents/<document_id>",
        Published(0.0167, 15),
        query=("enableContentEncodingUrlHeader",),
    )
    def document(self, asked: Asked) -> Response:
        """Say where a finished report can be fetched."""
        ref = self._report(asked.path["document_id"].removeprefix("DOC-")).ref
        url = f"{asked.request.host_url}documents/{ref}"
        document = {"reportDocumentId": f"DOC-{ref}", "url": url, "compressionAlgorithm": "GZIP"}
        return as_json(document)

    @operation("fetchReport", "GET", "/documents/<report_id>", signed=False)
    def fetch(self, asked: Asked) -> Response:
        """Give the packed text of a report; here the address itself is the permission."""
        text = self._report(asked.path["report_id"]).text
        packed = gzip.compress(text.encode(), mtime=0)
        return Response(packed, mimetype="text/plain")

    def _all(self) -> dict[str, Report]:
        trade = self.fake.trade
        reports = {}
        for each in trade.settlements:
            ref = f"5{each.ref}"
            created = each.ended_at + timedelta(hours=1)
            if created <= self.fake.clock.now():
                text = settlement_report(each, trade.terms.currency, "Amazon.co.uk")
                made = Report(ref, SETTLEMENT, created, text, each.started_at, each.ended_at)
                reports[ref] = made
        return reports | self._asked_for

    def _report(self, ref: str) -> Report:
        found = self._all().get(ref)
        if found is None:
            raise Refusal(404, "NotFound", "The report does not exist.")
        return found

    def _status(self, report: Report) -> str:
        return "DONE" if _done_at(report) <= self.fake.clock.now() else "IN_PROGRESS"

    def _document(self, report: Report) -> dict[str, object]:
        document: dict[str, object] = {
            "marketplaceIds": [self.fake.credentials()["marketplace"]],
            "reportId": report.ref,
            "reportType": report.kind,
            "createdTime": text_of(report.created_at),
            "processingStatus": self._status(report),
        }
        if report.started_at and report.ended_at:
            document["dataStartTime"] = text_of(report.started_at)
            document["dataEndTime"] = text_of(report.ended_at)
        if document["processingStatus"] == "DONE":
            document["processingEndTime"] = text_of(_done_at(report))
            document["reportDocumentId"] = f"DOC-{report.ref}"
        return document


def _done_at(report: Report) -> datetime:
    return report.created_at + timedelta(seconds=WORK_SECONDS)


def _filter(asked: Asked, token: str | None) -> tuple[list[str], datetime, int, int]:
    """Return kinds, first moment, size of a page and where it begins."""
    if token:
        kinds, since, *numbers = token.split("|")
        return kinds.split(","), datetime.fromisoformat(since), int(numbers[0]), int(numbers[1])
    wanted = asked.listed("reportTypes")
    if not wanted:
        raise Refusal(400, "InvalidInput", "reportTypes or nextToken must be given.")
    size = int(asked.query("pageSize") or 10)
    return wanted, datetime.fromisoformat(asked.query("createdSince") or "2000-01-01T00Z"), size, 0

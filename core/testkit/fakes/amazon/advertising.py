"""Amazon Ads: reports of what advertising cost, by product, campaign and day."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from datetime import date
from datetime import datetime
from datetime import timedelta
from typing import Any

from werkzeug.wrappers import Response

from core.money import minor_digits
from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.fake import operation
from core.testkit.fakes.rates import Published
from core.testkit.fakes.truth import Kind

WORK_SECONDS = 2
LONGEST_DAYS = 31
ASKED_AS = "application/vnd.createasyncreportrequest.v3+json"


@dataclass(frozen=True)
class Report:
    """A report that was asked for; it is done a moment later."""

    ref: str
    since: date
    until: date
    created_at: datetime


class Advertising(Part):
    """What ads cost."""

    def __init__(self, fake: object) -> None:
        super().__init__(fake)
        self._reports: dict[str, Report] = {}

    @operation("createAdsReport", "POST", "/reporting/reports", Published(1, 5), signed=False)
    def create(self, asked: Asked) -> Response:
        """Begin a report; one that is being made already is named."""
        self._check(asked)
        said = asked.document()
        if asked.request.headers.get("Content-Type") != ASKED_AS:
            raise Refusal(415, "UNSUPPORTED", f"The content type must be {ASKED_AS}.")
        try:
            since, until = (date.fromisoformat(said[name]) for name in ("startDate", "endDate"))
            wanted = said["configuration"]
            known = wanted["reportTypeId"] == "spAdvertisedProduct"
        except (KeyError, ValueError, TypeError):
            raise Refusal(400, "INVALID", "The dates or the configuration are missing.") from None
        if not known or wanted["format"] != "GZIP_JSON":
            raise Refusal(400, "INVALID", "Only spAdvertisedProduct in GZIP_JSON is simulated.")
        if not timedelta() <= until - since < timedelta(days=LONGEST_DAYS):
            raise Refusal(400, "INVALID", "A report has 31 days at most.")
        for report in self._reports.values():
            if (report.since, report.until) == (since, until) and not self._done(report):
                told = f"The Request is a duplicate of : {report.ref}"
                return as_json({"code": "425", "detail": told}, 425)
        ref = f"ads-{self.fake.trade.next_number()}"
        self._reports[ref] = Report(ref, since, until, self.fake.clock.now())
        return as_json({"reportId": ref, "status": "PENDING"})

    @operation(
        "getAdsReport", "GET", "/reporting/reports/<report_id>", Published(1, 5), signed=False
    )
    def get(self, asked: Asked) -> Response:
        """Say how far a report is."""
        self._check(asked)
        report = self._report(asked)
        if not self._done(report):
            return as_json({"reportId": report.ref, "status": "PROCESSING"})
        url = f"{asked.request.host_url}ads-report/{report.ref}"
        return as_json({"reportId": report.ref, "status": "COMPLETED", "url": url})

    @operation("fetchAdsReport", "GET", "/ads-report/<report_id>", signed=False)
    def fetch(self, asked: Asked) -> Response:
        """Give the packed report; the address itself is the permission."""
        report, terms = self._report(asked), self.fake.trade.terms
        digits = minor_digits(terms.currency)
        rows: list[dict[str, Any]] = [
            {
                "date": f"{each.at:%Y-%m-%d}",
                "campaignId": int(each.campaign.rpartition(" ")[2]),
                "campaignName": each.campaign,
                "advertisedSku": each.sku,
                "cost": round(-each.amount / 10**digits, digits),
                "impressions": -each.amount * 10,
                "clicks": -each.amount // 40,
            }
            for each in self.fake.trade.truth.shares
            if each.kind is Kind.ADS and report.since <= each.at.date() <= report.until
        ]
        packed = gzip.compress(json.dumps(rows).encode(), mtime=0)
        return Response(packed, mimetype="application/octet-stream")

    def _done(self, report: Report) -> bool:
        since = report.created_at + timedelta(seconds=WORK_SECONDS)
        done: bool = since <= self.fake.clock.now()
        return done

    def _report(self, asked: Asked) -> Report:
        if asked.path["report_id"] not in self._reports:
            raise Refusal(404, "NOT_FOUND", "There is no such report.")
        return self._reports[asked.path["report_id"]]

    def _check(self, asked: Asked) -> None:
        given, known = asked.request.headers, self.fake.advertising()
        token = given.get("Authorization", "").removeprefix("Bearer ")
        until = self.fake.tokens.get(token)
        if until is None or until <= self.fake.clock.now().timestamp():
            raise Refusal(401, "UNAUTHORIZED", "Not authorized to access this.")
        if given.get("Amazon-Advertising-API-ClientId") != known["ads_client_id"]:
            raise Refusal(401, "UNAUTHORIZED", "The client id is another one.")
        if given.get("Amazon-Advertising-API-Scope") != known["ads_profile"]:
            raise Refusal(403, "FORBIDDEN", "The profile is not one of this account.")

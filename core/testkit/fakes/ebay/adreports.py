"""Reports of advertising, of the Marketing API: asked for, made after a while, fetched."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from datetime import datetime

from werkzeug.wrappers import Response

from core.money import to_text
from core.testkit.fakes.ebay.documents import listing_number
from core.testkit.fakes.ebay.writing import moment_text
from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.fake import operation
from core.testkit.fakes.rates import Published

RATE = Published(200 / 3600, 100)
PATH = "/sell/marketing/v1"
NEEDED = ("reportType", "marketplaceId", "dateFrom", "dateTo", "dimensions", "metricKeys")
FEES = "cpc_ad_fees_listingsite_currency"


@dataclass
class Click:
    """What a click on the advertisement of a product cost, tax aside."""

    sku: str
    amount: int
    at: datetime


@dataclass
class Task:
    """A report that was asked for; it is made after it was looked at once."""

    since: datetime
    until: datetime
    columns: list[str]
    looks: int = 0


class AdReports(Part):
    """Reports on `fake.clicks`."""

    @operation("createReportTask", "POST", f"{PATH}/ad_report_task", RATE)
    def begin(self, asked: Asked) -> Response:
        """Take a task in; its number is in the address."""
        said = asked.document()
        if missing := [name for name in NEEDED if not said.get(name)]:
            raise Refusal(400, "35001", f"{missing[0]} is required.")
        begin, end = (datetime.fromisoformat(said[name]) for name in ("dateFrom", "dateTo"))
        if end > self.fake.clock.now() or begin >= end:
            raise Refusal(400, "35042", "The dates are invalid.")
        columns = [*(each["dimensionKey"] for each in said["dimensions"]), *said["metricKeys"]]
        tasks = self.fake.ad_tasks
        tasks[str(len(tasks) + 1)] = Task(begin, end, columns)
        place = f"{asked.request.base_url}/{len(tasks)}"
        return Response(status=202, headers={"Location": place})

    @operation("getReportTask", "GET", f"{PATH}/ad_report_task/<task_id>", RATE)
    def task(self, asked: Asked) -> Response:
        """Say how far a task is."""
        task = self._task(asked.path["task_id"])
        task.looks += 1
        made = task.looks > 1
        found = {
            "reportTaskId": asked.path["task_id"],
            "reportTaskStatus": "SUCCESS" if made else "PENDING",
            "dateFrom": moment_text(task.since),
            "dateTo": moment_text(task.until),
        }
        if made:
            found["reportId"] = asked.path["task_id"]
        return as_json(found)

    @operation("getReport", "GET", f"{PATH}/ad_report/<task_id>", RATE)
    def report(self, asked: Asked) -> Response:
        """Give what a task made: values between tabs, packed."""
        task = self._task(asked.path["task_id"])
        money = self.fake.trade.terms.currency
        costs: dict[str, list[int]] = {}
        for click in self.fake.clicks:
            if task.since <= click.at <= task.until:
                costs.setdefault(click.sku, []).append(click.amount)
        lines = ["\t".join(task.columns)]
        for sku, amounts in sorted(costs.items()):
            known = {
                "campaign_id": "7001",
                "ad_group_id": "8001",
                "listing_id": listing_number(self.fake.trade.products[sku].platform_id),
                "cpc_impressions": str(40 * len(amounts)),
                "cpc_clicks": str(len(amounts)),
                FEES: to_text(sum(amounts), money),
            }
            lines.append("\t".join(known.get(name, "") for name in task.columns))
        packed = gzip.compress("\n".join([*lines, ""]).encode(), mtime=0)
        return Response(packed, content_type="text/tab-separated-values")

    def _task(self, ref: str) -> Task:
        if ref not in self.fake.ad_tasks:
            raise Refusal(404, "35064", "The report task does not exist.")
        found: Task = self.fake.ad_tasks[ref]
        return found

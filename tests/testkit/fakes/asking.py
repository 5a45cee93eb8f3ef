"""A plain client for simulated marketplaces, apart from Entrepot's own."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from typing import Any

import httpx2

from core.testkit.fakes.amazon import AmazonFake


class Amazon:
    """Somebody who asks the simulated Amazon."""

    def __init__(self, fake: AmazonFake) -> None:
        assert fake.served is not None
        self.fake, self.known = fake, fake.credentials()
        self.http = httpx2.Client(base_url=fake.served.url, timeout=5)
        self.token = ""
        self.place = {"marketplaceIds": self.known["marketplace"]}

    def log_in(self, **changes: str) -> httpx2.Response:
        form = {"grant_type": "refresh_token", **self.known, **changes}
        answer = self.http.post("/auth/o2/token", data=form)
        self.token = answer.json().get("access_token", "")
        return answer

    def ask(self, method: str, path: str, json: Any = None, **query: object) -> httpx2.Response:
        headers = {"x-amz-access-token": self.token}
        params = {name: str(value) for name, value in query.items()}
        return self.http.request(method, path, params=params, headers=headers, json=json)

    def get(self, path: str, **query: object) -> Any:
        answer = self.ask("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def orders(self, **query: object) -> Iterator[dict[str, Any]]:
        """Yield every order, page by page."""
        given = {
            "createdAfter": "2000-01-01T00:00:00Z",
            "includedData": "BUYER,RECIPIENT,PROCEEDS,CANCELLATION,FULFILLMENT,PACKAGES",
            "maxResultsPerPage": 20,
            **self.place,
            **query,
        }
        token: str | None = ""
        while token is not None:
            more = {"paginationToken": token} if token else {}
            page = self.get("/orders/2026-01-01/orders", **given, **more)
            yield from page["orders"]
            token = page.get("pagination", {}).get("nextToken")

    def report(self, report_id: str) -> str:
        """Return the text of a report that is done."""
        told = self.get(f"/reports/2021-06-30/reports/{report_id}")
        assert told["processingStatus"] == "DONE", told
        found = self.get(f"/reports/2021-06-30/documents/{told['reportDocumentId']}")
        return gzip.decompress(self.http.get(found["url"]).content).decode()

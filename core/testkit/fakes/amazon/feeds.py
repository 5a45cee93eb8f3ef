"""Feeds 2021-06-30: many listings at once, by JSON_LISTINGS_FEED."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta
from typing import Any

from werkzeug.wrappers import Response

from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.fake import operation
from core.testkit.fakes.rates import Published
from core.testkit.fakes.time import text_of

FEED_TYPE = "JSON_LISTINGS_FEED"
WORK_SECONDS = 2


@dataclass
class Feed:
    """A feed that was taken, and what became of its messages."""

    ref: str
    created_at: datetime
    result: bytes


class Feeds(Part):
    """Many changes in one document."""

    def __init__(self, fake: object) -> None:
        super().__init__(fake)
        self._documents: dict[str, bytes] = {}
        self._feeds: dict[str, Feed] = {}

    @operation("createFeedDocument", "POST", "/feeds/2021-06-30/documents", Published(0.5, 15))
    def create_document(self, asked: Asked) -> Response:
        """Say where the document goes."""
        if "contentType" not in asked.document():
            raise Refusal(400, "InvalidInput", "contentType is missing.")
        ref = self.fake.trade.next_number()
        self._documents[ref] = b""
        return as_json({"feedDocumentId": ref, "url": f"{asked.request.host_url}feed/{ref}"}, 201)

    @operation("uploadFeed", "PUT", "/feed/<document_id>", signed=False)
    def upload(self, asked: Asked) -> Response:
        """Take the document; the address itself is the permission."""
        if asked.path["document_id"] not in self._documents:
            raise Refusal(403, "AccessDenied", "The address has expired.")
        self._documents[asked.path["document_id"]] = asked.request.get_data()
        return Response(status=200)

    @operation("createFeed", "POST", "/feeds/2021-06-30/feeds", Published(0.0083, 15))
    def create(self, asked: Asked) -> Response:
        """Work a document off."""
        said = asked.document()
        content = self._documents.get(said.get("inputFeedDocumentId", ""))
        if said.get("feedType") != FEED_TYPE or not content:
            raise Refusal(400, "InvalidInput", f"Upload a {FEED_TYPE} first.")
        ref = self.fake.trade.next_number()
        result = json.dumps(self._worked(content)).encode()
        self._feeds[ref] = Feed(ref, self.fake.clock.now(), gzip.compress(result, mtime=0))
        return as_json({"feedId": ref}, 202)

    @operation("getFeed", "GET", "/feeds/2021-06-30/feeds/<feed_id>", Published(2, 15))
    def get(self, asked: Asked) -> Response:
        """Say how far a feed is."""
        feed = self._feed(asked.path["feed_id"])
        done = feed.created_at + timedelta(seconds=WORK_SECONDS) <= self.fake.clock.now()
        document: dict[str, object] = {
            "feedId": feed.ref,
            "feedType": FEED_TYPE,
            "createdTime": text_of(feed.created_at),
            "processingStatus": "DONE" if done else "IN_PROGRESS",
        }
        if done:
            document["resultFeedDocumentId"] = f"RESULT-{feed.ref}"
        return as_json(document)

    @operation(
        "getFeedDocument", "GET", "/feeds/2021-06-30/documents/<document_id>", Published(0.0222, 10)
    )
    def get_document(self, asked: Asked) -> Response:
        """Say where the result can be fetched."""
        name = asked.path["document_id"]
        feed = self._feed(name.removeprefix("RESULT-"))
        url = f"{asked.request.host_url}feed-result/{feed.ref}"
        return as_json({"feedDocumentId": name, "url": url, "compressionAlgorithm": "GZIP"})

    @operation("fetchFeedResult", "GET", "/feed-result/<feed_id>", signed=False)
    def fetch(self, asked: Asked) -> Response:
        """Give the packed result."""
        return Response(self._feed(asked.path["feed_id"]).result, mimetype="application/json")

    def _feed(self, ref: str) -> Feed:
        if ref not in self._feeds:
            raise Refusal(404, "NotFound", "The feed does not exist.")
        return self._feeds[ref]

    def _worked(self, content: bytes) -> dict[str, Any]:
        """Change quantities as the messages say, and report on each."""
        issues = []
        try:
            messages = json.loads(content)["messages"]
        except (ValueError, KeyError, TypeError):
            raise Refusal(400, "InvalidInput", "The document has no messages.") from None
        for message in messages:
            product = self.fake.trade.products.get(message.get("sku"))
            try:
                value = message["patches"][0]["value"][0]
                product.shown = int(value["quantity"])
            except (AttributeError, KeyError, IndexError, TypeError, ValueError):
                text = "The message cannot be worked off."
                issues.append({"messageId": message.get("messageId"), "code": "90000900"})
                issues[-1] |= {"sku": message.get("sku", ""), "severity": "ERROR"}
                issues[-1] |= {"message": text}
        good = len(messages) - len(issues)
        summary = {"messagesProcessed": len(messages), "messagesAccepted": good}
        summary |= {"messagesInvalid": len(issues), "errors": len(issues), "warnings": 0}
        header = {"sellerId": self.fake.credentials()["seller_id"], "version": "2.0"}
        return {"header": header, "issues": issues, "summary": summary}

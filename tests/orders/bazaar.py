"""A marketplace on the loopback whose orders live, and which tells of them late, twice or never."""

from __future__ import annotations

import http.client
import json
import random
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs
from urllib.parse import urlsplit

from core import clock
from core.webhooks.signatures import hmac_text
from tests.http.servers import Handler

TWICE, DROPPED, LATE = 0.3, 0.2, 0.5
DAY = timedelta(days=1)
PAGE = 50
TOKEN = "canary-7"
PRICES = {"MUG": 10, "CUP": 7, "PEN": 2, "JUG": 30}

Document = dict[str, Any]


@dataclass(frozen=True)
class Version:
    """An order as it was from a moment on, and when the list of orders shows that."""

    document: Document
    shown_at: datetime


@dataclass(frozen=True)
class Notice:
    """A webhook on its way."""

    due_at: datetime
    body: bytes


@dataclass
class Bazaar:
    """What really happened, and what is told of it."""

    dice: random.Random
    start: datetime
    orders: dict[str, list[Version]] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    dropped: int = 0
    walk: list[Document] = field(default_factory=list)

    def live(self, count: int, hours: int) -> None:
        """Let orders come in over some hours and live on from there."""
        for number in range(count):
            at = self.start + timedelta(minutes=self.dice.randrange(hours * 60))
            ref = str(1001 + number)
            self.orders[ref] = []
            for document in _life(self.dice, ref, at):
                self._tell(ref, document)
        self.dice.shuffle(self.notices)

    def truth(self) -> dict[str, Document]:
        """Return every order as it is in the end."""
        return {ref: versions[-1].document for ref, versions in self.orders.items()}

    def _tell(self, ref: str, document: Document) -> None:
        at = datetime.fromisoformat(document["updated_at"])
        self.orders[ref].append(Version(document, self._later(at)))
        if self.dice.random() < DROPPED:
            self.dropped += 1
            return
        body = json.dumps({"event": f"{ref}-{len(self.orders[ref])}", "order": ref}).encode()
        for _ in range(2 if self.dice.random() < TWICE else 1):
            self.notices.append(Notice(self._later(at), body))

    def _later(self, at: datetime) -> datetime:
        return at + DAY * self.dice.random() if self.dice.random() < LATE else at

    # What it answers

    def act(self, handler: Handler) -> None:
        """Answer a question about orders: shuffled, some twice, some as they were before."""
        asked = {key: each[0] for key, each in parse_qs(urlsplit(handler.path).query).items()}
        at = int(asked.get("cursor", 0))
        if not at:
            # Its cursors lead through the list as it was when the walk began.
            self.walk = list(self._listed(asked))
            self.dice.shuffle(self.walk)
        found = self.walk
        following = str(at + PAGE) if at + PAGE < len(found) else None
        body = {"orders": found[at : at + PAGE], "next": following}
        handler.answer(200, json.dumps(body).encode(), content_type="application/json")

    def _listed(self, asked: dict[str, str]) -> Iterator[Document]:
        since, until = asked.get("updated_from", ""), asked["updated_to"]
        now = clock.now()
        for versions in self.orders.values():
            shown = [each.document for each in versions if each.shown_at <= now]
            if not shown:
                continue
            newest = max(shown, key=lambda document: document["updated_at"])
            if since <= newest["updated_at"] <= until:
                yield newest
                if self.dice.random() < TWICE:
                    yield self.dice.choice(shown)

    def deliver(self, port: int, path: str) -> int:
        """Deliver the webhooks that are due, and return how many were."""
        now = clock.now()
        due = [notice for notice in self.notices if notice.due_at <= now]
        self.notices = [notice for notice in self.notices if notice.due_at > now]
        wire = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        for notice in due:
            signed = {"X-Bazaar-Hmac": hmac_text(TOKEN, notice.body, "base64")}
            wire.request("POST", path, notice.body, signed)
            answer = wire.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
        wire.close()
        return len(due)


def _life(dice: random.Random, ref: str, at: datetime) -> Iterator[Document]:
    """Yield the versions of an order from its first to its last."""
    codes = dice.sample(sorted(PRICES), dice.choice([1, 1, 2]))
    now: Document = {
        "id": ref,
        "status": dice.choice(["unpaid", "open"]),
        "created_at": at.isoformat(),
        "currency": "GBP",
        "country": "GB",
        "buyer": {"id": f"B-{ref}", "name": "Ann Buyer", "email": "ann@buyer.example"},
        "lines": [_line(place, code, dice.choice([1, 2, 3])) for place, code in enumerate(codes)],
        "shipping": "0.00",
        "refunds": [],
    }
    now["total"] = f"{sum(float(line['amount']) for line in now['lines']):.2f}"
    yield _at(now, at)
    for step in _steps(dice, now):
        at += timedelta(minutes=dice.randrange(30, 600))
        step(at)
        yield _at(now, at)


def _steps(dice: random.Random, now: Document) -> Iterator[Any]:
    """Yield what happens to an order, each a change of its document."""

    def status(word: str) -> Any:
        return lambda _at: now.update(status=word)

    if now["status"] == "unpaid":
        if dice.random() < 0.2:
            yield lambda _at: _cancel_all(now)
            return
        yield status("open")
    large = [line for line in now["lines"] if line["quantity"] > 1]
    if large and dice.random() < 0.4:
        yield lambda _at: dice.choice(large).update(cancelled=1)
    fate = dice.choice(["sent", "sent", "sent", "open", "cancelled"])
    if fate == "cancelled":
        yield lambda _at: _cancel_all(now)
    elif fate == "sent":
        yield status("sent")
        if dice.random() < 0.3:
            yield lambda at: _refund(now, at)


def _line(place: int, code: str, quantity: int) -> Document:
    amount = f"{PRICES[code] * quantity}.00"
    return {"id": str(place), "sku": code, "title": code.title(), "quantity": quantity} | {
        "cancelled": 0,
        "amount": amount,
    }


def _cancel_all(now: Document) -> None:
    now["status"] = "cancelled"
    for line in now["lines"]:
        line["cancelled"] = line["quantity"]


def _refund(now: Document, at: datetime) -> None:
    line = now["lines"][0]
    back = {**line, "quantity": 1, "amount": f"{PRICES[line['sku']]}.00"}
    now["refunds"] = [{"id": "R1", "at": at.isoformat(), "lines": [back]}]


def _at(now: Document, at: datetime) -> Document:
    return deepcopy({**now, "updated_at": at.isoformat()})

"""A marketplace on the loopback that shows quantities, sells by itself, and fails at times."""

from __future__ import annotations

import http.client
import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from core.errors import OutcomeUnknown
from core.errors import RateLimited
from core.errors import Unavailable
from core.kernel.connections import ConnectionInfo
from core.kernel.kernel import Kernel
from core.outbox.declaring import EffectKind
from core.outbox.declaring import OutboxItem
from core.outbox.declaring import Receipt
from core.outbox.sending import send_waiting
from tests.http.servers import Handler
from tests.http.servers import Served
from tests.http.servers import serving


@dataclass
class Market:
    """What buyers see; `faults` is how often it fails before or after it did as told."""

    dice: random.Random
    faults: float = 0.0
    shown: dict[str, int] = field(default_factory=dict)
    told: list[tuple[str, int]] = field(default_factory=list)
    served: Served | None = None

    def act(self, handler: Handler) -> None:
        said: dict[str, Any] = json.loads(handler.body)
        fault = self.dice.choice(["busy", "limit", "late", "cut"])
        failing = self.dice.random() < self.faults
        if failing and fault == "busy":
            return handler.answer(503)
        if failing and fault == "limit":
            return handler.answer(429)
        self.told.append((said["seller_sku"], said["quantity"]))
        self.shown[said["seller_sku"]] = said["quantity"]
        if failing and fault == "cut":
            handler.close_connection = True
            handler.connection.close()
            return None
        return handler.answer(500 if failing else 200)

    def send(self, _kernel: Kernel, _connection: ConnectionInfo, item: OutboxItem) -> Receipt:
        assert self.served is not None
        wire = http.client.HTTPConnection(self.served.host, self.served.port, timeout=5)
        try:
            wire.request("PUT", "/stock", json.dumps(dict(item.payload)))
            status = wire.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            raise OutcomeUnknown("No answer came.") from error
        finally:
            wire.close()
        if status == 429:
            raise RateLimited("Wait.", retry_after=0.0)
        if status >= 500:
            raise Unavailable("It does not answer.")
        return Receipt(confirmed=True)

    def sell(self, sku: str, wanted: int) -> int:
        """Let a buyer buy what is shown, and no more."""
        bought = min(wanted, self.shown.get(sku, 0))
        if bought:
            self.shown[sku] -= bought
        return bought


@contextmanager
def opened(kernel: Kernel, seed: int, faults: float = 0.0) -> Iterator[Market]:
    """Open a market that the addon `file_channel` tells of stock."""
    market = Market(random.Random(seed), faults)
    addon: Any = kernel.registry.addons["file_channel"]
    with serving(market.act) as served:
        market.served = served
        addon.effects = {"stock.push": EffectKind(send=market.send, repeatable=True)}
        try:
            yield market
        finally:
            del addon.effects


def drain(kernel: Kernel, connection: ConnectionInfo, tries: int = 200) -> None:
    """Send until nothing waits; pauses are skipped."""
    import sqlalchemy as sa

    for _ in range(tries):
        send_waiting(kernel, connection)
        with kernel.db.write() as session:
            late = session.execute(
                sa.text(
                    "UPDATE outbox_effect SET due_at = created_at, attempts = 0"
                    " WHERE state IN ('waiting', 'unknown')"
                )
            )
            if not late.rowcount:  # type: ignore[attr-defined]
                return
    raise AssertionError("the outbox never runs empty")

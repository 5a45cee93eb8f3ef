"""A connection whose platform is a file that remembers every effect."""

from __future__ import annotations

import os
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.kernel.connections import ConnectionInfo
from core.kernel.kernel import Kernel
from core.outbox.declaring import EffectKind
from core.outbox.declaring import OutboxItem
from core.outbox.declaring import Receipt
from core.outbox.models import Effect
from core.outbox.putting import put
from core.outbox.sending import Sent
from core.outbox.sending import send_waiting
from tests.http.conftest import boot_vendor
from tests.http.conftest import connect_vendor
from tests.kernel.platforms import make_company


@dataclass
class Platform:
    """What the other side has seen; each line is written at once, as a kill leaves it."""

    file: Path
    before: Callable[[OutboxItem], None] = lambda _item: None
    after: Callable[[OutboxItem], None] = lambda _item: None
    looked: list[str] = field(default_factory=list)

    def send(self, _kernel: Kernel, _connection: ConnectionInfo, item: OutboxItem) -> Receipt:
        self.before(item)
        line = f"{item.operation} {item.target} {item.version} {item.idempotency_key}\n"
        handle = os.open(self.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(handle, line.encode())
        os.close(handle)
        self.after(item)
        return Receipt(vendor_ref=f"V-{item.version}")

    def find(
        self, _kernel: Kernel, _connection: ConnectionInfo, item: OutboxItem
    ) -> Receipt | None:
        self.looked.append(item.target)
        found = [each for each in self.lines() if each[3] == item.idempotency_key]
        return Receipt(vendor_ref="seen", confirmed=True) if found else None

    def lines(self) -> list[list[str]]:
        text = self.file.read_text() if self.file.exists() else ""
        return [line.split() for line in text.splitlines()]

    def effects(self) -> dict[str, EffectKind]:
        return {
            "stock.push": EffectKind(self.send, repeatable=True),
            "label.buy": EffectKind(self.send, find=self.find),
            "mail.send": EffectKind(self.send),
        }


@dataclass
class Outbox:
    """The outbox of one connection, and its platform."""

    kernel: Kernel
    connection: ConnectionInfo
    platform: Platform

    def put(self, operation: str, target: str, version: int, **payload: Any) -> int | None:
        with self.kernel.db.write() as session:
            return put(session, self.connection, operation, target, payload, version)

    def send(self) -> Sent:
        return send_waiting(self.kernel, self.connection)

    def rows(self) -> list[Effect]:
        with self.kernel.db.read() as session:
            return list(session.scalars(sa.select(Effect).order_by(Effect.id)))

    def states(self) -> list[str]:
        return [row.state for row in self.rows()]

    def change(self, statement: str) -> None:
        with self.kernel.db.write() as session:
            session.execute(sa.text(statement))


@pytest.fixture
def outbox(database_url: str, tmp_path: Path) -> Iterator[Outbox]:
    """Give an empty outbox."""
    kernel = boot_vendor(database_url, tmp_path)
    platform = Platform(tmp_path / "platform")
    kernel.addon("vendor").effects = platform.effects()
    yield Outbox(kernel, connect_vendor(kernel, make_company(kernel)), platform)
    kernel.db.dispose()

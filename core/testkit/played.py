"""A connector on recorded answers, for the contract that looks at it from outside."""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from datetime import UTC
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa

from core.channels.calling import calling
from core.channels.capabilities import PULLS
from core.channels.capabilities import PUSHES
from core.channels.capabilities import Call
from core.channels.cursors import store_place
from core.channels.external import ExternalOrder
from core.channels.external import MessageDraft
from core.channels.external import Page
from core.channels.external import PriceUpdate
from core.channels.external import Shipment
from core.channels.external import StockUpdate
from core.channels.external import Window
from core.channels.models import RawOrder
from core.channels.raw_orders import QUARANTINED
from core.digest import Digest
from core.digest import digest
from core.http import client
from core.invariants import verify
from core.kernel import hooks
from core.kernel.companies import create_company
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import create_connection
from core.kernel.connections import full_settings
from core.kernel.cursors import CursorInfo
from core.kernel.kernel import Kernel
from core.kernel.keys import ensure_keys
from core.kernel.secrets import SecretText
from core.orders import pulling
from core.setup import prepare_company
from core.testkit.installed import InstalledAddon
from core.testkit.recorded import Recorded
from core.testkit.recorded import read_cassettes

WINDOW = Window(None, datetime(2030, 1, 1, tzinfo=UTC))
MAX_PAGES = 1000
SENDS = "messages.export"


class PlayedConnector(InstalledAddon):
    """An API connector; a subclass names the addon and where its cassettes are.

    `settings` connect the test account, its secrets are searched for in everything that is
    written down. `status_field` is the name of the field that tells how far an order is,
    `personal` are texts of the cassette that tell of a person, `listings` are two listings of the
    account, `message` is one that is sent. `refunds_with_orders` is False where the platform tells
    refunds elsewhere.
    """

    settings: Mapping[str, object]
    cassettes: Path
    status_field: str
    personal: Sequence[str] = ()
    listings: tuple[str, str] = ("A", "B")
    message = MessageDraft("1.1", "text", "It left today.", "7301", "1001")
    refunds_with_orders = True

    @pytest.fixture(autouse=True)
    def _offline(self, no_network: None, monkeypatch: pytest.MonkeyPatch) -> None:
        """Keep every test of the contract away from the network, and wait for nobody."""
        hurried = SimpleNamespace(monotonic=time.monotonic, sleep=lambda _seconds: None)
        monkeypatch.setattr(client, "time", hurried)

    @pytest.fixture
    def connector(self, kernel: Kernel) -> Any:
        """Return the connector that the addon offers."""
        return self._connector(kernel)

    @pytest.fixture
    def connection(self, kernel: Kernel) -> ConnectionInfo:
        """Return a connection of a company that is ready to trade."""
        ensure_keys(kernel.config)
        with kernel.db.write() as session:
            company = create_company(
                session, "Contract", country="GB", currency="GBP", timezone="Europe/London"
            )
            prepare_company(session, company)
            return create_connection(
                session, self.addon, "Contract", self.settings, company_id=company.id
            )

    def played(
        self, name: str = "orders", change: Callable[[Any], bytes] | None = None
    ) -> Recorded:
        """Return a client that answers from one of the cassettes."""
        return Recorded(read_cassettes(self.cassettes / f"{name}.json"), change)

    # How it is asked

    def _connector(self, kernel: Kernel) -> Any:
        offers = [each for name, each in hooks.collect(kernel, "connectors") if name == self.addon]
        (connector,) = [each for each in offers if callable(getattr(each, "pull_orders", None))]
        return connector

    def _declared(self, kernel: Kernel, among: Mapping[str, Any] | None = None) -> list[str]:
        known = {**PULLS, **PUSHES, SENDS: "send_message"} if among is None else among
        connector = self._connector(kernel)
        return [
            name
            for name in kernel.manifest(self.addon).capabilities
            # Some capabilities may be files only.
            if name in known and callable(getattr(connector, _method_of(name), None))
        ]

    def _for(self, capability: str) -> Recorded:
        return self.played(
            capability.partition(".")[0]
            if capability in PULLS
            else {
                "orders.acknowledge": "acknowledge",
                "shipments.export": "shipments",
                "stock.export": "stock",
                "prices.export": "prices",
            }[capability]
        )

    @contextmanager
    def _calling(
        self,
        kernel: Kernel,
        connector: Any,
        connection: ConnectionInfo,
        wire: httpx2.BaseTransport,
    ) -> Iterator[Call]:
        """Give what the connector works with, over a wire of the test."""
        with calling(kernel, connection, connector, wire) as call:
            yield call

    def _secrets(self, kernel: Kernel, connection: ConnectionInfo) -> list[str]:
        with kernel.db.read() as session:
            loaded = full_settings(session, connection)
        return [value.reveal() for value in loaded.values() if isinstance(value, SecretText)]

    def _walk(
        self,
        kernel: Kernel,
        connector: Any,
        connection: ConnectionInfo,
        wire: httpx2.BaseTransport,
        capability: str = "orders.import",
    ) -> list[Page[Any]]:
        """Return every page of a capability."""
        pages: list[Page[Any]] = []
        cursor: str | None = None
        with self._calling(kernel, connector, connection, wire) as call:
            while not pages or cursor is not None:
                page = getattr(connector, PULLS[capability][0])(call, WINDOW, cursor)
                assert isinstance(page, Page)
                pages.append(page)
                cursor = page.next_cursor
                assert cursor is None or isinstance(cursor, str), "a cursor is text: it is stored"
                assert len(pages) < MAX_PAGES, "the pages never end"
        return pages

    def _use(self, connector: Any, call: Call, capability: str) -> Any:
        """Use a capability once."""
        if capability in PULLS:
            return getattr(connector, PULLS[capability][0])(call, WINDOW, None)
        if capability == SENDS:
            return connector.send_message(call, self.message)
        return getattr(connector, PUSHES[capability])(call, self._asked(capability))

    def _asked(self, capability: str) -> list[Any]:
        at = datetime(2026, 3, 4, tzinfo=UTC)
        one, two = self.listings
        asked: dict[str, list[Any]] = {
            "stock.export": self._stock(),
            "prices.export": [
                PriceUpdate(one, 1000, "GBP", "1.1"),
                PriceUpdate(two, 750, "GBP", "2.1"),
            ],
            "orders.acknowledge": ["1001", "1005"],
            "shipments.export": [Shipment("1001", "Royal Mail", "RM1", at, {"1": 2}, "1.1")],
        }
        return asked[capability]

    def _keys(self, capability: str) -> list[str]:
        return [each if isinstance(each, str) else each.key for each in self._asked(capability)]

    def _stock(self) -> list[StockUpdate]:
        return [StockUpdate(self.listings[0], 0, "1.1"), StockUpdate(self.listings[1], 7, "2.1")]

    def _pull(
        self, kernel: Kernel, connection: ConnectionInfo, wire: Recorded | None = None
    ) -> pulling.PullResult:
        return pulling.pull_orders(kernel, connection, transport=wire or self.played())

    def _replay(
        self, monkeypatch: pytest.MonkeyPatch, connector: Any, pages: Sequence[Page[Any]]
    ) -> None:
        """Let the connector give these pages, whatever it is asked."""

        def pull(_self: Any, _call: Call, _window: Window, cursor: str | None) -> Page[Any]:
            at = int(cursor or 0)
            after = str(at + 1) if at + 1 < len(pages) else None
            return Page(pages[at].records, after)

        monkeypatch.setattr(type(connector), "pull_orders", pull)

    def _end_at_second_page(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """End the process, as far as a test can, when the cursor behind page two is written."""
        stored = store_place
        met: list[object] = []

        def store(*arguments: Any) -> CursorInfo:
            met.append(arguments)
            if len(met) == 2:
                raise KeyboardInterrupt
            return stored(*arguments)

        monkeypatch.setattr(pulling, "store_place", store)

    def _facts(self, kernel: Kernel) -> list[tuple[str, str, str]]:
        query = sa.select(RawOrder.external_ref, RawOrder.status, RawOrder.outcome)
        with kernel.db.read() as session:
            return [
                (row[0], row[1], row[2]) for row in session.execute(query) if row[2] != QUARANTINED
            ]

    def _digest(self, kernel: Kernel) -> Digest:
        with kernel.db.read() as session:
            return digest(session)

    def _broken(self, kernel: Kernel) -> list[str]:
        with kernel.db.read() as session:
            return [each.sentence for each in verify(session) if not each.holds]


def _method_of(capability: str) -> str:
    if capability == SENDS:
        return "send_message"
    return PULLS[capability][0] if capability in PULLS else PUSHES[capability]


def orders_of(pages: Sequence[Page[Any]]) -> list[ExternalOrder]:
    records = [record for page in pages for record in page.records]
    return [record for record in records if isinstance(record, ExternalOrder)]

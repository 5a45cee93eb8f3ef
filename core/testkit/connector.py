"""What every connector to an API must hold to; needs the fixture `database_url`.

The conversation is played from cassettes: `orders.json` holds all pages of one walk through the
orders, one cassette for each other capability that is declared. They must show what the contract
asks about: two pages at least, orders that are open, sent, cancelled and refunded.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import fields
from dataclasses import is_dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.channels.capabilities import PULLS
from core.channels.capabilities import PUSHES
from core.channels.capabilities import capabilities_of
from core.channels.cursors import rewind
from core.channels.external import ExternalOrder
from core.channels.external import ExternalSettlement
from core.channels.external import MessageKind
from core.channels.external import OrderStatus
from core.channels.external import PushResult
from core.channels.external import Rejected
from core.channels.external import SentMessage
from core.channels.external import StockSeen
from core.channels.external import StockUpdate
from core.channels.verifying import aware
from core.channels.verifying import faults_of_order
from core.errors import AuthFailed
from core.errors import ConnectorError
from core.errors import EntrepotError
from core.errors import InputError
from core.errors import MappingError
from core.errors import RateLimited
from core.errors import Unavailable
from core.kernel.connections import ConnectionInfo
from core.kernel.kernel import Kernel
from core.orders import pulling
from core.settlements import pulling as settlements
from core.settlements.pulling import pull_settlements
from core.settlements.pulling import unpack
from core.testkit.played import PlayedConnector
from core.testkit.played import orders_of
from core.testkit.recorded import Failing

UNKNOWN = "a status that nobody knows"


class ConnectorContract(PlayedConnector):
    """Tests of an API connector; a subclass gives what `PlayedConnector` asks for."""

    # What it is

    def test_capabilities_are_those_of_the_manifest(self, kernel: Kernel, connector: Any) -> None:
        """What is declared is there, and what is there is declared."""
        declared = set(kernel.manifest(self.addon).capabilities)
        assert declared == capabilities_of(connector)
        assert "orders.import" in declared

    def test_it_names_its_platform(self, connector: Any) -> None:
        """The platform is a part of the key of every order."""
        assert isinstance(connector.platform, str)
        assert connector.platform == connector.platform.strip().lower() != ""

    # What it reads

    def test_recorded_orders_show_what_matters(
        self, kernel: Kernel, connector: Any, connection: ConnectionInfo
    ) -> None:
        """There are two pages at least; orders are open, sent, cancelled and refunded."""
        pages = self._walk(kernel, connector, connection, self.played())
        assert len(pages) > 1, "record a conversation of two pages"
        orders = orders_of(pages)
        shown = {order.status for order in orders}
        assert shown >= {OrderStatus.UNSHIPPED, OrderStatus.SHIPPED, OrderStatus.CANCELLED}
        assert self.refunds_with_orders is any(order.refunds for order in orders), (
            "record an order with a refund"
        )

    def test_orders_balance(
        self, kernel: Kernel, connector: Any, connection: ConnectionInfo
    ) -> None:
        """Lines add up to the platform's total; cancelled and refunded ones to nothing more."""
        for page in self._walk(kernel, connector, connection, self.played()):
            for record in page.records:
                assert not isinstance(record, Rejected), record.reason
                assert faults_of_order(record) == [], record.external_id

    def test_amounts_are_never_floats_and_moments_are_aware(
        self, kernel: Kernel, connector: Any, connection: ConnectionInfo
    ) -> None:
        """A float has lost a digit before anybody looks; a moment without zone means several."""
        for capability in self._declared(kernel, PULLS):
            for page in self._walk(
                kernel, connector, connection, self._for(capability), capability
            ):
                for path, value in _values(page.records):
                    assert not isinstance(value, float | Decimal), f"{path} is {value!r}"
                    assert not isinstance(value, datetime) or aware(value), f"{path} is {value!r}"

    def test_what_was_received_is_kept_and_personal_data_stands_apart(
        self, kernel: Kernel, connector: Any, connection: ConnectionInfo
    ) -> None:
        """The payload is the document without the person; the person is in `personal` alone."""
        orders = orders_of(self._walk(kernel, connector, connection, self.played()))
        for order in orders:
            assert json.loads(order.payload), f"{order.external_id} has no payload"
            known = [str(value) for value in order.personal.values()]
            for text in self.personal:
                assert text not in repr(order) + _payloads(order), f"{text!r} is not apart"
                assert not known or text in " ".join(known) or text not in known
        found = " ".join(str(v) for order in orders for v in order.personal.values())
        assert [text for text in self.personal if text not in found] == []

    def test_an_unknown_status_is_no_guess(
        self, kernel: Kernel, connector: Any, connection: ConnectionInfo
    ) -> None:
        """An order in a state that nobody knows waits for a person; it is never booked."""
        wire = self.played(change=lambda exchange: _replaced(exchange.body, self.status_field))
        try:
            pages = self._walk(kernel, connector, connection, wire)
        except MappingError:
            return
        records = [record for page in pages for record in page.records]
        assert records
        assert [r.external_id for r in records if not isinstance(r, Rejected)] == []

    def test_settlements_add_up(
        self, kernel: Kernel, connector: Any, connection: ConnectionInfo, tmp_path: Path
    ) -> None:
        """The connector reads what it fetches, and the rows add up to the platform's own sum."""
        if not callable(getattr(connector, "pull_settlements", None)):
            pytest.skip("it fetches no settlements")
        wire = self._for("settlements.import")
        pages = self._walk(kernel, connector, connection, wire, "settlements.import")
        records = [record for page in pages for record in page.records]
        assert records
        for number, record in enumerate(records):
            assert isinstance(record, ExternalSettlement), record
            path = tmp_path / f"{number}.txt"
            unpack(record.content, path)
            files = connector.open_settlements(path, connection.settings)
            assert files, record.external_id
            for file in files:
                lines = [line for line in file.lines() if not line.deferred]
                assert sum(line.amount for line in lines) == file.facts.total
                assert all(aware(line.posted_at) for line in lines)

    def test_settlements_fetched_again_change_nothing(
        self, kernel: Kernel, connector: Any, connection: ConnectionInfo
    ) -> None:
        """Every settlement is booked or kept aside, and told again none counts twice."""
        if not callable(getattr(connector, "pull_settlements", None)):
            pytest.skip("it fetches no settlements")
        first = pull_settlements(kernel, connection, transport=self._for("settlements.import"))
        before = self._digest(kernel)
        with kernel.db.write() as session:
            rewind(session, connection, settlements.CAPABILITY, None)
        again = pull_settlements(kernel, connection, transport=self._for("settlements.import"))
        assert first.documents == again.documents > 0
        assert (first.unreadable, first.booked + first.waiting > 0) == (0, True)
        assert again.unchanged >= again.documents - first.quarantined
        assert self._digest(kernel) == before
        assert self._broken(kernel) == []

    @pytest.mark.parametrize("capability", [name for name in PULLS if name != "orders.import"])
    def test_records_are_what_their_capability_says(
        self, kernel: Kernel, connector: Any, connection: ConnectionInfo, capability: str
    ) -> None:
        """Each page has records of its kind, and each has a name of its own."""
        if not callable(getattr(connector, PULLS[capability][0], None)):
            pytest.skip(f"it does not fetch for {capability}")
        wire = self._for(capability)
        pages = self._walk(kernel, connector, connection, wire, capability)
        records = [record for page in pages for record in page.records]
        assert {type(record) for record in records} == {PULLS[capability][1]}
        names = [_name(record) for record in records]
        assert len(set(names)) == len(names)

    # How it fails

    @pytest.mark.parametrize(
        ("status", "headers", "error"),
        [
            (401, {}, AuthFailed),
            (403, {}, AuthFailed),
            (429, {"retry-after": "7"}, RateLimited),
            (429, {}, RateLimited),
            (500, {}, Unavailable),
            (503, {"retry-after": "30"}, Unavailable),
        ],
    )
    def test_failures_have_their_names(
        self,
        kernel: Kernel,
        connector: Any,
        connection: ConnectionInfo,
        status: int,
        headers: Mapping[str, str],
        error: type[ConnectorError],
    ) -> None:
        """Refused credentials, a limit of the rate and an outage are told apart, everywhere."""
        wire = Failing(status, headers, b'{"message": "no"}')
        for capability in self._declared(kernel):
            with (
                self._calling(kernel, connector, connection, wire) as call,
                pytest.raises(error) as caught,
            ):
                self._use(connector, call, capability)
            if isinstance(caught.value, RateLimited):
                waits = caught.value.retry_after
                assert waits == 7 if headers else waits > 0, f"{capability}: {waits}"

    @pytest.mark.parametrize("body", [b"", b'{"orders": [{"id": "1"', b"<html>Busy</html>"])
    def test_an_answer_that_was_cut_off_is_an_error(
        self, kernel: Kernel, connector: Any, connection: ConnectionInfo, body: bytes
    ) -> None:
        """Half an answer, or somebody else's, is never taken for the end of the list."""
        for capability in self._declared(kernel, PULLS):
            with (
                self._calling(kernel, connector, connection, Failing(200, {}, body)) as call,
                pytest.raises(ConnectorError),
            ):
                self._use(connector, call, capability)

    def test_secrets_are_never_told(
        self,
        kernel: Kernel,
        connector: Any,
        connection: ConnectionInfo,
        caplog: pytest.LogCaptureFixture,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        """Not in logs, errors, output or records, neither in good days nor in bad ones."""
        secrets = self._secrets(kernel, connection)
        assert secrets, "the settings have no secret; connect a test account with one"
        told = []
        with caplog.at_level(logging.DEBUG):
            for wire in (self.played(), Failing(401, {}, b"{}"), Failing(500, {}, b"{}")):
                try:
                    told.append(repr(self._walk(kernel, connector, connection, wire)))
                except EntrepotError as error:
                    told += [str(error), repr(error)]
        with self._calling(kernel, connector, connection, self.played()) as call:
            told.append(repr(call))
        told += [caplog.text, *capfd.readouterr()]
        assert [secret for secret in secrets if secret in "\n".join(told)] == []

    # What becomes of its orders

    def test_importing_again_changes_nothing(
        self, kernel: Kernel, connection: ConnectionInfo
    ) -> None:
        """The same pages twice are the same orders."""
        first = self._pull(kernel, connection)
        before = self._digest(kernel)
        with kernel.db.write() as session:
            rewind(session, connection, pulling.CAPABILITY, None)
        again = self._pull(kernel, connection)
        assert first.received == first.applied + first.waiting > 0
        assert again.unchanged == again.received == first.received
        assert self._digest(kernel) == before

    def test_pages_may_come_twice_and_in_any_order(
        self,
        kernel: Kernel,
        connector: Any,
        connection: ConnectionInfo,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """The last page first, and each of them twice: the same orders."""
        pages = self._walk(kernel, connector, connection, self.played())
        mixed = [page for page in reversed(pages) for _ in range(2)]
        self._replay(monkeypatch, connector, mixed)
        self._pull(kernel, connection)
        mixed_up = self._facts(kernel)
        assert self._broken(kernel) == []
        assert {ref for ref, *_ in mixed_up} == {order.external_id for order in orders_of(pages)}
        versions = [ref for ref, *_ in mixed_up]
        assert len(versions) == len(set(versions))

    def test_the_cursor_survives_a_crash(
        self,
        kernel: Kernel,
        connector: Any,
        connection: ConnectionInfo,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Ended in the middle of a page, a run goes on there; nothing is lost or doubled."""
        whole = len(orders_of(self._walk(kernel, connector, connection, self.played())))
        with monkeypatch.context() as patched:
            self._end_at_second_page(patched)
            with pytest.raises(KeyboardInterrupt):
                self._pull(kernel, connection)
        stored = len(self._facts(kernel))
        assert 0 < stored < whole, "the first page is kept, the second is not"
        wire = self.played()
        rest = self._pull(kernel, connection, wire)
        assert rest.received == whole - stored, "it goes on at the page that was not stored"
        assert len(self._facts(kernel)) == whole
        assert self._broken(kernel) == []

    # What it tells the platform

    def test_stock_is_told_once_and_never_below_zero(
        self, kernel: Kernel, connector: Any, connection: ConnectionInfo
    ) -> None:
        """Zero is told like any other number; a negative one cannot even be asked for."""
        if "stock.export" not in capabilities_of(connector):
            pytest.skip("it tells no stock")
        wire = self._for("stock.export")
        with self._calling(kernel, connector, connection, wire) as call:
            results = connector.push_stock(call, self._stock())
        told = "".join(request.content.decode() + str(request.url) for request in wire.asked)
        assert [listing for listing in self.listings if listing not in told] == []
        assert sorted(result.key for result in results) == ["1.1", "2.1"]
        with pytest.raises(InputError, match="-1"):
            StockUpdate(self.listings[0], -1, "1.2")

    def test_what_is_shown_is_read_back(
        self, kernel: Kernel, connector: Any, connection: ConnectionInfo
    ) -> None:
        """A number is told of listings that were asked for only, and it is a whole one."""
        if "stock.read" not in capabilities_of(connector):
            pytest.skip("it reads no stock back")
        wire = self.played("shown")
        with self._calling(kernel, connector, connection, wire) as call:
            seen = list(connector.read_stock(call, list(self.listings)))
        assert {type(each) for each in seen} == {StockSeen}, "record two listings that are shown"
        assert {each.external_ref for each in seen} <= set(self.listings)
        assert all(type(each.quantity) is int for each in seen)

    def test_a_message_is_sent_as_it_was_written(
        self, kernel: Kernel, connector: Any, connection: ConnectionInfo
    ) -> None:
        """One request carries the text; the platform says first what it allows."""
        if "messages.export" not in capabilities_of(connector):
            pytest.skip("it sends no messages")
        wire = self.played("replies")
        with self._calling(kernel, connector, connection, wire) as call:
            allowed = list(
                connector.message_kinds(call, self.message.thread, self.message.order_id)
            )
            before = len(wire.asked)
            sent = connector.send_message(call, self.message)
        assert self.message.kind in {kind.code for kind in allowed}
        assert {type(kind) for kind in allowed} == {MessageKind}
        assert type(sent) is SentMessage
        words = json.dumps(self.message.text)[1:-1]
        told = [r.content.decode() for r in wire.asked[before:] if words in r.content.decode()]
        assert len(told) == 1

    @pytest.mark.parametrize("capability", list(PUSHES))
    def test_every_update_is_answered_once(
        self, kernel: Kernel, connector: Any, connection: ConnectionInfo, capability: str
    ) -> None:
        """What the platform refuses has a reason, and nothing is left without an answer."""
        if capability not in capabilities_of(connector):
            pytest.skip(f"it does not declare {capability}")
        with self._calling(kernel, connector, connection, self._for(capability)) as call:
            results = list(self._use(connector, call, capability))
        assert {type(result) for result in results} == {PushResult}
        assert sorted(result.key for result in results) == sorted(self._keys(capability))
        assert all(result.taken or result.reason.strip() for result in results)


def _payloads(order: ExternalOrder) -> str:
    lines = [*order.lines, *(line for refund in order.refunds for line in refund.lines)]
    return "\n".join([order.payload, *(line.payload for line in lines)])


def _values(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Yield every value within facts, with the way to it."""
    if is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _values(getattr(value, field.name), f"{path}.{field.name}")
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _values(each, f"{path}.{key}")
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for place, each in enumerate(value):
            yield from _values(each, f"{path}[{place}]")
    else:
        yield path, value


def _replaced(body: bytes, name: str) -> bytes:
    """Return a document in which every status is one that nobody knows."""

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: UNKNOWN if k == name else walk(v) for k, v in value.items()}
        return [walk(each) for each in value] if isinstance(value, list) else value

    return json.dumps(walk(json.loads(body))).encode()


def _name(record: Any) -> str:
    """Return what a record is called."""
    return str(getattr(record, "external_id", None) or record.external_ref)

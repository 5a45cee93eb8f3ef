"""What every connector must hold to that has somebody else's warehouse send goods."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from datetime import datetime
from typing import Any

from core.addresses.address import Address
from core.channels.capabilities import FULFILS
from core.channels.capabilities import capabilities_of
from core.channels.external import PushResult
from core.channels.fulfilments import FulfilmentLine
from core.channels.fulfilments import FulfilmentOrder
from core.channels.fulfilments import FulfilmentSeen
from core.channels.fulfilments import FulfilmentState
from core.kernel import hooks
from core.kernel.connections import ConnectionInfo
from core.kernel.kernel import Kernel
from core.testkit.played import PlayedConnector
from core.testkit.recorded import Recorded

KNOWN, TAKEN, REFUSED = "E1", "E2", "E3"
STREET = "1 Contract Lane"


class FulfilmentContract(PlayedConnector):
    """Tests of sending; a subclass names the addon, its settings and cassettes.

    The cassette `fulfilments` knows `E1`, of which all has left and which cannot be stopped. It
    takes `E2` and stops it, and it refuses `E3`. Each asks for one piece of the first listing.
    """

    status_field = ""

    def test_it_sends_and_says_what_became_of_it(self, kernel: Kernel) -> None:
        """One half is of no use: what is sent must be followed, or it is never booked."""
        assert FULFILS.keys() <= capabilities_of(self._connector(kernel))
        assert set(FULFILS) <= set(kernel.manifest(self.addon).capabilities)

    def test_goods_are_asked_for_with_where_they_go(
        self, kernel: Kernel, connector: Any, connection: ConnectionInfo
    ) -> None:
        """The listing and the address are told; the answer names our key."""
        wire = self.played("fulfilments")
        answer = self._sent(kernel, connector, connection, wire, TAKEN)
        assert answer == PushResult(TAKEN, True)
        told = _texts(wire)
        assert STREET in told
        assert self.listings[0] in told

    def test_a_refusal_has_a_reason(
        self, kernel: Kernel, connector: Any, connection: ConnectionInfo
    ) -> None:
        """It is told and not thrown: whoever waits behind it must not wait for a person."""
        answer = self._sent(kernel, connector, connection, self.played("fulfilments"), REFUSED)
        assert (answer.key, answer.taken) == (REFUSED, False)
        assert answer.reason.strip()
        assert STREET not in answer.reason

    def test_what_is_known_is_not_asked_for_twice(
        self, kernel: Kernel, connector: Any, connection: ConnectionInfo
    ) -> None:
        """Sent again after an answer was lost, the key finds it: no goods are sent twice."""
        wire = self.played("fulfilments")
        answer = self._sent(kernel, connector, connection, wire, KNOWN, again=True)
        assert answer == PushResult(KNOWN, True)
        assert STREET not in _texts(wire)

    def test_what_was_never_heard_of_is_asked_for(
        self, kernel: Kernel, connector: Any, connection: ConnectionInfo
    ) -> None:
        """Sent again although the first attempt never arrived, it is made now."""
        wire = self.played("fulfilments")
        assert self._sent(kernel, connector, connection, wire, TAKEN, again=True).taken
        assert STREET in _texts(wire)

    def test_it_is_stopped_or_said_why_not(
        self, kernel: Kernel, connector: Any, connection: ConnectionInfo
    ) -> None:
        """What has left cannot be stopped, and that is an answer too."""
        wire = self.played("fulfilments")
        with self._calling(kernel, connector, connection, wire) as call:
            stopped, not_stopped = (
                connector.cancel_fulfilment(call, key) for key in (TAKEN, KNOWN)
            )
        assert stopped == PushResult(TAKEN, True)
        assert (not_stopped.key, not_stopped.taken) == (KNOWN, False)
        assert not_stopped.reason.strip()

    def test_parcels_are_whole_and_the_same_each_time(
        self, kernel: Kernel, connector: Any, connection: ConnectionInfo
    ) -> None:
        """Of what is not known nothing is told; a parcel's name is the same when read again."""
        first, second = (self._seen(kernel, connector, connection) for _ in range(2))
        assert first == second
        (seen,) = first
        assert (seen.key, seen.state) == (KNOWN, FulfilmentState.DONE)
        assert seen.status.strip()
        assert seen.parcels, "record one of which all has left"
        assert len({each.ref for each in seen.parcels}) == len(seen.parcels)
        for parcel in seen.parcels:
            assert parcel.shipped_at.tzinfo is not None
            assert all(type(units) is int and units > 0 for units in parcel.lines.values())
        assert sum(each.lines.get("1", 0) for each in seen.parcels) == 1

    def test_addresses_are_not_written_into_logs(self) -> None:
        """What an order shows of itself tells nobody's address."""
        assert STREET not in repr(self._order(TAKEN))

    def _connector(self, kernel: Kernel) -> Any:
        offers = [each for name, each in hooks.collect(kernel, "connectors") if name == self.addon]
        (connector,) = [each for each in offers if callable(getattr(each, "send_fulfilment", None))]
        return connector

    def _order(self, key: str) -> FulfilmentOrder:
        where = Address("Ann Buyer", street=STREET, city="Leeds", postcode="LS1 4AP", country="GB")
        lines = [FulfilmentLine("1", self.listings[0], 1)]
        return FulfilmentOrder(key, "1001", datetime(2026, 3, 4, tzinfo=UTC), lines, where)

    def _sent(
        self,
        kernel: Kernel,
        connector: Any,
        connection: ConnectionInfo,
        wire: Recorded,
        key: str,
        *,
        again: bool = False,
    ) -> PushResult:
        with self._calling(kernel, connector, connection, wire) as call:
            found: PushResult = connector.send_fulfilment(call, self._order(key), again=again)
        return found

    def _seen(
        self, kernel: Kernel, connector: Any, connection: ConnectionInfo
    ) -> Sequence[FulfilmentSeen]:
        with self._calling(kernel, connector, connection, self.played("fulfilments")) as call:
            return list(connector.read_fulfilments(call, [KNOWN, TAKEN]))


def _texts(wire: Recorded) -> str:
    return "".join(request.content.decode() for request in wire.asked)

"""A till's orders that Amazon sends from its warehouse, for tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.fulfilling.choosing import send_from
from core.fulfilling.following import Followed
from core.fulfilling.following import follow
from core.fulfilling.sending import Told
from core.fulfilling.sending import send_waiting
from core.orders.releasing import release
from core.stock.warehouses import warehouse_by_code
from core.testkit.fakes.amazon.outbound import Outgoing
from core.warehousing.places import add_warehouse
from tests.amazon.conftest import Seller
from tests.orders.life import Life
from tests.privacy.buyers import CANARIES
from tests.privacy.buyers import WAITING
from tests.privacy.buyers import import_buyers


@dataclass
class Elsewhere:
    """A company whose till sells what lies with Amazon."""

    seller: Seller
    life: Life

    @property
    def outgoing(self) -> dict[str, Outgoing]:
        """Return what Amazon was asked for, by our key."""
        return self.seller.fake.outgoing

    @property
    def key(self) -> str:
        """Return the key of the only fulfilment."""
        (found,) = self.outgoing
        return found

    def handed_over(self, ref: str = "1001") -> None:
        """Let Amazon send an order: chosen by hand, then released."""
        self.life.do(send_from, ref, warehouse="FBA")
        self.life.do(release, ref)

    def told(self) -> Told:
        """Run the job that tells."""
        return send_waiting(self.seller.kernel, self.seller.connection)

    def followed(self) -> Followed:
        """Run the job that asks."""
        return follow(self.seller.kernel, self.seller.connection)

    def rows(self) -> list[tuple[Any, ...]]:
        """Return how the fulfilments stand."""
        query = "SELECT state, wants, reason FROM fulfilling_fulfilment ORDER BY id"
        return [tuple(row) for row in self.seller.world.rows(query)]


def elsewhere(seller: Seller, *lines: str) -> Elsewhere:
    """Return a company with goods in its own warehouse and Amazon's, and orders of its till."""
    world = seller.world
    with world.kernel.db.write() as session:
        if warehouse_by_code(session, world.company.id, "FBA") is None:
            add_warehouse(session, world.company.id, "FBA", "platform", "GB")
    world.stock_in("FBA", "TOWEL 50 @ 3.00 on 2011-01-03", "CLOCK 50 @ 4.00 on 2011-01-03")
    found = Elsewhere(seller, Life(world))
    import_buyers(world, *((line, CANARIES) for line in lines), mapping=WAITING)
    return found

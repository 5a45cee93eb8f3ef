"""A company whose orders of a simulated marketplace need labels."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace
from datetime import timedelta
from typing import Any

from core.addresses.address import Address
from core.channels.labels import LabelOffer
from core.labelling.buying import Settled
from core.labelling.buying import buy_waiting
from core.labelling.buying import offers_for
from core.labelling.buying import order_label
from core.labelling.models import Label
from core.labelling.senders import set_sender
from core.labelling.showing import ShownLabel
from core.labelling.showing import labels_of_order
from core.orders.record import Actor
from core.settlements.pulling import pull_settlements
from core.testkit.fakes.trade import Sale
from core.testkit.fakes.truth import Kind
from core.testkit.fakes.verbs import buy
from core.testkit.fakes.verbs import settle
from tests.orders.life import Life
from tests.selling import Seller

BEA = Actor("bea")
HOME = Address(
    "Bea Seller", "", "1 Dock Road", "", "Leeds", "West Yorkshire", "LS1 4AP", "GB",
    "01131234567", "bea@example.com",
)  # fmt: skip
SIZE: dict[str, int | None] = {
    "grams": 800, "length_mm": 300, "width_mm": 200, "height_mm": 100,
}  # fmt: skip


@dataclass
class Labelled:
    """An order that waits to be sent, in the company's books and at the marketplace."""

    seller: Seller[Any]
    sale: Sale

    @property
    def company_id(self) -> int:
        return self.seller.world.company.id

    @property
    def order_id(self) -> int:
        return Life(self.seller.world).id(self.sale.ref)

    def offers(self, **told: Any) -> list[LabelOffer]:
        """Ask what a label would cost."""
        found = offers_for(
            self.seller.kernel, self.company_id, self.order_id, size=told.pop("size", SIZE), **told
        )
        return list(found.offers)

    def order(self, offer: LabelOffer, **told: Any) -> None:
        """Decide on an offer."""
        with self.seller.kernel.db.write() as session:
            order_label(
                session, self.company_id, self.order_id, offer, BEA,
                size=told.pop("size", SIZE), **told,
            )  # fmt: skip

    def buy(self) -> Settled:
        """Run the job that buys."""
        return buy_waiting(self.seller.kernel, self.seller.connection)

    def labels(self) -> list[ShownLabel]:
        """Return the order's labels, the newest first."""
        with self.seller.kernel.db.read() as session:
            return labels_of_order(session, self.company_id, self.order_id)

    def label(self) -> Label:
        """Return the newest label as it is stored."""
        with self.seller.kernel.db.read() as session:
            return session.get_one(Label, (self.company_id, self.labels()[0].id))

    def costs(self) -> dict[str, int]:
        """Return what stands on the accounts of labels: the cost, and what is accrued for it."""
        rows = self.seller.world.rows(
            "SELECT a.code, SUM(p.amount) FROM ledger_posting p"
            " JOIN ledger_entry e ON e.id = p.entry_id JOIN ledger_account a ON a.id = p.account_id"
            " WHERE a.code IN ('6130', '2130', '2150') GROUP BY a.code"
        )
        return {code: int(amount) for code, amount in rows if amount}


def settled(seller: Seller[Any]) -> list[int]:
    """Settle all that happened, have it fetched, and return what labels really cost."""
    trade = seller.fake.trade
    made = settle(trade, seller.fake.clock.now())
    # What is told was made an hour after it ended.
    trade.settlements[-1] = replace(made, ended_at=made.ended_at - timedelta(minutes=70))
    pull_settlements(seller.kernel, seller.connection)
    return [fact.amount for fact in trade.truth.facts if fact.kind is Kind.LABEL]


def labelled(seller: Seller[Any], *, sender: bool = True) -> Labelled:
    """Return an order of two towels and a clock that is ready to leave."""
    trade = seller.fake.trade
    person = next(iter(trade.sales.values())).buyer
    at = seller.fake.clock.now() - timedelta(minutes=5)
    found = Labelled(seller, buy(trade, person, {"TOWEL": 2, "CLOCK": 1}, at))
    seller.pull()
    if sender:
        with seller.kernel.db.write() as session:
            set_sender(session, seller.world.company.id, "MAIN", HOME)
    return found

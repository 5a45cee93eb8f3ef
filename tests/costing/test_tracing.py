"""Whatever happened to goods before: a late cost is neither lost nor doubled, to the penny."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from core.costing.splitting import split
from core.errors import Conflict
from core.orders.taking_back import DISPOSITIONS
from core.orders.taking_back import take_back
from core.stock.costing import choose_method
from core.warehousing.handling import Act
from core.warehousing.handling import Goods
from core.warehousing.handling import adjust
from tests.costing.buying import Buyer
from tests.orders.life import Life
from tests.world import World

_NUMBERS = itertools.count()
_UNITS = st.integers(1, 9)
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("receive"), _UNITS, st.integers(0, 5000)),
        st.tuples(st.just("sell"), _UNITS),
        st.tuples(st.just("return"), _UNITS, st.sampled_from(DISPOSITIONS)),
        st.tuples(st.just("lose"), _UNITS),
        st.tuples(st.just("move"), _UNITS),
        st.tuples(
            st.just("charge"),
            st.integers(-300, 5000),
            st.sampled_from(["purchase", "first_leg", "duty", "other"]),
        ),
    ),
    min_size=3,
    max_size=9,
)


@given(total=st.integers(-(10**9), 10**9), weights=st.lists(st.fractions(0, 10**6), max_size=8))
def test_a_split_adds_up_and_a_credit_is_its_opposite(total: int, weights: list[Any]) -> None:
    parts = split(total, weights)
    assert sum(parts) == (total if weights else 0)
    assert split(-total, weights) == [-part for part in parts]


@pytest.mark.parametrize("method", ["fifo", "average"])
def test_every_penny_of_a_cost_is_somewhere(world: World, method: str) -> None:
    buyer = Buyer(world)
    buyer.do(choose_method, method)

    @settings(
        max_examples=8, deadline=None, derandomize=True,
        suppress_health_check=[HealthCheck.too_slow],
    )  # fmt: skip
    @given(steps=_STEPS)
    def follow(steps: list[tuple[Any, ...]]) -> None:
        story = _Story(buyer, f"S{next(_NUMBERS)}")
        story.receive(9, 1000)
        for verb, *given_ in steps:
            getattr(story, verb if verb != "return" else "give_back")(*given_)
        story.check()
        buyer.sound()

    follow()


class _Story:
    """What happens to the goods of one SKU, and what was paid for them in all."""

    def __init__(self, buyer: Buyer, sku: str) -> None:
        self.buyer = buyer
        self.sku = sku
        self.receipts: list[str] = []
        self.sold: list[str] = []
        self.paid: dict[str, int] = dict.fromkeys(("purchase", "first_leg", "duty", "other"), 0)

    def receive(self, quantity: int, value: int) -> None:
        reference = f"{self.sku}/{next(_NUMBERS)}"
        line = f"{self.sku} {quantity} for {value / 100:.2f}"
        self.buyer.receive(reference, line)
        self.receipts.append(reference)
        self.paid["purchase"] += value

    def sell(self, quantity: int) -> None:
        ref = f"{self.sku}-{next(_NUMBERS)}"
        try:
            self.buyer.sell(ref, self.sku, quantity)
        except Conflict:
            return
        self.sold.append(ref)

    def give_back(self, quantity: int, disposition: str) -> None:
        if self.sold:
            ref = self.sold.pop()
            life = Life(self.buyer.world)
            (line,) = life.line_ids(ref, self.sku)
            (row,) = self.buyer.world.lines(ref)
            units = {line: min(quantity, row.quantity)}
            life.one(take_back, ref, quantities=units, disposition=disposition, refund=False)

    def lose(self, quantity: int) -> None:
        self._try(adjust, Goods("MAIN", self.sku, -quantity), "lost", Act())

    def move(self, quantity: int) -> None:
        try:
            self.buyer.move(f"T{next(_NUMBERS)}", self.sku, quantity, "FBA")
        except Conflict:
            return

    def charge(self, amount: int, component: str) -> None:
        reference = f"C{next(_NUMBERS)}"
        told = f"{amount / 100:.2f}"
        self.buyer.charge(reference, told, "quantity", self.receipts[-1], component=component)
        self.paid[component] += amount

    def check(self) -> None:
        """What was paid lies in stock, or was used and did not come back, or the SKU bears it."""
        found = {**self._sums("stock_layer", "y", "y.remaining_value"), "borne": self._borne()}
        used = self._sums("stock_layer_use", "u", "u.value - u.returned_value")
        total = found["value"] + used["value"] + found["borne"]
        assert total == sum(self.paid.values())
        for component in ("first_leg", "duty", "other"):
            if not found["borne"]:
                assert found[component] + used[component] == self.paid[component]

    def _sums(self, table: str, name: str, value: str) -> dict[str, int]:
        # What was carried elsewhere is counted where it is now.
        carried = "('transfer_out', 'condition_out', 'relabel')"
        source = (
            "stock_layer y"
            if name == "y"
            else "stock_layer_use u JOIN stock_layer y ON y.id = u.layer_id"
            f" JOIN stock_document d ON d.id = u.document_id AND d.kind NOT IN {carried}"
        )
        (row,) = self.buyer.world.rows(
            f"SELECT COALESCE(SUM({value}), 0) AS value, COALESCE(SUM({name}.first_leg), 0) AS"  # noqa: S608
            f" first_leg, COALESCE(SUM({name}.duty), 0) AS duty, COALESCE(SUM({name}.other), 0) AS"
            f" other FROM {source} JOIN stock_level v ON v.id = y.level_id"
            " JOIN catalog_sku s ON s.id = v.sku_id WHERE s.code = :sku",
            sku=self.sku,
        )
        return {key: int(amount) for key, amount in row._mapping.items()}

    def _borne(self) -> int:
        """Return what a moving average left to the SKU: late costs that name no order."""
        (row,) = self.buyer.world.rows(
            "SELECT COALESCE(SUM(p.amount), 0) FROM ledger_posting p"
            " JOIN ledger_account a ON a.id = p.account_id AND a.code = '5090'"
            " JOIN catalog_sku s ON s.id = p.sku_id WHERE s.code = :sku AND p.line_id IS NULL",
            sku=self.sku,
        )
        return int(row[0])

    def _try(self, *act: Any) -> None:
        try:
            self.buyer.do(*act)
        except Conflict:
            return

"""The work in warehouses against a model of it that is too simple to be wrong."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from core.catalog.services import make_skus
from core.db import Database
from core.errors import Conflict
from core.invariants import verify
from core.warehousing.counting import enter_counts
from core.warehousing.counting import freeze_count
from core.warehousing.counting import open_count
from core.warehousing.counting import post_count
from core.warehousing.handling import Act
from core.warehousing.handling import Goods
from core.warehousing.handling import adjust
from core.warehousing.handling import change_condition
from core.warehousing.handling import relabel
from core.warehousing.places import add_warehouse
from core.warehousing.transferring import lose_transfer
from core.warehousing.transferring import plan_transfer
from core.warehousing.transferring import receive_transfer
from core.warehousing.transferring import ship_transfer
from tests.warehousing.model import Key
from tests.warehousing.model import Parcel
from tests.warehousing.model import Store
from tests.world import Worlds

START = datetime(2011, 3, 1, 9, tzinfo=UTC)
PLACES = ("MAIN", "FAR")
ACCOUNT = {"MAIN": "1300", "FAR": "1340", "WAY": "1320"}
NOWHERE = ("", "")


@dataclass(frozen=True)
class Deed:
    """Something that is done; what of it is possible is found out when it is done."""

    kind: str
    sku: str
    place: str
    condition: str
    quantity: int
    other: int


DEEDS = st.builds(
    Deed,
    st.sampled_from(
        ["receive", "receive", "lose", "sort", "relabel", "send", "send", "arrive", "arrive",
         "vanish", "count"]
    ),
    st.sampled_from(["MUG", "CUP"]),
    st.sampled_from(PLACES),
    st.sampled_from(["sellable", "damaged", "qc"]),
    st.integers(1, 9),
    st.integers(0, 999),
)  # fmt: skip


@dataclass
class Yard:
    """A company with two warehouses, in which each run has SKUs of its own."""

    database: Database
    company_id: int
    numbers: Iterator[int] = field(default_factory=itertools.count)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def yard(
    request: pytest.FixtureRequest, worlds: Worlds, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Yard]:
    url = worlds.create(request.param)
    database = worlds.open(url, tmp_path_factory.mktemp("yard")).kernel.db
    with database.write() as session:
        company_id = session.execute(sa.text("SELECT id FROM kernel_company")).scalar_one()
        add_warehouse(session, company_id, "FAR", "3pl", "DE")
    yield Yard(database, company_id)
    with database.read() as session:
        assert not [f"{v.sentence} {list(v.faults)}" for v in verify(session) if not v.holds]
    database.dispose()
    worlds.drop(url)


class Run:
    """One run of deeds, done to the record and to the model alike."""

    def __init__(self, yard: Yard) -> None:
        self.yard = yard
        self.number = next(yard.numbers)
        self.store = Store()
        self.sent: dict[str, tuple[str, str, str]] = {}
        self.step = 0

    def code(self, sku: str) -> str:
        return f"{sku}-{self.number}"

    def do(self, session: Session, deed: Deed) -> None:
        self.step += 1
        self.act = Act("tester", key=f"{self.number}/{self.step}", at=START + timedelta(self.step))
        getattr(self, deed.kind)(session, self.yard.company_id, deed)

    def book(self, key: Key, value: int, account: str) -> None:
        place = key[0] if key[0] in PLACES else "WAY"
        self.store.accounts[ACCOUNT[place]] += value
        self.store.accounts[account] -= value

    def receive(self, session: Session, company: int, deed: Deed) -> None:
        key = (deed.place, deed.condition, deed.sku)
        goods = Goods(deed.place, self.code(deed.sku), deed.quantity, deed.condition)
        cost = deed.other * 10_000
        done = adjust(session, company, goods, "found", self.act, unit_cost=cost)
        assert done.value == deed.quantity * deed.other
        self.store.add(key, Parcel(self.step, deed.quantity, done.value))
        self.book(key, done.value, "5130")

    def lose(self, session: Session, company: int, deed: Deed) -> None:
        key = (deed.place, deed.condition, deed.sku)
        goods = Goods(deed.place, self.code(deed.sku), -deed.quantity, deed.condition)
        if deed.quantity > self.store.on_hand(key):
            with pytest.raises(Conflict):
                adjust(session, company, goods, "lost", self.act)
            return
        lost = sum(parcel.value for parcel in self.store.take(key, deed.quantity))
        assert adjust(session, company, goods, "lost", self.act).value == -lost
        self.book(key, -lost, "5110")

    def sort(self, session: Session, company: int, deed: Deed) -> None:
        key = (deed.place, deed.condition, deed.sku)
        after = "qc" if deed.condition != "qc" else "sellable"
        goods = Goods(deed.place, self.code(deed.sku), deed.quantity, deed.condition)
        if deed.quantity > self.store.on_hand(key):
            with pytest.raises(Conflict):
                change_condition(session, company, goods, after, self.act)
            return
        change_condition(session, company, goods, after, self.act)
        for parcel in self.store.take(key, deed.quantity):
            self.store.add((deed.place, after, deed.sku), parcel)

    def relabel(self, session: Session, company: int, deed: Deed) -> None:
        key = (deed.place, deed.condition, deed.sku)
        other = "CUP" if deed.sku == "MUG" else "MUG"
        goods = Goods(deed.place, self.code(deed.sku), deed.quantity, deed.condition)
        if deed.quantity > self.store.on_hand(key):
            with pytest.raises(Conflict):
                relabel(session, company, goods, self.code(other), self.act)
            return
        relabel(session, company, goods, self.code(other), self.act)
        for parcel in self.store.take(key, deed.quantity):
            self.store.add((deed.place, deed.condition, other), parcel)

    def send(self, session: Session, company: int, deed: Deed) -> None:
        origin = (deed.place, "sellable", deed.sku)
        target = next(place for place in PLACES if place != deed.place)
        quantity = min(deed.quantity, self.store.on_hand(origin))
        reference = f"T{self.number}/{self.step}"
        asked = {self.code(deed.sku): deed.quantity}
        plan_transfer(session, company, deed.place, target, asked, reference=reference)
        if not quantity:
            with pytest.raises(Conflict):
                ship_transfer(session, company, reference, at=self.act.at)
            return
        shipped = {self.code(deed.sku): quantity}
        ship_transfer(session, company, reference, shipped, at=self.act.at)
        way = (reference, "way", deed.sku)
        for parcel in self.store.take(origin, quantity):
            self.store.add(way, parcel)
            self.store.accounts[ACCOUNT[deed.place]] -= parcel.value
            self.store.accounts[ACCOUNT["WAY"]] += parcel.value
        self.sent[reference] = (target, deed.sku, deed.place)

    def _on_the_way(self, deed: Deed) -> tuple[str, str, int] | None:
        """Choose a transfer that has something open, and how much of it."""
        still = [
            reference
            for reference, (_, sku, _) in self.sent.items()
            if self.store.on_hand((reference, "way", sku))
        ]
        if not still:
            return None
        reference = still[deed.other % len(still)]
        sku = self.sent[reference][1]
        return reference, sku, min(deed.quantity, self.store.on_hand((reference, "way", sku)))

    def arrive(self, session: Session, company: int, deed: Deed) -> None:
        if (chosen := self._on_the_way(deed)) is None:
            return
        reference, sku, quantity = chosen
        target = self.sent[reference][0]
        receive_transfer(
            session,
            company,
            reference,
            {self.code(sku): quantity},
            condition=deed.condition,
            at=self.act.at,
        )
        for parcel in self.store.take((reference, "way", sku), quantity):
            self.store.add((target, deed.condition, sku), parcel)
            self.store.accounts[ACCOUNT["WAY"]] -= parcel.value
            self.store.accounts[ACCOUNT[target]] += parcel.value

    def vanish(self, session: Session, company: int, deed: Deed) -> None:
        if (chosen := self._on_the_way(deed)) is None:
            return
        reference, sku, quantity = chosen
        lose_transfer(session, company, reference, {self.code(sku): quantity}, at=self.act.at)
        key = (reference, "way", sku)
        lost = sum(parcel.value for parcel in self.store.take(key, quantity))
        self.book(key, -lost, "5120")

    def count(self, session: Session, company: int, deed: Deed) -> None:
        """Count one SKU, find what the deed says; a gain has no certain cost and stays out."""
        key = (deed.place, deed.condition, deed.sku)
        counted = min(deed.quantity, self.store.on_hand(key))
        code, reference = self.code(deed.sku), f"C{self.number}/{self.step}"
        open_count(
            session, company, deed.place, [code], condition=deed.condition, reference=reference
        )
        freeze_count(session, company, reference)
        enter_counts(session, company, reference, {code: counted})
        result = post_count(session, company, reference, at=self.act.at)
        missing = self.store.on_hand(key) - counted
        lost = sum(parcel.value for parcel in self.store.take(key, missing))
        assert (result.differing, result.value) == (int(missing > 0), -lost)
        self.book(key, -lost, "5130")


def stored(session: Session, run: Run) -> tuple[dict[Key, list[tuple[int, int]]], dict[str, int]]:
    """Return what the record holds of a run: goods by place, and what the accounts moved."""
    layers: dict[Key, list[tuple[int, int]]] = {}
    rows = session.execute(
        sa.text(
            "SELECT w.code, v.condition, s.code, y.remaining, y.remaining_value"
            " FROM stock_layer y JOIN stock_level v ON v.id = y.level_id"
            " JOIN stock_warehouse w ON w.id = v.warehouse_id JOIN catalog_sku s ON s.id = v.sku_id"
            " WHERE y.remaining > 0 AND s.code LIKE :mine ORDER BY y.received_at, y.id"
        ),
        {"mine": f"%-{run.number}"},
    )
    for place, condition, code, quantity, value in rows:
        key = (place, condition, code.split("-")[0])
        layers.setdefault(key, []).append((quantity, value))
    accounts = session.execute(
        sa.text(
            "SELECT a.code, SUM(p.amount) FROM ledger_posting p"
            " JOIN ledger_account a ON a.id = p.account_id JOIN catalog_sku s ON s.id = p.sku_id"
            " WHERE s.code LIKE :mine GROUP BY a.code"
        ),
        {"mine": f"%-{run.number}"},
    )
    return layers, {code: int(amount) for code, amount in accounts}


def in_order(store: Store) -> dict[Key, list[tuple[int, int]]]:
    """Return the model's goods as `stored` does; what is on its way lies in one place."""
    held: dict[Key, list[Any]] = {}
    for (place, condition, sku), parcels in store.shelves.items():
        key = (place, condition, sku) if place in PLACES else ("TRANSIT", "sellable", sku)
        held.setdefault(key, []).extend((p.root, p.quantity, p.value) for p in parcels)
    return {key: [each[1:] for each in sorted(found)] for key, found in held.items() if found}


@given(st.lists(DEEDS, min_size=1, max_size=20))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_warehouses_do_what_the_model_does(yard: Yard, deeds: list[Deed]) -> None:
    run = Run(yard)
    with yard.database.write() as session:
        make_skus(session, yard.company_id, {run.code(sku): "" for sku in ("MUG", "CUP")})
    for deed in deeds:
        with yard.database.write() as session:
            run.do(session, deed)

    with yard.database.read() as session:
        layers, accounts = stored(session, run)
        assert {key: sorted(found) for key, found in layers.items()} == {
            key: sorted(found) for key, found in in_order(run.store).items()
        }
        assert {code: amount for code, amount in accounts.items() if amount} == {
            code: amount for code, amount in run.store.accounts.items() if amount
        }

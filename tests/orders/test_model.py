"""The life of orders against a model of it that is too simple to be wrong."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import example
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from core.errors import EntrepotError
from core.orders.approving import approve
from core.orders.cancelling import cancel
from core.orders.holding import hold
from core.orders.holding import resume
from core.orders.naming import all_quantities
from core.orders.releasing import recall
from core.orders.releasing import release
from core.orders.shipping import ship
from core.orders.taking_back import take_back
from core.warehousing.handling import Act
from core.warehousing.handling import Goods
from core.warehousing.handling import adjust
from tests.orders.life import BEA
from tests.orders.life import Life
from tests.orders.model import ALLOWED
from tests.orders.model import Sale
from tests.orders.model import Shop
from tests.world import Worlds

SKUS = ("A", "B")
LINES = st.lists(
    st.tuples(st.sampled_from(["A", "B", "KIT"]), st.integers(1, 4)), min_size=1, max_size=3
)
STEPS = st.one_of(
    st.tuples(st.just("order"), st.integers(1, 9), LINES),
    st.tuples(st.just("arrive"), st.sampled_from(SKUS), st.integers(1, 9)),
    st.tuples(st.just("lose"), st.sampled_from(SKUS), st.integers(1, 4)),
    st.tuples(st.sampled_from(sorted(ALLOWED)), st.integers(0, 5), st.none()),
    st.tuples(st.sampled_from(["ship", "cancel", "approve"]), st.integers(0, 5), st.none()),
)
VERBS: dict[str, Callable[..., Any]] = {
    "hold": hold,
    "lock": lambda *given: hold(*given, keep_stock=False),
    "resume": resume,
    "approve": approve,
    "release": release,
    "recall": recall,
    "cancel": cancel,
    "ship": ship,
    "return": lambda session, company_id, ids, actor: take_back(
        session, company_id, ids[0], actor,
        quantities=all_quantities(session, company_id, ids[0], sent=True), disposition="sellable",
    ),
}  # fmt: skip


class Real:
    """The services, with SKUs and orders of this run only."""

    def __init__(self, life: Life, number: int) -> None:
        self.life = life
        self.number = number
        self.refs: list[str] = []
        self.name = {code: f"{code}{number}" for code in ("A", "B", "KIT")}
        self.life.bundle(self.name["KIT"], **{self.name["A"]: 2, self.name["B"]: 1})

    def order(self, day: int, lines: list[tuple[str, int]]) -> None:
        ref = f"{self.number}-{len(self.refs)}"
        self.refs.append(ref)
        self.life.orders(
            *(f"{ref} {self.name[c]} {n} @ 99.00 on 2011-02-0{day} to US" for c, n in lines)
        )

    def adjust(self, sku: str, quantity: int) -> bool:
        goods = Goods("MAIN", self.name[sku], quantity)
        with self.life.world.kernel.db.write() as session:
            adjust(session, self.life.world.company.id, goods, "correction", Act("bea"))
        return True

    def do(self, verb: str, place: int) -> bool:
        company_id, order_id = self.life.world.company.id, self.life.id(self.refs[place])
        with self.life.world.kernel.db.write() as session:
            VERBS[verb](session, company_id, [order_id], BEA)
        return True

    def stands(self, place: int) -> tuple[str, dict[str, tuple[int, int]]]:
        ref = self.refs[place]
        short = {name: code for code, name in self.name.items()}
        promised = {short[name]: sums for name, sums in self.life.promised(ref).items()}
        return self.life.state(ref)[0], promised


def stands(sale: Sale) -> tuple[str, dict[str, tuple[int, int]]]:
    """Return the state of an order of the model, and what it has and waits for."""
    given, waits = Counter[str](), Counter[str]()
    for want in sale.wants:
        given[want.sku] += want.given
        waits[want.sku] += want.waits
    skus = {sku for sku in SKUS if given[sku] or waits[sku]}
    return sale.state, {sku: (given[sku], waits[sku]) for sku in skus}


def refused(act: Callable[[], object]) -> bool:
    """Say whether the services refuse an act."""
    try:
        act()
    except EntrepotError:
        return True
    return False


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def life(
    request: pytest.FixtureRequest, worlds: Worlds, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Life]:
    url = worlds.create(request.param)
    folder: Path = tmp_path_factory.mktemp("model")
    world = worlds.open(url, folder)
    yield Life(world)
    world.kernel.db.dispose()
    worlds.drop(url)


NUMBERS = itertools.count()

STORY: list[tuple[Any, ...]] = [
    ("arrive", "A", 5),
    ("order", 3, [("KIT", 2), ("A", 2)]),
    ("order", 1, [("A", 1)]),
    ("arrive", "B", 2),
    ("lock", 0, None),
    ("approve", 0, None),
    ("lose", "A", 2),
    ("arrive", "A", 9),
    ("ship", 0, None),
    ("return", 0, None),
    ("cancel", 1, None),
]


@example(STORY)
@given(st.lists(STEPS, min_size=3, max_size=14))
@settings(
    # A step takes a transaction or two: a fifth of what pure properties try.
    max_examples=max(5, settings().max_examples // 5),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_orders_live_as_the_model_does(life: Life, steps: list[tuple[Any, ...]]) -> None:
    shop, real = Shop(), Real(life, next(NUMBERS))
    for name, first, second in steps:
        if name == "order":
            shop.order(first, second)
            real.order(first, second)
        elif name == "arrive":
            shop.arrive(first, second)
            real.adjust(first, second)
        elif name == "lose":
            may = shop.lose(first, second)
            assert refused(lambda: real.adjust(first, -second)) is not may  # noqa: B023
        elif first < len(shop.sales):
            may = shop.do(name, shop.sales[first])
            assert refused(lambda: real.do(name, first)) is not may, name  # noqa: B023
        for sku in SKUS:
            assert life.level(real.name[sku]) == (shop.shelf[sku], shop.given(sku))
        for place, sale in enumerate(shop.sales):
            assert real.stands(place) == stands(sale)
    life.sound()

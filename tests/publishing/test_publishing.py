"""From a change of stock to a marketplace that fails: told in order, the newest number last."""

from __future__ import annotations

import random

import pytest
import sqlalchemy as sa

from core.catalog.services import make_skus
from core.kernel.connections import get_connection
from core.publishing.models import Push
from core.publishing.models import Target
from core.publishing.pushing import connections_by_account
from core.publishing.pushing import latency
from core.publishing.pushing import note_seen
from core.publishing.pushing import publish_changes
from core.publishing.pushing import tell
from core.publishing.reckoning import Terms
from core.publishing.rules import Scope
from core.publishing.rules import list_rules
from core.publishing.rules import make_pool
from core.publishing.rules import set_rule
from core.publishing.targets import again
from core.publishing.targets import explain
from core.warehousing.handling import Act
from core.warehousing.handling import Goods
from core.warehousing.handling import adjust
from core.warehousing.places import add_warehouse
from tests.publishing.market import Market
from tests.publishing.market import drain
from tests.publishing.market import opened
from tests.world import MAPPING
from tests.world import World

WAITING = MAPPING.replace("shipped = true", "shipped = false")
SKUS = ("MUG", "CUP", "JUG")


@pytest.fixture
def stocked(world: World) -> World:
    """Give ten of each SKU, each known to the account by an order of one."""
    world.stock(*[f"{sku} 11 @ 2.00 on 2010-11-30" for sku in SKUS])
    world.orders(*[f"{n} {sku} 1 @ 5.00 on 2011-01-01" for n, sku in enumerate(SKUS, 900)])
    return world


def publish(world: World, market: Market | None = None, *, full: bool = False) -> None:
    publish_changes(world.kernel, world.company.id, full=full)
    if market is not None:
        with world.kernel.db.read() as session:
            connection = get_connection(session, "Till", company_id=world.company.id)
        drain(world.kernel, connection)
        publish_changes(world.kernel, world.company.id)


def targets(world: World) -> dict[str, Target]:
    with world.kernel.db.read() as session:
        return {target.seller_sku: target for target in session.scalars(sa.select(Target))}


def order(world: World, number: int, sku: str, quantity: int) -> None:
    world.orders(f"{number} {sku} {quantity} @ 5.00 on 2011-02-01", mapping=WAITING)


def test_reservation_is_told_and_confirmed(stocked: World) -> None:
    with opened(stocked.kernel, 1) as market:
        publish(stocked, market)
        assert market.shown == dict.fromkeys(SKUS, 10)
        order(stocked, 1, "MUG", 3)
        publish(stocked, market)

    assert market.shown == {"MUG": 7, "CUP": 10, "JUG": 10}
    mug = targets(stocked)["MUG"]
    assert (mug.desired, mug.sent, mug.confirmed, mug.version) == (7, 7, 7, 2)
    with stocked.kernel.db.read() as session:
        figures = latency(session, stocked.company.id)
        assert figures["pushes"] == 4
        assert 0 <= (figures["p50"] or 0) <= (figures["p95"] or 0) <= (figures["longest"] or 0)
        assert session.scalars(sa.select(Push.outcome).distinct()).all() == ["confirmed"]


def test_newest_number_overtakes_those_not_sent_yet(stocked: World) -> None:
    with opened(stocked.kernel, 1) as market:
        publish(stocked)
        for number in range(3):
            order(stocked, number, "MUG", 2)
            publish(stocked)
        publish(stocked, market)

    assert [quantity for sku, quantity in market.told if sku == "MUG"] == [4]
    assert targets(stocked)["MUG"].confirmed == 4


def test_rules_narrow_down_and_are_kept_in_versions(stocked: World) -> None:
    company = stocked.company.id
    with opened(stocked.kernel, 1) as market:
        with stocked.kernel.db.write() as session:
            platform, account = next(iter(connections_by_account(session, company)))
            set_rule(session, company, Scope(), Terms(buffer=3))
            mug = make_skus(session, company, {"MUG": ""})["MUG"]
            set_rule(session, company, Scope(platform, account, mug), Terms(cap=2), note="first")
            set_rule(session, company, Scope(platform, account, mug), Terms(cap=5), note="second")
        publish(stocked, market)
        told = targets(stocked)
        with stocked.kernel.db.read() as session:
            text = explain(session, company, list(told.values()))[told["MUG"].id].text()
            versions = [(r.version, r.cap) for r in list_rules(session, company, history=True)]

    assert market.shown == {"MUG": 5, "CUP": 7, "JUG": 7}
    assert text == "publishes 5: on hand 10, buffer 3, cap 5"
    assert versions[-2:] == [(2, 5), (1, 2)]


def test_platform_goods_are_offered_elsewhere_only_by_a_pool(stocked: World) -> None:
    company = stocked.company.id
    with stocked.kernel.db.write() as session:
        add_warehouse(session, company, "FBA", "platform", "DE")
        goods = Goods("FBA", "MUG", 50)
        adjust(session, company, goods, "found", Act(), unit_cost=2_000_000)
    with opened(stocked.kernel, 1) as market:
        publish(stocked, market)
        alone = market.shown["MUG"]
        with stocked.kernel.db.write() as session:
            both = make_pool(session, company, "all", ["MAIN", "FBA"])
            set_rule(session, company, Scope(), Terms(pool_id=both.id))
        publish(stocked, market, full=True)

    assert (alone, market.shown["MUG"]) == (10, 60)


def test_drift_is_seen_and_told_again(stocked: World) -> None:
    company = stocked.company.id
    with opened(stocked.kernel, 1) as market:
        publish(stocked, market)
        market.shown["CUP"] = 99
        with stocked.kernel.db.write() as session:
            account = next(iter(connections_by_account(session, company)))
            seen = {f"/{sku}": number for sku, number in market.shown.items()}
            drifted = note_seen(session, company, account, seen)
            tell(session, company, again(session, company, drifted))
        publish(stocked, market)

    assert [target.seller_sku for target in drifted] == ["CUP"]
    assert market.shown["CUP"] == 10


def test_market_that_fails_converges_and_oversells_are_all_visible(stocked: World) -> None:
    """Buyers buy what is shown while numbers are late, lost, refused or doubled."""
    dice, bought, number = random.Random(7), dict.fromkeys(SKUS, 0), 0
    with opened(stocked.kernel, 7, faults=0.4) as market:
        publish(stocked, market)
        for _ in range(20):
            lines = []
            for _ in range(dice.randint(1, 3)):
                sku = dice.choice(SKUS)
                if quantity := market.sell(sku, dice.randint(1, 3)):
                    number += 1
                    bought[sku] += quantity
                    lines.append(f"{number} {sku} {quantity} @ 5.00 on 2011-02-01")
            if lines:
                stocked.orders(*lines, mapping=WAITING)
            publish(stocked, market if dice.random() < 0.4 else None)
        market.faults = 0.0
        publish(stocked, market)

    assert min(quantity for _, quantity in market.told) >= 0
    assert market.shown == {sku: max(10 - bought[sku], 0) for sku in SKUS}
    waiting = stocked.rows(
        "SELECT s.code, SUM(r.short_quantity) AS short FROM stock_reservation r"
        " JOIN stock_level v ON v.id = r.level_id JOIN catalog_sku s ON s.id = v.sku_id"
        " GROUP BY s.code"
    )
    assert {code: int(short) for code, short in waiting if short} == {
        sku: bought[sku] - 10 for sku in SKUS if bought[sku] > 10
    }
    assert not stocked.broken()


def test_nothing_is_kept_where_nobody_follows(stocked: World) -> None:
    order(stocked, 1, "MUG", 3)

    publish(stocked)

    assert stocked.rows("SELECT COUNT(*) FROM stock_change") == [(0,)]
    assert stocked.rows("SELECT COUNT(*) FROM publishing_target") == [(0,)]

"""What the simulated Amazon stores, over real HTTP, beside our books."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.config import ROOT
from core.errors import NotFound
from core.testkit.fakes.amazon import AmazonFake
from core.testkit.fakes.trade import Status
from core.testkit.specs import judge
from core.warehousing.places import add_warehouse
from core.warehousing.stored import differences
from core.warehousing.stored import take_number
from core.warehousing.stored_pulling import pull_stored
from tests.amazon.conftest import Connected
from tests.amazon.conftest import Seller

SHARED = Path(os.environ.get("ENTREPOT_SHARED") or ROOT.parent / "shared")


@pytest.fixture
def seller(connected: Connected) -> Seller:
    return connected(AmazonFake.lived(seed=7, orders=5, factor=10_000))


def test_stock_is_compared_and_mended(seller: Seller) -> None:
    with pytest.raises(NotFound, match="kind platform"):
        pull_stored(seller.kernel, seller.connection)
    company = seller.world.company.id
    with seller.kernel.db.write() as session:
        add_warehouse(session, company, "FBA", "platform", "GB")
    products = seller.fake.trade.products
    seller.world.stock_in(
        "FBA", *(f"{sku} {each.stored} @ 2.00 on 2011-01-03" for sku, each in products.items())
    )
    assert seller.fake.served is not None
    models = SHARED / "specs" / "amazon" / "models-oas3"
    judged = judge(models, ("fbaInventory.json",), seller.fake.served.url)
    seller.fake.witnesses.append(judged)

    calm = pull_stored(seller.kernel, seller.connection)
    products["TOWEL"].stored -= 3
    changed = pull_stored(seller.kernel, seller.connection)

    assert (calm.listings, calm.differing) == (len(products), 0)
    assert (changed.listings, changed.differing) == (len(products), 1)
    assert seller.fake.calls.made["getInventorySummaries"] == 4
    assert judged.objections == []
    with seller.kernel.db.write() as session:
        take_number(session, company, "FBA", "TOWEL", actor="ann")
        assert differences(session, company) == []
    assert seller.world.broken() == []


def test_what_amazon_sends_leaves_its_own_warehouse(connected: Connected) -> None:
    seller = connected(AmazonFake.lived(seed=7, orders=40, factor=10_000, stored=0.6))
    world, products = seller.world, seller.fake.trade.products
    company = world.company.id
    with seller.kernel.db.write() as session:
        add_warehouse(session, company, "FBA", "platform", "GB")
    stocked = 40 * 4 + 100
    world.stock_in("FBA", *(f"{sku} {stocked} @ 2.00 on 2011-01-03" for sku in products))
    mine = world.rows("SELECT SUM(reserved) FROM stock_level")[0][0] or 0

    result = seller.pull()

    sales = seller.fake.trade.sales.values()
    assert mine == 0
    assert result.quarantined == 0
    open_there = [s for s in sales if s.stored and s.status is Status.OPEN]
    assert result.waiting == len([s for s in sales if s.status is Status.UNPAID]) + len(open_there)
    assert pull_stored(seller.kernel, seller.connection).differing == 0
    with seller.kernel.db.read() as session:
        assert differences(session, company) == []
    reserved = {
        sku: sum(i.open for s in sales for i in s.items
                 if i.product.sku == sku and not s.stored and s.status is Status.OPEN)
        for sku in products
    }  # fmt: skip
    held = world.rows(
        "SELECT k.code, SUM(l.reserved) FROM stock_level l JOIN catalog_sku k"
        " ON k.company_id = l.company_id AND k.id = l.sku_id GROUP BY k.code"
    )
    assert {code: int(n) for code, n in held} == reserved
    assert world.broken() == []

"""What others ask on the simulated Amazon, over real HTTP, kept whenever it changes."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from core import clock
from core.catalog.models import Listing
from core.config import ROOT
from core.ids import next_id
from core.publishing.offers import list_offers
from core.publishing.offers import offers_of
from core.publishing.offers import pull_offers
from core.testkit.fakes.amazon import AmazonFake
from core.testkit.specs import judge
from tests.amazon.conftest import Connected
from tests.amazon.conftest import Seller

SHARED = Path(os.environ.get("ENTREPOT_SHARED") or ROOT.parent / "shared")
MODELS = ("productPricing_2022-05-01.json", "listingsItems_2021-08-01.json")


@pytest.fixture
def seller(connected: Connected) -> Seller:
    return connected(AmazonFake.lived(seed=7, orders=5, factor=10_000))


def test_offers_are_kept_when_they_change(seller: Seller) -> None:
    fake, world = seller.fake, seller.world
    assert fake.served is not None
    judged = judge(SHARED / "specs/amazon/models-oas3", MODELS, fake.served.url)
    fake.witnesses.append(judged)
    listed(seller)
    towel = fake.trade.products["TOWEL"]
    fake.rivals["TOWEL"] = towel.price - 400

    first = pull_offers(seller.kernel, seller.connection)
    again = pull_offers(seller.kernel, seller.connection)
    fake.rivals["TOWEL"] = towel.price + 100
    changed = pull_offers(seller.kernel, seller.connection, age=timedelta(0))

    count = len(fake.trade.products)
    assert (first.asked, first.told, first.changed) == (count, count, count)
    assert again.asked == 0
    assert (changed.asked, changed.changed) == (count, 1)
    key = ("amazon", seller.connection.account, "TOWEL")
    with world.kernel.db.read() as session:
        now = offers_of(session, world.company.id, [key])[key]
        history = list_offers(session, world.company.id, "TOWEL")
        assert len(list_offers(session, world.company.id)) == count
    assert (now.lowest, now.lowest_is_ours, now.featured_is_ours) == (towel.price, True, True)
    assert [each.lowest for each in history] == [towel.price, towel.price - 400 + 299]
    assert (history[1].lowest_is_ours, history[1].currency) == (False, "GBP")
    assert judged.objections == []
    assert judged.seen == {"getCompetitiveSummary", "searchListingsItems"}


def listed(seller: Seller) -> None:
    """Let every product be known as a listing of the account."""
    with seller.kernel.db.write() as session:
        session.add_all(
            Listing(
                company_id=seller.world.company.id,
                id=next_id(session),
                platform="amazon",
                account=seller.connection.account,
                external_ref=sku,
                title=each.title,
                created_at=clock.now(),
            )
            for sku, each in seller.fake.trade.products.items()
        )

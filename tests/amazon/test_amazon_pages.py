"""What pages show of what Amazon sends, and of what others ask there."""

from __future__ import annotations

from core import clock
from core.catalog.models import Listing
from core.channels.external import OffersSeen
from core.ids import next_id
from core.orders.releasing import release
from core.publishing.offers import keep_offers
from core.testkit.fakes.amazon import AmazonFake
from core.testkit.fakes.amazon.outbound import leave
from tests.amazon.conftest import Connected
from tests.amazon.elsewhere import elsewhere
from tests.pages import browsing

LINE = "1001 TOWEL 2 @ 5.00 on 2011-02-01 to GB"


def test_pages_lead_from_the_choice_to_the_parcel(connected: Connected) -> None:
    till = elsewhere(connected(AmazonFake.lived(seed=7, orders=2, factor=10_000)), LINE)
    world, life, fake = till.seller.world, till.life, till.seller.fake
    with browsing(world.kernel.config) as client:
        order = life.id("1001")
        assert "Let it leave from" in client.get(f"/orders/{order}").text
        version = world.order("1001").row_version

        form = {"warehouse": "FBA", "row_version": version}
        client.post(f"/fulfilments/{order}/from", data=form)
        fake.trade.products["TOWEL"].stored = 0
        life.do(release, "1001")
        till.told()
        queue = client.get("/orders/queues/warehouse").text
        assert "not enough sellable inventory" in queue
        assert "Ask the warehouse again" in queue
        fake.trade.products["TOWEL"].stored = 9
        version = world.order("1001").row_version
        client.post(f"/orders/queues/warehouse/{order}", data={"row_version": version})
        life.do(release, "1001")
        till.told()
        number = leave(fake, till.key)
        till.followed()
        page = client.get(f"/orders/{order}").text
        assert f"QB{number}" in page
        assert "Finished" in page


def test_a_product_shows_what_others_ask(connected: Connected) -> None:
    seller = connected(AmazonFake.lived(seed=7, orders=2, factor=10_000))
    world, account = seller.world, ("amazon", seller.connection.account)
    (sku,) = world.rows("SELECT id FROM catalog_sku WHERE code = 'TOWEL'")[0]
    with world.kernel.db.write() as session:
        session.add(
            Listing(
                company_id=world.company.id,
                id=next_id(session),
                platform=account[0],
                account=account[1],
                external_ref="TOWEL-1",
                title="Towel",
                sku_id=sku,
                created_at=clock.now(),
            )
        )
        told = OffersSeen("TOWEL-1", "GBP", 1234, False, None, False)
        assert keep_offers(session, world.company.id, account, [told]) == 1
    with browsing(world.kernel.config) as client:
        page = client.get(f"/products/{sku}").text
    assert "12.34" in page
    assert "Lowest offer" in page

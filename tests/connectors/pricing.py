"""What a simulated marketplace is told of prices, beside what buyers truly pay there."""

from __future__ import annotations

from core.publishing.price_pushing import push_prices
from core.publishing.price_pushing import see_prices
from core.publishing.prices import Wish
from core.publishing.prices import set_prices
from core.testkit.fakes.faults import Faults
from tests.selling import AnyFake
from tests.selling import Seller
from tests.selling import until_done


def prices_arrive_whatever_goes_wrong(seller: Seller[AnyFake], *, seen: bool = True) -> None:
    """Set prices, have them told under faults, and compare them with what buyers pay."""
    kernel, connection, trade = seller.kernel, seller.connection, seller.fake.trade
    seller.pull()
    platform = kernel_platform(seller)
    sold = {item.product.sku for sale in trade.sales.values() for item in sale.items}
    # 20 % tax is within what buyers are shown.
    wanted = {sku: 1200 + 60 * place for place, sku in enumerate(sorted(sold)[:3])}
    with kernel.db.write() as session:
        wishes = [
            Wish(platform, connection.account, sku, amount, "GBP") for sku, amount in wanted.items()
        ]
        set_prices(session, connection.company_id, wishes, actor="ann")
    seller.fake.faults = Faults(0.4, 3)
    until_done(lambda: push_prices(kernel, connection))
    seller.fake.faults = Faults()

    assert push_prices(kernel, connection).due == 0
    truth = {sku: trade.products[sku].price for sku in wanted}
    net = {sku: amount * 5 // 6 for sku, amount in wanted.items()}
    assert truth in (net, wanted)
    if seen:
        assert see_prices(kernel, connection) == {"seen": len(wanted), "drifted": 0}


def kernel_platform(seller: Seller[AnyFake]) -> str:
    """Return the platform of a seller's orders."""
    rows = seller.world.rows("SELECT DISTINCT platform FROM orders_order")
    (platform,) = {row[0] for row in rows}
    return str(platform)

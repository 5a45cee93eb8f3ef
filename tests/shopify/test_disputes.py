"""Disputes of payments at the simulated Shopify: told with their deadline, and how they end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.disputes.pulling import pull_disputes
from core.disputes.reading import list_disputes
from core.errors import InputError
from core.kernel.connecting import reconnect
from core.testkit.fakes.shopify import ShopifyFake
from core.testkit.schemas import schema_judge
from tests.shopify.conftest import INTROSPECTION
from tests.shopify.conftest import Connected
from tests.shopify.conftest import Seller
from tests.shopify.conftest import settings_of


def switched_on(seller: Seller) -> None:
    """Have disputes fetched from now on."""
    given, version = settings_of(seller.fake, disputes=True), seller.connection.row_version
    seller.connection = reconnect(seller.kernel, seller.connection, given, row_version=version)


def test_disputes_come_in_and_how_they_end(connected: Connected) -> None:
    seller = connected(ShopifyFake.lived(seed=7, orders=2, factor=10_000))
    fake, ours = seller.fake, seller.world.company.id
    assert pull_disputes(seller.kernel, seller.connection).told == 0
    assert fake.calls.made["disputes"] == 0
    fake.scopes.remove("read_shopify_payments_disputes")
    with pytest.raises(InputError, match="lacks the scopes read_shopify_payments_disputes"):
        switched_on(seller)
    fake.scopes.add("read_shopify_payments_disputes")
    switched_on(seller)
    judged = schema_judge(INTROSPECTION)
    fake.witnesses.append(judged)
    sale = next(iter(fake.trade.sales.values()))
    at = fake.clock.now().replace(microsecond=0) - timedelta(days=2)
    made = fake.payments.dispute(sale, at)

    assert pull_disputes(seller.kernel, seller.connection).new == 1
    with seller.kernel.db.read() as session:
        (row,) = list_disputes(session, ours, "all").rows
    assert (row.external_ref, row.state, row.amount) == (
        made["id"].rpartition("/")[2],
        "open",
        sale.net + sale.tax,
    )
    made["status"] = "LOST"
    assert pull_disputes(seller.kernel, seller.connection).changed == 1
    assert pull_disputes(seller.kernel, seller.connection).unchanged == 1
    with seller.kernel.db.read() as session:
        (row,) = list_disputes(session, ours, "all").rows
    assert row.state == "lost"
    assert judged.objections == []

"""A day's quota that is used up: eBay is asked until when, and left alone until then."""

from __future__ import annotations

import pytest

from core.errors import RateLimited
from core.http import answers
from core.http import client
from core.testkit.fakes.ebay import EbayFake
from core.testkit.fakes.ebay import orders as told
from core.testkit.fakes.faults import Fault
from core.testkit.fakes.faults import Faults
from core.testkit.fakes.rates import Bucket
from tests.ebay.conftest import Connected
from tests.ebay.conftest import Seller
from tests.ebay.conftest import judged_by_ebay


@pytest.fixture
def seller(connected: Connected, monkeypatch: pytest.MonkeyPatch) -> Seller:
    monkeypatch.setattr(client, "BACKOFF_SECONDS", 0.01)
    monkeypatch.setattr(answers, "DEFAULT_WAIT", 0.02)
    return connected(EbayFake.lived(seed=11, orders=12, factor=10_000))


def test_who_has_used_up_his_day_waits_until_it_ends(seller: Seller) -> None:
    judged = judged_by_ebay(seller)
    seller.fake.buckets.take("getOrders", told.RATE)
    # Nothing is left, and hardly anything comes back.
    seller.fake.buckets._buckets["getOrders"] = Bucket(0.000_1, 0)

    with pytest.raises(RateLimited) as caught:
        seller.pull()

    assert 0 < caught.value.retry_after <= 86_400
    # How many there were and when it goes on is told, and stands with the connection.
    assert "quota of 100000 questions is used up" in str(caught.value)
    assert "quota of 100000" in str(seller.world.rows("SELECT last_error FROM kernel_connection"))
    assert seller.fake.calls.made["getUserRateLimits"] == 1
    assert judged.objections == []
    assert "getUserRateLimits" in judged.seen


def test_a_limit_of_a_moment_is_waited_for(seller: Seller) -> None:
    seller.fake.faults = Faults(planned=dict.fromkeys((2, 3), Fault.LIMITED_SILENTLY))

    assert seller.pull().received == 12
    assert seller.fake.calls.made["getUserRateLimits"] == 0

"""What the simulated Amazon says that it pays out, over real HTTP, beside its settlements."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from core.config import ROOT
from core.settlements.payouts import read_payouts
from core.testkit.fakes.amazon import AmazonFake
from core.testkit.specs import judge
from tests.amazon.conftest import Connected
from tests.amazon.conftest import Seller

SHARED = Path(os.environ.get("ENTREPOT_SHARED") or ROOT.parent / "shared")


@pytest.fixture
def seller(connected: Connected) -> Seller:
    return connected(AmazonFake.lived(seed=7, orders=30, factor=10_000, settle_days=5))


def test_every_settlement_has_its_payout(seller: Seller) -> None:
    fake = seller.fake
    assert fake.served is not None
    judged = judge(
        SHARED / "specs/amazon/models-oas3", ("transfers_2024-06-01.json",), fake.served.url
    )
    fake.witnesses.append(judged)
    since = fake.clock.now() - timedelta(days=400)

    coming, *paid = read_payouts(seller.kernel, seller.connection, since)

    settled = [each for each in fake.trade.settlements if each.total > 0]
    assert len(settled) > 2
    assert [(each.settlements, each.amount) for each in paid] == [
        ((each.ref,), each.total) for each in settled
    ]
    assert {(each.status, each.currency, each.account_tail) for each in paid} == {
        ("PAID", "GBP", "1234")
    }
    assert (coming.external_id, coming.status, coming.amount) == ("", "SCHEDULED", None)
    later = read_payouts(seller.kernel, seller.connection, fake.clock.now())
    assert [each.status for each in later] == ["SCHEDULED"]
    assert judged.objections == []
    assert judged.seen == {"listPayouts", "listExpectedPayouts"}

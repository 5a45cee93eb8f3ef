"""What the simulated Amazon says that it pays out, over real HTTP, beside its settlements."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from addons.amazon.connector import Amazon
from core.config import ROOT
from core.errors import Conflict
from core.errors import OutcomeUnknown
from core.http import client
from core.settlements import demanding
from core.settlements.demanding import Wished
from core.settlements.demanding import demand_payout
from core.settlements.payouts import read_payouts
from core.testkit.fakes.amazon import AmazonFake
from core.testkit.fakes.faults import Fault
from core.testkit.fakes.faults import Faults
from core.testkit.specs import judge
from tests.amazon.conftest import Connected
from tests.amazon.conftest import Seller
from tests.pages import browsing

SHARED = Path(os.environ.get("ENTREPOT_SHARED") or ROOT.parent / "shared")


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less between attempts."""
    monkeypatch.setattr(client, "BACKOFF_SECONDS", 0.01)


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


GERMANY = "A1PA6795UKMFR9"


@pytest.fixture
def german(connected: Connected) -> Seller:
    """Return a seller on a marketplace that pays on demand, with money to be paid."""
    fake = AmazonFake.lived(seed=7, orders=30, factor=100_000)
    fake.marketplace = GERMANY
    return connected(fake)


def states(seller: Seller) -> list[str]:
    query = "SELECT state FROM settlements_payout_wish ORDER BY id"
    return [row[0] for row in seller.world.rows(query)]


def wish(seller: Seller) -> Wished:
    return demand_payout(seller.kernel, seller.connection, actor="ann")


def test_a_payout_is_begun_once_and_refused_with_words(german: Seller) -> None:
    fake = german.fake
    assert fake.served is not None
    judged = judge(
        SHARED / "specs/amazon/models-oas3", ("transfers_2024-06-01.json",), fake.served.url
    )
    fake.witnesses.append(judged)

    begun, again = wish(german), wish(german)
    fake.deposits, fake.demanded = False, []
    nowhere = wish(german)
    fake.deposits = True
    too_little = wish(german)

    assert (begun.state, begun.found) == ("begun", False)
    assert begun.external_ref == f"P{fake.trade.settlements[-1].ref}"
    assert "within 24 hours" in again.reason
    assert "NoDepositMethod" in nowhere.reason
    assert "InsufficientPayoutAmount" in too_little.reason
    assert states(german) == ["begun", "refused", "refused", "refused"]
    said = german.world.rows("SELECT action FROM identity_audit WHERE action LIKE 'payout%'")
    assert [row[0] for row in said] == ["payout.demanded", "payout.answered"] * 4
    assert judged.objections == []
    assert judged.seen == {"initiatePayout"}


def test_one_without_an_answer_is_looked_up_first(
    german: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = german.fake
    # The token, then the payout itself: it is begun, and nobody hears of it.
    fake.faults = Faults(planned={2: Fault.LOST})
    with pytest.raises(OutcomeUnknown):
        wish(german)
    assert states(german) == ["sending"]

    found = wish(german)

    assert (found.state, found.found) == ("begun", True)
    assert found.external_ref == fake.demanded[0]["id"]
    assert fake.calls.made["initiatePayout"] == 1
    assert states(german) == ["begun"]

    # A process dies before it is told: nobody knows, and it is not told until that is sure.
    fake.demanded = []
    with monkeypatch.context() as dying:
        dying.setattr(Amazon, "begin_payout", _die)
        with pytest.raises(KeyboardInterrupt):
            wish(german)
    with pytest.raises(Conflict, match="Nobody knows yet"):
        wish(german)
    assert states(german) == ["begun", "sending"]
    with monkeypatch.context() as later:
        later.setattr(demanding, "PATIENCE", timedelta(0))
        assert wish(german).state == "refused"
    assert states(german) == ["begun", "lost", "refused"]


def test_where_amazon_pays_on_its_day_only_it_says_so(seller: Seller) -> None:
    found = wish(seller)
    assert found.state == "refused"
    assert "in DE, FR, IT, ES, SE, NL, PL, BE only" in found.reason


def test_the_page_has_it_pay_out(german: Seller) -> None:
    label = german.connection.label
    with browsing(german.kernel.config) as client:
        assert "Pay out now" in client.get("/settlements").text
        unsure = client.post("/settlements/payout", data={"connection": label})
        done = client.post("/settlements/payout", data={"connection": label, "sure": "1"})
        again = client.post("/settlements/payout", data={"connection": label, "sure": "1"})
        page = client.get("/settlements").text
    assert [each.status_code for each in (unsure, done, again)] == [400, 303, 409]
    assert german.fake.demanded[0]["id"] in page
    assert "within 24 hours" in page
    assert states(german) == ["begun", "refused"]


def _die(*_: object) -> None:
    raise KeyboardInterrupt

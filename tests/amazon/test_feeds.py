"""Stock of many listings by one feed, over real HTTP: what became of each is read later."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

from addons.amazon import feeds
from addons.amazon.connector import Amazon
from core.channels.calling import calling
from core.channels.external import StockUpdate
from core.config import ROOT
from core.errors import ConnectorError
from core.http import client
from core.publishing.connecting import push_stock
from core.publishing.connecting import read_stock
from core.testkit.fakes.amazon import AmazonFake
from core.testkit.fakes.faults import Faults
from core.testkit.specs import judge
from tests.amazon.conftest import Connected
from tests.amazon.conftest import Seller
from tests.selling import until_done

SPECS = Path(os.environ.get("ENTREPOT_SHARED") or ROOT.parent / "shared") / "specs" / "amazon"
DONE = timedelta(seconds=5)


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less between attempts, and take three listings for many."""
    monkeypatch.setattr(client, "BACKOFF_SECONDS", 0.01)
    monkeypatch.setattr(feeds, "FEW", 2)


@pytest.fixture
def seller(connected: Connected) -> Seller:
    found = connected(AmazonFake.lived(seed=7, orders=12, stored=0.0, factor=10_000))
    found.pull()
    return found


def waiting(seller: Seller) -> int:
    return int(seller.world.rows("SELECT COUNT(*) FROM publishing_target WHERE ticket <> ''")[0][0])


def errors(seller: Seller) -> dict[str, str]:
    rows = seller.world.rows("SELECT seller_sku, error FROM publishing_target WHERE error <> ''")
    return {row[0]: row[1] for row in rows}


def test_many_are_told_by_one_feed_and_answered_later(seller: Seller) -> None:
    assert seller.fake.served is not None
    documents = ("feeds_2021-06-30.json", "listingsItems_2021-08-01.json")
    judged = judge(SPECS / "models-oas3", documents, seller.fake.served.url)
    seller.fake.witnesses.append(judged)
    calls = seller.fake.calls.made
    products = seller.fake.trade.products
    gone = products.pop("TOWEL")

    first = push_stock(seller.kernel, seller.connection)
    meanwhile = push_stock(seller.kernel, seller.connection)

    assert (calls["createFeed"], calls["patchListingsItem"]) == (1, 0)
    assert first.taken == first.due == waiting(seller) > feeds.FEW
    assert (meanwhile.due, calls["fetchFeedResult"]) == (0, 0)
    seller.fake.clock.advance(DONE)
    later = push_stock(seller.kernel, seller.connection)
    # What was refused is told again, now by itself, and stands there with Amazon's own words.
    assert (waiting(seller), later.due, later.refused) == (0, 1, 1)
    assert errors(seller) == {"TOWEL": "The SKU does not exist."}
    products["TOWEL"] = gone
    assert push_stock(seller.kernel, seller.connection).taken == 1
    assert errors(seller) == {}
    assert read_stock(seller.kernel, seller.connection)["drifted"] == 0
    assert judged.objections == []
    assert judged.seen >= {"createFeedDocument", "createFeed", "getFeed", "getFeedDocument"}
    assert seller.world.broken() == []


def test_a_newer_number_does_not_wait_and_wins(seller: Seller) -> None:
    products = seller.fake.trade.products
    push_stock(seller.kernel, seller.connection)
    before = products["CLOCK"].shown
    seller.world.stock("CLOCK 5 @ 2.00 on 2026-01-05")

    newer = push_stock(seller.kernel, seller.connection)

    assert (newer.due, newer.taken, products["CLOCK"].shown) == (1, 1, before + 5)
    # Amazon works the older one off after it.
    products["CLOCK"].shown = before
    seller.fake.clock.advance(DONE)
    assert push_stock(seller.kernel, seller.connection).due == 1
    assert products["CLOCK"].shown == before + 5
    assert push_stock(seller.kernel, seller.connection).due == 0


def test_stock_arrives_whatever_goes_wrong(seller: Seller) -> None:
    seller.fake.faults = Faults(0.3, 5, spared=("token",))

    for _ in range(3):
        until_done(lambda: push_stock(seller.kernel, seller.connection))
        seller.fake.clock.advance(DONE)
    seller.fake.faults = Faults()
    push_stock(seller.kernel, seller.connection)
    seller.fake.clock.advance(DONE)

    assert push_stock(seller.kernel, seller.connection).due == 0
    assert waiting(seller) == 0
    assert read_stock(seller.kernel, seller.connection)["drifted"] == 0


def test_the_document_is_what_amazon_describes(
    seller: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = SPECS / "feeds" / "listings-feed-message-schema-v2.json"
    if not file.is_file():
        pytest.skip(f"the description of a feed's message is not at {file}")
    jsonschema = pytest.importorskip("jsonschema")
    sent: list[bytes] = []
    seller.fake.witnesses.append(
        lambda request, _answer, name: (
            sent.append(request.get_data()) if name == "uploadFeed" else None
        )
    )
    updates = [StockUpdate(sku, 3, f"{n}.1") for n, sku in enumerate(seller.fake.trade.products)]
    with calling(seller.kernel, seller.connection, Amazon()) as call:
        answers = Amazon().push_stock(call, updates)

    (document,) = [json.loads(each) for each in sent]
    schema = json.loads(file.read_bytes())
    for message in document["messages"]:
        jsonschema.validate(message, schema)
    assert len({message["messageId"] for message in document["messages"]}) == len(updates)
    assert len({each.ticket for each in answers}) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"{}", ""), (b"<html>", "issues"), (b"\x1f\x8bcut", "cut off")],
)
def test_a_result_that_cannot_be_read_is_no_success(content: bytes, said: str) -> None:
    if not said:
        assert not feeds.issues_of(content)
        return
    with pytest.raises(ConnectorError, match=said):
        feeds.issues_of(content)

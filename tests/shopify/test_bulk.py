"""Large pulls from the simulated Shopify: the same orders as page by page, however a run ends."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from addons.shopify import bulk
from addons.shopify import listings
from addons.shopify import pulling
from addons.shopify.connector import Shopify
from core import clock
from core.channels.calling import calling
from core.channels.capabilities import Call
from core.channels.cursors import store_place
from core.channels.external import ExternalListing
from core.channels.external import Window
from core.digest import Digest
from core.orders import pulling as orders
from core.testkit.fakes.shopify import ShopifyFake
from core.testkit.fakes.trade import Trade
from core.testkit.schemas import check_document
from core.testkit.schemas import schema_of
from tests.connectors.enduring import FULL
from tests.connectors.enduring import stocked
from tests.shopify.conftest import INTROSPECTION
from tests.shopify.conftest import Connected
from tests.shopify.conftest import Seller

SIZE = 30
OTHER = "query other { productVariants { edges { node { id } } } }"


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Collect few orders, and read their file in small pieces."""
    monkeypatch.setattr(pulling, "WORTH", SIZE // 2)
    monkeypatch.setattr(bulk, "SLICE", 20_000)


@pytest.fixture(scope="module")
def trade() -> Trade:
    return ShopifyFake.lived(seed=7, orders=SIZE, factor=10_000).trade


@pytest.fixture
def make(connected: Connected, trade: Trade) -> Callable[[], Seller]:
    return lambda: connected(ShopifyFake(trade.snapshot(), factor=10_000))


@pytest.fixture(scope="module")
def kept() -> dict[str, Digest]:
    return {}


@pytest.fixture
def paged(
    make: Callable[[], Seller], monkeypatch: pytest.MonkeyPatch, kept: dict[str, Digest]
) -> Digest:
    """Return what comes in page by page: it is the same on every engine."""
    if not kept:
        with monkeypatch.context() as patch:
            patch.setattr(pulling, "WORTH", SIZE)
            seller = make()
            seller.pull()
        assert "runBulk" not in seller.fake.calls.made
        kept["paged"] = seller.world.digest()
    return kept["paged"]


def test_collected_orders_are_those_of_the_pages(make: Callable[[], Seller], paged: Digest) -> None:
    seller = make()
    seller.fake.bulk.looks = 2

    result = seller.pull()

    assert (result.received, result.quarantined) == (SIZE, 0)
    assert seller.world.digest() == paged
    assert seller.world.broken() == []
    made = seller.fake.calls.made
    assert (made["runBulk"], made["orders"]) == (1, 0)
    assert made["bulkFile"] > 2
    vendors = schema_of(INTROSPECTION)
    (collected,) = seller.fake.bulk.made.values()
    assert check_document(vendors, collected.query, {}) == []


def test_a_run_that_ends_goes_on_with_what_was_begun(
    make: Callable[[], Seller], paged: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    seller = make()
    for place in (1, 2, 3):
        # Before it is begun, after it is and before that is known, and in the midst of the file.
        met = 0

        def store(*given: object, place: int = place) -> object:
            nonlocal met
            met += 1
            if met == place:
                raise KeyboardInterrupt
            return store_place(*given)  # type: ignore[arg-type]

        with monkeypatch.context() as patch:
            patch.setattr(orders, "store_place", store)
            with pytest.raises(KeyboardInterrupt):
                seller.pull()

    seller.pull()

    assert seller.world.digest() == paged
    assert len(seller.fake.bulk.made) == 1


def test_what_shopify_cannot_collect_comes_page_by_page(
    make: Callable[[], Seller], paged: Digest
) -> None:
    for ends, found in (("FAILED", True), ("CANCELED", False)):
        seller = make()
        seller.fake.bulk.ends = ends

        result = seller.pull()

        assert (result.unchanged > 0) is found
        assert result.quarantined == 0
        assert seller.world.digest() == paged
        assert seller.fake.calls.made["orders"] == SIZE // pulling.PAGE


def test_an_app_that_collects_already_walks_the_pages(make: Callable[[], Seller]) -> None:
    seller = make()
    seller.fake.bulk.looks = 100
    with calling(seller.kernel, seller.connection, Shopify()) as call:
        bulk.begin(call, OTHER, clock.now())

    assert seller.pull().received == SIZE


def test_it_is_looked_at_again_later(
    make: Callable[[], Seller], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "PATIENCE", 2)
    seller = make()
    seller.fake.bulk.looks = 3

    assert [seller.pull().received for _ in range(3)] == [0, SIZE, 0]


def walked(call: Call) -> list[ExternalListing]:
    """Return the listings of all pages."""
    found: list[ExternalListing] = []
    cursor: str | None = None
    while True:
        page = Shopify().pull_listings(call, Window(None, clock.now()), cursor)
        found += [each for each in page.records if isinstance(each, ExternalListing)]
        cursor = page.next_cursor
        if cursor is None:
            return found


def test_collected_listings_are_those_of_the_pages(
    make: Callable[[], Seller], monkeypatch: pytest.MonkeyPatch
) -> None:
    seller = make()

    with calling(seller.kernel, seller.connection, Shopify()) as call:
        pages = walked(call)
        monkeypatch.setattr(listings, "WORTH", 1)
        collected = walked(call)

    assert collected == pages != []
    assert seller.fake.calls.made["runBulk"] == 1


@pytest.mark.soak
def test_ten_thousand_orders_are_collected(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    trade, found = ShopifyFake.lived(seed=11, orders=FULL).trade, []
    for worth in (FULL, 500):
        monkeypatch.setattr(pulling, "WORTH", worth)
        monkeypatch.setattr(bulk, "SLICE", 1_000_000)
        seller = stocked(connected(ShopifyFake(trade.snapshot(), factor=2000.0)))
        seller.pull()
        found.append(seller.world.digest())
        print(f"{sum(seller.fake.calls.made.values())} calls")  # noqa: T201 - for soaks

    assert found[0] == found[1]

"""Offering products on the simulated Shopify, over real HTTP: looked at first, then published."""

from __future__ import annotations

from typing import Any

import pytest

from core.channels.external import ListingDraft
from core.channels.external import ListingVerdict
from core.publishing.drafts import publish_drafts
from core.testkit.fakes.shopify import ShopifyFake
from core.testkit.schemas import schema_judge
from tests.shopify.conftest import INTROSPECTION
from tests.shopify.conftest import Connected
from tests.shopify.conftest import Seller

COLOURS = {"name": "Colour", "values": [{"name": "Blue"}, {"name": "Green"}]}


def variant(sku: str, colour: str, price: str = "12.00", **more: Any) -> dict[str, Any]:
    values = [{"optionName": "Colour", "name": colour}]
    return {"sku": sku, "price": price, "optionValues": values, **more}


def draft(sku: str, **attributes: Any) -> ListingDraft:
    return ListingDraft(sku, "Vases", {"title": "Vase", **attributes})


def told(seller: Seller, *drafts: ListingDraft, only_try: bool = False) -> list[ListingVerdict]:
    return publish_drafts(seller.kernel, seller.connection, drafts, only_try=only_try)


@pytest.fixture
def seller(connected: Connected) -> Seller:
    return connected(ShopifyFake.lived(seed=7, orders=2, factor=10_000))


def test_products_are_tried_and_then_published(seller: Seller) -> None:
    judged = schema_judge(INTROSPECTION)
    seller.fake.witnesses.append(judged)
    products = seller.fake.trade.products
    single = draft("VASE", price="12.00")
    both = draft(
        "BOWL-B",
        handle="bowl",
        productOptions=[COLOURS],
        variants=[variant("BOWL-B", "Blue"), variant("BOWL-G", "Green", "18.00")],
    )

    assert told(seller, single, both, only_try=True) == [
        ListingVerdict("VASE", True),
        ListingVerdict("BOWL-B", True),
    ]
    assert "VASE" not in products
    assert [each.taken for each in told(seller, single, both)] == [True, True]
    assert {sku: products[sku].price for sku in ("VASE", "BOWL-B", "BOWL-G")} == {
        "VASE": 1000, "BOWL-B": 1000, "BOWL-G": 1500,
    }  # fmt: skip
    assert products["VASE"].shown == 0
    bowl = next(each for each in seller.fake.publishing.offered.values() if each.handle == "bowl")
    assert (bowl.kind, bowl.skus, bowl.seen_in) == ("Vases", ["BOWL-B", "BOWL-G"], {"Online Store"})

    # Told again it is the same product, with what is new of it; what lies there stays.
    products["BOWL-B"].shown = 5
    changed = draft("BOWL-B", productOptions=[COLOURS], publications=["Point of Sale"])
    changed.attributes["variants"] = [variant("BOWL-B", "Blue", "6"), variant("BOWL-G", "Green")]  # type: ignore[index]
    assert [each.taken for each in told(seller, changed)] == [True]
    assert (products["BOWL-B"].price, products["BOWL-B"].shown) == (500, 5)
    assert bowl.seen_in == {"Online Store", "Point of Sale"}
    assert judged.objections == []
    assert judged.seen >= {"owners", "offered", "placesSeen", "setProduct", "show"}


WRONG: tuple[tuple[dict[str, Any], str], ...] = (
    ({"title": " ", "price": "1"}, "Give text. (title)"),
    ({"prize": "1"}, "Shopify knows nothing of this name. (prize)"),
    ({"price": "12,50"}, "Give the price as text with a point, as 12.50. (price)"),
    ({"price": "1", "status": "LIVE"}, "one of ACTIVE, DRAFT, ARCHIVED, UNLISTED. (status)"),
    ({"price": "1", "files": [{"originalSource": "C:\\a.png"}]}, "files.0.originalSource"),
    ({"price": "1", "variants": [variant("VASE", "Blue")]}, "stands with each variant. (price)"),
    ({"variants": [variant("VASE", "Blue")]}, "(productOptions)"),
    ({"variants": [variant("A", "Blue"), variant("A", "Green")]}, "(variants.1.sku)"),
    ({"price": "1", "publications": ["Amazon"]}, "Sale, not Amazon. (publications)"),
    ({"price": "1", "handle": "towel"}, "Towel has the handle towel already. (handle)"),
)


def test_what_is_amiss_is_named_and_nothing_is_changed(seller: Seller) -> None:
    verdicts = told(seller, *(draft("VASE", **attributes) for attributes, _ in WRONG))

    for verdict, (_, said) in zip(verdicts, WRONG, strict=True):
        assert not verdict.taken
        assert said in "\n".join(verdict.issues)
    assert "VASE" not in seller.fake.trade.products
    assert "setProduct" not in seller.fake.calls.made


def test_no_variant_and_no_permission_is_lost_unseen(seller: Seller) -> None:
    whole = draft(
        "BOWL-B",
        productOptions=[COLOURS],
        variants=[variant("BOWL-B", "Blue"), variant("BOWL-G", "Green")],
    )
    assert [each.taken for each in told(seller, whole)] == [True]

    (verdict,) = told(seller, draft("BOWL-B", price="1"))
    assert "has the variant BOWL-G too" in verdict.issues[0]
    (verdict,) = told(
        seller,
        draft(
            "TOWEL",
            productOptions=[COLOURS],
            variants=[variant("TOWEL", "Blue"), variant("CLOCK", "Green")],
        ),
    )
    assert "several products" in verdict.issues[0]
    assert "BOWL-G" in seller.fake.trade.products

    seller.fake.scopes -= {"write_publications"}
    (verdict,) = told(seller, draft("VASE", price="1"))
    assert "lacks the scope write_publications" in verdict.issues[0]

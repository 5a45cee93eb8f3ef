"""Offering listings on the simulated eBay, over real HTTP: looked at first, then published."""

from __future__ import annotations

from typing import Any

import pytest

from core.channels.external import ListingDraft
from core.channels.external import ListingVerdict
from core.publishing.drafts import publish_drafts
from core.testkit.fakes.ebay import EbayFake
from tests.ebay.conftest import Connected
from tests.ebay.conftest import Seller
from tests.ebay.conftest import judged_by_ebay

FEE = "Publishing costs 0.35 GBP (InsertionFee)"
VASE: dict[str, Any] = {
    "title": "Vase",
    "description": "<p>A vase.</p>",
    "condition": "NEW",
    "imageUrls": ["https://pictures.example/vase.jpg"],
    "aspects": {"Brand": ["Unbranded"]},
}


def draft(sku: str, **attributes: Any) -> ListingDraft:
    return ListingDraft(sku, "36027", {**VASE, **attributes})


def variants(*prices: str) -> list[dict[str, Any]]:
    told = zip(("BOWL-B", "BOWL-G"), ("Blue", "Green"), prices, strict=False)
    return [
        {"sku": sku, "price": price, "quantity": 3, "aspects": {"Colour": [colour]}}
        for sku, colour, price in told
    ]


def told(seller: Seller, *drafts: ListingDraft, only_try: bool = False) -> list[ListingVerdict]:
    return publish_drafts(seller.kernel, seller.connection, drafts, only_try=only_try)


@pytest.fixture
def seller(connected: Connected) -> Seller:
    return connected(EbayFake.lived(seed=11, orders=2, factor=10_000))


def test_listings_are_tried_and_then_published(seller: Seller) -> None:
    judged, products = judged_by_ebay(seller), seller.fake.trade.products
    single = draft("VASE", price="12.00", quantity=4, fulfillmentPolicyId="Courier")
    both = draft("BOWL-B", group="BOWL", variants=variants("12.00", "18.00"))

    tried = told(seller, single, both, only_try=True)
    assert tried == [ListingVerdict("VASE", True), ListingVerdict("BOWL-B", True)]
    assert seller.fake.drafts.items == {}
    done = told(seller, single, both)
    assert done == [ListingVerdict("VASE", True, (FEE,)), ListingVerdict("BOWL-B", True, (FEE,))]
    shown = {sku: (products[sku].price, products[sku].shown) for sku in ("VASE", "BOWL-G")}
    assert shown == {"VASE": (1000, 4), "BOWL-G": (1500, 3)}
    (offer,) = seller.fake.drafts.offers_of("VASE")
    assert offer["listingPolicies"]["fulfillmentPolicyId"] == "62"
    assert offer["merchantLocationKey"] == "warehouse-1"

    # Told again it is changed where it is; how much there is of it stays.
    products["VASE"].shown = 1
    assert told(seller, draft("VASE", price="6", quantity=9)) == [ListingVerdict("VASE", True)]
    assert (products["VASE"].price, products["VASE"].shown) == (500, 1)
    assert len(seller.fake.drafts.offers) == 3
    assert told(seller, draft("TOWEL", price="6")) == [ListingVerdict("TOWEL", True)]
    assert products["TOWEL"].price == 500
    assert judged.objections == []
    assert judged.seen >= {
        "createOrReplaceInventoryItem", "createOrReplaceInventoryItemGroup", "createOffer",
        "updateOffer", "getListingFees", "publishOffer", "publishOfferByInventoryItemGroup",
        "getInventoryLocations", "getFulfillmentPolicies", "getReturnPolicies",
    }  # fmt: skip


WRONG: tuple[tuple[dict[str, Any], str], ...] = (
    ({"price": "12,50", "quantity": 1}, "as 12.50. (price)"),
    ({"price": "1"}, "how many of VASE are for sale at first. (quantity)"),
    ({"price": "1", "quantity": 0}, "(quantity)"),
    ({"price": "1", "quantity": 1, "title": "V" * 81}, "at most 80 letters. (title)"),
    ({"price": "1", "quantity": 1, "colour": "blue"}, "nothing of this name. (colour)"),
    ({"price": "1", "quantity": 1, "imageUrls": ["C:\\a.png"]}, "(imageUrls)"),
    ({"price": "1", "quantity": 1, "aspects": {"Brand": "X"}}, "(aspects)"),
    ({"price": "1", "quantity": 1, "returnPolicyId": "None"}, "one of 30 days. (returnPolicyId)"),
    ({"price": "1", "quantity": 1, "merchantLocationKey": "x"}, "(merchantLocationKey)"),
    ({"variants": variants("1", "2")}, "No variant has the SKU of the draft. (variants)"),
    ({"variants": [{"sku": "VASE", "price": "1"}]}, "(variants.aspects)"),
)


def test_what_is_amiss_is_named_and_nothing_is_written(seller: Seller) -> None:
    verdicts = told(seller, *(draft("VASE", **attributes) for attributes, _ in WRONG))

    for verdict, (_, said) in zip(verdicts, WRONG, strict=True):
        assert not verdict.taken
        assert said in "\n".join(verdict.issues)
    assert seller.fake.drafts.items == {}


def test_what_ebay_itself_refuses_is_told_in_its_words(seller: Seller) -> None:
    lacking = draft("VASE", price="1", quantity=1, aspects={"Colour": ["Blue"]})

    (verdict,) = told(seller, lacking)
    assert not verdict.taken
    assert "item specific Brand is missing" in verdict.issues[0]
    assert "VASE" not in seller.fake.trade.products

    # Mended it goes on with what was written.
    assert [each.taken for each in told(seller, draft("VASE", price="1", quantity=1))] == [True]
    seller.fake.scopes -= {"https://api.ebay.com/oauth/api_scope/sell.account.readonly"}
    (verdict,) = told(seller, draft("VASE", price="1"))
    assert "authorise the account once more. (refresh_token)" in verdict.issues[0]

"""Offering products on the simulated TikTok Shop, over real HTTP: checked first, then published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.channels.external import ListingDraft
from core.channels.external import ListingVerdict
from core.publishing.drafts import publish_drafts
from core.testkit.fakes.tiktok import TiktokFake
from tests.tiktok.conftest import Connected
from tests.tiktok.conftest import Seller
from tests.tiktok.conftest import judged_by_tiktok

SIZE = {"length": "10", "width": "10", "height": "10", "unit": "CENTIMETER"}
MATERIAL = [{"id": "100392", "values": [{"name": "Glass"}]}]


@pytest.fixture
def seller(connected: Connected, tmp_path: Path) -> Seller:
    (tmp_path / "vase.png").write_bytes(b"\x89PNG a picture of a vase")
    return connected(TiktokFake.lived(seed=7, orders=2, factor=10_000))


def draft(folder: Path, sku: str, **attributes: Any) -> ListingDraft:
    told = {
        "title": "Vase",
        "description": "<p>A vase.</p>",
        "images": [str(folder / "vase.png")],
        "package_weight": {"value": "1.2", "unit": "KILOGRAM"},
        "package_dimensions": SIZE,
        "product_attributes": MATERIAL,
        **attributes,
    }
    return ListingDraft(sku, "600001", {k: v for k, v in told.items() if v is not None})


def variants(*prices: str) -> list[dict[str, Any]]:
    told = zip(("BOWL-B", "BOWL-G"), ("Blue", "Green"), prices, strict=False)
    return [
        {"sku": sku, "price": price, "quantity": 3, "sales_attributes": [
            {"name": "Colour", "value_name": colour}]}
        for sku, colour, price in told
    ]  # fmt: skip


def told(seller: Seller, *drafts: ListingDraft, only_try: bool = False) -> list[ListingVerdict]:
    return publish_drafts(seller.kernel, seller.connection, drafts, only_try=only_try)


def test_products_are_checked_and_then_published(seller: Seller, tmp_path: Path) -> None:
    judged, products = judged_by_tiktok(seller), seller.fake.trade.products
    single = draft(tmp_path, "VASE", price="12.00", quantity=4, warehouse="Main warehouse")
    both = draft(tmp_path, "BOWL-B", variants=variants("12.00", "18.00"))
    for each in both.attributes["variants"]:
        each["sales_attributes"][0]["image"] = str(tmp_path / "vase.png")

    good = [ListingVerdict("VASE", True), ListingVerdict("BOWL-B", True)]
    assert told(seller, single, both, only_try=True) == good
    assert "VASE" not in products
    assert told(seller, single, both) == good
    shown = {sku: (products[sku].price, products[sku].shown) for sku in ("VASE", "BOWL-G")}
    assert shown == {"VASE": (1000, 4), "BOWL-G": (1500, 3)}
    assert list(seller.fake.shelves.values()) == [["VASE"], ["BOWL-B", "BOWL-G"]]

    # One picture for both variants: handed up once to be tried, once to be looked at before it is
    # published, and once for that.
    assert list(seller.fake.uses.values()).count("ATTRIBUTE_IMAGE") == 3

    # Told again it is changed; how much there is of what is known stays.
    products["BOWL-G"].shown = 1
    changed = draft(tmp_path, "BOWL-B", variants=variants("12.00", "6.00"))
    assert [each.taken for each in told(seller, changed)] == [True]
    assert (products["BOWL-G"].price, products["BOWL-G"].shown) == (500, 1)
    (verdict,) = told(seller, draft(tmp_path, "BOWL-B", price="1"))
    assert "has the SKU BOWL-G too" in verdict.issues[0]
    assert judged.objections == []
    assert judged.seen >= {
        "checkListingPrerequisites", "getCategoryRules", "getCategoryAttributes",
        "getWarehouseList", "uploadProductImage", "checkProductListing", "createProduct",
        "getProduct", "editProduct",
    }  # fmt: skip


WRONG: tuple[tuple[dict[str, Any], str], ...] = (
    ({"price": "12,50"}, "as 12.50. (price)"),
    ({"price": "1", "title": None}, "(title)"),
    ({"price": "1", "prize": "1"}, "knows nothing of this name. (prize)"),
    ({"price": "1", "images": ["/nowhere/vase.png"]}, "no file /nowhere/vase.png. (images.0)"),
    ({"price": "1", "images": ["https://a.example/b"]}, "on this machine. (images.0)"),
    ({"price": "1", "package_dimensions": None}, "category wants it. (package_dimensions)"),
    ({"price": "1", "product_attributes": None}, "wants Material (100392). (product_attributes)"),
    ({"price": "1", "warehouse": "Elsewhere"}, "one of Main warehouse. (warehouse)"),
    ({"price": "1", "images": ["tos-unknown"]}, "The image uri is invalid."),
    (
        {"price": "1", "sales_attributes": [{"name": "Colour", "image": "/nowhere.png"}]},
        "no file /nowhere.png. (sales_attributes.0.image)",
    ),
    ({"variants": variants("1", "2")}, "No variant has the SKU of the draft. (variants)"),
)


def test_what_is_amiss_is_named_and_nothing_is_made(seller: Seller, tmp_path: Path) -> None:
    verdicts = told(seller, *(draft(tmp_path, "VASE", **attributes) for attributes, _ in WRONG))

    for verdict, (_, said) in zip(verdicts, WRONG, strict=True):
        assert not verdict.taken
        assert said in "\n".join(verdict.issues)
    assert "createProduct" not in seller.fake.calls.made

    seller.fake.lacking.append("Set a return warehouse.")
    (verdict,) = told(seller, draft(tmp_path, "VASE", price="1"))
    assert verdict.issues == ("Set a return warehouse. (RETURN_WAREHOUSE)",)

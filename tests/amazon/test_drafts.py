"""Offering something on the simulated Amazon, over real HTTP: tried first, then published."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from core.config import ROOT
from core.errors import InputError
from core.publishing.drafts import publish_drafts
from core.publishing.drafts import read_drafts
from core.testkit.fakes.amazon import AmazonFake
from core.testkit.specs import judge
from tests.amazon.conftest import Connected

SHARED = Path(os.environ.get("ENTREPOT_SHARED") or ROOT.parent / "shared")
GOOD: dict[str, Any] = {
    "sku": "VASE",
    "product_type": "VASE",
    "attributes": {
        "item_name": [{"value": "Vase"}],
        "condition_type": [{"value": "new_new"}],
        "purchasable_offer": [
            {"currency": "GBP", "our_price": [{"schedule": [{"value_with_tax": 12.0}]}]}
        ],
    },
}
BAD = {"sku": "BOWL", "product_type": "BOWL", "attributes": {"item_name": [{"value": "Bowl"}]}}


def test_what_amazon_refuses_is_not_published(connected: Connected, tmp_path: Path) -> None:
    seller = connected(AmazonFake.lived(seed=7, orders=2, factor=10_000))
    assert seller.fake.served is not None
    models = SHARED / "specs" / "amazon" / "models-oas3"
    judged = judge(models, ("listingsItems_2021-08-01.json",), seller.fake.served.url)
    seller.fake.witnesses.append(judged)
    file = tmp_path / "drafts.json"
    file.write_text(json.dumps([GOOD, BAD]))
    products = seller.fake.trade.products

    tried = publish_drafts(seller.kernel, seller.connection, read_drafts(file), only_try=True)
    assert [each.taken for each in tried] == [True, False]
    assert "'condition_type' is required but not supplied. (condition_type)" in tried[1].issues
    assert "VASE" not in products

    done = publish_drafts(seller.kernel, seller.connection, read_drafts(file), only_try=False)
    assert [each.taken for each in done] == [True, False]
    assert (products["VASE"].title, products["VASE"].price) == ("Vase", 1000)
    assert "BOWL" not in products
    assert seller.fake.calls.made["putListingsItem"] == 5
    noted = seller.world.rows("SELECT COUNT(*) FROM identity_audit WHERE action LIKE 'listing.%'")
    assert noted[0][0] == 1
    assert judged.objections == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "no JSON"),
        ("[1]", "entry 1"),
        ('{"sku": "A", "product_type": "B"}', "attributes"),
        (json.dumps({**GOOD, "price": 1}), "'price'"),
    ],
)
def test_a_file_that_holds_no_drafts_is_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "drafts.json"
    file.write_text(text)
    with pytest.raises(InputError, match=said):
        read_drafts(file)

"""The API of products: strict, and the same rules as the pages."""

from __future__ import annotations

from tests.web.test_api import Api
from tests.web.test_api import api

__all__ = ("api",)


def test_a_program_keeps_products(api: Api) -> None:
    made = api.post("/products", sku="JUG", title="Jug")
    assert made.status_code == 200
    where = f"/products/{made.json['id']}"
    changed = api.patch(where, owner="ann", height_mm=210).json
    assert (changed["owner"], changed["height_mm"], changed["title"]) == ("ann", 210, "Jug")
    assert api.get(where).json == changed
    assert api.patch(where, owner="").json["owner"] == ""
    assert api.patch(where, archived=True).json["archived"] is True
    assert api.get("/products").json["items"] == []
    assert [each["sku"] for each in api.get("/products", show="archived").json["items"]] == ["JUG"]


def test_a_bundle_is_composed(api: Api) -> None:
    ids = {code: api.post("/products", sku=code).json["id"] for code in ("CUP", "SET")}
    told = {"quantities": {"CUP": 2}, "prices": {"CUP": "3.00"}}

    composed = api.put(f"/products/{ids['SET']}/parts", **told).json

    assert composed["parts"] == [{"sku": "CUP", "quantity": 2, "price": "3.00"}]
    (bundle,) = api.get("/products", show="bundles", limit=5).json["items"]
    assert (bundle["sku"], bundle["parts"]) == ("SET", 1)
    nested = {"quantities": {"SET": 1}}
    assert api.put(f"/products/{ids['CUP']}/parts", **nested).status_code == 409


def test_what_cannot_be_is_refused(api: Api) -> None:
    where = f"/products/{api.post('/products', sku='JUG').json['id']}"
    assert api.post("/products", sku="JUG").status_code == 409
    assert api.post("/products", title="Jug").status_code == 400
    assert api.patch(where, colour="red").status_code == 400
    assert api.patch(where, height_mm=0).status_code == 400
    assert api.patch(where, title="").status_code == 400
    assert api.patch("/products/1", title="Jug").status_code == 404
    robot = api.program("looker", "products.view")
    assert api.get(where, token=robot).status_code == 200
    assert api.patch(where, token=robot, title="x").status_code == 403


def test_two_who_change_a_product_do_not_undo_each_other_unseen(api: Api) -> None:
    where = f"/products/{api.post('/products', sku='JUG').json['id']}"
    read = api.get(where).headers["ETag"]

    first = api.patch(where, match=read, owner="ann")
    second = api.patch(where, match=read, owner="bob")
    parts = api.put(f"{where}/parts", match=read, quantities={})

    assert (first.status_code, second.status_code, parts.status_code) == (200, 412, 412)
    assert second.json["code"] == "precondition-failed"
    assert api.get(where).json["owner"] == "ann"
    assert api.patch(where, match=first.headers["ETag"], owner="bob").status_code == 200


def test_a_change_of_nothing_read_is_refused(api: Api) -> None:
    where = f"/products/{api.post('/products', sku='JUG').json['id']}"

    refused = api.patch(where, match="", owner="ann")

    assert (refused.status_code, refused.json["code"]) == (428, "precondition-required")
    assert api.get(where).json["owner"] == ""

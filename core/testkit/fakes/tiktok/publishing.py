"""The Product API's way to a listing: rules of a category, pictures, the check, the product."""

from __future__ import annotations

from decimal import Decimal
from decimal import InvalidOperation

from werkzeug.wrappers import Response

from core.errors import InputError
from core.money import round_div
from core.money import to_minor
from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import operation
from core.testkit.fakes.goods import Product
from core.testkit.fakes.tiktok.documents import product_id
from core.testkit.fakes.tiktok.documents import sku_id
from core.testkit.fakes.tiktok.products import RATE
from core.testkit.fakes.tiktok.products import UNKNOWN
from core.testkit.fakes.tiktok.products import WAREHOUSE
from core.testkit.fakes.tiktok.writing import INVALID
from core.testkit.fakes.tiktok.writing import SIGNED
from core.testkit.fakes.tiktok.writing import Document
from core.testkit.fakes.tiktok.writing import amount
from core.testkit.fakes.tiktok.writing import answer

PATH = "/product/202309"
NEEDED = ("100392", "Material")
"""The attribute that every category of the simulated shop wants."""
PICTURE_SIGNS = (b"\x89PNG", b"\xff\xd8\xff")


class Publishing(Part):
    """What a seller does to have something listed."""

    @operation(
        "checkListingPrerequisites", "GET", "/product/202312/prerequisites", RATE, query=SIGNED
    )
    def ready(self, _asked: Asked) -> Response:
        """Say what the shop lacks before it may list anything."""
        lacking = self.fake.lacking
        result = {"check_item": "RETURN_WAREHOUSE", "is_failed": bool(lacking)}
        return answer({"check_results": [{**result, "fail_reasons": lacking}]})

    @operation(
        "getCategoryRules", "GET", f"{PATH}/categories/<category_id>/rules", RATE,
        query=(*SIGNED, "category_version", "locale"),
    )  # fmt: skip
    def rules(self, _asked: Asked) -> Response:
        """Say what products of a category need."""
        wanted = {"package_dimension": {"is_required": True}, "cod": {"is_supported": False}}
        return answer({**wanted, "size_chart": {"is_required": False, "is_supported": False}})

    @operation(
        "getCategoryAttributes", "GET", f"{PATH}/categories/<category_id>/attributes", RATE,
        query=(*SIGNED, "category_version", "locale"),
    )  # fmt: skip
    def attributes(self, _asked: Asked) -> Response:
        """Say which attributes products of a category have."""
        number, name = NEEDED
        wanted = {"id": number, "name": name, "type": "PRODUCT_PROPERTY", "is_requried": True}
        colour = {"id": "100000", "name": "Colour", "type": "SALES_PROPERTY", "is_requried": False}
        return answer({"attributes": [wanted, colour]})

    @operation("getWarehouseList", "GET", "/logistics/202309/warehouses", RATE, query=SIGNED)
    def warehouses(self, _asked: Asked) -> Response:
        """List where the seller's goods lie."""
        found = {
            "id": WAREHOUSE,
            "name": "Main warehouse",
            "effect_status": "ENABLED",
            "type": "SALES_WAREHOUSE",
            "is_default": True,
        }
        back = {**found, "id": "7068517275539719943", "type": "RETURN_WAREHOUSE"}
        others = [
            {**found, "id": place, "name": f"Warehouse {place}", "is_default": False}
            for place in sorted(self.fake.elsewhere)
        ]
        return answer({"warehouses": [*others, found, back]})

    @operation("uploadProductImage", "POST", f"{PATH}/images/upload", RATE, query=SIGNED)
    def image(self, asked: Asked) -> Response:
        """Take a picture; it is for no shop."""
        given = asked.request.files.get("data")
        if given is None:
            raise Refusal(400, INVALID, "The parameter data is required.")
        with given.stream:
            content = given.read()
        if not content.startswith(PICTURE_SIGNS):
            raise Refusal(200, "12052023", "The image is invalid.")
        uri = f"tos-fake/{self.fake.trade.next_number()}"
        self.fake.pictures.add(uri)
        self.fake.uses[uri] = asked.request.form.get("use_case", "MAIN_IMAGE")
        told = {"uri": uri, "url": f"https://pictures.example/{uri}", "height": 600, "width": 600}
        return answer({**told, "use_case": self.fake.uses[uri]})

    @operation(
        "checkProductListing", "POST", f"{PATH}/products/listing_check", RATE,
        query=(*SIGNED, "is_diagnosis_required"),
    )  # fmt: skip
    def check(self, asked: Asked) -> Response:
        """Say what would speak against a product."""
        faults = self._faults(asked.document())
        reasons = [{"code": 12052200, "message": each} for each in faults]
        return answer({"check_result": "FAILED" if faults else "PASS", "fail_reasons": reasons})

    @operation("createProduct", "POST", f"{PATH}/products", RATE, query=SIGNED)
    def create(self, asked: Asked) -> Response:
        """Make a product; under the same key it is made once."""
        said = asked.document()
        key = str(said.get("idempotency_key") or "")
        if key and key in self.fake.keys:
            return answer(self.fake.keys[key])
        self._fit(said)
        made = [self._sku(each, said) for each in said["skus"]]
        number = product_id(made[0])
        self.fake.shelves[number] = [each.sku for each in made]
        told = self._told(number, made)
        self.fake.keys[key] = told
        return answer(told)

    @operation(
        "getProduct", "GET", f"{PATH}/products/<product_id>", RATE,
        query=(*SIGNED, "return_under_review_version", "return_draft_version", "locale"),
    )  # fmt: skip
    def read(self, asked: Asked) -> Response:
        """Return a product."""
        number = asked.path["product_id"]
        members = self._members(number)
        money = self.fake.trade.terms.currency
        skus = [
            {
                "id": sku_id(each),
                "seller_sku": each.sku,
                "price": {"currency": money, "sale_price": amount(each.price, money)},
                "inventory": [{"warehouse_id": WAREHOUSE, "quantity": each.shown}],
            }
            for each in members
        ]
        return answer({"id": number, "title": members[0].title, "skus": skus})

    @operation("editProduct", "PUT", "/product/202509/products/<product_id>", RATE, query=SIGNED)
    def edit(self, asked: Asked) -> Response:
        """Make a product what is told: other SKUs go."""
        number, said = asked.path["product_id"], asked.document()
        known = {each.sku for each in self._members(number)}
        self._fit(said)
        made = [self._sku(each, said) for each in said["skus"]]
        for gone in known - {each.sku for each in made}:
            del self.fake.trade.products[gone]
        self.fake.shelves[number] = [each.sku for each in made]
        return answer(self._told(number, made))

    def _members(self, number: str) -> list[Product]:
        """Return what a product holds.

        Raises: Refusal when there is none.
        """
        products = self.fake.trade.products
        if number in self.fake.shelves:
            return [products[sku] for sku in self.fake.shelves[number]]
        found = [each for each in products.values() if product_id(each) == number]
        if not found:
            raise Refusal(200, str(UNKNOWN), "The product does not exist.")
        return found

    def _told(self, number: str, skus: list[Product]) -> Document:
        told = [{"id": sku_id(each), "seller_sku": each.sku} for each in skus]
        return {"product_id": number, "skus": told, "warnings": []}

    def _sku(self, said: Document, product: Document) -> Product:
        products, terms = self.fake.trade.products, self.fake.trade.terms
        platform_id = f"B0{self.fake.trade.dice.randrange(36**5):08d}"
        sku = said["seller_sku"]
        made: Product = products.get(sku) or Product(sku, "", platform_id, 0, 0)
        names = [str(each.get("value_name")) for each in said.get("sales_attributes") or ()]
        made.title = " / ".join([product["title"], *names])
        gross = to_minor(Decimal(said["price"]["amount"]), terms.currency)
        made.price = round_div(gross * 1000, 1000 + terms.tax)
        for place in said.get("inventory") or ():
            made.shown = place["quantity"]
        products[sku] = made
        return made

    def _fit(self, said: Document) -> None:
        if faults := self._faults(said):
            raise Refusal(200, "12052200", faults[0])

    def _faults(self, said: Document) -> list[str]:
        """Return what speaks against a product.

        Raises: Refusal for a body that lacks what every product has.
        """
        for name in ("title", "description", "category_id", "main_images", "skus"):
            if not said.get(name):
                raise Refusal(400, INVALID, f"The parameter {name} is required.")
        found = []
        if any(each.get("uri") not in self.fake.pictures for each in said["main_images"]):
            found.append("The image uri is invalid.")
        given = {each["id"] for each in said.get("product_attributes") or ()}
        if NEEDED[0] not in given:
            found.append(f"The attribute {NEEDED[1]} is required.")
        for each in said["skus"]:
            shown = [a["sku_img"] for a in each.get("sales_attributes") or () if "sku_img" in a]
            if any(image.get("uri") not in self.fake.pictures for image in shown):
                found.append("The image uri of a variant is invalid.")
            price, money = each["price"], self.fake.trade.terms.currency
            if price["currency"] != money or not _is_price(price.get("amount"), money):
                found.append(f"The price of {each.get('seller_sku')} is invalid.")
        return found


def _is_price(text: object, currency: str) -> bool:
    try:
        return to_minor(Decimal(str(text)), currency) > 0
    except (InputError, InvalidOperation):
        return False

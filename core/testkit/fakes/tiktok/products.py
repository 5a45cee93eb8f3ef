"""The Product API: what is offered, how much there is, what it costs."""

from __future__ import annotations

from decimal import Decimal

from werkzeug.wrappers import Response

from core.money import to_minor
from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import operation
from core.testkit.fakes.goods import Product
from core.testkit.fakes.rates import Published
from core.testkit.fakes.tiktok.documents import product_id
from core.testkit.fakes.tiktok.documents import sku_id
from core.testkit.fakes.tiktok.writing import INVALID
from core.testkit.fakes.tiktok.writing import SIGNED
from core.testkit.fakes.tiktok.writing import Document
from core.testkit.fakes.tiktok.writing import amount
from core.testkit.fakes.tiktok.writing import answer
from core.testkit.fakes.tiktok.writing import page_of

RATE = Published(10, 20)
MOST = 100
WAREHOUSE = "7068517275539719942"
UNKNOWN, NOT_ALL, BAD_PRICE = 12052260, 12052048, 12052104
PATH = "/product/202309/products/<product_id>"


class Products(Part):
    """Products, each with one SKU."""

    @operation(
        "searchProducts", "POST", "/product/202502/products/search", RATE,
        query=(*SIGNED, "page_size", "page_token"),
    )  # fmt: skip
    def search(self, asked: Asked) -> Response:
        """List products."""
        said = asked.document() if asked.request.get_data() else {}
        wanted = said.get("seller_skus")
        rows = sorted(self.fake.trade.products.values(), key=lambda each: each.sku)
        found = [each for each in rows if wanted is None or each.sku in wanted]
        firsts = list({self._number(each): each for each in reversed(found)}.values())[::-1]
        page = page_of(asked, "products", firsts, MOST)
        page["products"] = [self._product(each) for each in page["products"]]
        return answer(page)

    @operation("updateInventory", "POST", f"{PATH}/inventory/update", RATE, query=SIGNED)
    def stock(self, asked: Asked) -> Response:
        """Set how much there is of SKUs: all of their warehouses at once."""
        known, errors = self._found(asked), []
        for each in asked.document()["skus"]:
            told = {place.get("warehouse_id"): place["quantity"] for place in each["inventory"]}
            product = known.get(each["id"])
            if product is None:
                errors.append(_error(UNKNOWN, "The SKU does not exist.", each["id"]))
            elif set(told) != {WAREHOUSE, *self._others(product)} or not all(
                0 <= units <= 99_999 for units in told.values()
            ):
                errors.append(_error(NOT_ALL, "Tell each warehouse of the SKU.", each["id"]))
            else:
                product.shown = told.pop(WAREHOUSE)
                for place, units in told.items():
                    self.fake.elsewhere[place][product.sku] = units
        return answer({"errors": errors} if errors else {})

    @operation("updatePrice", "POST", f"{PATH}/prices/update", RATE, query=SIGNED)
    def price(self, asked: Asked) -> Response:
        """Set what SKUs cost, tax included."""
        known, money = self._found(asked), self.fake.trade.terms.currency
        for each in asked.document()["skus"]:
            told, product = each["price"], known.get(each["id"])
            if product is None or told["currency"] != money:
                raise Refusal(200, str(BAD_PRICE), f"The price must be one of {money}.")
            gross = to_minor(Decimal(told["amount"]), money)
            product.price = round(gross * 1000 / (1000 + self.fake.trade.terms.tax))
        return answer({})

    @operation("inventorySearch", "POST", "/product/202309/inventory/search", RATE, query=SIGNED)
    def shown(self, asked: Asked) -> Response:
        """Say how much there is of SKUs."""
        said = asked.document()
        wanted = said.get("sku_ids") or []
        if not 1 <= len(wanted) <= 600:
            raise Refusal(400, INVALID, "1 to 600 SKUs are taken.")
        found = [each for each in self.fake.trade.products.values() if sku_id(each) in wanted]
        return answer({"inventory": [_inventory(each, self._others(each)) for each in found]})

    def _others(self, product: Product) -> dict[str, int]:
        """Return what of a SKU lies in other warehouses."""
        places = self.fake.elsewhere.items()
        return {place: held[product.sku] for place, held in places if product.sku in held}

    def _found(self, asked: Asked) -> dict[str, Product]:
        """Return the SKUs of a product by their numbers."""
        number = asked.path["product_id"]
        products = self.fake.trade.products.values()
        found = {sku_id(each): each for each in products if self._number(each) == number}
        if not found:
            raise Refusal(200, str(UNKNOWN), "The product does not exist.")
        return found

    def _number(self, product: Product) -> str:
        """Return the number of the product that a SKU belongs to."""
        shelves = self.fake.shelves.items()
        return next((n for n, skus in shelves if product.sku in skus), product_id(product))

    def _product(self, product: Product) -> Document:
        number = self._number(product)
        members = [
            each for each in self.fake.trade.products.values() if self._number(each) == number
        ]
        return {
            "id": number,
            "title": product.title,
            "status": "ACTIVATE",
            "skus": [self._sku(each) for each in members],
            "sales_regions": [self.fake.trade.terms.country],
        }

    def _sku(self, product: Product) -> Document:
        money, terms = self.fake.trade.terms.currency, self.fake.trade.terms
        price = product.price + product.price * int(terms.tax) // 1000
        return {
            "id": sku_id(product),
            "seller_sku": product.sku,
            "price": {"currency": money, "sale_price": amount(price, money)},
            "inventory": [
                {"warehouse_id": place, "quantity": units}
                for place, units in {**self._others(product), WAREHOUSE: product.shown}.items()
            ],
            "status_info": {"status": "NORMAL"},
        }


def _inventory(product: Product, others: dict[str, int]) -> Document:
    held = {**others, WAREHOUSE: product.shown}
    places = [
        {"warehouse_id": place, "available_quantity": units, "committed_quantity": 0}
        for place, units in held.items()
    ]
    sku = {
        "id": sku_id(product),
        "seller_sku": product.sku,
        "total_available_quantity": sum(held.values()),
        "total_committed_quantity": 0,
        "warehouse_inventory": places,
    }
    return {"product_id": product_id(product), "skus": [sku]}


def _error(code: int, message: str, sku: str) -> Document:
    return {"code": code, "message": message, "detail": {"sku_id": sku, "extra_errors": []}}

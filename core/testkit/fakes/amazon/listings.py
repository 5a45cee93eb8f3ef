"""Listings items 2021-08-01: what is offered, at what price, and how much of it."""

from __future__ import annotations

import secrets
from decimal import Decimal
from decimal import InvalidOperation
from typing import Any

from werkzeug.wrappers import Response

from core.money import to_minor
from core.money import to_text
from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.fake import operation
from core.testkit.fakes.goods import Product
from core.testkit.fakes.rates import Published
from core.testkit.fakes.time import text_of

SELLER = "/listings/2021-08-01/items/<seller_id>"
ITEM = f"{SELLER}/<path:sku>"
PRODUCT_TYPE = "HOME"
NEEDED = ("item_name", "condition_type", "purchasable_offer")
"""What every listing has; Amazon's own product types ask for much more."""
READ = ("marketplaceIds", "issueLocale", "includedData")


class Listings(Part):
    """The seller's offers."""

    @operation("getListingsItem", "GET", ITEM, Published(5, 10), query=READ)
    def get(self, asked: Asked) -> Response:
        """Return one offer."""
        product = self._product(asked)
        if product is None:
            raise Refusal(404, "NOT_FOUND", f"SKU {asked.path['sku']!r} was not found.")
        return as_json(self._document(product, asked.listed("includedData") or ["summaries"]))

    @operation(
        "searchListingsItems",
        "GET",
        SELLER,
        Published(5, 5),
        query=(*READ, "identifiers", "identifiersType", "pageSize", "pageToken", "sortBy")
        + ("sortOrder", "lastUpdatedAfter", "lastUpdatedBefore"),
    )
    def search(self, asked: Asked) -> Response:
        """List offers, at most twenty on a page."""
        self._check(asked)
        wanted = set(asked.listed("identifiers"))
        skus = [sku for sku in sorted(self.fake.trade.products) if not wanted or sku in wanted]
        size, at = int(asked.query("pageSize") or 10), int(asked.query("pageToken") or 0)
        if not 1 <= size <= 20:
            raise Refusal(400, "InvalidInput", "pageSize must be from 1 to 20.")
        included = asked.listed("includedData") or ["summaries"]
        body: dict[str, Any] = {
            "numberOfResults": len(skus),
            "items": [
                self._document(self.fake.trade.products[sku], included)
                for sku in skus[at : at + size]
            ],
        }
        if at + size < len(skus):
            body["pagination"] = {"nextToken": str(at + size)}
        return as_json(body)

    @operation("patchListingsItem", "PATCH", ITEM, Published(5, 5), query=(*READ, "mode"))
    def patch(self, asked: Asked) -> Response:
        """Change attributes of an offer; what Amazon does not take is told with a 200."""
        product, body = self._product(asked), asked.document()
        issues = [] if product else [_issue("90001", "The SKU does not exist.", "sku")]
        if body.get("productType") not in (PRODUCT_TYPE, "PRODUCT"):
            issues.append(_issue("90000900", "The product type is unknown.", "product_type"))
        changes: list[tuple[str, int]] = []
        for each in body.get("patches", []):
            try:
                changes.append(self._change(each))
            except (KeyError, IndexError, TypeError, ValueError, InvalidOperation) as error:
                issues.append(_issue("90000900", f"{each.get('path')}: {error}", "attributes"))
        preview = asked.query("mode") == "VALIDATION_PREVIEW"
        if product is not None and not issues and not preview:
            for name, value in changes:
                setattr(product, name, value)
        good = "VALID" if preview else "ACCEPTED"
        return as_json(
            {
                "sku": asked.path["sku"],
                "status": "INVALID" if issues else good,
                "submissionId": secrets.token_hex(16),
                "issues": issues,
            }
        )

    @operation("putListingsItem", "PUT", ITEM, Published(5, 10), query=(*READ, "mode"))
    def put(self, asked: Asked) -> Response:
        """Take a whole listing; in a preview nothing is changed."""
        self._check(asked)
        body, sku = asked.document(), asked.path["sku"]
        given, terms = body.get("attributes") or {}, self.fake.trade.terms
        issues = [
            _issue("90220", f"'{name}' is required but not supplied.", name)
            for name in NEEDED
            if not given.get(name)
        ]
        preview = asked.query("mode") == "VALIDATION_PREVIEW"
        if not issues and not preview:
            offer = given["purchasable_offer"][0]["our_price"][0]["schedule"][0]
            gross = to_minor(Decimal(str(offer["value_with_tax"])), terms.currency)
            product = self.fake.trade.products.setdefault(
                sku, Product(sku, "", f"B0{len(self.fake.trade.products):08d}", 0, 0)
            )
            product.title = given["item_name"][0]["value"]
            product.price = gross * 1000 // (1000 + terms.tax)
        good = "VALID" if preview else "ACCEPTED"
        return as_json(
            {
                "sku": sku,
                "status": "INVALID" if issues else good,
                "submissionId": secrets.token_hex(16),
                "issues": issues,
            }
        )

    def _change(self, patch: dict[str, Any]) -> tuple[str, int]:
        """Return which field of an offer gets which value."""
        value = patch["value"][0]
        if patch["path"] == "/attributes/fulfillment_availability":
            quantity = value["quantity"]
            if value["fulfillment_channel_code"] != "DEFAULT" or type(quantity) is not int:
                raise ValueError("only the merchant's own quantity can be set")
            if quantity < 0:
                raise ValueError("the quantity is below zero")
            return "shown", quantity
        if patch["path"] == "/attributes/purchasable_offer":
            terms = self.fake.trade.terms
            if value["currency"] != terms.currency:
                raise ValueError(f"the marketplace sells in {terms.currency}")
            price = value["our_price"][0]["schedule"][0]["value_with_tax"]
            gross = to_minor(Decimal(str(price)), terms.currency)
            return "price", gross * 1000 // (1000 + terms.tax)
        raise ValueError("the attribute is unknown")

    def _product(self, asked: Asked) -> Product | None:
        self._check(asked)
        product: Product | None = self.fake.trade.products.get(asked.path["sku"])
        return product

    def _check(self, asked: Asked) -> None:
        known = self.fake.credentials()
        if asked.path["seller_id"] != known["seller_id"]:
            raise Refusal(403, "Unauthorized", "This is another seller's.")
        if asked.listed("marketplaceIds") != [known["marketplace"]]:
            raise Refusal(400, "InvalidInput", "marketplaceIds must name the marketplace.")

    def _document(self, product: Product, included: list[str]) -> dict[str, Any]:
        terms, place = self.fake.trade.terms, self.fake.credentials()["marketplace"]
        at = text_of(self.fake.trade.started_at)
        gross = product.price * (1000 + terms.tax) // 1000
        sets: dict[str, Any] = {
            "summaries": [
                {
                    "marketplaceId": place,
                    "asin": product.platform_id,
                    "productType": PRODUCT_TYPE,
                    "conditionType": "new_new",
                    "status": ["BUYABLE", "DISCOVERABLE"],
                    "itemName": product.title,
                    "createdDate": at,
                    "lastUpdatedDate": at,
                }
            ],
            "offers": [
                {
                    "marketplaceId": place,
                    "offerType": "B2C",
                    "price": {
                        "currencyCode": terms.currency,
                        "amount": to_text(gross, terms.currency),
                    },
                }
            ],
            "fulfillmentAvailability": [
                {"fulfillmentChannelCode": "DEFAULT", "quantity": product.shown}
            ],
            "issues": [],
        }
        return {"sku": product.sku} | {name: sets[name] for name in included if name in sets}


def _issue(code: str, message: str, attribute: str) -> dict[str, Any]:
    return {
        "code": code,
        "message": message,
        "severity": "ERROR",
        "attributeNames": [attribute],
        "categories": ["INVALID_ATTRIBUTE"],
    }

"""An order of the trade as a document of the Order API: a line item for every single piece."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core.testkit.fakes.goods import Buyer
from core.testkit.fakes.goods import Product
from core.testkit.fakes.tiktok.writing import Document
from core.testkit.fakes.tiktok.writing import amount
from core.testkit.fakes.tiktok.writing import seconds
from core.testkit.fakes.trade import Item
from core.testkit.fakes.trade import Sale
from core.testkit.fakes.trade import Status
from core.testkit.fakes.trade import Terms

STATUS = {
    Status.UNPAID: "UNPAID",
    Status.OPEN: "AWAITING_SHIPMENT",
    Status.PARTLY_SENT: "PARTIALLY_SHIPPING",
    Status.SENT: "IN_TRANSIT",
    Status.CANCELLED: "CANCELLED",
}
DISCOUNT = 5
"""The platform pays so many percent of each price that buyers see."""
BY_SELLER, BY_TIKTOK = "SELLER", "TIKTOK"
DELIVERY_OPTION = "7091146663229654785"


@dataclass(frozen=True)
class Piece:
    """One piece of a line: its price with tax, what of it the platform pays, how far it is."""

    ref: str
    price: int
    paid_by_platform: int
    status: str
    parcel: str


def pieces(sale: Sale, item: Item) -> Iterator[Piece]:
    """Yield the pieces of a line; together they are the line."""
    parcels = [p.ref for p in sale.parcels for _ in range(p.quantities.get(item.ref, 0))]
    before = 0
    for number in range(item.quantity):
        after = item.share(item.net, number + 1) + item.share(item.tax, number + 1)
        price, before = after - before, after
        sent, gone = number < item.sent, number >= item.quantity - item.cancelled
        status = "IN_TRANSIT" if sent else "CANCELLED" if gone else STATUS[sale.status]
        if status == "PARTIALLY_SHIPPING":
            status = "AWAITING_SHIPMENT"
        parcel = parcels[number] if number < len(parcels) else ""
        yield Piece(piece_ref(item, number), price, price * DISCOUNT // 100, status, parcel)


def piece_ref(item: Item, number: int) -> str:
    """Return the number of a line item."""
    return f"57{item.ref}{number:02d}"


def sku_id(product: Product) -> str:
    """Return the number of a SKU."""
    return f"1729{product.platform_id.removeprefix('B0')}1"


def product_id(product: Product) -> str:
    """Return the number of the product that a SKU belongs to."""
    return f"1729{product.platform_id.removeprefix('B0')}0"


def user_id(buyer: Buyer) -> str:
    """Return the number of a buyer."""
    return f"7{int(buyer.ref.rpartition('-')[2]):018d}"


def ships_by(sale: Sale) -> str:
    """Say who ships an order: with every third one the seller does himself."""
    return BY_SELLER if int(sale.ref) % 3 == 0 and not sale.stored else BY_TIKTOK


def order_document(sale: Sale, terms: Terms) -> Document:
    """Return an order."""
    money = terms.currency
    lines = [_line(item, piece, money, sale) for item in sale.items for piece in pieces(sale, item)]
    document: Document = {
        "id": sale.ref,
        "status": STATUS[sale.status],
        "create_time": seconds(sale.ordered_at),
        "update_time": seconds(sale.updated_at),
        "user_id": user_id(sale.buyer),
        "buyer_email": f"{sale.buyer.ref.lower()}@scs.tiktokw.example",
        "buyer_nickname": sale.buyer.name.split()[0],
        "buyer_message": "",
        "fulfillment_type": "FULFILLMENT_BY_TIKTOK" if sale.stored else "FULFILLMENT_BY_SELLER",
        "shipping_type": ships_by(sale),
        "delivery_type": "HOME_DELIVERY",
        "delivery_option_id": DELIVERY_OPTION,
        "delivery_option_name": "Standard Shipping",
        "warehouse_id": "7068517275539719942",
        "is_cod": False,
        "is_sample_order": False,
        "commerce_platform": "TIKTOK_SHOP",
        "order_type": "NORMAL",
        "payment_method_name": "CCDC",
        "packages": [{"id": ref} for ref in packages_of(sale)],
        "payment": _payment(sale, money),
        "line_items": lines,
    }
    if sale.cancel_asked_at is not None:
        asked_at = seconds(sale.cancel_asked_at)
        document |= {"is_buyer_request_cancel": True, "request_cancel_time": asked_at}
    if sale.status is Status.CANCELLED:
        document |= {"cancellation_initiator": "BUYER", "cancel_time": seconds(sale.updated_at)}
    # Where goods go is told once they are paid.
    if sale.status is not Status.UNPAID:
        document["recipient_address"] = _address(sale.buyer)
    return document


def packages_of(sale: Sale) -> list[str]:
    """Return the packages of an order: those that left, and one for what did not leave yet."""
    left = [parcel.ref for parcel in sale.parcels]
    return [*left, open_package(sale)] if any(item.open for item in sale.items) else left


def open_package(sale: Sale) -> str:
    """Return the number of the package that waits to be shipped."""
    return f"11{sale.ref[2:]}{len(sale.parcels)}"


def _line(item: Item, piece: Piece, money: str, sale: Sale) -> Document:
    document: Document = {
        "id": piece.ref,
        "sku_id": sku_id(item.product),
        "product_id": product_id(item.product),
        "product_name": item.product.title,
        "sku_name": "Default",
        "seller_sku": item.product.sku,
        "currency": money,
        "display_status": piece.status,
        "original_price": amount(piece.price, money),
        "sale_price": amount(piece.price - piece.paid_by_platform, money),
        "platform_discount": amount(piece.paid_by_platform, money),
        "seller_discount": amount(0, money),
        "is_gift": False,
        "package_status": "FULFILLING" if piece.status == "IN_TRANSIT" else "TO_FULFILL",
    }
    if package := piece.parcel or (open_package(sale) if piece.status != "CANCELLED" else ""):
        document["package_id"] = package
    return document


def _payment(sale: Sale, money: str) -> Document:
    found = [piece for item in sale.items for piece in pieces(sale, item)]
    goods, paid = sum(p.price for p in found), sum(p.paid_by_platform for p in found)
    postage = sale.postage + sale.postage_tax
    return {
        "currency": money,
        "original_total_product_price": amount(goods, money),
        "platform_discount": amount(paid, money),
        "seller_discount": amount(0, money),
        "sub_total": amount(goods - paid, money),
        "original_shipping_fee": amount(postage, money),
        "shipping_fee": amount(postage, money),
        "shipping_fee_platform_discount": amount(0, money),
        "shipping_fee_seller_discount": amount(0, money),
        "tax": amount(0, money),
        "total_amount": amount(goods - paid + postage, money),
    }


def _address(buyer: Buyer) -> Document:
    levels = (("Country", buyer.country), ("Nation", "England"), ("City", buyer.city))
    return {
        "name": buyer.name,
        "first_name": buyer.name.split()[0],
        "last_name": buyer.name.split()[1],
        "phone_number": "(+44)2012***67",
        "address_line1": buyer.street,
        "address_detail": buyer.street,
        "full_address": f"{buyer.street}, {buyer.city} {buyer.postcode}",
        "postal_code": buyer.postcode,
        "region_code": buyer.country,
        "post_town": buyer.city,
        "district_info": [
            {"address_level": f"L{n}", "address_level_name": level, "address_name": name}
            for n, (level, name) in enumerate(levels)
        ],
    }

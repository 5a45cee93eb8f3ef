"""From TikTok Shop's orders to Entrepot's facts: pure functions, no guesses.

TikTok lists every single piece. Pieces of one SKU are one line here, known by the SKU's number, as
statements have it. What the platform pays of a price, the seller gets as well: it is a part of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field

from addons.tiktok_shop.amounts import Document
from addons.tiktok_shop.amounts import amount_of
from addons.tiktok_shop.amounts import moment_of
from addons.tiktok_shop.buyers import buyer_ref
from addons.tiktok_shop.buyers import personal_of
from addons.tiktok_shop.buyers import place_of
from addons.tiktok_shop.buyers import without_buyer
from addons.tiktok_shop.refunds import read_refunds
from addons.tiktok_shop.regions import shop_of
from addons.tiktok_shop.statuses import GONE
from addons.tiktok_shop.statuses import is_stored
from addons.tiktok_shop.statuses import status_of
from addons.tiktok_shop.taxes import collected_of
from addons.tiktok_shop.taxes import tax_told
from core.api import ExternalLine
from core.api import ExternalOrder
from core.api import LineKind
from core.api import OrderStatus
from core.api import PriceBasis
from core.api import write_json

POSTAGE = "postage"


@dataclass(frozen=True)
class Account:
    """What holds for all orders of a shop: where it is, and the VAT within its prices."""

    region: str
    rates: Mapping[str, int]


@dataclass
class Pieces:
    """The pieces of one SKU in an order."""

    rows: list[Document] = field(default_factory=list)
    gross: int = 0
    theirs: int = 0

    @property
    def gone(self) -> int:
        """Return how many of them will never be sent."""
        return sum(row.get("display_status") == GONE for row in self.rows)


def read_order(order: Document, returns: Sequence[Document], account: Account) -> ExternalOrder:
    """Return an order with the requests of its buyer.

    Raises: MappingError naming the field that has no certain meaning.
    """
    status, shop = status_of(order), shop_of(account.region)
    currency = order["payment"]["currency"]
    country = place_of(order).get("region_code") or account.region
    basis = PriceBasis(currency, country, account.rates)
    gone = status is OrderStatus.CANCELLED
    changed = [moment_of(order["update_time"], "update_time")]
    changed += [moment_of(each["update_time"], "update_time") for each in returns]
    return ExternalOrder(
        external_id=order["id"],
        updated_at=max(changed),
        status=status,
        ordered_at=moment_of(order["create_time"], "create_time"),
        shop=shop,
        currency=currency,
        country=country,
        lines=tuple(_lines(order, basis, gone)),
        total=_total(order, basis),
        refunds=() if gone else tuple(read_refunds(returns, basis)),
        buyer_ref=buyer_ref(order),
        service=order.get("delivery_option_name") or None,
        stored=is_stored(order),
        payload=write_json({**without_buyer(order), "returns": [_kept(each) for each in returns]}),
        personal=personal_of(order),
        tax=tax_told(order, currency),
    )


def code_of(row: Document) -> str:
    """Return what a piece is known by: the seller's SKU, else what it holds, else TikTok's."""
    held = [
        f"{each.get('sku_count') or 1} x {each.get('seller_sku') or each.get('sku_id')}"
        for each in row.get("combined_listing_skus") or ()
    ]
    if row.get("seller_sku") or not held or row.get("sku_id"):
        return str(row.get("seller_sku") or "") or f"sku {row.get('sku_id') or row['product_id']}"
    # Several products offered as one have no SKU of their own.
    return " + ".join(sorted(held))


def by_sku(order: Document, currency: str) -> dict[str, Pieces]:
    """Return the pieces of an order by the number of their SKU; a bundle may have none."""
    found: dict[str, Pieces] = {}
    taxes, _ = collected_of(order, currency)
    for row, theirs in zip(order["line_items"], taxes, strict=True):
        pieces = found.setdefault(str(row.get("sku_id") or row["id"]), Pieces())
        pieces.rows.append(row)
        pieces.gross += _price(row, currency)
        pieces.theirs += theirs
    return found


def _lines(order: Document, basis: PriceBasis, gone: bool) -> Iterator[ExternalLine]:
    for ref, pieces in by_sku(order, basis.currency).items():
        net, tax = basis.split(pieces.gross, pieces.theirs)
        quantity = len(pieces.rows)
        yield ExternalLine(
            external_id=ref,
            kind=LineKind.SALE,
            code=code_of(pieces.rows[0]),
            title=str(pieces.rows[0].get("product_name") or code_of(pieces.rows[0])),
            quantity=quantity,
            net=net,
            cancelled=quantity if gone else pieces.gone,
            payload=write_json(pieces.rows),
            tax=tax,
        )
    gross, theirs = _delivery(order, basis.currency)
    if gross:
        net, tax = basis.split(gross, theirs)
        kind = LineKind.POSTAGE
        yield ExternalLine(POSTAGE, kind, "SHIPPING", "Delivery", 1, net, int(gone), tax=tax)


def _price(row: Document, currency: str) -> int:
    """Return what the seller gets for a piece: what the buyer pays, and the platform beside."""
    paid = amount_of(row["sale_price"], currency, "line_items.sale_price")
    return paid + amount_of(row.get("platform_discount"), currency, "line_items.platform_discount")


def _delivery(order: Document, currency: str) -> tuple[int, int]:
    """Return what the seller gets for the delivery, and the tax on it that TikTok collects."""
    payment = order["payment"]
    gross = sum(
        amount_of(payment.get(name), currency, f"payment.{name}")
        for name in ("shipping_fee", "shipping_fee_platform_discount")
    )
    return gross, collected_of(order, currency)[1]


def _total(order: Document, basis: PriceBasis) -> int:
    """Return TikTok's own total without tax, so that a line that was overlooked is noticed."""
    payment, currency = order["payment"], basis.currency
    told = sum(
        amount_of(payment.get(name), currency, f"payment.{name}")
        for name in ("sub_total", "platform_discount")
    )
    pairs = [(each.gross, each.theirs) for each in by_sku(order, currency).values()]
    delivery = _delivery(order, currency)
    within = sum(gross - basis.split(gross, theirs)[0] for gross, theirs in (*pairs, delivery))
    return told + delivery[0] - within


def _kept(told: Document) -> Document:
    """Return a request as it is kept: without where its goods go."""
    return {name: told[name] for name in told if name != "return_warehouse_address"}

"""The Fulfillment API: what left, by the seller's own carrier or by TikTok's."""

from __future__ import annotations

from collections import Counter

from werkzeug.wrappers import Response

from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import operation
from core.testkit.fakes.rates import Published
from core.testkit.fakes.tiktok.documents import BY_SELLER
from core.testkit.fakes.tiktok.documents import DELIVERY_OPTION
from core.testkit.fakes.tiktok.documents import open_package
from core.testkit.fakes.tiktok.documents import piece_ref
from core.testkit.fakes.tiktok.documents import ships_by
from core.testkit.fakes.tiktok.writing import SIGNED
from core.testkit.fakes.tiktok.writing import Document
from core.testkit.fakes.tiktok.writing import answer
from core.testkit.fakes.tiktok.writing import seconds
from core.testkit.fakes.trade import Item
from core.testkit.fakes.trade import Parcel
from core.testkit.fakes.trade import Sale
from core.testkit.fakes.verbs import send

RATE = Published(10, 20)
PROVIDERS = {"7117858858072016686": "Royal Mail", "7117859084333745966": "DPD UK"}
WRONG, GONE, NOT_YOURS = "21001001", "21011006", "21011007"


class Parcels(Part):
    """Packages."""

    @operation(
        "getShippingProviders", "GET",
        "/logistics/202309/delivery_options/<option_id>/shipping_providers", RATE, query=SIGNED,
    )  # fmt: skip
    def providers(self, asked: Asked) -> Response:
        """List the carriers that a seller may name."""
        if asked.path["option_id"] != DELIVERY_OPTION:
            raise Refusal(200, WRONG, "The delivery option is not known.")
        rows = [{"id": ref, "name": name} for ref, name in PROVIDERS.items()]
        return answer({"shipping_providers": rows})

    @operation(
        "markPackageAsShipped", "POST", "/fulfillment/202610/orders/<order_id>/packages", RATE,
        query=SIGNED,
    )  # fmt: skip
    def mark(self, asked: Asked) -> Response:
        """Take note of a parcel of the seller's own; told again it is more than was ordered."""
        sale, said = self._sale(asked.path["order_id"]), asked.document()
        if ships_by(sale) != BY_SELLER:
            raise Refusal(200, NOT_YOURS, "The order is shipped by TikTok Shipping.")
        told = (said.get("shipping_info_list") or [{}])[0]
        carrier = self._carrier(told)
        known = {piece_ref(item, n): item for item in sale.items for n in range(item.quantity)}
        wanted: list[str] = [each.get("order_line_id") for each in said["order_line_list"]]
        if unknown := [ref for ref in wanted if ref not in known]:
            raise Refusal(200, WRONG, f"Unknown order line {unknown[0]}.")
        quantities: Counter[str] = Counter(known[ref].ref for ref in wanted)
        left = {ref for item in sale.items for ref in _gone(item)}
        if left & set(wanted):
            raise Refusal(200, GONE, "An order line has been shipped already.")
        package = open_package(sale)
        self._send(sale, package, carrier, str(told["tracking_number"]), quantities)
        made = {"order_id": sale.ref, "order_line_item_ids": wanted, "package_id": package}
        return answer(made)

    @operation(
        "shipPackage", "POST", "/fulfillment/202309/packages/<package_id>/ship", RATE, query=SIGNED
    )
    def ship(self, asked: Asked) -> Response:
        """Hand a package over: to TikTok's carrier, or with the number of one's own."""
        package = asked.path["package_id"]
        found = [s for s in self.fake.trade.sales.values() if open_package(s) == package]
        if not found or not any(item.open for item in found[0].items):
            known = {p.ref for s in self.fake.trade.sales.values() for p in s.parcels}
            code = GONE if package in known else "21011001"
            raise Refusal(200, code, "The package waits for nobody.")
        sale, said = found[0], asked.document()
        quantities = Counter({item.ref: item.open for item in sale.items if item.open})
        own = said.get("self_shipment")
        if (ships_by(sale) == BY_SELLER) is not bool(own):
            raise Refusal(200, WRONG, "Only sellers who ship themselves tell a number.")
        carrier = self._carrier(own) if own else "TikTok Shipping"
        tracking = str(own["tracking_number"]) if own else f"TT{package[-9:]}"
        self._send(sale, package, carrier, tracking, quantities)
        return answer({})

    @operation(
        "getPackageDetail", "GET", "/fulfillment/202309/packages/<package_id>", RATE, query=SIGNED
    )
    def detail(self, asked: Asked) -> Response:
        """Return a package."""
        package = asked.path["package_id"]
        for sale in self.fake.trade.sales.values():
            for parcel in sale.parcels:
                if parcel.ref == package:
                    return answer(_package(sale, package, "FULFILLING", parcel))
            if open_package(sale) == package and any(item.open for item in sale.items):
                return answer(_package(sale, package, "TO_FULFILL"))
        raise Refusal(200, "21011001", "The package does not exist.")

    def _sale(self, ref: str) -> Sale:
        found = self.fake.trade.sales.get(ref)
        if found is None:
            raise Refusal(200, "21011000", f"There is no order {ref}.")
        sale: Sale = found
        return sale

    def _carrier(self, told: Document) -> str:
        provider, number = told.get("shipping_provider_id"), told.get("tracking_number")
        if provider not in PROVIDERS or not number:
            raise Refusal(200, WRONG, "shipping_provider_id and tracking_number are needed.")
        return PROVIDERS[provider]

    def _send(
        self, sale: Sale, package: str, carrier: str, tracking: str, quantities: Counter[str]
    ) -> None:
        now = self.fake.clock.now().replace(microsecond=0)
        try:
            send(self.fake.trade, sale, Parcel(package, carrier, tracking, now, dict(quantities)))
        except ValueError as error:
            raise Refusal(200, WRONG, str(error)) from None


def _gone(item: Item) -> list[str]:
    """Return the pieces that have left: the first ones of a line leave first."""
    return [piece_ref(item, number) for number in range(item.sent)]


def _package(sale: Sale, package: str, status: str, parcel: Parcel | None = None) -> Document:
    found: Document = {
        "package_id": package,
        "orders": [{"id": sale.ref}],
        "package_status": status,
        "shipping_type": ships_by(sale),
        "order_line_item_ids": _inside(sale, parcel),
    }
    if parcel is not None:
        found["create_time"] = seconds(parcel.sent_at)
        found["tracking_number"] = parcel.tracking
        found["shipping_provider_name"] = parcel.carrier
    return found


def _inside(sale: Sale, parcel: Parcel | None) -> list[str]:
    if parcel is None:
        return [piece_ref(i, n) for i in sale.items for n in range(i.sent, i.sent + i.open)]
    before: Counter[str] = Counter()
    for each in sale.parcels[: sale.parcels.index(parcel)]:
        before.update(each.quantities)
    return [
        piece_ref(sale.item(ref), n)
        for ref, quantity in parcel.quantities.items()
        for n in range(before[ref], before[ref] + quantity)
    ]

"""Labels of TikTok Shipping: services with prices, packages that are made of them, and files.

The carrier takes a package at once: what has its label has left.
"""

from __future__ import annotations

from collections import Counter

from werkzeug.wrappers import Response

from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import operation
from core.testkit.fakes.label_files import label_file
from core.testkit.fakes.rates import Published
from core.testkit.fakes.tiktok.documents import BY_TIKTOK
from core.testkit.fakes.tiktok.documents import open_package
from core.testkit.fakes.tiktok.documents import piece_ref
from core.testkit.fakes.tiktok.documents import ships_by
from core.testkit.fakes.tiktok.writing import SIGNED
from core.testkit.fakes.tiktok.writing import Document
from core.testkit.fakes.tiktok.writing import amount
from core.testkit.fakes.tiktok.writing import answer
from core.testkit.fakes.tiktok.writing import seconds
from core.testkit.fakes.trade import Parcel
from core.testkit.fakes.trade import Sale
from core.testkit.fakes.truth import Fact
from core.testkit.fakes.truth import Kind
from core.testkit.fakes.verbs import send

RATE = Published(10, 20)
SERVICES = {
    "7208502187360519982": ("USPS Ground", 0, 2, 5),
    "7208502187360536366": ("UPS", 210, 1, 2),
}
"""The name of each, what it costs beyond the usual label, and between which days it arrives."""
WRONG, NO_LABEL = "21001001", "21011051"
KINDS = {"PDF": "application/pdf", "ZPL": "application/zpl"}


class Labels(Part):
    """Labels."""

    @operation(
        "getEligibleShippingServices", "POST",
        "/fulfillment/202309/orders/<order_id>/shipping_services/query", RATE, query=SIGNED,
    )  # fmt: skip
    def services(self, asked: Asked) -> Response:
        """Say which services would carry pieces of an order."""
        said = asked.document()
        sale = self._sale(asked.path["order_id"])
        self._pieces(sale, said.get("order_line_item_ids") or _open(sale))
        rows = [self._service(ref) for ref in SERVICES]
        return answer({"order_id": sale.ref, "shipping_services": rows})

    @operation("createPackages", "POST", "/fulfillment/202512/packages", RATE, query=SIGNED)
    def create(self, asked: Asked) -> Response:
        """Sell a label, which makes a package; asked twice pieces are gone."""
        said = asked.document()
        if said.get("ship_type") not in ("1", "2"):
            raise Refusal(200, WRONG, "ship_type must be 1 or 2 here.")
        sale, service = self._sale(said["order_id"]), said.get("shipping_service_id")
        if service not in SERVICES:
            raise Refusal(200, WRONG, "shipping_service_id is not known.")
        lines = [each["order_line_id"] for each in said.get("order_line_item") or ()]
        quantities = self._pieces(sale, lines if said["ship_type"] == "2" else _open(sale))
        now, package = self.fake.clock.now().replace(microsecond=0), open_package(sale)
        name, more, *_days = SERVICES[service]
        send(self.fake.trade, sale, Parcel(package, name, f"TT{package[-9:]}", now, quantities))
        if more:
            self.fake.trade.truth.add(Fact(now, Kind.LABEL, -more, sale.ref))
        return answer(
            {
                "package_id": package,
                "create_time": seconds(now),
                "shipping_service_info": self._service(service),
            }
        )

    @operation(
        "getPackageShippingDocument", "GET",
        "/fulfillment/202309/packages/<package_id>/shipping_documents", RATE,
        query=(*SIGNED, "document_type", "document_size", "document_format"),
    )  # fmt: skip
    def document(self, asked: Asked) -> Response:
        """Say where the label of a package is, once it is handed over."""
        parcel, kind = self._parcel(asked.path["package_id"]), asked.query("document_format")
        if asked.query("document_type") != "SHIPPING_LABEL":
            raise Refusal(200, WRONG, "document_type is not known.")
        served = self.fake.served.url
        place = f"{served}/wsos/{parcel.ref}.{(kind or 'PDF').lower()}"
        return answer({"doc_url": place, "tracking_number": parcel.tracking})

    @operation("fetchLabel", "GET", "/wsos/<package_id>.<kind>", signed=False)
    def file(self, asked: Asked) -> Response:
        """Give the file; the address itself is the permission."""
        kind, parcel = asked.path["kind"], self._parcel(asked.path["package_id"])
        return Response(label_file(kind, parcel.tracking), mimetype=KINDS[kind.upper()])

    def _sale(self, ref: str) -> Sale:
        found: Sale | None = self.fake.trade.sales.get(ref)
        if found is None or ships_by(found) != BY_TIKTOK or found.stored:
            raise Refusal(200, WRONG, f"Nothing of {ref} is shipped by TikTok Shipping.")
        return found

    def _parcel(self, package: str) -> Parcel:
        for sale in self.fake.trade.sales.values():
            for parcel in sale.parcels:
                if parcel.ref == package:
                    return parcel  # type: ignore[no-any-return]
        raise Refusal(200, NO_LABEL, "The package has no shipping document.")

    def _pieces(self, sale: Sale, refs: list[str]) -> dict[str, int]:
        """Return how many of each line some pieces are.

        Raises: Refusal for pieces that do not wait.
        """
        waiting = _open(sale)
        if not refs or set(refs) - set(waiting):
            raise Refusal(200, WRONG, "An order line has been shipped already, or is unknown.")
        of_line = {piece_ref(i, n): i.ref for i in sale.items for n in range(i.quantity)}
        return dict(Counter(of_line[ref] for ref in refs))

    def _service(self, ref: str) -> Document:
        name, more, first, last = SERVICES[ref]
        terms = self.fake.trade.terms
        return {
            "id": ref,
            "name": name,
            "price": amount(terms.label + more, terms.currency),
            "currency": terms.currency,
            "earliest_delivery_days": first,
            "latest_delivery_days": last,
            "shipping_provider_id": f"{ref}0",
            "shipping_provider_name": name.split()[0],
        }


def _open(sale: Sale) -> list[str]:
    """Return the pieces that wait to be sent."""
    return [piece_ref(i, n) for i in sale.items for n in range(i.sent, i.sent + i.open)]

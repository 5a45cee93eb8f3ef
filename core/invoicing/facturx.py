"""Invoices as Factur-X (ZUGFeRD 2): the data of EN 16931 as XML, and inside the PDF.

The XML is checked against the schema of its profile before it leaves. The library is an optional
extra: without it everything else of invoices works.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Mapping
from datetime import date
from typing import Any
from xml.etree.ElementTree import Element
from xml.etree.ElementTree import SubElement
from xml.etree.ElementTree import register_namespace
from xml.etree.ElementTree import tostring

from core.errors import InputError
from core.invoicing.buyers import InvoiceTo
from core.invoicing.categories import INTRA_UNION
from core.invoicing.categories import OUTSIDE
from core.invoicing.categories import REASONS
from core.invoicing.categories import REVERSE
from core.invoicing.categories import STANDARD
from core.invoicing.categories import ZERO
from core.invoicing.models import Invoice
from core.invoicing.wording import words
from core.money import minor_digits
from core.money import to_text
from core.tax.decision import RATE_ONE
from core.tax.numbers import read_tax_number

LEVEL = "en16931"
PROFILE = "urn:cen.eu:en16931:2017"
INVOICE_CODE, CREDIT_CODE = "380", "381"
PIECES = "C62"

_URN = "urn:un:unece:uncefact:data:standard:"
_SPACES = {
    "rsm": f"{_URN}CrossIndustryInvoice:100",
    "ram": f"{_URN}ReusableAggregateBusinessInformationEntity:100",
    "udt": f"{_URN}UnqualifiedDataType:100",
    "qdt": f"{_URN}QualifiedDataType:100",
}


def facturx_xml(invoice: Invoice, buyer: InvoiceTo) -> bytes:
    """Return an invoice as XML of the profile EN 16931, checked against its schema.

    Raises: InputError where it cannot be told in this form, or the extra is not installed.
    """
    library = _library()
    xml = _Document(invoice, buyer).written()
    library.xml_check_xsd(xml, flavor="factur-x", level=LEVEL)
    return xml


def require_facturx(invoice: Invoice, buyer: InvoiceTo) -> None:
    """Make sure that an invoice can be told as Factur-X.

    Raises: InputError where it cannot, or the extra is not installed.
    """
    _library()
    _Document(invoice, buyer)


def facturx_pdf(invoice: Invoice, buyer: InvoiceTo, pdf: bytes) -> bytes:
    """Return an invoice's PDF with its XML inside.

    Raises: InputError as `facturx_xml`.
    """
    xml = facturx_xml(invoice, buyer)
    made = _library().generate_from_binary(
        pdf, xml, flavor="factur-x", level=LEVEL, check_xsd=False, lang=invoice.language
    )
    return bytes(made)


def _library() -> Any:
    try:
        import facturx
    except ImportError:
        raise InputError(
            "Factur-X needs the library factur-x, which is not installed.",
            hint="Install the extra e-invoices: pip install 'entrepot[e-invoices]'.",
        ) from None
    return facturx


class _Document:
    """The XML of one invoice, element by element in the order that the schema wants."""

    def __init__(self, invoice: Invoice, buyer: InvoiceTo) -> None:
        self.invoice, self.buyer = invoice, buyer
        self.said: dict[str, Any] = dict(invoice.document)
        self.words = words(invoice.language)
        # A credit note says in its type that it takes back, and all its amounts are positive.
        self.sign = -1 if invoice.kind == "credit_note" else 1
        self._require()

    def _require(self) -> None:
        code = self.invoice.code
        if minor_digits(self.invoice.currency) > 2:
            raise InputError(f"{code}: amounts with more than two decimals do not fit Factur-X.")
        categories = {line.get("category") for line in self.said["lines"]}
        if None in categories:
            raise InputError(
                f"{code} was issued before Factur-X was known.",
                hint="Take it back by a credit note and issue it anew.",
            )
        if "" in categories or OUTSIDE in categories:
            raise InputError(
                f"{code} has taxes that Factur-X does not know: it is for VAT, one on each line.",
                hint="Send the PDF.",
            )
        if not all(line["quantity"] for line in self.said["lines"]):
            raise InputError(f"{code} has a line without a quantity.", hint="Send the PDF.")
        to = self.buyer
        if not (to.address.company or to.address.name) or len(to.address.country) != 2:
            raise InputError(
                f"{code} says no name or no country of its buyer, which Factur-X must have.",
                hint="Take it back by a credit note and issue it to whom the buyer says.",
            )
        if {INTRA_UNION, REVERSE} & categories and not to.number:
            raise InputError(f"{code} has a reverse charge and no number of its buyer.")

    def written(self) -> bytes:
        for prefix, name in _SPACES.items():
            register_namespace(prefix, name)
        root = Element(_name("rsm:CrossIndustryInvoice"))
        _put(
            root,
            "rsm:ExchangedDocumentContext/ram:GuidelineSpecifiedDocumentContextParameter/ram:ID",
            PROFILE,
        )
        self._head(SubElement(root, _name("rsm:ExchangedDocument")))
        trade = SubElement(root, _name("rsm:SupplyChainTradeTransaction"))
        for number, line in enumerate(self.said["lines"], 1):
            item = SubElement(trade, _name("ram:IncludedSupplyChainTradeLineItem"))
            self._line(item, number, line)
        self._agreement(SubElement(trade, _name("ram:ApplicableHeaderTradeAgreement")))
        self._delivery(SubElement(trade, _name("ram:ApplicableHeaderTradeDelivery")))
        self._settlement(SubElement(trade, _name("ram:ApplicableHeaderTradeSettlement")))
        return bytes(tostring(root, encoding="UTF-8", xml_declaration=True))

    def _head(self, head: Element) -> None:
        _put(head, "ram:ID", self.invoice.code)
        _put(head, "ram:TypeCode", CREDIT_CODE if self.sign < 0 else INVOICE_CODE)
        _day(head, "ram:IssueDateTime/udt:DateTimeString", self.invoice.issued_on)
        for note in self.said["notes"]:
            _put(SubElement(head, _name("ram:IncludedNote")), "ram:Content", note)

    def _line(self, item: Element, number: int, line: Mapping[str, Any]) -> None:
        net, quantity = self.sign * line["net"], self.sign * line["quantity"]
        if (net < 0) != (quantity < 0):
            quantity = -quantity
        _put(item, "ram:AssociatedDocumentLineDocument/ram:LineID", str(number))
        product = SubElement(item, _name("ram:SpecifiedTradeProduct"))
        _put(product, "ram:SellerAssignedID", line["code"])
        _put(product, "ram:Name", line["title"] or line["code"])
        price = _put(item, "ram:SpecifiedLineTradeAgreement/ram:NetPriceProductTradePrice")
        # The price of the whole quantity: a price of one might not be told in whole cents.
        _put(price, "ram:ChargeAmount", self._money(abs(net)))
        _put(price, "ram:BasisQuantity", str(abs(quantity)), unitCode=PIECES)
        _put(
            item, "ram:SpecifiedLineTradeDelivery/ram:BilledQuantity", str(quantity),
            unitCode=PIECES,
        )  # fmt: skip
        settled = SubElement(item, _name("ram:SpecifiedLineTradeSettlement"))
        tax = SubElement(settled, _name("ram:ApplicableTradeTax"))
        _put(tax, "ram:TypeCode", "VAT")
        _put(tax, "ram:CategoryCode", line["category"])
        _put(tax, "ram:RateApplicablePercent", _percent(line["rate"]))
        _put(
            settled,
            "ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount",
            self._money(net),
        )

    def _agreement(self, agreement: Element) -> None:
        self._seller(SubElement(agreement, _name("ram:SellerTradeParty")))
        self._buyer(SubElement(agreement, _name("ram:BuyerTradeParty")))
        _put(
            agreement, "ram:SellerOrderReferencedDocument/ram:IssuerAssignedID", self.said["order"]
        )

    def _seller(self, party: Element) -> None:
        _put(party, "ram:Name", self.said["seller"])
        lines = [each for each in str(self.said["seller_address"]).splitlines() if each.strip()]
        address = SubElement(party, _name("ram:PostalTradeAddress"))
        for name, text in zip(("LineOne", "LineTwo", "LineThree"), _three(lines), strict=False):
            _put(address, f"ram:{name}", text)
        _put(address, "ram:CountryID", self.said["seller_country"])
        if number := self.said["seller_vat"]:
            _put(party, "ram:SpecifiedTaxRegistration/ram:ID", number, schemeID="VA")
        elif number := self.said["seller_number"]:
            # What is no VAT number of a state, such as that of a one-stop shop.
            _put(party, "ram:SpecifiedTaxRegistration/ram:ID", number, schemeID="FC")

    def _buyer(self, party: Element) -> None:
        one = self.buyer.address
        _put(party, "ram:Name", one.company or one.name)
        if one.company and one.name:
            _put(party, "ram:DefinedTradeContact/ram:PersonName", one.name)
        address = SubElement(party, _name("ram:PostalTradeAddress"))
        _put(address, "ram:PostcodeCode", one.postcode)
        lines = [*one.street.splitlines(), one.district]
        for name, text in zip(("LineOne", "LineTwo", "LineThree"), _three(lines), strict=False):
            _put(address, f"ram:{name}", text)
        _put(address, "ram:CityName", one.city)
        _put(address, "ram:CountryID", one.country)
        _put(address, "ram:CountrySubDivisionName", one.region)
        if self.buyer.number:
            number = read_tax_number(self.buyer.number, one.country).text
            _put(party, "ram:SpecifiedTaxRegistration/ram:ID", number, schemeID="VA")

    def _delivery(self, delivery: Element) -> None:
        one = self.buyer.address
        if any(line["category"] == INTRA_UNION for line in self.said["lines"]):
            place = _put(delivery, "ram:ShipToTradeParty/ram:PostalTradeAddress")
            _put(place, "ram:CountryID", one.country)
        _day(
            delivery,
            "ram:ActualDeliverySupplyChainEvent/ram:OccurrenceDateTime/udt:DateTimeString",
            self.invoice.supplied_on,
        )

    def _settlement(self, settled: Element) -> None:
        _put(settled, "ram:InvoiceCurrencyCode", self.invoice.currency)
        sums: defaultdict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0])
        for line in self.said["lines"]:
            total = sums[line["category"], line["rate"]]
            total[0] += self.sign * line["net"]
            total[1] += self.sign * line["tax"]
        for (category, rate), (base, amount) in sorted(sums.items()):
            tax = SubElement(settled, _name("ram:ApplicableTradeTax"))
            self._tax(tax, category, rate, base, amount)
        terms = f"{self.words['order']} {self.said['order']}"
        _put(settled, "ram:SpecifiedTradePaymentTerms/ram:Description", terms)
        self._totals(settled)
        if credited := self.said.get("credits"):
            document = SubElement(settled, _name("ram:InvoiceReferencedDocument"))
            _put(document, "ram:IssuerAssignedID", credited)
            day = date.fromisoformat(self.said["credits_on"])
            _day(document, "ram:FormattedIssueDateTime/qdt:DateTimeString", day)

    def _tax(self, tax: Element, category: str, rate: int, base: int, amount: int) -> None:
        _put(tax, "ram:CalculatedAmount", self._money(amount))
        _put(tax, "ram:TypeCode", "VAT")
        if category not in (STANDARD, ZERO):
            _put(tax, "ram:ExemptionReason", " ".join(self.said["notes"]) or category)
        _put(tax, "ram:BasisAmount", self._money(base))
        _put(tax, "ram:CategoryCode", category)
        _put(tax, "ram:ExemptionReasonCode", REASONS.get(category, ""))
        _put(tax, "ram:RateApplicablePercent", _percent(rate))

    def _totals(self, settled: Element) -> None:
        net, tax = (self.sign * each for each in (self.invoice.net_amount, self.invoice.tax_amount))
        summed = SubElement(settled, _name("ram:SpecifiedTradeSettlementHeaderMonetarySummation"))
        _put(summed, "ram:LineTotalAmount", self._money(net))
        _put(summed, "ram:TaxBasisTotalAmount", self._money(net))
        _put(summed, "ram:TaxTotalAmount", self._money(tax), currencyID=self.invoice.currency)
        _put(summed, "ram:GrandTotalAmount", self._money(net + tax))
        _put(summed, "ram:DuePayableAmount", self._money(net + tax))

    def _money(self, amount: int) -> str:
        return to_text(amount, self.invoice.currency)


def _name(tag: str) -> str:
    prefix, name = tag.split(":")
    return f"{{{_SPACES[prefix]}}}{name}"


def _put(parent: Element, path: str, text: str | None = None, **attributes: str) -> Element:
    """Add an element below a parent, with those on the way to it; an empty text adds nothing."""
    if text == "":
        return parent
    element = parent
    for tag in path.split("/"):
        element = SubElement(element, _name(tag))
    element.text = text
    for name, value in attributes.items():
        element.set(name, value)
    return element


def _day(parent: Element, path: str, day: date) -> None:
    _put(parent, path, f"{day:%Y%m%d}", format="102")


def _percent(rate: int) -> str:
    return f"{rate * 100 / RATE_ONE:.4f}".rstrip("0").rstrip(".")


def _three(lines: Iterable[str]) -> list[str]:
    """Return an address in the three lines that there are."""
    told = [line.strip() for line in lines if line.strip()]
    return [*told[:2], ", ".join(told[2:])] if len(told) > 3 else told

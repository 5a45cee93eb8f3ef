"""Factur-X: the data of an invoice by EN 16931, checked against the schema, inside its PDF."""

from __future__ import annotations

import io
import sys
from contextlib import suppress
from xml.etree import ElementTree

import pytest

from core.addresses.address import Address
from core.errors import Conflict
from core.errors import InputError
from core.invoicing.buyers import read_buyer
from core.invoicing.drawing import draw
from core.invoicing.facturx import facturx_pdf
from core.invoicing.facturx import facturx_xml
from core.invoicing.issuing import Request
from core.invoicing.issuing import cancel_invoice
from core.invoicing.models import Invoice
from core.kernel import lifecycle
from core.orders.record import Actor
from core.orders.shipping import ship
from core.tax.channels import set_channel
from tests.invoicing.test_issuing import issue
from tests.tax.test_told import ORDERED
from tests.tax.test_told import bring
from tests.tax.test_told import register
from tests.tax.test_told import say_valid
from tests.world import World

facturx = pytest.importorskip("facturx", reason="the extra e-invoices is not installed")

HERE = Address(company="Kubek SARL", name="Anne Martin", street="1 rue Longue\nBât. B",
               postcode="75001", city="Paris", country="FR")  # fmt: skip
RAM = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"


def xml_of(world: World, invoice: Invoice) -> ElementTree.Element:
    with world.kernel.db.read() as session:
        content = facturx_xml(invoice, read_buyer(session, world.company.id, invoice.id))
    return ElementTree.fromstring(content)


def told(root: ElementTree.Element, name: str) -> list[str]:
    """Return the texts of all elements of a name."""
    return [each.text or "" for each in root.iter(f"{RAM}{name}")]


def by_category(root: ElementTree.Element) -> dict[tuple[str, str], tuple[str, str]]:
    every = root.iter(f"{RAM}ApplicableTradeTax")
    rows = [row for row in every if row.find(f"{RAM}BasisAmount") is not None]
    return {
        (row.findtext(f"{RAM}CategoryCode", ""), row.findtext(f"{RAM}RateApplicablePercent", "")): (
            row.findtext(f"{RAM}BasisAmount", ""),
            row.findtext(f"{RAM}CalculatedAmount", ""),
        )
        for row in rows
    }


def test_an_invoice_says_in_xml_what_it_says_on_paper(seller: World) -> None:
    seller.orders(
        "1 MUG 3 @ 3.33 on 2011-02-01 from ann to GB",
        "1 POST 1 @ 3.00 on 2011-02-01 from ann to GB",
        "1 D -1 @ 1.00 on 2011-02-01 from ann to GB",
    )
    made = issue(seller, "1", Request(HERE))

    root = xml_of(seller, made)

    assert told(root, "TypeCode")[0] == "380"
    assert told(root, "LineTotalAmount") == ["9.99", "3.00", "-1.00", "11.99"]
    # A price is never negative: a discount is taken off by its quantity.
    assert told(root, "ChargeAmount") == ["9.99", "3.00", "1.00"]
    assert told(root, "BilledQuantity") == ["3", "1", "-1"]
    assert by_category(root) == {("S", "20"): ("11.99", "2.40")}
    assert told(root, "GrandTotalAmount") == told(root, "DuePayableAmount") == ["14.39"]
    assert [each.get("schemeID") for each in root.iter(f"{RAM}ID")][-1] == "VA"
    assert told(root, "ID")[-1] == "GB980780684"


def test_a_credit_note_names_its_invoice_and_has_positive_amounts(seller: World) -> None:
    seller.orders("1 MUG 3 @ 5.01 on 2011-02-01 from ann to GB")
    first = issue(seller, "1", Request(HERE))
    with seller.kernel.db.write() as session:
        back = cancel_invoice(session, seller.company.id, first.id, by="ann")
        session.expunge(back)

    root = xml_of(seller, back)

    assert told(root, "TypeCode")[0] == "381"
    assert told(root, "GrandTotalAmount") == ["18.04"]
    assert told(root, "IssuerAssignedID")[-1] == first.code


def test_a_reverse_charge_says_why_and_whose_number(seller: World) -> None:
    with suppress(Conflict):
        lifecycle.install(seller.kernel, "tax_eu")
    lifecycle.enable(seller.kernel, "tax_eu")
    with seller.kernel.db.write() as session:
        set_channel(session, seller.company.id, "file", "own")
    register(seller, "DE", "local")
    seller.change("UPDATE tax_registration SET number = '136695976' WHERE country = 'DE'")
    row = {"Invoice": "1", "Country": "FR", "From": "DE", "VAT": "FR 40303265045"}
    bring(seller, row, mapping=ORDERED)
    say_valid(seller)
    with seller.kernel.db.write() as session:
        ship(session, seller.company.id, [seller.order("1").id], Actor("test"))
    made = issue(seller, "1", Request(HERE))
    with seller.kernel.db.read() as session:
        # The number that came with the order stands on its invoice, asked for or not.
        assert read_buyer(session, seller.company.id, made.id).number == "FR40303265045"

    root = xml_of(seller, made)

    assert by_category(root) == {("K", "0"): ("100.00", "0.00")}
    assert told(root, "ExemptionReasonCode") == ["VATEX-EU-IC"]
    assert told(root, "ExemptionReason")[0]
    assert told(root, "ID")[-2:] == ["DE136695976", "FR40303265045"]
    # Where the goods go is told too.
    assert told(root, "CountryID") == ["GB", "FR", "FR"]


def test_the_pdf_carries_the_xml(seller: World) -> None:
    seller.orders("1 MUG 1 @ 5.00 on 2011-02-01 from ann to GB")
    made = issue(seller, "1", Request(HERE))
    with seller.kernel.db.read() as session:
        buyer = read_buyer(session, seller.company.id, made.id)
        content = facturx_pdf(made, buyer, draw(made, buyer))

    name, inside = facturx.get_facturx_xml_from_pdf(io.BytesIO(content), check_xsd=True)

    assert name == "factur-x.xml"
    assert b"urn:cen.eu:en16931:2017" in inside
    assert made.code.encode() in inside


def test_what_factur_x_cannot_tell_is_said(seller: World, monkeypatch: pytest.MonkeyPatch) -> None:
    seller.orders(
        "1 MUG 1 @ 5.00 on 2011-02-01 from ann to GB",
        "2 MUG 1 @ 5.00 on 2011-02-01 from ann to GB",
    )
    nobody = issue(seller, "1", Request(Address()))
    with pytest.raises(InputError, match="no name or no country of its buyer"):
        xml_of(seller, nobody)
    made = issue(seller, "2", Request(HERE))
    document = dict(made.document)
    lines = [{**line, "category": ""} for line in made.document["lines"]]  # type: ignore[attr-defined]
    made.document = {**document, "lines": lines}
    with pytest.raises(InputError, match="taxes that Factur-X does not know"):
        xml_of(seller, made)
    made.document = document
    monkeypatch.setitem(sys.modules, "facturx", None)
    with pytest.raises(InputError, match="Install the extra e-invoices"):
        xml_of(seller, made)


def test_exports_are_free_and_say_so(seller: World) -> None:
    seller.orders("1 MUG 1 @ 5.00 on 2011-02-01 from ann to US")
    made = issue(seller, "1", Request(Address(name="Ann", country="US")))
    assert by_category(xml_of(seller, made)) == {("G", "0"): ("5.00", "0.00")}

"""Invoices by command: issued one by one or several, written as files, taken back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from core.cli import build
from tests.invoicing.test_issuing import order_id
from tests.settlements.test_commands import run
from tests.world import World


def refused(world: World, *arguments: str) -> str:
    """Return what a command says that ends in an error of the program's own."""
    result = CliRunner().invoke(build(), arguments, obj=world.kernel.config)
    assert result.exit_code == 2, result.output
    return result.output


@pytest.fixture
def sold(seller: World) -> World:
    """Give a seller with two sales in his country and one that is not booked."""
    seller.orders(
        "1 MUG 1 @ 5.00 on 2011-02-01 from ann to GB",
        "2 MUG 2 @ 5.00 on 2011-02-01 from bob to GB",
        "C3 MUG -1 @ 5.00 on 2011-02-03 from ann to GB",
    )
    return seller


def test_several_orders_are_invoiced_and_each_says_what_came_of_it(sold: World) -> None:
    run(sold, "invoice", "issue", "2", "--name", "Bob", "--country", "GB")

    found = json.loads(run(sold, "invoice", "issue-some", "C3", "1", "2", "--json"))

    assert [each["order"] for each in found] == ["C3", "1", "2"]
    assert [bool(each["invoice_id"]) for each in found] == [True, True, False]
    assert "has its invoice already" in found[2]["problem"]
    assert found[1]["order_id"] == order_id(sold, "1")
    said = run(sold, "invoice", "issue-some", "1")
    assert "has its invoice already" in said
    assert "There is no order 77" in refused(sold, "invoice", "issue-some", "77")
    listed = json.loads(run(sold, "invoice", "list", "--json"))
    assert sorted(each["order"] for each in listed) == ["1", "2", "C3"]
    cancelled = json.loads(run(sold, "invoice", "cancel", found[1]["code"], "--json"))
    assert cancelled[0]["kind"] == "credit_note"


def test_factur_x_is_written_as_the_name_of_the_file_says(sold: World, tmp_path: Path) -> None:
    facturx = pytest.importorskip("facturx", reason="the extra e-invoices is not installed")
    (made,) = json.loads(
        run(sold, "invoice", "issue", "2", "--name", "Bob", "--country", "GB", "--json")
    )
    pdf, xml = tmp_path / "one.pdf", tmp_path / "one.xml"

    run(sold, "invoice", "factur-x", made["number"], str(pdf))
    run(sold, "invoice", "factur-x", made["number"], str(xml))

    assert facturx.get_facturx_xml_from_pdf(pdf.read_bytes())[1] == xml.read_bytes()
    assert made["number"].encode() in xml.read_bytes()
    wrong = refused(sold, "invoice", "factur-x", made["number"], str(tmp_path / "one.doc"))
    assert "neither PDF nor XML" in wrong


def test_what_is_left_of_platforms_tax_is_listed_by_month(sold: World) -> None:
    assert json.loads(run(sold, "tax", "platform-months", "--json")) == []
    assert "Platform" in run(sold, "tax", "platform-months")
    assert "is what the law says of its buyer" in refused(sold, "order", "correct-tax", "1")
    assert "asks for a correction" in refused(sold, "order", "keep-tax", "1")

"""Commands for invoices: issuing one or many, listing, drawing, and taking one back."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from core.addresses.address import address_of
from core.errors import InputError
from core.identity.actor import current_actor
from core.invoicing.bulk import issue_some
from core.invoicing.buyers import read_buyer
from core.invoicing.drawing import draw
from core.invoicing.facturx import facturx_pdf
from core.invoicing.facturx import facturx_xml
from core.invoicing.issuing import Request
from core.invoicing.issuing import cancel_invoice
from core.invoicing.issuing import invoice_of
from core.invoicing.issuing import issue_invoice
from core.invoicing.issuing import set_issuer
from core.invoicing.queries import InvoiceRow
from core.invoicing.queries import find_invoice
from core.invoicing.queries import find_order
from core.invoicing.queries import list_invoices
from core.invoicing.queries import row_of
from core.invoicing.wording import LANGUAGES
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_table
from core.kernel.console import subgroup
from core.kernel.jobs import enqueue
from core.kernel.kernel import Kernel
from core.money import to_text


def register(group: click.Group) -> None:
    """Add the commands."""
    own = subgroup(group, "invoice", "Invoices and credit notes.")
    for command in (issue, issue_named, issue_all, listed, download, electronic, cancel, issuer):
        own.add_command(command)


@click.command()
@click.argument("order", metavar="ORDER")
@click.option("--company-name", default="", help="The buyer's company.")
@click.option("--name", default="", help="The buyer's name.")
@click.option("--street", default="")
@click.option("--postcode", default="")
@click.option("--city", default="")
@click.option("--country", default="", help="Two letters, such as DE.")
@click.option("--number", default="", help="The buyer's tax number; its digits are checked.")
@click.option("--language", type=click.Choice(LANGUAGES), help="That of the country by default.")
@company_option
@json_option
@pass_kernel
def issue(  # noqa: PLR0913, PLR0917 - one argument for each option
    kernel: Kernel,
    order: str,
    company_name: str,
    name: str,
    street: str,
    postcode: str,
    city: str,
    country: str,
    number: str,
    language: str | None,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Issue the invoice of an order, to whom it went or to whom you say."""
    given = {"company": company_name, "name": name, "street": street}
    given |= {"postcode": postcode, "city": city, "country": country}
    address = address_of(given) if any(given.values()) else None
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        order_id = find_order(session, company.id, order)
        asked = Request(address, number, language or "")
        made = issue_invoice(session, company.id, order_id, by=current_actor().name, request=asked)
        row = row_of(session, company.id, made.id)
    _show([row], as_json)


@click.command("issue-some")
@click.argument("orders", metavar="ORDER...", nargs=-1, required=True)
@company_option
@json_option
@pass_kernel
def issue_named(
    kernel: Kernel, orders: tuple[str, ...], company_code: str | None, as_json: bool
) -> None:
    """Issue the invoices of some orders, each by itself; say of every one what came of it."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        ids = [find_order(session, company.id, order) for order in orders]
    found = issue_some(kernel, company.id, ids, by=current_actor().name)
    if as_json:
        print_json([each.as_json() for each in found])
        return
    heads = ["Order", "Invoice", "Why not"]
    print_table(heads, [[each.order, each.code, each.problem] for each in found])


@click.command("issue-all")
@click.option("--from", "start", required=True, help="First day, such as 2026-09-01.")
@click.option("--to", "end", required=True, help="The day after the last one.")
@company_option
@json_option
@pass_kernel
def issue_all(
    kernel: Kernel, start: str, end: str, company_code: str | None, as_json: bool
) -> None:
    """Have a worker issue the invoices of all orders of some days."""
    days = [_day(start, "--from").isoformat(), _day(end, "--to").isoformat()]
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        args = {"start": days[0], "end": days[1], "by": current_actor().name}
        job = enqueue(
            session,
            "invoicing.issue",
            {"company_id": company.id, **args},
            company_id=company.id,
        )
    if as_json:
        print_json({"job": job})
    else:
        click.echo(f"Job {job} issues them as soon as a worker is free.")


@click.command("list")
@click.option("--order", help="Only those of an order.")
@company_option
@json_option
@pass_kernel
def listed(kernel: Kernel, order: str | None, company_code: str | None, as_json: bool) -> None:
    """List the latest invoices."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        order_id = find_order(session, company.id, order) if order else None
        rows = list(list_invoices(session, company.id, order_id=order_id, limit=200).rows)
    _show(rows, as_json)


@click.command("pdf")
@click.argument("code", metavar="NUMBER")
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path))
@company_option
@pass_kernel
def download(kernel: Kernel, code: str, target: Path, company_code: str | None) -> None:
    """Draw an invoice as PDF."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        invoice = invoice_of(session, company.id, find_invoice(session, company.id, code))
        content = draw(invoice, read_buyer(session, company.id, invoice.id))
    target.write_bytes(content)
    click.echo(f"{code} is {target}.")


@click.command("factur-x")
@click.argument("code", metavar="NUMBER")
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path))
@company_option
@pass_kernel
def electronic(kernel: Kernel, code: str, target: Path, company_code: str | None) -> None:
    """Write an invoice as Factur-X: a PDF with the data inside, or the data alone as XML."""
    if target.suffix not in (".pdf", ".xml"):
        raise InputError(f"{target} is neither PDF nor XML.", hint="End its name in .pdf or .xml.")
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        invoice = invoice_of(session, company.id, find_invoice(session, company.id, code))
        buyer = read_buyer(session, company.id, invoice.id)
        if target.suffix == ".xml":
            content = facturx_xml(invoice, buyer)
        else:
            content = facturx_pdf(invoice, buyer, draw(invoice, buyer))
    target.write_bytes(content)
    click.echo(f"{code} is {target}.")


@click.command()
@click.argument("code", metavar="NUMBER")
@company_option
@json_option
@pass_kernel
def cancel(kernel: Kernel, code: str, company_code: str | None, as_json: bool) -> None:
    """Take a whole invoice back by a credit note that mirrors it."""
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        invoice_id = find_invoice(session, company.id, code)
        made = cancel_invoice(session, company.id, invoice_id, by=current_actor().name)
        row = row_of(session, company.id, made.id)
    _show([row], as_json)


@click.command()
@click.argument("name")
@click.argument("address")
@company_option
@json_option
@pass_kernel
def issuer(
    kernel: Kernel, name: str, address: str, company_code: str | None, as_json: bool
) -> None:
    """Say who the company is on its invoices; ; divides the lines of the address."""
    text = "\n".join(part.strip() for part in address.split(";"))
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        set_issuer(session, company.id, name, text)
    if as_json:
        print_json({"name": name, "address": text})
    else:
        click.echo(f"Invoices are issued by {name}.")


def _show(rows: list[InvoiceRow], as_json: bool) -> None:
    documents = [
        {
            "id": row.id,
            "number": row.code,
            "kind": row.kind,
            "order": row.order,
            "issued_on": row.issued_on.isoformat(),
            "net": to_text(row.net_amount, row.currency),
            "tax": to_text(row.tax_amount, row.currency),
            "currency": row.currency,
        }
        for row in rows
    ]
    if as_json:
        print_json(documents)
        return
    heads = ["Id", "Number", "Kind", "Order", "Issued on", "Net", "Tax", "Currency"]
    print_table(heads, [[str(value) for value in each.values()] for each in documents])


def _day(text: str, where: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{text!r} is no day.", hint="Write 2026-07-01.", where=where) from None

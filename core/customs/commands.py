"""Commands of customs: `entrepot customs declare` and `list`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from core.customs.declaring import PAID
from core.customs.declaring import WAYS
from core.customs.declaring import check
from core.customs.declaring import declare
from core.customs.declaring import list_declarations
from core.customs.reading import Told
from core.customs.reading import pairs
from core.customs.reading import read_declaration
from core.customs.showing import checked_document
from core.customs.showing import declaration_document
from core.kernel.console import acting_user
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_rows
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel

WAY = "Paid and reclaimed, postponed to the return, or a cost of the goods."


def register(group: click.Group) -> None:
    """Add the commands."""
    customs = subgroup(group, "customs", "Goods that are declared: duty and import VAT.")
    for command in (declare_, list_):
        customs.add_command(command)


@click.command("declare")
@click.argument("reference")
@click.option("--country", required=True, help="Where they were declared: GB.")
@click.option("--on", required=True, metavar="DAY", help="The day of the declaration.")
@click.option("--currency", required=True, help="Of the declaration: GBP.")
@click.option("--receipt", "receipts", multiple=True, required=True, help="The goods' receipt.")
@click.option("--duty", multiple=True, metavar="SKU=AMOUNT", help="What a SKU bears of the duty.")
@click.option("--vat", default="", help="The import VAT.")
@click.option("--way", type=click.Choice(WAYS), default=PAID, show_default=True, help=WAY)
@click.option(
    "--value", multiple=True, metavar="SKU=AMOUNT", help="What the invoice says of a SKU."
)
@click.option("--value-currency", default="", help="Of the invoice; else the declaration's.")
@click.option("--further", default="", help="What else the tax is on, such as freight.")
@click.option("--vat-rate", default="", help="In percent, to compare the import VAT with.")
@click.option("--supplier", default="", help="Who is to be paid; it names his balance.")
@click.option("--preview", is_flag=True, help="Compare it with the customs rate, book nothing.")
@company_option
@json_option
@pass_kernel
def declare_(
    kernel: Kernel,
    /,
    duty: Sequence[str],
    value: Sequence[str],
    preview: bool,
    company_code: str | None,
    as_json: bool,
    **told: Any,
) -> None:
    """Book a declaration to customs: duty on the goods wherever they are, and the import VAT."""
    duties = pairs(duty, between="=", where="duty")
    values = pairs(value, between="=", where="value")
    draft = read_declaration(Told(duties=duties, values=values, **told))
    session_of = kernel.db.read if preview else kernel.db.write
    with session_of() as session:
        company = chosen_company(session, company_code)
        if preview:
            document = checked_document(draft, check(session, company.id, draft))
        else:
            made = declare(session, company.id, draft, actor=acting_user())
            document = declaration_document(made)
    if as_json:
        print_json(document)
    else:
        print_rows([document], as_json=False)


@click.command("list")
@company_option
@json_option
@pass_kernel
def list_(kernel: Kernel, company_code: str | None, as_json: bool) -> None:
    """List the latest declarations."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        rows = [declaration_document(each) for each in list_declarations(session, company.id)]
    print_rows(rows, as_json)

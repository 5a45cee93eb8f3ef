"""Commands of SKUs: `entrepot sku …`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from core.catalog.bundles import set_components
from core.catalog.describing import Described
from core.catalog.describing import describe_skus
from core.catalog.files import products_in
from core.catalog.keeping import ProductDraft
from core.catalog.keeping import add_sku
from core.catalog.keeping import keep_skus
from core.catalog.listing import ProductFilter
from core.catalog.listing import list_products
from core.catalog.listing import product_document
from core.catalog.measuring import Measures
from core.catalog.measuring import measure_skus
from core.errors import InputError
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_table
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel
from core.money import parse_decimal
from core.money import to_minor
from core.paging import read_cursor

SHOWN = ("sku", "title", "brand", "owner", "weight_grams", "parts", "listings")


def register(group: click.Group) -> None:
    """Add the commands."""
    commands = subgroup(group, "sku", "What SKUs are.")
    for command in (show_list, add, load, measure, describe, bundle):
        commands.add_command(command)


@click.command("list")
@click.option("--text", default="", help="Codes that begin so, or titles that hold it.")
@click.option("--brand", default="", help="Only this brand's.")
@click.option("--archived", is_flag=True, help="Those that were put away.")
@click.option("--page", help="The cursor that an earlier answer ended with.")
@company_option
@json_option
@pass_kernel
def show_list(
    kernel: Kernel,
    text: str,
    brand: str,
    archived: bool,
    page: str | None,
    company_code: str | None,
    as_json: bool,
) -> None:
    """List SKUs by code, with their measures, parts and listings."""
    narrow = ProductFilter(text=text, brand=brand, show="archived" if archived else "")
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        found = list_products(session, company.id, narrow, read_cursor(page, str))
    rows = [product_document(row) for row in found.rows]
    if as_json:
        print_json({"items": rows, "next": found.next})
        return
    print_table(list(SHOWN), [[row[name] for name in SHOWN] for row in rows])
    if found.next:
        click.echo(f"More: --page {found.next}")


@click.command()
@click.argument("sku")
@click.option("--title", help="What it is called; its code if left out.")
@company_option
@json_option
@pass_kernel
def add(
    kernel: Kernel, sku: str, title: str | None, company_code: str | None, as_json: bool
) -> None:
    """Make a SKU."""
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        new_id = add_sku(session, company.id, sku, ProductDraft(title))
    if as_json:
        print_json({"sku": sku, "id": new_id})
    else:
        click.echo(f"{sku} is made.")


@click.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--only-known", is_flag=True, help="Refuse a SKU that is not there.")
@company_option
@json_option
@pass_kernel
def load(
    kernel: Kernel, path: Path, only_known: bool, company_code: str | None, as_json: bool
) -> None:
    """Make and change SKUs as a CSV file says: sku and any of title, brand, owner and measures.

    The measures are weight_grams, length_mm, width_mm and height_mm. An empty cell leaves what it
    stands for as it is, - takes a brand or an owner away. A file with a fault is refused whole.
    """
    drafts = products_in(path.read_bytes(), path.name)
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        kept = keep_skus(session, company.id, drafts, only_known=only_known)
    if as_json:
        print_json({"skus": len(drafts), "made": kept.made, "changed": kept.changed})
    else:
        click.echo(f"{len(drafts)} SKUs: {kept.made} made, {kept.changed} changed.")


@click.command()
@click.argument("sku")
@click.argument("parts", nargs=-1, metavar="SKU=QUANTITY[@PRICE]...")
@company_option
@json_option
@pass_kernel
def bundle(
    kernel: Kernel, sku: str, parts: Sequence[str], company_code: str | None, as_json: bool
) -> None:
    """Say what a SKU is made of; without parts it is no bundle any more.

    PRICE is what a unit sells for by itself without tax; what the bundle earns is split by it.
    """
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        told = [_part(text, company.currency) for text in parts]
        quantities = {code: quantity for code, quantity, _price in told}
        if len(quantities) < len(told):
            raise InputError("a part stands twice.", where="sku bundle")
        prices = {code: price for code, _quantity, price in told}
        set_components(session, company.id, sku, quantities, prices)
    if as_json:
        print_json({"sku": sku, "parts": quantities})
    else:
        click.echo(f"{sku} has {len(told)} parts." if told else f"{sku} is no bundle.")


def _part(text: str, currency: str) -> tuple[str, int, int]:
    code, equals, rest = text.rpartition("=")
    number, _at, price = rest.partition("@")
    if not equals or not number.isdecimal():
        raise InputError(
            f"{text!r} cannot be read.", hint="Write SKU=QUANTITY@PRICE, as in MUG=2@15.00."
        )
    minor = to_minor(parse_decimal(price, where=code), currency) if price else 0
    return code, int(number), minor


@click.command()
@click.argument("skus", nargs=-1, required=True)
@click.option("--grams", type=int, help="What a unit weighs as it is sent.")
@click.option("--size", metavar="LxWxH", help="Its sides in millimetres, such as 100x80x40.")
@company_option
@json_option
@pass_kernel
def measure(
    kernel: Kernel,
    skus: Sequence[str],
    grams: int | None,
    size: str | None,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Say what a unit of some SKUs weighs and measures; `sku load` reads it from a file."""
    told = dict.fromkeys(skus, _told(grams, size))
    with kernel.db.write() as session:
        changed = len(measure_skus(session, chosen_company(session, company_code).id, told))
    if as_json:
        print_json({"skus": len(told), "changed": changed})
    else:
        click.echo(f"{len(told)} SKUs, {changed} changed.")


@click.command()
@click.argument("skus", nargs=-1, required=True)
@click.option("--brand", help='Their brand; "" takes it away.')
@click.option("--owner", help='Who answers for them; "" takes it away.')
@company_option
@json_option
@pass_kernel
def describe(
    kernel: Kernel,
    skus: Sequence[str],
    brand: str | None,
    owner: str | None,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Say the brand and the owner of some SKUs, by which profit is told too."""
    if brand is None and owner is None:
        raise InputError("say --brand or --owner.", where="sku describe")
    told = dict.fromkeys(skus, Described(brand, owner))
    with kernel.db.write() as session:
        changed = len(describe_skus(session, chosen_company(session, company_code).id, told))
    if as_json:
        print_json({"skus": len(told), "changed": changed})
    else:
        click.echo(f"{len(told)} SKUs, {changed} changed.")


def _told(grams: int | None, size: str | None) -> Measures:
    sides = size.lower().split("x") if size else [None] * 3
    if grams is None and size is None:
        raise InputError("say --grams or --size.", where="sku measure")
    if len(sides) != 3 or not all(side is None or side.isdecimal() for side in sides):
        raise InputError(
            f"{size!r} cannot be read.", where="--size", hint="Write millimetres as 100x80x40."
        )
    return Measures(grams, *(None if side is None else int(side) for side in sides))

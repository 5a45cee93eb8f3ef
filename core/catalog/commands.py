"""Commands of SKUs: `entrepot sku …`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from core.catalog.bundles import set_components
from core.catalog.describing import Described
from core.catalog.describing import describe_skus
from core.catalog.describing import descriptions_in
from core.catalog.measuring import Measures
from core.catalog.measuring import measure_skus
from core.catalog.measuring import measures_in
from core.errors import InputError
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel
from core.money import parse_decimal
from core.money import to_minor


def register(group: click.Group) -> None:
    """Add the commands."""
    commands = subgroup(group, "sku", "What SKUs are.")
    for command in (measure, describe, bundle):
        commands.add_command(command)


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
@click.argument("skus", nargs=-1)
@click.option("--grams", type=int, help="What a unit weighs as it is sent.")
@click.option("--size", metavar="LxWxH", help="Its sides in millimetres, such as 100x80x40.")
@click.option(
    "--file",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A CSV file with the columns sku, weight_grams, length_mm, width_mm and height_mm.",
)
@company_option
@json_option
@pass_kernel
def measure(
    kernel: Kernel,
    skus: Sequence[str],
    grams: int | None,
    size: str | None,
    path: Path | None,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Say what a unit of some SKUs weighs and measures, or read it from a file."""
    if (path is None) == (not skus):
        raise InputError("name SKUs, or a file with --file.", where="sku measure")
    told = measures_in(path) if path is not None else dict.fromkeys(skus, _told(grams, size))
    with kernel.db.write() as session:
        changed = measure_skus(session, chosen_company(session, company_code).id, told)
    if as_json:
        print_json({"skus": len(told), "changed": changed})
    else:
        click.echo(f"{len(told)} SKUs, {changed} changed.")


@click.command()
@click.argument("skus", nargs=-1)
@click.option("--brand", help='Their brand; "" takes it away.')
@click.option("--owner", help='Who answers for them; "" takes it away.')
@click.option(
    "--file",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A CSV file with the columns sku, brand and owner; - takes one away.",
)
@company_option
@json_option
@pass_kernel
def describe(
    kernel: Kernel,
    skus: Sequence[str],
    brand: str | None,
    owner: str | None,
    path: Path | None,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Say the brand and the owner of some SKUs, by which profit is told too."""
    if (path is None) == (not skus):
        raise InputError("name SKUs, or a file with --file.", where="sku describe")
    if path is None and brand is None and owner is None:
        raise InputError("say --brand or --owner.", where="sku describe")
    said = dict.fromkeys(skus, Described(brand, owner))
    told = descriptions_in(path) if path is not None else said
    with kernel.db.write() as session:
        changed = describe_skus(session, chosen_company(session, company_code).id, told)
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
